// Module `_numpy_fft`: Fourier transforms along the last axis of contiguous arrays, as numpy.fft's Python part needs them.
#include "array/fft/fft.h"

#include "numpy/ndarray.h"
#include "object/float.h"
#include "object/int.h"

namespace adder::numpy {

namespace {

// (array, n, scale): the array's rows, and room for rows of `width(n)` elements of `out`.
struct Job {
  NdArray* in;
  index_t n, length, rows = 1;
  double scale;
  Ref out;

  bool begin(const Value* v, bool half, const DType* out_type) {
    if (!is_ndarray(v[0]) || as_array(v[0])->nd < 1 || !(as_array(v[0])->flags & eng::kCContiguous)) return raise(PyExc_ValueError, "a contiguous array is needed");
    in = as_array(v[0]);
    if (!as_ssize(v[1], &n) || !as_double(v[2], &scale)) return false;
    if (n < 1) return raise(PyExc_ValueError, "Invalid number of FFT data points (%zd) specified.", n);
    index_t shape[eng::kMaxDims];
    for (int i = 0; i < in->nd; ++i) shape[i] = in->dimensions[i];
    for (int i = 0; i < in->nd - 1; ++i) rows *= shape[i];
    length = shape[in->nd - 1];
    shape[in->nd - 1] = half ? n / 2 + 1 : n;
    out = array_new(out_type, in->nd, shape);
    return static_cast<bool>(out);
  }
  char* to() { return as_array(out)->data; }
};

bool complex_array(Value v) { return is_ndarray(v) && (as_array(v)->dtype() == &eng::kComplex64 || as_array(v)->dtype() == &eng::kComplex128); }
bool real_array(Value v) { return is_ndarray(v) && (as_array(v)->dtype() == &eng::kFloat32 || as_array(v)->dtype() == &eng::kFloat64); }

template <bool forward>
Ref fft_complex(Value, const Value* v) {
  if (!complex_array(v[0])) return raise(PyExc_TypeError, "an array of complex numbers is needed");
  const DType* dtype = as_array(v[0])->dtype();
  Job job;
  eng::Error error;
  if (!job.begin(v, false, dtype)) return {};
  if (!eng::transform(dtype, job.in->data, job.length, job.to(), job.n, job.rows, forward, job.scale, error)) return raise_engine(error);
  return std::move(job.out);
}

template <bool whole>
Ref fft_real(Value, const Value* v) {
  if (!real_array(v[0])) return raise(PyExc_TypeError, "an array of floats is needed");
  const DType* dtype = as_array(v[0])->dtype() == &eng::kFloat32 ? &eng::kComplex64 : &eng::kComplex128;
  Job job;
  eng::Error error;
  if (!job.begin(v, !whole, dtype)) return {};
  if (!eng::transform_real(dtype, job.in->data, job.length, job.to(), job.n, job.rows, whole, job.scale, error)) return raise_engine(error);
  return std::move(job.out);
}

Ref fft_to_real(Value, const Value* v) {
  if (!complex_array(v[0])) return raise(PyExc_TypeError, "an array of complex numbers is needed");
  const DType* dtype = as_array(v[0])->dtype();
  Job job;
  eng::Error error;
  if (!job.begin(v, false, eng::part_of(dtype))) return {};
  if (!eng::transform_to_real(dtype, job.in->data, job.length, job.to(), job.n, job.rows, job.scale, error)) return raise_engine(error);
  return std::move(job.out);
}

const MethodRow fft_functions[] = {
    method<fft_complex<true>>("forward", "($module, a, n, scale, /)", "Complex numbers, forward."),
    method<fft_complex<false>>("backward", "($module, a, n, scale, /)", "Complex numbers, backward."),
    method<fft_real<false>>("real", "($module, a, n, scale, /)", "Real numbers, forward, without conjugates."),
    method<fft_real<true>>("real_whole", "($module, a, n, scale, /)", "Real numbers, forward."),
    method<fft_to_real>("to_real", "($module, a, n, scale, /)", "Backward to real numbers."),
    {}};

}  // namespace

}  // namespace adder::numpy

namespace adder {

extern const ModuleDef numpy_fft_module;
const ModuleDef numpy_fft_module = {
    .name = "_numpy_fft",
    .doc = "Native part of numpy.fft.",
    .methods = numpy::fft_functions,
};

}  // namespace adder
