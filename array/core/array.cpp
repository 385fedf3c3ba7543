// The owning array of C++ programs.
#include "array/core/array.h"

#include <cstring>
#include <new>

#include "array/core/host.h"

namespace adder::array {

namespace {
constexpr index_t kInlineBytes = 512;
}

Array Array::make(const DType* dtype, int nd, const index_t* shape, const int* order, Fill fill, Error& error) {
  index_t bytes;
  if (!count_bytes(nd, shape, dtype->size, &bytes, error)) return {};
  const bool inside = bytes <= kInlineBytes;
  std::size_t header = (sizeof(Block) + 2 * static_cast<std::size_t>(nd) * sizeof(index_t) + 63) & ~std::size_t{63};
  void* memory = host().allocate(header + (inside ? static_cast<std::size_t>(bytes) : 0));
  Buffer* buffer = nullptr;
  if (memory && !inside) {
    buffer = allocate_buffer(static_cast<std::size_t>(bytes), fill);
    if (!buffer) {
      host().release(memory);
      memory = nullptr;
    }
  }
  if (!memory) {
    error.size = bytes;
    error.shapes[0].set(nd, shape);
    error.dtypes[0] = dtype;
    error.fail(Code::no_memory);
    return {};
  }
  Block* block = new (memory) Block{};
  index_t* dims = block->dims;
  std::memcpy(dims, shape, static_cast<std::size_t>(nd) * sizeof(index_t));
  ordered_strides(nd, shape, dtype->size, order, dims + nd);
  char* data = inside ? static_cast<char*>(memory) + header : buffer->data;
  if (inside && fill == Fill::zero) std::memset(data, 0, static_cast<std::size_t>(bytes));
  int flags = layout_flags(nd, dims, dims + nd, data, dtype) | kOwnData | kWriteable;
  block->view = {data, nd, flags, dims, dims + nd, dtype};
  block->buffer = buffer;
  block->references = 1;
  Array result;
  result.block_ = block;
  return result;
}

Array Array::zeros(const DType* dtype, std::initializer_list<index_t> shape) {
  Error error;
  return make(dtype, static_cast<int>(shape.size()), shape.begin(), nullptr, Fill::zero, error);
}

Array Array::with_view(const ArrayView& view) const {
  std::size_t size = sizeof(Block) + 2 * static_cast<std::size_t>(view.nd) * sizeof(index_t);
  void* memory = host().allocate(size);
  if (!memory) return {};
  Block* block = new (memory) Block{};
  index_t* dims = block->dims;
  std::memcpy(dims, view.shape, static_cast<std::size_t>(view.nd) * sizeof(index_t));
  std::memcpy(dims + view.nd, view.strides, static_cast<std::size_t>(view.nd) * sizeof(index_t));
  block->view = view;
  block->view.shape = dims;
  block->view.strides = dims + view.nd;
  block->view.flags = layout_flags(view.nd, dims, dims + view.nd, view.data, view.dtype) | kWriteable;
  block->base = block_;
  ++block_->references;
  block->references = 1;
  Array result;
  result.block_ = block;
  return result;
}

void Array::release(Block* block) {
  while (block && --block->references == 0) {
    Block* base = block->base;
    if (block->buffer) block->buffer->release();
    host().release(block);
    block = base;
  }
}

Allocator Array::allocator(Array* results) {
  return {[](void* self, int index, const DType* dtype, int nd, const index_t* shape, const int* order, ArrayView* out,
             Error& error) {
            Array made = make(dtype, nd, shape, order, Fill::result, error);
            if (!made) return false;
            *out = made.view();
            static_cast<Array*>(self)[index] = std::move(made);
            return true;
          },
          results};
}

}  // namespace adder::array
