// The objects of the `numpy` module: ndarray, dtype, scalars, and how the engine's views, results and errors meet them.
// ndarray and dtype begin with NumPy 2's public struct fields.
#pragma once

#include <string>

#include "array/core/buffer.h"
#include "array/core/ops.h"
#include "array/core/view.h"
#include "array/iter/driver.h"
#include "object/abi.h"
#include "object/builtin.h"
#include "object/error.h"
#include "object/object.h"

namespace adder::numpy {

namespace eng = adder::array;
using eng::ArrayView;
using eng::DType;
using eng::index_t;

// ---- dtype -----------------------------------------------------------------------------------------------------------
// PyArray_Descr as NumPy 2 has it, then the engine's dtype.
struct DTypeObject {
  PyObject head;
  PyTypeObject* typeobj;  // the scalar type
  char kind;
  char type;
  char byteorder;
  char former_flags;
  int type_num;
  uint64_t flags;
  Py_ssize_t elsize;
  Py_ssize_t alignment;
  PyObject* metadata;
  Py_hash_t hash;
  void* reserved[2];
  const DType* engine;
};
extern PyTypeObject dtype_type;
extern const TypeDef dtype_def;

// The one object of an engine dtype; borrowed, immortal.
DTypeObject* dtype_object(const DType* dtype);
inline Ref dtype_ref(const DType* dtype) { return Ref::copy(Value{reinterpret_cast<PyObject*>(dtype_object(dtype))}); }
bool is_dtype(Value v);
// From anything that names a dtype: a dtype object, a scalar type, a Python type, a text; absent or None gives `fallback`.
bool dtype_from(Value v, const DType** out, const DType* fallback = nullptr);
bool init_dtypes(PyObject* module);

// ---- ndarray ---------------------------------------------------------------------------------------------------------
inline constexpr int kInlineDims = 4;
#if defined(ADDER_ASAN)
inline constexpr Py_ssize_t kInlineBytes = 0;  // every array in a block of its own, so that overruns show
#else
inline constexpr Py_ssize_t kInlineBytes = 256;  // data up to this lies behind the object
#endif

// A flag bit of our own: the array owns memory whose elements own references.
inline constexpr int kHoldsReferences = 1 << 24;

// PyArrayObject_fields of NumPy 2, then ours.
struct NdArray {
  PyObject head;
  char* data;
  int nd;
  index_t* dimensions;
  index_t* strides;
  PyObject* base;
  DTypeObject* descr;
  int flags;
  PyObject* weakreflist;
  void* buffer_info;
  PyObject* mem_handler;
  eng::Buffer* buffer;  // owned memory; null if it lies inline or belongs to `base`
  index_t inline_dims[2 * kInlineDims];

  bool owns_references() const { return flags & kHoldsReferences; }
  ArrayView view() const { return {data, nd, flags, dimensions, strides, descr->engine}; }
  const DType* dtype() const { return descr->engine; }
  index_t size() const {
    index_t n = 1;
    for (int i = 0; i < nd; ++i) n *= dimensions[i];
    return n;
  }
};
static_assert(offsetof(NdArray, data) == 16 && offsetof(NdArray, base) == 48 && offsetof(NdArray, flags) == 64 &&
              offsetof(NdArray, weakreflist) == 72);
extern PyTypeObject ndarray_type;
extern const TypeDef ndarray_def;

inline bool is_ndarray(Value v) {
  return v.is_object() && (v.object()->ob_type == &ndarray_type || is_subtype(v.object()->ob_type, &ndarray_type));
}
inline bool is_exact_ndarray(Value v) { return v.is_object() && v.object()->ob_type == &ndarray_type; }
inline NdArray* as_array(Value v) { return v.as<NdArray>(); }

// A fresh array. `order` lists the axes outermost first; null is C order.
Ref array_new(const DType* dtype, int nd, const index_t* shape, const int* order = nullptr,
              eng::Fill fill = eng::Fill::result, PyTypeObject* type = &ndarray_type);
// A view of another array's memory: keeps the owner alive; flags are derived, writeability inherited.
Ref array_view(NdArray* base, char* data, int nd, const index_t* shape, const index_t* strides, const DType* dtype,
               PyTypeObject* type = &ndarray_type, Value from = Value{});  // from: what __array_finalize__ is told, if not `base`
// Lets a fresh instance of a subclass know where it comes from (__array_finalize__); exact arrays pass through.
Ref finalized(Ref made, Value from);
// A view of foreign memory that `owner` keeps alive.
Ref array_over(Ref owner, char* data, int nd, const index_t* shape, const index_t* strides, const DType* dtype, bool writeable);
Ref array_copy(const ArrayView& view, char order = 'C');  // 'C', 'F', 'K', 'A'
Ref array_cast(const ArrayView& view, const DType* dtype, char order = 'K');
// The array itself or, if it is 0-d, its scalar (what operations return).
Ref unwrap(Ref array);
Ref m_resize(Value self, Args args);  // the method `resize`
// A read-write array or an error: "assignment destination is read-only".
bool check_writeable(NdArray* a);

// The engine's allocator of results: objects end up in results[index].
struct Results {
  Ref objects[eng::kMaxArgs];
  eng::Allocator allocator();
};

// ---- elements ---------------------------------------------------------------------------------------------------------
Ref element_to_scalar(const char* at, const DType* dtype);  // np.float64 and its kin
Ref element_of(NdArray* a, char* at);                       // the same of an array's element: np.void stays a view of it
Ref element_to_python(const char* at, const DType* dtype);  // float, int, bool
// Stores any Python number (or 0-d array) as an element; OverflowError, TypeError, ValueError as NumPy's.
bool store_element(char* at, const DType* dtype, Value v);

// ---- scalars ----------------------------------------------------------------------------------------------------------
// A NumPy scalar (np.generic): its dtype, and a view of its value.
const DType* scalar_dtype(Value v);  // null: not a NumPy scalar
char* scalar_data(Value v);
PyTypeObject* scalar_type(const DType* dtype);
const DType* dtype_of_scalar_type(PyTypeObject* type);  // null: none
extern PyTypeObject generic_type;
bool init_scalars(PyObject* module);
Ref scalar_text(Value v, bool repr);
// The shortest digits that read back as this float: "d.ddde+xx", "nan", "inf", "-inf".
std::string shortest_digits(const char* at, const DType* dtype);

// ---- from Python objects ------------------------------------------------------------------------------------------------
// np.array / np.asarray: anything array-like. dtype null: discovered.
struct FromOptions {
  const DType* dtype = nullptr;
  int copy = -1;  // 1 always, 0 never, -1 if needed
  char order = 'K';
  int ndmin = 0;
  bool subok = false;
};
Ref array_from(Value v, const FromOptions& options);
inline Ref as_array_ref(Value v, const DType* dtype = nullptr) {
  FromOptions options;
  options.dtype = dtype;
  return array_from(v, options);
}
// A shape argument: an int or a sequence of ints.
bool shape_from(Value v, int* nd, index_t* shape);

// ---- operations -----------------------------------------------------------------------------------------------------------
// An operand of an operation: an array, a NumPy scalar, or a Python number that takes the others' dtype (weak).
struct Operand {
  ArrayView view;
  Ref keep;            // what owns the view's memory
  char weak = 0;       // 'i' int, 'f' float, 'c' complex: a Python number; 0: has a dtype
  bool is_array = false;
  bool node = false;   // `original` is a deferred operation: the view has no data
  alignas(16) char value[32];
  Value original;
};
// 1: fine, 0: nothing we know (no exception), -1: error. `convert`: 1: sequences and array-likes are made arrays, 2: texts and any
// other objects as well.
int make_operand(Value v, Operand* out, int convert);
// The dtype that a Python number takes beside one of dtype `strong` (null: alone).
const DType* weak_dtype(char weak, const DType* strong);
// Gives weak operands their dtype, finds the loop, runs, reports conditions. The result is unwrapped if 0-d.
struct CallOptions {
  Value out;           // ndarray, tuple, or absent
  Value where;         // absent: everywhere
  const DType* dtype = nullptr;
  eng::Casting casting = eng::Casting::same_kind;
  bool scalar = false; // of scalars: warnings name "scalar add"
};
Ref call_operation(const eng::OpInfo& op, Operand* operands, const CallOptions& options);
// The loop for these operands, weak ones made elements of its dtypes; null: an exception.
const eng::Loop* choose_loop(const eng::OpInfo& op, Operand* operands, const CallOptions& options);
Ref binary_operation(eng::Op op, Value a, Value b);   // NotImplemented where an operand is foreign
Ref inplace_operation(eng::Op op, Value a, Value b);
Ref unary_operation(eng::Op op, Value a);
Ref compare_operation(Value a, Value b, int op);
Ref matmul_operation(Value a, Value b);

struct ReduceOptions {
  Value axis;          // absent or None: all (ufunc.reduce gives 0)
  const DType* dtype = nullptr;
  Value out;
  bool keepdims = false;
  Value initial;       // absent: none
  Value where;         // absent: everywhere
};
Ref reduce_operation(const eng::OpInfo& op, Value array, const ReduceOptions& options);
Ref accumulate_operation(const eng::OpInfo& op, Value array, Value axis, const DType* dtype, Value out);
Ref mean_operation(Value array, const ReduceOptions& options);
// The dtype a reduction works in when none is asked for.
const DType* reduction_dtype(const eng::OpInfo& op, const DType* in);
// Axes as a bit set; None or absent: all of them. "axis 2 is out of bounds for array of dimension 1".
bool axes_from(Value axis, int nd, uint64_t* axes);
bool axis_from(Value axis, int nd, int* out);

extern PyTypeObject ufunc_type;
bool init_ufuncs(PyObject* module);
Ref ufunc_named(const char* name);
const eng::OpInfo& ufunc_operation(Value ufunc);

// ---- indexing ---------------------------------------------------------------------------------------------------------------
Ref array_subscript(Value self, Value key);
bool array_store_subscript(Value self, Value key, Value value);

// Arguments that several functions take.
bool order_from(Value v, char* out, char fallback);  // 'C', 'F', 'A', 'K'
bool flag_from(Value v, bool fallback, bool* out);
Ref reshaped(Value array, int nd, index_t* shape, char order, int copy);  // copy: -1 if needed, 0 never, 1 always
Ref dot_operation(Value a, Value b);

// Coordinates of the elements that are not zero: columns[axis] are views of one array.
bool nonzero_columns(NdArray* a, Ref* columns);

// ---- errors and conditions -----------------------------------------------------------------------------------------------------
// Raises the Python exception of an engine error, with NumPy's text.
Failure raise_engine(const eng::Error& error);
// Acts on what an operation raised as `errstate` says; false: an exception is set.
bool report_conditions(eng::Conditions raised, const char* name, int stacklevel = 1);
extern bool conditions_muted;  // while a result is computed a second time, as a check
// Whether nothing that conditions may lead to raises or runs code that could look around.
bool conditions_are_quiet();
// Warns of a complex number that becomes real; false: an exception is set.
bool warn_of_discarding(const DType* from, const DType* to);
// Copies broadcast and cast, with NumPy's errors and warnings.
bool assign_array(const ArrayView& to, const ArrayView& from);
bool init_errors(PyObject* module);
Ref shape_text(int nd, const index_t* shape);  // "(3,)", "(2,3)" as NumPy's error texts have it
extern PyObject* AxisError;            // numpy.exceptions.*, owned by the module
extern PyObject* UFuncTypeError;

// ---- tables of the type ------------------------------------------------------------------------------------------------------
extern const MethodRow plain_methods[];      // methods.cpp
extern const MethodRow reduction_methods[];  // methods_reduce.cpp
extern const MethodRow choosing_methods[];   // methods_choose.cpp
inline constexpr int kMaxMethods = 128;
extern MethodRow ndarray_methods[kMaxMethods];
void join_method_tables();
extern const MethodRow module_functions[];

}  // namespace adder::numpy
