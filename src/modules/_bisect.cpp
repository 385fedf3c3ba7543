// The module _bisect.
#include "object/builtin.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/object.h"

namespace adder {

namespace {

// Where x belongs: left of equal items, or right of them. -1 with exception.
Py_ssize_t locate(Value list, Value x, Value lo_value, Value hi_value, Value key, bool right) {
  Py_ssize_t lo = 0, hi = -1;
  if (!lo_value.absent() && !as_ssize(lo_value, &lo)) return -1;
  if (!hi_value.absent() && !is_none(hi_value) && !as_ssize(hi_value, &hi)) return -1;
  if (lo < 0) return raise(PyExc_ValueError, "lo must be non-negative");
  if (hi == -1) {
    hi = length(list);
    if (hi < 0) return -1;
  }
  bool exact = is_exact_list(list), keyed = !key.absent() && !is_none(key);
  while (lo < hi) {
    Py_ssize_t mid = lo + (hi - lo) / 2;
    Ref item;
    if (exact) {
      if (mid >= list_size(list)) return raise(PyExc_IndexError, "list index out of range");
      item = Ref::copy(list_get(list, mid));
    } else {
      item = sequence_item(list, mid);
    }
    if (!item) return -1;
    if (keyed) {
      item = call1(key, item);
      if (!item) return -1;
    }
    Value a = right ? x : item.get(), b = right ? item.get() : x;
    int less;
    if (a.is_int() && b.is_int()) less = a.bits < b.bits;
    else if (a.is_float() && b.is_float()) less = a.as_float() < b.as_float();
    else less = compare_bool(a, b, Py_LT);
    if (less < 0) return -1;
    if (right ? less : !less) hi = mid;
    else lo = mid + 1;
  }
  return lo;
}

Ref bisect(const Value* a, bool right) {
  Py_ssize_t i = locate(a[0], a[1], a[2], a[3], a[4], right);
  return i < 0 ? Ref{} : int_from_ssize(i);
}

Ref insort(const Value* a, bool right) {
  Ref x = !a[4].absent() && !is_none(a[4]) ? call1(a[4], a[1]) : Ref::copy(a[1]);
  if (!x) return {};
  Py_ssize_t i = locate(a[0], x, a[2], a[3], a[4], right);
  if (i < 0) return {};
  if (is_exact_list(a[0])) return list_insert(a[0], i, a[1]) ? none_ref() : Ref{};
  Ref index = int_from_ssize(i);
  Ref r = index ? call_method(a[0], "insert"_id, {index, a[1]}) : Ref{};
  return r ? none_ref() : Ref{};
}

Ref bisect_right(Value, const Value* a) { return bisect(a, true); }
Ref bisect_left(Value, const Value* a) { return bisect(a, false); }
Ref insort_right(Value, const Value* a) { return insort(a, true); }
Ref insort_left(Value, const Value* a) { return insort(a, false); }

constexpr const char* kSignature = "($module, /, a, x, lo=0, hi=None, *, key=None)";

const MethodRow functions[] = {
    method<bisect_right>("bisect_right", kSignature, "Return the index where to insert item x in list a, assuming a is sorted."),
    method<bisect_right>("bisect", kSignature, "Alias for bisect_right()."),
    method<bisect_left>("bisect_left", kSignature, "Return the index where to insert item x in list a, assuming a is sorted."),
    method<insort_right>("insort_right", kSignature, "Insert item x in list a, and keep it sorted assuming a is sorted."),
    method<insort_right>("insort", kSignature, "Alias for insort_right()."),
    method<insort_left>("insort_left", kSignature, "Insert item x in list a, and keep it sorted assuming a is sorted."),
    {}};

}  // namespace

extern const ModuleDef bisect_module = {.name = "_bisect", .doc = "Bisection algorithms.", .methods = functions};

}  // namespace adder
