// Filling arrays with the draws of a generator.
#include "array/random/fill.h"

#include <algorithm>
#include <utility>

#include "array/random/bounded.h"
#include "array/random/ziggurat.h"

namespace adder::array::random {

namespace {

template <class T, class F>
void fill(Bits& bits, T* out, index_t n, F draw) {
  with_source(bits, [=](auto& source) {
    for (index_t i = 0; i < n; ++i) out[i] = draw(source);
  });
}

// PCG64 waits for each state before it can make the next. Four states, each four steps apart, do not wait for each other.
void fill_uniform(Pcg64& pcg, double* out, index_t n) {
  constexpr u128 a2 = kPcgMultiplier * kPcgMultiplier, a4 = a2 * a2;
  const u128 c = pcg.increment, c4 = (kPcgMultiplier + 1) * (a2 + 1) * c;
  u128 s0 = pcg.state * kPcgMultiplier + c, s1 = s0 * kPcgMultiplier + c, s2 = s1 * kPcgMultiplier + c, s3 = s2 * kPcgMultiplier + c;
  index_t i = 0;
  for (; i + 4 <= n; i += 4) {
    out[i] = unit_double(Pcg64::output(s0));
    out[i + 1] = unit_double(Pcg64::output(s1));
    out[i + 2] = unit_double(Pcg64::output(s2));
    out[i + 3] = unit_double(Pcg64::output(s3));
    pcg.state = s3;
    s0 = s0 * a4 + c4;
    s1 = s1 * a4 + c4;
    s2 = s2 * a4 + c4;
    s3 = s3 * a4 + c4;
  }
  for (; i < n; ++i) out[i] = unit_double(pcg.next64());
}

}  // namespace

void fill_uniform(Bits& bits, double* out, index_t n) {
  if (bits.kind == Kind::pcg64) return fill_uniform(bits.pcg, out, n);
  fill(bits, out, n, [](auto& s) { return s.next_double(); });
}
void fill_uniform(Bits& bits, float* out, index_t n) {
  fill(bits, out, n, [](auto& s) { return s.next_float(); });
}
void fill_normal(Bits& bits, double* out, index_t n) {
  fill(bits, out, n, [](auto& s) { return standard_normal(s); });
}
void fill_normal(Bits& bits, float* out, index_t n) {
  fill(bits, out, n, [](auto& s) { return standard_normal_f(s); });
}
void fill_exponential(Bits& bits, double* out, index_t n) {
  fill(bits, out, n, [](auto& s) { return standard_exponential(s); });
}
void fill_exponential(Bits& bits, float* out, index_t n) {
  fill(bits, out, n, [](auto& s) { return standard_exponential_f(s); });
}
void fill_exponential_inverse(Bits& bits, double* out, index_t n) {
  for (index_t i = 0; i < n; ++i) out[i] = -std::log1p(-bits.next_double());
}
void fill_exponential_inverse(Bits& bits, float* out, index_t n) {
  for (index_t i = 0; i < n; ++i) out[i] = static_cast<float>(-std::log1p(static_cast<double>(-bits.next_float())));
}
void fill_raw(Bits& bits, u64* out, index_t n) {
  if (bits.kind == Kind::mt19937) {
    for (index_t i = 0; i < n; ++i) out[i] = bits.mt.next32();
    return;
  }
  fill(bits, out, n, [](auto& s) { return s.next64(); });
}

// ---- integers ------------------------------------------------------------------------------------------------------------------

namespace {

template <class T>
void fill_bounded(Bits& bits, T* out, index_t n, T low, T bound, bool masked) {
  with_source(bits, [=](auto& source) {
    SmallDraws<T, std::remove_reference_t<decltype(source)>> draws{source};
    if (bound == static_cast<T>(~T{0})) {
      for (index_t i = 0; i < n; ++i) out[i] = static_cast<T>(low + draws.next());
    } else if (masked) {
      const T mask = static_cast<T>(mask_over(bound));
      for (index_t i = 0; i < n; ++i) out[i] = static_cast<T>(low + by_mask<T>(draws, bound, mask));
    } else {
      for (index_t i = 0; i < n; ++i) out[i] = static_cast<T>(low + by_product<T>(draws, bound));
    }
  });
}

void fill_narrow(Bits& bits, u64* out, index_t n, u64 low, u32 bound, bool masked) {
  with_source(bits, [=](auto& source) {
    SmallDraws<u32, std::remove_reference_t<decltype(source)>> draws{source};
    if (bound == 0xFFFFFFFF) {
      for (index_t i = 0; i < n; ++i) out[i] = low + draws.next();
    } else if (masked) {
      const u32 mask = static_cast<u32>(mask_over(bound));
      for (index_t i = 0; i < n; ++i) out[i] = low + by_mask<u32>(draws, bound, mask);
    } else {
      for (index_t i = 0; i < n; ++i) out[i] = low + by_product<u32>(draws, bound);
    }
  });
}

void fill_truth(Bits& bits, char* out, index_t n) {
  u32 buffer = 0;
  for (index_t i = 0; i < n; ++i) {
    buffer = i % 32 == 0 ? bits.next32() : buffer >> 1;
    out[i] = buffer & 1;
  }
}

template <class T>
void fill_same(T* out, index_t n, u64 value) {
  for (index_t i = 0; i < n; ++i) out[i] = static_cast<T>(value);
}

template <class T>
void fill_sized(Bits& bits, char* out, index_t n, u64 low, u64 bound, bool masked) {
  T* const to = reinterpret_cast<T*>(out);
  if (bound == 0) fill_same(to, n, low);
  else fill_bounded<T>(bits, to, n, static_cast<T>(low), static_cast<T>(bound), masked);
}

}  // namespace

void fill_integers(Bits& bits, char* out, index_t n, int size, bool truth, u64 low, u64 bound, bool masked) {
  if (truth) return bound ? fill_truth(bits, out, n) : fill_same(out, n, low);
  switch (size) {
    case 1: return fill_sized<std::uint8_t>(bits, out, n, low, bound, masked);
    case 2: return fill_sized<std::uint16_t>(bits, out, n, low, bound, masked);
    case 4: return fill_sized<u32>(bits, out, n, low, bound, masked);
    default:
      if (bound != 0 && bound <= 0xFFFFFFFF) return fill_narrow(bits, reinterpret_cast<u64*>(out), n, low, static_cast<u32>(bound), masked);
      return fill_sized<u64>(bits, out, n, low, bound, masked);
  }
}

namespace {

// Small draws go on from one element to the next in what is left of a 32-bit draw.
template <class T>
void fill_each(Bits& bits, char* out, index_t n, const u64* low, const u64* bound, bool masked) {
  SmallDraws<T, Bits> draws{bits};
  for (index_t i = 0; i < n; ++i) {
    const T to = static_cast<T>(bound[i]);
    T drawn = 0;
    if (to == static_cast<T>(~T{0})) drawn = draws.next();
    else if (to != 0) drawn = masked ? by_mask<T>(draws, to, static_cast<T>(mask_over(to))) : by_product<T>(draws, to);
    reinterpret_cast<T*>(out)[i] = static_cast<T>(low[i] + drawn);
  }
}

}  // namespace

void fill_integers(Bits& bits, char* out, index_t n, int size, bool truth, const u64* low, const u64* bound, bool masked) {
  if (truth) {
    u32 buffer = 0;
    int left = 0;
    for (index_t i = 0; i < n; ++i) {
      if (bound[i]) {
        buffer = left ? buffer >> 1 : bits.next32();
        left = left ? left - 1 : 31;
      }
      out[i] = bound[i] ? buffer & 1 : low[i] != 0;
    }
    return;
  }
  switch (size) {
    case 1: return fill_each<std::uint8_t>(bits, out, n, low, bound, masked);
    case 2: return fill_each<std::uint16_t>(bits, out, n, low, bound, masked);
    case 4: return fill_each<u32>(bits, out, n, low, bound, masked);
    default:
      for (index_t i = 0; i < n; ++i)
        reinterpret_cast<u64*>(out)[i] = low[i] + (masked ? bounded_by_mask(bits, bound[i]) : bounded(bits, bound[i]));
  }
}

// ---- shuffling -----------------------------------------------------------------------------------------------------------------

namespace {

template <class T>
void shuffle_as(Bits& bits, T* elements, index_t n) {
  with_source(bits, [=](auto& source) {
    for (index_t i = n - 1; i >= 1; --i) {
      const u64 j = bounded_by_mask(source, static_cast<u64>(i));
      const T kept = elements[i];
      elements[i] = elements[j];
      elements[j] = kept;
    }
  });
}

}  // namespace

void shuffle(Bits& bits, char* elements, index_t n, index_t size) {
  switch (size) {
    case 1: return shuffle_as(bits, reinterpret_cast<std::uint8_t*>(elements), n);
    case 2: return shuffle_as(bits, reinterpret_cast<std::uint16_t*>(elements), n);
    case 4: return shuffle_as(bits, reinterpret_cast<u32*>(elements), n);
    case 8: return shuffle_as(bits, reinterpret_cast<u64*>(elements), n);
    default:
      return with_source(bits, [=](auto& source) {
        for (index_t i = n - 1; i >= 1; --i) {
          const index_t j = static_cast<index_t>(bounded_by_mask(source, static_cast<u64>(i)));
          if (i != j) std::swap_ranges(elements + i * size, elements + (i + 1) * size, elements + j * size);
        }
      });
  }
}

void shuffle_ints(Bits& bits, std::int64_t* elements, index_t n, index_t first) {
  for (index_t i = n - 1; i >= first; --i) std::swap(elements[i], elements[bounded(bits, static_cast<u64>(i))]);
}

void draw_partners(Bits& bits, std::int64_t* out, index_t n) {
  for (index_t i = n - 1; i >= 1; --i) *out++ = static_cast<std::int64_t>(bounded_by_mask(bits, static_cast<u64>(i)));
}

}  // namespace adder::array::random
