// Counts of executed instructions, and how they are shown.
#include "vm/stats.h"
#include <algorithm>
#include <cstdio>
#include <vector>
#include "memory/counts.h"
#include "memory/gc_state.h"

namespace adder {

#ifdef ADDER_STATS
LoopStats loop_stats;

namespace {

constexpr int kOps = static_cast<int>(Op::kCount);
constexpr size_t kRows = 40;  // of each list

struct Row {
  uint64_t count;
  int first, second;  // the instruction before, or -1
};
const char* name_of(int op) { return op_info(static_cast<Op>(op)).name; }
void print_rows(const char* title, std::vector<Row> rows, uint64_t total) {
  const size_t n = std::min(kRows, rows.size());
  std::partial_sort(rows.begin(), rows.begin() + static_cast<ptrdiff_t>(n), rows.end(), [](const Row& a, const Row& b) { return a.count > b.count; });
  fprintf(stderr, "%s\n", title);
  for (size_t i = 0; i < n; i++) {
    const Row& r = rows[i];
    fprintf(stderr, "  %14llu %5.1f %%  %s%s%s\n", static_cast<unsigned long long>(r.count), 100.0 * static_cast<double>(r.count) / static_cast<double>(total),
            r.first < 0 ? "" : name_of(r.first), r.first < 0 ? "" : " ", name_of(r.second));
  }
}
void print_loop() {
  static uint64_t of[kOps];
  uint64_t total = 0;
  std::vector<Row> single, pairs;
  for (int i = 0; i < kOps; i++) {
    for (int k = 0; k < kOps; k++) {
      uint64_t n = loop_stats.pairs[i][k];
      if (!n) continue;
      of[k] += n;
      total += n;
      pairs.push_back({n, i, k});
    }
  }
  for (int i = 0; i < kOps; i++) {
    if (of[i]) single.push_back({of[i], -1, i});
  }
  fprintf(stderr, "instructions: %llu\n", static_cast<unsigned long long>(total));
  print_rows("by instruction", single, total);
  print_rows("by pair", pairs, total);
  fprintf(stderr, "by cache: executed, of these by the general form\n");
  for (int g = 0; g < kOps; g++) {
    uint64_t executed = 0;
    for (int i = 0; i < kOps; i++) executed += general_form(static_cast<Op>(i)) == static_cast<Op>(g) ? of[i] : 0;
    if (uint64_t missed = loop_stats.in_general[g]) {
      fprintf(stderr, "  %14llu %14llu  %s\n", static_cast<unsigned long long>(executed), static_cast<unsigned long long>(missed), name_of(g));
    }
  }
  fprintf(stderr, "objects allocated: %llu, %llu bytes\n", static_cast<unsigned long long>(allocation_counts.objects),
          static_cast<unsigned long long>(allocation_counts.bytes));
}

}  // namespace
#else
static void print_loop() { fprintf(stderr, "instructions and allocations: counted by builds with -DADDER_STATS=ON\n"); }
#endif

void print_stats() {
  print_loop();
  fprintf(stderr, "collector: runs, objects collected, uncollectable\n");
  for (int i = 0; i < kGenerations; i++) {
    const GcStats& s = gc_state().stats[i];
    fprintf(stderr, "  generation %d: %zd, %zd, %zd\n", i, s.collections, s.collected, s.uncollectable);
  }
}

}  // namespace adder
