// Encoders and decoders of a code object's two tables, in CPython 3.11's formats with one word as the unit.
#pragma once
#include <string>
#include "compile/code.h"

namespace adder {

// Location table: entries of up to 8 words with the same position.
class LocationEncoder {
 public:
  explicit LocationEncoder(int firstlineno) : line_(firstlineno) {}
  // Neighbouring calls with equal positions are merged. line -1: no location; column -1: line only.
  void add(const Position& p, int words);
  const std::string& finish() { flush(); return bytes_; }
 private:
  void flush();
  void entry(const Position& p, int words);
  std::string bytes_;
  int line_;
  Position last_{-1, -1, -1, -1};
  int count_ = 0;
};

// Walks the location table of a code object entry by entry.
class LocationReader {
 public:
  explicit LocationReader(PyCodeObject* code);
  bool next();                 // false at the end
  Py_ssize_t start = 0, end = 0;  // words
  Position position{-1, -1, -1, -1};
 private:
  int byte() { return at_ < stop_ ? *at_++ : 0; }
  unsigned varint();
  int svarint();
  const uint8_t* at_;
  const uint8_t* stop_;
  int line_;
};

// The location table of a code object without columns and end lines; and whether every code object is to have only that.
Ref lines_only(PyCodeObject* code);
extern bool debug_ranges;  // false: -X no_debug_ranges

void encode_exception_range(std::string& out, int start, int length, int target, int reg, bool lasti);

// What makes two constants the same constant: type and value, recursively; -0.0 differs from 0.0.
bool same_constant(Value a, Value b);
uint64_t constant_hash(Value v);

}  // namespace adder
