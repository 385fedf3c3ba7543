// Named tuples of native modules: os.stat_result, time.struct_time, sys.version_info.
#pragma once
#include "object/slots.h"

namespace adder {

struct StructField {
  const char* name;  // kUnnamed for a position without a name
  const char* doc;
};
extern const char* const kUnnamedField;

struct StructSequenceDef {
  const char* name;  // with module: "os.stat_result"
  const char* doc;
  const StructField* fields;  // ends with a null name; the first in_sequence are the tuple's items
  int in_sequence;
  bool closed = false;  // programs cannot make instances
  NewSlot make{};       // tp_new, where it is not that of all struct sequences
  PyTypeObject* type = nullptr;  // a static one to fill; else one is allocated
};
// Makes the type; null with an exception. Types live for ever.
PyTypeObject* struct_sequence_type(const StructSequenceDef& def);
// A new instance whose fields (hidden ones included) are still empty: fill each with struct_sequence_set.
Ref struct_sequence_new(PyTypeObject* type);
bool struct_sequence_set(Value sequence, Py_ssize_t i, Ref v);  // boxes; false: exception (also if v is empty)

}  // namespace adder
