// Seeding and moving ahead. What a single draw takes stands in the header.
#include "array/random/bits.h"

#include <memory>
#include <new>

namespace adder::array::random {

void Mt19937::refill() {
  auto mixed = [](u32 a, u32 b) {
    const u32 y = (a & 0x80000000) | (b & 0x7FFFFFFF);
    return y >> 1 ^ (-(b & 1) & 0x9908B0DF);
  };
  int i = 0;
  for (; i < kWords - kDistance; ++i) key[i] = key[i + kDistance] ^ mixed(key[i], key[i + 1]);
  for (; i < kWords - 1; ++i) key[i] = key[i + kDistance - kWords] ^ mixed(key[i], key[i + 1]);
  key[i] = key[kDistance - 1] ^ mixed(key[i], key[0]);
  position = 0;
}

void Philox::refill() {
  for (u64& word : counter)
    if (++word) break;
  u64 x[4] = {counter[0], counter[1], counter[2], counter[3]}, k[2] = {key[0], key[1]};
  for (int round = 0; round < 10; ++round) {
    const u128 p = static_cast<u128>(x[0]) * 0xD2E7470EE14C6C93, q = static_cast<u128>(x[2]) * 0xCA5A826395121157;
    const u64 y[4] = {static_cast<u64>(q >> 64) ^ x[1] ^ k[0], static_cast<u64>(q), static_cast<u64>(p >> 64) ^ x[3] ^ k[1], static_cast<u64>(p)};
    std::memcpy(x, y, sizeof x);
    k[0] += 0x9E3779B97F4A7C15;
    k[1] += 0xBB67AE8584CAA73B;
  }
  std::memcpy(buffer, x, sizeof x);
  position = 0;
}

// ---- seed sequence -------------------------------------------------------------------------------------------------------------

namespace {

struct Hash {
  u32 constant, multiplier;
  u32 operator()(u32 value) {
    value ^= constant;
    constant *= multiplier;
    value *= constant;
    return value ^ value >> 16;
  }
};

u32 mixed(u32 x, u32 y) {
  const u32 result = 0xCA01F9DD * x - 0x4973F715 * y;
  return result ^ result >> 16;
}

}  // namespace

void mix_entropy(const u32* entropy, std::size_t count, u32* pool, std::size_t pool_size) {
  Hash hash{0x43B0D7E5, 0x931E8875};
  for (std::size_t i = 0; i < pool_size; ++i) pool[i] = hash(i < count ? entropy[i] : 0);
  for (std::size_t from = 0; from < pool_size; ++from)
    for (std::size_t to = 0; to < pool_size; ++to)
      if (from != to) pool[to] = mixed(pool[to], hash(pool[from]));
  for (std::size_t from = pool_size; from < count; ++from)
    for (std::size_t to = 0; to < pool_size; ++to) pool[to] = mixed(pool[to], hash(entropy[from]));
}

void generate_words(const u32* pool, std::size_t pool_size, u32* out, std::size_t count) {
  Hash hash{0x8B51F9DD, 0x58F38DED};
  for (std::size_t i = 0; i < count; ++i) out[i] = hash(pool[i % pool_size]);
}

// ---- seeding -------------------------------------------------------------------------------------------------------------------

int seed_words(Kind kind) {
  switch (kind) {
    case Kind::mt19937: return Mt19937::kWords / 2;
    case Kind::philox: return 2;
    case Kind::sfc64: return 3;
    default: return 4;
  }
}

void seed(Bits& bits, Kind kind, const u64* words) {
  bits = Bits{};
  bits.kind = kind;
  switch (kind) {
    case Kind::pcg64:
    case Kind::pcg64dxsm: {
      // Two steps, between which the start is added; by the full multiplier, also where later steps take the cheap one.
      const u128 increment = wide(words[2], words[3]) << 1 | 1;
      const u128 state = (increment + wide(words[0], words[1])) * kPcgMultiplier + increment;
      if (kind == Kind::pcg64) bits.pcg = {state, increment};
      else bits.dxsm = {state, increment};
      return;
    }
    case Kind::mt19937:
      std::memcpy(bits.mt.key, words, sizeof bits.mt.key);
      bits.mt.key[0] = 0x80000000;  // so that the state is never zero
      bits.mt.position = Mt19937::kWords - 1;
      return;
    case Kind::philox:
      bits.philox = {{}, {words[0], words[1]}, {}, 4};
      return;
    case Kind::sfc64:
      bits.sfc = {words[0], words[1], words[2], 1};
      for (int i = 0; i < 12; ++i) bits.sfc.next64();
      return;
  }
}

void seed_mt(Mt19937& mt, u32 word) {
  for (u32 i = 0; i < Mt19937::kWords; ++i) {
    mt.key[i] = word;
    word = 1812433253 * (word ^ word >> 30) + i + 1;
  }
  mt.position = Mt19937::kWords;
}

void seed_mt(Mt19937& mt, const u32* words, std::size_t count) {
  constexpr u32 n = Mt19937::kWords;
  seed_mt(mt, 19650218);
  u32* key = mt.key;
  u32 i = 1;
  auto next = [&] {
    if (++i == n) {
      key[0] = key[n - 1];
      i = 1;
    }
  };
  std::size_t j = 0;
  for (std::size_t k = count > n ? count : n; k > 0; --k) {
    key[i] = (key[i] ^ (key[i - 1] ^ key[i - 1] >> 30) * 1664525) + words[j] + static_cast<u32>(j);
    next();
    if (++j == count) j = 0;
  }
  for (u32 k = n - 1; k > 0; --k) {
    key[i] = (key[i] ^ (key[i - 1] ^ key[i - 1] >> 30) * 1566083941) - i;
    next();
  }
  key[0] = 0x80000000;
}

// ---- moving ahead ------------------------------------------------------------------------------------------------------------------

namespace {

// Brown, "Random Number Generation with Arbitrary Strides": `steps` steps of s -> s * multiplier + increment.
u128 stepped(u128 state, u128 multiplier, u128 increment, u128 steps) {
  u128 factor = 1, offset = 0;
  for (; steps; steps >>= 1) {
    if (steps & 1) {
      factor *= multiplier;
      offset = offset * multiplier + increment;
    }
    increment *= multiplier + 1;
    multiplier *= multiplier;
  }
  return factor * state + offset;
}

}  // namespace

void advance(Bits& bits, const u64* steps) {
  const u128 delta = wide(steps[1], steps[0]);
  bits.has_half = false;
  bits.half = 0;
  if (bits.kind == Kind::pcg64) {
    bits.pcg.state = stepped(bits.pcg.state, kPcgMultiplier, bits.pcg.increment, delta);
  } else if (bits.kind == Kind::pcg64dxsm) {
    bits.dxsm.state = stepped(bits.dxsm.state, kPcgCheapMultiplier, bits.dxsm.increment, delta);
  } else if (bits.kind == Kind::philox) {
    u64 carry = 0;
    for (int i = 0; i < 4; ++i) {
      const u128 sum = static_cast<u128>(bits.philox.counter[i]) + steps[i] + carry;
      bits.philox.counter[i] = static_cast<u64>(sum);
      carry = static_cast<u64>(sum >> 64);
    }
    bits.philox.position = 4;
  }
}

namespace {

// Polynomials over the field of two elements, modulo the characteristic polynomial of MT19937 (degree 19937).
constexpr int kDegree = 19937, kPolynomialWords = kDegree / 64 + 1;

struct Polynomial {
  u64 words[2 * kPolynomialWords] = {};
  bool bit(int i) const { return words[i / 64] >> (i % 64) & 1; }
  void flip(int i) { words[i / 64] ^= u64{1} << (i % 64); }
  // this ^= other * x^by
  void add_shifted(const Polynomial& other, int by) {
    const int skip = by / 64, shift = by % 64;
    for (int i = 0; i + skip < 2 * kPolynomialWords && i <= kPolynomialWords; ++i) {
      words[i + skip] ^= other.words[i] << shift;
      if (shift && i + skip + 1 < 2 * kPolynomialWords) words[i + skip + 1] ^= other.words[i] >> (64 - shift);
    }
  }
};

// The characteristic polynomial, from the lowest bits of 2 * kDegree draws (Berlekamp and Massey).
void characteristic(Polynomial& result, Polynomial& last, Polynomial& copy, unsigned char* sequence) {
  Mt19937 mt;
  seed_mt(mt, 5489);
  for (int i = 0; i < 2 * kDegree; ++i) sequence[i] = mt.next32() & 1;
  // Connection polynomials, and the sequence reversed in a window so that the discrepancy is the parity of an `and`.
  std::memset(&result, 0, sizeof result);
  std::memset(&last, 0, sizeof last);
  result.words[0] = last.words[0] = 1;
  u64 window[2 * kPolynomialWords] = {};
  int length = 0, since = 1;
  for (int n = 0; n < 2 * kDegree; ++n) {
    for (int w = kPolynomialWords; w > 0; --w) window[w] = window[w] << 1 | window[w - 1] >> 63;
    window[0] = window[0] << 1 | sequence[n];
    u64 parity = 0;
    for (int w = 0; w <= length / 64; ++w) parity ^= window[w] & result.words[w];
    if (!__builtin_parityll(parity)) {
      ++since;
    } else if (2 * length <= n) {
      copy = result;
      result.add_shifted(last, since);
      last = copy;
      length = n + 1 - length;
      since = 1;
    } else {
      result.add_shifted(last, since);
      ++since;
    }
  }
  // The reversal of the connection polynomial.
  copy = result;
  std::memset(&result, 0, sizeof result);
  for (int i = 0; i <= kDegree; ++i)
    if (copy.bit(i)) result.flip(kDegree - i);
}

void square(Polynomial& p, const Polynomial& modulus, Polynomial& scratch) {
  std::memset(&scratch, 0, sizeof scratch);
  for (int i = 0; i < kDegree; ++i)
    if (p.bit(i)) scratch.flip(2 * i);
  for (int i = 2 * kDegree - 2; i >= kDegree; --i)
    if (scratch.bit(i)) scratch.add_shifted(modulus, i - kDegree);
  p = scratch;
}

}  // namespace

bool jump_mt(Mt19937& mt) {
  struct Work {
    Polynomial modulus, a, b;
    unsigned char sequence[2 * kDegree];
  };
  // x^(2^128), which takes a while.
  static const Polynomial* const jump = []() -> const Polynomial* {
    std::unique_ptr<Work> work(new (std::nothrow) Work);
    Polynomial* made = new (std::nothrow) Polynomial;
    if (!work || !made) return nullptr;
    characteristic(work->modulus, work->a, work->b, work->sequence);
    made->flip(1);
    for (int i = 0; i < 128; ++i) square(*made, work->modulus, work->a);
    return made;
  }();
  if (!jump) return false;
  // NumPy takes the block as a ring from the position on, as a generator that replaces word by word would have it, and so does this: the
  // streams are to be the same.
  constexpr int n = Mt19937::kWords;
  u32 origin[n], sum[n] = {};
  for (int k = 0; k < n; ++k) origin[k] = mt.key[(mt.position + k) % n];
  // Horner's scheme, one step of the generator for each power. The window wanders through `sum`.
  int first = 0;
  for (int i = kDegree - 1; i >= 0; --i) {
    const int second = (first + 1) % n, far = (first + Mt19937::kDistance) % n;
    const u32 y = (sum[first] & 0x80000000) | (sum[second] & 0x7FFFFFFF);
    sum[first] = sum[far] ^ y >> 1 ^ (-(y & 1) & 0x9908B0DF);
    first = second;
    if (jump->bit(i))
      for (int k = 0; k < n; ++k) sum[(first + k) % n] ^= origin[k];
  }
  int degree = kDegree - 1;
  while (!jump->bit(degree)) --degree;
  mt.position = (mt.position + degree) % n;
  for (int k = 0; k < n; ++k) mt.key[(mt.position + k) % n] = sum[(first + k) % n];
  return true;
}

}  // namespace adder::array::random
