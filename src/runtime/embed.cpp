// adder/embed.hpp: interpreters, and being inside of one. The process has an interpreter of its own, which lives on and in which no program runs: those of
// the host are its subinterpreters.
#include "runtime/embed_room.h"

#include <algorithm>
#include <cstdio>
#include <pthread.h>
#include <unistd.h>

#include "compile/code.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/module.h"
#include "object/object.h"
#include "object/str.h"
#include "runtime/config.h"
#include "runtime/gil.h"
#include "runtime/watchdog.h"
#include "vm/interp.h"
#include "vm/watch.h"

namespace adder {
void switch_to(Thread* t);  // runtime/subinterpreter.cpp
}

namespace adder::embed {
namespace detail {
namespace {

thread_local Entry* innermost = nullptr;
pthread_mutex_t process_lock = PTHREAD_MUTEX_INITIALIZER;
Room* process_room = nullptr;

// Configuration is looked for once for each way that it can be looked for.
const Config* configuration(bool environment) {
  static Config kept[2];
  static bool ready[2];
  Config& c = kept[environment];
  if (!ready[environment]) {
    c.argv = c.orig_argv = {""};
    c.program_name = "adder";
    c.use_environment = c.user_site = environment;
    c.site_import = false;
    c.install_signal_handlers = false;
    ready[environment] = complete_config(&c, nullptr);
  }
  return ready[environment] ? &c : nullptr;
}

void begin_limits(Room* room) {
  if (room->timed && room->depth == 0) begin_watch(room->limits.get(), room->seconds);
}
void end_limits(Room* room) {
  if (room->timed && room->depth == 0) room->seconds = end_watch(room->limits.get());
}

}  // namespace

bool start_process() {
  pthread_mutex_lock(&process_lock);
  if (!process_room) {
    const Config* config = configuration(false);
    if (config && start_interpreter(*config)) {
      process_room = new Room{.thread = this_thread()};
      drop_gil(process_room->thread);
    }
  }
  pthread_mutex_unlock(&process_lock);
  return process_room;
}

Room* Entry::here() { return innermost ? innermost->room_ : nullptr; }

Entry::Entry(Room* room) : outer_(innermost) {
  room_ = room ? room : outer_ ? outer_->room_ : start_process() ? process_room : nullptr;
  if (!room_) return;
  Thread* t = room_->thread;
  if (!outer_) {
    t->ts.thread_id = static_cast<unsigned long>(pthread_self());
    t->ts.native_thread_id = static_cast<unsigned long>(gettid());
    take_gil(t);
    changed_ = true;
  } else if (outer_->room_ != room_) {
    before_ = this_thread();
    switch_to(t);
    changed_ = true;
  }
  begin_limits(room_);
  room_->depth++;
  innermost = this;
  if (error_occurred()) room_->error = adder::take_error();
}
Entry::Entry(Room* room, Inside) : room_(room), outer_(innermost) {
  room_->depth++;
  innermost = this;
}

Entry::~Entry() {
  if (!room_ && !changed_) return;
  innermost = outer_;
  if (room_) {
    room_->depth--;
    end_limits(room_);
    if (changed_) {
      if (error_occurred()) room_->error = adder::take_error();
      // Frames that were left without their handlers have not put it back.
      if (is_exceeded()) Py_CLEAR(room_->thread->ts.exc_state.exc_value);
    }
  }
  if (before_) switch_to(before_);
  else if (changed_) drop_gil(this_thread());
}

void Entry::end_interpreter() {
  room_->classes.clear();
  room_->error.reset();
  room_->depth--;
  const bool ended = end_subinterpreter();
  end_limits(room_);
  if (!ended) room_->limits.release();  // threads that are left stay under them
  switch_to(process_room->thread);
  delete room_;
  room_ = nullptr;
}

}  // namespace detail

namespace {

using detail::Entry;
using detail::Room;

Value main_namespace() {
  Ref main = add_module("__main__");
  return main ? Value{as_module(main)->dict} : Value{};
}
Ref run_text(std::string_view source, std::string_view name, const char* mode) {
  Ref filename = str_from_utf8(name);
  CompileOptions options;
  options.flags = PyCF_IGNORE_COOKIE;
  Ref code = filename ? compile_source(source, filename, mode, options) : Ref{};
  Value ns = code ? main_namespace() : Value{};
  return ns ? run_code(code.as<PyCodeObject>(), ns.object(), ns) : Ref{};
}
Ref support(const char* function, std::initializer_list<Value> arguments) {
  Ref module = import_module("adder.embedded");
  Ref f = module ? getattr(module, intern(function).object()) : Ref{};
  return f ? call(f, arguments) : Ref{};
}
bool redirect(Room* room, const char* stream, const char* type, detail::Native native) {
  Ref label = str_from_ascii(stream);
  Ref function = Ref::steal(in(detail::make_function(room, "stream", std::move(native))));
  Ref made = label && function ? support(type, {label, function}) : Ref{};
  std::string original = "__" + std::string(stream) + "__";
  return made && sys_set(stream, made) && sys_set(original.c_str(), made);
}

bool set_up(Room* room, const Options& options) {
  auto writer = [](const std::function<void(std::string_view)>& give) {
    return detail::adapt("write", std::function<void(std::string)>([give](std::string text) { give(text); }));
  };
  if (options.output && !redirect(room, "stdout", "Output", writer(options.output))) return false;
  if (options.errors && !redirect(room, "stderr", "Output", writer(options.errors))) return false;
  if (options.input && !redirect(room, "stdin", "Input", detail::adapt("readline", options.input))) return false;
  adder::Interpreter& in = room->interpreter();
  const auto& [instructions, seconds, memory] = options.limits;
  if (!instructions && !(seconds > 0) && !memory) return true;
  room->limits = std::make_unique<adder::Limits>();
  in.limits = room->limits.get();
  set_current_limits(in.limits);
  return make_limit_exceeded();
}

// What the traceback says, made without running any code of the program.
std::string plain_traceback(Value exception) {
  std::string text;
  auto* e = exception.as<PyBaseExceptionObject>();
  for (auto* tb = reinterpret_cast<PyTracebackObject*>(e->traceback); tb; tb = tb->tb_next) {
    if (text.empty()) text = "Traceback (most recent call last):\n";
    Ref code = Ref::steal(Value{reinterpret_cast<PyObject*>(PyFrame_GetCode(tb->tb_frame))});
    auto* c = code.as<PyCodeObject>();
    Ref line = str_format("  File \"%U\", line %d, in %U\n", c->co_filename, tb->tb_lineno, c->co_name);
    if (line) text += str_utf8(line);
    else clear_error();
  }
  return text;
}
void describe(Value exception, Error* error) {
  PyTypeObject* type = type_of(exception);
  error->type = type->tp_name;
  if (size_t dot = error->type.rfind('.'); dot != std::string::npos) error->type.erase(0, dot + 1);
  Ref message = to_str(exception);
  if (message) error->message = str_utf8(message);
  clear_error();
  Ref traceback = is_exceeded() ? Ref{} : import_module("traceback");
  Ref lines = traceback ? call_method(traceback, "format_exception"_id, {exception}) : Ref{};
  Ref empty = str_empty();
  Ref whole = lines ? str_join(empty, lines) : Ref{};
  clear_error();
  error->traceback = whole ? std::string(str_utf8(whole)) : plain_traceback(exception) + error->type + ": " + error->message + "\n";
}

}  // namespace

// --- Interpreters ----------------------------------------------------------------------------------------------------------------------
Interpreter::Interpreter(const Options& options) {
  if (const auto& [files, network, process] = options.permissions; !files || !network || !process) {
    fprintf(stderr, "adder: permissions cannot be taken from an interpreter yet\n");  // rather than promise what does not hold
    return;
  }
  Entry entry(nullptr);
  const Config* base = entry.running() ? detail::configuration(options.environment) : nullptr;
  if (!base) return;
  Config c = *base;
  if (!options.arguments.empty()) c.argv = c.orig_argv = options.arguments;
  c.site_import = options.site;
  c.module_search_paths.insert(c.module_search_paths.begin(), options.search_paths.begin(), options.search_paths.end());
  Thread* before = this_thread();
  Thread* t = start_subinterpreter(false, &c);
  if (!t) return;
  switch_to(before);
  room_ = new Room{.thread = t};
  bool ready;
  {
    Entry inside(room_);
    ready = set_up(room_, options);
    if (!ready) print_error();
  }
  if (ready && options.signals) {
    Entry process(detail::process_room);
    room_->interpreter().takes_signals = ready = static_cast<bool>(run_text("import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n", "<signals>", "exec"));
  }
  const auto& [instructions, seconds, memory] = options.limits;
  if (ready && (instructions || seconds > 0 || memory)) ready = set_limits(options.limits);
  if (ready) return;
  Entry inside(room_);
  inside.end_interpreter();
  room_ = nullptr;
}
Interpreter::~Interpreter() {
  if (!room_) return;
  Entry entry(room_);
  entry.end_interpreter();
}

bool Interpreter::run(std::string_view source, std::string_view name) {
  if (!room_) return false;
  Entry entry(room_);
  return static_cast<bool>(run_text(source, name, "exec"));
}
Object Interpreter::evaluate(std::string_view expression) {
  if (!room_) return {};
  Entry entry(room_);
  return Object::adopt(out(room_, run_text(expression, "<embedded>", "eval")));
}
Object Interpreter::import(std::string_view module) {
  if (!room_) return {};
  Entry entry(room_);
  std::string name(module);
  Ref first = import_module(name.c_str()), key = first ? str_from_utf8(name) : Ref{};
  Value found = key ? dict_get_str(room_->interpreter().modules, key.object()) : Value{};
  return Object::adopt(out(room_, found ? Ref::copy(found) : std::move(first)));
}
Object Interpreter::get(std::string_view name) {
  if (!room_) return {};
  Entry entry(room_);
  Value ns = main_namespace();
  Ref key = ns ? intern(name) : Ref{};
  if (!key) return {};
  Value v = dict_get_str(ns, key.object());
  if (!v) (void)adder::raise(PyExc_NameError, "name '%U' is not defined", key.get());
  return Object::adopt(out(room_, Ref::copy(v)));
}
bool Interpreter::set(std::string_view name, const Object& value) {
  if (!room_ || !value) return false;
  Entry entry(room_);
  Ref main = adder::add_module("__main__");
  return main && Object::adopt(out(room_, std::move(main))).set_attribute(name, value);
}

bool Interpreter::add_module(std::string_view name, std::string_view source, bool package) {
  if (!room_) return false;
  Entry entry(room_);
  Ref key = str_from_utf8(name), text = str_from_utf8(source);
  return key && text && support("put", {key, text, boolean(package)});
}
Object Interpreter::reload(std::string_view module) {
  if (!room_) return {};
  Entry entry(room_);
  Ref name = str_from_utf8(module);
  return Object::adopt(out(room_, name ? support("reload", {name}) : Ref{}));
}

// --- Errors and limits -------------------------------------------------------------------------------------------------------------------
std::optional<Error> Interpreter::take_error() {
  if (!room_) return std::nullopt;
  Entry entry(room_);
  if (!room_->error) return std::nullopt;
  Ref e = std::move(room_->error);
  Error error;
  error.limit = exceeded();
  describe(e, &error);
  return error;
}
std::string Interpreter::error() {
  auto e = take_error();
  return e ? std::move(e->traceback) : std::string();
}

bool Interpreter::set_limits(const Limits& given) {
  if (!room_ || room_->depth) return false;
  {
    Entry entry(room_);
    if (!make_limit_exceeded()) return false;
    adder::Interpreter& in = room_->interpreter();
    if (!room_->limits) room_->limits = std::make_unique<adder::Limits>();
    in.limits = room_->limits.get();
    in.isolated = true;
    adder::Limits& l = *in.limits;
    l.counting = given.instructions != 0;
    l.instructions = static_cast<int64_t>(std::min<uint64_t>(given.instructions, INT64_MAX));
    l.metering = given.memory != 0;
    l.memory.left = static_cast<int64_t>(std::min<uint64_t>(given.memory, INT64_MAX / 2));
    l.memory.exhausted = [] { exceed(Exceeded::kMemory); };
    set_current_limits(&l);
    room_->thread->handlers = untraced_handlers(room_->thread);
  }
  room_->limits->exceeded = Exceeded::kNothing;
  room_->limits->late = false;
  room_->seconds = given.seconds;
  room_->timed = given.seconds > 0;
  return true;
}
Limit Interpreter::exceeded() const {
  if (!room_) return Limit::none;
  Entry entry(room_);
  const adder::Limits* l = room_->limits.get();
  return l ? static_cast<Limit>(l->exceeded) : Limit::none;
}
void Interpreter::interrupt() {
  if (!room_) return;
  interrupt_thread(room_->thread, PyExc_KeyboardInterrupt);
}

}  // namespace adder::embed
