// The modules _md5, _sha1, _sha256, _sha512 and _sha3, on libcrypto (opened when something is hashed). BLAKE2 is in _blake2.cpp.
#include <openssl/evp.h>
#include <cstring>
#include "array/core/lazy_library.h"
#include "object/builtin.h"
#include "object/bytes.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str.h"

namespace adder {

Ref bytes_hex(std::string_view bytes, Value separator, Value per_group);  // object/bytes_methods.cpp

namespace {

#define ADDER_EVP(name) constexpr LazyFunction<"libcrypto.so.3", "EVP_" #name, decltype(::EVP_##name)> EVP_##name;
ADDER_EVP(MD_CTX_new)
ADDER_EVP(MD_CTX_free)
ADDER_EVP(MD_CTX_copy_ex)
ADDER_EVP(DigestInit_ex)
ADDER_EVP(DigestUpdate)
ADDER_EVP(DigestFinal_ex)
ADDER_EVP(DigestFinalXOF)
ADDER_EVP(md5)
ADDER_EVP(sha1)
ADDER_EVP(sha224)
ADDER_EVP(sha256)
ADDER_EVP(sha384)
ADDER_EVP(sha512)
ADDER_EVP(sha3_224)
ADDER_EVP(sha3_256)
ADDER_EVP(sha3_384)
ADDER_EVP(sha3_512)
ADDER_EVP(shake128)
ADDER_EVP(shake256)
#undef ADDER_EVP

struct Hash {
  PyObject head;
  EVP_MD_CTX* context;
};

struct Kind {
  PyTypeObject* type;
  const char* name;
  const EVP_MD* (*algorithm)();
  int digest_size, block_size;  // digest size 0: the caller says how long (SHAKE)
};

ADDER_TYPE(md5_type);
ADDER_TYPE(sha1_type);
ADDER_TYPE(sha224_type);
ADDER_TYPE(sha256_type);
ADDER_TYPE(sha384_type);
ADDER_TYPE(sha512_type);
ADDER_TYPE(sha3_224_type);
ADDER_TYPE(sha3_256_type);
ADDER_TYPE(sha3_384_type);
ADDER_TYPE(sha3_512_type);
ADDER_TYPE(shake_128_type);
ADDER_TYPE(shake_256_type);

const Kind kKinds[] = {
    {&md5_type, "md5", [] { return EVP_md5(); }, 16, 64},
    {&sha1_type, "sha1", [] { return EVP_sha1(); }, 20, 64},
    {&sha224_type, "sha224", [] { return EVP_sha224(); }, 28, 64},
    {&sha256_type, "sha256", [] { return EVP_sha256(); }, 32, 64},
    {&sha384_type, "sha384", [] { return EVP_sha384(); }, 48, 128},
    {&sha512_type, "sha512", [] { return EVP_sha512(); }, 64, 128},
    {&sha3_224_type, "sha3_224", [] { return EVP_sha3_224(); }, 28, 144},
    {&sha3_256_type, "sha3_256", [] { return EVP_sha3_256(); }, 32, 136},
    {&sha3_384_type, "sha3_384", [] { return EVP_sha3_384(); }, 48, 104},
    {&sha3_512_type, "sha3_512", [] { return EVP_sha3_512(); }, 64, 72},
    {&shake_128_type, "shake_128", [] { return EVP_shake128(); }, 0, 168},
    {&shake_256_type, "shake_256", [] { return EVP_shake256(); }, 0, 136},
};

const Kind& kind_of(PyTypeObject* type) {
  for (const Kind& k : kKinds) {
    if (k.type == type) return k;
  }
  return kKinds[0];
}
const Kind& kind_of(Value v) { return kind_of(type_of(v)); }
Hash* as_hash(Value v) { return v.as<Hash>(); }

Ref make(PyTypeObject* type, EVP_MD_CTX* from) {
  PyObject* o = type->tp_alloc(type, 0);
  if (!o) return {};
  Ref r = Ref::steal(Value{o});
  Hash* h = as_hash(r);
  h->context = EVP_MD_CTX_new();
  if (!h->context) return raise_no_memory();
  bool ok = from ? EVP_MD_CTX_copy_ex(h->context, from) == 1 : EVP_DigestInit_ex(h->context, kind_of(type).algorithm(), nullptr) == 1;
  if (!ok) return raise(PyExc_ValueError, "unsupported hash type %s", kind_of(type).name);
  return r;
}

void hash_dealloc(PyObject* self) {
  EVP_MD_CTX_free(reinterpret_cast<Hash*>(self)->context);
  self->ob_type->tp_free(self);
}

bool feed(Value self, Value data) {
  if (is_str(data)) return raise(PyExc_TypeError, "Strings must be encoded before hashing");
  if (!has_buffer(data)) return raise(PyExc_TypeError, "object supporting the buffer API required");
  BufferView view;
  if (!view.get(data)) return false;
  return EVP_DigestUpdate(as_hash(self)->context, view.data(), static_cast<size_t>(view.size())) == 1;
}

Ref hash_update(Value self, Value data) { return feed(self, data) ? none_ref() : Ref{}; }
Ref hash_copy(Value self) { return make(type_of(self), as_hash(self)->context); }

// The digest so far; hashing may go on.
Ref digest_of(Value self, Py_ssize_t length) {
  Ref copy = hash_copy(self);
  if (!copy) return {};
  Ref r = bytes_uninitialized(length);
  if (!r) return {};
  auto* out = reinterpret_cast<unsigned char*>(bytes_data(r));
  unsigned n = 0;
  bool ok = kind_of(self).digest_size ? EVP_DigestFinal_ex(as_hash(copy)->context, out, &n) == 1
                                      : length == 0 || EVP_DigestFinalXOF(as_hash(copy)->context, out, static_cast<size_t>(length)) == 1;
  if (!ok) return raise(PyExc_ValueError, "hashing failed");
  return r;
}
Ref hash_digest(Value self) { return digest_of(self, kind_of(self).digest_size); }
Ref hash_hexdigest(Value self) {
  Ref digest = hash_digest(self);
  return digest ? bytes_hex(bytes_view(digest), Value{}, Value{}) : Ref{};
}
bool shake_length(Value v, Py_ssize_t* out) {
  if (!as_ssize(v, out)) return false;
  if (*out < 0) return raise(PyExc_ValueError, "value must be positive");
  if (*out >= (1 << 29)) return raise(PyExc_ValueError, "length is too large");
  return true;
}
Ref shake_digest(Value self, const Value* a) {
  Py_ssize_t n;
  return shake_length(a[0], &n) ? digest_of(self, n) : Ref{};
}
Ref shake_hexdigest(Value self, const Value* a) {
  Ref digest = shake_digest(self, a);
  return digest ? bytes_hex(bytes_view(digest), Value{}, Value{}) : Ref{};
}

Ref get_name(Value self) { return str_from_ascii(kind_of(self).name); }
Ref get_digest_size(Value self) { return Ref::from_int(kind_of(self).digest_size); }
Ref get_block_size(Value self) { return Ref::from_int(kind_of(self).block_size); }
Ref get_rate_bits(Value self) { return Ref::from_int(kind_of(self).block_size * 8); }
Ref get_capacity_bits(Value self) { return Ref::from_int(1600 - kind_of(self).block_size * 8); }
Ref get_suffix(Value self) { return bytes_new(std::string_view(kind_of(self).digest_size ? "\x06" : "\x1f", 1)); }

const MethodRow hash_methods[] = {
    method<hash_copy>("copy", "($self, /)", "Return a copy of the hash object."),
    method<hash_digest>("digest", "($self, /)", "Return the digest value as a bytes object."),
    method<hash_hexdigest>("hexdigest", "($self, /)", "Return the digest value as a string of hexadecimal digits."),
    method<hash_update>("update", "($self, obj, /)", "Update this hash object's state with the provided string."),
    {}};
const MethodRow shake_methods[] = {
    method<hash_copy>("copy", "($self, /)", "Return a copy of the hash object."),
    method<shake_digest>("digest", "($self, length, /)", "Return the digest value as a bytes object."),
    method<shake_hexdigest>("hexdigest", "($self, length, /)", "Return the digest value as a string of hexadecimal digits."),
    method<hash_update>("update", "($self, obj, /)", "Update this hash object's state with the provided string."),
    {}};
const GetSetRow hash_getset[] = {getset<get_name>("name"), getset<get_digest_size>("digest_size"), getset<get_block_size>("block_size"), {}};
const GetSetRow sha3_getset[] = {
    getset<get_name>("name"),           getset<get_digest_size>("digest_size"),       getset<get_block_size>("block_size"),
    getset<get_rate_bits>("_rate_bits"), getset<get_capacity_bits>("_capacity_bits"), getset<get_suffix>("_suffix"),
    {}};

// The types of _sha3 are constructors themselves.
bool constructor_argument(const char* name, Args args, Value* data) {
  if (args.n > 1) return raise(PyExc_TypeError, "%s() takes at most 1 positional argument (%zu given)", name, args.n);
  if (args.n) *data = args[0];
  for (Py_ssize_t i = 0; args.kwnames && i < PyTuple_GET_SIZE(args.kwnames); i++) {
    Value keyword{PyTuple_GET_ITEM(args.kwnames, i)};
    if (!str_equals(keyword, "usedforsecurity")) return raise(PyExc_TypeError, "%s() got an unexpected keyword argument '%U'", name, keyword);
  }
  return true;
}
Ref sha3_new(PyTypeObject* type, Args args) {
  Value data;
  if (!constructor_argument(kind_of(type).name, args, &data)) return {};
  Ref h = make(type, nullptr);
  return h && (data.absent() || feed(h, data)) ? std::move(h) : Ref{};
}

constexpr TypeDef plain(PyTypeObject* type, const char* name) {
  TypeDef def{.type = type, .name = name};
  def.basicsize = sizeof(Hash);
  def.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION;
  def.dealloc = hash_dealloc;
  def.methods = hash_methods;
  def.getset = hash_getset;
  return def;
}
constexpr TypeDef sha3(PyTypeObject* type, const char* name, const MethodRow* methods) {
  TypeDef def = plain(type, name);
  def.flags = Py_TPFLAGS_DEFAULT;
  def.slots.tp_new = slot::New<sha3_new>;
  def.methods = methods;
  def.getset = sha3_getset;
  return def;
}
const TypeDef defs[] = {plain(&md5_type, "_md5.md5"),          plain(&sha1_type, "_sha1.sha1"),     plain(&sha224_type, "_sha256.sha224"),
                        plain(&sha256_type, "_sha256.sha256"), plain(&sha384_type, "_sha512.sha384"), plain(&sha512_type, "_sha512.sha512")};
const TypeDef sha3_defs[] = {sha3(&sha3_224_type, "_sha3.sha3_224", hash_methods), sha3(&sha3_256_type, "_sha3.sha3_256", hash_methods),
                             sha3(&sha3_384_type, "_sha3.sha3_384", hash_methods), sha3(&sha3_512_type, "_sha3.sha3_512", hash_methods),
                             sha3(&shake_128_type, "_sha3.shake_128", shake_methods), sha3(&shake_256_type, "_sha3.shake_256", shake_methods)};

template <PyTypeObject& Type>
Ref start(Value, const Value* a) {
  Ref h = make(&Type, nullptr);
  return h && (a[0].absent() || feed(h, a[0])) ? std::move(h) : Ref{};
}
constexpr const char* kSignature = "($module, /, string=b'', *, usedforsecurity=True)";
constexpr const char* kDoc = "Return a new hash object; optionally initialized with a string.";

const MethodRow md5_functions[] = {method<start<md5_type>>("md5", kSignature, kDoc), {}};
const MethodRow sha1_functions[] = {method<start<sha1_type>>("sha1", kSignature, kDoc), {}};
const MethodRow sha256_functions[] = {method<start<sha224_type>>("sha224", kSignature, kDoc), method<start<sha256_type>>("sha256", kSignature, kDoc), {}};
const MethodRow sha512_functions[] = {method<start<sha384_type>>("sha384", kSignature, kDoc), method<start<sha512_type>>("sha512", kSignature, kDoc), {}};

bool exec_md5(PyObject* m) { return ready_type(defs[0]) && module_add(m, "MD5Type", Ref::copy(Value{&md5_type})); }
bool exec_sha1(PyObject* m) { return ready_type(defs[1]) && module_add(m, "SHA1Type", Ref::copy(Value{&sha1_type})); }
bool exec_sha256(PyObject* m) {
  return ready_type(defs[2]) && ready_type(defs[3]) && module_add(m, "SHA224Type", Ref::copy(Value{&sha224_type})) &&
         module_add(m, "SHA256Type", Ref::copy(Value{&sha256_type}));
}
bool exec_sha512(PyObject* m) {
  return ready_type(defs[4]) && ready_type(defs[5]) && module_add(m, "SHA384Type", Ref::copy(Value{&sha384_type})) &&
         module_add(m, "SHA512Type", Ref::copy(Value{&sha512_type}));
}
bool exec_sha3(PyObject* m) {
  for (const TypeDef& def : sha3_defs) {
    if (!module_add_type(m, def)) return false;
  }
  return module_add_str(m, "implementation", "OpenSSL");
}

}  // namespace

extern const ModuleDef md5_module = {.name = "_md5", .methods = md5_functions, .exec = exec_md5};
extern const ModuleDef sha1_module = {.name = "_sha1", .methods = sha1_functions, .exec = exec_sha1};
extern const ModuleDef sha256_module = {.name = "_sha256", .methods = sha256_functions, .exec = exec_sha256};
extern const ModuleDef sha512_module = {.name = "_sha512", .methods = sha512_functions, .exec = exec_sha512};
extern const ModuleDef sha3_module = {.name = "_sha3", .exec = exec_sha3};

}  // namespace adder
