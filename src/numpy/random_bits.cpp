// Bit generators as objects, and the seed sequences that start them. What is drawn from them stands in random.cpp.
#include <cstring>

#include "array/random/fill.h"
#include "numpy/random.h"
#include "object/containers.h"
#include "object/float.h"
#include "object/int.h"
#include "object/type.h"

namespace adder::numpy {

ADDER_TYPE(bits_type);

Ref bits_new(PyTypeObject* type, Args) {
  PyObject* o = type->tp_alloc(type, 0);
  if (!o) return {};
  Ref self = Ref::steal(Value{o});
  bits_in(self) = rnd::Bits{};
  return self;
}

namespace {

// ---- bit generators ---------------------------------------------------------------------------------------------------------

// Bytes of a bytes object or a buffer-like array, exactly `n` of them.
bool bytes_exactly(Value v, size_t n, const char** out) {
  if (!is_bytes(v) || bytes_view(v).size() != n) return raise(PyExc_ValueError, "%zd bytes are needed", static_cast<Py_ssize_t>(n));
  *out = bytes_view(v).data();
  return true;
}

bool kind_from(Value v, rnd::Kind* out) {
  int kind;
  if (!as_int(v, &kind)) return false;
  if (kind < 0 || kind > 4) return raise(PyExc_ValueError, "no such bit generator");
  *out = static_cast<rnd::Kind>(kind);
  return true;
}

// (kind, words): seeds from the words of a seed sequence.
Ref bits_seed(Value self, const Value* a) {
  rnd::Kind kind;
  const char* words;
  if (!kind_from(a[0], &kind) || !bytes_exactly(a[1], static_cast<size_t>(rnd::seed_words(kind)) * 8, &words)) return {};
  rnd::u64 copy[rnd::Mt19937::kWords / 2];
  std::memcpy(copy, words, bytes_view(a[1]).size());
  rnd::seed(bits_in(self), kind, copy);
  return none_ref();
}

// MT19937 from a 32-bit word, or from an array of them.
Ref bits_seed_legacy(Value self, Value v) {
  rnd::Bits& bits = bits_in(self);
  bits = rnd::Bits{};
  bits.kind = rnd::Kind::mt19937;
  if (is_int(v)) {
    rnd::seed_mt(bits.mt, static_cast<rnd::u32>(int_as_u64_mask(v)));
    return none_ref();
  }
  if (!is_bytes(v) || bytes_view(v).size() < 4) return raise(PyExc_ValueError, "words are needed");
  const auto content = bytes_view(v);
  rnd::seed_mt(bits.mt, reinterpret_cast<const rnd::u32*>(content.data()), content.size() / 4);
  return none_ref();
}

// What of the state belongs to the kind, as bytes in the order of its fields.
size_t state_size(rnd::Kind kind) {
  switch (kind) {
    case rnd::Kind::mt19937: return sizeof(rnd::Mt19937);
    case rnd::Kind::philox: return sizeof(rnd::Philox);
    case rnd::Kind::sfc64: return sizeof(rnd::Sfc64);
    default: return sizeof(rnd::Pcg64);
  }
}

// (state bytes, has_half, half, has_normal, normal)
Ref bits_get(Value self) {
  const rnd::Bits& b = bits_in(self);
  Ref state = as_bytes(&b.mt, state_size(b.kind)), normal = Ref::from_double(b.normal);
  if (!state) return {};
  return tuple_of({state, Value::from_int(b.has_half), Value::from_int(b.half), Value::from_int(b.has_normal), normal});
}

// (kind, state bytes, has_half, half, has_normal, normal)
Ref bits_set(Value self, const Value* a) {
  rnd::Bits made;
  const char* state;
  int has_half, has_normal;
  int64_t half;
  if (!kind_from(a[0], &made.kind) || !bytes_exactly(a[1], state_size(made.kind), &state) || !as_int(a[2], &has_half) || !as_i64(a[3], &half) ||
      !as_int(a[4], &has_normal) || !as_double(a[5], &made.normal))
    return {};
  made.has_half = has_half;
  made.half = static_cast<rnd::u32>(half);
  made.has_normal = has_normal;
  std::memcpy(static_cast<void*>(&made.mt), state, state_size(made.kind));
  const int limit = made.kind == rnd::Kind::mt19937 ? rnd::Mt19937::kWords : 4;
  const int position = made.kind == rnd::Kind::mt19937 ? made.mt.position : made.kind == rnd::Kind::philox ? made.philox.position : 0;
  if (position < 0 || position > limit) return raise(PyExc_ValueError, "pos is out of range");
  bits_in(self) = made;
  return none_ref();
}

Ref bits_forget_normal(Value self) {
  bits_in(self).has_normal = false;
  bits_in(self).normal = 0;
  return none_ref();
}

Ref bits_advance(Value self, Value steps) {
  const char* words;
  if (!bytes_exactly(steps, 32, &words)) return {};
  rnd::u64 copy[4];
  std::memcpy(copy, words, sizeof copy);
  rnd::advance(bits_in(self), copy);
  return none_ref();
}

Ref bits_jump(Value self) {
  if (!rnd::jump_mt(bits_in(self).mt)) return raise_no_memory();
  bits_in(self).has_half = false;
  return none_ref();
}

// random_raw(size, output)
Ref bits_random_raw(Value self, const Value* a) {
  rnd::Bits& bits = bits_in(self);
  const bool wanted = a[1].absent() || is_true(a[1]) > 0;
  if (!given(a[0])) {
    const rnd::u64 drawn = bits.kind == rnd::Kind::mt19937 ? bits.mt.next32() : bits.next64();
    return wanted ? int_from_u64(drawn) : none_ref();
  }
  int nd;
  index_t shape[eng::kMaxDims];
  if (!size_from(a[0], &nd, shape)) return {};
  Ref out = array_new(&eng::kUInt64, nd, shape);
  if (!out) return {};
  rnd::fill_raw(bits, reinterpret_cast<rnd::u64*>(as_array(out)->data), as_array(out)->size());
  return wanted ? std::move(out) : none_ref();
}

const MethodRow bits_methods[] = {
    method<bits_seed>("_seed", "($self, kind, words, /)", "Seed from the words of a seed sequence."),
    method<bits_seed_legacy>("_seed_legacy", "($self, words, /)", "Seed the Mersenne Twister as its authors do."),
    method<bits_get>("_get", "($self, /)", "The state as bytes."),
    method<bits_set>("_set", "($self, kind, state, has_half, half, has_normal, normal, /)", "Set the state from bytes."),
    method<bits_forget_normal>("_forget_normal", "($self, /)", "Forget the second normal of a pair."),
    method<bits_advance>("_advance", "($self, steps, /)", "Move ahead."),
    method<bits_jump>("_jump", "($self, /)", "Move the Mersenne Twister ahead by 2**128 draws."),
    method<bits_random_raw>("random_raw", "($self, /, size=None, output=True)", "Return randoms as generated by the underlying BitGenerator."),
    {}};

// ---- seed sequences --------------------------------------------------------------------------------------------------------------------------

// (entropy words, pool size): both as bytes of 32-bit words.
Ref mix_entropy(Value, const Value* a) {
  index_t n;
  if (!is_bytes(a[0]) || !as_ssize(a[1], &n)) return {};
  if (n < 4 || n > 1 << 20) return raise(PyExc_ValueError, "The size of the entropy pool should be at least %d", 4);
  Ref pool = array_new(&eng::kUInt32, 1, &n);
  if (!pool) return {};
  const auto words = bytes_view(a[0]);
  rnd::mix_entropy(reinterpret_cast<const rnd::u32*>(words.data()), words.size() / 4, reinterpret_cast<rnd::u32*>(as_array(pool)->data), static_cast<size_t>(n));
  return pool;
}
// (pool, number of words)
Ref generate_words(Value, const Value* a) {
  index_t n;
  if (!is_ndarray(a[0]) || as_array(a[0])->dtype() != &eng::kUInt32 || !as_ssize(a[1], &n)) return {};
  Ref words = array_new(&eng::kUInt32, 1, &n);
  if (!words) return {};
  NdArray* pool = as_array(a[0]);
  rnd::generate_words(reinterpret_cast<rnd::u32*>(pool->data), static_cast<size_t>(pool->size()), reinterpret_cast<rnd::u32*>(as_array(words)->data), static_cast<size_t>(n));
  return words;
}

}  // namespace

const MethodRow seed_functions[] = {
    method<mix_entropy>("mix_entropy", "($module, entropy, pool_size, /)", "The pool of a seed sequence."),
    method<generate_words>("generate_words", "($module, pool, n, /)", "Words from the pool of a seed sequence."),
    {}};

const TypeDef bits_def = {
    .type = &bits_type,
    .name = "_numpy_random.Bits",
    .basicsize = sizeof(BitsObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .doc = "A source of random bits.",
    .slots = {.tp_new = slot::New<bits_new>},
    .methods = bits_methods,
};

}  // namespace adder::numpy
