// Objects as text and bytes: repr, str, ascii, format, bytes; dir.
#include <vector>

#include "object/bytes.h"
#include "object/containers.h"
#include "object/format_spec.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/object.h"
#include "object/slots.h"
#include "object/str.h"
#include "object/type.h"

namespace adder {

Ref repr(Value v) {
  if (v.absent()) return str_from_ascii("<NULL>");
  UnaryFn f = slots_of(v).tp_repr;
  if (!f) return str_format("<%N object at %p>", type_of(v), v.as<void>());
  RecursionGuard guard(" while getting the repr of an object");
  if (!guard.ok) return nullptr;
  Ref r = f(v);
  if (r && ADDER_UNLIKELY(!is_str(r))) return raise(PyExc_TypeError, "__repr__ returned non-string (type %N)", type_of(r));
  return r;
}

Ref to_str(Value v) {
  if (v.absent()) return str_from_ascii("<NULL>");
  if (is_exact_str(v)) return Ref::copy(v);
  UnaryFn f = slots_of(v).tp_str;
  if (!f) return repr(v);
  RecursionGuard guard(" while getting the str of an object");
  if (!guard.ok) return nullptr;
  Ref r = f(v);
  if (r && ADDER_UNLIKELY(!is_str(r))) return raise(PyExc_TypeError, "__str__ returned non-string (type %N)", type_of(r));
  return r;
}

Ref ascii(Value v) {
  Ref text = repr(v);
  if (!text || str_is_ascii(text)) return text;
  StrBuilder out(str_length(text) + 8);
  int kind = str_kind(text);
  const void* data = str_data(text);
  for (Py_ssize_t i = 0, n = str_length(text); i < n; i++) {
    uint32_t c = char_at(kind, data, i);
    if (c < 128) {
      out.add_char(c);
      continue;
    }
    char escape[16];
    snprintf(escape, sizeof escape, c <= 0xff ? "\\x%02x" : c <= 0xffff ? "\\u%04x" : "\\U%08x", c);
    out.add_ascii(escape);
  }
  return out.finish();
}

Ref format(Value v, Value spec) {
  bool empty = spec.absent() || (is_str(spec) && str_length(spec) == 0);
  if (spec && !is_str(spec)) return raise(PyExc_SystemError, "Format specifier must be a string, not %N", type_of(spec));
  if (empty && is_exact_str(v)) return Ref::copy(v);
  if (empty && is_exact_int(v)) return to_str(v);
  if (!empty) {  // exact built-in types: nobody can have replaced their __format__
    if (v.is_float()) return format_float(v.as_float(), spec);
    if (is_exact_int(v)) return format_int(v, spec);
    if (is_exact_str(v)) return format_str(v, spec);
  }
  Ref method = lookup_special(v, "__format__"_id);
  if (!method) {
    if (!error_occurred()) raise(PyExc_TypeError, "Type %N doesn't define __format__", type_of(v));
    return nullptr;
  }
  Ref none_given;
  if (spec.absent()) {
    none_given = str_empty();
    spec = none_given;
  }
  Ref r = call1(method, spec);
  if (r && !is_str(r)) return raise(PyExc_TypeError, "__format__ must return a str, not %N", type_of(r));
  return r;
}

Ref to_bytes(Value v) {
  if (is_exact(v, &PyBytes_Type)) return Ref::copy(v);
  Ref method = lookup_special(v, "__bytes__"_id);
  if (method) {
    Ref r = call0(method);
    if (r && !is_bytes(r)) return raise(PyExc_TypeError, "__bytes__ returned non-bytes (type %N)", type_of(r));
    return r;
  }
  if (error_occurred()) return nullptr;
  if (has_buffer(v)) {
    BufferView view;
    if (!view.get(v, PyBUF_FULL_RO)) return nullptr;
    const Py_buffer& b = view.raw();
    if (!b.strides || (b.ndim == 1 && b.strides[0] == b.itemsize)) return bytes_new(view.text());
    Ref memory = memoryview_of(v);
    return memory ? call_method(memory, "tobytes"_id) : Ref{};
  }
  const Slots& s = slots_of(v);
  if (!is_str(v) && (is_list_or_tuple(v) || s.tp_iter || s.sq_item)) {
    Ref it = iter(v);
    if (!it) return nullptr;
    std::vector<char> out;
    while (Ref item = next(it)) {
      Py_ssize_t byte;
      if (!index_as_ssize(item, &byte, nullptr)) return nullptr;
      if (byte < 0 || byte > 255) return raise(PyExc_ValueError, "bytes must be in range(0, 256)");
      out.push_back(static_cast<char>(byte));
    }
    if (error_occurred()) return nullptr;
    return bytes_new({out.data(), out.size()});
  }
  return raise(PyExc_TypeError, "cannot convert '%N' object to bytes", type_of(v));
}

Ref dir(Value object) {
  Ref names;
  if (object.absent()) {
    if (!hooks.frame_locals) return raise(PyExc_SystemError, "frame does not exist");
    Ref locals = hooks.frame_locals();
    if (!locals) {
      if (!error_occurred()) raise(PyExc_SystemError, "frame does not exist");
      return nullptr;
    }
    names = is_exact_dict(locals) ? dict_keys_list(locals) : call_method(locals, "keys"_id);
    if (!names) return nullptr;
    if (!is_exact_list(names)) names = to_list(names);
  } else {
    Ref method = lookup_special(object, "__dir__"_id);
    if (!method) {
      if (!error_occurred()) raise(PyExc_TypeError, "object does not provide __dir__");
      return nullptr;
    }
    names = call0(method);
    if (!names) return nullptr;
    names = to_list(names);
  }
  if (!names || !list_sort(names, none(), false)) return nullptr;
  return names;
}

// --- repr() of containers that hold themselves ------------------------------------------------------------------------------
// Objects whose repr runs in this thread; borrowed, as each stays alive while its repr runs.
static thread_local std::vector<uint64_t> active_reprs;

int repr_enter(Value v) {
  for (uint64_t word : active_reprs) {
    if (word == v.bits) return 1;
  }
  active_reprs.push_back(v.bits);
  return 0;
}

void repr_leave(Value v) {
  for (size_t i = active_reprs.size(); i-- > 0;) {
    if (active_reprs[i] == v.bits) {
      active_reprs.erase(active_reprs.begin() + static_cast<std::ptrdiff_t>(i));
      return;
    }
  }
}

}  // namespace adder
