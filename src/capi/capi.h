// The border with foreign code: what every file of capi/ uses. Functions here are thin: arguments in, one call of a room below, result out.
//
// Ownership is the C API's: PyObject* arguments are borrowed, results owned unless the name says borrowed. Results cross by to_c
// (numbers boxed, containers exposed), arguments by from_c_borrowed.
#pragma once
#include "object/abi.h"
#include "object/error.h"
#include "object/object.h"

#define ADDER_API extern "C" __attribute__((visibility("default")))

namespace adder::capi {

inline Value in(PyObject* o) { return from_c_borrowed(o); }
inline PyObject* out(Ref r) { return to_c_steal(std::move(r)); }
inline int status(bool ok) { return ok ? 0 : -1; }
// A container whose words C will read: exposed if it is not yet.
inline bool seen(PyObject* container) { return c_visible(container) || expose(container); }
// What C stores in a container it may go on using without a reference of its own: a number's box is kept as it is, and the container is
// C's from then on. Absent: no memory.
inline Value kept(PyObject* container, PyObject* v) {
  Value value = in(v);
  return !value.is_number() ? value : seen(container) ? Value{v} : Value{};
}
// A name given as a C string.
Ref name(const char* text);
// The result of a lookup as a borrowed pointer: it must be kept alive by its container.
PyObject* borrowed_dict_value(PyObject* dict, Value key);  // null without exception: missing

}  // namespace adder::capi
