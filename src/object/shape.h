// Shapes (hidden classes): which attribute lives in which inline slot of an instance.
//
// An instance of a Python class is: GC header, object header, the base's struct, weak-reference list, then the
// shape word and `inline_slots` attribute words. The shape word is a Shape* (attributes are inline, in order), or a
// PyDictObject* with the low bit set (dict mode: attributes live in that dict, inline slots are empty).
// Attributes beyond the inline slots, __dict__ replaced, a deletion of any but the last attribute, or foreign code
// that takes the dict's address put an instance into dict mode, for good.
#pragma once
#include "object/type.h"

namespace adder {

struct Shape {
  Shape* parent;
  PyObject* name;        // the attribute this transition added; null in a root
  uint16_t count;        // attributes in all
  uint16_t capacity;     // inline slots that instances of this tree have (the type's estimate grows, older trees stay)
  PyTypeObject* owner;   // borrowed: shapes belong to one type and die with it
  // transitions and the lookup table: object/shape.cpp
  struct Table;
  Table* table;
};
// The dict of an instance in dict mode. A shape word of exactly kDictMode: C holds the address of the dict pointer, which
// then lies in inline slot 0.
inline constexpr uintptr_t kDictMode = 1;
// A member of a Python-defined class's __slots__: PyMemberDef.type of a word that holds a Value (absent: unset).
inline constexpr int kMemberValue = 64;
inline constexpr uint16_t kDefaultInlineSlots = 6, kMaxInlineSlots = 30;

inline uintptr_t& shape_word(PyObject* o, uint32_t offset) { return *reinterpret_cast<uintptr_t*>(reinterpret_cast<char*>(o) + offset); }
inline Value* inline_slot(PyObject* o, uint32_t shape_offset, uint32_t i) {
  return reinterpret_cast<Value*>(reinterpret_cast<char*>(o) + shape_offset + 8) + i;
}
// Index of an attribute in the shape, or -1.
int shape_find(Shape* shape, PyObject* name);
// The shape after adding `name`; null on MemoryError or when inline slots are full.
Shape* shape_add(Shape* shape, PyObject* name, uint16_t limit);

// The dict of an instance whose shape word has the kDictMode bit; borrowed. Null only if C has cleared it.
inline PyObject* dict_mode_dict(PyObject* o, uint32_t offset) {
  uintptr_t w = shape_word(o, offset);
  return w == kDictMode ? inline_slot(o, offset, 0)->object() : reinterpret_cast<PyObject*>(w & ~kDictMode);
}
// For C that wants the address of the dict pointer: dict mode, for good. Null with exception.
PyObject** instance_dict_pointer(PyObject* o);
// The root shape of new instances, made when first needed. Its slots: room for what the class's methods store on self, and some more.
Shape* root_shape(TypeExtra* e);

// Installed by the interpreter: visits the name of each attribute that a Python function stores on its first parameter.
extern void (*self_attributes)(Value function, void (*visit)(PyObject* name, void* arg), void* arg);

// Attribute storage of an instance whose type has a shape word. absent / false as usual.
Value instance_get(PyObject* o, PyObject* name);                   // borrowed; absent without exception
bool instance_set(PyObject* o, PyObject* name, Value value);       // absent: delete; AttributeError is the caller's: 
int instance_delete(PyObject* o, PyObject* name);                  // 1 deleted, 0 was not there, -1 error
PyObject* instance_enter_dict_mode(PyObject* o);                   // the dict (borrowed); null on error
bool instance_replace_dict(PyObject* o, Value dict);
void instance_clear(PyObject* o);                                  // releases all attributes
int instance_traverse(PyObject* o, visitproc visit, void* arg);

}  // namespace adder
