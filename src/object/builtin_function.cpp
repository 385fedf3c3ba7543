// builtin_function_or_method: functions written in C++ (rows) or C (PyMethodDef in all its calling conventions).
#include <cstdlib>
#include <cstring>
#include <iterator>
#include "object/foreign.h"
#include "object/signature.h"
#include "object/type_impl.h"

namespace adder {

// --- Texts ----------------------------------------------------------------------------------------------------------------
// As error messages name a function: module.qualname(), without the module if it is builtins.
Ref function_text(Value callable) {
  Ref qualname, module;
  if (lookup_attr(callable, "__qualname__"_id, &qualname) < 0) return {};
  if (!qualname) return to_str(callable);
  if (lookup_attr(callable, "__module__"_id, &module) < 0) return {};
  if (module && is_str(module) && !str_equals(module, "builtins")) return str_format("%S.%S()", module.get(), qualname.get());
  return str_format("%S()", qualname.get());
}
Failure raise_no_keywords(Value callable) {
  Ref text = function_text(callable);
  return text ? raise(PyExc_TypeError, "%U takes no keyword arguments", text.get()) : Failure{};
}

// --- Calling a row ------------------------------------------------------------------------------------------------------------
static Ref call_row_as(const MethodRow& row, Value self, Args args, Value callable) {
  switch (row.form) {
    case RowForm::kNone:
      if (ADDER_LIKELY(args.n == 0 && !keyword_count(args))) return row.none(self);
      break;
    case RowForm::kOne:
      if (ADDER_LIKELY(args.n == 1 && !keyword_count(args))) return row.one(self, args[0]);
      break;
    case RowForm::kRaw: return row.raw(self, args);
    case RowForm::kBound: {
      const Signature& s = signature_of(row);
      uint64_t storage[kMaxParameters];  // bind fills what the function reads
      Value* words = reinterpret_cast<Value*>(storage);
      BoundExtra extra;
      if (ADDER_UNLIKELY(!bind(row, s, args, callable, words, &extra))) return {};
      return row.bound(self, words);
    }
  }
  Ref text = callable ? function_text(callable) : str_format("%s()", row.c.ml_name);
  if (!text) return {};
  if (keyword_count(args)) return raise(PyExc_TypeError, "%U takes no keyword arguments", text.get());
  if (row.form == RowForm::kNone) return raise(PyExc_TypeError, "%U takes no arguments (%zd given)", text.get(), args.n);
  return raise(PyExc_TypeError, "%U takes exactly one argument (%zd given)", text.get(), args.n);
}
Ref call_row(const MethodRow& row, Value self, Args args) { return call_row_as(row, self, args, Value{}); }

// --- Calling a foreign PyMethodDef ------------------------------------------------------------------------------------------------
namespace {
// An argument as C sees it: numbers in boxes of their own. The caller of a function holds its arguments for the length of the call, so others
// are not counted again: C reads the counts that CPython has (numpy's resize() refuses an array that more refer to).
inline PyObject* held_to_c(Value v) {
  if (foreign::reads(v)) return v.object();
  PyObject* o = to_c(v);
  if (o && !v.is_number()) o->ob_refcnt--;
  return o;
}
class HeldArg {
 public:
  explicit HeldArg(Value v) : object_(held_to_c(v)), boxed_(v.is_number()), ok_(object_ || v.absent()) {}
  ~HeldArg() {
    if (boxed_) Py_XDECREF(object_);
  }
  HeldArg(const HeldArg&) = delete;
  bool ok() const { return ok_; }
  operator PyObject*() const { return object_; }

 private:
  PyObject* object_;
  bool boxed_, ok_;
};
// All arguments as a C array.
struct Boxed {
  const Value* values;
  PyObject* small[9];
  PyObject** words = small;
  size_t n = 0;
  bool ok = false;
  explicit Boxed(Args args) : values(args.v) {
    size_t total = args.n + keyword_count(args);
    if (total + 1 > std::size(small)) {
      words = static_cast<PyObject**>(malloc((total + 1) * sizeof(PyObject*)));
      if (!words) {
        words = small;
        raise_no_memory();
        return;
      }
    }
    words[0] = nullptr;
    while (n < total) {
      PyObject* o = held_to_c(args.v[n]);
      if (!o) return;
      words[++n] = o;
    }
    ok = !args.kwnames || expose(args.kwnames);
  }
  ~Boxed() {
    for (size_t i = 0; i < n; i++) {
      if (values[i].is_number()) decref(words[i + 1]);
    }
    if (words != small) free(words);
  }
  PyObject* const* items() const { return words + 1; }
};

using FastFn = PyObject* (*)(PyObject*, PyObject* const*, Py_ssize_t);
using FastKeywordsFn = PyObject* (*)(PyObject*, PyObject* const*, Py_ssize_t, PyObject*);

Ref call_foreign_def(PyMethodDef* def, Value self_value, Args args, Value callable, PyTypeObject* defining_class) {
  int flags = def->ml_flags & ~(METH_CLASS | METH_STATIC | METH_COEXIST | kMethRow);
  auto meth = reinterpret_cast<void (*)()>(def->ml_meth);
  bool keywords = keyword_count(args) > 0;
  HeldArg self{self_value};
  if (!self.ok()) return {};
  RecursionGuard guard(" while calling a Python object");
  if (!guard.ok) return {};
  if (keywords && !(flags & METH_KEYWORDS)) return raise_no_keywords(callable);
  PyObject* names = keywords ? args.kwnames : nullptr;
  switch (flags) {
    case METH_NOARGS:
      if (args.n) {
        Ref text = function_text(callable);
        return text ? raise(PyExc_TypeError, "%U takes no arguments (%zd given)", text.get(), args.n) : Failure{};
      }
      return foreign::check_result(callable, def->ml_meth(self, nullptr));
    case METH_O: {
      if (args.n != 1) {
        Ref text = function_text(callable);
        return text ? raise(PyExc_TypeError, "%U takes exactly one argument (%zd given)", text.get(), args.n) : Failure{};
      }
      HeldArg x{args[0]};
      return x.ok() ? foreign::check_result(callable, def->ml_meth(self, x)) : Ref{};
    }
    case METH_VARARGS:
    case METH_VARARGS | METH_KEYWORDS: {
      Ref tuple, dict;
      if (!pack_args(args, &tuple, &dict)) return {};
      if (flags & METH_KEYWORDS) {
        auto f = reinterpret_cast<PyCFunctionWithKeywords>(meth);
        return foreign::check_result(callable, f(self, tuple.object(), dict.object()));
      }
      return foreign::check_result(callable, def->ml_meth(self, tuple.object()));
    }
    case METH_FASTCALL: {
      Boxed b{args};
      if (!b.ok) return {};
      return foreign::check_result(callable, reinterpret_cast<FastFn>(meth)(self, b.items(), static_cast<Py_ssize_t>(args.n)));
    }
    case METH_FASTCALL | METH_KEYWORDS: {
      Boxed b{args};
      if (!b.ok) return {};
      return foreign::check_result(callable,
                                   reinterpret_cast<FastKeywordsFn>(meth)(self, b.items(), static_cast<Py_ssize_t>(args.n), names));
    }
    case METH_METHOD | METH_FASTCALL | METH_KEYWORDS: {
      Boxed b{args};
      if (!b.ok) return {};
      return foreign::check_result(callable,
                                   reinterpret_cast<PyCMethod>(meth)(self, defining_class, b.items(), args.n, names));
    }
    default: return raise(PyExc_SystemError, "%s() method: bad call flags", def->ml_name);
  }
}
}  // namespace

__attribute__((noinline)) bool foreign::make_readable(Value* words, size_t n) {
  for (size_t i = 0; i < n; i++) {
    PyObject* o = held_to_c(words[i]);
    if (!o) return false;
    words[i] = Value{o};
  }
  return true;
}

Ref call_method_def(PyMethodDef* def, Value self, Args args, Value callable, PyTypeObject* defining_class) {
  if (ADDER_LIKELY((def->ml_flags & kMethRow) != 0)) return call_row_as(*reinterpret_cast<const MethodRow*>(def), self, args, callable);
  return call_foreign_def(def, self, args, callable, defining_class);
}

// --- The object -----------------------------------------------------------------------------------------------------------------
namespace {

PyCFunctionObject* as_function(Value v) { return v.as<PyCFunctionObject>(); }
PyTypeObject* class_of(PyCFunctionObject* f) {
  return (f->m_ml->ml_flags & METH_METHOD) ? reinterpret_cast<PyCMethodObject*>(f)->mm_class : nullptr;
}
Value self_of(PyCFunctionObject* f) {
  if (!f->m_self || (f->m_ml->ml_flags & METH_STATIC)) return {};
  return from_c_borrowed(f->m_self);
}

Ref builtin_call(Value callable, Args args) {
  PyCFunctionObject* f = as_function(callable);
  return call_method_def(f->m_ml, self_of(f), args, callable, class_of(f));
}

PyObject* builtin_vectorcall(PyObject* callable, PyObject* const* args, size_t nargsf, PyObject* kwnames) {
  return vectorcall_to_values(&builtin_call, callable, args, nargsf, kwnames);
}

void builtin_dealloc(PyObject* o) {
  gc_untrack(o);
  TrashcanGuard guard{o, &builtin_dealloc};
  if (guard.deferred) return;
  auto* f = reinterpret_cast<PyCFunctionObject*>(o);
  if (f->m_weakreflist) clear_weakrefs(o);
  PyTypeObject* cls = class_of(f);
  Py_XDECREF(cls);
  Py_XDECREF(f->m_self);
  Py_XDECREF(f->m_module);
  gc_free(o);
}
int builtin_traverse(PyObject* o, visitproc visit, void* arg) {
  auto* f = reinterpret_cast<PyCFunctionObject*>(o);
  ADDER_VISIT(reinterpret_cast<PyObject*>(class_of(f)));
  ADDER_VISIT(f->m_self);
  ADDER_VISIT(f->m_module);
  return 0;
}

Ref builtin_repr(Value v) {
  PyCFunctionObject* f = as_function(v);
  if (!f->m_self || PyModule_Check(f->m_self)) return str_format("<built-in function %s>", f->m_ml->ml_name);
  return str_format("<built-in method %s of %s object at %p>", f->m_ml->ml_name, Py_TYPE(f->m_self)->tp_name, f->m_self);
}
Ref builtin_compare(Value a, Value b, int op) {
  if ((op != Py_EQ && op != Py_NE) || !is_instance_exactly(a, &PyCFunction_Type) || !is_instance_exactly(b, &PyCFunction_Type)) {
    return not_implemented_ref();
  }
  PyCFunctionObject *x = as_function(a), *y = as_function(b);
  bool same = self_of(x) == self_of(y) && x->m_ml->ml_meth == y->m_ml->ml_meth && (x->m_self != nullptr) == (y->m_self != nullptr);
  return bool_ref(same == (op == Py_EQ));
}
Py_hash_t builtin_hash(Value v) {
  PyCFunctionObject* f = as_function(v);
  Value self = self_of(f);
  auto h = static_cast<Py_hash_t>((self.bits >> 4) ^ (reinterpret_cast<uintptr_t>(f->m_ml->ml_meth) >> 4));
  return h == -1 ? -2 : h;
}

Ref get_name(Value v) { return str_from_utf8(as_function(v)->m_ml->ml_name); }
Ref get_qualname(Value v) {
  PyCFunctionObject* f = as_function(v);
  Ref name = str_from_utf8(f->m_ml->ml_name);
  if (!name || !f->m_self || PyModule_Check(f->m_self)) return name;
  Value self = from_c_borrowed(f->m_self);
  PyTypeObject* type = is_type(self) ? self.as<PyTypeObject>() : type_of(self);
  Ref qualname = getattr(Value{type}, "__qualname__"_id);
  if (!qualname) return {};
  if (!is_str(qualname)) return raise(PyExc_TypeError, "<method>.__class__.__qualname__ is not a unicode object");
  return str_format("%S.%S", qualname.get(), name.get());
}
Ref get_self(Value v) {
  PyCFunctionObject* f = as_function(v);
  return f->m_self ? from_c(f->m_self) : none_ref();
}
Ref get_module(Value v) {
  PyCFunctionObject* f = as_function(v);
  return f->m_module ? from_c(f->m_module) : none_ref();
}
bool set_module(Value v, Value module) {
  PyCFunctionObject* f = as_function(v);
  PyObject* old = f->m_module;
  f->m_module = module ? to_field(module) : nullptr;
  Py_XDECREF(old);
  return true;
}
Ref get_doc(Value v) { return method_def_doc(as_function(v)->m_ml); }
Ref get_signature(Value v) { return method_def_signature(as_function(v)->m_ml); }
Ref reduce(Value v) {
  PyCFunctionObject* f = as_function(v);
  if (!f->m_self || PyModule_Check(f->m_self)) return str_from_utf8(f->m_ml->ml_name);
  Ref builtins = hooks.import_module("builtins"_id);
  Ref getattr_function = builtins ? getattr(builtins, "getattr"_id) : Ref{};
  if (!getattr_function) return {};
  Ref name = str_from_utf8(f->m_ml->ml_name);
  Ref args = name ? tuple_of({from_c_borrowed(f->m_self), name.get()}) : Ref{};
  return args ? tuple_of({getattr_function.get(), args.get()}) : Ref{};
}

const MethodRow methods[] = {method<reduce>("__reduce__", "($self, /)", ""), {}};
const GetSetRow getsets[] = {getset<get_doc>("__doc__"),
                             getset<get_name>("__name__"),
                             getset<get_qualname>("__qualname__"),
                             getset<get_self>("__self__"),
                             getset<get_signature>("__text_signature__"),
                             getset<get_module, set_module>("__module__"),
                             {}};

}  // namespace

Ref method_def_doc(PyMethodDef* def) {
  if (def->ml_flags & kMethRow) {
    const char* doc = reinterpret_cast<const MethodRow*>(def)->doc;
    return doc && *doc ? str_from_utf8(doc) : none_ref();
  }
  if (!def->ml_doc) return none_ref();
  const char* doc = doc_without_signature(def->ml_name, def->ml_doc);
  return *doc ? str_from_utf8(doc) : none_ref();
}
Ref method_def_signature(PyMethodDef* def) {
  if (def->ml_flags & kMethRow) {
    const char* s = reinterpret_cast<const MethodRow*>(def)->signature;
    return s && *s ? str_from_utf8(s) : none_ref();
  }
  return text_signature_of(def->ml_name, def->ml_doc);
}

Ref make_cfunction(PyMethodDef* def, Value self, Value module_name, PyTypeObject* cls) {
  const bool method = (def->ml_flags & METH_METHOD) != 0, foreign = !(def->ml_flags & kMethRow);
  PyTypeObject* type = method ? &PyCMethod_Type : &PyCFunction_Type;
  PyObject* me = !self ? nullptr : foreign ? to_c(self) : to_field(self);  // C is given m_self as it lies there
  if (!me && self) return {};
  PyObject* o = gc_new_raw(type, method ? sizeof(PyCMethodObject) : sizeof(PyCFunctionObject));
  if (!o) {
    Py_XDECREF(me);
    return {};
  }
  auto* f = reinterpret_cast<PyCFunctionObject*>(o);
  f->m_ml = def;
  f->m_self = me;
  f->m_module = module_name ? to_field(module_name) : nullptr;
  f->m_weakreflist = nullptr;
  f->vectorcall = &builtin_vectorcall;
  if (method) {
    Py_XINCREF(cls);
    reinterpret_cast<PyCMethodObject*>(o)->mm_class = cls;
  }
  gc_track(o);
  return Ref::steal(Value{o});
}
Ref make_builtin_of(PyMethodDef* def, Value self, Value module_name) { return make_cfunction(def, self, module_name, nullptr); }
Ref make_builtin(const MethodRow& row, Value self, Value module_name) {
  register_row(&row);
  return make_cfunction(const_cast<PyMethodDef*>(&row.c), self, module_name, nullptr);
}

}  // namespace adder

extern "C" {
PyTypeObject PyCFunction_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyCMethod_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
}

namespace adder {

static_assert(sizeof(PyCFunctionObject) == 56 && offsetof(PyCFunctionObject, vectorcall) == 48);

extern const TypeDef builtin_function_def, builtin_method_def;
const TypeDef builtin_function_def = {
    .type = &PyCFunction_Type,
    .name = "builtin_function_or_method",
    .basicsize = sizeof(PyCFunctionObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL,
    .dealloc = builtin_dealloc,
    .traverse = builtin_traverse,
    .weaklistoffset = offsetof(PyCFunctionObject, m_weakreflist),
    .vectorcall_offset = offsetof(PyCFunctionObject, vectorcall),
    .slots = {.tp_repr = slot::Unary<builtin_repr>,
              .tp_hash = slot::Hash<builtin_hash>,
              .tp_call = slot::Call<builtin_call>,
              .tp_richcompare = slot::Compare<builtin_compare>},
    .methods = methods,
    .getset = getsets,
};
const TypeDef builtin_method_def = {
    .type = &PyCMethod_Type,
    .name = "builtin_method",
    .basicsize = sizeof(PyCMethodObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL,
    .base = &PyCFunction_Type,
    .dealloc = builtin_dealloc,
    .traverse = builtin_traverse,
    .weaklistoffset = offsetof(PyCFunctionObject, m_weakreflist),
    .vectorcall_offset = offsetof(PyCFunctionObject, vectorcall),
    .slots = {.tp_call = slot::Call<builtin_call>},
};

}  // namespace adder
