// Memory for the time of one call.
#pragma once

#include "array/core/buffer.h"
#include "array/core/error.h"

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

}  // namespace adder::array
