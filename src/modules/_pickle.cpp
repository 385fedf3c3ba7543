// The module _pickle: its functions, its state, and what pickling and unpickling share. Pickler objects are in
// _pickle_pickler.cpp, the saving itself in _pickle_save.cpp; Unpickler objects in _pickle_unpickler.cpp, the loading in
// _pickle_load.cpp.
#include "memory/gc.h"
#include "modules/_pickle.h"
#include "object/bytes.h"
#include "object/hooks.h"
#include "object/method.h"
#include "object/str.h"
#include "runtime/interpreter.h"

namespace adder {

extern "C" PyTypeObject PyPickleBuffer_Type;

namespace pickle {

State* state = nullptr;

// --- Names with dots ----------------------------------------------------------------------------------------------------

bool split_path(Value dotted, Value where, Ref* parts) {
  Ref dot = str_from_char('.');
  *parts = dot ? str_split_on(dotted, dot, PY_SSIZE_T_MAX) : Ref{};
  if (!*parts) return false;
  for (Py_ssize_t i = 0; i < list_size(*parts); i++) {
    if (!str_equals(list_get(*parts, i), "<locals>")) continue;
    if (where) return raise(PyExc_AttributeError, "Can't pickle local attribute %R on %R", dotted, where);
    return raise(PyExc_AttributeError, "Can't pickle local object %R", dotted);
  }
  return true;
}

int walk_path(Value object, Value parts, Ref* found, Ref* parent) {
  Ref at = Ref::copy(object), before;
  for (Py_ssize_t i = 0; i < list_size(parts); i++) {
    Ref name = Ref::copy(list_get(parts, i)), value;
    int r = lookup_attr(at, name.object(), &value);
    if (r <= 0) return r;
    before = std::move(at);
    at = std::move(value);
  }
  if (parent) *parent = std::move(before);
  *found = std::move(at);
  return 1;
}

// --- Hooks: persistent_id and persistent_load ---------------------------------------------------------------------------

// A method of the object itself is kept as its function, so that the object does not hold itself.
bool bind_hook(Value object, PyObject* name, PyObject** function, PyObject** self) {
  Ref hook;
  if (lookup_attr(object, name, &hook) < 0) return false;
  PyObject* old = *function;
  *self = nullptr;
  if (hook && is_exact(hook, &PyMethod_Type) && PyMethod_GET_SELF(hook.object()) == object.object()) {
    *function = Ref::copy(PyMethod_GET_FUNCTION(hook.object())).release().object();
    *self = object.object();
  } else {
    *function = hook ? to_c_steal(std::move(hook)) : nullptr;
  }
  if (old) adder::decref(old);
  return true;
}

Ref method_or_attribute(PyObject* function, PyObject* self) {
  return self ? bound_method(Value{function}, Value{self}) : Ref::copy(function);
}

Failure no_deletion() { return raise(PyExc_TypeError, "attribute deletion is not supported"); }

Ref memo_proxy_new(PyTypeObject* type, Value owner) {
  PyObject* o = allocate_instance(type);
  if (!o) return {};
  reinterpret_cast<MemoProxy*>(o)->owner = Ref::copy(owner).release().object();
  return Ref::steal(o);
}
Ref memo_proxy_reduce(Ref contents) {
  Ref args = contents ? tuple_of({contents}) : Ref{};
  return args ? tuple_of({Value{&PyDict_Type}, args}) : Ref{};
}
void memo_proxy_dealloc(PyObject* o) {
  gc_untrack(o);
  adder::decref(reinterpret_cast<MemoProxy*>(o)->owner);
  Py_TYPE(o)->tp_free(o);
}
int memo_proxy_traverse(PyObject* o, visitproc visit, void* arg) {
  ADDER_VISIT(reinterpret_cast<MemoProxy*>(o)->owner);
  return 0;
}

// --- Functions ------------------------------------------------------------------------------------------------------------

namespace {

Ref new_pickler(Value protocol, Value fix_imports, Value callback) {
  int fix = fix_imports ? is_true(fix_imports) : 1;
  if (fix < 0) return {};
  Ref r = Ref::steal(allocate_instance(pickler_def.type));
  if (!r) return {};
  auto* p = r.as<Pickler>();
  if (!pickler_init_state(p) || !pickler_set_protocol(p, protocol ? protocol : none(), fix != 0)) return {};
  return pickler_set_buffer_callback(p, callback ? callback : none()) ? std::move(r) : Ref{};
}

Ref m_dump(Value, const Value* a) {
  Ref p = new_pickler(a[2], a[3], a[4]);
  if (!p || !pickler_set_output(p.as<Pickler>(), a[1])) return {};
  return dump(p.as<Pickler>(), a[0]) && pickler_flush(p.as<Pickler>()) ? none_ref() : Ref{};
}
Ref m_dumps(Value, const Value* a) {
  Ref p = new_pickler(a[1], a[2], a[3]);
  return p && dump(p.as<Pickler>(), a[0]) ? pickler_take_output(p.as<Pickler>()) : Ref{};
}

bool text_option(const char* function, const char* name, Value v, const char* fallback, std::string_view* out) {
  *out = fallback;
  if (!v) return true;
  if (!is_str(v)) return raise(PyExc_TypeError, "%s() argument '%s' must be str, not %.50s", function, name, is_none(v) ? "None" : type_of(v)->tp_name);
  *out = str_utf8(v);
  if (!out->data()) return false;
  return out->find('\0') == std::string_view::npos ? true : static_cast<bool>(raise(PyExc_ValueError, "embedded null character"));
}

Ref m_load(Value, const Value* a) {
  std::string_view encoding, errors;
  if (!text_option("load", "encoding", a[2], "ASCII", &encoding) || !text_option("load", "errors", a[3], "strict", &errors)) return {};
  Ref u = unpickler_new_plain(a[1], encoding, errors, a[4]);
  return u && unpickler_set_file(u.as<Unpickler>(), a[0]) ? load(u.as<Unpickler>()) : Ref{};
}
Ref m_loads(Value, const Value* a) {
  std::string_view encoding, errors;
  if (!text_option("loads", "encoding", a[2], "ASCII", &encoding) || !text_option("loads", "errors", a[3], "strict", &errors)) return {};
  Ref u = unpickler_new_plain(a[1], encoding, errors, a[4]);
  return u && unpickler_set_input(u.as<Unpickler>(), a[0]) ? load(u.as<Unpickler>()) : Ref{};
}

const MethodRow functions[] = {
    method<m_dump>("dump", "($module, /, obj, file, protocol=None, *, fix_imports=True,\n     buffer_callback=None)",
                   "Write a pickled representation of obj to the open file object file.\n\n"
                   "This is equivalent to ``Pickler(file, protocol).dump(obj)``, but may\nbe more efficient."),
    method<m_dumps>("dumps", "($module, /, obj, protocol=None, *, fix_imports=True,\n      buffer_callback=None)",
                    "Return the pickled representation of the object as a bytes object."),
    method<m_load>("load", "($module, /, file, *, fix_imports=True, encoding='ASCII',\n     errors='strict', buffers=())",
                   "Read and return an object from the pickle data stored in a file.\n\n"
                   "This is equivalent to ``Unpickler(file).load()``, but may be more\nefficient."),
    method<m_loads>("loads", "($module, data, /, *, fix_imports=True, encoding='ASCII',\n      errors='strict', buffers=())",
                    "Read and return an object from the given pickle data."),
    {}};

// --- The state --------------------------------------------------------------------------------------------------------------

bool fetch_dict(Value module, const char* module_name, PyObject* name, Ref* out) {
  *out = getattr(module, name);
  if (!*out) return false;
  if (is_exact_dict(*out)) return true;
  return raise(PyExc_RuntimeError, "%s.%U should be a dict, not %.200s", module_name, Value{name}, type_of(*out)->tp_name);
}

bool make_state() {
  per_interpreter(state);
  auto* s = new State;
  state = s;
  at_interpreter_end([] {
    delete state;
    state = nullptr;
  });
  Ref copyreg = import_module("copyreg"), compat = copyreg ? import_module("_compat_pickle") : Ref{};
  if (!compat || !fetch_dict(copyreg, "copyreg", "dispatch_table"_id, &s->dispatch_table) ||
      !fetch_dict(copyreg, "copyreg", "_extension_registry"_id, &s->extension_registry) ||
      !fetch_dict(copyreg, "copyreg", "_inverted_registry"_id, &s->inverted_registry) ||
      !fetch_dict(copyreg, "copyreg", "_extension_cache"_id, &s->extension_cache) ||
      !fetch_dict(compat, "_compat_pickle", "NAME_MAPPING"_id, &s->name_mapping_2to3) ||
      !fetch_dict(compat, "_compat_pickle", "IMPORT_MAPPING"_id, &s->import_mapping_2to3) ||
      !fetch_dict(compat, "_compat_pickle", "REVERSE_NAME_MAPPING"_id, &s->name_mapping_3to2) ||
      !fetch_dict(compat, "_compat_pickle", "REVERSE_IMPORT_MAPPING"_id, &s->import_mapping_3to2))
    return false;
  Ref codecs = import_module("codecs"), functools = codecs ? import_module("functools") : Ref{};
  if (!functools) return false;
  s->codecs_encode = adder::getattr(codecs, "encode"_id);
  s->partial = adder::getattr(functools, "partial"_id);
  s->getattr = get_builtin("getattr"_id);
  s->error = make_heap_type("_pickle.PickleError", reinterpret_cast<PyTypeObject*>(PyExc_Exception), Value{});
  if (!s->codecs_encode || !s->partial || !s->getattr || !s->error) return false;
  s->pickling_error = make_heap_type("_pickle.PicklingError", s->error.as<PyTypeObject>(), Value{});
  s->unpickling_error = make_heap_type("_pickle.UnpicklingError", s->error.as<PyTypeObject>(), Value{});
  return s->pickling_error && s->unpickling_error;
}

bool exec(PyObject* module) {
  if (!state && !make_state()) return false;
  return ready_type(pickler_memo_def) && ready_type(unpickler_memo_def) && module_add_type(module, pickler_def) && module_add_type(module, unpickler_def) &&
         module_add(module, "PickleBuffer", Ref::copy(&PyPickleBuffer_Type)) && module_add(module, "PickleError", Ref::copy(state->error)) &&
         module_add(module, "PicklingError", Ref::copy(state->pickling_error)) &&
         module_add(module, "UnpicklingError", Ref::copy(state->unpickling_error));
}

}  // namespace
}  // namespace pickle

extern const ModuleDef pickle_module{
    .name = "_pickle", .doc = "Optimized C implementation for the Python pickle module.", .methods = pickle::functions, .exec = pickle::exec};

}  // namespace adder
