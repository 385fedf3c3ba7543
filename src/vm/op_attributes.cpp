// Handlers of attributes and methods.
//
// The specialised forms of LOAD_ATTR, STORE_ATTR and LOAD_METHOD go by three cache words (AttributeWords). A form whose guard fails
// hands over to the general one, which takes the entry for this receiver over from the shared table or has it made. Where the guard
// holds and yet the attribute is not what it was (deleted, say), the rules decide at once.
#include "object/property.h"
#include "object/str.h"
#include "vm/attribute_cache.h"
#include "vm/call.h"

namespace adder {
namespace {

inline uint32_t version_at(const Word* pc) { return uint32_t(pc[1]); }
inline uint16_t x_at(const Word* pc) { return uint16_t(pc[1] >> 32); }
inline uint16_t y_at(const Word* pc) { return uint16_t(pc[1] >> 48); }
inline bool is_of_type(Value object, const Word* pc) { return object.is_object() && object.object()->ob_type->tp_version_tag == version_at(pc); }
inline bool has_shape(Value object, const Word* pc) { return shape_word(object.object(), x_at(pc)) == pc[2]; }
// Instances of types without shapes have the kind 0.
inline bool has_any_shape(Value object, const Word* pc) { return pc[2] == 0 || has_shape(object, pc); }
inline bool in_dict_mode(Value object, const Word* pc) { return shape_word(object.object(), x_at(pc)) & kDictMode; }
inline Value get_in_dict_mode(Value object, const Word* pc, PyObject* name) {
  PyObject* dict = dict_mode_dict(object.object(), x_at(pc));
  return dict ? dict_get_str(Value{dict}, name) : Value{};
}
inline bool is_unchanged_module(Value object, const Word* pc) {
  if (!is_exact(object, &PyModule_Type)) return false;
  PyObject* dict = as_module(object)->dict;
  return dict && dict_table(dict)->version == pc[2];
}
inline Value get_in_module(Value object, const Word* pc) {
  PyObject* dict = as_module(object)->dict;
  return element(dict, *reinterpret_cast<Value*>(reinterpret_cast<char*>(dict_table(dict)) + pc[3]));
}

inline const AttributeEntry* entry_for(const AttributeTable& table, Value object, PyObject* name) {
  return object.is_object() ? table.find(object.object(), name) : nullptr;
}
inline void take_over(const Word* pc, const AttributeEntry* e) {
  Word* cache = cache_of(pc);
  cache[0] = e->words.guard;
  cache[1] = e->words.kind;
  cache[2] = e->words.value;
  // Stored as a whole word: the handler that follows reads it as one, and would wait for a part of it to reach memory.
  Word w = (*pc & ~Word{0xFFFF}) | Word(e->op());
  asm("" : "+r"(w));
  const_cast<Word*>(pc)[0] = w;
}

// By the rules; if nothing was known of this receiver, then notes what can be.
ADDER_NOINLINE bool load_attr(const Word* pc, Value* r, bool unknown) {
  save_pc(r, pc);
  Word w = *pc;
  Value object = reg(r, field_b(w));
  PyObject* name = name_at(r, field_c(w));
  Ref result = getattr(object, name);
  if (result && unknown && object.is_object()) {
    if (const AttributeEntry* e = learn_load(object.object(), name); e && e->op() != Op::kLOAD_ATTR) take_over(pc, e);
  }
  consume(r, field_b(w));
  return write_ref(r, field_a(w), std::move(result));
}
ADDER_NOINLINE bool store_attr(const Word* pc, Value* r, bool unknown) {
  save_pc(r, pc);
  Word w = *pc;
  Value object = reg(r, field_a(w));
  PyObject* name = name_at(r, field_c(w));
  Word before = unknown && object.is_object() ? receiver_kind(object.object()) : 0;
  bool ok = setattr(object, name, reg(r, field_b(w)));
  if (ok && unknown && object.is_object()) {
    if (const AttributeEntry* e = learn_store(object.object(), name, before); e && e->op() != Op::kSTORE_ATTR) take_over(pc, e);
  }
  consume(r, field_b(w));
  consume(r, field_a(w));
  return ok;
}
ADDER_NOINLINE bool load_method(const Word* pc, Value* r, bool unknown) {
  save_pc(r, pc);
  Word w = *pc;
  Value object = reg(r, field_b(w));
  PyObject* name = name_at(r, field_c(w));
  bool unbound = false;
  Ref method = get_method(object, name, &unbound);
  if (!method) {
    consume(r, field_b(w));
    return false;
  }
  if (unknown && object.is_object()) {
    if (const AttributeEntry* e = learn_method(object.object(), name); e && e->op() != Op::kLOAD_METHOD) take_over(pc, e);
  }
  Value self;  // read before the window is written: it may contain the operand
  if (unbound) self = take(r, field_b(w));
  else consume(r, field_b(w));
  r[field_a(w)] = method.release();
  r[field_a(w) + kFrameWords] = self;
  return true;
}

}  // namespace

// --- The general forms ------------------------------------------------------------------------------------------------------------
#define ADDER_LOADED(VALUE)       \
  do {                            \
    Word w = *pc;                 \
    Value loaded = (VALUE);       \
    incref(loaded);               \
    consume(r, field_b(w));       \
    write(r, field_a(w), loaded); \
    ADDER_NEXT(LOAD_ATTR);        \
  } while (0)
// The same, handed over to NAME##_loaded before any effect where something would be freed.
#define ADDER_LOADED_QUIETLY(NAME, SLOT)                                                                                  \
  do {                                                                                                                    \
    Value loaded = *(SLOT);                                                                                               \
    if (field_b(pc) & kLastUse) {                                                                                         \
      if (ADDER_UNLIKELY(refcount(object.object()) == 1)) [[clang::musttail]] return NAME##_loaded(pc, r, t, handlers);   \
      --refcount(object.object());                                                                                        \
      if (ADDER_UNLIKELY(!replace(r, field_a(pc), loaded))) {                                                             \
        ++refcount(object.object());                                                                                      \
        [[clang::musttail]] return NAME##_loaded(pc, r, t, handlers);                                                     \
      }                                                                                                                   \
    } else if (ADDER_UNLIKELY(!replace(r, field_a(pc), loaded))) {                                                        \
      [[clang::musttail]] return NAME##_loaded(pc, r, t, handlers);                                                       \
    }                                                                                                                     \
    incref(loaded);                                                                                                       \
    ADDER_NEXT(LOAD_ATTR);                                                                                                \
  } while (0)
#define ADDER_STORED(SLOT)              \
  do {                                  \
    Word w = *pc;                       \
    Value* slot = (SLOT);               \
    Value old = *slot;                  \
    *slot = take(r, field_b(w));        \
    save_pc(r, pc);                     \
    release(old);                       \
    consume(r, field_a(w));             \
    ADDER_NEXT(STORE_ATTR);             \
  } while (0)
// The callable, and self before the arguments (taken over from operand b) …
#define ADDER_METHOD_OF(CALLABLE)           \
  do {                                      \
    Word w = *pc;                           \
    PyObject* method_ = (CALLABLE);         \
    incref(method_);                        \
    Value self = take(r, field_b(w));       \
    r[field_a(w)] = Value{method_};         \
    r[field_a(w) + kFrameWords] = self;     \
    ADDER_NEXT(LOAD_METHOD);                \
  } while (0)

static inline Value* slot_by(Value object, const AttributeEntry* e) {
  return inline_slot(object.object(), uint16_t(e->words.guard >> 32), uint16_t(e->words.guard >> 48));
}
static inline bool is_unbound_method(const AttributeEntry* e) { return e->op() == Op::kLOAD_METHOD_TYPE && e->words.guard >> 48 == kUnboundMethod; }

// A site that was specialised and meets another kind of receiver takes the form for several kinds, if the attribute is found in one of
// the two ways that have such a form.
static inline void serve_several(const Word* pc, ReceiverTable& table, Op op, PyObject* name, const AttributeEntry* e) {
  table.put(name, e->words);
  cache_of(pc)[2] = reinterpret_cast<Word>(name);
  const_cast<Word*>(pc)[0] = (*pc & ~Word{0xFFFF}) | Word(op);
}
#define ADDER_GENERAL_ATTRIBUTE(NAME, TABLE, OBJECT, RULES, IS_FREQUENT, SEVERAL, SEVERAL_TABLE, SERVE) \
  ADDER_HANDLER(NAME) {                                                                               \
    ADDER_COUNT_GENERAL(NAME);                                                                        \
    Value object = reg(r, OBJECT(*pc));                                                               \
    PyObject* name = name_at(r, field_c(*pc));                                                        \
    const AttributeEntry* e = entry_for(TABLE, object, name);                                         \
    if (ADDER_LIKELY(e && e->op() != Op::k##NAME)) {                                                  \
      if (IS_FREQUENT && op_of(*pc) != Op::k##NAME) {                                                 \
        serve_several(pc, SEVERAL_TABLE, Op::k##SEVERAL, name, e);                                    \
        SERVE;                                                                                        \
      }                                                                                               \
      take_over(pc, e);                                                                               \
      [[clang::musttail]] return kHandlers[static_cast<int>(e->op())].run(pc, r, t, handlers);        \
    }                                                                                                 \
    if (ADDER_UNLIKELY(!RULES(pc, r, e == nullptr))) ADDER_UNWIND();                                  \
    ADDER_NEXT(NAME);                                                                                 \
  }
ADDER_GENERAL_ATTRIBUTE(LOAD_ATTR, attribute_loads, field_b, load_attr, e->op() == Op::kLOAD_ATTR_SLOT, LOAD_ATTR_SLOTS, slot_loads, ADDER_LOADED(*slot_by(object, e)))
ADDER_GENERAL_ATTRIBUTE(STORE_ATTR, attribute_stores, field_a, store_attr, e->op() == Op::kSTORE_ATTR_SLOT, STORE_ATTR_SLOTS, slot_stores, ADDER_STORED(slot_by(object, e)))
ADDER_GENERAL_ATTRIBUTE(LOAD_METHOD, attribute_methods, field_b, load_method, is_unbound_method(e), LOAD_METHOD_TYPES, unbound_methods, ADDER_METHOD_OF(Value{e->words.value}.object()))

// In a specialised form: its guard must hold …
#define ADDER_GUARD(NAME, CONDITION) \
  if (ADDER_UNLIKELY(!(CONDITION))) [[clang::musttail]] return op_##NAME(pc, r, t, handlers)
// … and the attribute be what it was.
#define ADDER_OR_BY_RULES(NAME, CONDITION, RULES)              \
  if (ADDER_UNLIKELY(!(CONDITION))) {                          \
    if (ADDER_UNLIKELY(!RULES(pc, r, false))) ADDER_UNWIND();  \
    ADDER_NEXT(NAME);                                          \
  }

// --- Loads ------------------------------------------------------------------------------------------------------------------------
static ADDER_NOINLINE ADDER_HANDLER(LOAD_ATTR_SLOT_loaded) {
  Value object = reg(r, field_b(pc));
  save_pc(r, pc);
  ADDER_LOADED(*inline_slot(object.object(), x_at(pc), y_at(pc)));
}
ADDER_HANDLER(LOAD_ATTR_SLOT) {
  Value object = reg(r, field_b(pc));
  ADDER_GUARD(LOAD_ATTR, is_of_type(object, pc) && has_shape(object, pc));
  ADDER_LOADED_QUIETLY(op_LOAD_ATTR_SLOT, inline_slot(object.object(), x_at(pc), y_at(pc)));
}
static ADDER_NOINLINE ADDER_HANDLER(LOAD_ATTR_SLOTS_loaded) {
  Value object = reg(r, field_b(pc));
  save_pc(r, pc);
  ADDER_LOADED(*slot_by(object, slot_loads.find(object.object(), pc[3])));
}
ADDER_HANDLER(LOAD_ATTR_SLOTS) {
  Value object = reg(r, field_b(pc));
  ADDER_GUARD(LOAD_ATTR, object.is_object());
  const AttributeEntry* e = slot_loads.find(object.object(), pc[3]);
  ADDER_GUARD(LOAD_ATTR, e);
  ADDER_LOADED_QUIETLY(op_LOAD_ATTR_SLOTS, slot_by(object, e));
}
ADDER_HANDLER(LOAD_ATTR_DICT) {
  Value object = reg(r, field_b(*pc));
  ADDER_GUARD(LOAD_ATTR, is_of_type(object, pc) && in_dict_mode(object, pc));
  Value v = get_in_dict_mode(object, pc, name_at(r, field_c(*pc)));
  ADDER_OR_BY_RULES(LOAD_ATTR, v && (y_at(pc) == 0 || !slots_of(Value{pc[3]}).tp_descr_set), load_attr);
  ADDER_LOADED(v);
}
static ADDER_NOINLINE bool load_by_descriptor(const Word* pc, Value* r) {
  save_pc(r, pc);
  Word w = *pc;
  Value object = reg(r, field_b(w));
  Ref descr = Ref::copy(Value{pc[3]});
  Ref result = slots_of(descr).tp_descr_get(descr, object, Value{type_of(object)});
  if (ADDER_UNLIKELY(!result)) add_attribute_context(object, name_at(r, field_c(w)));
  consume(r, field_b(w));
  return write_ref(r, field_a(w), std::move(result));
}
// The value is not to be taken as it is, or not without looking.
ADDER_VM_CC static void load_from_type(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  if (y_at(pc) == kDescriptor) {
    if (ADDER_UNLIKELY(!load_by_descriptor(pc, r))) ADDER_UNWIND();
    ADDER_NEXT(LOAD_ATTR);
  }
  ADDER_OR_BY_RULES(LOAD_ATTR, !slots_of(Value{pc[3]}).tp_descr_get, load_attr);
  ADDER_LOADED(Value{pc[3]});
}
ADDER_HANDLER(LOAD_ATTR_TYPE) {
  Value object = reg(r, field_b(*pc));
  ADDER_GUARD(LOAD_ATTR, is_of_type(object, pc) && has_any_shape(object, pc));
  if (ADDER_UNLIKELY(y_at(pc))) [[clang::musttail]] return load_from_type(pc, r, t, handlers);
  ADDER_LOADED(Value{pc[3]});
}
ADDER_HANDLER(LOAD_ATTR_CLASS) {
  Value object = reg(r, field_b(*pc));
  ADDER_GUARD(LOAD_ATTR, is_of_type(object, pc) && has_shape(object, pc));
  if (ADDER_UNLIKELY(y_at(pc))) [[clang::musttail]] return load_from_type(pc, r, t, handlers);
  ADDER_LOADED(Value{pc[3]});
}
ADDER_HANDLER(LOAD_ATTR_MODULE) {
  Value object = reg(r, field_b(*pc));
  ADDER_GUARD(LOAD_ATTR, is_unchanged_module(object, pc));
  ADDER_LOADED(get_in_module(object, pc));
}
ADDER_HANDLER(LOAD_ATTR_MEMBER) {
  Value object = reg(r, field_b(*pc));
  ADDER_GUARD(LOAD_ATTR, is_of_type(object, pc));
  Value v = *reinterpret_cast<Value*>(object.as<char>() + pc[3]);
  ADDER_OR_BY_RULES(LOAD_ATTR, !v.absent(), load_attr);
  ADDER_LOADED(v);
}
// The getter's frame lies behind this one's registers.
ADDER_HANDLER(LOAD_ATTR_PROPERTY) {
  Value object = reg(r, field_b(*pc));
  ADDER_GUARD(LOAD_ATTR, is_of_type(object, pc));
  PyObject* getter = Value{pc[3]}.as<Property>()->get;
  ADDER_OR_BY_RULES(LOAD_ATTR, getter && getter->ob_type == &PyFunction_Type, load_attr);
  auto* function = reinterpret_cast<PyFunctionObject*>(getter);
  Value* args = frame_end(frame_of(r));
  ADDER_OR_BY_RULES(LOAD_ATTR, args && enters_directly(t, function, args + kFrameWords, 1), load_attr);
  args += kFrameWords;
  save_pc(r, pc);
  incref(getter);
  *args = take(r, field_b(*pc));
  Frame* f = push_frame(t, frame_of(r), function, args, 1, field_a(*pc), words_of<Op::kLOAD_ATTR>, 0);
  ADDER_ENTER(f);
}

// --- Stores -----------------------------------------------------------------------------------------------------------------------
ADDER_HANDLER(STORE_ATTR_SLOT) {
  Value object = reg(r, field_a(*pc));
  ADDER_GUARD(STORE_ATTR, is_of_type(object, pc) && has_shape(object, pc));
  ADDER_STORED(inline_slot(object.object(), x_at(pc), y_at(pc)));
}
ADDER_HANDLER(STORE_ATTR_SLOTS) {
  Value object = reg(r, field_a(*pc));
  ADDER_GUARD(STORE_ATTR, object.is_object());
  const AttributeEntry* e = slot_stores.find(object.object(), pc[3]);
  ADDER_GUARD(STORE_ATTR, e);
  ADDER_STORED(slot_by(object, e));
}
ADDER_HANDLER(STORE_ATTR_NEW) {
  Word w = *pc;
  Value object = reg(r, field_a(w));
  ADDER_GUARD(STORE_ATTR, is_of_type(object, pc) && has_shape(object, pc));
  *inline_slot(object.object(), x_at(pc), y_at(pc)) = take(r, field_b(w));
  shape_word(object.object(), x_at(pc)) = pc[3];
  consume(r, field_a(w));
  ADDER_NEXT(STORE_ATTR);
}
ADDER_HANDLER(STORE_ATTR_MEMBER) {
  Value object = reg(r, field_a(*pc));
  ADDER_GUARD(STORE_ATTR, is_of_type(object, pc));
  ADDER_STORED(reinterpret_cast<Value*>(object.as<char>() + pc[3]));
}
ADDER_SLOW_OP(DELETE_ATTR) {
  save_pc(r, pc);
  bool ok = delattr(reg(r, field_a(*pc)), name_at(r, field_c(*pc)));
  consume(r, field_a(*pc));
  return ok;
}

// --- Methods ----------------------------------------------------------------------------------------------------------------------
// … or nothing.
#define ADDER_METHOD_ALONE(CALLABLE)        \
  do {                                      \
    Word w = *pc;                           \
    Value method_ = (CALLABLE);             \
    incref(method_);                        \
    consume(r, field_b(w));                 \
    r[field_a(w)] = method_;                \
    r[field_a(w) + kFrameWords] = Value{};  \
    ADDER_NEXT(LOAD_METHOD);                \
  } while (0)

static inline bool dict_has(const Word* pc, Value* r, Value object) {
  PyObject* dict = *reinterpret_cast<PyObject**>(reinterpret_cast<char*>(object.object()) + x_at(pc));
  if (!dict) return false;
  save_pc(r, pc);
  return static_cast<bool>(dict_get_str(Value{dict}, name_at(r, field_c(*pc))));
}
// Forms other than kUnboundMethod.
ADDER_VM_CC static void load_method_otherwise(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  Value object = reg(r, field_b(*pc));
  if (y_at(pc) == kFunctionAlone) ADDER_METHOD_ALONE(Value{pc[3]});
  if (y_at(pc) == kSlotAlone) ADDER_METHOD_ALONE(*inline_slot(object.object(), x_at(pc), static_cast<uint32_t>(pc[3])));
  if (y_at(pc) == kBehindDict) {
    ADDER_OR_BY_RULES(LOAD_METHOD, !dict_has(pc, r, object), load_method);
    ADDER_METHOD_OF(Value{pc[3]}.object());
  }
  PyObject* callable = Value{pc[3]}.as<Wrapped>()->callable;
  ADDER_OR_BY_RULES(LOAD_METHOD, callable && callable->ob_type == &PyFunction_Type, load_method);
  if (y_at(pc) == kStaticMethod) ADDER_METHOD_ALONE(Value{callable});
  if (is_type(object)) ADDER_METHOD_OF(callable);
  Word w = *pc;
  Value cls{type_of(object)};
  incref(callable);
  incref(cls);
  consume(r, field_b(w));
  r[field_a(w)] = Value{callable};
  r[field_a(w) + kFrameWords] = cls;
  ADDER_NEXT(LOAD_METHOD);
}
ADDER_HANDLER(LOAD_METHOD_TYPE) {
  const uint16_t b = field_b(pc);
  Value object = reg(r, b);
  ADDER_GUARD(LOAD_METHOD, is_of_type(object, pc) && has_any_shape(object, pc));
  if (ADDER_UNLIKELY(y_at(pc) != kUnboundMethod)) [[clang::musttail]] return load_method_otherwise(pc, r, t, handlers);
  PyObject* method = Value{pc[3]}.object();
  ++refcount(method);
  if (!(b & kLastUse)) ++refcount(object.object());
  Value* window = r + field_a(pc);
  window[0] = Value{method};
  window[kFrameWords] = object;
  ADDER_NEXT(LOAD_METHOD);
}
ADDER_HANDLER(LOAD_METHOD_TYPES) {
  Value object = reg(r, field_b(*pc));
  ADDER_GUARD(LOAD_METHOD, object.is_object());
  const AttributeEntry* e = unbound_methods.find(object.object(), pc[3]);
  ADDER_GUARD(LOAD_METHOD, e);
  ADDER_METHOD_OF(Value{e->words.value}.object());
}
ADDER_HANDLER(LOAD_METHOD_MODULE) {
  Value object = reg(r, field_b(*pc));
  ADDER_GUARD(LOAD_METHOD, is_unchanged_module(object, pc));
  ADDER_METHOD_ALONE(get_in_module(object, pc));
}

}  // namespace adder
