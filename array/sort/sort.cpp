#pragma clang diagnostic ignored "-Wdeprecated-declarations"  // libstdc++ 12 deprecates what its own stable_sort uses
// Sorting lines of numbers. A line is worked on in contiguous memory, copied there and back if it is strided.
#include "array/sort/sort.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <new>

#include "array/core/host.h"
#include "array/core/scratch.h"
#include "array/sort/radix.h"
#include "array/sort/select.h"
#include "array/sort/vector_sort.h"

namespace adder::array {

namespace {

template <class T>
bool less(T a, T b) {
  return sorts_before(widen(a), widen(b));
}

template <class T>
void sort_line(char* data, index_t n) {
  T* a = reinterpret_cast<T*>(data);
  if constexpr (kIsComplex<T>) {
    std::sort(a, a + n, less<T>);
  } else if constexpr (!std::is_integral_v<T>) {
    T* end = std::partition(a, a + n, [](T x) { return x == x; });
    if constexpr (!std::is_same_v<T, Half>)
      if (vector_sort(a, end - a)) return;
    std::sort(a, end);
  } else if constexpr (sizeof(T) == 1) {
    // Counting beats comparing for bytes.
    index_t counts[256] = {};
    for (index_t i = 0; i < n; ++i) ++counts[static_cast<std::uint8_t>(a[i])];
    constexpr int first = std::is_signed_v<T> ? 128 : 0;
    index_t at = 0;
    for (int k = 0; k < 256; ++k) {
      int value = (k + first) & 255;
      for (index_t c = counts[value]; c > 0; --c) a[at++] = static_cast<T>(value);
    }
  } else {
    if (!vector_sort(a, n)) std::sort(a, a + n);
  }
}

// Beside n spare elements.
template <class T>
void partition_line(char* data, index_t n, const index_t* ranks, int count, char* spare) {
  if constexpr (requires(T* a) { select_ranks(a, n, ranks, count, a); }) {
    T *a = reinterpret_cast<T*>(data), *end = a + n;
    if constexpr (!std::is_integral_v<T>) end = std::partition(a, end, [](T x) { return x == x; });
    while (count > 0 && ranks[count - 1] >= end - a) --count;
    constexpr index_t kWorthSorting = 1024;  // lines so short are sorted as fast
    if (end - a <= kWorthSorting && vector_sort(a, end - a)) return;
    select_ranks(a, end - a, ranks, count, reinterpret_cast<T*>(spare));
  } else {
    sort_line<T>(data, n);
  }
}

// `work` holds 3n words.
template <class T>
void argsort_line(const char* data, index_t n, std::int64_t* out, std::uint64_t* work) {
  const T* a = reinterpret_cast<const T*>(data);
  if constexpr (!kIsComplex<T>) {
    if (n >= kWorthCounting && n < kTooManyToCount) {
      for (index_t i = 0; i < n; ++i) work[i] = sort_key(a[i]);
      radix_order(work, n, work + n, out);
      return;
    }
  }
  for (index_t i = 0; i < n; ++i) out[i] = i;
  std::stable_sort(out, out + n, [a](std::int64_t x, std::int64_t y) { return less(a[x], a[y]); });
}

template <class T>
void search_line(const char* data, index_t n, const char* values, index_t count, index_t step, std::int64_t* out, bool right) {
  const T* a = reinterpret_cast<const T*>(data);
  for (index_t i = 0; i < count; ++i) {
    T value = *reinterpret_cast<const T*>(values + i * step);
    out[i] = right ? std::upper_bound(a, a + n, value, less<T>) - a : std::lower_bound(a, a + n, value, less<T>) - a;
  }
}

struct Sorters {
  void (*sort)(char*, index_t);
  void (*partition)(char*, index_t, const index_t*, int, char*);
  void (*argsort)(const char*, index_t, std::int64_t*, std::uint64_t*);
  void (*search)(const char*, index_t, const char*, index_t, index_t, std::int64_t*, bool);
};

template <class T>
constexpr Sorters kSorters = {sort_line<T>, partition_line<T>, argsort_line<T>, search_line<T>};

// Dtypes beyond the plain numbers: places are sorted by the dtype's own comparison, then elements are moved. Stable, and by a
// method that ends whatever the comparison says (that of objects may fail; the host knows).
void argsort_special(const DType* type, const char* data, index_t n, std::int64_t* out) {
  const index_t size = type->size;
  for (index_t i = 0; i < n; ++i) out[i] = i;
  std::stable_sort(out, out + n, [=](std::int64_t x, std::int64_t y) { return type->elements->compare(type, data + x * size, data + y * size) < 0; });
}

bool sort_special(const DType* type, char* data, index_t n, Error& error) {
  const std::size_t size = static_cast<std::size_t>(type->size);
  Scratch places, copies;
  auto* order = reinterpret_cast<std::int64_t*>(places.get(n * 8 + 8, error));
  char* copy = copies.get(n * type->size + 1, error);
  if (!order || !copy) return false;
  argsort_special(type, data, n, order);
  std::memcpy(copy, data, static_cast<std::size_t>(n) * size);
  for (index_t i = 0; i < n; ++i) std::memcpy(data + static_cast<std::size_t>(i) * size, copy + static_cast<std::size_t>(order[i]) * size, size);
  return true;
}

void search_special(const DType* type, const char* data, index_t n, const char* values, index_t count, index_t step, std::int64_t* out, bool right) {
  for (index_t i = 0; i < count; ++i) {
    const char* value = values + i * step;
    index_t low = 0, high = n;
    while (low < high) {
      const index_t middle = low + (high - low) / 2;
      const int order = right ? -type->elements->compare(type, value, data + middle * type->size) : type->elements->compare(type, data + middle * type->size, value);
      if (right ? order <= 0 : order < 0) low = middle + 1;
      else high = middle;
    }
    out[i] = low;
  }
}

// Copies raw bytes: whoever sorts owns what references are among them throughout.
void move_strided(char* to, index_t to_step, const char* from, index_t from_step, index_t n, index_t size) {
  for (index_t i = 0; i < n; ++i) std::memcpy(to + i * to_step, from + i * from_step, static_cast<std::size_t>(size));
}

const Sorters* sorters_of(const DType* type, Error& error) {
  if (const Sorters* sorters = with_element_type(type, []<class T>() { return &kSorters<T>; })) return sorters;
  error.operation = "sort";
  error.dtypes[0] = type;
  error.count = 1;
  error.fail(Code::no_loop);
  return nullptr;
}

void copy_strided(char* to, index_t to_step, const char* from, index_t from_step, index_t n, const DType* type) {
  char* args[2] = {const_cast<char*>(from), to};
  index_t steps[2] = {from_step, to_step};
  cast_kernel(type, type)(args, n, steps, nullptr);
}

// Calls body(offset in a, offset in b) for each line.
template <class Body>
void each_line(const ArrayView& a, const ArrayView& b, int axis, Body body) {
  if (a.size() == 0) return;
  index_t counter[kMaxDims] = {};
  char *p = a.data, *q = b.data;
  for (;;) {
    body(p, q);
    int i = a.nd - 1;
    for (; i >= 0; --i) {
      if (i == axis) continue;
      p += a.strides[i];
      q += b.strides[i];
      if (++counter[i] < a.shape[i]) break;
      p -= a.strides[i] * a.shape[i];
      q -= b.strides[i] * a.shape[i];
      counter[i] = 0;
    }
    if (i < 0) return;
  }
}

// Calls body(line) for each line in contiguous memory, copied there and back if it is strided.
template <class Body>
bool each_contiguous_line(const ArrayView& view, int axis, const char* what, Error& error, Body body) {
  const index_t n = view.shape[axis], step = view.strides[axis], size = view.dtype->size;
  Scratch memory;
  char* line = nullptr;
  if (step != size && !(line = memory.get(n * size + 1, error))) return false;
  LongWork work(what, view.size());
  each_line(view, view, axis, [&](char* p, char*) {
    if (!line) {
      body(p);
      return;
    }
    copy_strided(line, size, p, step, n, view.dtype);
    body(line);
    copy_strided(p, step, line, size, n, view.dtype);
  });
  return true;
}

}  // namespace

bool sort(const ArrayView& view, int axis, Error& error) {
  if (view.dtype->is_special()) {
    const index_t n = view.shape[axis], step = view.strides[axis], size = view.dtype->size;
    Scratch memory;
    char* line = memory.get(n * size + 1, error);
    bool fine = line != nullptr;
    each_line(view, view, axis, [&](char* p, char*) {
      if (!fine) return;
      move_strided(line, size, p, step, n, size);
      fine = sort_special(view.dtype, line, n, error);
      move_strided(p, step, line, size, n, size);
    });
    return fine;
  }
  const Sorters* sorters = sorters_of(view.dtype, error);
  if (!sorters) return false;
  return each_contiguous_line(view, axis, "sort", error, [&](char* line) { sorters->sort(line, view.shape[axis]); });
}

bool partition(const ArrayView& view, int axis, const index_t* ranks, int count, Error& error) {
  if (view.dtype->is_special()) return sort(view, axis, error);
  const Sorters* sorters = sorters_of(view.dtype, error);
  const index_t n = view.shape[axis];
  Scratch memory;
  char* spare = sorters ? memory.get(n * view.dtype->size + 64, error) : nullptr;
  if (!spare) return false;
  return each_contiguous_line(view, axis, "partition", error, [&](char* line) { sorters->partition(line, n, ranks, count, spare); });
}

bool argsort(const ArrayView& in, int axis, ArrayView* out, const Allocator& allocator, Error& error) {
  const bool special = in.dtype->is_special();
  const Sorters* sorters = special ? nullptr : sorters_of(in.dtype, error);
  if (!sorters && !special) return false;
  if (!allocator.allocate(allocator.self, 0, &kInt64, in.nd, in.shape, nullptr, out, error)) return false;
  const index_t n = in.shape[axis], size = in.dtype->size;
  Scratch elements, places, words;
  char* line = elements.get(n * size + 1, error);
  std::int64_t* indices = reinterpret_cast<std::int64_t*>(places.get(n * 8 + 8, error));
  std::uint64_t* keys = reinterpret_cast<std::uint64_t*>(words.get(special ? 8 : n * 24 + 8, error));
  if (!line || !indices || !keys) return false;
  LongWork work("argsort", special ? 0 : in.size());
  try {
    each_line(in, *out, axis, [&](char* p, char* q) {
      if (special) {
        move_strided(line, size, p, in.strides[axis], n, size);
        argsort_special(in.dtype, line, n, indices);
      } else {
        copy_strided(line, size, p, in.strides[axis], n, in.dtype);
        sorters->argsort(line, n, indices, keys);
      }
      copy_strided(q, out->strides[axis], reinterpret_cast<char*>(indices), 8, n, &kInt64);
    });
  } catch (const std::bad_alloc&) {
    return error.fail(Code::no_memory);
  }
  return true;
}

bool searchsorted(const ArrayView& sorted, const ArrayView& values, bool right, ArrayView* out, const Allocator& allocator,
                  Error& error) {
  const bool special = sorted.dtype->is_special();
  const Sorters* sorters = special ? nullptr : sorters_of(sorted.dtype, error);
  if (!sorters && !special) return false;
  auto search = [&](const char* line, index_t n, const char* at, index_t count, index_t step, std::int64_t* places) {
    if (special) search_special(sorted.dtype, line, n, at, count, step, places, right);
    else sorters->search(line, n, at, count, step, places, right);
  };
  if (!allocator.allocate(allocator.self, 0, &kInt64, values.nd, values.shape, nullptr, out, error)) return false;
  const index_t n = sorted.shape[0], size = sorted.dtype->size;
  Scratch memory;
  char* line = sorted.data;
  if (n > 1 && sorted.strides[0] != size) {
    if (!(line = memory.get(n * size + 1, error))) return false;
    move_strided(line, size, sorted.data, sorted.strides[0], n, size);
  }
  if (values.nd == 0) {
    search(line, n, values.data, 1, 0, reinterpret_cast<std::int64_t*>(out->data));
    return true;
  }
  const int axis = values.nd - 1;
  each_line(values, *out, axis, [&](char* p, char* q) {
    search(line, n, p, values.shape[axis], values.strides[axis], reinterpret_cast<std::int64_t*>(q));
  });
  return true;
}

}  // namespace adder::array
