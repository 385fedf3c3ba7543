// LAPACK's functions come in four letters for the four dtypes; real and complex ones differ here and there in what they take.
#include "array/linalg/lapack.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "array/linalg/matmul.h"

namespace adder::array {

namespace {

// A function whose arguments depend on the dtype.
using Any = void();

// The function of a name like "getrf" for a dtype: sgetrf_, dgetrf_, cgetrf_, zgetrf_. `complex_name` where it is another ("heevd").
template <class F>
F* lapack(const DType* dtype, const char* name, Error& error, const char* complex_name = nullptr) {
  const char letter = dtype == &kFloat32 ? 's' : dtype == &kFloat64 ? 'd' : dtype == &kComplex64 ? 'c' : dtype == &kComplex128 ? 'z' : 0;
  error.operation = "linalg";
  error.dtypes[0] = dtype;
  error.count = 1;
  if (!letter) {
    error.fail(Code::no_loop);
    return nullptr;
  }
  if (complex_name && dtype->is_complex()) name = complex_name;
  char symbol[16] = {letter};
  int at = 1;
  for (; *name; ++name) symbol[at++] = *name;
  symbol[at] = '_';
  auto* function = reinterpret_cast<F*>(blas_function(symbol));
  if (!function) error.fail(Code::not_supported);
  return function;
}

// Working memory, freed with its owner.
class Room {
 public:
  bool take(index_t bytes, Error& error) {
    memory_.reset(static_cast<char*>(std::malloc(static_cast<std::size_t>(bytes > 0 ? bytes : 1))));
    error.size = bytes;
    return memory_ || error.fail(Code::no_memory);
  }
  char* get() const { return memory_.get(); }
  int* ints() const { return reinterpret_cast<int*>(memory_.get()); }

 private:
  struct Free {
    void operator()(char* p) const { std::free(p); }
  };
  std::unique_ptr<char, Free> memory_;
};

index_t part_size(const DType* dtype) { return dtype->is_complex() ? dtype->size / 2 : dtype->size; }

// The first element of what a query wrote, as an extent.
int asked(const DType* dtype, const char* answer) {
  const double size = part_size(dtype) == 4 ? static_cast<double>(*reinterpret_cast<const float*>(answer)) : *reinterpret_cast<const double*>(answer);
  return std::max(1, static_cast<int>(std::nextafter(size, HUGE_VAL)));
}

index_t matrix_bytes(const DType* dtype, const Stack& s) { return dtype->size * s.rows * s.columns; }
int leading(int rows) { return rows > 1 ? rows : 1; }

// f<T>() with the C++ type of the dtype.
template <class F>
void with_type(const DType* dtype, F f) {
  if (dtype == &kFloat32) f.template operator()<float>();
  else if (dtype == &kFloat64) f.template operator()<double>();
  else if (dtype == &kComplex64) f.template operator()<std::complex<float>>();
  else f.template operator()<std::complex<double>>();
}

}  // namespace

namespace {

// What LAPACK's getrs does, for small matrices, of which its call alone costs more than the work: exchanges rows, then substitutes through
// the triangle of ones below and the triangle above.
template <class T>
void substitute(const T* lu, int n, const int* pivots, T* b, int columns) {
  for (int c = 0; c < columns; ++c, b += n) {
    for (int i = 0; i < n; ++i) std::swap(b[i], b[pivots[i] - 1]);
    for (int k = 0; k < n; ++k)
      for (int i = k + 1; i < n; ++i) b[i] -= lu[k * n + i] * b[k];
    for (int k = n - 1; k >= 0; --k) {
      b[k] /= lu[k * n + k];
      for (int i = 0; i < k; ++i) b[i] -= lu[k * n + i] * b[k];
    }
  }
}
constexpr int kSmall = 16;

}  // namespace

bool solve(const DType* dtype, const Stack& a, const Stack& b, bool* failed, Error& error) {
  using Getrf = void(const int*, const int*, void*, const int*, int*, int*);
  using Getrs = void(const char*, const int*, const int*, const void*, const int*, const int*, void*, const int*, int*);
  Getrf* const getrf = lapack<Getrf>(dtype, "getrf", error);
  Getrs* const getrs = getrf ? lapack<Getrs>(dtype, "getrs", error) : nullptr;
  Room pivots;
  if (!getrs || !pivots.take(static_cast<index_t>(sizeof(int)) * a.rows, error)) return false;
  *failed = false;
  const int n = a.rows;
  if (n == 0 || b.columns == 0) return true;
  for (index_t i = 0; i < a.count; ++i) {
    char *const lu = a.data + i * matrix_bytes(dtype, a), *const sides = b.data + i * matrix_bytes(dtype, b);
    int info = 0;
    getrf(&n, &n, lu, &n, pivots.ints(), &info);
    if (info > 0) {
      *failed = true;
    } else if (n <= kSmall && b.columns <= kSmall) {
      with_type(dtype, [&]<class T>() { substitute(reinterpret_cast<const T*>(lu), n, pivots.ints(), reinterpret_cast<T*>(sides), b.columns); });
    } else {
      getrs("N", &n, &b.columns, lu, &n, pivots.ints(), sides, &n, &info);
    }
  }
  return true;
}

bool determinant(const DType* dtype, const Stack& a, char* signs, char* logs, Error& error) {
  using Getrf = void(const int*, const int*, void*, const int*, int*, int*);
  Getrf* const getrf = lapack<Getrf>(dtype, "getrf", error);
  Room pivots;
  if (!getrf || !pivots.take(static_cast<index_t>(sizeof(int)) * a.rows, error)) return false;
  with_type(dtype, [&]<class T>() {
    using Real = decltype(std::abs(T{}));
    for (index_t i = 0; i < a.count; ++i) {
      T* const matrix = reinterpret_cast<T*>(a.data + i * matrix_bytes(dtype, a));
      T sign = 1;
      Real log = 0;
      int info = 0;
      if (a.rows > 0) getrf(&a.rows, &a.rows, matrix, &a.rows, pivots.ints(), &info);
      if (info > 0) {
        sign = 0;
        log = -HUGE_VAL;
      } else {
        for (int k = 0; k < a.rows; ++k) {
          if (pivots.ints()[k] != k + 1) sign = -sign;
          const T x = matrix[static_cast<index_t>(k) * (a.rows + 1)];
          const Real size = std::abs(x);
          sign *= x / size;
          log += std::log(size);
        }
      }
      reinterpret_cast<T*>(signs)[i] = sign;
      reinterpret_cast<Real*>(logs)[i] = log;
    }
  });
  return true;
}

bool cholesky(const DType* dtype, const Stack& a, bool upper, bool* failed, Error& error) {
  using Potrf = void(const char*, const int*, void*, const int*, int*);
  Potrf* const potrf = lapack<Potrf>(dtype, "potrf", error);
  if (!potrf) return false;
  *failed = false;
  if (a.rows == 0) return true;
  for (index_t i = 0; i < a.count; ++i) {
    char* const matrix = a.data + i * matrix_bytes(dtype, a);
    int info = 0;
    potrf(upper ? "U" : "L", &a.rows, matrix, &a.rows, &info);
    if (info > 0) *failed = true;
    for (index_t column = 0; column < a.rows; ++column) {
      const index_t from = upper ? column + 1 : 0, to = upper ? a.rows : column;
      std::memset(matrix + (column * a.rows + from) * dtype->size, 0, static_cast<std::size_t>((to - from) * dtype->size));
    }
  }
  return true;
}

bool qr_factor(const DType* dtype, const Stack& a, char* tau, Error& error) {
  using Geqrf = void(const int*, const int*, void*, const int*, void*, void*, const int*, int*);
  Geqrf* const geqrf = lapack<Geqrf>(dtype, "geqrf", error);
  const int least = std::min(a.rows, a.columns), lda = leading(a.rows), query = -1;
  alignas(16) char answer[16];
  int info = 0;
  if (!geqrf) return false;
  if (least == 0) return true;
  geqrf(&a.rows, &a.columns, a.data, &lda, tau, answer, &query, &info);
  const int size = asked(dtype, answer);
  Room work;
  if (!work.take(size * dtype->size, error)) return false;
  for (index_t i = 0; i < a.count; ++i)
    geqrf(&a.rows, &a.columns, a.data + i * matrix_bytes(dtype, a), &lda, tau + i * least * dtype->size, work.get(), &size, &info);
  return true;
}

bool qr_form(const DType* dtype, const Stack& q, const char* tau, int factors, Error& error) {
  using Orgqr = void(const int*, const int*, const int*, void*, const int*, const void*, void*, const int*, int*);
  Orgqr* const orgqr = lapack<Orgqr>(dtype, "orgqr", error, "ungqr");
  const int lda = leading(q.rows), query = -1;
  alignas(16) char answer[16];
  int info = 0;
  if (!orgqr) return false;
  if (q.rows == 0 || q.columns == 0) return true;
  orgqr(&q.rows, &q.columns, &factors, q.data, &lda, tau, answer, &query, &info);
  const int size = asked(dtype, answer);
  Room work;
  if (!work.take(size * dtype->size, error)) return false;
  for (index_t i = 0; i < q.count; ++i)
    orgqr(&q.rows, &q.columns, &factors, q.data + i * matrix_bytes(dtype, q), &lda, tau + i * factors * dtype->size, work.get(), &size, &info);
  return true;
}

bool singular_values(const DType* dtype, const Stack& a, char job, char* values, char* u, char* vh, bool* failed, Error& error) {
  using Real = void(const char*, const int*, const int*, void*, const int*, void*, void*, const int*, void*, const int*, void*, const int*, int*, int*);
  using Complex = void(const char*, const int*, const int*, void*, const int*, void*, void*, const int*, void*, const int*, void*, const int*, void*, int*, int*);
  Any* const gesdd = lapack<Any>(dtype, "gesdd", error);
  if (!gesdd) return false;
  *failed = false;
  const int m = a.rows, n = a.columns, least = std::min(m, n), most = std::max(m, n);
  if (least == 0) return true;
  const int u_columns = job == 'N' ? 0 : job == 'A' ? m : least, vh_rows = job == 'N' ? 0 : job == 'A' ? n : least, ldvt = leading(vh_rows), query = -1;
  alignas(16) char answer[16];
  Room work, real_work, integers;
  const index_t square = static_cast<index_t>(least) * least;
  // LAPACK's bounds for the real part of the complex functions' work.
  const index_t reals = job == 'N' ? 7 * least : std::max<index_t>(5 * square + 5 * least, 2 * static_cast<index_t>(most) * least + 2 * square + least);
  if (!integers.take(8 * static_cast<index_t>(sizeof(int)) * least, error) || (dtype->is_complex() && !real_work.take(reals * part_size(dtype), error))) return false;
  auto run = [&](index_t i, char* room, const int* size) {
    int info = 0;
    char *matrix = a.data + i * matrix_bytes(dtype, a), *s = values + i * least * part_size(dtype);
    char *left = u + i * m * u_columns * dtype->size, *right = vh + i * vh_rows * n * dtype->size;
    if (dtype->is_complex())
      reinterpret_cast<Complex*>(gesdd)(&job, &m, &n, matrix, &m, s, left, &m, right, &ldvt, room, size, real_work.get(), integers.ints(), &info);
    else
      reinterpret_cast<Real*>(gesdd)(&job, &m, &n, matrix, &m, s, left, &m, right, &ldvt, room, size, integers.ints(), &info);
    if (info != 0) *failed = true;
  };
  run(0, answer, &query);
  const int size = asked(dtype, answer);
  if (!work.take(size * dtype->size, error)) return false;
  for (index_t i = 0; i < a.count; ++i) run(i, work.get(), &size);
  return true;
}

namespace {

// Real functions give conjugate pairs of vectors as two columns: real part, imaginary part.
template <class T>
void pair_up(int n, const T* real, const T* imaginary, const T* columns, std::complex<T>* values, std::complex<T>* vectors) {
  for (int k = 0; k < n; ++k) values[k] = {real[k], imaginary[k]};
  if (!vectors) return;
  for (index_t k = 0; k < n; ++k) {
    const T* const x = columns + k * n;
    std::complex<T>* const out = vectors + k * n;
    if (imaginary[k] == 0) {
      for (int i = 0; i < n; ++i) out[i] = x[i];
    } else {
      for (int i = 0; i < n; ++i) {
        out[i] = {x[i], x[i + n]};
        out[i + n] = {x[i], -x[i + n]};
      }
      ++k;
    }
  }
}

}  // namespace

bool eigen(const DType* dtype, const Stack& a, char* values, char* vectors, bool* failed, Error& error) {
  using Real = void(const char*, const char*, const int*, void*, const int*, void*, void*, void*, const int*, void*, const int*, void*, const int*, int*);
  using Complex = void(const char*, const char*, const int*, void*, const int*, void*, void*, const int*, void*, const int*, void*, const int*, void*, int*);
  Any* const geev = lapack<Any>(dtype, "geev", error);
  if (!geev) return false;
  *failed = false;
  const int n = a.rows, one = 1, query = -1, ldv = vectors ? n : 1;
  if (n == 0) return true;
  const char* const job = vectors ? "V" : "N";
  const bool complex = dtype->is_complex();
  const index_t out_size = complex ? dtype->size : 2 * dtype->size;
  Room work, parts, columns;
  if (!parts.take(2 * n * part_size(dtype), error) || (!complex && vectors && !columns.take(matrix_bytes(dtype, a), error))) return false;
  alignas(16) char answer[16], nothing[16];
  char* const imaginary = parts.get() + n * part_size(dtype);
  auto run = [&](index_t i, char* room, const int* size) {
    int info = 0;
    char* const matrix = a.data + i * matrix_bytes(dtype, a);
    char* const to = vectors ? vectors + i * n * n * out_size : nothing;
    if (complex)
      reinterpret_cast<Complex*>(geev)("N", job, &n, matrix, &n, values + i * n * out_size, nothing, &one, to, &ldv, room, size, parts.get(), &info);
    else
      reinterpret_cast<Real*>(geev)("N", job, &n, matrix, &n, parts.get(), imaginary, nothing, &one, vectors ? columns.get() : nothing, &ldv, room, size, &info);
    return info;
  };
  run(0, answer, &query);
  const int size = asked(dtype, answer);
  if (!work.take(size * dtype->size, error)) return false;
  for (index_t i = 0; i < a.count; ++i) {
    if (run(i, work.get(), &size) != 0) *failed = true;
    if (complex) continue;
    char *w = values + i * n * out_size, *v = vectors ? vectors + i * n * n * out_size : nullptr;
    auto paired = [&]<class T>() {
      pair_up<T>(n, reinterpret_cast<T*>(parts.get()), reinterpret_cast<T*>(imaginary), reinterpret_cast<T*>(columns.get()), reinterpret_cast<std::complex<T>*>(w),
                 reinterpret_cast<std::complex<T>*>(v));
    };
    if (dtype == &kFloat32) paired.operator()<float>();
    else paired.operator()<double>();
  }
  return true;
}

bool eigen_symmetric(const DType* dtype, const Stack& a, bool lower, bool with_vectors, char* values, bool* failed, Error& error) {
  using Real = void(const char*, const char*, const int*, void*, const int*, void*, void*, const int*, int*, const int*, int*);
  using Complex = void(const char*, const char*, const int*, void*, const int*, void*, void*, const int*, void*, const int*, int*, const int*, int*);
  Any* const syevd = lapack<Any>(dtype, "syevd", error, "heevd");
  if (!syevd) return false;
  *failed = false;
  const int n = a.rows, query = -1;
  if (n == 0) return true;
  const char *job = with_vectors ? "V" : "N", *triangle = lower ? "L" : "U";
  alignas(16) char answer[16], real_answer[16];
  int integer_answer;
  Room work, real_work, integers;
  auto run = [&](index_t i, char* room, const int* size, char* reals, const int* real_size, int* ints, const int* int_size) {
    int info = 0;
    char *matrix = a.data + i * matrix_bytes(dtype, a), *w = values + i * n * part_size(dtype);
    if (dtype->is_complex())
      reinterpret_cast<Complex*>(syevd)(job, triangle, &n, matrix, &n, w, room, size, reals, real_size, ints, int_size, &info);
    else
      reinterpret_cast<Real*>(syevd)(job, triangle, &n, matrix, &n, w, room, size, ints, int_size, &info);
    return info;
  };
  run(0, answer, &query, real_answer, &query, &integer_answer, &query);
  const int size = asked(dtype, answer), int_size = std::max(1, integer_answer);
  const DType* const part = dtype->is_complex() ? part_of(dtype) : dtype;
  const int real_size = dtype->is_complex() ? asked(part, real_answer) : 1;
  if (!work.take(size * dtype->size, error) || !real_work.take(real_size * part->size, error) || !integers.take(static_cast<index_t>(sizeof(int)) * int_size, error)) return false;
  for (index_t i = 0; i < a.count; ++i)
    if (run(i, work.get(), &size, real_work.get(), &real_size, integers.ints(), &int_size) != 0) *failed = true;
  return true;
}

bool least_squares(const DType* dtype, const Stack& a, const Stack& b, double rcond, char* values, int* rank, bool* failed, Error& error) {
  using Real = void(const int*, const int*, const int*, void*, const int*, void*, const int*, void*, const void*, int*, void*, const int*, int*, int*);
  using Complex = void(const int*, const int*, const int*, void*, const int*, void*, const int*, void*, const void*, int*, void*, const int*, void*, int*, int*);
  Any* const gelsd = lapack<Any>(dtype, "gelsd", error);
  if (!gelsd) return false;
  *failed = false;
  const float small = static_cast<float>(rcond);
  const void* const limit = part_size(dtype) == 4 ? static_cast<const void*>(&small) : &rcond;
  const int m = leading(a.rows), ldb = leading(b.rows), query = -1;
  alignas(16) char answer[16], real_answer[16];
  int integer_answer = 1, info = 0;
  Room work, real_work, integers;
  auto run = [&](char* room, const int* size, char* reals, int* ints) {
    if (dtype->is_complex())
      reinterpret_cast<Complex*>(gelsd)(&a.rows, &a.columns, &b.columns, a.data, &m, b.data, &ldb, values, limit, rank, room, size, reals, ints, &info);
    else
      reinterpret_cast<Real*>(gelsd)(&a.rows, &a.columns, &b.columns, a.data, &m, b.data, &ldb, values, limit, rank, room, size, ints, &info);
  };
  run(answer, &query, real_answer, &integer_answer);
  const int size = asked(dtype, answer);
  const DType* const part = dtype->is_complex() ? part_of(dtype) : dtype;
  if (!work.take(size * dtype->size, error) || !integers.take(static_cast<index_t>(sizeof(int)) * std::max(1, integer_answer), error) ||
      !real_work.take(dtype->is_complex() ? asked(part, real_answer) * part->size : 1, error))
    return false;
  run(work.get(), &size, real_work.get(), integers.ints());
  *failed = info > 0;
  return true;
}

}  // namespace adder::array
