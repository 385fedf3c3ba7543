// Bit generators against their authors' figures, moving ahead, bounded integers, shuffling.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "array/random/bounded.h"
#include "array/random/distributions.h"
#include "array/random/fill.h"
#include "array/random/ziggurat.h"

namespace adder::array::random {
namespace {

Bits seeded(Kind kind, std::uint32_t entropy) {
  u32 pool[4];
  mix_entropy(&entropy, 1, pool, 4);
  std::vector<u64> words(static_cast<std::size_t>(seed_words(kind)));
  generate_words(pool, 4, reinterpret_cast<u32*>(words.data()), 2 * words.size());
  Bits bits;
  seed(bits, kind, words.data());
  return bits;
}

constexpr Kind kKinds[] = {Kind::pcg64, Kind::pcg64dxsm, Kind::mt19937, Kind::philox, Kind::sfc64};

TEST(Mt19937, DrawsWhatItsAuthorsPublished) {
  Mt19937 one, several;
  seed_mt(one, 5489);
  EXPECT_EQ(one.next32(), 3499211612u);
  const u32 key[] = {0x123, 0x234, 0x345, 0x456};
  seed_mt(several, key, 4);
  EXPECT_EQ(several.next32(), 1067595299u);
  EXPECT_EQ(several.next32(), 955945823u);
}

TEST(Philox, DrawsWhatItsAuthorsPublished) {
  // Random123's known answers for philox4x64-10: counters are raised before they are used, so each is one too low here.
  Philox zero{{~u64{0}, ~u64{0}, ~u64{0}, ~u64{0}}, {0, 0}, {}, 4};
  EXPECT_EQ(zero.next64(), 0x16554d9eca36314cu);
  EXPECT_EQ(zero.next64(), 0xdb20fe9d672d0fdcu);
  EXPECT_EQ(zero.next64(), 0xd7e772cee186176bu);
  EXPECT_EQ(zero.next64(), 0x7e68b68aec7ba23bu);
}

TEST(Bits, AFillEqualsSingleDraws) {
  for (Kind kind : kKinds) {
    for (index_t n : {1, 3, 4, 7, 1000}) {
      Bits a = seeded(kind, 7), b = a;
      std::vector<double> filled(static_cast<std::size_t>(n));
      fill_uniform(a, filled.data(), n);
      for (double x : filled) ASSERT_EQ(x, b.next_double());
      fill_normal(a, filled.data(), n);
      for (double x : filled) ASSERT_EQ(x, standard_normal(b));
      ASSERT_EQ(a.next64(), b.next64());
    }
  }
}

TEST(Bits, HalvesOfADrawAreKeptBetweenFills) {
  for (Kind kind : kKinds) {
    Bits a = seeded(kind, 1), b = a;
    float x[3], y[3];
    fill_uniform(a, x, 1);
    fill_uniform(a, x + 1, 2);
    fill_uniform(b, y, 3);
    EXPECT_TRUE(std::equal(x, x + 3, y));
  }
}

TEST(Advance, EqualsDrawing) {
  for (Kind kind : {Kind::pcg64, Kind::pcg64dxsm}) {
    Bits a = seeded(kind, 3), b = a;
    for (int i = 0; i < 1001; ++i) a.next64();
    const u64 steps[4] = {1001, 0, 0, 0};
    advance(b, steps);
    EXPECT_EQ(a.next64(), b.next64());
  }
  Bits a = seeded(Kind::philox, 3), b = a;
  for (int i = 0; i < 4 * 50; ++i) a.next64();
  const u64 counters[4] = {50, 0, 0, 0};
  advance(b, counters);
  EXPECT_EQ(a.next64(), b.next64());
}

TEST(Bounded, StaysWithinAndReachesBothEnds) {
  Bits bits = seeded(Kind::pcg64, 11);
  for (bool masked : {false, true}) {
    std::array<int, 7> seen{};
    std::uint8_t drawn[2000];
    fill_integers(bits, reinterpret_cast<char*>(drawn), 2000, 1, false, u64{10}, u64{6}, masked);
    for (std::uint8_t x : drawn) {
      ASSERT_GE(x, 10);
      ASSERT_LE(x, 16);
      ++seen[x - 10u];
    }
    for (int count : seen) EXPECT_GT(count, 150);
  }
}

TEST(Bounded, TheWholeRangeIsTheDrawItself) {
  Bits a = seeded(Kind::sfc64, 5), b = a;
  u64 drawn;
  fill_integers(a, reinterpret_cast<char*>(&drawn), 1, 8, false, u64{0}, ~u64{0}, false);
  EXPECT_EQ(drawn, b.next64());
}

TEST(Shuffle, KeepsEveryElement) {
  Bits bits = seeded(Kind::pcg64, 2);
  std::vector<std::int64_t> x(1000);
  std::iota(x.begin(), x.end(), 0);
  shuffle(bits, reinterpret_cast<char*>(x.data()), 1000, 8);
  EXPECT_FALSE(std::is_sorted(x.begin(), x.end()));
  std::sort(x.begin(), x.end());
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(x[static_cast<std::size_t>(i)], i);
}

TEST(Distributions, HaveTheirMeans) {
  struct Case {
    Row row;
    Parameter p[3];
    double mean, tolerance;
  };
  const Case cases[] = {
      {Row::normal, {{.real = 3}, {.real = 2}}, 3, 0.05},      {Row::gamma, {{.real = 2.5}, {.real = 2}}, 5, 0.1},
      {Row::beta, {{.real = 2}, {.real = 3}}, 0.4, 0.01},      {Row::poisson, {{.real = 4}}, 4, 0.05},
      {Row::poisson, {{.real = 400}}, 400, 0.6},               {Row::binomial, {{.whole = 20}, {.real = 0.3}}, 6, 0.05},
      {Row::binomial, {{.whole = 1000}, {.real = 0.4}}, 400, 0.5}, {Row::geometric, {{.real = 0.1}}, 10, 0.25},
      {Row::hypergeometric, {{.whole = 50}, {.whole = 150}, {.whole = 40}}, 10, 0.1},
  };
  Bits bits = seeded(Kind::pcg64, 9);
  for (const Case& c : cases) {
    const Distribution& d = distributions[static_cast<int>(c.row)];
    for (Draw draw : {d.draw, d.legacy}) {
      std::vector<Parameter> drawn(20000);
      draw(bits, c.p, drawn.data(), 20000);
      double sum = 0;
      for (const Parameter& x : drawn) sum += d.whole ? static_cast<double>(x.whole) : x.real;
      EXPECT_NEAR(sum / 20000, c.mean, c.tolerance) << d.name;
    }
  }
}

}  // namespace
}  // namespace adder::array::random
