// What the `numpy` module knows of dtypes beyond the plain numbers: objects, text, dates, structures, swapped bytes. How the
// engine represents them stands in array/core/parametric.h; here they meet Python's objects.
#pragma once

#include "array/core/datetime.h"
#include "array/core/parametric.h"
#include "numpy/ndarray.h"

namespace adder::numpy {

// The object in a slot of an object array (None for one never written), and storing one; the slot owns its reference.
Ref object_at(const char* at);
bool store_object(char* at, Value v);

// The parts of element_to_scalar, element_to_python and store_element for special dtypes.
Ref special_to_scalar(const char* at, const DType* dtype, Value base = Value{});  // base: the array that a void scalar views
Ref special_to_python(const char* at, const DType* dtype);
bool store_special(char* at, const DType* dtype, Value v);

// What a class of dtypes, by its number, stands for by itself: lengths and units open.
const DType* dtype_of_class(int number);
// The dtype that a Python object has as an element; null without an exception: object.
const DType* special_element_dtype(Value v);
// A dtype whose length or unit is still open ("U", "S", "V", "M8"), settled by what is to be stored; others as they are.
bool is_open(const DType* dtype);
const DType* settled_dtype(const DType* dtype, Value v);         // for a Python object (sequences: all their elements)
const DType* settled_for_array(const DType* dtype, NdArray* from);  // for an array's elements; null: exception
inline const DType* minimal_dtype(const DType* dtype) {             // for fresh arrays of nothing
  return dtype->size == 0 && dtype->is_text() ? eng::text_dtype(dtype->kind, 1) : dtype;
}

// Special names of dtypes: "U3", "datetime64[ns]", ">i4", "S"; null without an exception: none of these.
const DType* special_dtype_named(std::string_view name);
// Any other description (lists, dicts, tuples, "i4,f8"), which the Python part takes apart.
bool dtype_from_description(Value v, bool align, const DType** out);
Ref dtype_text(const DType* dtype);  // as str() gives it
Ref dtype_repr_text(const DType* dtype);
// "promote or raise": DTypePromotionError.
const DType* promote_or_raise(const DType* a, const DType* b);

Failure refuse_cast(const DType* from, const DType* to, Value rule);  // "Cannot cast array data from …"

// Fields of structured arrays.
Ref field_view(NdArray* a, Value name);          // a view of one field
Ref fields_view(NdArray* a, Value names);        // of several: a list
Ref compare_structures(Value a, Value b, int op);  // NotImplemented where it does not apply

// Scalars. Their value stands where that of the other scalar types does, but for np.void, which refers to memory: its own, or
// that of the array it was taken from.
struct DateScalar {
  PyObject head;
  int64_t value;
  const DType* dtype;
};
struct VoidScalar {
  PyObject head;
  char* data;
  const DType* dtype;
  PyObject* owner;  // an array
};
extern PyTypeObject scalar_types[eng::kClassCount];  // the concrete types, by class number
extern PyTypeObject signedinteger_type, flexible_type, character_type;
bool init_special_scalars(PyObject* module);
Ref special_scalar_text(Value v, bool with_type);
Ref special_scalar_new(PyTypeObject* type, const DType* dtype, Args args);
Ref special_scalar_reduce(Value v);
bool date_from(Value v, const DType** dtype, int64_t* out);

void init_objects();
void init_text();
Ref reduce_special(const eng::OpInfo& op, const ArrayView& in, uint64_t axes, const ReduceOptions& options);
extern const MethodRow special_functions[];

}  // namespace adder::numpy
