// What super() without arguments takes from the running frame: the __class__ cell and the first argument.
#include "object/error.h"
#include "object/containers.h"
#include "object/str.h"
#include "vm/frame.h"

namespace adder {

bool super_arguments(Ref* type, Ref* object) {
  Frame* f = current_frame(this_thread());
  if (!f) return raise(PyExc_RuntimeError, "super(): no current frame");
  PyCodeObject* code = f->code;
  if (code->co_argcount == 0) return raise(PyExc_RuntimeError, "super(): no arguments");
  const char* kinds = PyBytes_AS_STRING(code->co_localspluskinds);
  Value* r = f->registers();
  Value first = r[0];
  if ((kinds[0] & kCellKind) && is_exact(first, &PyCell_Type)) {
    first = element(first.object(), Value{first.as<PyCellObject>()->ob_ref});
  }
  if (!first) return raise(PyExc_RuntimeError, "super(): arg[0] deleted");
  for (int i = code->co_nlocalsplus - 1; i >= 0; i--) {
    if (!(kinds[i] & kFreeKind)) break;
    Value name = tuple_words(Value{code->co_localsplusnames})[i];
    if (!str_equals(name, "__class__")) continue;
    if (!is_exact(r[i], &PyCell_Type)) return raise(PyExc_RuntimeError, "super(): bad __class__ cell");
    Value cls = element(r[i].object(), Value{r[i].as<PyCellObject>()->ob_ref});
    if (!cls) return raise(PyExc_RuntimeError, "super(): empty __class__ cell");
    *type = Ref::copy(cls);
    *object = Ref::copy(first);
    return true;
  }
  return raise(PyExc_RuntimeError, "super(): __class__ cell not found");
}

}  // namespace adder
