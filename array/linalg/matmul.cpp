// Matrix products over OpenBLAS, and plain loops for what it does not have.
#include "array/linalg/matmul.h"

#include <dlfcn.h>

#include <cstring>
#include <mutex>
#include <utility>

#include "array/core/host.h"
#include "array/core/lazy_library.h"
#include "array/core/scratch.h"

namespace adder::array {

namespace {

struct Blas {
  void (*dgemm)(int, int, int, int, int, int, double, const double*, int, const double*, int, double, double*, int) = nullptr;
  void (*sgemm)(int, int, int, int, int, int, float, const float*, int, const float*, int, float, float*, int) = nullptr;
  void (*dsyrk)(int, int, int, int, int, double, const double*, int, double, double*, int) = nullptr;
  void (*ssyrk)(int, int, int, int, int, float, const float*, int, float, float*, int) = nullptr;
  void (*dgemv)(int, int, int, int, double, const double*, int, const double*, int, double, double*, int) = nullptr;
  void (*sgemv)(int, int, int, int, float, const float*, int, const float*, int, float, float*, int) = nullptr;
  double (*ddot)(int, const double*, int, const double*, int) = nullptr;
  float (*sdot)(int, const float*, int, const float*, int) = nullptr;
  void (*cgemm)(int, int, int, int, int, int, const void*, const void*, int, const void*, int, const void*, void*, int) = nullptr;
  void (*zgemm)(int, int, int, int, int, int, const void*, const void*, int, const void*, int, const void*, void*, int) = nullptr;
  void (*cdotu_sub)(int, const void*, int, const void*, int, void*) = nullptr;
  void (*zdotu_sub)(int, const void*, int, const void*, int, void*) = nullptr;
  void (*set_threads)(int) = nullptr;
  void* library = nullptr;
  bool loaded = false;
};

const Blas& blas() {
  static Blas table;
  static std::once_flag once;
  std::call_once(once, [] {
    void* library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!library) library = dlopen("libopenblas.so", RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
    table.library = library;
    find_function(library, "cblas_dgemm", table.dgemm);
    find_function(library, "cblas_sgemm", table.sgemm);
    find_function(library, "cblas_dsyrk", table.dsyrk);
    find_function(library, "cblas_ssyrk", table.ssyrk);
    find_function(library, "cblas_dgemv", table.dgemv);
    find_function(library, "cblas_sgemv", table.sgemv);
    find_function(library, "cblas_ddot", table.ddot);
    find_function(library, "cblas_sdot", table.sdot);
    find_function(library, "cblas_cgemm", table.cgemm);
    find_function(library, "cblas_zgemm", table.zgemm);
    find_function(library, "cblas_cdotu_sub", table.cdotu_sub);
    find_function(library, "cblas_zdotu_sub", table.zdotu_sub);
    find_function(library, "openblas_set_num_threads", table.set_threads);
    table.loaded = table.dgemm && table.sgemm && table.dsyrk && table.ssyrk && table.dgemv && table.sgemv && table.ddot && table.sdot && table.cgemm && table.zgemm &&
                   table.cdotu_sub && table.zdotu_sub;
    if (table.set_threads) table.set_threads(thread_count());
  });
  return table;
}

// Whether BLAS has the dtype.
bool in_blas(const DType* type) { return type->is_inexact() && type != &kFloat16; }

constexpr int kRowMajor = 101, kNoTranspose = 111, kTranspose = 112;
constexpr index_t kIntMax = 0x7FFFFFFF;

template <class T>
T at(const char* p) {
  return *reinterpret_cast<const T*>(p);
}

template <class T>
void dot_loop(const char* a, index_t sa, const char* b, index_t sb, index_t n, char* out) {
  if constexpr (std::is_same_v<T, bool>) {
    bool any = false;
    for (index_t i = 0; i < n && !any; ++i) any = at<bool>(a + i * sa) && at<bool>(b + i * sb);
    *reinterpret_cast<bool*>(out) = any;
  } else if constexpr (std::is_integral_v<T>) {
    std::uint64_t sum = 0;
    for (index_t i = 0; i < n; ++i) sum += static_cast<std::uint64_t>(at<T>(a + i * sa)) * static_cast<std::uint64_t>(at<T>(b + i * sb));
    *reinterpret_cast<T*>(out) = static_cast<T>(sum);
  } else {
    Widened<T> sum{};
    for (index_t i = 0; i < n; ++i) sum += at<T>(a + i * sa) * at<T>(b + i * sb);
    *reinterpret_cast<T*>(out) = sum;
  }
}

// Rows of the result gather multiples of rows of b: contiguous inner loops.
template <class T>
void product_loop(const ArrayView& a, const ArrayView& b, const ArrayView& out) {
  const index_t m = out.shape[0], n = out.shape[1], k = a.shape[1];
  if (std::is_integral_v<T> && !std::is_same_v<T, bool> && out.strides[1] == sizeof(T) && b.strides[1] == sizeof(T)) {
    using U = std::make_unsigned_t<std::conditional_t<std::is_integral_v<T> && !std::is_same_v<T, bool>, T, int>>;
    for (index_t i = 0; i < m; ++i) {
      U* row = reinterpret_cast<U*>(out.data + i * out.strides[0]);
      std::memset(row, 0, static_cast<std::size_t>(n) * sizeof(U));
      for (index_t j = 0; j < k; ++j) {
        U x = at<U>(a.data + i * a.strides[0] + j * a.strides[1]);
        const U* from = reinterpret_cast<const U*>(b.data + j * b.strides[0]);
        for (index_t c = 0; c < n; ++c) row[c] = static_cast<U>(row[c] + x * from[c]);
      }
    }
    return;
  }
  for (index_t i = 0; i < m; ++i)
    for (index_t j = 0; j < n; ++j)
      dot_loop<T>(a.data + i * a.strides[0], a.strides[1], b.data + j * b.strides[1], b.strides[0], k,
                  out.data + i * out.strides[0] + j * out.strides[1]);
}

using DotLoop = void (*)(const char*, index_t, const char*, index_t, index_t, char*);
using ProductLoop = void (*)(const ArrayView&, const ArrayView&, const ArrayView&);

struct Loops {
  DotLoop dot;
  ProductLoop product;
};

template <class T>
constexpr Loops kLoops = {dot_loop<T>, product_loop<T>};

const Loops* loops_of(const DType* type, Error& error) {
  if (const Loops* loops = with_element_type(type, []<class T>() { return &kLoops<T>; })) return loops;
  error.operation = "matmul";
  error.dtypes[0] = error.dtypes[1] = type;
  error.count = 2;
  error.fail(Code::no_loop);
  return nullptr;
}

// A matrix as BLAS takes it: leading dimension and whether it is seen transposed. False: neither axis is contiguous.
bool blas_layout(const ArrayView& v, int* transpose, int* leading) {
  const index_t size = v.dtype->size;
  auto fits = [&](index_t unit, index_t other, index_t unit_length, index_t other_length) {
    if (unit_length != 1 && unit != size) return false;
    if (other_length == 1) return true;
    return other % size == 0 && other / size >= (unit_length > 1 ? unit_length : 1) && other / size < kIntMax;
  };
  auto leading_of = [&](index_t stride, index_t length, index_t other_length) {
    index_t least = length > 1 ? length : 1;
    return static_cast<int>(other_length == 1 ? least : stride / size);
  };
  if (fits(v.strides[1], v.strides[0], v.shape[1], v.shape[0])) {
    *transpose = kNoTranspose;
    *leading = leading_of(v.strides[0], v.shape[1], v.shape[0]);
    return true;
  }
  if (fits(v.strides[0], v.strides[1], v.shape[0], v.shape[1])) {
    *transpose = kTranspose;
    *leading = leading_of(v.strides[1], v.shape[0], v.shape[1]);
    return true;
  }
  return false;
}

template <class T>
void complex_gemm(decltype(Blas::zgemm) gemm, int order, int ta, int tb, int m, int n, int k, const void* a, int la, const void* b,
                  int lb, void* out, int lo) {
  static constexpr Complex<T> one = {1, 0}, zero = {0, 0};
  gemm(order, ta, tb, m, n, k, &one, a, la, b, lb, &zero, out, lo);
}

// A matrix times a column, as BLAS takes them. False: it does not.
bool matrix_by_column(const ArrayView& matrix, const char* column, index_t column_step, char* out, index_t out_step) {
  const index_t size = matrix.dtype->size, rows = matrix.shape[0], depth = matrix.shape[1];
  auto fits = [&](index_t step) { return step > 0 && step % size == 0 && step / size < kIntMax; };
  int transpose, leading;
  if (!matrix.dtype->is_floating() || rows < 2 || depth < 2 || rows >= kIntMax || depth >= kIntMax || !fits(column_step) || !fits(out_step) ||
      !blas_layout(matrix, &transpose, &leading))
    return false;
  int m = static_cast<int>(rows), n = static_cast<int>(depth);
  if (transpose == kTranspose) std::swap(m, n);
  const int dx = static_cast<int>(column_step / size), dy = static_cast<int>(out_step / size);
  if (matrix.dtype == &kFloat64)
    blas().dgemv(kRowMajor, transpose, m, n, 1.0, reinterpret_cast<const double*>(matrix.data), leading, reinterpret_cast<const double*>(column), dx, 0.0,
                 reinterpret_cast<double*>(out), dy);
  else
    blas().sgemv(kRowMajor, transpose, m, n, 1.0f, reinterpret_cast<const float*>(matrix.data), leading, reinterpret_cast<const float*>(column), dx, 0.0f,
                 reinterpret_cast<float*>(out), dy);
  return true;
}

struct Copy {
  Scratch scratch;
  Dims dims;
  bool make(const ArrayView& from, ArrayView* to, Error& error) {
    dims.nd = 2;
    dims.shape[0] = from.shape[0];
    dims.shape[1] = from.shape[1];
    c_strides(2, dims.shape, from.dtype->size, dims.strides);
    index_t bytes = from.size() * from.dtype->size;
    char* data = scratch.get(bytes, error);
    if (!data) return false;
    *to = dims.view(data, from.dtype);
    Conditions raised = 0;
    return assign(*to, from, &raised, error);
  }
};

}  // namespace

void* blas_function(const char* name) { return blas().loaded ? symbol_in(blas().library, name) : nullptr; }

bool inner_product(const ArrayView& a, const ArrayView& b, char* out, Error& error) {
  const index_t n = a.shape[0], size = a.dtype->size;
  if (in_blas(a.dtype) && n > 16 && n < kIntMax && a.strides[0] % size == 0 && b.strides[0] % size == 0 && a.strides[0] > 0 &&
      b.strides[0] > 0 && blas().loaded) {
    const int count = static_cast<int>(n), sa = static_cast<int>(a.strides[0] / size), sb = static_cast<int>(b.strides[0] / size);
    if (a.dtype == &kFloat64)
      *reinterpret_cast<double*>(out) = blas().ddot(count, reinterpret_cast<const double*>(a.data), sa, reinterpret_cast<const double*>(b.data), sb);
    else if (a.dtype == &kFloat32)
      *reinterpret_cast<float*>(out) = blas().sdot(count, reinterpret_cast<const float*>(a.data), sa, reinterpret_cast<const float*>(b.data), sb);
    else
      (a.dtype == &kComplex128 ? blas().zdotu_sub : blas().cdotu_sub)(count, a.data, sa, b.data, sb, out);
    return true;
  }
  const Loops* loops = loops_of(a.dtype, error);
  if (!loops) return false;
  loops->dot(a.data, a.strides[0], b.data, b.strides[0], n, out);
  return true;
}

bool matrix_product(const ArrayView& a, const ArrayView& b, const ArrayView& out, Error& error) {
  const Loops* loops = loops_of(a.dtype, error);
  if (!loops) return false;
  const index_t m = out.shape[0], n = out.shape[1], k = a.shape[1];
  if (m == 0 || n == 0) return true;
  if (m == 1 && n == 1 && k > 16) {
    const ArrayView row = {a.data, 1, 0, a.shape + 1, a.strides + 1, a.dtype}, column = {b.data, 1, 0, b.shape, b.strides, b.dtype};
    return inner_product(row, column, out.data, error);
  }
  const bool tiny = m * n * k < 8;
  if (in_blas(a.dtype) && !tiny && blas().loaded) {
    if (n == 1 && matrix_by_column(a, b.data, b.strides[0], out.data, out.strides[0])) return true;
    const index_t turned_shape[2] = {n, k}, turned_strides[2] = {b.strides[1], b.strides[0]};
    const ArrayView turned = {b.data, 2, 0, turned_shape, turned_strides, b.dtype};
    if (m == 1 && matrix_by_column(turned, a.data, a.strides[1], out.data, out.strides[1])) return true;
  }
  if (in_blas(a.dtype) && !tiny && m < kIntMax && n < kIntMax && k < kIntMax && blas().loaded) {
    int transpose_out, leading_out;
    if (!blas_layout(out, &transpose_out, &leading_out)) {
      Copy copy;
      ArrayView temporary;
      if (!copy.make(out, &temporary, error) || !matrix_product(a, b, temporary, error)) return false;
      Conditions raised = 0;
      return assign(out, temporary, &raised, error);
    }
    Copy copy_a, copy_b;
    ArrayView x = a, y = b;
    int ta, la, tb, lb;
    if (!blas_layout(x, &ta, &la) && !(copy_a.make(a, &x, error) && blas_layout(x, &ta, &la))) return false;
    if (!blas_layout(y, &tb, &lb) && !(copy_b.make(b, &y, error) && blas_layout(y, &tb, &lb))) return false;
    // A result that lies in Fortran order is the transposed product.
    int order = transpose_out == kNoTranspose ? kRowMajor : 102;
    if (order == 102) {
      ta = ta == kTranspose ? kNoTranspose : kTranspose;
      tb = tb == kTranspose ? kNoTranspose : kTranspose;
    }
    // A matrix times its own transpose: half the work, and symmetric to the bit.
    if (a.dtype->is_floating() && order == kRowMajor && a.data == b.data && m == n && a.strides[0] == b.strides[1] && a.strides[1] == b.strides[0] && ta != tb) {
      constexpr int kUpper = 121;
      int size = static_cast<int>(m), depth = static_cast<int>(k);
      if (a.dtype == &kFloat64)
        blas().dsyrk(order, kUpper, ta, size, depth, 1.0, reinterpret_cast<const double*>(x.data), la, 0.0, reinterpret_cast<double*>(out.data), leading_out);
      else
        blas().ssyrk(order, kUpper, ta, size, depth, 1.0f, reinterpret_cast<const float*>(x.data), la, 0.0f, reinterpret_cast<float*>(out.data), leading_out);
      for (index_t i = 0; i < m; ++i)
        for (index_t j = i + 1; j < m; ++j)
          std::memcpy(out.data + j * out.strides[0] + i * out.strides[1], out.data + i * out.strides[0] + j * out.strides[1],
                      static_cast<std::size_t>(out.dtype->size));
      return true;
    }
    int im = static_cast<int>(m), in = static_cast<int>(n), ik = static_cast<int>(k);
    if (a.dtype == &kFloat64)
      blas().dgemm(order, ta, tb, im, in, ik, 1.0, reinterpret_cast<const double*>(x.data), la,
                   reinterpret_cast<const double*>(y.data), lb, 0.0, reinterpret_cast<double*>(out.data), leading_out);
    else if (a.dtype == &kFloat32)
      blas().sgemm(order, ta, tb, im, in, ik, 1.0f, reinterpret_cast<const float*>(x.data), la,
                   reinterpret_cast<const float*>(y.data), lb, 0.0f, reinterpret_cast<float*>(out.data), leading_out);
    else if (a.dtype == &kComplex64)
      complex_gemm<float>(blas().cgemm, order, ta, tb, im, in, ik, x.data, la, y.data, lb, out.data, leading_out);
    else
      complex_gemm<double>(blas().zgemm, order, ta, tb, im, in, ik, x.data, la, y.data, lb, out.data, leading_out);
    return true;
  }
  loops->product(a, b, out);
  return true;
}

bool matmul(const ArrayView& a, const ArrayView& b, ArrayView* out, const Allocator& allocator, Error& error) {
  error.operation = "matmul";
  // Promote 1-d operands to matrices.
  index_t a_shape[kMaxDims], a_strides[kMaxDims], b_shape[kMaxDims], b_strides[kMaxDims];
  ArrayView x = a, y = b;
  if (a.nd == 1) {
    a_shape[0] = 1;
    a_shape[1] = a.shape[0];
    a_strides[0] = 0;
    a_strides[1] = a.strides[0];
    x = {a.data, 2, 0, a_shape, a_strides, a.dtype};
  }
  if (b.nd == 1) {
    b_shape[0] = b.shape[0];
    b_shape[1] = 1;
    b_strides[0] = b.strides[0];
    b_strides[1] = 0;
    y = {b.data, 2, 0, b_shape, b_strides, b.dtype};
  }
  const index_t m = x.shape[x.nd - 2], k = x.shape[x.nd - 1], n = y.shape[y.nd - 1];
  if (y.shape[y.nd - 2] != k) {
    error.shapes[0].set(a.nd, a.shape);
    error.shapes[1].set(b.nd, b.shape);
    error.size = k;
    error.index = y.shape[y.nd - 2];
    return error.fail(Code::matmul_shapes);
  }
  ArrayView stacks[2] = {{nullptr, x.nd - 2, 0, x.shape, x.strides, x.dtype}, {nullptr, y.nd - 2, 0, y.shape, y.strides, y.dtype}};
  int stack_nd;
  index_t stack_shape[kMaxDims];
  if (!broadcast_shapes(2, stacks, &stack_nd, stack_shape, error)) return false;
  index_t x_stack[kMaxDims], y_stack[kMaxDims];
  if (!broadcast_strides(stacks[0], stack_nd, stack_shape, x_stack, error)) return false;
  if (!broadcast_strides(stacks[1], stack_nd, stack_shape, y_stack, error)) return false;

  int nd = stack_nd;
  index_t shape[kMaxDims];
  std::memcpy(shape, stack_shape, sizeof(index_t) * static_cast<std::size_t>(stack_nd));
  if (a.nd > 1) shape[nd++] = m;
  if (b.nd > 1) shape[nd++] = n;
  if (!allocator.allocate(allocator.self, 0, x.dtype, nd, shape, nullptr, out, error)) return false;

  index_t matrix_shape[2][2] = {{m, k}, {k, n}};
  index_t matrix_strides[2][2] = {{x.strides[x.nd - 2], x.strides[x.nd - 1]}, {y.strides[y.nd - 2], y.strides[y.nd - 1]}};
  index_t out_shape[2] = {m, n};
  index_t out_strides[2] = {a.nd > 1 ? out->strides[stack_nd] : n * x.dtype->size, b.nd > 1 ? out->strides[nd - 1] : x.dtype->size};
  index_t count = 1;
  for (int i = 0; i < stack_nd; ++i) count *= stack_shape[i];
  LongWork work("matmul", count * m * n * (k < 64 ? k : 64));
  char *pa = x.data, *pb = y.data, *pc = out->data;
  index_t counter[kMaxDims] = {};
  for (index_t done = 0; done < count; ++done) {
    ArrayView ma = {pa, 2, 0, matrix_shape[0], matrix_strides[0], x.dtype};
    ArrayView mb = {pb, 2, 0, matrix_shape[1], matrix_strides[1], y.dtype};
    ArrayView mc = {pc, 2, 0, out_shape, out_strides, x.dtype};
    if (!matrix_product(ma, mb, mc, error)) return false;
    for (int i = stack_nd - 1; i >= 0; --i) {
      pa += x_stack[i];
      pb += y_stack[i];
      pc += out->strides[i];
      if (++counter[i] < stack_shape[i]) break;
      pa -= x_stack[i] * stack_shape[i];
      pb -= y_stack[i] * stack_shape[i];
      pc -= out->strides[i] * stack_shape[i];
      counter[i] = 0;
    }
  }
  return true;
}

}  // namespace adder::array
