// Sources of random bits: PCG64 and PCG64DXSM (O'Neill, "PCG: A Family of Simple Fast Space-Efficient Statistically Good
// Algorithms for Random Number Generation"), MT19937 (Matsumoto and Nishimura), Philox 4x64-10 (Salmon et al., "Parallel Random
// Numbers: As Easy as 1, 2, 3"), SFC64 (Doty-Humphrey). `Bits` is plain memory: a copy is a second stream from the same place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace adder::array::random {

using u32 = std::uint32_t;
using u64 = std::uint64_t;
__extension__ using u128 = unsigned __int128;

constexpr u128 wide(u64 high, u64 low) { return static_cast<u128>(high) << 64 | low; }
constexpr u64 rotate_right(u64 x, unsigned by) { return x >> (by & 63) | x << (-by & 63); }

inline constexpr u128 kPcgMultiplier = wide(0x2360ED051FC65DA4, 0x4385DF649FCCF645);
inline constexpr u64 kPcgCheapMultiplier = 0xDA942042E4DD58B5;

struct Pcg64 {
  u128 state, increment;

  static u64 output(u128 s) {
    const u64 high = static_cast<u64>(s >> 64);
    return rotate_right(high ^ static_cast<u64>(s), static_cast<unsigned>(high >> 58));
  }
  u64 next64() {
    state = state * kPcgMultiplier + increment;
    return output(state);
  }
};

struct Pcg64Dxsm {
  u128 state, increment;

  u64 next64() {
    u64 high = static_cast<u64>(state >> 64), low = static_cast<u64>(state) | 1;
    high ^= high >> 32;
    high *= kPcgCheapMultiplier;
    high ^= high >> 48;
    high *= low;
    state = state * kPcgCheapMultiplier + increment;
    return high;
  }
};

struct Mt19937 {
  static constexpr int kWords = 624, kDistance = 397;
  u32 key[kWords];
  std::int32_t position;

  u32 next32() {
    if (position == kWords) [[unlikely]] refill();
    u32 y = key[position++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9D2C5680;
    y ^= (y << 15) & 0xEFC60000;
    return y ^ y >> 18;
  }
  u64 next64() {
    const u64 high = next32();
    return high << 32 | next32();
  }
  double next_double() {
    const u32 a = next32() >> 5, b = next32() >> 6;
    return (a * 67108864.0 + b) / 9007199254740992.0;
  }
  void refill();
};

struct Philox {
  u64 counter[4], key[2], buffer[4];
  std::int32_t position;  // in the buffer; 4: used up

  u64 next64() {
    if (position == 4) [[unlikely]] refill();
    return buffer[position++];
  }
  void refill();
};

struct Sfc64 {
  u64 a, b, c, count;

  u64 next64() {
    const u64 result = a + b + count++;
    a = b ^ b >> 11;
    b = c + (c << 3);
    c = rotate_right(c, 40) + result;
    return result;
  }
};

enum class Kind : std::uint8_t { pcg64, pcg64dxsm, mt19937, philox, sfc64 };

constexpr double unit_double(u64 bits) { return static_cast<double>(bits >> 11) * (1.0 / 9007199254740992.0); }
constexpr float unit_float(u32 bits) { return static_cast<float>(bits >> 8) * (1.0f / 16777216.0f); }

// A generator with the half of a 64-bit draw that 32-bit draws have not used yet, and the second of a pair of legacy normals.
struct Bits {
  Kind kind = Kind::pcg64;
  bool has_half = false, has_normal = false;
  u32 half = 0;
  double normal = 0;
  union {
    Pcg64 pcg;
    Pcg64Dxsm dxsm;
    Mt19937 mt;
    Philox philox;
    Sfc64 sfc;
  };

  Bits() : mt{} {}

  // f(generator) with the generator as its own type.
  template <class F>
  decltype(auto) visit(F f) {
    switch (kind) {
      case Kind::pcg64: return f(pcg);
      case Kind::pcg64dxsm: return f(dxsm);
      case Kind::mt19937: return f(mt);
      case Kind::philox: return f(philox);
      case Kind::sfc64: break;
    }
    return f(sfc);
  }

  u64 next64() {
    return visit([](auto& g) { return g.next64(); });
  }
  u32 next32() {
    if (kind == Kind::mt19937) return mt.next32();
    if (has_half) {
      has_half = false;
      return half;
    }
    const u64 both = next64();
    has_half = true;
    half = static_cast<u32>(both >> 32);
    return static_cast<u32>(both);
  }
  double next_double() { return kind == Kind::mt19937 ? mt.next_double() : unit_double(next64()); }
  float next_float() { return unit_float(next32()); }
};

// The same four draws from one kind of generator, whose state lies in registers meanwhile: for loops that fill arrays.
template <class G>
class Source {
 public:
  Source(Bits& bits, G& generator) : bits_(bits), origin_(generator), own_(generator), has_half_(bits.has_half), half_(bits.half) {}
  ~Source() {
    if constexpr (kCopied) origin_ = own_;
    bits_.has_half = has_half_;
    bits_.half = half_;
  }
  Source(const Source&) = delete;

  u64 next64() { return own_.next64(); }
  u32 next32() {
    if constexpr (std::is_same_v<G, Mt19937>) {
      return own_.next32();
    } else {
      if (has_half_) {
        has_half_ = false;
        return half_;
      }
      const u64 both = own_.next64();
      has_half_ = true;
      half_ = static_cast<u32>(both >> 32);
      return static_cast<u32>(both);
    }
  }
  double next_double() {
    if constexpr (std::is_same_v<G, Mt19937>) return own_.next_double();
    else return unit_double(own_.next64());
  }
  float next_float() { return unit_float(next32()); }
  G& generator() { return own_; }

 private:
  static constexpr bool kCopied = sizeof(G) <= 128;
  Bits& bits_;
  G& origin_;
  std::conditional_t<kCopied, G, G&> own_;
  bool has_half_;
  u32 half_;
};

// f(source) with a Source of the generator's kind.
template <class F>
void with_source(Bits& bits, F f) {
  bits.visit([&](auto& generator) {
    Source source(bits, generator);
    f(source);
  });
}

// ---- seeding -------------------------------------------------------------------------------------------------------------
// The seed sequence of O'Neill's randutils ("Developing a seed_seq Alternative"): entropy is hashed into a pool, the pool into as
// many words as wanted. `pool` has pool_size words, at least 4.
void mix_entropy(const u32* entropy, std::size_t count, u32* pool, std::size_t pool_size);
void generate_words(const u32* pool, std::size_t pool_size, u32* out, std::size_t count);

// What a generator of that kind is seeded with: 64-bit words of a seed sequence (MT19937: 32-bit words, two to a word).
int seed_words(Kind kind);
void seed(Bits& bits, Kind kind, const u64* words);
// MT19937 as its authors seed it, from one word or from several.
void seed_mt(Mt19937& mt, u32 word);
void seed_mt(Mt19937& mt, const u32* words, std::size_t count);

// Moves ahead by `steps` 64-bit draws (PCG, modulo 2^128) or counters (Philox, modulo 2^256: four words, lowest first).
void advance(Bits& bits, const u64* steps);
// Moves MT19937 ahead by 2^128 32-bit draws; false if there is no memory.
bool jump_mt(Mt19937& mt);

}  // namespace adder::array::random
