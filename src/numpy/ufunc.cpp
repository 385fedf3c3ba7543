// ufunc objects: one for each visible row of ops.def, with NumPy's calling conventions.
#include <cstring>
#include <string>

#include "memory/gc.h"
#include "numpy/special.h"
#include "numpy/ufunc_places.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/str.h"
#include "object/type.h"

namespace adder::numpy {

ADDER_TYPE(ufunc_type);

namespace {

struct UFunc {
  PyObject head;
  const eng::OpInfo* op;
  const char* name;
  vectorcallfunc vectorcall;
};

PyObject* ufunc_objects[eng::kOpCount];

const eng::OpInfo& op_of(Value self) { return *self.as<UFunc>()->op; }

bool casting_from(Value v, eng::Casting* out) {
  static constexpr const char* kNames[] = {"no", "equiv", "safe", "same_kind", "unsafe"};
  if (is_str(v))
    for (int i = 0; i < 5; ++i)
      if (str_equals(v, kNames[i])) {
        *out = static_cast<eng::Casting>(i);
        return true;
      }
  return raise(PyExc_ValueError, "casting must be one of 'no', 'equiv', 'safe', 'same_kind', or 'unsafe' (got %R)", v);
}

Ref ufunc_call(Value self, Args args) {
  const eng::OpInfo& op = op_of(self);
  CallOptions options;
  size_t inputs = op.inputs;
  Py_ssize_t keywords = args.kwnames ? tuple_size(Value{args.kwnames}) : 0;
  if (args.n < inputs || args.n > static_cast<size_t>(op.args()))
    return raise(PyExc_TypeError, "%s() takes from %d to %d positional arguments but %zd were given", op.name, op.inputs, op.args(),
                 static_cast<Py_ssize_t>(args.n));
  Ref out_tuple;
  if (args.n > inputs) {
    if (op.outputs == 1) {
      if (!is_none(args[inputs])) options.out = args[inputs];
    } else {
      out_tuple = tuple_new(op.outputs);
      if (!out_tuple) return {};
      for (int k = 0; k < op.outputs; ++k)
        tuple_init(out_tuple, k, inputs + static_cast<size_t>(k) < args.n ? Ref::copy(args[inputs + static_cast<size_t>(k)]) : none_ref());
      options.out = out_tuple.get();
    }
  }
  for (Py_ssize_t k = 0; k < keywords; ++k) {
    Value name = tuple_get(Value{args.kwnames}, k);
    Value v = args.v[args.n + static_cast<size_t>(k)];
    if (str_equals(name, "out")) {
      if (is_none(v)) continue;
      if (!options.out.absent()) return raise(PyExc_TypeError, "cannot specify 'out' as both a positional and keyword argument");
      options.out = v;
    } else if (str_equals(name, "where")) {
      options.where = v;
    } else if (str_equals(name, "dtype")) {
      if (!is_none(v) && !dtype_from(v, &options.dtype)) return {};
    } else if (str_equals(name, "casting")) {
      if (!casting_from(v, &options.casting)) return {};
    } else if (str_equals(name, "order") || str_equals(name, "subok")) {
      continue;  // results lie as their operands do
    } else {
      return raise(PyExc_TypeError, "%s() got an unexpected keyword argument '%U'", op.name, name);
    }
  }
  if (inputs == 1 && args.n == 1 && !keywords) {
    Operand one;
    int known = make_operand(args[0], &one, 2);
    if (known < 0) return {};
    if (known) return call_operation(op, &one, options);
  } else if (inputs == 2 && args.n == 2 && !keywords) {
    Operand two[2];
    int known = make_operand(args[0], &two[0], 2);
    if (known >= 0) {
      int other = make_operand(args[1], &two[1], 2);
      known = other < known ? other : known;
    }
    if (known < 0) return {};
    if (known) return call_operation(op, two, options);
  }
  Operand operands[eng::kMaxArgs];
  for (size_t i = 0; i < inputs; ++i) {
    int known = make_operand(args[i], &operands[i], 2);
    if (known < 0) return {};
    if (known) continue;
    // Operands with an override of their own.
    Ref override;
    int has = args[i].is_object() && !is_type(args[i]) ? lookup_attr(args[i], "__array_ufunc__"_id, &override) : 0;
    if (has < 0) return {};
    if (has && is_none(override))
      return raise(PyExc_TypeError, "operand '%N' does not support ufuncs (__array_ufunc__=None)", type_of(args[i]));
    if (has) {
      Value words[2 + eng::kMaxArgs * 2 + 8];
      Ref method = intern("__call__");
      size_t n = 0;
      words[n++] = self;
      words[n++] = method.get();
      for (size_t j = 0; j < args.n + static_cast<size_t>(keywords) && n < sizeof words / sizeof *words; ++j) words[n++] = args.v[j];
      return call(override, Args{words, args.n + 2, args.kwnames});
    }
    return raise(PyExc_TypeError, "ufunc '%s' not supported for the input types, and the inputs could not be safely coerced to any "
                 "supported types according to the casting rule ''safe''", op.name);
  }
  return call_operation(op, operands, options);
}

Ref ufunc_repr(Value self) { return str_format("<ufunc '%s'>", self.as<UFunc>()->name); }

// reduce(array, axis=0, dtype=None, out=None, keepdims=False, initial=<no value>, where=True)
Ref ufunc_reduce(Value self, const Value* a) {
  ReduceOptions options;
  options.axis = a[1].absent() ? Value::from_int(0) : a[1];
  if (!a[2].absent() && !is_none(a[2]) && !dtype_from(a[2], &options.dtype)) return {};
  if (!is_none(a[3])) options.out = a[3];
  int keep = a[4].absent() ? 0 : is_true(a[4]);
  if (keep < 0) return {};
  options.keepdims = keep;
  if (!a[5].absent() && !is_none(a[5])) options.initial = a[5];
  if (!a[6].absent()) options.where = a[6];
  return reduce_operation(op_of(self), a[0], options);
}

Ref ufunc_accumulate(Value self, const Value* a) {
  const DType* dtype = nullptr;
  if (!a[2].absent() && !is_none(a[2]) && !dtype_from(a[2], &dtype)) return {};
  if (op_of(self).inputs != 2) return raise(PyExc_ValueError, "accumulate only supported for binary functions");
  return accumulate_operation(op_of(self), a[0], a[1].absent() ? Value::from_int(0) : a[1], dtype, a[3]);
}

Ref ufunc_outer(Value self, const Value* a) {
  if (op_of(self).inputs != 2) return raise(PyExc_ValueError, "outer product only supported for binary functions");
  Ref x = as_array_ref(a[0]), y = as_array_ref(a[1]);
  if (!x || !y) return {};
  NdArray* left = as_array(x);
  NdArray* right = as_array(y);
  if (left->nd + right->nd > eng::kMaxDims) return raise(PyExc_ValueError, "too many dimensions");
  index_t shape[eng::kMaxDims], strides[eng::kMaxDims];
  for (int i = 0; i < left->nd; ++i) {
    shape[i] = left->dimensions[i];
    strides[i] = left->strides[i];
  }
  for (int i = 0; i < right->nd; ++i) {
    shape[left->nd + i] = 1;
    strides[left->nd + i] = 0;
  }
  Ref wide = array_view(left, left->data, left->nd + right->nd, shape, strides, left->dtype());
  return wide ? binary_operation(op_of(self).op, wide, y) : Ref{};
}

Ref get_name(Value self) { return str_from_ascii(self.as<UFunc>()->name); }
Ref get_doc(Value self) {
  const eng::OpInfo& op = op_of(self);
  std::string text = std::string(self.as<UFunc>()->name) + (op.inputs == 1 ? "(x" : "(x1, x2") +
                     ", /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, subok=True)\n\n" + op.doc;
  return str_from_ascii(text);
}
Ref get_nin(Value self) { return Ref::from_int(op_of(self).inputs); }
Ref get_nout(Value self) { return Ref::from_int(op_of(self).outputs); }
Ref get_nargs(Value self) { return Ref::from_int(op_of(self).args()); }
Ref get_ntypes(Value self) { return Ref::from_int(op_of(self).loop_count); }
Ref get_identity(Value self) {
  switch (op_of(self).identity) {
    case eng::Identity::zero: return op_of(self).flags & eng::kLogical ? bool_ref(false) : Ref::from_int(0);
    case eng::Identity::one: return op_of(self).flags & eng::kLogical ? bool_ref(true) : Ref::from_int(1);
    case eng::Identity::minus_one: return Ref::from_int(-1);
    default: return none_ref();
  }
}
Ref get_types(Value self) {
  const eng::OpInfo& op = op_of(self);
  Ref list = list_new(op.loop_count);
  if (!list) return {};
  for (int i = 0; i < op.loop_count; ++i) {
    std::string text;
    for (int k = 0; k < op.args(); ++k) {
      if (k == op.inputs) text += "->";
      text += op.loops[i].types[k]->code;
    }
    if (!list_append(list, str_from_ascii(text))) return {};
  }
  return list;
}
Ref get_signature(Value) { return none_ref(); }

const GetSetRow ufunc_getset[] = {
    getset<get_name>("__name__"),
    getset<get_name>("__qualname__"),
    getset<get_doc>("__doc__"),
    getset<get_nin>("nin", "The number of inputs."),
    getset<get_nout>("nout", "The number of outputs."),
    getset<get_nargs>("nargs", "The number of arguments."),
    getset<get_ntypes>("ntypes", "The number of types."),
    getset<get_types>("types", "Returns a list with types grouped input->output."),
    getset<get_identity>("identity", "The identity value."),
    getset<get_signature>("signature", "Definition of the core elements a generalized ufunc operates on."),
    {}};

Ref ufunc_reduce_pickle(Value self) { return get_name(self); }

const MethodRow ufunc_methods[] = {
    method<ufunc_reduce>("reduce", "($self, array, /, axis=0, dtype=None, out=None, keepdims=False, initial=<unrepresentable>, where=True)",
                         "Reduces `array`'s dimension by one, by applying ufunc along one axis."),
    method<ufunc_accumulate>("accumulate", "($self, array, /, axis=0, dtype=None, out=None)", "Accumulate the result of applying the operator to all elements."),
    method<ufunc_reduceat>("reduceat", "($self, array, /, indices, axis=0, dtype=None, out=None)", "Performs a (local) reduce with specified slices over a single axis."),
    method<ufunc_outer>("outer", "($self, A, B, /)", "Apply the ufunc to all pairs (a, b) with a in A and b in B."),
    method<ufunc_at>("at", "($self, a, indices, b=<unrepresentable>, /)", "Performs unbuffered in place operation on operand 'a' for elements specified by 'indices'."),
    method<ufunc_reduce_pickle>("__reduce__", "($self, /)", "For pickling."),
    {}};

const TypeDef ufunc_def = {
    .type = &ufunc_type,
    .name = "numpy.ufunc",
    .basicsize = sizeof(UFunc),
    .doc = "Functions that operate element by element on whole arrays.",
    .slots = {.tp_repr = slot::Unary<ufunc_repr>, .tp_call = slot::Call<ufunc_call>},
    .methods = ufunc_methods,
    .getset = ufunc_getset,
};

Ref make_ufunc(const eng::OpInfo& op, const char* name) {
  auto* u = new_object<UFunc>(&ufunc_type);
  if (!u) return {};
  u->op = &op;
  u->name = name;
  return Ref::steal(Value{reinterpret_cast<PyObject*>(u)});
}

}  // namespace

const eng::OpInfo& ufunc_operation(Value ufunc) { return op_of(ufunc); }

Ref ufunc_named(const char* name) {
  const eng::OpInfo* op = eng::operation_named(name);
  PyObject* object = op ? ufunc_objects[static_cast<int>(op->op)] : nullptr;
  return object ? Ref::copy(Value{object}) : Ref{};
}

bool init_ufuncs(PyObject* module) {
  if (!module_add_type(module, ufunc_def)) return false;
  const eng::OpInfo* ops = eng::operations();
  for (int i = 0; i < eng::kOpCount; ++i) {
    if (ops[i].flags & eng::kHidden) continue;
    Ref made = make_ufunc(ops[i], ops[i].name);
    if (!made) return false;
    ufunc_objects[i] = Ref::copy(made).release().object();
    if (!module_add(module, ops[i].name, std::move(made))) return false;
  }
  // Second names of the same objects.
  static constexpr const char* kAliases[][2] = {
      {"true_divide", "divide"}, {"abs", "absolute"}, {"mod", "remainder"}, {"conj", "conjugate"},
      {"bitwise_not", "invert"}, {"bitwise_invert", "invert"}, {"pow", "power"}, {"acos", "arccos"}, {"asin", "arcsin"},
      {"atan", "arctan"}, {"atan2", "arctan2"}, {"acosh", "arccosh"}, {"asinh", "arcsinh"}, {"atanh", "arctanh"},
      {"bitwise_left_shift", "left_shift"}, {"bitwise_right_shift", "right_shift"},
  };
  for (const auto& alias : kAliases) {
    Ref object = ufunc_named(alias[1]);
    if (!object || !module_add(module, alias[0], std::move(object))) return false;
  }
  return true;
}

}  // namespace adder::numpy
