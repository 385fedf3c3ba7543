// Whether the objects alive at the program's end must be torn down one by one. They need not be when the process ends and nothing
// among them does anything when it goes: then the system takes the memory back sooner.
#include <algorithm>
#include <string_view>
#include "memory/gc_state.h"
#include "object/audit.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/object.h"
#include "object/str.h"
#include "runtime/interpreter.h"
#include "runtime/quiet_end.h"

namespace adder {

bool is_abc_callback(PyObject* callback);  // modules/_abc.cpp

namespace {

// The streams that start-up has opened: flushed, and their descriptors stay open anyway.
struct StandardStreams {
  static constexpr int kMax = 9;
  PyObject* objects[kMax];
  int count = 0;
  // False if the program has put another one in their place.
  bool find() {
    for (auto [name, original] : {std::pair{"stdin", "__stdin__"}, {"stdout", "__stdout__"}, {"stderr", "__stderr__"}}) {
      Ref stream = Ref::copy(sys_get(original));
      if (!stream || !stream.get().is_object() || stream.get() != sys_get(name)) return false;
      // The text stream, its buffer and what that is on; unbuffered, the text is on the file itself.
      for (PyObject* part : {"buffer"_id, "raw"_id, static_cast<PyObject*>(nullptr)}) {
        objects[count++] = stream.object();
        Ref next;
        if (!part || lookup_attr(stream, part, &next) <= 0 || !next.get().is_object()) break;
        stream = std::move(next);
      }
    }
    clear_error();
    return true;
  }
  bool has(PyObject* o) const {
    for (int i = 0; i < count; i++) {
      if (objects[i] == o) return true;
    }
    return false;
  }
};

// Callbacks of the library that drop the dead reference from the container they serve, and do nothing else.
bool is_bookkeeping(PyObject* callback) {
  struct Known { const char* module; const char* name; };
  static constexpr Known kKnown[] = {{"_weakrefset", "WeakSet.__init__.<locals>._remove"},
                                     {"weakref", "WeakValueDictionary.__init__.<locals>.remove"},
                                     {"weakref", "WeakKeyDictionary.__init__.<locals>.remove"},
                                     {"logging", "_removeHandlerRef"}};
  if (callback->ob_type == &PyCFunction_Type) return is_abc_callback(callback);
  if (callback->ob_type != &PyFunction_Type) return false;
  auto* f = reinterpret_cast<PyFunctionObject*>(callback);
  for (const Known& k : kKnown) {
    if (str_equals(Value{f->func_qualname}, k.name) && f->func_module && is_str(Value{f->func_module}) && str_equals(Value{f->func_module}, k.module)) return true;
  }
  return false;
}

bool is_weak_reference(PyTypeObject* t) {
  return t == &_PyWeakref_RefType || t == &_PyWeakref_ProxyType || t == &_PyWeakref_CallableProxyType ||
         (type_has(t, Py_TPFLAGS_HEAPTYPE) && is_subtype(t, &_PyWeakref_RefType));
}

bool does_something(PyObject* o, void* streams) {
  PyTypeObject* t = o->ob_type;
  if (ADDER_UNLIKELY(t->tp_finalize || t->tp_del)) return !static_cast<StandardStreams*>(streams)->has(o);
  if (!is_weak_reference(t)) return false;
  auto* w = reinterpret_cast<PyWeakReference*>(o);
  return w->wr_callback && w->wr_object != Py_None && !is_bookkeeping(w->wr_callback);
}

}  // namespace

static bool loaded_extensions = false;  // with objects that may do something when they go

static bool ends_quietly(std::string_view file) {
  static constexpr std::string_view kQuiet[] = {"_asyncio", "_bz2", "_contextvars", "_crypt", "_decimal", "_hashlib", "_json", "_lzma",
                                                "_queue", "_ssl", "_typing", "_uuid", "_zoneinfo", "audioop", "resource", "termios"};
  const std::string folder = the_interpreter->config.stdlib + "/lib-dynload/";
  if (file.substr(0, folder.size()) != folder) return false;
  std::string_view name = file.substr(folder.size());
  name = name.substr(0, name.find('.'));
  return std::find(std::begin(kQuiet), std::end(kQuiet), name) != std::end(kQuiet);
}

void note_extension(std::string_view file) {
  if (!ends_quietly(file)) loaded_extensions = true;
}

bool teardown_matters() {
#if defined(ADDER_COUNT_REFS) || defined(ADDER_ASAN)
  return true;  // what is left over is a leak
#else
  const Interpreter& in = *the_interpreter;
  const GcState& gc = gc_state();
  // Other threads, and extension modules whose objects the collector may not know, have something to say about their own.
  if (loaded_extensions || in.threads->ts.next || in.config.verbose || audit_active()) return true;
  auto any_in = [](PyObject* list) { return list && list_size(Value{list}); };
  if (gc.debug || any_in(gc.garbage) || any_in(gc.callbacks) || gc.untracked_finalizers) return true;
  StandardStreams streams;
  return !streams.find() || gc_any_object(does_something, &streams);
#endif
}

}  // namespace adder
