// PyCapsule: a C pointer with a name, as Python carries it.
#include "memory/gc.h"
#include "object/builtin.h"
#include "object/object.h"
#include "object/small_types.h"
#include "object/str.h"

extern "C" PyTypeObject PyCapsule_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};

namespace adder {

Ref capsule_new(void* pointer, const char* name, PyCapsule_Destructor destructor) {
  if (!pointer) return raise(PyExc_ValueError, "PyCapsule_New called with null pointer");
  PyObject* o = object_new_raw(&PyCapsule_Type, sizeof(Capsule));
  if (!o) return nullptr;
  auto* c = reinterpret_cast<Capsule*>(o);
  c->pointer = pointer;
  c->name = name;
  c->context = nullptr;
  c->destructor = destructor;
  return Ref::steal(o);
}

static void capsule_dealloc(PyObject* o) {
  auto* c = reinterpret_cast<Capsule*>(o);
  if (c->destructor) c->destructor(o);
  object_free(o);
}

static Ref capsule_repr(Value self) {
  auto* c = self.as<Capsule>();
  if (c->name) return str_format("<capsule object \"%s\" at %p>", c->name, self.as<void>());
  return str_format("<capsule object NULL at %p>", self.as<void>());
}

extern const TypeDef capsule_def{
    .type = &PyCapsule_Type,
    .name = "PyCapsule",
    .basicsize = sizeof(Capsule),
    .doc = "Capsule objects let you wrap a C \"void *\" pointer in a Python\n"
           "object.  They're a way of passing data through the Python interpreter\n"
           "without creating your own custom type.\n\nCapsules are used for communication between extension modules.\n"
           "They provide a way for an extension module to export a C interface\n"
           "to other extension modules, so that extension modules can use the\n"
           "Python import mechanism to link to one another.",
    .dealloc = capsule_dealloc,
    .slots = {.tp_repr = slot::Unary<capsule_repr>},
};

}  // namespace adder
