// Memory for the time of one call.
#pragma once

#include "array/core/buffer.h"
#include "array/core/error.h"
#include "array/core/parametric.h"

namespace adder::array {

class Scratch {
 public:
  Scratch() = default;
  ~Scratch() {
    if (buffer_) buffer_->release();
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  // Null (Code::no_memory) if it cannot be had. Once in an object's life.
  char* get(index_t bytes, Error& error) {
    buffer_ = allocate_buffer(static_cast<std::size_t>(bytes), Fill::result);
    if (buffer_) return buffer_->data;
    error.size = bytes;
    error.fail(Code::no_memory);
    return nullptr;
  }

 private:
  Buffer* buffer_ = nullptr;
};

// Elements of any dtype for the time of one call; references among them are let go of at its end.
class ElementScratch {
 public:
  ElementScratch() = default;
  ~ElementScratch() {
    if (dtype_) destroy_elements(dtype_, data_, count_);
  }
  ElementScratch(const ElementScratch&) = delete;

  char* get(const DType* dtype, index_t n, Error& error) {
    const index_t bytes = n * dtype->size;
    data_ = memory_.get(bytes ? bytes : 1, error);
    if (data_ && dtype->has_references()) {
      __builtin_memset(data_, 0, static_cast<std::size_t>(bytes));
      dtype_ = dtype;
      count_ = n;
    }
    return data_;
  }

 private:
  Scratch memory_;
  char* data_ = nullptr;
  const DType* dtype_ = nullptr;
  index_t count_ = 0;
};

}  // namespace adder::array
