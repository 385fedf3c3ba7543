// The module _sha512: SHA-384 and SHA-512, on libcrypto.
#include <openssl/evp.h>
#include "object/builtin.h"
#include "object/bytes.h"
#include "object/object.h"
#include "object/str.h"

namespace adder {

Ref bytes_hex(std::string_view bytes, Value separator, Value per_group);  // object/bytes_methods.cpp

namespace {

struct Hash {
  PyObject head;
  EVP_MD_CTX* context;
};

ADDER_TYPE(sha384_type);
ADDER_TYPE(sha512_type);

Hash* as_hash(Value v) { return v.as<Hash>(); }
bool is_384(Value v) { return type_of(v) == &sha384_type; }
int digest_size(Value v) { return is_384(v) ? 48 : 64; }

Ref make(PyTypeObject* type, EVP_MD_CTX* from) {
  PyObject* o = type->tp_alloc(type, 0);
  if (!o) return {};
  Ref r = Ref::steal(Value{o});
  Hash* h = as_hash(r);
  h->context = EVP_MD_CTX_new();
  if (!h->context) return raise_no_memory();
  bool ok = from ? EVP_MD_CTX_copy_ex(h->context, from) == 1
                 : EVP_DigestInit_ex(h->context, type == &sha384_type ? EVP_sha384() : EVP_sha512(), nullptr) == 1;
  if (!ok) return raise(PyExc_ValueError, "unsupported hash type");
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
Ref hash_digest(Value self) {
  Ref copy = hash_copy(self);
  if (!copy) return {};
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned n = 0;
  EVP_DigestFinal_ex(as_hash(copy)->context, digest, &n);
  return bytes_new({reinterpret_cast<char*>(digest), n});
}
Ref hash_hexdigest(Value self) {
  Ref digest = hash_digest(self);
  return digest ? bytes_hex(bytes_view(digest), Value{}, Value{}) : Ref{};
}

Ref get_name(Value self) { return str_from_ascii(is_384(self) ? "sha384" : "sha512"); }
Ref get_digest_size(Value self) { return Ref::from_int(digest_size(self)); }
Ref get_block_size(Value) { return Ref::from_int(128); }

const MethodRow hash_methods[] = {
    method<hash_copy>("copy", "($self, /)", "Return a copy of the hash object."),
    method<hash_digest>("digest", "($self, /)", "Return the digest value as a bytes object."),
    method<hash_hexdigest>("hexdigest", "($self, /)", "Return the digest value as a string of hexadecimal digits."),
    method<hash_update>("update", "($self, obj, /)", "Update this hash object's state with the provided string."),
    {}};
const GetSetRow hash_getset[] = {
    getset<get_name>("name"), getset<get_digest_size>("digest_size"), getset<get_block_size>("block_size"), {}};

const TypeDef sha384_def = {
    .type = &sha384_type,
    .name = "_sha512.sha384",
    .basicsize = sizeof(Hash),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .dealloc = hash_dealloc,
    .methods = hash_methods,
    .getset = hash_getset,
};
const TypeDef sha512_def = {
    .type = &sha512_type,
    .name = "_sha512.sha512",
    .basicsize = sizeof(Hash),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .dealloc = hash_dealloc,
    .methods = hash_methods,
    .getset = hash_getset,
};

Ref start(PyTypeObject* type, Value data) {
  Ref h = make(type, nullptr);
  return h && (data.absent() || feed(h, data)) ? std::move(h) : Ref{};
}
Ref new_sha384(Value, const Value* a) { return start(&sha384_type, a[0]); }
Ref new_sha512(Value, const Value* a) { return start(&sha512_type, a[0]); }

const MethodRow functions[] = {
    method<new_sha384>("sha384", "($module, /, string=b'', *, usedforsecurity=True)", "Return a new SHA-384 hash object; optionally initialized with a string."),
    method<new_sha512>("sha512", "($module, /, string=b'', *, usedforsecurity=True)", "Return a new SHA-512 hash object; optionally initialized with a string."),
    {}};

bool exec(PyObject*) { return ready_type(sha384_def) && ready_type(sha512_def); }

}  // namespace

extern const ModuleDef sha512_module = {.name = "_sha512", .methods = functions, .exec = exec};

}  // namespace adder
