// builtins: functions that compile, run or import code, and the one that makes classes.
#include <cstring>

#include "modules/builtins.h"
#include "object/arguments.h"
#include "object/audit.h"
#include "object/bytes.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/object.h"
#include "object/slots.h"
#include "object/small_types.h"
#include "object/type.h"

namespace adder {
namespace {

Failure no_compiler() { return raise(PyExc_RuntimeError, "the compiler is not available"); }

// Bytes-like source as bytes; str and others as they are. Empty: exception.
Ref source_text(Value v) {
  if (is_str(v) || is_bytes(v) || !has_buffer(v)) return Ref::copy(v);
  BufferView view;
  if (!view.get(v)) return nullptr;
  return bytes_new(view.text());
}
bool is_text(Value v) { return is_str(v) || is_bytes(v) || (v.is_object() && has_buffer(v)); }

constexpr int kFutureFlags = 0x10 | 0x2000 | 0x10000 | 0x20000 | 0x40000 | 0x80000 | 0x100000 | 0x200000 | 0x400000 | 0x800000 | 0x1000000;
constexpr int kOnlyAst = 0x400, kAllowTopLevelAwait = 0x2000, kTypeComments = 0x1000, kDontImplyDedent = 0x200, kIncomplete = 0x4000;

Ref b_compile(Value, const Value* a) {
  Value source = a[0], filename = a[1], mode = a[2];
  int flags = 0, optimize = -1, feature = -1;
  if (!is_str(mode)) return raise(PyExc_TypeError, "compile() argument 'mode' must be str, not %N", type_of(mode));
  if (a[3] && !as_int(a[3], &flags)) return nullptr;
  int dont_inherit = a[4] ? is_true(a[4]) : 0;
  if (dont_inherit < 0) return nullptr;
  if (a[5] && !as_int(a[5], &optimize)) return nullptr;
  if (a[6] && !as_int(a[6], &feature)) return nullptr;
  Ref path;
  if (is_str(filename)) {
    path = Ref::copy(filename);
  } else {
    std::string text;
    BufferView view;
    if (has_buffer(filename) && !is_bytes(filename)) {
      if (!warn(PyExc_DeprecationWarning, 1, "path should be string, bytes, or os.PathLike, not %N", type_of(filename))) return nullptr;
      if (!view.get(filename)) return nullptr;
      path = str_decode_fs(view.text());
    } else {
      if (!str_encode_fs(filename, &text)) return nullptr;
      path = str_decode_fs(text);
    }
    if (!path) return nullptr;
  }
  if (flags & ~(kFutureFlags | kOnlyAst | kAllowTopLevelAwait | kTypeComments | kDontImplyDedent | kIncomplete)) {
    return raise(PyExc_ValueError, "compile(): unrecognised flags");
  }
  if (optimize < -1 || optimize > 2) return raise(PyExc_ValueError, "compile(): invalid optimize value");
  const char* mode_text = nullptr;
  for (const char* known : {"exec", "eval", "single", "func_type"}) {
    if (str_equals(mode, known)) mode_text = known;
  }
  if (!mode_text) {
    return raise(PyExc_ValueError, flags & kOnlyAst ? "compile() mode must be 'exec', 'eval', 'single' or 'func_type'"
                                                    : "compile() mode must be 'exec', 'eval' or 'single'");
  }
  if (!strcmp(mode_text, "func_type") && !(flags & kOnlyAst)) {
    return raise(PyExc_ValueError, "compile() mode 'func_type' requires flag PyCF_ONLY_AST");
  }
  if (!hooks.compile) return no_compiler();
  if (!audit("compile", {source, path.get()})) return nullptr;
  Ref text = source_text(source);
  if (!text) return nullptr;
  CompileRequest request{.source = text, .filename = path, .mode = mode_text, .flags = flags, .optimize = optimize,
                         .feature_version = feature, .inherit = !dont_inherit};
  return hooks.compile(request);
}

// Puts __builtins__ into globals that lack it.
bool add_builtins(Value globals) {
  int there = dict_contains(globals, Value{"__builtins__"_id});
  if (there != 0) return there > 0;
  Ref module = hooks.import_module ? hooks.import_module("builtins"_id) : Ref{};
  if (!module) return !error_occurred();
  // The namespace, not the module: as code that is executed sees it in CPython.
  Ref names = getattr(module, "__dict__"_id);
  return names && dict_set_str(globals, "__builtins__"_id, names);
}

// globals and locals as eval and exec take them, filled in from the calling frame.
bool default_scopes(Ref* globals, Ref* locals) {
  if (!*globals) {
    *globals = hooks.frame_globals ? hooks.frame_globals() : Ref{};
    if (*globals && !*locals) *locals = hooks.frame_locals ? hooks.frame_locals() : Ref{};
    if (!*globals || !*locals) {
      if (!error_occurred()) raise(PyExc_SystemError, "globals and locals cannot be NULL");
      return false;
    }
  } else if (!*locals) {
    *locals = Ref::copy(*globals);
  }
  return true;
}

int free_variables(Value code) { return code.as<PyCodeObject>()->co_nfreevars; }

Ref given(Value v) { return v && !is_none(v) ? Ref::copy(v) : Ref{}; }

Ref compile_text(Value source, const char* mode) {
  if (!hooks.compile) return no_compiler();
  Ref text = source_text(source);
  Ref filename = str_from_ascii("<string>");
  if (!text || !filename || !audit("compile", {source, Value{}})) return nullptr;
  return hooks.compile(CompileRequest{.source = text, .filename = filename, .mode = mode});
}

Ref b_eval(Value, const Value* a) {
  Value source = a[0];
  Ref globals = given(a[1]), locals = given(a[2]);
  if (locals && !is_mapping(locals)) return raise(PyExc_TypeError, "locals must be a mapping");
  if (globals && !is_dict(globals)) {
    return raise(PyExc_TypeError, is_mapping(globals) ? "globals must be a real dict; try eval(code, {}, mapping)" : "globals must be a dict");
  }
  if (!default_scopes(&globals, &locals) || !add_builtins(globals)) return nullptr;
  if (!hooks.eval_code) return no_compiler();
  if (is_exact(source, &PyCode_Type)) {
    if (!audit("exec", {source})) return nullptr;
    if (free_variables(source) > 0) return raise(PyExc_TypeError, "code object passed to eval() may not contain free variables");
    return hooks.eval_code(source, globals, locals, Value{});
  }
  if (!is_text(source)) return raise(PyExc_TypeError, "eval() arg 1 must be a string, bytes or code object");
  Ref stripped;
  if (is_str(source)) {
    Py_ssize_t start = 0, n = str_length(source);
    while (start < n && (str_char(source, start) == ' ' || str_char(source, start) == '\t')) start++;
    if (start) {
      stripped = str_substring(source, start, n);
      if (!stripped) return nullptr;
      source = stripped;
    }
  } else {
    Ref text = source_text(source);
    if (!text) return nullptr;
    std::string_view view = bytes_view(text);
    size_t start = view.find_first_not_of(" \t");
    stripped = bytes_new(view.substr(start == std::string_view::npos ? view.size() : start));
    if (!stripped) return nullptr;
    source = stripped;
  }
  Ref code = compile_text(source, "eval");
  return code && audit("exec", {code.get()}) ? hooks.eval_code(code, globals, locals, Value{}) : Ref{};
}

Ref b_exec(Value, const Value* a) {
  Value source = a[0];
  Ref globals = given(a[1]), locals = given(a[2]);
  Value closure = a[3] && !is_none(a[3]) ? a[3] : Value{};
  if (globals && !is_dict(globals)) return raise(PyExc_TypeError, "exec() globals must be a dict, not %N", type_of(globals));
  if (!default_scopes(&globals, &locals)) return nullptr;
  if (!is_mapping(locals)) return raise(PyExc_TypeError, "locals must be a mapping or None, not %N", type_of(locals));
  if (!add_builtins(globals)) return nullptr;
  if (!hooks.eval_code) return no_compiler();
  Ref result;
  if (is_exact(source, &PyCode_Type)) {
    if (!audit("exec", {source})) return nullptr;
    int n = free_variables(source);
    if (n == 0) {
      if (closure) return raise(PyExc_TypeError, "cannot use a closure with this code object");
    } else {
      bool ok = closure && is_exact_tuple(closure) && tuple_size(closure) == n;
      for (int i = 0; ok && i < n; i++) ok = is_exact(tuple_get(closure, i), &PyCell_Type);
      if (!ok) return raise(PyExc_TypeError, "code object requires a closure of exactly length %d", n);
    }
    result = hooks.eval_code(source, globals, locals, closure);
  } else {
    if (closure) return raise(PyExc_TypeError, "closure can only be used when source is a code object");
    if (!is_text(source)) return raise(PyExc_TypeError, "exec() arg 1 must be a string, bytes or code object");
    Ref code = compile_text(source, "exec");
    if (!code || !audit("exec", {code.get()})) return nullptr;
    result = hooks.eval_code(code, globals, locals, Value{});
  }
  return result ? none_ref() : Ref{};
}

Ref b_import(Value, const Value* a) {
  int level = 0;
  if (a[4] && !as_int(a[4], &level)) return nullptr;
  if (!is_str(a[0])) return raise(PyExc_TypeError, "module name must be a string");
  if (level < 0) return raise(PyExc_ValueError, "level must be >= 0");
  if (!hooks.import_level) return raise(PyExc_ImportError, "the import system is not available");
  return hooks.import_level(a[0], a[1] ? a[1] : none(), a[2] ? a[2] : none(), a[3], level);
}

// --- Classes ---------------------------------------------------------------------------------------------------------------------
// The bases with those that are no classes replaced by what their __mro_entries__ give.
Ref resolve_bases(const Value* words, size_t n, bool* changed) {
  Ref list = list_new(static_cast<Py_ssize_t>(n));
  *changed = false;
  Ref original;
  for (size_t i = 0; i < n; i++) {
    if (!list) return nullptr;
    Value base = words[i];
    Ref method;
    if (!is_type(base) && lookup_attr(base, "__mro_entries__"_id, &method) < 0) return nullptr;
    if (!method) {
      if (!list_append(list, base)) return nullptr;
      continue;
    }
    if (!original && !(original = tuple_from(words, static_cast<Py_ssize_t>(n)))) return nullptr;
    Ref entries = call1(method, original);
    if (!entries) return nullptr;
    if (!is_tuple(entries)) return raise(PyExc_TypeError, "__mro_entries__ must return a tuple");
    *changed = true;
    for (Py_ssize_t k = 0; k < tuple_size(entries); k++) {
      if (!list_append(list, tuple_get(entries, k))) return nullptr;
    }
  }
  return list ? list_to_tuple(list) : Ref{};
}

Ref b_build_class(Value, Args args) {
  if (args.n < 2) return raise(PyExc_TypeError, "__build_class__: not enough arguments");
  Value function = args[0], name = args[1];
  if (!is_exact(function, &PyFunction_Type)) return raise(PyExc_TypeError, "__build_class__: func must be a function");
  if (!is_str(name)) return raise(PyExc_TypeError, "__build_class__: name is not a string");
  Ref original = tuple_from(args.v + 2, static_cast<Py_ssize_t>(args.n - 2));
  if (!original) return nullptr;
  bool changed = false;
  Ref bases = resolve_bases(args.v + 2, args.n - 2, &changed);
  if (!bases) return nullptr;

  // The keywords without `metaclass` go to __prepare__ and to the metaclass.
  Ref meta, keywords;
  if (args.kwnames && tuple_size(args.kwnames)) {
    keywords = dict_new();
    for (Py_ssize_t i = 0; i < tuple_size(args.kwnames); i++) {
      Value key = tuple_get(args.kwnames, i), v = args.v[args.n + static_cast<size_t>(i)];
      if (str_equals(key, "metaclass")) meta = Ref::copy(v);
      else if (!keywords || !dict_set(keywords, key, v)) return nullptr;
    }
  }
  bool is_class = true;
  if (!meta) {
    meta = tuple_size(bases) == 0 ? Ref::copy(&PyType_Type) : Ref::copy(type_of(tuple_get(bases, 0)));
  } else {
    is_class = is_type(meta);
  }
  if (is_class) {
    meta = calculate_metaclass(meta.as<PyTypeObject>(), bases);
    if (!meta) return nullptr;
  }

  Ref ns, prepare;
  if (lookup_attr(meta, "__prepare__"_id, &prepare) < 0) return nullptr;
  if (!prepare) {
    ns = dict_new();
  } else {
    Ref prepare_args = tuple_of({name, bases});
    ns = call_tuple_dict(prepare, prepare_args, keywords);
  }
  if (!ns) return nullptr;
  if (!is_mapping(ns)) {
    return raise(PyExc_TypeError, "%s.__prepare__() must return a mapping, not %N",
                 is_class ? meta.as<PyTypeObject>()->tp_name : "<metaclass>", type_of(ns));
  }
  if (!hooks.eval_code) return no_compiler();
  auto* f = function.as<PyFunctionObject>();
  Ref cell = hooks.eval_code(f->func_code, f->func_globals, ns, f->func_closure ? Value{f->func_closure} : Value{});
  if (!cell) return nullptr;
  if (changed && !set_item(ns, Value{"__orig_bases__"_id}, original)) return nullptr;
  Ref class_args = tuple_of({name, bases, ns});
  Ref cls = call_tuple_dict(meta, class_args, keywords);
  if (!cls) return nullptr;
  if (is_type(cls) && is_exact(cell, &PyCell_Type)) {
    Value content = cell_get(cell);
    if (!content) {
      return raise(PyExc_RuntimeError, "__class__ not set defining %R as %R. Was __classcell__ propagated to type.__new__?", name, cls.get());
    }
    if (content != cls.get()) return raise(PyExc_TypeError, "__class__ set to %R defining %R as %R", content, name, cls.get());
  }
  return cls;
}

}  // namespace

const MethodRow builtins_code_rows[] = {
    method<b_build_class>("__build_class__", "",
                          "__build_class__(func, name, /, *bases, [metaclass], **kwds) -> class\n\n"
                          "Internal helper function used by the class statement."),
    method<b_import>("__import__", "($module, /, name, globals=None, locals=None, fromlist=(),\n           level=0)",
                     "Import a module.\n\n"
                     "Because this function is meant for use by the Python\ninterpreter and not for general use, it is better to use\n"
                     "importlib.import_module() to programmatically import a module.\n\n"
                     "The globals argument is only used to determine the context;\nthey are not modified.  The locals argument is unused.  The fromlist\n"
                     "should be a list of names to emulate ``from name import ...``, or an\nempty list to emulate ``import name``.\n"
                     "When importing a module from a package, note that __import__('A.B', ...)\n"
                     "returns package A when fromlist is empty, but its submodule B when\nfromlist is not empty.  The level argument is used to determine whether to\n"
                     "perform absolute or relative imports: 0 is absolute, while a positive number\n"
                     "is the number of parent directories to search relative to the current module."),
    method<b_compile>("compile", "($module, /, source, filename, mode, flags=0,\n        dont_inherit=False, optimize=-1, *, _feature_version=-1)",
                      "Compile source into a code object that can be executed by exec() or eval().\n\n"
                      "The source code may represent a Python module, statement or expression.\n"
                      "The filename will be used for run-time error messages.\n"
                      "The mode must be 'exec' to compile a module, 'single' to compile a\nsingle (interactive) statement, or 'eval' to compile an expression.\n"
                      "The flags argument, if present, controls which future statements influence\nthe compilation of the code.\n"
                      "The dont_inherit argument, if true, stops the compilation inheriting\nthe effects of any future statements in effect in the code calling\n"
                      "compile; if absent or false these statements do influence the compilation,\nin addition to any features explicitly specified."),
    method<b_eval>("eval", "($module, source, globals=None, locals=None, /)",
                   "Evaluate the given source in the context of globals and locals.\n\n"
                   "The source may be a string representing a Python expression\nor a code object as returned by compile().\n"
                   "The globals must be a dictionary and locals can be any mapping,\ndefaulting to the current globals and locals.\n"
                   "If only globals is given, locals defaults to it."),
    method<b_exec>("exec", "($module, source, globals=None, locals=None, /, *, closure=None)",
                   "Execute the given source in the context of globals and locals.\n\n"
                   "The source may be a string representing one or more Python statements\nor a code object as returned by compile().\n"
                   "The globals must be a dictionary and locals can be any mapping,\ndefaulting to the current globals and locals.\n"
                   "If only globals is given, locals defaults to it.\n"
                   "The closure must be a tuple of cellvars, and can only be used\nwhen source is a code object requiring exactly that many cellvars."),
    {}};

}  // namespace adder
