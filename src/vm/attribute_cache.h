// What the VM has found out about attributes: for an attribute's name and a kind of receiver, the specialised instruction that serves it
// and the cache words it goes by. The instructions keep one such entry each; this table, which all share, is the second level. A site
// that meets several kinds takes a form that goes by a table of its own (ReceiverTable), or takes over the entry of each as it comes.
#pragma once
#include "compile/instruction.h"
#include "object/dict_table.h"
#include "object/module.h"
#include "object/shape.h"
#include "object/type.h"

namespace adder {

// The cache words of LOAD_ATTR, STORE_ATTR and LOAD_METHOD in all their forms.
struct AttributeWords {
  Word guard = 0;  // version of the receiver's type | x << 32 | y << 48; x: where the receiver has its shape word (a class: its version)
  Word kind = 0;   // what receiver_kind() must give; where types have no shapes it is 0
  Word value = 0;  // by form: an object kept alive by the type, a shape, a place in a dict
};
// y of LOAD_ATTR_TYPE and LOAD_ATTR_CLASS
enum TypeValue : uint16_t {
  kPlainValue,
  kChangeableValue,  // its type may yet make it a descriptor
  kDescriptor,       // the value is what its type's __get__ gives
};
// y of LOAD_METHOD_TYPE
enum MethodForm : uint16_t {
  kUnboundMethod,  // the value, self before the arguments
  kFunctionAlone,  // the value, nothing before the arguments
  kSlotAlone,      // what lies in the inline slot `value`
  kStaticMethod,   // what the staticmethod holds
  kClassMethod,    // what the classmethod holds, the class before the arguments
  kBehindDict,     // the value, self before the arguments, unless the dict that lies at `x` has the name
};
// A class's version is read with the four bytes of padding behind it, as if it were a shape word.
inline constexpr uint32_t kVersionOffset = offsetof(PyTypeObject, tp_version_tag);
static_assert(offsetof(PyTypeObject, tp_finalize) == kVersionOffset + 8);

struct AttributeEntry {
  Word key = 0;  // name (owned) | opcode << 48; the general opcode: nothing to specialise here
  AttributeWords words;
  PyObject* name() const { return reinterpret_cast<PyObject*>(key << 16 >> 16); }
  Op op() const { return static_cast<Op>(key >> 48); }
};

// Which attributes a receiver has, beyond its type: the shape of an instance, kDictMode for one in dict mode; the version of a class, of a
// module's dict. 0: the type alone tells, or nothing is known.
inline Word receiver_kind(PyObject* o) {
  PyTypeObject* type = o->ob_type;
  if (uint32_t offset = extra(type)->shape_offset) {
    uintptr_t word = shape_word(o, offset);
    return word & kDictMode ? kDictMode : word;
  }
  if (type_has(type, Py_TPFLAGS_TYPE_SUBCLASS)) return shape_word(o, kVersionOffset);
  if (type == &PyModule_Type) {
    PyObject* dict = as_module(o)->dict;
    return dict ? dict_table(dict)->version : 0;
  }
  return 0;
}

// Room for entries in pairs; an entry owns its name.
template <size_t kSize>
class AttributeEntries {
 public:
  void clear() {
    for (AttributeEntry& e : entries_) {
      PyObject* old = e.name();
      e = {};
      if (old) decref(old);
    }
  }

 protected:
  // What stood there moves to its neighbour's place.
  const AttributeEntry* put_at(size_t at, PyObject* name, const AttributeEntry& entry) {
    PyObject* old = entries_[at ^ 1].name();
    entries_[at ^ 1] = entries_[at];
    incref(name);
    entries_[at] = entry;
    if (old) decref(old);
    return &entries_[at];
  }
  AttributeEntry entries_[kSize];
};

inline constexpr int kLogAttributes = 10;
class AttributeTable : public AttributeEntries<size_t{1} << kLogAttributes> {
 public:
  // Null: nothing known.
  const AttributeEntry* find(PyObject* o, PyObject* name) const {
    Word version = o->ob_type->tp_version_tag, kind = receiver_kind(o);
    if (ADDER_UNLIKELY(!version)) return nullptr;
    const size_t at = place(version, kind, name);
    if (ADDER_LIKELY(is(entries_[at], version, kind, name))) return &entries_[at];
    return is(entries_[at ^ 1], version, kind, name) ? &entries_[at ^ 1] : nullptr;
  }
  const AttributeEntry* put(PyObject* name, Op op, const AttributeWords& words) {
    return put_at(place(uint32_t(words.guard), words.kind, name), name, {reinterpret_cast<Word>(name) | Word(op) << 48, words});
  }

 private:
  static bool is(const AttributeEntry& e, Word version, Word kind, PyObject* name) {
    return e.name() == name && uint32_t(e.words.guard) == version && e.words.kind == kind;
  }
  static size_t place(Word version, Word kind, PyObject* name) {
    return (version << 12 ^ kind >> 3 ^ reinterpret_cast<Word>(name) >> 4) * 0x9E3779B97F4A7C15u >> (64 - kLogAttributes);
  }
};
extern AttributeTable attribute_loads, attribute_stores, attribute_methods;

// What the forms for several kinds of receivers go by (LOAD_ATTR_SLOTS, STORE_ATTR_SLOTS, LOAD_METHOD_TYPES): entries by name and type
// alone, so that finding one costs hardly more than a site's own cache; a type's two last kinds find room.
inline constexpr size_t kReceiverPairs = 512;
class ReceiverTable : public AttributeEntries<2 * kReceiverPairs> {
 public:
  // name: interned, and borrowed from the code. Null: nothing known.
  const AttributeEntry* find(PyObject* o, Word name) const {
    const Word version = o->ob_type->tp_version_tag;
    const AttributeEntry* e = &entries_[place(version, name)];
    if (ADDER_LIKELY(is(*e, o, version, name))) return e;
    e++;
    return is(*e, o, version, name) ? e : nullptr;
  }
  void put(PyObject* name, const AttributeWords& words) {
    put_at(place(uint32_t(words.guard), reinterpret_cast<Word>(name)), name, {reinterpret_cast<Word>(name), words});
  }

 private:
  static bool is(const AttributeEntry& e, PyObject* o, Word version, Word name) {
    return e.key == name && uint32_t(e.words.guard) == version && (e.words.kind == 0 || shape_word(o, uint16_t(e.words.guard >> 32)) == e.words.kind);
  }
  static size_t place(Word version, Word name) { return 2 * ((version * 0x1F35 + (name >> 5)) & (kReceiverPairs - 1)); }
};
extern ReceiverTable slot_loads, slot_stores, unbound_methods;

// Finds out how the attribute that was just loaded (stored; loaded as a method) is best got again, and notes it: null if nothing can be noted,
// for lack of a version. before: receiver_kind() before the store.
const AttributeEntry* learn_load(PyObject* o, PyObject* name);
const AttributeEntry* learn_store(PyObject* o, PyObject* name, Word before);
const AttributeEntry* learn_method(PyObject* o, PyObject* name);
void clear_attribute_tables();

}  // namespace adder
