// Normal and exponential variates by the ziggurat of 256 layers (Marsaglia and Tsang, "The Ziggurat Method for Generating Random
// Variables"; Doornik, "An Improved Ziggurat Method": separate bits choose layer, sign and place).
#pragma once

#include <bit>
#include <cmath>

#include "array/random/bits.h"

namespace adder::array::random {

// Layer i reaches from 0 to `width[i]` times the number of places; a place below `inside[i]` lies under the curve for sure.
// `height[i]` is the curve at the layer's edge.
template <class Place, class Real>
struct Layers {
  Place inside[256];
  Real width[256], height[256];
};

extern const Layers<u64, double> kNormal, kExponential;  // of 2^52 and 2^53 places
extern const Layers<u32, float> kNormalF, kExponentialF;  // of 2^23

inline constexpr double kNormalEdge = 3.6541528853610087963519472518, kNormalEdgeInverse = 0.27366123732975827203338247596;
inline constexpr double kExponentialEdge = 7.6971174701310497140446280481;

template <class S>
[[gnu::noinline, gnu::cold]] double normal_tail(S& source, bool negative) {
  for (;;) {
    const double x = -kNormalEdgeInverse * std::log1p(-source.next_double()), y = -std::log1p(-source.next_double());
    if (y + y > x * x) return negative ? -(kNormalEdge + x) : kNormalEdge + x;
  }
}
template <class S>
[[gnu::noinline, gnu::cold]] float normal_tail_f(S& source, bool negative) {
  constexpr float edge = static_cast<float>(kNormalEdge), inverse = static_cast<float>(kNormalEdgeInverse);
  for (;;) {
    const float x = -inverse * std::log1p(-source.next_float()), y = -std::log1p(-source.next_float());
    if (y + y > x * x) return negative ? -(edge + x) : edge + x;
  }
}

template <class S>
inline double standard_normal(S& source) {
  const auto& t = kNormal;
  for (;;) {
    const u64 bits = source.next64(), place = bits >> 9 & 0xFFFFFFFFFFFFF;
    const unsigned layer = bits & 0xFF;
    // The sign moved over from bit 8: quicker than a choice that no predictor learns.
    const u64 magnitude = std::bit_cast<u64>(static_cast<double>(place) * t.width[layer]);
    const double x = std::bit_cast<double>(magnitude ^ (bits >> 8 & 1) << 63);
    if (place < t.inside[layer]) [[likely]] return x;
    if (layer == 0) return normal_tail(source, place >> 8 & 1);
    if ((t.height[layer - 1] - t.height[layer]) * source.next_double() + t.height[layer] < std::exp(-0.5 * x * x)) return x;
  }
}

template <class S>
inline float standard_normal_f(S& source) {
  const auto& t = kNormalF;
  for (;;) {
    const u32 bits = source.next32(), place = bits >> 9;
    const unsigned layer = bits & 0xFF;
    const u32 magnitude = std::bit_cast<u32>(static_cast<float>(place) * t.width[layer]);
    const float x = std::bit_cast<float>(magnitude ^ (bits >> 8 & 1) << 31);
    if (place < t.inside[layer]) [[likely]] return x;
    if (layer == 0) return normal_tail_f(source, place >> 8 & 1);
    if ((t.height[layer - 1] - t.height[layer]) * source.next_float() + t.height[layer] < std::exp(-0.5 * x * x)) return x;
  }
}

template <class S>
inline double standard_exponential(S& source) {
  const auto& t = kExponential;
  for (;;) {
    const u64 bits = source.next64() >> 3, place = bits >> 8;
    const unsigned layer = bits & 0xFF;
    const double x = static_cast<double>(place) * t.width[layer];
    if (place < t.inside[layer]) [[likely]] return x;
    if (layer == 0) return kExponentialEdge - std::log1p(-source.next_double());
    if ((t.height[layer - 1] - t.height[layer]) * source.next_double() + t.height[layer] < std::exp(-x)) return x;
  }
}

template <class S>
inline float standard_exponential_f(S& source) {
  const auto& t = kExponentialF;
  for (;;) {
    const u32 bits = source.next32() >> 1, place = bits >> 8;
    const unsigned layer = bits & 0xFF;
    const float x = static_cast<float>(place) * t.width[layer];
    if (place < t.inside[layer]) [[likely]] return x;
    if (layer == 0) return static_cast<float>(kExponentialEdge) - std::log1p(-source.next_float());
    if ((t.height[layer - 1] - t.height[layer]) * source.next_float() + t.height[layer] < std::exp(-x)) return x;
  }
}

}  // namespace adder::array::random
