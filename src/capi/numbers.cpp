// longobject.h, floatobject.h, complexobject.h, boolobject.h.
#include <cerrno>
#include <cmath>
#include <cstring>
#include "capi/capi.h"
#include "object/half_float.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/float.h"
#include "object/int.h"
#include "object/int_digits.h"
#include "object/str.h"
#include <string>

using namespace adder;
using namespace adder::capi;

// --- int ------------------------------------------------------------------------------------------------------------------------------------
ADDER_API PyObject* PyLong_FromLong(long i) { return int_box(i); }
ADDER_API PyObject* PyLong_FromLongLong(long long i) { return int_box(i); }
ADDER_API PyObject* PyLong_FromSsize_t(Py_ssize_t i) { return int_box(i); }
ADDER_API PyObject* PyLong_FromUnsignedLong(unsigned long i) { return out(int_from_u64(i)); }
ADDER_API PyObject* PyLong_FromUnsignedLongLong(unsigned long long i) { return out(int_from_u64(i)); }
ADDER_API PyObject* PyLong_FromSize_t(size_t i) { return out(int_from_u64(i)); }
ADDER_API PyObject* PyLong_FromDouble(double d) { return out(int_from_double(d)); }
ADDER_API PyObject* PyLong_FromVoidPtr(void* p) { return out(int_from_u64(reinterpret_cast<uintptr_t>(p))); }
ADDER_API PyObject* PyLong_FromString(const char* text, char** end, int base) {
  Ref s = str_from_utf8(text);
  if (!s) return nullptr;
  Ref r = int_from_text(text, base, s);
  if (end) *end = const_cast<char*>(text + strlen(text));
  return out(std::move(r));
}
ADDER_API PyObject* PyLong_FromUnicodeObject(PyObject* s, int base) { return out(int_from_str(Value{s}, base)); }
namespace {
// The value of an int of at most two digits: nearly all that pass.
inline bool few_digits(PyObject* o, int64_t* n) {
  if (ADDER_UNLIKELY(!o || !PyLong_Check(o))) return false;
  auto* i = reinterpret_cast<PyLongObject*>(o);
  const Py_ssize_t size = i->ob_base.ob_size;
  if (size < -2 || size > 2) return false;
  const int64_t low = size ? i->ob_digit[0] : 0, high = size * size == 4 ? i->ob_digit[1] : 0;
  *n = (high << PyLong_SHIFT | low) * (size < 0 ? -1 : 1);
  return true;
}
// An int from anything with __index__ (the C API's conversions accept it); empty with TypeError.
Ref integer(PyObject* o) {
  if (!o) return bad_internal_call("PyLong_As");
  Value v = in(o);
  return is_int(v) ? Ref::copy(v) : index(v);
}
}  // namespace
ADDER_API long PyLong_AsLongAndOverflow(PyObject* o, int* overflow) {
  *overflow = 0;
  Ref i = integer(o);
  int64_t n;
  if (!i) return -1;
  *overflow = int_sign_overflow_i64(i, &n);
  return *overflow ? -1 : n;
}
ADDER_API long long PyLong_AsLongLongAndOverflow(PyObject* o, int* overflow) { return PyLong_AsLongAndOverflow(o, overflow); }
ADDER_API long PyLong_AsLong(PyObject* o) {
  int64_t n;
  if (ADDER_LIKELY(few_digits(o, &n))) return n;
  Ref i = integer(o);
  if (!i) return -1;
  if (int_sign_overflow_i64(i, &n)) return raise(PyExc_OverflowError, "Python int too large to convert to C long");
  return n;
}
ADDER_API long long PyLong_AsLongLong(PyObject* o) {
  int64_t n;
  if (ADDER_LIKELY(few_digits(o, &n))) return n;
  Ref i = integer(o);
  if (!i) return -1;
  if (int_sign_overflow_i64(i, &n)) return raise(PyExc_OverflowError, "int too big to convert");
  return n;
}
ADDER_API int _PyLong_AsInt(PyObject* o) {
  int64_t n;
  if (ADDER_LIKELY(few_digits(o, &n)) && n == static_cast<int>(n)) return static_cast<int>(n);
  Ref i = integer(o);
  if (!i) return -1;
  if (int_sign_overflow_i64(i, &n) || n != static_cast<int>(n)) return raise(PyExc_OverflowError, "Python int too large to convert to C int");
  return static_cast<int>(n);
}
ADDER_API Py_ssize_t PyLong_AsSsize_t(PyObject* o) {
  int64_t n;
  if (ADDER_LIKELY(few_digits(o, &n))) return n;
  if (!PyLong_Check(o)) return raise(PyExc_TypeError, "an integer is required");
  if (int_sign_overflow_i64(in(o), &n)) return raise(PyExc_OverflowError, "Python int too large to convert to C ssize_t");
  return n;
}
namespace {
unsigned long unsigned_of(PyObject* o, const char* too_large) {
  if (!o || !PyLong_Check(o)) {
    (void)raise(PyExc_TypeError, "an integer is required");
    return static_cast<unsigned long>(-1);
  }
  uint64_t n;
  if (int_sign(in(o)) < 0) {
    (void)raise(PyExc_OverflowError, "can't convert negative value to unsigned int");
    return static_cast<unsigned long>(-1);
  }
  if (int_bit_length(in(o)) > 64 || !int_as_u64(in(o), &n)) {
    clear_error();
    (void)raise(PyExc_OverflowError, too_large);
    return static_cast<unsigned long>(-1);
  }
  return n;
}
}  // namespace
ADDER_API unsigned long PyLong_AsUnsignedLong(PyObject* o) { return unsigned_of(o, "Python int too large to convert to C unsigned long"); }
ADDER_API unsigned long long PyLong_AsUnsignedLongLong(PyObject* o) { return unsigned_of(o, "int too big to convert"); }
ADDER_API size_t PyLong_AsSize_t(PyObject* o) { return unsigned_of(o, "Python int too large to convert to C size_t"); }
ADDER_API unsigned long PyLong_AsUnsignedLongMask(PyObject* o) {
  Ref i = integer(o);
  return i ? int_as_u64_mask(i) : static_cast<unsigned long>(-1);
}
ADDER_API unsigned long long PyLong_AsUnsignedLongLongMask(PyObject* o) { return PyLong_AsUnsignedLongMask(o); }
ADDER_API double PyLong_AsDouble(PyObject* o) {
  double d;
  if (!o || !PyLong_Check(o)) return raise(PyExc_TypeError, "an integer is required");
  return int_as_double(in(o), &d) ? d : -1.0;
}
ADDER_API void* PyLong_AsVoidPtr(PyObject* o) {
  if (!PyLong_Check(o)) return raise(PyExc_TypeError, "an integer is required");
  return reinterpret_cast<void*>(int_as_u64_mask(in(o)));
}
ADDER_API int _PyLong_Sign(PyObject* o) { return int_sign(in(o)); }
ADDER_API size_t _PyLong_NumBits(PyObject* o) { return int_bit_length(in(o)); }
ADDER_API PyObject* _PyLong_FromByteArray(const unsigned char* p, size_t n, int little, int is_signed) { return out(int_from_bytes(p, n, little, is_signed)); }
ADDER_API int _PyLong_AsByteArray(PyLongObject* o, unsigned char* p, size_t n, int little, int is_signed) {
  return status(int_to_bytes(in(reinterpret_cast<PyObject*>(o)), p, n, little, is_signed));
}
ADDER_API PyObject* _PyLong_Copy(PyLongObject* o) { return out(int_to_exact(in(reinterpret_cast<PyObject*>(o)))); }
// A raw int object of n digits for C code that fills them; normalised by the caller.
ADDER_API PyLongObject* _PyLong_New(Py_ssize_t n) {
  return long_new(n);  // of the size that the free list of ints relies on
}
ADDER_API PyObject* _PyLong_GCD(PyObject* a, PyObject* b) {
  Ref x = Ref::copy(in(a)), y = Ref::copy(in(b));
  while (int_sign(y) != 0) {
    Ref r = int_remainder(x, y);
    if (!r) return nullptr;
    x = std::move(y);
    y = std::move(r);
  }
  return out(absolute(x));
}
ADDER_API int _PyLong_UnsignedShort_Converter(PyObject* o, void* p) {
  unsigned long n = PyLong_AsUnsignedLong(o);
  if (n == static_cast<unsigned long>(-1) && error_occurred()) return 0;
  if (n > 0xFFFF) return (void)raise(PyExc_OverflowError, "Python int too large for C unsigned short"), 0;
  *static_cast<unsigned short*>(p) = static_cast<unsigned short>(n);
  return 1;
}
ADDER_API int _PyLong_UnsignedInt_Converter(PyObject* o, void* p) {
  unsigned long n = PyLong_AsUnsignedLong(o);
  if (n == static_cast<unsigned long>(-1) && error_occurred()) return 0;
  if (n > 0xFFFFFFFF) return (void)raise(PyExc_OverflowError, "Python int too large for C unsigned int"), 0;
  *static_cast<unsigned*>(p) = static_cast<unsigned>(n);
  return 1;
}
ADDER_API int _PyLong_UnsignedLong_Converter(PyObject* o, void* p) {
  unsigned long n = PyLong_AsUnsignedLong(o);
  if (n == static_cast<unsigned long>(-1) && error_occurred()) return 0;
  *static_cast<unsigned long*>(p) = n;
  return 1;
}
ADDER_API int _PyLong_UnsignedLongLong_Converter(PyObject* o, void* p) { return _PyLong_UnsignedLong_Converter(o, p); }
ADDER_API int _PyLong_Size_t_Converter(PyObject* o, void* p) { return _PyLong_UnsignedLong_Converter(o, p); }
ADDER_API PyObject* PyBool_FromLong(long i) { return bool_ref(i != 0).release().object(); }

// --- float, complex ---------------------------------------------------------------------------------------------------------------------------
ADDER_API PyObject* PyFloat_FromDouble(double d) { return float_box(d); }
ADDER_API PyObject* PyFloat_FromString(PyObject* o) { return out(call1(Value{&PyFloat_Type}, in(o))); }
ADDER_API double PyFloat_AsDouble(PyObject* o) {
  double d;
  if (!o) return raise(PyExc_TypeError, "bad argument type for built-in operation");
  if (ADDER_LIKELY(PyFloat_Check(o))) return PyFloat_AS_DOUBLE(o);
  return as_double(in(o), &d) ? d : -1.0;
}
ADDER_API double PyFloat_GetMax(void) { return __DBL_MAX__; }
ADDER_API double PyFloat_GetMin(void) { return __DBL_MIN__; }
ADDER_API PyObject* PyComplex_FromDoubles(double re, double im) { return out(complex_new(re, im)); }
ADDER_API PyObject* PyComplex_FromCComplex(Py_complex c) { return out(complex_new(c.real, c.imag)); }
namespace {
bool complex_of(PyObject* o, Py_complex* c) {
  Value v = in(o);
  if (is_instance_exactly(v, &PyComplex_Type)) {
    *c = complex_value(v);
    return true;
  }
  if (Ref method = lookup_special(v, "__complex__"_id)) {
    Ref r = call0(method);
    if (!r) return false;
    if (!is_instance_exactly(r, &PyComplex_Type)) return raise(PyExc_TypeError, "__complex__ returned non-complex (type %.200s)", type_of(r)->tp_name);
    *c = complex_value(r);
    return true;
  }
  if (error_occurred()) return false;
  c->imag = 0;
  return as_double(v, &c->real);
}
}  // namespace
ADDER_API Py_complex PyComplex_AsCComplex(PyObject* o) {
  Py_complex c{-1, 0};
  complex_of(o, &c);
  return c;
}
ADDER_API double PyComplex_RealAsDouble(PyObject* o) {
  Py_complex c;
  return complex_of(o, &c) ? c.real : -1.0;
}
ADDER_API double PyComplex_ImagAsDouble(PyObject* o) {
  Py_complex c;
  return is_instance_exactly(in(o), &PyComplex_Type) ? complex_value(in(o)).imag : (complex_of(o, &c), 0.0);
}
ADDER_API int PyFloat_Pack2(double d, char* p, int little) {
  uint16_t h;
  if (!double_to_half(d, &h)) return raise(PyExc_OverflowError, "float too large to pack with e format");
  if (!little) h = __builtin_bswap16(h);
  memcpy(p, &h, 2);
  return 0;
}
ADDER_API double PyFloat_Unpack2(const char* p, int little) {
  uint16_t h;
  memcpy(&h, p, 2);
  return half_to_double(little ? h : __builtin_bswap16(h));
}
ADDER_API int PyFloat_Pack8(double d, char* p, int little) {
  uint64_t b;
  memcpy(&b, &d, 8);
  if (!little) b = __builtin_bswap64(b);
  memcpy(p, &b, 8);
  return 0;
}
ADDER_API double PyFloat_Unpack8(const char* p, int little) {
  uint64_t b;
  memcpy(&b, p, 8);
  if (!little) b = __builtin_bswap64(b);
  double d;
  memcpy(&d, &b, 8);
  return d;
}
ADDER_API int PyFloat_Pack4(double d, char* p, int little) {
  auto f = static_cast<float>(d);
  if (std::isinf(f) && !std::isinf(d)) return raise(PyExc_OverflowError, "float too large to pack with f format");
  uint32_t b;
  memcpy(&b, &f, 4);
  if (!little) b = __builtin_bswap32(b);
  memcpy(p, &b, 4);
  return 0;
}
ADDER_API double PyFloat_Unpack4(const char* p, int little) {
  uint32_t b;
  memcpy(&b, p, 4);
  if (!little) b = __builtin_bswap32(b);
  float f;
  memcpy(&f, &b, 4);
  return f;
}
ADDER_API double PyOS_string_to_double(const char* s, char** end, PyObject* overflow) {
  double d;
  size_t used = 0;
  if (!parse_double(s, &d, &used) || used == 0 || (!end && s[used])) {
    if (end) *end = const_cast<char*>(s);
    return raise(PyExc_ValueError, "could not convert string to float: '%.200s'", s);
  }
  if (end) *end = const_cast<char*>(s + used);
  if (std::isinf(d) && overflow && s[0] != 'i' && s[0] != 'I' && s[1] != 'i' && s[1] != 'I') return raise(overflow, "value too large to convert to float: '%.200s'", s);
  return d;
}
ADDER_API char* PyOS_double_to_string(double d, char code, int precision, int flags, int* type) {
  std::string s = format_double(d, code, precision, flags & Py_DTSF_ALT, flags & Py_DTSF_SIGN, flags & Py_DTSF_ADD_DOT_0);
  if (type) *type = std::isnan(d) ? Py_DTST_NAN : std::isinf(d) ? Py_DTST_INFINITE : Py_DTST_FINITE;
  auto* p = static_cast<char*>(PyMem_Malloc(s.size() + 1));
  if (!p) return raise_no_memory();
  memcpy(p, s.c_str(), s.size() + 1);
  return p;
}

// --- Arithmetic of C's complex numbers (compilers to C use it); errno tells of a zero divisor or an overflow ----------------------------------------
namespace {
Py_complex apply(Ref (*f)(Value, Value), Py_complex a, Py_complex b) {
  Ref x = complex_new(a.real, a.imag), y = complex_new(b.real, b.imag), r = x && y ? f(x, y) : Ref{};
  if (r) return complex_value(r);
  errno = error_matches(PyExc_ZeroDivisionError) ? EDOM : ERANGE;
  clear_error();
  return {0, 0};
}
}  // namespace
ADDER_API Py_complex _Py_c_sum(Py_complex a, Py_complex b) { return {a.real + b.real, a.imag + b.imag}; }
ADDER_API Py_complex _Py_c_diff(Py_complex a, Py_complex b) { return {a.real - b.real, a.imag - b.imag}; }
ADDER_API Py_complex _Py_c_neg(Py_complex a) { return {-a.real, -a.imag}; }
ADDER_API Py_complex _Py_c_prod(Py_complex a, Py_complex b) { return {a.real * b.real - a.imag * b.imag, a.real * b.imag + a.imag * b.real}; }
ADDER_API Py_complex _Py_c_quot(Py_complex a, Py_complex b) { return apply([](Value x, Value y) { return Ref::steal(Value{PyNumber_TrueDivide(x.object(), y.object())}); }, a, b); }
ADDER_API Py_complex _Py_c_pow(Py_complex a, Py_complex b) { return apply([](Value x, Value y) { return Ref::steal(Value{PyNumber_Power(x.object(), y.object(), Py_None)}); }, a, b); }
ADDER_API double _Py_c_abs(Py_complex a) {
  errno = 0;
  double r = std::hypot(a.real, a.imag);
  if (std::isinf(r) && std::isfinite(a.real) && std::isfinite(a.imag)) errno = ERANGE;
  return r;
}
ADDER_API PyObject* _PyLong_Format(PyObject* o, int base) { return PyNumber_ToBase(o, base); }
