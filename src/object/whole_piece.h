// Whether a str built of pieces consists of a single one: then that str is the result, as it is.
#pragma once
#include "object/str.h"

namespace adder {

class WholePiece {
 public:
  // Before `piece` is added to `out`.
  void note(const StrBuilder& out, Value piece) {
    if (out.length() == 0 && is_exact_str(piece)) first_ = Ref::copy(piece);
  }
  Ref finish(StrBuilder& out) { return first_ && str_length(first_) == out.length() ? std::move(first_) : out.finish(); }

 private:
  Ref first_;
};

}  // namespace adder
