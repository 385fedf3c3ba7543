// adder/embed.hpp: Python inside a C++ program.
#include "adder/embed.hpp"
#include "compile/code.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/module.h"
#include "object/object.h"
#include "object/str.h"
#include "runtime/config.h"
#include "runtime/interpreter.h"
#include "vm/interp.h"

namespace adder::embed {

using adder::Ref;
using adder::Value;

namespace detail {

static Value in(uint64_t word) { return Value{word}; }
static uint64_t out(Ref r) { return r.release().bits; }
// An empty Object stands for a failure that was reported already.
static bool present(uint64_t word) {
  if (word) return true;
  if (!error_occurred()) (void)raise(PyExc_ValueError, "an empty Object was used");
  return false;
}

uint64_t from_int(int64_t v) { return out(int_from_i64(v)); }
uint64_t from_double(double v) { return Value::from_double(v).bits; }
uint64_t from_bool(bool v) { return out(bool_ref(v)); }
uint64_t from_text(std::string_view utf8) { return out(str_from_utf8(utf8)); }
uint64_t copy(uint64_t word) {
  incref(in(word));
  return word;
}
void release(uint64_t word) { decref(in(word)); }
uint64_t attribute(uint64_t object, std::string_view name) {
  Ref key = present(object) ? intern(name) : Ref{};
  return key ? out(getattr(in(object), key.object())) : 0;
}
bool set_attribute(uint64_t object, std::string_view name, uint64_t value) {
  Ref key = present(object) && present(value) ? intern(name) : Ref{};
  return key && setattr(in(object), key.object(), in(value));
}
uint64_t call(uint64_t callable, const uint64_t* arguments, size_t count) {
  if (!present(callable)) return 0;
  for (size_t i = 0; i < count; i++) {
    if (!present(arguments[i])) return 0;
  }
  static_assert(sizeof(Value) == sizeof(uint64_t));
  return out(adder::call(in(callable), Args{reinterpret_cast<const Value*>(arguments), count, nullptr}));
}
uint64_t item(uint64_t container, uint64_t key) { return present(container) && present(key) ? out(get_item(in(container), in(key))) : 0; }
bool to_int(uint64_t word, int64_t* v) { return present(word) && as_i64(in(word), v); }
bool to_double(uint64_t word, double* v) { return present(word) && as_double(in(word), v); }
static bool text_of(Value v, std::string* s) {
  if (!is_str(v)) return raise(PyExc_TypeError, "expected str, not %.200s", type_of(v)->tp_name);
  std::string_view utf8 = str_utf8(v);
  if (!utf8.data()) return false;
  s->assign(utf8);
  return true;
}
bool to_text(uint64_t word, std::string* v) { return present(word) && text_of(in(word), v); }
bool to_display(uint64_t word, std::string* v) {
  Ref text = present(word) ? adder::repr(in(word)) : Ref{};
  return text && text_of(text, v);
}
int truth(uint64_t word) { return present(word) ? is_true(in(word)) : -1; }
int64_t length(uint64_t word) { return present(word) ? adder::length(in(word)) : -1; }

}  // namespace detail

Interpreter::Interpreter(const Options& options) {
  Config c;
  c.argv = options.arguments.empty() ? std::vector<std::string>{""} : options.arguments;
  c.orig_argv = c.argv;
  c.program_name = "adder";
  c.site_import = options.site;
  c.use_environment = options.environment;
  c.user_site = options.environment;
  c.install_signal_handlers = options.signals;
  if (!complete_config(&c, nullptr)) return;
  c.module_search_paths.insert(c.module_search_paths.begin(), options.search_paths.begin(), options.search_paths.end());
  running_ = start_interpreter(std::move(c));
}
Interpreter::~Interpreter() {
  if (running_) stop_interpreter();
}

static Value main_namespace() {
  Ref main = add_module("__main__");
  return main ? Value{as_module(main)->dict} : Value{};
}
static Ref run_text(std::string_view source, std::string_view name, const char* mode) {
  Ref filename = str_from_utf8(name);
  CompileOptions options;
  options.flags = PyCF_IGNORE_COOKIE;
  Ref code = filename ? compile_source(source, filename, mode, options) : Ref{};
  Value ns = code ? main_namespace() : Value{};
  return ns ? run_code(code.as<PyCodeObject>(), ns.object(), ns) : Ref{};
}
bool Interpreter::run(std::string_view source, std::string_view name) { return running_ && run_text(source, name, "exec"); }
Object Interpreter::evaluate(std::string_view expression) {
  return running_ ? Object::adopt(run_text(expression, "<embedded>", "eval").release().bits) : Object();
}
Object Interpreter::import(std::string_view module) { return running_ ? Object::adopt(import_module(std::string(module).c_str()).release().bits) : Object(); }
Object Interpreter::get(std::string_view name) {
  Value ns = running_ ? main_namespace() : Value{};
  Ref key = ns ? intern(name) : Ref{};
  if (!key) return {};
  Value v = dict_get_str(ns, key.object());
  if (!v) (void)raise(PyExc_NameError, "name '%U' is not defined", key.get());
  return Object::adopt(Ref::copy(v).release().bits);
}
bool Interpreter::set(std::string_view name, const Object& value) {
  Ref main = running_ ? add_module("__main__") : Ref{};
  return main && Object::adopt(main.release().bits).set_attribute(name, value);
}
std::string Interpreter::error() {
  std::string text;
  if (!running_ || !error_occurred()) return text;
  Ref e = take_error();
  Ref traceback = import_module("traceback");
  Ref lines = traceback ? call_method(traceback, "format_exception"_id, {e.get()}) : Ref{};
  Ref empty = str_empty();
  Ref whole = lines ? str_join(empty, lines) : to_str(e);
  if (whole) text.assign(str_utf8(whole));
  clear_error();
  return text;
}

}  // namespace adder::embed
