// ufunc objects: one for each visible row of ops.def, with NumPy's calling conventions.
#include <cstring>
#include <string>

#include "array/core/scratch.h"
#include "memory/gc.h"
#include "numpy/special.h"
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

// at(a, indices, b=None): element by element, so that repeated places add up.
Ref ufunc_at(Value self, const Value* a) {
  const eng::OpInfo& op = op_of(self);
  if (!is_ndarray(a[0])) return raise(PyExc_TypeError, "first operand must be array");
  if (op.inputs > 2) return raise(PyExc_ValueError, "Only unary and binary ufuncs supported at this time");
  // The places, as flat positions: the index applied to an array of them.
  NdArray* target = as_array(a[0]);
  if (!check_writeable(target)) return {};
  Ref flat = array_new(&eng::kInt64, target->nd, target->dimensions);
  if (!flat) return {};
  for (index_t i = 0, n = target->size(); i < n; ++i) reinterpret_cast<int64_t*>(as_array(flat)->data)[i] = i;
  Ref places = array_subscript(flat, a[1]);
  if (!places) return {};
  places = as_array_ref(places, &eng::kInt64);
  if (!places) return {};
  Ref values;
  if (op.inputs == 2) {
    if (a[2].absent()) return raise(PyExc_ValueError, "second operand needed for ufunc");
    values = as_array_ref(a[2]);
    if (!values) return {};
  }
  NdArray* p = as_array(places);
  const DType* types[2] = {target->dtype(), op.inputs == 2 ? as_array(values)->dtype() : nullptr};
  if (op.inputs == 2 && as_array(values)->nd == 0 && !is_ndarray(a[2]) && !scalar_dtype(a[2]) && target->dtype()->is_number()) {
    values = as_array_ref(values, target->dtype()->is_floating() || as_array(values)->dtype()->is_integer() ? target->dtype() : types[1]);
    if (!values) return {};
    types[1] = as_array(values)->dtype();
  }
  eng::Error error;
  const eng::Loop* loop = eng::find_loop(op, types, error);
  if (!loop) return raise_engine(error);
  if (!eng::can_cast(loop->types[op.inputs], target->dtype(), eng::Casting::same_kind))
    return raise(UFuncTypeError, "Cannot cast ufunc '%s' output from dtype('%s') to dtype('%s') with casting rule 'same_kind'",
                 op.name, loop->types[op.inputs]->name, target->dtype()->name);
  // Values in the loop's dtype, one per place.
  Ref spread;
  if (op.inputs == 2) {
    spread = array_new(loop->types[1], p->nd, p->dimensions);
    if (!spread) return {};
    eng::Conditions raised = 0;
    if (!eng::assign(as_array(spread)->view(), as_array(values)->view(), &raised, error)) return raise_engine(error);
  }
  const index_t n = p->size();
  Ref ordered = p->flags & eng::kCContiguous ? Ref::copy(places) : array_copy(p->view());
  if (!ordered) return {};
  const int64_t* at = reinterpret_cast<int64_t*>(as_array(ordered)->data);
  const DType* own = target->dtype();
  const eng::Cast in = eng::find_cast(own, loop->types[0]), out = eng::find_cast(loop->types[op.inputs], own);
  eng::Conditions raised = 0;
  eng::ElementScratch inputs, outputs;
  char* x = inputs.get(loop->types[0], 1, error);
  char* r = outputs.get(loop->types[op.inputs], 1, error);
  if (!x || !r) return raise_engine(error);
  const index_t no_steps[3] = {0, 0, 0};
  for (index_t i = 0; i < n; ++i) {
    index_t left = at[i];
    char* element = target->data;
    for (int k = target->nd - 1; k >= 0; --k) {
      element += left % target->dimensions[k] * target->strides[k];
      left /= target->dimensions[k];
    }
    char* load[2] = {element, x};
    in(load, 1, no_steps);
    char* data[3] = {x, op.inputs == 2 ? as_array(spread)->data + i * loop->types[1]->size : r, r};
    raised |= loop->kernel(data, 1, no_steps, loop->extra);
    char* store[2] = {r, element};
    if (!(raised & eng::kFailed)) raised |= out(store, 1, no_steps);
    if (raised & eng::kFailed) break;
  }
  if (raised && !report_conditions(raised, op.name)) return {};
  return none_ref();
}

// reduceat(array, indices, axis=0, dtype=None, out=None)
Ref ufunc_reduceat(Value self, const Value* a) {
  const eng::OpInfo& op = op_of(self);
  Ref source = as_array_ref(a[0]);
  Ref indices = as_array_ref(a[1], &eng::kInt64);
  if (!source || !indices) return {};
  NdArray* s = as_array(source);
  NdArray* where = as_array(indices);
  int axis = 0;
  if (!a[2].absent() && !axis_from(a[2], s->nd, &axis)) return {};
  if (where->nd != 1) return raise(PyExc_ValueError, "object of too small depth for desired array");
  if (!a[4].absent() && !is_none(a[4])) return raise(PyExc_NotImplementedError, "reduceat with out= is not supported yet");
  ReduceOptions options;
  options.axis = Value::from_int(axis);
  if (!a[3].absent() && !is_none(a[3]) && !dtype_from(a[3], &options.dtype)) return {};
  const index_t n = where->dimensions[0], length = s->dimensions[axis];
  Ref result;
  for (index_t i = 0; i < n; ++i) {
    index_t from = *reinterpret_cast<int64_t*>(where->data + i * where->strides[0]);
    index_t to = i + 1 < n ? *reinterpret_cast<int64_t*>(where->data + (i + 1) * where->strides[0]) : length;
    if (from < 0 || from >= length) return raise(PyExc_IndexError, "index %zd out-of-bounds in %s.reduceat [0, %zd)", from, op.name, length);
    if (to <= from) to = from + 1;
    index_t shape[eng::kMaxDims];
    std::memcpy(shape, s->dimensions, sizeof(index_t) * static_cast<size_t>(s->nd));
    shape[axis] = to - from;
    Ref piece = array_view(s, s->data + from * s->strides[axis], s->nd, shape, s->strides, s->dtype());
    if (!piece) return {};
    Ref folded = reduce_operation(op, piece, options);
    if (!folded) return {};
    folded = as_array_ref(folded);
    if (!folded) return {};
    if (!result) {
      index_t out_shape[eng::kMaxDims];
      std::memcpy(out_shape, s->dimensions, sizeof(index_t) * static_cast<size_t>(s->nd));
      out_shape[axis] = n;
      result = array_new(as_array(folded)->dtype(), s->nd, out_shape);
      if (!result) return {};
    }
    NdArray* r = as_array(result);
    index_t slot_shape[eng::kMaxDims], slot_strides[eng::kMaxDims];
    int nd = 0;
    for (int k = 0; k < r->nd; ++k) {
      if (k == axis) continue;
      slot_shape[nd] = r->dimensions[k];
      slot_strides[nd++] = r->strides[k];
    }
    ArrayView target = {r->data + i * r->strides[axis], nd, 0, slot_shape, slot_strides, r->dtype()};
    eng::Error error;
    eng::Conditions raised = 0;
    if (!eng::assign(target, as_array(folded)->view(), &raised, error)) return raise_engine(error);
  }
  if (result) return result;
  index_t none[1] = {0};
  return array_new(s->dtype(), 1, none);
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
