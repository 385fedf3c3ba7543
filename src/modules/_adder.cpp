// _adder: what `adder --explain` and the package `adder` show of values and of instructions after a run. Nothing here changes a value
// that it looks at.
#include "array/core/lazy_library.h"
#include "compile/disassembler.h"
#include "compile/liveness.h"
#include "memory/gc_state.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/dict_table.h"
#include "object/int.h"
#include "object/int_digits.h"
#include "object/object.h"
#include "object/shape.h"
#include "object/str.h"
#include "runtime/sampler.h"
#include "runtime/suggestions.h"
#include "vm/attribute_cache.h"
#include "vm/watch.h"

namespace adder {
namespace {

// ---- Values ------------------------------------------------------------------------------------------------------------

// A dict that is filled row by row; after a failure it is empty.
class Facts {
 public:
  Facts() : dict_(dict_new()) {}
  void put(const char* name, Ref v) {
    Ref key = intern(name);
    if (!key || !v || !dict_ || !dict_set(dict_, key, v)) dict_ = Ref{};
  }
  void number(const char* name, int64_t n) { put(name, int_from_i64(n)); }
  void address(const char* name, const void* p) { put(name, int_from_u64(reinterpret_cast<uint64_t>(p))); }
  void truth(const char* name, bool b) { put(name, bool_ref(b)); }
  void text(const char* name, const char* s) { put(name, str_from_ascii(s)); }
  Ref take() { return std::move(dict_); }

 private:
  Ref dict_;
};

Ref shape_names(const Shape* shape) {
  Ref list = list_new();
  for (; list && shape && shape->name; shape = shape->parent) {
    if (!list_append(list, Value{shape->name})) return {};
  }
  return list && list_reverse(list) ? list_to_tuple(list) : Ref{};
}

// Inline attributes of an instance, or the dict that it has instead.
void instance_facts(Facts& facts, PyObject* o, uint32_t offset) {
  uintptr_t word = shape_word(o, offset);
  facts.number("shape_offset", offset);
  if (word & kDictMode) {
    facts.text("attributes", "dict");
    if (PyObject* dict = dict_mode_dict(o, offset)) facts.address("dict", dict);
  } else if (auto* shape = reinterpret_cast<Shape*>(word)) {
    facts.text("attributes", "inline");
    facts.address("shape_address", shape);
    facts.put("shape_names", shape_names(shape));
    facts.number("inline_slots", shape->capacity);
    Ref words = list_new();
    for (uint32_t i = 0; words && i < shape->count; i++) {
      if (!list_append(words, int_from_u64(inline_slot(o, offset, i)->bits))) words = Ref{};
    }
    facts.put("slot_words", words ? list_to_tuple(words) : Ref{});
  }
}

constexpr Py_ssize_t kShownWords = 8;
Ref first_words(const Value* words, Py_ssize_t n) {
  Ref list = list_new();
  for (Py_ssize_t i = 0; list && i < n && i < kShownWords; i++) {
    if (!list_append(list, int_from_u64(words[i].bits))) return {};
  }
  return list ? list_to_tuple(list) : Ref{};
}

void container_facts(Facts& facts, Value v) {
  if (is_list(v)) {
    auto* l = v.as<PyListObject>();
    facts.address("items", l->ob_item);
    facts.number("length", list_size(v));
    facts.number("capacity", l->allocated);
    facts.put("item_words", first_words(list_words(v), list_size(v)));
  } else if (is_tuple(v)) {
    facts.address("items", tuple_words(v));
    facts.number("length", tuple_size(v));
    facts.put("item_words", first_words(tuple_words(v), tuple_size(v)));
  } else if (is_dict(v)) {
    const DictTable* table = dict_table(v);
    facts.address("table", table);
    facts.number("length", dict_size(v));
    if (!table) return;
    facts.number("index_slots", int64_t{1} << table->log2_size);
    facts.number("index_bytes", 1 << table->index_log);
    facts.number("entries", table->count);
    facts.number("entry_bytes", table->general ? sizeof(DictTable::Entry) : sizeof(DictTable::StrEntry));
    facts.text("keys", table->general ? "any" : "str");
    facts.number("keys_version", table->version);
  } else if (is_str(v)) {
    facts.number("length", str_length(v));
    facts.number("character_bytes", str_kind(v));
    facts.truth("ascii", str_is_ascii(v));
    facts.truth("interned", str_is_interned(v.object()));
    facts.address("characters", str_data(v));
  } else if (is_int(v)) {
    facts.number("digits", Py_ABS(Py_SIZE(v.object())));
  }
}

// What a value is made of. `references` counts those of the caller too.
Ref layout(Value, Value v) {
  Facts facts;
  facts.put("word", int_from_u64(v.bits));
  facts.text("kind", v.is_int() ? "int" : v.is_float() ? "float" : "object");
  facts.put("type", Ref::copy(Value{type_of(v)}));
  if (v.is_object()) {
    PyObject* o = v.object();
    facts.number("references", o->ob_refcnt);
    facts.number("header_bytes", sizeof(PyObject) + (gc_is_gc(o) ? sizeof(GCHead) : 0));
    facts.number("basic_bytes", o->ob_type->tp_basicsize);
    facts.number("item_bytes", o->ob_type->tp_itemsize);
    facts.truth("collected", gc_is_gc(o));
    if (gc_is_gc(o)) {
      facts.truth("tracked", gc_is_tracked(o));
      facts.truth("c_visible", c_visible(o));
    }
    if (uint32_t offset = extra(o->ob_type)->shape_offset) instance_facts(facts, o, offset);
    container_facts(facts, v);
  }
  return facts.take();
}

// ---- Instructions --------------------------------------------------------------------------------------------------------

PyCodeObject* code_argument(Value v) {
  if (!is_exact(v, &PyCode_Type)) return raise(PyExc_TypeError, "expected a code object, not %N", type_of(v));
  return v.as<PyCodeObject>();
}

PyTypeObject* type_of_version(PyTypeObject* type, uint32_t version) {
  if (type->tp_version_tag == version) return type;
  const TypeExtra* e = extra(type);
  for (uint32_t i = 0; i < e->subclass_count; i++) {
    if (PyTypeObject* found = type_of_version(e->subclasses[i], version)) return found;
  }
  return nullptr;
}

const char* const kMethodForms[] = {"function, called with the receiver", "callable, called alone", "callable in an inline slot, called alone",
                                    "staticmethod", "classmethod", "function, called with the receiver, unless its dict has the name"};

Ref joined(const char* separator, Ref sequence) {
  Ref between = str_from_ascii(separator);
  return sequence && between ? str_join(between, sequence) : Ref{};
}

// The words of an attribute's instruction. Only entries whose type has still the version that they go by are taken apart: what else
// they point to may be gone.
Ref attribute_cache(Op op, const Word* cache) {
  const uint32_t version = uint32_t(cache[0]);
  const uint16_t x = uint16_t(cache[0] >> 32), y = uint16_t(cache[0] >> 48);
  if (op == Op::kLOAD_ATTR_MODULE || op == Op::kLOAD_METHOD_MODULE) {
    return str_format("module whose names have version %lu, entry at byte %lu of its table", cache[1], cache[2]);
  }
  PyTypeObject* type = type_of_version(&PyBaseObject_Type, version);
  if (!type) return str_format("a type that has changed since (version %u)", version);
  Ref named = type_name(type);
  const bool shaped = extra(type)->shape_offset != 0 && cache[1] && !(cache[1] & kDictMode);
  Ref shape = joined(", ", shaped ? shape_names(reinterpret_cast<const Shape*>(cache[1])) : tuple_empty());
  if (!named || !shape) return {};
  Value name = named;
  switch (op) {
    case Op::kLOAD_ATTR_SLOT:
    case Op::kSTORE_ATTR_SLOT: return str_format("%U with shape (%U): inline slot %u", name, shape.get(), y);
    case Op::kSTORE_ATTR_NEW: {
      Ref after = joined(", ", shape_names(reinterpret_cast<const Shape*>(cache[2])));
      return after ? str_format("%U with shape (%U): inline slot %u, then shape (%U)", name, shape.get(), y, after.get()) : Ref{};
    }
    case Op::kLOAD_ATTR_DICT: return str_format("%U in dict mode", name);
    case Op::kLOAD_ATTR_MEMBER:
    case Op::kSTORE_ATTR_MEMBER: return str_format("%U: member at byte %lu", name, cache[2]);
    case Op::kLOAD_ATTR_PROPERTY: return str_format("%U: property, its getter entered as a frame", name);
    case Op::kLOAD_ATTR_TYPE: {
      const char* how = y == kDescriptor ? "by its __get__" : "as it is";
      return shaped ? str_format("%U with shape (%U): attribute of the type, %s", name, shape.get(), how)
                    : str_format("%U: attribute of the type, %s", name, how);
    }
    case Op::kLOAD_ATTR_CLASS: return str_format("class of version %u: its attribute, %s", uint32_t(cache[1]), y == kDescriptor ? "by its __get__" : "as it is");
    case Op::kLOAD_METHOD_TYPE: {
      const char* form = y < std::size(kMethodForms) ? kMethodForms[y] : "?";
      return shaped ? str_format("%U with shape (%U): %s", name, shape.get(), form) : str_format("%U: %s", name, form);
    }
    default: return str_format("%U, byte %u", name, x);
  }
}

// What an instruction's inline cache holds, in words; "" if it has none or has not been specialised.
Ref cache_text(Value, const Value* a) {
  PyCodeObject* code = code_argument(a[0]);
  Py_ssize_t offset;
  if (!code || !as_ssize(a[1], &offset)) return {};
  const Py_ssize_t at = offset / 8;
  if (offset < 0 || offset % 8 || at >= code_word_count(code)) return raise(PyExc_ValueError, "no instruction at this offset");
  const Word* pc = code_words(code) + at;
  const Op op = op_of(*pc), general = general_form(op);
  if (op == general) return str_empty();
  if (general == Op::kLOAD_ATTR || general == Op::kSTORE_ATTR || general == Op::kLOAD_METHOD) return attribute_cache(op, pc + 1);
  if (op == Op::kLOAD_GLOBAL_MODULE) {
    return str_format("the module's names at version %u, entry at byte %u of the table", uint32_t(pc[1]), uint32_t(pc[1] >> 32));
  }
  if (op == Op::kLOAD_GLOBAL_BUILTIN) {
    return str_format("not among the module's names (version %u); builtins at version %u, entry at byte %u of the table", uint32_t(pc[1]), uint32_t(pc[2]),
                      uint32_t(pc[2] >> 32));
  }
  return str_empty();
}

Ref watch(Value, const Value* a) {
  if (a[0] && !is_none(a[0])) {
    if (!is_str(a[0])) return raise(PyExc_TypeError, "file name must be str or None, not %N", type_of(a[0]));
    watch_file(a[0]);
  } else {
    watch_file(Value{});
  }
  return none_ref();
}
Ref seen(Value, Value v) {
  PyCodeObject* code = code_argument(v);
  return code ? watched_instructions(code) : Ref{};
}

Ref sample(Value, const Value* a) {
  int period;
  if (!as_int(a[0], &period)) return {};
  if (period < 50 || period > 1000000) return raise(PyExc_ValueError, "the period must be between 50 and 1000000 microseconds");
  const int events = a[1] ? is_true(a[1]) : 0;
  return events >= 0 && start_sampling(period, events) ? none_ref() : Ref{};
}
Ref end_sampling(Value) { return stop_sampling(); }

Ref nearest(Value, const Value* a) {
  if (!is_list(a[0]) || !is_str(a[1])) return raise(PyExc_TypeError, "nearest() takes a list of names and a name");
  Ref found = nearest_name(a[0], a[1]);
  return found ? std::move(found) : none_ref();
}

const MethodRow functions[] = {
    method<sample>("sample", "($module, microseconds, events=False, /)", "Note what all threads do, at regular times; kernels, allocations and the like exactly."),
    method<end_sampling>("end_sampling", "($module, /)", "End it: what was noted, as a dict."),
    method<nearest>("nearest", "($module, names, name, /)", "The name that is probably meant by one that is not there, or None."),
    method<layout>("layout", "($module, value, /)", "What a value is made of, as a dict."),
    method<cache_text>("cache", "($module, code, offset, /)", "What the inline cache of the instruction at an offset holds, in words."),
    method<watch>("watch", "($module, filename=None, /)", "Note what runs of this file from the next call on, or stop and forget."),
    method<seen>("seen", "($module, code, /)", "What was noted of a code object: offset, times, combinations of operand types with their times."),
    {},
};

}  // namespace

static bool fill(PyObject* module) {
  Ref libraries = list_new();
  for (const OptionalLibrary& library : kOptionalLibraries) {
    Ref file = str_from_ascii(library.file), package = str_from_ascii(library.package), serves = str_from_ascii(library.serves);
    Ref row = file && package && serves ? tuple_of({file.get(), package.get(), serves.get()}) : Ref{};
    if (!row || !libraries || !list_append(libraries, std::move(row))) return false;
  }
  return module_add_str(module, "version", ADDER_VERSION) && module_add(module, "optional_libraries", std::move(libraries));
}

extern const ModuleDef adder_module{.name = "_adder", .doc = "What the package adder shows of values and instructions.", .methods = functions, .exec = fill};

}  // namespace adder
