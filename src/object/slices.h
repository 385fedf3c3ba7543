// Slices whose parts are not made into a slice object.
#pragma once
#include "object/object.h"

namespace adder {

// The parts of a slice as machine words, omitted ones (None) as the step's direction wants them; __index__ is called, ValueError for a step of 0.
bool slice_bounds_by_rules(Value lo, Value hi, Value by, Py_ssize_t* start, Py_ssize_t* stop, Py_ssize_t* step);
inline bool slice_bounds(Value lo, Value hi, Value by, Py_ssize_t* start, Py_ssize_t* stop, Py_ssize_t* step) {
  auto is_plain = [](Value v) { return v.is_int() || is_none(v); };
  if (ADDER_UNLIKELY(!is_plain(lo) || !is_plain(hi) || !is_plain(by) || by.bits == Value::kIntZero)) return slice_bounds_by_rules(lo, hi, by, start, stop, step);
  *step = is_none(by) ? 1 : by.as_int();
  *start = !is_none(lo) ? lo.as_int() : *step < 0 ? PY_SSIZE_T_MAX : 0;
  *stop = !is_none(hi) ? hi.as_int() : *step < 0 ? PY_SSIZE_T_MIN : PY_SSIZE_T_MAX;
  return true;
}

// a[lo:hi:step], none() for what is omitted. An absent value deletes; one that `dies` is an exact list that nobody else has and which may
// get the old items in exchange.
Ref load_slice(Value container, Value lo, Value hi, Value step);
bool store_slice(Value container, Value lo, Value hi, Value step, Value value, bool dies);

// The same of a list by bounds as slice_bounds gives them.
Ref list_load_slice(Value l, Py_ssize_t start, Py_ssize_t stop, Py_ssize_t step);
bool list_store_slice(Value l, Py_ssize_t start, Py_ssize_t stop, Py_ssize_t step, Value v, bool dies);

}  // namespace adder
