// Handlers of imports, pattern matching, and the interactive prompt.
#include "object/hooks.h"
#include "object/int.h"
#include "object/str.h"
#include "object/type.h"
#include "vm/interp.h"

namespace adder {

// --- Imports ----------------------------------------------------------------------------------------------------------------------
ADDER_SLOW_OP(IMPORT_NAME) {
  save_pc(r, pc);
  Frame* f = frame_of(r);
  PyObject* name = name_at(r, field_c(*pc));
  Value* window = r + field_b(*pc);
  Ref level = Ref::steal(window[0]), fromlist = Ref::steal(window[1]);
  PyObject* builtins = frame_builtins(f);
  Ref import;
  if (is_exact_dict(builtins)) {
    import = Ref::copy(dict_get_str(builtins, "__import__"_id));
  } else {
    import = get_item(builtins, "__import__"_id);
    if (!import && error_matches(PyExc_KeyError)) clear_error();
  }
  if (!import) return error_occurred() ? false : static_cast<bool>(raise(PyExc_ImportError, "__import__ not found"));
  Value locals = f->locals && !(f->flags & kFrameConstructor) ? Value{f->locals} : none();
  return write_ref(r, field_a(*pc), call(import, {Value{name}, Value{frame_globals(f)}, locals, fromlist.get(), level.get()}));
}
// `from m import name`, where the attribute may be a submodule that is being imported.
static Ref import_from(Value module, PyObject* name) {
  Ref v;
  int found = lookup_attr(module, name, &v);
  if (found != 0) return v;
  Ref package;
  if (lookup_attr(module, "__name__"_id, &package) < 0) return Ref{};
  if (package && is_str(package) && hooks.sys_get) {
    Ref full = str_format("%U.%U", package.get(), name);
    Ref modules = full ? hooks.sys_get("modules"_id) : Ref{};
    if (!modules) return Ref{};
    Ref sub = get_item(modules, full);
    if (sub) return sub;
    clear_error();
  }
  Ref shown = package && is_str(package) ? std::move(package) : str_from_ascii("<unknown module name>");
  Ref path, spec, initializing;
  if (lookup_attr(module, "__file__"_id, &path) < 0) clear_error();
  if (!path || !is_str(path)) {
    return raise_import_error(shown, Value{}, "cannot import name %R from %R (unknown location)", Value{name}, shown.get());
  }
  bool busy = false;
  if (lookup_attr(module, "__spec__"_id, &spec) > 0 && lookup_attr(spec, "_initializing"_id, &initializing) > 0) busy = is_true(initializing) > 0;
  clear_error();
  return raise_import_error(shown, path, busy ? "cannot import name %R from partially initialized module %R (most likely due to a circular import) (%S)"
                                              : "cannot import name %R from %R (%S)",
                            Value{name}, shown.get(), path.get());
}
ADDER_SLOW_OP(IMPORT_FROM) {
  save_pc(r, pc);
  Ref v = import_from(reg(r, field_b(*pc)), name_at(r, field_c(*pc)));
  consume(r, field_b(*pc));
  return write_ref(r, field_a(*pc), std::move(v));
}
static bool import_all(Value locals, Value module) {
  Ref all, dict;
  if (lookup_attr(module, "__all__"_id, &all) < 0) return false;
  bool skip_underscores = false;
  if (!all) {
    if (lookup_attr(module, "__dict__"_id, &dict) < 0) return false;
    if (!dict) return raise(PyExc_ImportError, "from-import-* object has no __dict__ and no __all__");
    all = call_method(dict, "keys"_id);
    if (all) all = to_list(all);
    if (!all) return false;
    skip_underscores = true;
  }
  for (Py_ssize_t i = 0;; i++) {
    Ref name = sequence_item(all, i);
    if (!name) {
      if (!error_matches(PyExc_IndexError)) return false;
      clear_error();
      return true;
    }
    if (!is_str(name)) {
      Ref module_name = getattr(module, "__name__"_id);
      if (!module_name) return false;
      if (!is_str(module_name)) return raise(PyExc_TypeError, "module __name__ must be a string, not %.100s", type_of(module_name)->tp_name);
      return raise(PyExc_TypeError, "%s in %U.%s must be str, not %.100s", skip_underscores ? "Key" : "Item", module_name.get(),
                   skip_underscores ? "__dict__" : "__all__", type_of(name)->tp_name);
    }
    if (skip_underscores && str_length(name) > 0 && str_char(name, 0) == '_') continue;
    Ref v = getattr(module, name.object());
    if (!v) return false;
    bool ok = is_exact_dict(locals) ? dict_set(locals, name, v) : set_item(locals, name, v);
    if (!ok) return false;
  }
}
ADDER_SLOW_OP(IMPORT_STAR) {
  save_pc(r, pc);
  Frame* f = frame_of(r);
  Ref locals = frame_locals(f);
  bool ok = false;
  if (!f->locals) (void)raise(PyExc_SystemError, "no locals found during 'import *'");
  else ok = locals && import_all(locals, reg(r, field_a(*pc)));
  consume(r, field_a(*pc));
  return ok;
}

// --- Patterns -----------------------------------------------------------------------------------------------------------------------
ADDER_SLOW_OP(MATCH_SEQUENCE) {
  bool yes = type_has(type_of(reg(r, field_b(*pc))), Py_TPFLAGS_SEQUENCE);
  consume(r, field_b(*pc));
  return write_ref(r, field_a(*pc), bool_ref(yes));
}
ADDER_SLOW_OP(MATCH_MAPPING) {
  bool yes = type_has(type_of(reg(r, field_b(*pc))), Py_TPFLAGS_MAPPING);
  consume(r, field_b(*pc));
  return write_ref(r, field_a(*pc), bool_ref(yes));
}
// Values of the keys, by get() with a marker; None if one is missing.
static Ref match_keys(Value subject, Value keys) {
  Py_ssize_t n = tuple_size(keys);
  Ref seen = set_new(Value{});
  Ref get = n && seen ? getattr(subject, "get"_id) : Ref{};
  if (!seen || (n && !get)) return Ref{};
  Ref marker = call0(Value{&PyBaseObject_Type});
  Ref values = list_new(n);
  if (!marker || !values) return Ref{};
  for (Py_ssize_t i = 0; i < n; i++) {
    Value key = tuple_get(keys, i);
    int fresh = set_add(seen, key);
    if (fresh < 0) return Ref{};
    if (!fresh) return raise(PyExc_ValueError, "mapping pattern checks duplicate key (%R)", key);
    Ref v = call(get, {key, marker.get()});
    if (!v) return Ref{};
    if (v.get() == marker.get()) return none_ref();
    if (!list_append(values, std::move(v))) return Ref{};
  }
  return list_to_tuple(values);
}
ADDER_SLOW_OP(MATCH_KEYS) {
  save_pc(r, pc);
  Ref result = match_keys(reg(r, field_b(*pc)), reg(r, field_c(*pc)));
  consume(r, field_b(*pc));
  consume(r, field_c(*pc));
  return write_ref(r, field_a(*pc), std::move(result));
}
// An attribute of the subject for a class pattern: 1, 0 (AttributeError), -1. A name may be matched once.
static int match_attribute(Value subject, Value cls, Value name, Value seen, Ref* out) {
  int fresh = set_add(seen, name);
  if (fresh < 0) return -1;
  if (!fresh) return raise(PyExc_TypeError, "%s() got multiple sub-patterns for attribute %R", cls.as<PyTypeObject>()->tp_name, name);
  return lookup_attr(subject, name.object(), out);
}
static Ref match_class(Value subject, Value cls, Value names, Py_ssize_t positional) {
  if (!is_type(cls)) return raise(PyExc_TypeError, "called match pattern must be a class");
  int instance = is_instance(subject, cls);
  if (instance < 0) return Ref{};
  if (!instance) return none_ref();
  Ref seen = set_new(Value{}), values = list_new();
  if (!seen || !values) return Ref{};
  if (positional) {
    Ref match_args;
    int found = lookup_attr(cls, "__match_args__"_id, &match_args);
    if (found < 0) return Ref{};
    bool self_only = false;
    if (found) {
      if (!is_exact_tuple(match_args))
        return raise(PyExc_TypeError, "%s.__match_args__ must be a tuple (got %s)", cls.as<PyTypeObject>()->tp_name, type_of(match_args)->tp_name);
    } else {
      match_args = tuple_empty();
      self_only = type_has(cls.as<PyTypeObject>(), _Py_TPFLAGS_MATCH_SELF);
    }
    Py_ssize_t allowed = self_only ? 1 : tuple_size(match_args);
    if (allowed < positional)
      return raise(PyExc_TypeError, "%s() accepts %zd positional sub-pattern%s (%zd given)", cls.as<PyTypeObject>()->tp_name, allowed, allowed == 1 ? "" : "s", positional);
    if (self_only) {
      if (!list_append(values, subject)) return Ref{};
    } else {
      for (Py_ssize_t i = 0; i < positional; i++) {
        Ref name = Ref::copy(tuple_get(match_args, i));
        if (!is_exact_str(name))
          return raise(PyExc_TypeError, "__match_args__ elements must be strings (got %s)", type_of(name)->tp_name);
        Ref v;
        int got = match_attribute(subject, cls, name, seen, &v);
        if (got <= 0) return got < 0 ? Ref{} : none_ref();
        if (!list_append(values, std::move(v))) return Ref{};
      }
    }
  }
  for (Py_ssize_t i = 0; i < tuple_size(names); i++) {
    Ref v;
    int got = match_attribute(subject, cls, tuple_get(names, i), seen, &v);
    if (got <= 0) return got < 0 ? Ref{} : none_ref();
    if (!list_append(values, std::move(v))) return Ref{};
  }
  return list_to_tuple(values);
}
ADDER_SLOW_OP(MATCH_CLASS) {
  save_pc(r, pc);
  Value* window = r + field_b(*pc);
  Ref result = match_class(window[0], window[1], window[2], field_c(*pc));
  for (int i = 3; i-- > 0;) decref(window[i]);
  return write_ref(r, field_a(*pc), std::move(result));
}
ADDER_SLOW_OP(GET_LEN) {
  save_pc(r, pc);
  Py_ssize_t n = length(reg(r, field_b(*pc)));
  consume(r, field_b(*pc));
  return n >= 0 && write_ref(r, field_a(*pc), int_from_i64(n));
}
ADDER_SLOW_OP(DICT_REST) {
  save_pc(r, pc);
  Value keys = reg(r, field_c(*pc));
  Ref rest = dict_new();
  bool ok = rest && dict_merge(rest, reg(r, field_b(*pc)), 1);
  for (Py_ssize_t i = 0; ok && i < tuple_size(keys); i++) ok = dict_delete(rest, tuple_get(keys, i)) >= 0;
  consume(r, field_b(*pc));
  consume(r, field_c(*pc));
  return ok && write_ref(r, field_a(*pc), std::move(rest));
}

// --- The rest -------------------------------------------------------------------------------------------------------------------------
ADDER_SLOW_OP(SETUP_ANNOTATIONS) {
  save_pc(r, pc);
  Frame* f = frame_of(r);
  if (!f->locals) return raise(PyExc_SystemError, "no locals found when setting up annotations");
  Ref existing = get_item(f->locals, "__annotations__"_id);
  if (existing) return true;
  if (!error_matches(PyExc_KeyError)) return false;
  clear_error();
  Ref dict = dict_new();
  return dict && set_item(f->locals, "__annotations__"_id, dict);
}
ADDER_SLOW_OP(PRINT_EXPR) {
  save_pc(r, pc);
  Ref v = Ref::steal(take(r, field_a(*pc)));
  Ref hook = hooks.sys_get ? hooks.sys_get("displayhook"_id) : Ref{};
  if (!hook) return error_occurred() ? false : static_cast<bool>(raise(PyExc_RuntimeError, "lost sys.displayhook"));
  return static_cast<bool>(call1(hook, v));
}

}  // namespace adder
