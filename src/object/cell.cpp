// cell: a variable shared by a function and the functions inside it.
#include "memory/gc.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/exceptions.h"
#include "object/object.h"
#include "object/small_types.h"
#include "object/str.h"

extern "C" PyTypeObject PyCell_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};

namespace adder {

Ref cell_new(Value content) {
  PyObject* o = gc_new_raw(&PyCell_Type, sizeof(PyCellObject));
  if (!o) return nullptr;
  incref(content);
  cell_word(o) = content;
  gc_track(o);
  return Ref::steal(o);
}

Ref cell_new(Ref content) { return cell_new(content.get()); }

bool cell_set(Value cell, Ref content) {
  if (content && c_visible(cell.object())) {
    content = to_stored(cell.object(), std::move(content));
    if (!content) return false;
  }
  assign(cell_word(cell), std::move(content));
  return true;
}

static Ref cell_type_new(PyTypeObject*, Args args) {
  if (args.kwnames && !no_keywords("cell", args)) return nullptr;
  if (args.n > 1) return raise(PyExc_TypeError, "cell expected at most 1 argument, got %zu", args.n);
  return cell_new(args.n ? args[0] : Value{});
}

static void cell_dealloc(PyObject* o) {
  gc_untrack(o);
  Value held = cell_word(o);
  if (held.is_object() && refcount(held.object()) == 1) {
    TrashcanGuard guard{o, &cell_dealloc};
    if (guard.deferred) return;
    clear_slot(cell_word(o));
    gc_free(o);
    return;
  }
  clear_slot(cell_word(o));
  gc_free(o);
}
static int cell_traverse(PyObject* o, visitproc visit, void* arg) {
  ADDER_VISIT(cell_word(o));
  return 0;
}
static int cell_clear(PyObject* o) {
  clear_slot(cell_word(o));
  return 0;
}

static Ref cell_repr(Value self) {
  Value content = cell_get(self);
  if (!content) return str_format("<cell at %p: empty>", self.as<void>());
  return str_format("<cell at %p: %N object at %p>", self.as<void>(), type_of(content), content.as<void>());
}

static Ref cell_compare(Value a, Value b, int op) {
  if (!is_exact(a, &PyCell_Type) || !is_exact(b, &PyCell_Type)) return not_implemented_ref();
  Ref x = Ref::copy(cell_get(a)), y = Ref::copy(cell_get(b));
  if (x && y) return compare(x, y, op);
  // An empty cell is less than any other.
  return compare(Value::from_int(x ? 1 : 0), Value::from_int(y ? 1 : 0), op);
}

static Ref get_contents(Value self) {
  Value content = cell_get(self);
  if (!content) return raise(PyExc_ValueError, "Cell is empty");
  return Ref::copy(content);
}
static bool set_contents(Value self, Value v) { return cell_set(self, Ref::copy(v)); }

static const GetSetRow cell_getset[] = {getset<get_contents, set_contents>("cell_contents"), {}};

extern const TypeDef cell_def{
    .type = &PyCell_Type,
    .name = "cell",
    .basicsize = sizeof(PyCellObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .doc = "Create a new cell object.\n\n  contents\n    the contents of the cell. If not specified, the cell will be empty,\n"
           "    and \nfurther attempts to access its cell_contents attribute will\n    raise a ValueError.",
    .signature = "([contents])",
    .dealloc = cell_dealloc,
    .traverse = cell_traverse,
    .clear = cell_clear,
    .slots = {.tp_repr = slot::Unary<cell_repr>, .tp_richcompare = slot::Compare<cell_compare>, .tp_new = slot::New<cell_type_new>},
    .getset = cell_getset,
};

}  // namespace adder
