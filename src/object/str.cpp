// str objects: creation, release, shared characters, hash, comparison, concatenation, substrings, the builder.
// Searching is in text_search.cpp, methods in str_methods.cpp and its neighbours, UTF forms in utf.cpp.
#include "object/str.h"
#include <emmintrin.h>
#include "memory/gc.h"
#include "memory/live.h"
#include "object/containers.h"
#include "object/object.h"
#include "object/str_impl.h"
#include "object/word_bytes.h"

namespace adder {

namespace {

PyObject* empty_str = nullptr;
PyObject* latin1_chars[256];

constexpr int kind_for(uint32_t max_char) { return max_char < 256 ? 1 : max_char < 0x10000 ? 2 : 4; }

// The header of a compact str in fresh memory, and its closing null character.
inline PyObject* set_up_str(PyObject* o, Py_ssize_t n, uint32_t max_char) {
  int kind = kind_for(max_char);
  bool ascii = max_char < 128;
  refcount(o) = 1;
  live_object(o);
  o->ob_type = &PyUnicode_Type;
  auto* a = reinterpret_cast<PyASCIIObject*>(o);
  a->length = n;
  a->hash = -1;
  memset(&a->state, 0, sizeof a->state);
  a->state.kind = static_cast<unsigned>(kind);
  a->state.compact = 1;
  a->state.ascii = ascii;
  a->state.ready = 1;
  a->wstr = nullptr;
  char* data = reinterpret_cast<char*>(a + 1);
  if (!ascii) {
    auto* c = reinterpret_cast<PyCompactUnicodeObject*>(o);
    c->utf8 = nullptr;
    c->utf8_length = 0;
    c->wstr_length = 0;
    data = reinterpret_cast<char*>(c + 1);
  }
  put_char(kind, data, n, 0);
  return o;
}

// Most str are short and ASCII, and come and go: some of their blocks are kept, by size in words, linked by the first word.
#if defined(ADDER_ASAN) || defined(ADDER_COUNT_REFS)
inline PyObject* take_kept(size_t) { return nullptr; }
inline bool keep(PyObject*, size_t) { return false; }
#else
constexpr size_t kKeptWords = 16;
constexpr int kKeptOfEach = 64;
struct {
  PyObject* first;
  int count;
} kept[kKeptWords + 1];

inline PyObject* take_kept(size_t words) {
  if (words > kKeptWords || !kept[words].first) return nullptr;
  PyObject* o = kept[words].first;
  memcpy(&kept[words].first, static_cast<void*>(o), sizeof o);
  kept[words].count--;
  return o;
}
inline bool keep(PyObject* o, size_t words) {
  if (words > kKeptWords || kept[words].count >= kKeptOfEach) return false;
  memcpy(static_cast<void*>(o), &kept[words].first, sizeof o);
  kept[words].first = o;
  kept[words].count++;
  return true;
}
#endif
inline size_t ascii_words(Py_ssize_t n) { return (sizeof(PyASCIIObject) + static_cast<size_t>(n) + sizeof(void*)) / sizeof(void*); }

inline PyObject* allocate_ascii(Py_ssize_t n) {
  if (ADDER_UNLIKELY(n > PY_SSIZE_T_MAX - 64)) return raise_no_memory();
  size_t words = ascii_words(n);
  PyObject* o = take_kept(words);
  if (!o) {
    o = static_cast<PyObject*>(object_malloc(words * sizeof(void*)));
    if (ADDER_UNLIKELY(!o)) return raise_no_memory();
  }
  return set_up_str(o, n, 127);
}

// A fresh compact str; never the shared empty one.
PyObject* allocate_str(Py_ssize_t n, uint32_t max_char) {
  if (ADDER_LIKELY(max_char < 128)) return allocate_ascii(n);
  int kind = kind_for(max_char);
  constexpr size_t head = sizeof(PyCompactUnicodeObject);
  if (ADDER_UNLIKELY(n > (PY_SSIZE_T_MAX - static_cast<Py_ssize_t>(head)) / kind - 1)) return raise_no_memory();
  auto* o = static_cast<PyObject*>(object_malloc(head + static_cast<size_t>(n + 1) * static_cast<size_t>(kind)));
  if (ADDER_UNLIKELY(!o)) return raise_no_memory();
  return set_up_str(o, n, max_char);
}

constexpr int64_t kImmortal = int64_t{1} << 60;

}  // namespace

Ref str_empty() {
  if (ADDER_UNLIKELY(!empty_str)) {
    empty_str = allocate_str(0, 0);
    if (!empty_str) return {};
    refcount(empty_str) = kImmortal;
  }
  return Ref::copy(empty_str);
}

Ref str_new(Py_ssize_t length, uint32_t max_char) {
  if (length == 0) return str_empty();
  return Ref::steal(allocate_str(length, max_char));
}

Ref str_from_char(uint32_t c) {
  if (ADDER_LIKELY(c < 256)) {
    PyObject*& slot = latin1_chars[c];
    if (ADDER_UNLIKELY(!slot)) {
      PyObject* o = allocate_str(1, c);
      if (!o) return {};
      static_cast<uint8_t*>(str_data(o))[0] = static_cast<uint8_t>(c);
      refcount(o) = kImmortal;
      slot = o;
    }
    return Ref::copy(slot);
  }
  Ref s = Ref::steal(allocate_str(1, c));
  if (s) put_char(str_kind(s), str_data(s), 0, c);
  return s;
}

// Lets a static str of the ABI's runtime be the shared one of its text.
void share_static_str(PyObject* s) {
  if (str_length(s) == 0) {
    if (!empty_str) empty_str = s;
  } else if (str_length(s) == 1 && str_kind(s) == 1) {
    PyObject*& slot = latin1_chars[str_char(s, 0)];
    if (!slot) slot = s;
  }
}

void str_dealloc(PyObject* o) {
  auto* a = reinterpret_cast<PyASCIIObject*>(o);
  if (ADDER_LIKELY(o->ob_type == &PyUnicode_Type && a->state.compact && a->state.ascii && !a->state.interned && !a->wstr)) {
    if (!keep(o, ascii_words(a->length))) object_free(o);
    return;
  }
  if (a->state.interned) {
    if (a->state.interned == SSTATE_INTERNED_IMMORTAL) {
      refcount(o) = kImmortal;
      return;
    }
    refcount(o) = 1;  // the table compares it
    intern_forget(o);
    refcount(o) = 0;
  }
  bool wstr_shared = a->wstr && a->wstr == static_cast<void*>(str_data(o));
  if (a->wstr && !wstr_shared) object_free(a->wstr);
  if (!(a->state.compact && a->state.ascii)) {
    auto* c = reinterpret_cast<PyCompactUnicodeObject*>(o);
    void* data = a->state.compact ? nullptr : reinterpret_cast<PyUnicodeObject*>(o)->data.any;
    if (c->utf8 && c->utf8 != data) object_free(c->utf8);
    if (data) object_free(data);
  }
  Py_TYPE(o)->tp_free(o);
}

// --- Characters -------------------------------------------------------------------------------------------------

bool is_ascii_text(const char* p, size_t n) { return ascii_prefix(p, n) == n; }

size_t ascii_prefix(const char* p, size_t n) {
  size_t i = 0;
  uint64_t w[4];
  for (; i + 32 <= n; i += 32) {
    memcpy(w, p + i, 32);
    if ((w[0] | w[1] | w[2] | w[3]) & 0x8080808080808080u) break;
  }
  for (; i + 8 <= n; i += 8) {
    memcpy(w, p + i, 8);
    if (w[0] & 0x8080808080808080u) return i + static_cast<size_t>(__builtin_ctzll(w[0] & 0x8080808080808080u)) / 8;
  }
  while (i < n && !(p[i] & 0x80)) i++;
  return i;
}

uint32_t find_max_bound(int kind, const void* data, Py_ssize_t n) {
  if (kind == 1) return is_ascii_text(static_cast<const char*>(data), static_cast<size_t>(n)) ? 127 : 255;
  auto bound = [](uint32_t all) -> uint32_t { return all < 128 ? 127 : all < 256 ? 255 : all < 0x10000 ? 0xFFFF : 0x10FFFF; };
  auto scan = [&](auto* p) -> uint32_t {
    uint32_t all = 0;
    uint32_t full = kind == 2 ? 0xFF00u : 0xFFFF0000u;
    for (Py_ssize_t i = 0; i < n;) {
      Py_ssize_t stop = n - i > 512 ? i + 512 : n;
      for (; i < stop; i++) all |= p[i];
      if (all & full) break;
    }
    return bound(all);
  };
  return kind == 2 ? scan(static_cast<const uint16_t*>(data)) : scan(static_cast<const uint32_t*>(data));
}

namespace {
template <class To, class From>
inline void convert(To* to, const From* from, Py_ssize_t n) {
  if constexpr (sizeof(To) == sizeof(From)) memcpy(to, from, static_cast<size_t>(n) * sizeof(To));
  else for (Py_ssize_t i = 0; i < n; i++) to[i] = static_cast<To>(from[i]);
}
}  // namespace

void copy_chars(int to_kind, void* to, Py_ssize_t at, int from_kind, const void* from, Py_ssize_t start, Py_ssize_t n) {
  if (n <= 0) return;
  on_kind(from_kind, from, [&](auto* f) {
    f += start;
    if (to_kind == 1) convert(static_cast<uint8_t*>(to) + at, f, n);
    else if (to_kind == 2) convert(static_cast<uint16_t*>(to) + at, f, n);
    else convert(static_cast<uint32_t*>(to) + at, f, n);
  });
}

Widened::Widened(Value s, int kind) : data_(str_data(s)) {
  if (str_kind(s) == kind) return;
  owned_ = object_malloc(static_cast<size_t>(str_length(s) + 1) * kind);
  data_ = owned_;
  if (owned_) copy_str(kind, owned_, 0, s);
  else raise_no_memory();
}
Widened::~Widened() {
  if (owned_) object_free(owned_);
}

// --- Creation ---------------------------------------------------------------------------------------------------

Ref str_from_ascii(std::string_view text) {
  if (text.size() <= 1) return text.empty() ? str_empty() : str_from_char(static_cast<uint8_t>(text[0]));
  PyObject* o = allocate_ascii(static_cast<Py_ssize_t>(text.size()));
  if (ADDER_UNLIKELY(!o)) return {};
  char* to = reinterpret_cast<char*>(reinterpret_cast<PyASCIIObject*>(o) + 1);
  const char* from = text.data();
  size_t n = text.size();
  // Without a call where they are few: the first word and the last, which may overlap.
  auto copy = [&]<class Word>(Word) {
    Word first, last;
    memcpy(&first, from, sizeof first);
    memcpy(&last, from + n - sizeof last, sizeof last);
    memcpy(to, &first, sizeof first);
    memcpy(to + n - sizeof last, &last, sizeof last);
  };
  if (n > 16) memcpy(to, from, n);
  else if (n >= 8) copy(uint64_t{});
  else if (n >= 4) copy(uint32_t{});
  else copy(uint16_t{});
  return Ref::steal(o);
}

Ref str_from_latin1(std::string_view text) {
  if (text.size() <= 1) return text.empty() ? str_empty() : str_from_char(static_cast<uint8_t>(text[0]));
  Ref s = str_new(static_cast<Py_ssize_t>(text.size()), is_ascii_text(text.data(), text.size()) ? 127 : 255);
  if (s) memcpy(str_data(s), text.data(), text.size());
  return s;
}

Ref str_from_kind(int kind, const void* data, Py_ssize_t n) {
  if (n <= 1) return n <= 0 ? str_empty() : str_from_char(char_at(kind, data, 0));
  Ref s = str_new(n, find_max_bound(kind, data, n));
  if (s) copy_chars(str_kind(s), str_data(s), 0, kind, data, 0, n);
  return s;
}

Ref str_substring(Value s, Py_ssize_t start, Py_ssize_t end) {
  Py_ssize_t n = str_length(s);
  if (end > n) end = n;
  if (start < 0) start = 0;
  if (start == 0 && end == n && is_exact_str(s)) return Ref::copy(s);
  Py_ssize_t count = end - start;
  if (count <= 0) return str_empty();
  int kind = str_kind(s);
  void* data = str_data(s);
  if (str_is_ascii(s)) return str_from_ascii({static_cast<char*>(data) + start, static_cast<size_t>(count)});
  return str_from_kind(kind, char_pointer(kind, data, start), count);
}

Ref str_to_exact(Value s) {
  if (is_exact_str(s)) return Ref::copy(s);
  Py_ssize_t n = str_length(s);
  Ref r = str_new(n, max_bound(s));
  if (r && n) memcpy(str_data(r), str_data(s), static_cast<size_t>(n) * str_kind(s));
  return r;
}

// An instance of a subclass: its characters in a block of their own.
Ref str_of_subtype(PyTypeObject* type, Value s) {
  PyObject* o = allocate_instance(type);
  if (!o) return {};
  auto* u = reinterpret_cast<PyUnicodeObject*>(o);
  auto& a = u->_base._base;
  int kind = str_kind(s);
  Py_ssize_t n = str_length(s);
  a.length = 0;
  a.hash = s.as<PyASCIIObject>()->hash;
  memset(&a.state, 0, sizeof a.state);
  a.state.kind = kind;
  a.state.ascii = str_is_ascii(s);
  a.state.ready = 1;
  a.wstr = nullptr;
  u->_base.utf8 = nullptr;
  u->_base.utf8_length = 0;
  u->_base.wstr_length = 0;
  u->data.any = object_malloc(static_cast<size_t>(n + 1) * kind);
  Ref r = Ref::steal(o);
  if (!u->data.any) return raise_no_memory();
  memcpy(u->data.any, str_data(s), static_cast<size_t>(n) * kind);
  put_char(kind, u->data.any, n, 0);
  a.length = n;
  if (a.state.ascii) {
    u->_base.utf8 = static_cast<char*>(u->data.any);
    u->_base.utf8_length = n;
  }
  return r;
}

Ref str_truncate(Ref s, Py_ssize_t n) {
  if (!s || str_length(s) == n) return s;
  if (n <= 1) return n == 0 ? str_empty() : str_from_char(str_char(s, 0));
  auto* a = s.as<PyASCIIObject>();
  size_t head = a->state.ascii ? sizeof(PyASCIIObject) : sizeof(PyCompactUnicodeObject);
  int kind = a->state.kind;
  void* p = object_realloc(a, head + static_cast<size_t>(n + 1) * kind);
  if (!p) p = a;
  (void)s.release();
  auto* o = static_cast<PyObject*>(p);
  reinterpret_cast<PyASCIIObject*>(o)->length = n;
  put_char(kind, str_data(o), n, 0);
  return Ref::steal(o);
}

// --- Equality, order, hash ----------------------------------------------------------------------------------------

bool str_equals(Value s, std::string_view ascii) {
  return str_kind(s) == 1 && static_cast<size_t>(str_length(s)) == ascii.size() && memcmp(str_data(s), ascii.data(), ascii.size()) == 0;
}

namespace {
// Without a call where they are few, as in most keys.
inline bool same_bytes(const char* p, const char* q, size_t n) {
  if (n > 16) return memcmp(p, q, n) == 0;
#ifndef ADDER_ASAN
  // Texts begin at such addresses, and what lies beyond their ends lies in the same page: no branch on the length.
  if (ADDER_LIKELY(((reinterpret_cast<uintptr_t>(p) | reinterpret_cast<uintptr_t>(q)) & 15) == 0)) {
    __m128i same = _mm_cmpeq_epi8(*reinterpret_cast<const __m128i*>(p), *reinterpret_cast<const __m128i*>(q));
    return (~static_cast<unsigned>(_mm_movemask_epi8(same)) & ((1u << n) - 1)) == 0;
  }
#endif
  auto differ = [&]<class Word>(Word) {  // in the first word or the last, which may overlap
    Word a, b, c, d;
    memcpy(&a, p, sizeof a);
    memcpy(&b, q, sizeof b);
    memcpy(&c, p + n - sizeof c, sizeof c);
    memcpy(&d, q + n - sizeof d, sizeof d);
    return ((a ^ b) | (c ^ d)) != 0;
  };
  if (n >= 8) return !differ(uint64_t{});
  if (n >= 4) return !differ(uint32_t{});
  if (n >= 2) return !differ(uint16_t{});
  return n == 0 || *p == *q;
}
}  // namespace

bool str_equal(Value a, Value b) {
  if (a == b) return true;
  Py_ssize_t n = str_length(a);
  int kind = str_kind(a);
  if (n != str_length(b) || kind != str_kind(b)) return false;
  auto *p = static_cast<const char*>(str_data(a)), *q = static_cast<const char*>(str_data(b));
  return same_bytes(p, q, static_cast<size_t>(n) * static_cast<size_t>(kind));
}

int str_compare(Value a, Value b) {
  if (a == b) return 0;
  Py_ssize_t na = str_length(a), nb = str_length(b), n = na < nb ? na : nb;
  int ka = str_kind(a), kb = str_kind(b);
  if (ka == 1 && kb == 1) {
    int c = memcmp(str_data(a), str_data(b), static_cast<size_t>(n));
    if (c) return c < 0 ? -1 : 1;
  } else {
    int c = on_kind(a, [&](auto* p) {
      return on_kind(b, [&](auto* q) {
        for (Py_ssize_t i = 0; i < n; i++)
          if (p[i] != q[i]) return static_cast<uint32_t>(p[i]) < static_cast<uint32_t>(q[i]) ? -1 : 1;
        return 0;
      });
    });
    if (c) return c;
  }
  return na < nb ? -1 : na > nb;
}

namespace {
uint64_t hash_key[2] = {0, 0};

inline uint64_t rotl(uint64_t x, int b) { return (x << b) | (x >> (64 - b)); }
struct Sip {
  uint64_t v0, v1, v2, v3;
  void round() {
    v0 += v1; v2 += v3;
    v1 = rotl(v1, 13) ^ v0; v3 = rotl(v3, 16) ^ v2;
    v0 = rotl(v0, 32);
    v2 += v1; v0 += v3;
    v1 = rotl(v1, 17) ^ v2; v3 = rotl(v3, 21) ^ v0;
    v2 = rotl(v2, 32);
  }
};
}  // namespace

uint64_t keyed_siphash13(uint64_t k0, uint64_t k1, const void* data, size_t n) {
  Sip s{k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du, k0 ^ 0x6c7967656e657261u, k1 ^ 0x7465646279746573u};
  auto* p = static_cast<const uint8_t*>(data);
  const uint64_t length = n;
  for (; n >= 8; n -= 8, p += 8) {
    uint64_t w;
    memcpy(&w, p, 8);
    s.v3 ^= w;
    s.round();
    s.v0 ^= w;
  }
  const uint64_t tail = length << 56 | load_short_word(p, n);
  s.v3 ^= tail;
  s.round();
  s.v0 ^= tail;
  s.v2 ^= 0xff;
  s.round();
  s.round();
  s.round();
  return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
// Over the characters' bytes; equal str have equal kinds, and ASCII bytes hash as the str.
Py_hash_t hash_bytes(const void* data, size_t n) {
  if (n == 0) return 0;
  auto h = static_cast<Py_hash_t>(keyed_siphash13(hash_key[0], hash_key[1], data, n));
  return h == -1 ? -2 : h;
}

void str_seed_hash(const uint8_t key[16]) { memcpy(hash_key, key, 16); }

Py_hash_t str_hash(Value s) {
  auto* a = s.as<PyASCIIObject>();
  if (ADDER_LIKELY(a->hash != -1)) return a->hash;
  return a->hash = hash_bytes(str_data(s), static_cast<size_t>(a->length) * a->state.kind);
}

// --- Concatenation ------------------------------------------------------------------------------------------------

Ref str_concat(Value a, Value b) {
  Py_ssize_t na = str_length(a), nb = str_length(b);
  if (na == 0 && is_exact_str(b)) return Ref::copy(b);
  if (nb == 0 && is_exact_str(a)) return Ref::copy(a);
  if (na > PY_SSIZE_T_MAX - nb) return raise(PyExc_OverflowError, "strings are too large to concat");
  uint32_t ma = max_bound(a), mb = max_bound(b);
  Ref r = str_new(na + nb, ma > mb ? ma : mb);
  if (!r || na + nb == 0) return r;
  int kind = str_kind(r);
  void* d = str_data(r);
  copy_str(kind, d, 0, a);
  copy_str(kind, d, na, b);
  return r;
}

bool str_resize_ok(PyObject* s) {
  auto* a = reinterpret_cast<PyASCIIObject*>(s);
  return refcount(s) == 1 && s->ob_type == &PyUnicode_Type && a->state.compact && !a->state.interned && a->length > 1;
}

// Every block is as large as a multiple of 16: what the terminator leaves of it takes short pieces without asking the allocator.
#ifdef ADDER_ASAN
constexpr size_t kBlockStep = 1;
#else
constexpr size_t kBlockStep = 16;
#endif
static bool append_within_block(PyObject* o, Value b) {
  auto *a = reinterpret_cast<PyASCIIObject*>(o), *more = b.as<PyASCIIObject>();
  if (!(a->state.ascii && more->state.ascii && more->state.compact && !a->wstr)) return false;
  const auto na = static_cast<size_t>(a->length), nb = static_cast<size_t>(more->length);
  if (nb >= kBlockStep || na + nb + 1 > (sizeof(PyASCIIObject) + na + kBlockStep) / kBlockStep * kBlockStep - sizeof(PyASCIIObject)) return false;
  auto* to = reinterpret_cast<char*>(a + 1) + na;
  const auto* from = reinterpret_cast<const char*>(more + 1);
  for (size_t i = 0; i <= nb; i++) to[i] = from[i];  // with the terminator
  a->length = static_cast<Py_ssize_t>(na + nb);
  a->hash = -1;
  return true;
}

Ref str_append(Ref a, Value b) {
  if (!a) return {};
  if (str_resize_ok(a.object()) && append_within_block(a.object(), b)) return a;
  Py_ssize_t na = str_length(a), nb = str_length(b);
  if (nb == 0) return a;
  if (na == 0 && is_exact_str(b)) return Ref::copy(b);
  auto* h = a.as<PyASCIIObject>();
  if (!str_resize_ok(a.object()) || str_kind(b) > str_kind(a) || (h->state.ascii && !str_is_ascii(b)) || na > PY_SSIZE_T_MAX / 8 - nb)
    return str_concat(a, b);
  int kind = h->state.kind;
  bool ascii = h->state.ascii;
  size_t head = ascii ? sizeof(PyASCIIObject) : sizeof(PyCompactUnicodeObject);
  size_t bytes = head + static_cast<size_t>(na + nb + 1) * kind;
  // Block sizes grow by steps of an eighth, so a loop of appends copies each character a bounded number of times.
  if (bytes > 512) {
    size_t step = (size_t{1} << (63 - __builtin_clzll(bytes))) / 8;
    bytes = (bytes + step - 1) / step * step;
  }
  if (h->wstr && h->wstr != str_data(a)) object_free(h->wstr);
  h->wstr = nullptr;
  if (!ascii) {
    auto* c = a.as<PyCompactUnicodeObject>();
    if (c->utf8) object_free(c->utf8);
    c->utf8 = nullptr;
    c->utf8_length = 0;
  }
  void* p = object_realloc(h, bytes);
  if (!p) return raise_no_memory();
  (void)a.release();
  h = static_cast<PyASCIIObject*>(p);
  h->hash = -1;
  h->length = na + nb;
  auto* o = reinterpret_cast<PyObject*>(h);
  void* d = str_data(o);
  copy_str(kind, d, na, b);
  put_char(kind, d, na + nb, 0);
  return Ref::steal(o);
}

// Whether a fixed number of bytes may be read from there, beyond what is anybody's: not past the end of a page.
constexpr size_t kFixedCopy = 16;
inline bool may_read_fixed(const void* from) {
#ifdef ADDER_ASAN
  return from == nullptr;
#else
  return (reinterpret_cast<uintptr_t>(from) & 4095) <= 4096 - kFixedCopy;
#endif
}

Ref str_join(Value separator, Value iterable) {
  Ref fast = to_fast_sequence(iterable, "can only join an iterable");
  if (!fast) return {};
  Py_ssize_t n = sequence_size(fast);
  if (n == 0) return str_empty();
  Py_ssize_t total = 0, gap = str_length(separator);
  uint32_t bound = n > 1 ? max_bound(separator) : 127;
  for (Py_ssize_t i = 0; i < n; i++) {
    Value item = sequence_get(fast, i);
    if (ADDER_UNLIKELY(!is_str(item)))
      return raise(PyExc_TypeError, "sequence item %zd: expected str instance, %N found", i, type_of(item));
    if (n == 1 && is_exact_str(item)) return Ref::copy(item);
    uint32_t m = max_bound(item);
    if (m > bound) bound = m;
    Py_ssize_t more = str_length(item) + (i ? gap : 0);
    if (total > PY_SSIZE_T_MAX - more) return raise(PyExc_OverflowError, "join() result is too long for a Python string");
    total += more;
  }
  if (total == 0) return str_empty();
  Ref r = str_new(total, bound);
  if (!r) return {};
  int kind = str_kind(r);
  auto* d = static_cast<char*>(str_data(r));
  const void* sep = str_data(separator);
  int sep_kind = str_kind(separator);
  Py_ssize_t at = 0;
  for (Py_ssize_t i = 0; i < n; i++) {
    if (i && gap) {
      if (gap == 1) put_char(kind, d, at, char_at(sep_kind, sep, 0));
      else copy_chars(kind, d, at, sep_kind, sep, 0, gap);
      at += gap;
    }
    Value item = sequence_get(fast, i);
    Py_ssize_t len = str_length(item);
    int item_kind = str_kind(item);
    const void* from = str_data(item);
    const auto bytes = static_cast<size_t>(len) * static_cast<size_t>(item_kind);
    if (ADDER_UNLIKELY(item_kind != kind)) copy_chars(kind, d, at, item_kind, from, 0, len);
    // A short one without regard to its length, while what is behind it is yet to come.
    else if (bytes <= kFixedCopy && static_cast<size_t>(total - at) * static_cast<size_t>(kind) >= kFixedCopy && may_read_fixed(from)) memcpy(d + at * kind, from, kFixedCopy);
    else memcpy(d + at * kind, from, bytes);
    at += len;
  }
  return r;
}

// --- Builder --------------------------------------------------------------------------------------------------------

// data_ points to the characters of a str in the making: its header stands before them already, filled in by finish().
// max_ is the bound (127, 255, 0xFFFF, 0x10FFFF) of the form that the block has room for.
namespace {
constexpr size_t head_for(uint32_t max) { return max < 128 ? sizeof(PyASCIIObject) : sizeof(PyCompactUnicodeObject); }
constexpr uint32_t bound_of(uint32_t c) { return c < 128 ? 127 : c < 256 ? 255 : c < 0x10000 ? 0xFFFF : 0x10FFFF; }
inline PyObject* block_of(void* data, uint32_t max) { return reinterpret_cast<PyObject*>(static_cast<char*>(data) - head_for(max)); }
}  // namespace

StrBuilder::StrBuilder(Py_ssize_t reserve) {
  if (reserve > 0) grow(reserve, 127);
}
StrBuilder::~StrBuilder() {
  if (data_) object_free(block_of(data_, max_));
}

bool StrBuilder::grow(Py_ssize_t extra, uint32_t max_char) {
  if (failed_) return false;
  if (extra > PY_SSIZE_T_MAX / 8 - length_) {
    failed_ = true;
    return raise_no_memory();
  }
  uint32_t max = max_char > max_ ? bound_of(max_char) : max_;
  Py_ssize_t need = length_ + extra;
  if (max == max_ && need <= capacity_) return true;
  int kind = kind_for(max);
  Py_ssize_t capacity = need <= capacity_ ? capacity_ : need + (length_ ? need / 4 + 8 : 0);
  size_t bytes = head_for(max) + static_cast<size_t>(capacity + 1) * static_cast<size_t>(kind);
  PyObject* block;
  if (data_ && max == max_) {
    block = static_cast<PyObject*>(object_realloc(block_of(data_, max_), bytes));
    if (!block) raise_no_memory();
  } else {
    block = static_cast<PyObject*>(object_malloc(bytes));
    if (!block) raise_no_memory();
  }
  if (!block) {
    failed_ = true;
    return false;
  }
  void* data = reinterpret_cast<char*>(block) + head_for(max);
  if (data_ && max != max_) {
    copy_chars(kind, data, 0, kind_, data_, 0, length_);
    object_free(block_of(data_, max_));
  }
  data_ = data;
  kind_ = kind;
  max_ = max;
  capacity_ = capacity;
  return true;
}

bool StrBuilder::add_char(uint32_t c) {
  if (ADDER_UNLIKELY(length_ >= capacity_ || c > max_) && !grow(1, c)) return false;
  put_char(kind_, data_, length_++, c);
  return true;
}

bool StrBuilder::add(Value str) { return add(str, 0, str_length(str)); }

bool StrBuilder::add(Value str, Py_ssize_t start, Py_ssize_t end) {
  if (end <= start) return !failed_;
  int kind = str_kind(str);
  const void* from = str_data(str);
  uint32_t m = max_bound(str);
  if (m > max_ && (start != 0 || end != str_length(str))) m = find_max_bound(kind, char_pointer(kind, from, start), end - start);
  if (ADDER_UNLIKELY(end - start > capacity_ - length_ || m > max_) && !grow(end - start, m)) return false;
  copy_chars(kind_, data_, length_, kind, from, start, end - start);
  length_ += end - start;
  return true;
}

bool StrBuilder::add_ascii(std::string_view text) {
  auto n = static_cast<Py_ssize_t>(text.size());
  if (n == 0) return !failed_;
  if (ADDER_UNLIKELY(n > capacity_ - length_) && !grow(n, 127)) return false;
  copy_chars(kind_, data_, length_, 1, text.data(), 0, n);
  length_ += n;
  return true;
}

bool StrBuilder::add_utf8(std::string_view text) {
  if (is_ascii_text(text.data(), text.size())) return add_ascii(text);
  Ref s = str_from_utf8(text, "replace");
  if (!s) {
    failed_ = true;
    return false;
  }
  return add(s);
}

bool StrBuilder::add_repeat(uint32_t c, Py_ssize_t n) {
  if (n <= 0) return !failed_;
  if (!grow(n, c)) return false;
  if (kind_ == 1) memset(static_cast<char*>(data_) + length_, static_cast<int>(c), static_cast<size_t>(n));
  else for (Py_ssize_t i = 0; i < n; i++) put_char(kind_, data_, length_ + i, c);
  length_ += n;
  return true;
}

Ref StrBuilder::finish() {
  if (failed_) return {};
  if (length_ <= 1) return length_ == 0 ? str_empty() : str_from_char(char_at(kind_, data_, 0));
  PyObject* o = block_of(data_, max_);
  data_ = nullptr;
  // Much unused room is given back.
  size_t unused = static_cast<size_t>(capacity_ - length_) * static_cast<size_t>(kind_);
  size_t bytes = head_for(max_) + static_cast<size_t>(length_ + 1) * static_cast<size_t>(kind_);
  if (unused > 64 && unused > bytes / 8) {
    if (void* p = object_realloc(o, bytes)) o = static_cast<PyObject*>(p);
  }
  return Ref::steal(set_up_str(o, length_, max_));
}

}  // namespace adder
