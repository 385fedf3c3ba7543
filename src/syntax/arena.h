// The arena in which a tree lives: bump allocation, nothing freed one by one, and the list of the Python objects
// (identifiers, constants) that its nodes name, kept alive until the arena goes.
#pragma once
#include <cstdlib>
#include <cstring>
#include <new>
#include <type_traits>
#include <vector>
#include "value/ref.h"

namespace adder::syntax {

// A span of arena memory.
template <class T>
struct Seq {
  T* data = nullptr;
  uint32_t count = 0;

  uint32_t size() const { return count; }
  bool empty() const { return count == 0; }
  T& operator[](size_t i) const { return data[i]; }
  T* begin() const { return data; }
  T* end() const { return data + count; }
  T& front() const { return data[0]; }
  T& back() const { return data[count - 1]; }
};

class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena() {
    for (Value v : kept_) decref(v);
    for (char* block : blocks_) std::free(block);
  }

  // Never null: the process ends if there is no memory at all for a block of some KiB.
  void* allocate(size_t bytes) {
    bytes = (bytes + 7) & ~size_t{7};
    if (ADDER_UNLIKELY(bytes > static_cast<size_t>(end_ - next_))) return allocate_slow(bytes);
    char* p = next_;
    next_ += bytes;
    return p;
  }
  // A node, its fields at their defaults.
  template <class T>
  T* make() { return new (allocate(sizeof(T))) T(); }
  template <class T>
  Seq<T> copy(const T* from, size_t n) {
    Seq<T> s;
    if (n == 0) return s;
    s.data = static_cast<T*>(allocate(n * sizeof(T)));
    std::memcpy(static_cast<void*>(s.data), from, n * sizeof(T));
    s.count = static_cast<uint32_t>(n);
    return s;
  }
  template <class T>
  Seq<T> copy(const std::vector<T>& v) { return copy(v.data(), v.size()); }

  // Takes over a reference; gives it back borrowed. An empty Ref stays absent.
  Value keep(Ref r) {
    Value v = r.release();
    if (v.is_object()) kept_.push_back(v);
    return v;
  }

 private:
  void* allocate_slow(size_t bytes) {
    size_t block = bytes > block_size_ / 4 ? bytes : block_size_;
    char* p = static_cast<char*>(std::malloc(block));
    if (!p) std::abort();
    blocks_.push_back(p);
    if (block == bytes) return p;
    if (block_size_ < (size_t{1} << 20)) block_size_ *= 2;
    next_ = p + bytes;
    end_ = p + block;
    return p;
  }

  char* next_ = nullptr;
  char* end_ = nullptr;
  size_t block_size_ = 8192;
  std::vector<char*> blocks_;
  std::vector<Value> kept_;
};

}  // namespace adder::syntax
