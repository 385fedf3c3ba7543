// The engine's structured errors as Python exceptions with NumPy's texts, and what `errstate` does about floating-point
// conditions.
#define FMT_HEADER_ONLY 1
#include <fmt/core.h>

#include <string>

#include "numpy/special.h"
#include "vm/nodes.h"
#include "object/containers.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/str.h"
#include "runtime/interpreter.h"

namespace adder::numpy {

PyObject* AxisError;
PyObject* UFuncTypeError;

namespace {

std::string shape_string(int nd, const index_t* dims, const char* separator = ",") {
  std::string text = "(";
  for (int i = 0; i < nd; ++i) {
    if (i) text += separator;
    text += std::to_string(dims[i]);
  }
  if (nd == 1) text += ",";
  return text + ")";
}

std::string shape_string(const eng::ShapeText& shape, const char* separator = ",") {
  return shape_string(shape.nd < 8 ? shape.nd : 8, shape.dims, separator);
}

Failure raise_text(PyObject* type, const std::string& text) { return raise(type, "%s", text.c_str()); }

Failure raise_axis(int axis, index_t nd) {
  std::string text = fmt::format("axis {} is out of bounds for array of dimension {}", axis, nd);
  return raise_text(AxisError ? AxisError : PyExc_ValueError, text);
}

// Modes of errstate: what to do about each condition, in NumPy's order.
enum Mode : uint8_t { kIgnore, kWarn, kRaise, kCall, kPrint, kLog };
struct ErrState {
  uint8_t modes[4] = {kWarn, kWarn, kIgnore, kWarn};  // divide, over, under, invalid
  Ref handler;
};
thread_local ErrState err_state;

const char* const kModeNames[] = {"ignore", "warn", "raise", "call", "print", "log"};
const char* const kKinds[] = {"divide", "over", "under", "invalid"};
const char* const kTexts[] = {"divide by zero", "overflow", "underflow", "invalid value"};

int mode_named(Value v) {
  if (is_str(v))
    for (int i = 0; i < 6; ++i)
      if (str_equals(v, kModeNames[i])) return i;
  return -1;
}

Ref get_state() {
  Ref d = dict_new();
  if (!d) return {};
  for (int i = 0; i < 4; ++i) {
    Ref name = intern(kModeNames[err_state.modes[i]]);
    if (!name || !dict_set(d, intern(kKinds[i]), name)) return {};
  }
  return d;
}

Ref np_geterr(Value) { return get_state(); }

Ref np_seterr(Value, const Value* a) {
  Ref old = get_state();
  if (!old) return {};
  uint8_t modes[4];
  for (int i = 0; i < 4; ++i) {
    modes[i] = err_state.modes[i];
    Value v = a[i + 1].absent() || is_none(a[i + 1]) ? a[0] : a[i + 1];
    if (v.absent() || is_none(v)) continue;
    int mode = mode_named(v);
    if (mode < 0) return raise(PyExc_ValueError, "invalid error mode %R", v);
    modes[i] = static_cast<uint8_t>(mode);
  }
  for (int i = 0; i < 4; ++i) err_state.modes[i] = modes[i];
  return old;
}

Ref np_geterrcall(Value) {
  return err_state.handler ? Ref::copy(err_state.handler.get()) : none_ref();
}

Ref np_seterrcall(Value, Value handler) {
  if (!is_none(handler) && !is_callable(handler)) {
    Ref write;
    int has = lookup_attr(handler, "write"_id, &write);
    if (has < 0) return {};
    if (!has || !is_callable(write)) return raise(PyExc_ValueError, "Python object must be callable or have a callable write method");
  }
  Ref old = np_geterrcall({});
  if (is_none(handler)) err_state.handler.reset();
  else err_state.handler = Ref::copy(handler);
  return old;
}

}  // namespace

Ref shape_text(int nd, const index_t* shape) { return str_from_ascii(shape_string(nd, shape)); }

namespace {

// What NumPy says of operations on text, dates and structures that have no loop depends on how it looks for one.
Failure raise_no_special_loop(const eng::Error& e) {
  const eng::OpInfo* op = eng::operation_named(e.operation);
  bool dates = false;
  std::string reprs, classes;
  for (int i = 0; i < e.count; ++i) {
    dates |= e.dtypes[i]->is_date();
    Ref text = dtype_repr_text(e.dtypes[i]), own = dtype_ref(e.dtypes[i]);
    if (!text || !own) return {};
    reprs += (i ? ", " : "") + std::string(str_utf8(text));
    classes += (i ? ", " : "") + fmt::format("<class '{}'>", own.object()->ob_type->tp_name);
  }
  if (e.count == 1) classes += ",";
  if (op && (op->flags & eng::kComparison))
    return raise_text(UFuncTypeError, fmt::format("ufunc '{}' did not contain a loop with signature matching types ({}) -> None", e.operation, classes));
  switch (op ? op->op : eng::Op::where) {
    case eng::Op::isnat: return raise_text(PyExc_TypeError, "ufunc 'isnat' is only defined for np.datetime64 and np.timedelta64.");
    case eng::Op::add:
    case eng::Op::subtract:
    case eng::Op::multiply:
    case eng::Op::divide:
    case eng::Op::floor_divide:
    case eng::Op::remainder:
      if (dates && e.count == 2) {
        for (int i = 0; i < 2; ++i)
          if (e.dtypes[0]->is_date() && e.dtypes[1]->is_date() && op->op <= eng::Op::subtract && !(e.dtypes[0]->kind == 'M' && e.dtypes[1]->kind == 'M'))
            if (!promote_or_raise(e.dtypes[i], e.dtypes[1 - i])) return {};
        const size_t comma = reprs.find("), ") + 1;
        return raise_text(UFuncTypeError, fmt::format("ufunc '{}' cannot use operands with types {} and {}", e.operation, reprs.substr(0, comma), reprs.substr(comma + 2)));
      }
      if (op->op == eng::Op::multiply && e.dtypes[0]->is_text() != e.dtypes[1]->is_text())
        return raise_text(PyExc_TypeError, "The 'out' kwarg is necessary when using the string multiply ufunc directly. Use numpy.strings.multiply to multiply strings without specifying 'out'.");
      [[fallthrough]];
    case eng::Op::maximum:
    case eng::Op::minimum:
    case eng::Op::fmax:
    case eng::Op::fmin:
    case eng::Op::bitwise_and:
    case eng::Op::bitwise_or:
    case eng::Op::bitwise_xor:
    case eng::Op::negative:
    case eng::Op::positive:
    case eng::Op::absolute:
    case eng::Op::sign:
    case eng::Op::conjugate:
      return raise_text(UFuncTypeError, fmt::format("ufunc '{}' did not contain a loop with signature matching types {} -> None", e.operation,
                                                    e.count == 1 ? classes.substr(0, classes.size() - 1) : "(" + reprs + ")"));
    default:
      return raise_text(PyExc_TypeError, fmt::format("ufunc '{}' not supported for the input types, and the inputs could not be safely coerced to any supported types according to the casting rule ''safe''", e.operation));
  }
}

}  // namespace

Failure raise_engine(const eng::Error& e) {
  if (error_occurred()) return {};  // objects among the elements raised it
  using eng::Code;
  const char* name = e.operation ? e.operation : "operation";
  switch (e.code) {
    case Code::ok:
      return raise(PyExc_SystemError, "array engine failed without an error");
    case Code::no_memory: {
      static const char* const kUnits[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
      double size = static_cast<double>(e.size);
      int unit = 0;
      while (size >= 1024 && unit < 6) size /= 1024, ++unit;
      std::string amount = unit == 0 ? fmt::format("{:.0f}", size) : size < 10 ? fmt::format("{:.2f}", size) : size < 100 ? fmt::format("{:.1f}", size) : fmt::format("{:.0f}.", size);
      if (!amount.empty() && amount.back() == '.') amount.pop_back();
      if (!e.dtypes[0]) return raise_text(PyExc_MemoryError, fmt::format("Unable to allocate {} {}", amount, kUnits[unit]));
      return raise_text(PyExc_MemoryError, fmt::format("Unable to allocate {} {} for an array with shape {} and data type {}", amount,
                                                       kUnits[unit], shape_string(e.shapes[0], ", "), e.dtypes[0]->name));
    }
    case Code::too_big:
      return raise(PyExc_ValueError, "array is too big; `arr.size * arr.dtype.itemsize` is larger than the maximum possible size.");
    case Code::too_many_dims:
      return raise(PyExc_ValueError, "maximum supported dimension for an ndarray is currently 64, found %d", e.axis);
    case Code::negative_dimension:
      return raise(PyExc_ValueError, "negative dimensions are not allowed");
    case Code::broadcast: {
      std::string text = "operands could not be broadcast together with shapes ";
      for (int i = 0; i < e.count; ++i) text += shape_string(e.shapes[i]) + " ";
      return raise_text(PyExc_ValueError, text);
    }
    case Code::output_broadcast:
      return raise_text(PyExc_ValueError, fmt::format("non-broadcastable output operand with shape {} doesn't match the broadcast shape {}",
                                                      shape_string(e.shapes[0]), shape_string(e.shapes[1])));
    case Code::reshape: {
      // NumPy leaves out unknown dimensions at the front and calls later ones "newaxis".
      std::string text = "(";
      int first = 0, n = e.shapes[0].nd < 8 ? e.shapes[0].nd : 8;
      while (first < n && e.shapes[0].dims[first] < 0) ++first;
      for (int i = first; i < n; ++i) {
        if (i > first) text += ",";
        text += e.shapes[0].dims[i] < 0 ? "newaxis" : std::to_string(e.shapes[0].dims[i]);
      }
      if (n == 1 && first == 0) text += ",";
      return raise_text(PyExc_ValueError, fmt::format("cannot reshape array of size {} into shape {})", e.size, text));
    }
    case Code::assign_broadcast:
      if (e.shapes[1].nd == 0) return raise(PyExc_ValueError, "setting an array element with a sequence.");
      return raise_text(PyExc_ValueError, fmt::format("could not broadcast input array from shape {} into shape {}",
                                                      shape_string(e.shapes[0]), shape_string(e.shapes[1])));
    case Code::axis_range:
      return raise_axis(e.axis, e.size);
    case Code::axis_repeated:
      return raise(PyExc_ValueError, "duplicate value in 'axis'");
    case Code::transpose_axes:
      return raise(PyExc_ValueError, "axes don't match array");
    case Code::index_range:
      return raise_text(PyExc_IndexError, fmt::format("index {} is out of bounds for axis {} with size {}", e.index, e.axis, e.size));
    case Code::no_loop: {
      for (int i = 0; i < e.count; ++i)
        if (e.dtypes[i] && (e.dtypes[i]->is_special() || std::string_view(name) == "isnat")) return raise_no_special_loop(e);
      if (e.dtypes[0] && e.operation && std::string_view(e.operation) == "subtract" && e.dtypes[0]->is_bool())
        return raise(PyExc_TypeError, "numpy boolean subtract, the `-` operator, is not supported, use the bitwise_xor, the `^` operator, or the logical_xor function instead.");
      if (e.dtypes[0] && e.operation && std::string_view(e.operation) == "negative" && e.dtypes[0]->is_bool())
        return raise(PyExc_TypeError, "The numpy boolean negative, the `-` operator, is not supported, use the `~` operator or the logical_not function instead.");
      if (e.count && e.dtypes[0]->is_bool() && (e.count == 1 || e.dtypes[1]->is_bool()) && eng::operation_named(name)) {
        std::string types = e.count == 1 ? "<class 'numpy.dtypes.BoolDType'>" : "(<class 'numpy.dtypes.BoolDType'>, <class 'numpy.dtypes.BoolDType'>)";
        return raise_text(UFuncTypeError, fmt::format("ufunc '{}' did not contain a loop with signature matching types {} -> None", name, types));
      }
      if (e.count == 2 && e.dtypes[0] == e.dtypes[1] && (std::string_view(name) == "gcd" || std::string_view(name) == "lcm")) {
        const char* type = dtype_object(e.dtypes[0])->head.ob_type->tp_name;
        return raise_text(UFuncTypeError, fmt::format("ufunc '{}' did not contain a loop with signature matching types (<class '{}'>, <class '{}'>) -> None", name, type, type));
      }
      return raise_text(PyExc_TypeError, fmt::format("ufunc '{}' not supported for the input types, and the inputs could not be safely coerced to any supported types according to the casting rule ''safe''", name));
    }
    case Code::cast:
      if (e.dtypes[0] && e.dtypes[1] && (e.dtypes[0]->is_special() || e.dtypes[1]->is_special())) {
        Ref from = dtype_repr_text(e.dtypes[0]), to = dtype_repr_text(e.dtypes[1]);
        return from && to ? raise(PyExc_TypeError, "Cannot cast array data from %U to %U according to the rule 'unsafe'", from.get(), to.get()) : Failure{};
      }
      return raise_text(PyExc_TypeError, fmt::format("Cannot cast array data from dtype('{}') to dtype('{}') according to the rule 'safe'",
                                                     e.dtypes[0] ? e.dtypes[0]->name : "?", e.dtypes[1] ? e.dtypes[1]->name : "?"));
    case Code::reduce_output:
      return raise_text(PyExc_ValueError, fmt::format("output parameter for reduction operation {} has the wrong number of dimensions: Found {} but expected {}",
                                                      name, e.size, e.axis));
    case Code::not_reorderable:
      return raise_text(PyExc_ValueError, fmt::format("reduction operation '{}' is not reorderable, so at most one axis may be specified", name));
    case Code::zero_size_reduction:
      if (e.operation && (std::string_view(e.operation) == "argmax" || std::string_view(e.operation) == "argmin"))
        return raise_text(PyExc_ValueError, fmt::format("attempt to get {} of an empty sequence", name));
      return raise_text(PyExc_ValueError, fmt::format("zero-size array to reduction operation {} which has no identity", name));
    case Code::matmul_shapes:
      return raise_text(PyExc_ValueError,
                        fmt::format("matmul: Input operand 1 has a mismatch in its core dimension 0, with gufunc signature (n?,k),(k,m?)->(n?,m?) "
                                    "(size {} is different from {})", e.index, e.size));
    case Code::failed:
      return raise(PyExc_ValueError, "Integers to negative integer powers are not allowed.");
    case Code::mask_shape:
      return raise_text(PyExc_IndexError, fmt::format("boolean index did not match indexed array along axis {}; size of axis is {} but size of corresponding boolean axis is {}",
                                                      e.axis, e.size, e.index));
    case Code::mask_assign:
      return raise_text(PyExc_ValueError, fmt::format("NumPy boolean array indexing assignment cannot assign {} input values to the {} output values where the mask is true", e.size, e.index));
    case Code::interrupted:
      return raise_none(PyExc_KeyboardInterrupt);
    case Code::not_supported:
      break;
  }
  return raise_text(PyExc_NotImplementedError, fmt::format("{}: not supported for these arrays yet", name));
}

bool conditions_are_quiet() {
  bool warns = false;
  for (std::uint8_t mode : err_state.modes) {
    if (mode > kWarn) return false;
    warns |= mode == kWarn;
  }
  return !warns || !hooks.warnings_may_act();
}

bool conditions_muted = false;

bool report_conditions(eng::Conditions raised, const char* name, int stacklevel) {
  if (conditions_muted) return true;
  if (raised & eng::kFailed) {
    if (!error_occurred()) raise(PyExc_ValueError, "the operation failed");
    return false;
  }
  if (raised && nodes.pending && !nodes.settle_pending()) return false;  // what stands before it tells first
  static constexpr eng::Conditions kBits[] = {eng::kDivide, eng::kOverflow, eng::kUnderflow, eng::kInvalid};
  for (int i = 0; i < 4; ++i) {
    if (!(raised & kBits[i])) continue;
    switch (err_state.modes[i]) {
      case kIgnore:
        break;
      case kWarn:
        if (!warn(PyExc_RuntimeWarning, stacklevel, "%s encountered in %s", kTexts[i], name)) return false;
        break;
      case kRaise:
        raise(PyExc_FloatingPointError, "%s encountered in %s", kTexts[i], name);
        return false;
      case kPrint: {
        Ref out = hooks.sys_get ? hooks.sys_get("stderr"_id) : Ref{};
        Ref text = str_format("Warning: %s encountered in %s\n", kTexts[i], name);
        if (out && text && !call_method(out, "write"_id, {text})) return false;
        break;
      }
      case kCall: {
        if (!err_state.handler) {
          raise(PyExc_NameError, "python callback specified for %s (in  %s) but no function found.", kTexts[i], name);
          return false;
        }
        Ref text = str_from_ascii(kTexts[i]);
        if (!text || !call(err_state.handler.get(), {text, Value::from_int(1 << i)})) return false;
        break;
      }
      case kLog: {
        if (!err_state.handler) {
          raise(PyExc_NameError, "log specified for %s (in %s) but no object with write method found.", kTexts[i], name);
          return false;
        }
        Ref text = str_format("Warning: %s encountered in %s\n", kTexts[i], name);
        if (!text || !call_method(err_state.handler.get(), "write"_id, {text})) return false;
        break;
      }
    }
  }
  return true;
}

bool warn_of_discarding(const DType* from, const DType* to) {
  if (!from->is_complex() || to->is_complex() || to->is_bool() || to->is_special()) [[likely]] return true;
  Ref module = hooks.import_module("numpy.exceptions"_id);
  Ref category = module ? getattr(module, "ComplexWarning"_id) : Ref{};
  return category && warn(category.object(), 1, "Casting complex values to real discards the imaginary part");
}

bool assign_array(const ArrayView& to, const ArrayView& from) {
  eng::Error error;
  eng::Conditions raised = 0;
  if (!warn_of_discarding(from.dtype, to.dtype)) return false;
  if (!eng::assign(to, from, &raised, error)) return raise_engine(error);
  return !raised || report_conditions(raised, "cast");
}

bool init_errors(PyObject* module) {
  static const MethodRow rows[] = {
      method<np_geterr>("geterr", "($module, /)", "Get the current way of handling floating-point errors."),
      method<np_seterr>("seterr", "($module, /, all=None, divide=None, over=None, under=None, invalid=None)",
                        "Set how floating-point errors are handled."),
      method<np_geterrcall>("geterrcall", "($module, /)", "Return the current callback function used on floating-point errors."),
      method<np_seterrcall>("seterrcall", "($module, func, /)", "Set the floating-point error callback function or log object."),
      {}};
  for (const MethodRow* row = rows; row->c.ml_name; ++row) {
    Ref function = make_builtin(*row, Value{module}, intern("numpy"));
    if (!function || !module_add(module, row->c.ml_name, std::move(function))) return false;
  }
  Ref bases = tuple_of({Value{PyExc_ValueError}, Value{PyExc_IndexError}});
  Ref space = dict_new();
  per_interpreter(AxisError);
  per_interpreter(UFuncTypeError);
  at_interpreter_end([] {
    Py_CLEAR(AxisError);
    Py_CLEAR(UFuncTypeError);
  });
  Ref name = str_from_ascii("AxisError");
  Ref module_name = str_from_ascii("numpy.exceptions");
  if (!bases || !space || !name || !module_name || !dict_set_str(space, "__module__"_id, module_name)) return false;
  // What numpy/exceptions.py sets in an instance that Python code makes.
  for (PyObject* attribute : {"axis"_id, "ndim"_id})
    if (!dict_set_str(space, attribute, none())) return false;
  Ref axis_error = call(Value{&PyType_Type}, {name, bases, space});
  if (!axis_error) return false;
  AxisError = axis_error.object();
  incref(AxisError);
  if (!module_add(module, "AxisError", std::move(axis_error))) return false;

  Ref ufunc_bases = tuple_of({Value{PyExc_TypeError}});
  Ref ufunc_space = dict_new();
  Ref ufunc_name = str_from_ascii("UFuncTypeError");
  Ref core_name = str_from_ascii("numpy._core._exceptions");
  if (!ufunc_bases || !ufunc_space || !ufunc_name || !core_name || !dict_set_str(ufunc_space, "__module__"_id, core_name)) return false;
  Ref ufunc_error = call(Value{&PyType_Type}, {ufunc_name, ufunc_bases, ufunc_space});
  if (!ufunc_error) return false;
  UFuncTypeError = ufunc_error.object();
  incref(UFuncTypeError);
  return module_add(module, "_UFuncTypeError", std::move(ufunc_error));
}

}  // namespace adder::numpy
