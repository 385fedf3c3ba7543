// A program while it runs: axes in the order of memory, steps with their places, and a walk through the elements a block at a time.
// What runs, folds and reduces programs shares it; nobody else includes it.
#pragma once

#include <algorithm>
#include <atomic>

#include "array/fuse/program.h"

namespace adder::array {

inline constexpr index_t kBlockBytes = 4096;  // of one operand, at most
inline constexpr int kProgramOperands = kProgramLeaves + 1 + kProgramOutputs;

class ProgramRun {
 public:
  explicit ProgramRun(Program& program) : program_(program) {}

  // Puts axes in order and plans the steps; `out`: the output's memory, null for a fold.
  void plan(const index_t* out_strides, char* out);
  void put_under(const Chooser& by) { out_mask_ = &by, packed_[program_.leaf_count_] = true, stream_ = false; }  // where `out` has the places that it chooses
  bool run(Error& error);                                                            // run.cpp
  bool probe(Error& error);
  bool fold(const OpInfo& op, const Loop& loop, index_t chunk, char* accumulator, Conditions* raised, Error& error);  // fold.cpp
  bool count(index_t* total, Error& error);
  bool reduce(const Reduction& reduction, Conditions* raised, Error& error);         // reduce.cpp
  bool arg_extremum(bool largest, const Reduction& reduction, Error& error);

 private:
  struct Planned {
    Kernel kernel;
    int args;
    bool hardware;
    bool clear;                 // the step before leaves the hardware's conditions as they come
    std::int8_t leaf[4];        // an argument that is a leaf's; else -1
    std::int8_t buffer[4];      // or a buffer's, or kOut
    index_t steps[4];           // along the innermost axis
  };
  // One thread's place in the nest, its buffers and what was raised.
  struct Walk {
    alignas(64) char buffers[kProgramBuffers][kBlockBytes];
    alignas(64) char packed[kProgramLeaves][kBlockBytes];  // blocks of leaves that are packed
    index_t packed_count[kProgramLeaves] = {};             // of a repeated row: what lies there, and where in the row it began
    index_t packed_phase[kProgramLeaves];
    char* leaves[kProgramLeaves];
    char* out;
    char* outputs[kProgramOutputs];
    index_t place[kProgramMasks + 1];                      // in each mask, the output's last, and how many it chooses before
    index_t next_place[kProgramMasks + 1];                 // behind the block
    index_t rank[kProgramMasks + 1];
    index_t counter[kProgramDims];

    Walk() { std::fill_n(rank, kProgramMasks + 1, index_t{-1}); }
    Conditions raised[kProgramSteps] = {};
  };
  // What folds along axes work on; innermost first, neighbours that are both folded or lie evenly in the output joined.
  struct Axis {
    index_t length;
    index_t out;  // 0: folded
  };
  struct Pieces;  // fold.cpp
  struct Job;     // reduce.cpp

  void seek(Walk& walk, index_t at) const;
  void advance(Walk& walk, index_t n) const;
  // Elements from the walk's place on: into the output, or densely to `dense`.
  void evaluate(Walk& walk, index_t n, char* dense) const;
  void block(Walk& walk, index_t n, char* out, index_t out_step) const;
  void pack(Walk& walk, int leaf, index_t n) const;
  const Chooser& mask_at(int i) const { return i == kProgramMasks ? *out_mask_ : program_.masks_[i]; }
  template <class F>
  void for_each_mask(F f) const {
    for (int i = 0; i < program_.mask_count_; ++i) f(i);
    if (out_mask_) f(kProgramMasks);
  }
  void unpack(Walk& walk, const char* from, index_t n) const;
  void give(Walk& walk, index_t n) const;       // a block of each further output
  void scatter(const Walk& walk, int operand, char* to, const char* from, index_t item, index_t n) const;
  void note(const Walk& walk);  // what a thread's walk raised
  void tell();                  // what all of them raised, to the program's operations
  bool quiet() const;           // whether no step can raise anything
  static Conditions run_piece(void* self, index_t begin, index_t end);

  template <class T>
  T pairwise(Walk& walk, const Loop& loop, index_t begin, index_t n, char* dense, Conditions* raised) const;
  template <class T>
  bool sum(const Loop& loop, index_t chunk, char* accumulator, Conditions* raised, Error& error);
  void add_run(Walk& walk, const Loop& loop, index_t begin, index_t n, index_t chunk, char* accumulator, char* dense, Conditions* raised) const;

  int join_axes(const index_t* strides, Axis* axes) const;
  bool reduce_all(const Job& job, Conditions* raised, Error& error);
  void reduce_part(Walk& walk, const Job& job, index_t begin, index_t end, index_t first, index_t last, Conditions* raised) const;
  void reduce_runs(Walk& walk, const Job& job, index_t begin, index_t end, Conditions* raised) const;
  void reduce_rows(Walk& walk, const Job& job, index_t begin, index_t end, index_t first, index_t last, Conditions* raised) const;
  void place_rows(Walk& walk, const Job& job, index_t begin, index_t end, index_t first, index_t last) const;
  void fold_runs(const Job& job, char* acc, index_t acc_step, char* dense, index_t rows, index_t length, Conditions* raised) const;

  Program& program_;
  int nd_ = 0;
  index_t shape_[kProgramDims];                                // innermost first
  index_t strides_[kProgramOperands][kProgramDims];            // leaves, the output, further outputs
  char* out_ = nullptr;
  bool stream_ = false;
  const Chooser* out_mask_ = nullptr;
  // Where the innermost axis is short, blocks go beyond it: leaves that do not lie evenly are packed first.
  bool packs_ = false;
  bool any_packed_ = false;
  bool packed_[kProgramOperands] = {};
  bool repeats_[kProgramLeaves] = {};                          // every row of the innermost axis is the same
  // Further outputs lie in buffers until the block is done.
  int output_count_ = 0;
  struct {
    std::int8_t buffer;
    bool stream;
    index_t item;
  } outputs_[kProgramOutputs];
  int step_count_ = 0;
  Planned steps_[kProgramSteps];
  index_t block_elements_ = 0;
  std::atomic<Conditions> raised_[kProgramSteps] = {};
};

}  // namespace adder::array
