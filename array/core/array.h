// Array: an owning array for C++ programs. One block holds the header, shape and strides and, for small arrays, the
// data; larger ones refer to a Buffer. Copying an Array shares it.
#pragma once

#include <initializer_list>
#include <utility>

#include "array/core/buffer.h"
#include "array/core/view.h"
#include "array/iter/driver.h"

namespace adder::array {

class Array {
 public:
  Array() = default;
  Array(const Array& other) : block_(other.block_) {
    if (block_) ++block_->references;
  }
  Array(Array&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Array& operator=(Array other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~Array() { drop(); }

  // Fresh memory; an empty Array (see `error`) if it cannot be had. `order` as for Allocator.
  static Array make(const DType* dtype, int nd, const index_t* shape, const int* order, Fill fill, Error& error);
  static Array zeros(const DType* dtype, std::initializer_list<index_t> shape);

  // Another shape over the same memory; the memory stays alive with it.
  Array with_view(const ArrayView& view) const;

  explicit operator bool() const { return block_ != nullptr; }
  const ArrayView& view() const { return block_->view; }
  template <class T>
  T* data() const {
    return reinterpret_cast<T*>(block_->view.data);
  }

  // An allocator for `elementwise` and its kin; results lie in `results[index]`.
  static Allocator allocator(Array* results);

 private:
  struct Block {
    ArrayView view;
    Buffer* buffer;  // null: the data lies in this block, or in `base`
    Block* base;     // keeps borrowed memory alive
    std::uint32_t references;
    index_t dims[1];  // shape, then strides, then the data of small arrays
  };
  static void release(Block* block);
  void drop() {
    if (block_) release(block_);
    block_ = nullptr;
  }

  Block* block_ = nullptr;
};

}  // namespace adder::array
