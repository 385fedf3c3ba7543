// Module `_numpy_linalg`: factorisations of stacks of matrices, as numpy.linalg's Python part needs them. Matrices come and go transposed:
// a C-contiguous array of shape (…, columns, rows) is a stack of matrices in the order of their columns.
#include "array/linalg/lapack.h"

#include <climits>

#include "numpy/ndarray.h"
#include "object/containers.h"
#include "object/float.h"
#include "object/str.h"

namespace adder::numpy {

namespace {

// An array as a stack; it is overwritten.
bool stack_of(Value v, eng::Stack* out, const DType* dtype = nullptr) {
  constexpr int needed = eng::kCContiguous | eng::kWriteable | eng::kAligned;
  if (!is_ndarray(v) || (as_array(v)->flags & needed) != needed || as_array(v)->nd < 2 || (dtype && as_array(v)->dtype() != dtype))
    return raise(PyExc_ValueError, "a contiguous stack of matrices is needed");
  NdArray* a = as_array(v);
  const index_t columns = a->dimensions[a->nd - 2], rows = a->dimensions[a->nd - 1];
  if (rows > INT_MAX || columns > INT_MAX) return raise(PyExc_ValueError, "Array is too large for LAPACK");
  index_t count = 1;
  for (int i = 0; i < a->nd - 2; ++i) count *= a->dimensions[i];
  *out = {a->data, count, static_cast<int>(rows), static_cast<int>(columns)};
  return true;
}

const DType* part(const DType* d) { return d->is_complex() ? eng::part_of(d) : d; }
const DType* complex_of(const DType* d) { return d->is_complex() ? d : d == &eng::kFloat32 ? &eng::kComplex64 : &eng::kComplex128; }

// A fresh array for each matrix of `a`: the stack's shape, then up to two more extents (below 0: none).
Ref stacked(NdArray* a, const DType* dtype, index_t first = -1, index_t second = -1) {
  index_t shape[eng::kMaxDims];
  int nd = a->nd - 2;
  for (int i = 0; i < nd; ++i) shape[i] = a->dimensions[i];
  if (first >= 0) shape[nd++] = first;
  if (second >= 0) shape[nd++] = second;
  return array_new(dtype, nd, shape);
}

// A kernel's outcome: the results, or None if LAPACK gave up.
Ref outcome(bool done, bool failed, const eng::Error& error, std::initializer_list<Value> results) {
  if (!done) return raise_engine(error);
  if (failed) return none_ref();
  return results.size() == 1 ? Ref::copy(*results.begin()) : tuple_of(results);
}

Ref linalg_solve(Value, const Value* v) {
  eng::Stack a, b;
  eng::Error error;
  if (!stack_of(v[0], &a) || !stack_of(v[1], &b, as_array(v[0])->dtype())) return {};
  if (a.rows != a.columns || b.rows != a.rows || b.count != a.count) return raise(PyExc_ValueError, "stacks do not match");
  bool failed = false;
  const bool done = eng::solve(as_array(v[0])->dtype(), a, b, &failed, error);
  return outcome(done, failed, error, {v[1]});
}

Ref linalg_determinant(Value, Value v) {
  eng::Stack a;
  eng::Error error;
  if (!stack_of(v, &a)) return {};
  const DType* dtype = as_array(v)->dtype();
  Ref signs = stacked(as_array(v), dtype), logs = stacked(as_array(v), part(dtype));
  if (!signs || !logs) return {};
  const bool done = eng::determinant(dtype, a, as_array(signs)->data, as_array(logs)->data, error);
  return outcome(done, false, error, {signs, logs});
}

Ref linalg_cholesky(Value, const Value* v) {
  eng::Stack a;
  eng::Error error;
  if (!stack_of(v[0], &a)) return {};
  bool failed = false;
  const bool done = eng::cholesky(as_array(v[0])->dtype(), a, is_true(v[1]) > 0, &failed, error);
  return outcome(done, failed, error, {v[0]});
}

// The scalars tau; the matrices are replaced by the factors.
Ref linalg_qr_factor(Value, Value v) {
  eng::Stack a;
  eng::Error error;
  if (!stack_of(v, &a)) return {};
  Ref tau = stacked(as_array(v), as_array(v)->dtype(), a.rows < a.columns ? a.rows : a.columns);
  if (!tau) return {};
  const bool done = eng::qr_factor(as_array(v)->dtype(), a, as_array(tau)->data, error);
  return outcome(done, false, error, {tau});
}

// (matrices whose first columns hold the factors, tau): Q in their place.
Ref linalg_qr_form(Value, const Value* v) {
  eng::Stack q;
  eng::Error error;
  if (!stack_of(v[0], &q) || !is_ndarray(v[1]) || as_array(v[1])->dtype() != as_array(v[0])->dtype()) return {};
  NdArray* tau = as_array(v[1]);
  const index_t factors = tau->nd ? tau->dimensions[tau->nd - 1] : 0;
  if (factors > q.columns || tau->size() != factors * q.count) return raise(PyExc_ValueError, "stacks do not match");
  const bool done = eng::qr_form(as_array(v[0])->dtype(), q, tau->data, static_cast<int>(factors), error);
  return outcome(done, false, error, {v[0]});
}

// (matrices, job): (u, s, vh), or s alone for the job 'N'.
Ref linalg_svd(Value, const Value* v) {
  eng::Stack a;
  eng::Error error;
  if (!stack_of(v[0], &a)) return {};
  const char job = str_equals(v[1], "A") ? 'A' : str_equals(v[1], "S") ? 'S' : 'N';
  NdArray* x = as_array(v[0]);
  const DType* dtype = x->dtype();
  const index_t least = a.rows < a.columns ? a.rows : a.columns;
  Ref s = stacked(x, part(dtype), least), u, vh;
  if (!s) return {};
  if (job != 'N') {
    u = stacked(x, dtype, job == 'A' ? a.rows : least, a.rows);
    vh = stacked(x, dtype, a.columns, job == 'A' ? a.columns : least);
    if (!u || !vh) return {};
  }
  bool failed = false;
  const bool done = eng::singular_values(dtype, a, job, as_array(s)->data, u ? as_array(u)->data : nullptr, vh ? as_array(vh)->data : nullptr, &failed, error);
  if (job == 'N') return outcome(done, failed, error, {s});
  return outcome(done, failed, error, {u, s, vh});
}

// (matrices, with vectors): complex values, and vectors.
Ref linalg_eigen(Value, const Value* v) {
  eng::Stack a;
  eng::Error error;
  if (!stack_of(v[0], &a)) return {};
  const DType* dtype = as_array(v[0])->dtype();
  Ref values = stacked(as_array(v[0]), complex_of(dtype), a.rows), vectors;
  if (!values) return {};
  const bool wanted = is_true(v[1]) > 0;
  if (wanted) {
    vectors = stacked(as_array(v[0]), complex_of(dtype), a.rows, a.rows);
    if (!vectors) return {};
  }
  bool failed = false;
  const bool done = eng::eigen(dtype, a, as_array(values)->data, wanted ? as_array(vectors)->data : nullptr, &failed, error);
  if (!wanted) return outcome(done, failed, error, {values});
  return outcome(done, failed, error, {values, vectors});
}

// (matrices, lower, with vectors): real values; vectors replace the matrices.
Ref linalg_eigen_symmetric(Value, const Value* v) {
  eng::Stack a;
  eng::Error error;
  if (!stack_of(v[0], &a)) return {};
  Ref values = stacked(as_array(v[0]), part(as_array(v[0])->dtype()), a.rows);
  if (!values) return {};
  bool failed = false;
  const bool done = eng::eigen_symmetric(as_array(v[0])->dtype(), a, is_true(v[1]) > 0, is_true(v[2]) > 0, as_array(values)->data, &failed, error);
  return outcome(done, failed, error, {values});
}

// (matrix, right-hand sides, rcond): (rank, singular values); the solution replaces the right-hand sides.
Ref linalg_least_squares(Value, const Value* v) {
  eng::Stack a, b;
  eng::Error error;
  double rcond;
  if (!stack_of(v[0], &a) || !stack_of(v[1], &b, as_array(v[0])->dtype()) || !as_double(v[2], &rcond)) return {};
  const int most = a.rows > a.columns ? a.rows : a.columns;
  if (a.count != 1 || b.count != 1 || b.rows < most) return raise(PyExc_ValueError, "stacks do not match");
  index_t least = a.rows < a.columns ? a.rows : a.columns;
  Ref values = array_new(part(as_array(v[0])->dtype()), 1, &least);
  if (!values) return {};
  int rank = 0;
  bool failed = false;
  const bool done = eng::least_squares(as_array(v[0])->dtype(), a, b, rcond, as_array(values)->data, &rank, &failed, error);
  return outcome(done, failed, error, {Value::from_int(rank), values});
}

const MethodRow linalg_functions[] = {
    method<linalg_solve>("solve", "($module, a, b, /)", "Solve systems of linear equations."),
    method<linalg_determinant>("determinant", "($module, a, /)", "Signs and logarithms of determinants."),
    method<linalg_cholesky>("cholesky", "($module, a, upper, /)", "Cholesky factors."),
    method<linalg_qr_factor>("qr_factor", "($module, a, /)", "Householder factors."),
    method<linalg_qr_form>("qr_form", "($module, q, tau, /)", "Q of Householder factors."),
    method<linalg_svd>("svd", "($module, a, job, /)", "Singular values and vectors."),
    method<linalg_eigen>("eigen", "($module, a, vectors, /)", "Eigenvalues and eigenvectors."),
    method<linalg_eigen_symmetric>("eigen_symmetric", "($module, a, lower, vectors, /)", "Eigenvalues and eigenvectors of Hermitian matrices."),
    method<linalg_least_squares>("least_squares", "($module, a, b, rcond, /)", "Solve a least-squares problem."),
    {}};

}  // namespace

}  // namespace adder::numpy

namespace adder {

extern const ModuleDef numpy_linalg_module;
const ModuleDef numpy_linalg_module = {
    .name = "_numpy_linalg",
    .doc = "Native part of numpy.linalg.",
    .methods = numpy::linalg_functions,
};

}  // namespace adder
