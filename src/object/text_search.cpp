// Finding and counting in characters of one width, for str and bytes. Bytes are compared sixteen at a time, and the C library's memchr and
// memmem do the rest: the latter never takes more than linear time, and a match that is not on a character's border is passed over.
#include "object/str_impl.h"
#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace adder {

namespace {

template <class C>
Py_ssize_t find_one(const C* s, Py_ssize_t n, uint32_t c) {
  if constexpr (sizeof(C) == 1) {
    if (c > 255) return -1;
#ifdef __SSE2__
    // What is near is found before memchr has been called.
    if (n >= 16) {
      auto hits = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(s)), _mm_set1_epi8(static_cast<char>(c)))));
      if (hits) return __builtin_ctz(hits);
    }
#endif
    auto* p = static_cast<const C*>(memchr(s, static_cast<int>(c), static_cast<size_t>(n)));
    return p ? p - s : -1;
  } else {
    if (sizeof(C) == 2 && c > 0xFFFF) return -1;
    Py_ssize_t i = 0;
    for (; i + 16 <= n; i += 16) {
      bool hit = false;
      for (int j = 0; j < 16; j++) hit |= s[i + j] == static_cast<C>(c);
      if (hit) break;
    }
    for (; i < n; i++)
      if (s[i] == static_cast<C>(c)) return i;
    return -1;
  }
}

#ifdef __SSE2__
// Looks for places where the pattern's first and last byte stand, sixteen at a time, as long as few of them disappoint. Where it stopped, if
// there was no match: what lies before has been looked through.
Py_ssize_t find_by_ends(const uint8_t* s, Py_ssize_t n, const uint8_t* p, Py_ssize_t m, Py_ssize_t* stopped) {
  const __m128i first = _mm_set1_epi8(static_cast<char>(p[0])), last = _mm_set1_epi8(static_cast<char>(p[m - 1]));
  const auto between = static_cast<size_t>(m > 2 ? m - 2 : 0);
  Py_ssize_t i = 0;
  for (Py_ssize_t patience = 64; i + m - 1 + 16 <= n && patience > 0; i += 16, patience++) {
    auto at = [&](Py_ssize_t k) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(s + k)); };
    auto hits = static_cast<unsigned>(_mm_movemask_epi8(_mm_and_si128(_mm_cmpeq_epi8(at(i), first), _mm_cmpeq_epi8(at(i + m - 1), last))));
    for (; hits; hits &= hits - 1) {
      Py_ssize_t k = i + __builtin_ctz(hits);
      if (memcmp(s + k + 1, p + 1, between) == 0) return k;
      patience -= 4 + m / 16;
    }
  }
  *stopped = i;
  return -1;
}
#endif

template <class C>
Py_ssize_t find_many(const C* s, Py_ssize_t n, const C* p, Py_ssize_t m) {
  const char* at = reinterpret_cast<const char*>(s);
#ifdef __SSE2__
  if constexpr (sizeof(C) == 1) {
    Py_ssize_t stopped;
    Py_ssize_t hit = find_by_ends(s, n, p, m, &stopped);
    if (hit >= 0) return hit;
    at += stopped;
  }
#endif
  const char* stop = reinterpret_cast<const char*>(s + n);
  while (true) {
    auto* hit = static_cast<const char*>(memmem(at, static_cast<size_t>(stop - at), p, static_cast<size_t>(m) * sizeof(C)));
    if (!hit) return -1;
    auto offset = static_cast<size_t>(hit - reinterpret_cast<const char*>(s));
    if (offset % sizeof(C) == 0) return static_cast<Py_ssize_t>(offset / sizeof(C));
    at = hit + 1;
  }
}

template <class C>
Py_ssize_t rfind_one(const C* s, Py_ssize_t n, uint32_t c) {
  if constexpr (sizeof(C) == 1) {
    if (c > 255) return -1;
    auto* p = static_cast<const C*>(memrchr(s, static_cast<int>(c), static_cast<size_t>(n)));
    return p ? p - s : -1;
  } else {
    while (n-- > 0)
      if (s[n] == c) return n;
    return -1;
  }
}

// Backward search with the bad-character skip on the pattern's first character.
template <class C>
Py_ssize_t rfind_many(const C* s, Py_ssize_t n, const C* p, Py_ssize_t m) {
  uint64_t bloom = 0;
  for (Py_ssize_t i = 0; i < m; i++) bloom |= uint64_t{1} << (p[i] & 63);
  Py_ssize_t skip = m;  // to the next place of p[0] behind it
  for (Py_ssize_t i = m - 1; i > 0; i--)
    if (p[i] == p[0]) skip = i;
  for (Py_ssize_t i = n - m; i >= 0;) {
    if (s[i] == p[0]) {
      if (memcmp(s + i + 1, p + 1, static_cast<size_t>(m - 1) * sizeof(C)) == 0) return i;
      if (i > 0 && !((bloom >> (s[i - 1] & 63)) & 1)) i -= m + 1;
      else i -= skip;
    } else if (i > 0 && !((bloom >> (s[i - 1] & 63)) & 1)) {
      i -= m + 1;
    } else {
      i--;
    }
  }
  return -1;
}

}  // namespace

Py_ssize_t find_char(int kind, const void* s, Py_ssize_t n, uint32_t c) {
  return on_kind(kind, s, [&](auto* p) { return find_one(p, n, c); });
}
Py_ssize_t rfind_char(int kind, const void* s, Py_ssize_t n, uint32_t c) {
  return on_kind(kind, s, [&](auto* p) { return rfind_one(p, n, c); });
}

Py_ssize_t find_chars(int kind, const void* s, Py_ssize_t n, const void* p, Py_ssize_t m) {
  if (m > n) return -1;
  if (m == 0) return 0;
  if (m == 1) return find_char(kind, s, n, char_at(kind, p, 0));
  return on_kind(kind, s, [&](auto* text) { return find_many(text, n, static_cast<decltype(text)>(p), m); });
}
Py_ssize_t rfind_chars(int kind, const void* s, Py_ssize_t n, const void* p, Py_ssize_t m) {
  if (m > n) return -1;
  if (m == 0) return n;
  if (m == 1) return rfind_char(kind, s, n, char_at(kind, p, 0));
  return on_kind(kind, s, [&](auto* text) { return rfind_many(text, n, static_cast<decltype(text)>(p), m); });
}

Py_ssize_t count_chars(int kind, const void* s, Py_ssize_t n, const void* p, Py_ssize_t m, Py_ssize_t limit) {
  if (limit <= 0) return 0;
  if (m == 0) return n < limit ? n + 1 : limit;
  Py_ssize_t count = 0;
  if (m == 1) {
    uint32_t c = char_at(kind, p, 0);
    return on_kind(kind, s, [&](auto* text) {
      if (limit == PY_SSIZE_T_MAX && n < (Py_ssize_t{1} << 30)) {
        for (Py_ssize_t i = 0; i < n; i++) count += text[i] == c;
        return count;
      }
      for (Py_ssize_t at = 0; at < n;) {
        Py_ssize_t hit = find_one(text + at, n - at, c);
        if (hit < 0) break;
        if (++count >= limit) break;
        at += hit + 1;
      }
      return count;
    });
  }
  for (Py_ssize_t at = 0; at + m <= n;) {
    Py_ssize_t hit = find_chars(kind, char_pointer(kind, s, at), n - at, p, m);
    if (hit < 0) break;
    if (++count >= limit) break;
    at += hit + m;
  }
  return count;
}

}  // namespace adder
