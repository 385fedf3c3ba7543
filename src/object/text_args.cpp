// Arguments that methods of str, bytes and bytearray parse alike.
#include "object/text_args.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/object.h"

namespace adder {

bool slice_bound(Value v, Py_ssize_t* out) {
  if (!v || is_none(v)) return true;
  if (ADDER_LIKELY(v.is_int())) {
    *out = v.as_int();
    return true;
  }
  if (!is_int(v)) {
    Ref method = lookup_special(v, "__index__"_id);
    if (!method) {
      if (error_occurred()) return false;
      return raise(PyExc_TypeError, "slice indices must be integers or None or have an __index__ method");
    }
  }
  return index_as_ssize(v, out, nullptr);
}

bool parse_find_args(const char* type_name, const char* method, Args a, FindArgs* out) {
  if (ADDER_UNLIKELY(a.kwnames != nullptr && reinterpret_cast<PyVarObject*>(a.kwnames)->ob_size > 0))
    return raise(PyExc_TypeError, "%s.%s() takes no keyword arguments", type_name, method);
  if (ADDER_UNLIKELY(a.n == 0)) return raise(PyExc_TypeError, "%s() takes at least 1 argument (0 given)", method);
  if (ADDER_UNLIKELY(a.n > 3)) return raise(PyExc_TypeError, "%s() takes at most 3 arguments (%zu given)", method, a.n);
  out->sub = a[0];
  if (a.n > 1 && !slice_bound(a[1], &out->start)) return false;
  return a.n < 3 || slice_bound(a[2], &out->end);
}

}  // namespace adder
