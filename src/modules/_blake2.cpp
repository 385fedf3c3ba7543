// The module _blake2: BLAKE2b and BLAKE2s (RFC 7693) with key, salt, personalisation and tree parameters.
#include <bit>
#include <cstring>
#include "object/builtin.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str.h"

namespace adder {

Ref bytes_hex(std::string_view bytes, Value separator, Value per_group);  // object/bytes_methods.cpp

namespace {

constexpr uint8_t kSigma[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};

// The two variants differ in word, rounds, rotations and sizes.
struct B {
  using Word = uint64_t;
  static constexpr int kRounds = 12, kRotations[4] = {32, 24, 16, 63};
  static constexpr Word kIv[8] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
                                  0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
  static constexpr size_t kBlock = 128, kOut = 64, kKey = 64, kSalt = 16, kPerson = 16;
  static constexpr uint64_t kMaxOffset = UINT64_MAX;
  static constexpr const char* kName = "blake2b";
};
struct S {
  using Word = uint32_t;
  static constexpr int kRounds = 10, kRotations[4] = {16, 12, 8, 7};
  static constexpr Word kIv[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  static constexpr size_t kBlock = 64, kOut = 32, kKey = 32, kSalt = 8, kPerson = 8;
  static constexpr uint64_t kMaxOffset = (uint64_t{1} << 48) - 1;
  static constexpr const char* kName = "blake2s";
};

template <class V>
struct Blake {
  PyObject head;
  typename V::Word h[8], count[2], final[2];
  uint8_t buffer[V::kBlock];
  size_t filled;
  uint8_t digest_size;
  bool last_node;
};

ADDER_TYPE(blake2b_type);
ADDER_TYPE(blake2s_type);
template <class V>
PyTypeObject* type_for() { return std::is_same_v<V, B> ? &blake2b_type : &blake2s_type; }

template <class V>
void compress(Blake<V>* s, const uint8_t* block) {
  using Word = typename V::Word;
  Word m[16], v[16];
  memcpy(m, block, sizeof m);
  for (int i = 0; i < 8; i++) {
    v[i] = s->h[i];
    v[i + 8] = V::kIv[i];
  }
  v[12] ^= s->count[0];
  v[13] ^= s->count[1];
  v[14] ^= s->final[0];
  v[15] ^= s->final[1];
  auto mix = [&](int a, int b, int c, int d, Word x, Word y) {
    v[a] = v[a] + v[b] + x;
    v[d] = std::rotr(static_cast<Word>(v[d] ^ v[a]), V::kRotations[0]);
    v[c] = v[c] + v[d];
    v[b] = std::rotr(static_cast<Word>(v[b] ^ v[c]), V::kRotations[1]);
    v[a] = v[a] + v[b] + y;
    v[d] = std::rotr(static_cast<Word>(v[d] ^ v[a]), V::kRotations[2]);
    v[c] = v[c] + v[d];
    v[b] = std::rotr(static_cast<Word>(v[b] ^ v[c]), V::kRotations[3]);
  };
  for (int r = 0; r < V::kRounds; r++) {
    const uint8_t* g = kSigma[r % 10];
    mix(0, 4, 8, 12, m[g[0]], m[g[1]]);
    mix(1, 5, 9, 13, m[g[2]], m[g[3]]);
    mix(2, 6, 10, 14, m[g[4]], m[g[5]]);
    mix(3, 7, 11, 15, m[g[6]], m[g[7]]);
    mix(0, 5, 10, 15, m[g[8]], m[g[9]]);
    mix(1, 6, 11, 12, m[g[10]], m[g[11]]);
    mix(2, 7, 8, 13, m[g[12]], m[g[13]]);
    mix(3, 4, 9, 14, m[g[14]], m[g[15]]);
  }
  for (int i = 0; i < 8; i++) s->h[i] ^= v[i] ^ v[i + 8];
}

template <class V>
void count_bytes(Blake<V>* s, size_t n) {
  auto old = s->count[0];
  s->count[0] = static_cast<typename V::Word>(old + n);
  if (s->count[0] < old) ++s->count[1];
}

template <class V>
void absorb(Blake<V>* s, const uint8_t* p, size_t n) {
  while (n) {
    if (s->filled == V::kBlock) {  // a full block is held back: it may be the last
      count_bytes(s, V::kBlock);
      compress(s, s->buffer);
      s->filled = 0;
    }
    size_t take = V::kBlock - s->filled < n ? V::kBlock - s->filled : n;
    memcpy(s->buffer + s->filled, p, take);
    s->filled += take;
    p += take;
    n -= take;
  }
}

template <class V>
Blake<V>* as_blake(Value v) { return v.as<Blake<V>>(); }

template <class V>
bool feed(Value self, Value data) {
  if (is_str(data)) return raise(PyExc_TypeError, "Strings must be encoded before hashing");
  if (!has_buffer(data)) return raise(PyExc_TypeError, "object supporting the buffer API required");
  BufferView view;
  if (!view.get(data)) return false;
  absorb(as_blake<V>(self), reinterpret_cast<const uint8_t*>(view.data()), static_cast<size_t>(view.size()));
  return true;
}

bool number(Value v, int64_t fallback, int64_t* out) {
  *out = fallback;
  return v.absent() || as_i64(v, out);
}

// (data=b'', /, *, digest_size, key, salt, person, fanout, depth, leaf_size, node_offset, node_depth, inner_size, last_node, usedforsecurity)
template <class V>
Ref blake_new(PyTypeObject* type, Args args) {
  static const char* const names[] = {"digest_size", "key", "salt", "person", "fanout", "depth", "leaf_size", "node_offset", "node_depth", "inner_size", "last_node", "usedforsecurity"};
  Value k[12], data;
  if (args.n > 1) return raise(PyExc_TypeError, "%s() takes at most 1 positional argument (%zu given)", V::kName, args.n);
  if (args.n) data = args[0];
  for (Py_ssize_t i = 0; args.kwnames && i < tuple_size(args.kwnames); i++) {
    Value name = tuple_get(args.kwnames, i);
    size_t j = 0;
    while (j < 12 && !str_equals(name, names[j])) ++j;
    if (j == 12) return raise(PyExc_TypeError, "'%U' is an invalid keyword argument for %s()", name, V::kName);
    k[j] = args.v[args.n + static_cast<size_t>(i)];
  }
  int64_t digest_size, fanout, depth, node_depth, inner_size;
  if (!number(k[0], V::kOut, &digest_size) || !number(k[4], 1, &fanout) || !number(k[5], 1, &depth) || !number(k[8], 0, &node_depth) || !number(k[9], 0, &inner_size)) return {};
  if (digest_size <= 0 || digest_size > static_cast<int64_t>(V::kOut)) {
    return raise(PyExc_ValueError, "digest_size for %s must be between 1 and %d bytes, here it is %d", V::kName == B::kName ? "Blake2b" : "Blake2s", static_cast<int>(V::kOut), static_cast<int>(digest_size));
  }
  BufferView key, salt, person;
  if (!k[1].absent() && !key.get(k[1])) return {};
  if (!k[2].absent() && !salt.get(k[2])) return {};
  if (!k[3].absent() && !person.get(k[3])) return {};
  if (salt.size() > static_cast<Py_ssize_t>(V::kSalt)) return raise(PyExc_ValueError, "maximum salt length is %d bytes", static_cast<int>(V::kSalt));
  if (person.size() > static_cast<Py_ssize_t>(V::kPerson)) return raise(PyExc_ValueError, "maximum person length is %d bytes", static_cast<int>(V::kPerson));
  if (fanout < 0 || fanout > 255) return raise(PyExc_ValueError, "fanout must be between 0 and 255");
  if (depth <= 0 || depth > 255) return raise(PyExc_ValueError, "depth must be between 1 and 255");
  uint64_t leaf_size = 0, node_offset = 0;
  for (Value v : {k[6], k[7]}) {
    if (!v.absent() && !is_int(v)) return raise(PyExc_TypeError, "an integer is required");
    if (!v.absent() && int_sign(v) < 0) return raise(PyExc_ValueError, "value must be positive");
  }
  if (!k[6].absent() && !int_as_u64(k[6], &leaf_size)) return {};
  if (leaf_size > UINT32_MAX) return raise(PyExc_OverflowError, "leaf_size is too large");
  if (!k[7].absent() && !int_as_u64(k[7], &node_offset)) return {};
  if (node_offset > V::kMaxOffset) return raise(PyExc_OverflowError, "node_offset is too large");
  if (node_depth < 0 || node_depth > 255) return raise(PyExc_ValueError, "node_depth must be between 0 and 255");
  if (inner_size < 0 || inner_size > static_cast<int64_t>(V::kOut)) return raise(PyExc_ValueError, "inner_size must be between 0 and is %d", static_cast<int>(V::kOut));
  if (key.size() > static_cast<Py_ssize_t>(V::kKey)) return raise(PyExc_ValueError, "maximum key length is %d bytes", static_cast<int>(V::kKey));
  int last = k[10].absent() ? 0 : is_true(k[10]);
  if (last < 0) return {};

  PyObject* o = type->tp_alloc(type, 0);
  if (!o) return {};
  Ref self = Ref::steal(Value{o});
  auto* s = as_blake<V>(self);
  // The parameter block: one byte each, then the sizes, then salt and personalisation.
  uint8_t block[sizeof s->h] = {};
  block[0] = static_cast<uint8_t>(digest_size);
  block[1] = static_cast<uint8_t>(key.size());
  block[2] = static_cast<uint8_t>(fanout);
  block[3] = static_cast<uint8_t>(depth);
  for (int i = 0; i < 4; i++) block[4 + i] = static_cast<uint8_t>(leaf_size >> (8 * i));
  constexpr int kOffsetBytes = sizeof(typename V::Word) == 8 ? 8 : 6;
  for (int i = 0; i < kOffsetBytes; i++) block[8 + i] = static_cast<uint8_t>(node_offset >> (8 * i));
  block[8 + kOffsetBytes] = static_cast<uint8_t>(node_depth);
  block[9 + kOffsetBytes] = static_cast<uint8_t>(inner_size);
  if (salt.size()) memcpy(block + sizeof block - V::kSalt - V::kPerson, salt.data(), static_cast<size_t>(salt.size()));
  if (person.size()) memcpy(block + sizeof block - V::kPerson, person.data(), static_cast<size_t>(person.size()));
  memcpy(s->h, block, sizeof block);
  for (int i = 0; i < 8; i++) s->h[i] ^= V::kIv[i];
  memset(s->count, 0, sizeof s->count);
  memset(s->final, 0, sizeof s->final);
  s->filled = 0;
  s->digest_size = static_cast<uint8_t>(digest_size);
  s->last_node = last != 0;
  if (key.size()) {
    uint8_t padded[V::kBlock] = {};
    memcpy(padded, key.data(), static_cast<size_t>(key.size()));
    absorb(s, padded, sizeof padded);
  }
  if (!data.absent() && !feed<V>(self, data)) return {};
  return self;
}

template <class V>
Ref blake_update(Value self, Value data) { return feed<V>(self, data) ? none_ref() : Ref{}; }

template <class V>
Ref blake_copy(Value self) {
  PyTypeObject* type = type_for<V>();
  PyObject* o = type->tp_alloc(type, 0);
  if (!o) return {};
  memcpy(reinterpret_cast<char*>(o) + sizeof(PyObject), reinterpret_cast<char*>(self.object()) + sizeof(PyObject), sizeof(Blake<V>) - sizeof(PyObject));
  return Ref::steal(Value{o});
}

template <class V>
Ref blake_digest(Value self) {
  Blake<V> s;
  memcpy(static_cast<void*>(&s), self.object(), sizeof s);
  count_bytes(&s, s.filled);
  s.final[0] = static_cast<typename V::Word>(-1);
  if (s.last_node) s.final[1] = static_cast<typename V::Word>(-1);
  memset(s.buffer + s.filled, 0, V::kBlock - s.filled);
  compress(&s, s.buffer);
  return bytes_new({reinterpret_cast<char*>(s.h), s.digest_size});
}
template <class V>
Ref blake_hexdigest(Value self) {
  Ref digest = blake_digest<V>(self);
  return digest ? bytes_hex(bytes_view(digest), Value{}, Value{}) : Ref{};
}
template <class V>
Ref get_name(Value) { return str_from_ascii(V::kName); }
template <class V>
Ref get_block_size(Value) { return Ref::from_int(static_cast<int64_t>(V::kBlock)); }
template <class V>
Ref get_digest_size(Value self) { return Ref::from_int(as_blake<V>(self)->digest_size); }

template <class V>
const MethodRow blake_methods[] = {
    method<blake_copy<V>>("copy", "($self, /)", "Return a copy of the hash object."),
    method<blake_digest<V>>("digest", "($self, /)", "Return the digest value as a bytes object."),
    method<blake_hexdigest<V>>("hexdigest", "($self, /)", "Return the digest value as a string of hexadecimal digits."),
    method<blake_update<V>>("update", "($self, data, /)", "Update this hash object's state with the provided bytes-like object."),
    {}};
template <class V>
const GetSetRow blake_getset[] = {getset<get_name<V>>("name"), getset<get_block_size<V>>("block_size"), getset<get_digest_size<V>>("digest_size"), {}};

template <class V>
const TypeDef blake_def = {
    .type = std::is_same_v<V, B> ? &blake2b_type : &blake2s_type,
    .name = std::is_same_v<V, B> ? "_blake2.blake2b" : "_blake2.blake2s",
    .basicsize = sizeof(Blake<V>),
    .flags = Py_TPFLAGS_DEFAULT,
    .doc = "Return a new BLAKE2 hash object.",
    .signature = "(data=b'', /, *, digest_size=<unrepresentable>, key=b'', salt=b'', person=b'', fanout=1, depth=1, leaf_size=0, node_offset=0, node_depth=0, inner_size=0, last_node=False, usedforsecurity=True)",
    .slots = {.tp_new = slot::New<blake_new<V>>},
    .methods = blake_methods<V>,
    .getset = blake_getset<V>,
};

template <class V>
bool add_constants(PyObject* m, PyTypeObject* type, const char* prefix) {
  static const struct {
    const char* name;
    size_t value;
  } constants[] = {{"SALT_SIZE", V::kSalt}, {"PERSON_SIZE", V::kPerson}, {"MAX_KEY_SIZE", V::kKey}, {"MAX_DIGEST_SIZE", V::kOut}};
  for (auto& c : constants) {
    Ref name = intern(c.name), value = Ref::from_int(static_cast<int64_t>(c.value));
    if (!name || !dict_set(Value{type->tp_dict}, name, value)) return false;
    std::string full = std::string(prefix) + c.name;
    if (!module_add_int(m, full.c_str(), static_cast<int64_t>(c.value))) return false;
  }
  return true;
}

bool exec(PyObject* m) {
  return module_add_type(m, blake_def<B>) && module_add_type(m, blake_def<S>) && add_constants<B>(m, &blake2b_type, "BLAKE2B_") &&
         add_constants<S>(m, &blake2s_type, "BLAKE2S_");
}

}  // namespace

extern const ModuleDef blake2_module = {.name = "_blake2", .doc = "_blake2b provides BLAKE2b for hashlib\n", .exec = exec};

}  // namespace adder
