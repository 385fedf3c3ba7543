// The module _random: the Mersenne twister (MT19937), bit for bit as CPython draws from it.
#include <cstring>
#include <ctime>
#include <sys/random.h>
#include <unistd.h>
#include "object/builtin.h"
#include "object/containers.h"
#include "object/int_digits.h"
#include "object/object.h"

namespace adder {

namespace {

constexpr int N = 624, M = 397;

struct Random {
  PyObject head;
  int index;
  uint32_t state[N];
};

ADDER_TYPE(random_type);

Random* as_random(Value v) { return v.as<Random>(); }

void refill(Random* r) {
  uint32_t* mt = r->state;
  auto mix = [](uint32_t a, uint32_t b) {
    uint32_t y = (a & 0x80000000U) | (b & 0x7fffffffU);
    return (y >> 1) ^ ((y & 1U) ? 0x9908b0dfU : 0U);
  };
  int k = 0;
  for (; k < N - M; k++) mt[k] = mt[k + M] ^ mix(mt[k], mt[k + 1]);
  for (; k < N - 1; k++) mt[k] = mt[k + (M - N)] ^ mix(mt[k], mt[k + 1]);
  mt[N - 1] = mt[M - 1] ^ mix(mt[N - 1], mt[0]);
  r->index = 0;
}

inline uint32_t draw(Random* r) {
  if (ADDER_UNLIKELY(r->index >= N)) refill(r);
  uint32_t y = r->state[r->index++];
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680U;
  y ^= (y << 15) & 0xefc60000U;
  y ^= y >> 18;
  return y;
}

void seed_word(Random* r, uint32_t s) {
  uint32_t* mt = r->state;
  mt[0] = s;
  for (int i = 1; i < N; i++) mt[i] = 1812433253U * (mt[i - 1] ^ (mt[i - 1] >> 30)) + static_cast<uint32_t>(i);
  r->index = N;
}

void seed_array(Random* r, const uint32_t* key, size_t length) {
  uint32_t* mt = r->state;
  seed_word(r, 19650218U);
  size_t i = 1, j = 0, k = N > length ? N : length;
  for (; k; k--) {
    mt[i] = (mt[i] ^ ((mt[i - 1] ^ (mt[i - 1] >> 30)) * 1664525U)) + key[j] + static_cast<uint32_t>(j);
    i++;
    j++;
    if (i >= N) { mt[0] = mt[N - 1]; i = 1; }
    if (j >= length) j = 0;
  }
  for (k = N - 1; k; k--) {
    mt[i] = (mt[i] ^ ((mt[i - 1] ^ (mt[i - 1] >> 30)) * 1566083941U)) - static_cast<uint32_t>(i);
    i++;
    if (i >= N) { mt[0] = mt[N - 1]; i = 1; }
  }
  mt[0] = 0x80000000U;
}

bool seed(Random* r, Value v) {
  if (v.absent() || is_none(v)) {
    uint32_t key[N];
    if (getrandom(key, sizeof key, GRND_NONBLOCK) == static_cast<ssize_t>(sizeof key)) {
      seed_array(r, key, N);
      return true;
    }
    timespec now{}, steady{};
    clock_gettime(CLOCK_REALTIME, &now);
    clock_gettime(CLOCK_MONOTONIC, &steady);
    uint32_t words[] = {static_cast<uint32_t>(now.tv_sec), static_cast<uint32_t>(now.tv_nsec), static_cast<uint32_t>(getpid()),
                        static_cast<uint32_t>(steady.tv_sec), static_cast<uint32_t>(steady.tv_nsec)};
    seed_array(r, words, 5);
    return true;
  }
  Ref n;
  if (is_int(v)) {
    // The absolute value of the number, whatever a subclass makes of __abs__.
    n = int_to_exact(v);
    if (n && int_sign(n) < 0) n = int_negative(n);
  } else {
    Py_hash_t h = hash(v);
    if (h == -1) return false;
    n = int_from_u64(static_cast<uint64_t>(h));
  }
  if (!n) return false;
  size_t bits = int_bit_length(n), words = bits == 0 ? 1 : (bits + 31) / 32;
  auto* key = static_cast<uint32_t*>(malloc(words * 4));
  if (!key) return raise_no_memory();
  bool ok = int_to_bytes(n, reinterpret_cast<uint8_t*>(key), words * 4, true, false);
  if (ok) seed_array(r, key, words);
  free(key);
  return ok;
}

Ref random_new(PyTypeObject* type, Args args) {
  size_t keywords = args.kwnames ? static_cast<size_t>(tuple_size(args.kwnames)) : 0;
  if (type == &random_type && keywords) return raise(PyExc_TypeError, "Random() takes no keyword arguments");
  if (args.n > 1) return raise(PyExc_TypeError, "Random() expected at most 1 argument, got %zd", static_cast<Py_ssize_t>(args.n));
  PyObject* o = type->tp_alloc(type, 0);
  if (!o) return {};
  Ref self = Ref::steal(Value{o});
  if (!seed(as_random(self), args.n ? args[0] : Value{})) return {};
  return self;
}

Ref random_random(Value self) {
  Random* r = as_random(self);
  uint32_t a = draw(r) >> 5, b = draw(r) >> 6;
  return Ref::from_double((a * 67108864.0 + b) * (1.0 / 9007199254740992.0));
}

Ref random_seed(Value self, const Value* a) { return seed(as_random(self), a[0]) ? none_ref() : Ref{}; }

Ref random_getrandbits(Value self, Value count) {
  int k;
  if (!as_int(count, &k)) return {};
  if (k < 0) return raise(PyExc_ValueError, "number of bits must be non-negative");
  if (k == 0) return Ref::from_int(0);
  Random* r = as_random(self);
  if (k <= 32) return Ref::from_int(draw(r) >> (32 - k));
  if (k <= 64) {
    uint64_t low = draw(r), high = draw(r);
    if (k < 64) high >>= 64 - k;
    return int_from_u64(high << 32 | low);
  }
  size_t words = (static_cast<size_t>(k) - 1) / 32 + 1;
  auto* bits = static_cast<uint32_t*>(malloc(words * 4));
  if (!bits) return raise_no_memory();
  for (size_t i = 0; i < words; i++, k -= 32) {
    bits[i] = draw(r);
    if (k < 32) bits[i] >>= 32 - k;
  }
  Ref n = int_from_bytes(reinterpret_cast<uint8_t*>(bits), words * 4, true, false);
  free(bits);
  return n;
}

Ref random_getstate(Value self) {
  Random* r = as_random(self);
  Ref t = tuple_new(N + 1);
  if (!t) return {};
  for (int i = 0; i < N; i++) tuple_init(t, i, Ref::from_int(r->state[i]));
  tuple_init(t, N, Ref::from_int(r->index));
  return t;
}

Ref random_setstate(Value self, Value state) {
  if (!is_tuple(state)) return raise(PyExc_TypeError, "state vector must be a tuple");
  if (tuple_size(state) != N + 1) return raise(PyExc_ValueError, "state vector is the wrong size");
  uint32_t words[N];
  for (int i = 0; i < N; i++) {
    Value v = tuple_get(state, i);
    uint64_t u;
    if (!is_int(v)) return raise(PyExc_TypeError, "an integer is required");
    if (!int_as_u64(v, &u)) return {};
    words[i] = static_cast<uint32_t>(u);
  }
  Value v = tuple_get(state, N);
  if (!is_int(v)) return raise(PyExc_TypeError, "an integer is required");
  int64_t index;
  if (!int_as_i64(v, &index)) return {};
  if (index < 0 || index > N) return raise(PyExc_ValueError, "invalid state");
  Random* r = as_random(self);
  memcpy(r->state, words, sizeof words);
  r->index = static_cast<int>(index);
  return none_ref();
}

const MethodRow random_methods[] = {
    method<random_random>("random", "($self, /)", "random() -> x in the interval [0, 1)."),
    method<random_seed>("seed", "($self, n=None, /)", "seed([n]) -> None.\n\nDefaults to use urandom and falls back to a combination\nof the current time and the process identifier."),
    method<random_getstate>("getstate", "($self, /)", "getstate() -> tuple containing the current state."),
    method<random_setstate>("setstate", "($self, state, /)", "setstate(state) -> None.  Restores generator state."),
    method<random_getrandbits>("getrandbits", "($self, k, /)", "getrandbits(k) -> x.  Generates an int with k random bits."),
    {}};

const TypeDef random_def = {
    .type = &random_type,
    .name = "_random.Random",
    .basicsize = sizeof(Random),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .doc = "Random() -> create a random number generator with its own internal state.",
    .slots = {.tp_new = slot::New<random_new>},
    .methods = random_methods,
};

bool exec(PyObject* module) { return module_add_type(module, random_def); }

}  // namespace

extern const ModuleDef random_module = {
    .name = "_random",
    .doc = "Module implements the Mersenne Twister random number generator.",
    .exec = exec,
};

}  // namespace adder
