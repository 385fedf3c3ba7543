// Handlers of attributes, methods and items, with their inline caches.
//
// Cache words of LOAD_ATTR, STORE_ATTR, LOAD_METHOD
//   0: type version (32 bits) | x (16) | y (16); while unspecialised: the count of executions until the next attempt
//   1: Shape*, or dict keys version | entry << 32
//   2: a borrowed object kept alive by the type whose version matched
#include "object/shape.h"
#include "object/str.h"
#include "object/type.h"
#include "vm/function.h"
#include "vm/interp.h"

namespace adder {
namespace {


constexpr Word kFirstAttempt = 1, kRetry = 64;
// Counts executions of the general form: true when it is time to try to specialise.
bool due(const Word* pc) {
  Word* counter = cache_of(pc);
  if (++*counter < kFirstAttempt + 1) return false;
  return true;
}
void back_off(const Word* pc) { cache_of(pc)[0] = -kRetry; }
void despecialize(const Word* pc, Op general) {
  quicken(pc, general);
  cache_of(pc)[0] = 0;
  cache_of(pc)[1] = cache_of(pc)[2] = 0;
}

constexpr Word pack(uint32_t version, uint16_t x = 0, uint16_t y = 0) { return version | Word(x) << 32 | Word(y) << 48; }
inline uint32_t version_at(const Word* pc) { return uint32_t(pc[1]); }
inline uint16_t x_at(const Word* pc) { return uint16_t(pc[1] >> 32); }
inline uint16_t y_at(const Word* pc) { return uint16_t(pc[1] >> 48); }

bool plain_getattr(PyTypeObject* type) { return slots_of(type).tp_getattro == &generic_getattr; }
bool is_data_descriptor(Value v) {
  if (!v.is_object()) return false;
  const Slots& s = slots_of(v);
  return s.tp_descr_set != nullptr;
}
bool is_descriptor(Value v) { return v.is_object() && slots_of(v).tp_descr_get != nullptr; }

// A __slots__ member of object kind: its offset, or 0.
uint16_t member_offset(Value descr, PyTypeObject* type) {
  if (!is_exact(descr, &PyMemberDescr_Type)) return 0;
  auto* d = descr.as<PyMemberDescrObject>();
  if (d->d_member->type != T_OBJECT_EX || (d->d_member->flags & READONLY)) return 0;
  if (!is_subtype(type, d->d_common.d_type) || !type_has(d->d_common.d_type, Py_TPFLAGS_HEAPTYPE)) return 0;
  Py_ssize_t offset = d->d_member->offset;
  return offset > 0 && offset < 65536 ? static_cast<uint16_t>(offset) : 0;
}

// What a shaped instance has under a name: 1 inline slot *index, 2 dict entry *index, 0 nothing; -1: cannot be cached.
struct Found { int kind; Py_ssize_t index; Word guard; };
Found find_in_instance(PyObject* o, TypeExtra* e, PyObject* name) {
  uintptr_t word = shape_word(o, e->shape_offset);
  if (word == 0) return {-1, 0, 0};
  if (word & kDictMode) {
    auto* dict = reinterpret_cast<PyObject*>(word & ~kDictMode);
    uint32_t version = is_exact_dict(dict) ? dict_keys_version(dict) : 0;
    if (version == 0) return {-1, 0, 0};
    Py_ssize_t entry = dict_entry_index(dict, name);
    return {entry >= 0 ? 2 : 0, entry, version | Word(entry >= 0 ? entry : 0) << 32};
  }
  auto* shape = reinterpret_cast<Shape*>(word);
  int index = shape_find(shape, name);
  return {index >= 0 ? 1 : 0, index, Word(word)};
}

bool specialize_load_attr(const Word* pc, Value object, PyObject* name) {
  if (!object.is_object()) return false;
  PyObject* o = object.object();
  PyTypeObject* type = o->ob_type;
  Word* cache = cache_of(pc);
  if (type == &PyModule_Type) {
    PyObject* dict = reinterpret_cast<PyObject**>(o)[2];  // md_dict follows the header
    uint32_t version = dict && is_exact_dict(dict) ? dict_keys_version(dict) : 0;
    Py_ssize_t entry = version ? dict_entry_index(dict, name) : -1;
    if (entry < 0 || type_lookup(type, name)) return false;
    cache[0] = 0;
    cache[1] = version | Word(entry) << 32;
    quicken(pc, Op::kLOAD_ATTR_MODULE);
    return true;
  }
  if (is_type(object) && slots_of(type).tp_getattro == slots_of(&PyType_Type).tp_getattro) {
    if (type_lookup(type, name)) return false;
    Value v = type_lookup(object.as<PyTypeObject>(), name);
    if (!v || is_descriptor(v)) return false;
    uint32_t version = type_version(object.as<PyTypeObject>()), meta = type_version(type);
    if (!version || !meta) return false;
    cache[0] = version;
    cache[1] = meta;
    cache[2] = v.bits;
    quicken(pc, Op::kLOAD_ATTR_CLASS);
    return true;
  }
  if (!plain_getattr(type)) return false;
  uint32_t version = type_version(type);
  if (!version) return false;
  Value descr = type_lookup(type, name);
  if (descr && is_data_descriptor(descr)) {
    if (uint16_t offset = member_offset(descr, type)) {
      cache[0] = pack(version, offset);
      quicken(pc, Op::kLOAD_ATTR_MEMBER);
      return true;
    }
    return false;
  }
  TypeExtra* e = extra(type);
  if (e->shape_offset && e->shape_offset < 65536) {
    Found found = find_in_instance(o, e, name);
    if (found.kind == 1) {
      cache[0] = pack(version, static_cast<uint16_t>(e->shape_offset), static_cast<uint16_t>(found.index));
      cache[1] = found.guard;
      quicken(pc, Op::kLOAD_ATTR_SLOT);
      return true;
    }
    if (found.kind == 2) {
      cache[0] = pack(version, static_cast<uint16_t>(e->shape_offset));
      cache[1] = found.guard;
      quicken(pc, Op::kLOAD_ATTR_DICT);
      return true;
    }
    if (found.kind == 0 && !(shape_word(o, e->shape_offset) & kDictMode) && descr && !is_descriptor(descr)) {
      cache[0] = pack(version, static_cast<uint16_t>(e->shape_offset));
      cache[1] = found.guard;
      cache[2] = descr.bits;
      quicken(pc, Op::kLOAD_ATTR_TYPE);
      return true;
    }
  }
  return false;
}

ADDER_NOINLINE bool slow_load_attr(const Word* pc, Value* r) {
  save_pc(r, pc);
  Word w = *pc;
  Value object = reg(r, field_b(w));
  PyObject* name = name_at(r, field_c(w));
  Ref result = getattr(object, name);
  if (result && due(pc) && !specialize_load_attr(pc, object, name)) back_off(pc);
  consume(r, field_b(w));
  return write_ref(r, field_a(w), std::move(result));
}

}  // namespace

ADDER_HANDLER(LOAD_ATTR) {
  if (ADDER_UNLIKELY(!slow_load_attr(pc, r))) ADDER_UNWIND();
  ADDER_NEXT(LOAD_ATTR);
}
#define ADDER_MISS_LOAD_ATTR() do { despecialize(pc, Op::kLOAD_ATTR); [[clang::musttail]] return op_LOAD_ATTR(pc, r, t, handlers); } while (0)
ADDER_HANDLER(LOAD_ATTR_SLOT) {
  Word w = *pc;
  Value object = reg(r, field_b(w));
  if (ADDER_UNLIKELY(!object.is_object() || object.object()->ob_type->tp_version_tag != version_at(pc) ||
                     shape_word(object.object(), x_at(pc)) != pc[2]))
    ADDER_MISS_LOAD_ATTR();
  Value v = *inline_slot(object.object(), x_at(pc), y_at(pc));
  incref(v);
  consume(r, field_b(w));
  write(r, field_a(w), v);
  ADDER_NEXT(LOAD_ATTR_SLOT);
}
ADDER_HANDLER(LOAD_ATTR_DICT) {
  Word w = *pc;
  Value object = reg(r, field_b(w));
  if (ADDER_UNLIKELY(!object.is_object() || object.object()->ob_type->tp_version_tag != version_at(pc))) ADDER_MISS_LOAD_ATTR();
  uintptr_t word = shape_word(object.object(), x_at(pc));
  auto* dict = reinterpret_cast<PyObject*>(word & ~kDictMode);
  if (ADDER_UNLIKELY(!(word & kDictMode) || !is_exact_dict(dict) || dict_keys_version(dict) != uint32_t(pc[2]))) ADDER_MISS_LOAD_ATTR();
  Value v = element(dict, *dict_entry_value(dict, pc[2] >> 32));
  if (ADDER_UNLIKELY(v.absent())) ADDER_MISS_LOAD_ATTR();
  incref(v);
  consume(r, field_b(w));
  write(r, field_a(w), v);
  ADDER_NEXT(LOAD_ATTR_DICT);
}
ADDER_HANDLER(LOAD_ATTR_TYPE) {
  Word w = *pc;
  Value object = reg(r, field_b(w));
  if (ADDER_UNLIKELY(!object.is_object() || object.object()->ob_type->tp_version_tag != version_at(pc) ||
                     shape_word(object.object(), x_at(pc)) != pc[2]))
    ADDER_MISS_LOAD_ATTR();
  Value v{pc[3]};
  incref(v);
  consume(r, field_b(w));
  write(r, field_a(w), v);
  ADDER_NEXT(LOAD_ATTR_TYPE);
}
ADDER_HANDLER(LOAD_ATTR_MODULE) {
  Word w = *pc;
  Value object = reg(r, field_b(w));
  if (ADDER_UNLIKELY(!is_exact(object, &PyModule_Type))) ADDER_MISS_LOAD_ATTR();
  PyObject* dict = object.as<PyObject*>()[2];
  if (ADDER_UNLIKELY(dict_keys_version(dict) != uint32_t(pc[2]))) ADDER_MISS_LOAD_ATTR();
  Value v = element(dict, *dict_entry_value(dict, pc[2] >> 32));
  if (ADDER_UNLIKELY(v.absent())) ADDER_MISS_LOAD_ATTR();
  incref(v);
  consume(r, field_b(w));
  write(r, field_a(w), v);
  ADDER_NEXT(LOAD_ATTR_MODULE);
}
ADDER_HANDLER(LOAD_ATTR_CLASS) {
  Word w = *pc;
  Value object = reg(r, field_b(w));
  if (ADDER_UNLIKELY(!object.is_object() || object.object()->ob_type->tp_version_tag != uint32_t(pc[2]) || !is_type(object) ||
                     object.as<PyTypeObject>()->tp_version_tag != version_at(pc)))
    ADDER_MISS_LOAD_ATTR();
  Value v{pc[3]};
  incref(v);
  consume(r, field_b(w));
  write(r, field_a(w), v);
  ADDER_NEXT(LOAD_ATTR_CLASS);
}
ADDER_HANDLER(LOAD_ATTR_MEMBER) {
  Word w = *pc;
  Value object = reg(r, field_b(w));
  if (ADDER_UNLIKELY(!object.is_object() || object.object()->ob_type->tp_version_tag != version_at(pc))) ADDER_MISS_LOAD_ATTR();
  PyObject* p = *reinterpret_cast<PyObject**>(object.as<char>() + x_at(pc));
  Value v = from_c_borrowed(p);
  if (ADDER_UNLIKELY(v.absent())) ADDER_MISS_LOAD_ATTR();
  incref(v);
  consume(r, field_b(w));
  write(r, field_a(w), v);
  ADDER_NEXT(LOAD_ATTR_MEMBER);
}
// Reserved for the getter called without leaving the loop; the general form serves until then and is never quickened to this.
ADDER_HANDLER(LOAD_ATTR_PROPERTY) { ADDER_MISS_LOAD_ATTR(); }

// --- Stores -------------------------------------------------------------------------------------------------------------------------
namespace {

// After a store that succeeded: `before` is the shape word found before it.
bool specialize_store_attr(const Word* pc, Value object, PyObject* name, uintptr_t before) {
  if (!object.is_object()) return false;
  PyObject* o = object.object();
  PyTypeObject* type = o->ob_type;
  if (slots_of(type).tp_setattro != &generic_setattr) return false;
  uint32_t version = type_version(type);
  if (!version) return false;
  Value descr = type_lookup(type, name);
  if (descr && is_data_descriptor(descr)) {
    if (uint16_t offset = member_offset(descr, type)) {
      cache_of(pc)[0] = pack(version, offset);
      quicken(pc, Op::kSTORE_ATTR_MEMBER);
      return true;
    }
    return false;
  }
  TypeExtra* e = extra(type);
  if (!e->shape_offset || e->shape_offset >= 65536) return false;
  uintptr_t now = shape_word(o, e->shape_offset);
  if (now == 0 || before == 0 || (now & kDictMode)) return false;
  int index = shape_find(reinterpret_cast<Shape*>(now), name);
  if (index < 0) return false;
  cache_of(pc)[0] = pack(version, static_cast<uint16_t>(e->shape_offset), static_cast<uint16_t>(index));
  cache_of(pc)[1] = before;
  cache_of(pc)[2] = now;
  quicken(pc, before == now ? Op::kSTORE_ATTR_SLOT : Op::kSTORE_ATTR_NEW);
  return true;
}
ADDER_NOINLINE bool slow_store_attr(const Word* pc, Value* r) {
  save_pc(r, pc);
  Word w = *pc;
  Value object = reg(r, field_a(w));
  PyObject* name = name_at(r, field_c(w));
  uint32_t offset = object.is_object() ? extra(type_of(object))->shape_offset : 0;
  uintptr_t before = offset ? shape_word(object.object(), offset) : 0;
  bool ok = setattr(object, name, reg(r, field_b(w)));
  if (ok && due(pc) && !specialize_store_attr(pc, object, name, before)) back_off(pc);
  consume(r, field_b(w));
  consume(r, field_a(w));
  return ok;
}

}  // namespace

ADDER_HANDLER(STORE_ATTR) {
  if (ADDER_UNLIKELY(!slow_store_attr(pc, r))) ADDER_UNWIND();
  ADDER_NEXT(STORE_ATTR);
}
#define ADDER_MISS_STORE_ATTR() do { despecialize(pc, Op::kSTORE_ATTR); [[clang::musttail]] return op_STORE_ATTR(pc, r, t, handlers); } while (0)
ADDER_HANDLER(STORE_ATTR_SLOT) {
  Word w = *pc;
  Value object = reg(r, field_a(w));
  if (ADDER_UNLIKELY(!object.is_object() || object.object()->ob_type->tp_version_tag != version_at(pc) ||
                     shape_word(object.object(), x_at(pc)) != pc[2]))
    ADDER_MISS_STORE_ATTR();
  Value* slot = inline_slot(object.object(), x_at(pc), y_at(pc));
  Value old = *slot;
  *slot = take(r, field_b(w));
  save_pc(r, pc);
  decref(old);
  consume(r, field_a(w));
  ADDER_NEXT(STORE_ATTR_SLOT);
}
ADDER_HANDLER(STORE_ATTR_NEW) {
  Word w = *pc;
  Value object = reg(r, field_a(w));
  if (ADDER_UNLIKELY(!object.is_object() || object.object()->ob_type->tp_version_tag != version_at(pc) ||
                     shape_word(object.object(), x_at(pc)) != pc[2]))
    ADDER_MISS_STORE_ATTR();
  *inline_slot(object.object(), x_at(pc), y_at(pc)) = take(r, field_b(w));
  shape_word(object.object(), x_at(pc)) = pc[3];
  consume(r, field_a(w));
  ADDER_NEXT(STORE_ATTR_NEW);
}
static ADDER_NOINLINE bool store_member(const Word* pc, Value* r) {
  save_pc(r, pc);
  Word w = *pc;
  auto* slot = reinterpret_cast<PyObject**>(reg(r, field_a(w)).as<char>() + x_at(pc));
  PyObject* boxed = to_c(reg(r, field_b(w)));
  if (boxed) {
    PyObject* old = *slot;
    *slot = boxed;
    Py_XDECREF(old);
  }
  consume(r, field_b(w));
  consume(r, field_a(w));
  return boxed != nullptr;
}
ADDER_HANDLER(STORE_ATTR_MEMBER) {
  Value object = reg(r, field_a(*pc));
  if (ADDER_UNLIKELY(!object.is_object() || object.object()->ob_type->tp_version_tag != version_at(pc))) ADDER_MISS_STORE_ATTR();
  if (ADDER_UNLIKELY(!store_member(pc, r))) ADDER_UNWIND();
  ADDER_NEXT(STORE_ATTR_MEMBER);
}
ADDER_SLOW_OP(DELETE_ATTR) {
  save_pc(r, pc);
  bool ok = delattr(reg(r, field_a(*pc)), name_at(r, field_c(*pc)));
  consume(r, field_a(*pc));
  return ok;
}

// --- Methods ------------------------------------------------------------------------------------------------------------------------
namespace {

bool is_method_like(Value v) {
  return v.is_object() && type_has(v.object()->ob_type, Py_TPFLAGS_METHOD_DESCRIPTOR);
}
bool specialize_load_method(const Word* pc, Value object, PyObject* name) {
  PyTypeObject* type = type_of(object);
  Word* cache = cache_of(pc);
  if (type == &PyModule_Type) {
    PyObject* dict = object.as<PyObject*>()[2];
    uint32_t version = dict && is_exact_dict(dict) ? dict_keys_version(dict) : 0;
    Py_ssize_t entry = version ? dict_entry_index(dict, name) : -1;
    if (entry < 0 || type_lookup(type, name)) return false;
    cache[0] = 0;
    cache[1] = version | Word(entry) << 32;
    quicken(pc, Op::kLOAD_METHOD_MODULE);
    return true;
  }
  if (!plain_getattr(type)) return false;
  Value descr = type_lookup(type, name);
  if (!descr || !is_method_like(descr)) return false;
  uint32_t version = type_version(type);
  if (!version) return false;
  TypeExtra* e = extra(type);
  Word shape = 0;
  uint16_t offset = 0;
  if (e->shape_offset) {
    if (!object.is_object() || e->shape_offset >= 65536) return false;
    uintptr_t word = shape_word(object.object(), e->shape_offset);
    if (word == 0 || (word & kDictMode) || shape_find(reinterpret_cast<Shape*>(word), name) >= 0) return false;
    shape = word;
    offset = static_cast<uint16_t>(e->shape_offset);
  } else if (type->tp_dictoffset != 0) {
    return false;
  }
  cache[0] = pack(version, offset);
  cache[1] = shape;
  cache[2] = descr.bits;
  quicken(pc, Op::kLOAD_METHOD_TYPE);
  return true;
}
ADDER_NOINLINE bool slow_load_method(const Word* pc, Value* r) {
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
  if (due(pc) && !specialize_load_method(pc, object, name)) back_off(pc);
  Value self;  // read before the window is written: it may contain the operand
  if (unbound) self = take(r, field_b(w));
  else consume(r, field_b(w));
  r[field_a(w)] = method.release();
  r[field_a(w) + kFrameWords] = self;
  return true;
}

}  // namespace

ADDER_HANDLER(LOAD_METHOD) {
  if (ADDER_UNLIKELY(!slow_load_method(pc, r))) ADDER_UNWIND();
  ADDER_NEXT(LOAD_METHOD);
}
#define ADDER_MISS_LOAD_METHOD() do { despecialize(pc, Op::kLOAD_METHOD); [[clang::musttail]] return op_LOAD_METHOD(pc, r, t, handlers); } while (0)
ADDER_HANDLER(LOAD_METHOD_TYPE) {
  Word w = *pc;
  Value object = reg(r, field_b(w));
  if (ADDER_UNLIKELY(!object.is_object() || object.object()->ob_type->tp_version_tag != version_at(pc))) ADDER_MISS_LOAD_METHOD();
  if (ADDER_UNLIKELY(pc[2] != 0 && shape_word(object.object(), x_at(pc)) != pc[2])) ADDER_MISS_LOAD_METHOD();
  Value method{pc[3]};
  incref(method.object());
  object = take(r, field_b(w));
  r[field_a(w)] = method;
  r[field_a(w) + kFrameWords] = object;
  ADDER_NEXT(LOAD_METHOD_TYPE);
}
ADDER_HANDLER(LOAD_METHOD_MODULE) {
  Word w = *pc;
  Value object = reg(r, field_b(w));
  if (ADDER_UNLIKELY(!is_exact(object, &PyModule_Type))) ADDER_MISS_LOAD_METHOD();
  PyObject* dict = object.as<PyObject*>()[2];
  if (ADDER_UNLIKELY(dict_keys_version(dict) != uint32_t(pc[2]))) ADDER_MISS_LOAD_METHOD();
  Value v = element(dict, *dict_entry_value(dict, pc[2] >> 32));
  if (ADDER_UNLIKELY(v.absent())) ADDER_MISS_LOAD_METHOD();
  incref(v);
  consume(r, field_b(w));
  r[field_a(w)] = v;
  r[field_a(w) + kFrameWords] = Value{};
  ADDER_NEXT(LOAD_METHOD_MODULE);
}

// --- Items --------------------------------------------------------------------------------------------------------------------------
static ADDER_NOINLINE bool slow_load_item(const Word* pc, Value* r, Value key, uint16_t key_operand) {
  save_pc(r, pc);
  Ref result = get_item(reg(r, field_b(*pc)), key);
  consume(r, field_b(*pc));
  consume(r, key_operand);
  return write_ref(r, field_a(*pc), std::move(result));
}
// An element of an exact list or tuple by an immediate index; absent if it is none of that.
static inline Value fast_item(Value container, Value key) {
  if (!container.is_object() || !key.is_int()) return Value{};
  PyObject* o = container.object();
  int64_t i = key.as_int();
  if (o->ob_type == &PyList_Type) {
    Py_ssize_t n = list_size(container);
    if (i < 0) i += n;
    return static_cast<uint64_t>(i) < static_cast<uint64_t>(n) ? list_get(container, i) : Value{};
  }
  if (o->ob_type == &PyTuple_Type) {
    Py_ssize_t n = tuple_size(container);
    if (i < 0) i += n;
    return static_cast<uint64_t>(i) < static_cast<uint64_t>(n) ? tuple_get(container, i) : Value{};
  }
  return Value{};
}
ADDER_HANDLER(LOAD_ITEM) {
  Word w = *pc;
  Value v = fast_item(reg(r, field_b(w)), reg(r, field_c(w)));
  if (ADDER_LIKELY(!v.absent())) {
    incref(v);
    consume(r, field_b(w));
    write(r, field_a(w), v);
  } else if (ADDER_UNLIKELY(!slow_load_item(pc, r, reg(r, field_c(w)), field_c(w)))) {
    ADDER_UNWIND();
  }
  ADDER_NEXT(LOAD_ITEM);
}
ADDER_HANDLER(LOAD_ITEM_K) {
  Word w = *pc;
  Value v = fast_item(reg(r, field_b(w)), constant(r, field_c(w)));
  if (ADDER_LIKELY(!v.absent())) {
    incref(v);
    consume(r, field_b(w));
    write(r, field_a(w), v);
  } else if (ADDER_UNLIKELY(!slow_load_item(pc, r, constant(r, field_c(w)), 0))) {
    ADDER_UNWIND();
  }
  ADDER_NEXT(LOAD_ITEM_K);
}
static ADDER_NOINLINE bool slow_store_item(const Word* pc, Value* r) {
  save_pc(r, pc);
  Word w = *pc;
  bool ok = set_item(reg(r, field_a(w)), reg(r, field_b(w)), reg(r, field_c(w)));
  consume(r, field_c(w));
  consume(r, field_b(w));
  consume(r, field_a(w));
  return ok;
}
ADDER_HANDLER(STORE_ITEM) {
  Word w = *pc;
  Value container = reg(r, field_a(w)), key = reg(r, field_b(w));
  if (is_exact_list(container) && key.is_int() && !c_visible(container.object())) {
    int64_t i = key.as_int();
    Py_ssize_t n = list_size(container);
    if (i < 0) i += n;
    if (ADDER_LIKELY(static_cast<uint64_t>(i) < static_cast<uint64_t>(n))) {
      Value* slot = list_words(container) + i;
      Value old = *slot;
      *slot = take(r, field_c(w));
      save_pc(r, pc);
      decref(old);
      consume(r, field_a(w));
      ADDER_NEXT(STORE_ITEM);
    }
  }
  if (ADDER_UNLIKELY(!slow_store_item(pc, r))) ADDER_UNWIND();
  ADDER_NEXT(STORE_ITEM);
}
ADDER_SLOW_OP(DELETE_ITEM) {
  save_pc(r, pc);
  bool ok = delete_item(reg(r, field_a(*pc)), reg(r, field_b(*pc)));
  consume(r, field_b(*pc));
  consume(r, field_a(*pc));
  return ok;
}
ADDER_SLOW_OP(LOAD_SLICE) {
  save_pc(r, pc);
  Value* bounds = r + field_c(*pc);
  Ref result = get_slice(reg(r, field_b(*pc)), bounds[0], bounds[1]);
  decref(bounds[1]);
  decref(bounds[0]);
  consume(r, field_b(*pc));
  return write_ref(r, field_a(*pc), std::move(result));
}
ADDER_SLOW_OP(STORE_SLICE) {
  save_pc(r, pc);
  Value* bounds = r + field_b(*pc);
  bool ok = set_slice(reg(r, field_a(*pc)), bounds[0], bounds[1], reg(r, field_c(*pc)));
  decref(bounds[1]);
  decref(bounds[0]);
  consume(r, field_c(*pc));
  consume(r, field_a(*pc));
  return ok;
}
ADDER_SLOW_OP(DELETE_SLICE) {
  save_pc(r, pc);
  Value* bounds = r + field_b(*pc);
  bool ok = set_slice(reg(r, field_a(*pc)), bounds[0], bounds[1], Value{});
  decref(bounds[1]);
  decref(bounds[0]);
  consume(r, field_a(*pc));
  return ok;
}

}  // namespace adder
