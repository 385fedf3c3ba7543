// What the rooms above install so that objects can call upwards without importing them. Set once at start-up.
#pragma once
#include "object/abi.h"
#include "object/slots.h"

namespace adder {

// What compile() asks for. `source`: str, bytes or an ast node; `inherit`: add the calling code's future flags.
struct CompileRequest {
  Value source, filename;
  const char* mode;  // "exec", "eval", "single", "func_type"
  int flags = 0, optimize = -1, feature_version = -1;
  bool inherit = true;
};

struct Hooks {
  CallFn call_function = nullptr;                     // a Python function (vm)
  SendFn generator_send = nullptr;                    // generator, coroutine, async generator (vm)
  Ref (*generator_throw)(Value gen, Value exception) = nullptr;
  PyFrameObject* (*current_frame)() = nullptr;        // borrowed; null if none (made on demand)
  Ref (*frame_globals)() = nullptr;                   // of the innermost Python frame; empty without exception if none
  Ref (*frame_locals)() = nullptr;                    // the same of its locals (a dict or mapping)
  // For super() without arguments: __class__ and the first argument of the innermost frame. false: RuntimeError raised.
  bool (*super_arguments)(Ref* type, Ref* object) = nullptr;
  Ref (*import_module)(PyObject* name) = nullptr;     // import and give the (sub)module
  bool (*warn)(PyObject* category, Value message, int stacklevel, Value source) = nullptr;
  bool (*warnings_may_act)() = nullptr;               // whether issuing a warning may raise it, or run code that is not Lib/warnings.py's
  void (*write_unraisable)(Ref exception, Value object, const char* what) = nullptr;
  bool (*add_traceback)(PyCodeObject* code, int lineno) = nullptr;
  Ref (*compile)(const CompileRequest& request) = nullptr;                                   // a code object or an ast node
  Ref (*eval_code)(Value code, Value globals, Value locals, Value closure) = nullptr;        // closure: a tuple or absent
  Ref (*import_level)(Value name, Value globals, Value locals, Value fromlist, int level) = nullptr;  // __import__; absents as given
  Ref (*input_line)(Value prompt) = nullptr;          // a line from the terminal; empty without exception: end of input
  Ref (*sys_get)(PyObject* name) = nullptr;           // sys attribute; empty without exception if missing
};
extern Hooks hooks;

// builtins.<name>, such as __reduce__ gives for iter and reversed.
Ref builtin_named(PyObject* name);

}  // namespace adder
