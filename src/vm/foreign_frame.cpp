// Frame objects for code that is not Python: entries in tracebacks of extension modules.
#include "object/containers.h"
#include "object/object.h"
#include "vm/frame.h"
#include "vm/function.h"

namespace adder {

Ref frame_for_code(PyCodeObject* code, PyObject* globals, int line);

// A frame object at rest that owns a function with this code; f_lineno and tb_lineno show `line`.
Ref frame_for_code(PyCodeObject* code, PyObject* globals, int line) {
  Ref function = function_new(code, globals, Value{});
  if (!function) return Ref{};
  size_t words = kFrameWords + code_registers(code);
  Value space[64];
  if (words > 64) return raise(PyExc_SystemError, "frame of foreign code has registers");
  for (Value& v : space) v = Value{};
  auto* f = reinterpret_cast<Frame*>(space);
  f->function = function.release().as<PyFunctionObject>();
  f->code = code;
  f->pc = code_words(code);
  f->constants = tuple_words(Value{code->co_consts});
  f->previous = current_frame(this_thread());
  PyFrameObject* o = frame_object(f);
  if (!o) {
    frame_finish(f);
    return Ref{};
  }
  Ref result = Ref::copy(Value{reinterpret_cast<PyObject*>(o)});
  reinterpret_cast<FrameObject*>(o)->lineno = line;
  frame_finish(f);
  return result;
}

}  // namespace adder
