// Instances: allocation, and the deallocation, traversal and clearing of instances of Python-defined classes.
#include <cstring>
#include "object/type_impl.h"

namespace adder {

// --- Allocation ---------------------------------------------------------------------------------------------------------
PyObject* allocate_instance(PyTypeObject* type, Py_ssize_t items) {
  TypeExtra* e = extra(type);
  size_t size;
  Shape* shape = nullptr;
  if (e->shape_offset) {
    shape = root_shape(e);
    if (!shape) return raise_no_memory();
    size = e->shape_offset + 8 + 8u * shape->capacity;
  } else if (type->tp_itemsize) {
    // One item more than asked for, as C code expects (a terminator).
    size = static_cast<size_t>(type->tp_basicsize + (items + 1) * type->tp_itemsize);
    size = (size + 7) & ~size_t{7};
  } else {
    size = static_cast<size_t>(type->tp_basicsize);
  }
  bool gc = type_has(type, Py_TPFLAGS_HAVE_GC);
  PyObject* o = gc ? gc_new_raw(type, size) : object_new_raw(type, size);
  if (!o) return nullptr;
  memset(o + 1, 0, size - sizeof(PyObject));
  if (type->tp_itemsize) reinterpret_cast<PyVarObject*>(o)->ob_size = items;
  if (shape) shape_word(o, e->shape_offset) = reinterpret_cast<uintptr_t>(shape);
  if (gc) gc_track(o);
  return o;
}

PyObject* generic_alloc(PyTypeObject* type, Py_ssize_t items) { return allocate_instance(type, items); }
void generic_free(void* o) { object_free(o); }
void generic_gc_free(void* o) { gc_free(static_cast<PyObject*>(o)); }

PyObject** classic_dict(PyObject* o) {
  PyTypeObject* t = Py_TYPE(o);
  Py_ssize_t offset = t->tp_dictoffset;
  if (offset == 0 || extra(t)->shape_offset) return nullptr;
  if (offset < 0) {
    // At the end of an object of variable size.
    Py_ssize_t n = reinterpret_cast<PyVarObject*>(o)->ob_size;
    if (n < 0) n = -n;
    offset += (t->tp_basicsize + n * t->tp_itemsize + 7) & ~Py_ssize_t{7};
  }
  return reinterpret_cast<PyObject**>(reinterpret_cast<char*>(o) + offset);
}

// --- __slots__ ------------------------------------------------------------------------------------------------------------
static Value* member_word(PyObject* o, PyMemberDef* m) {
  return reinterpret_cast<Value*>(reinterpret_cast<char*>(o) + m->offset);
}
static void clear_members(PyTypeObject* type, PyObject* self) {
  Py_ssize_t n = Py_SIZE(type);
  PyMemberDef* m = heap_members(type);
  for (Py_ssize_t i = 0; i < n; i++, m++) {
    if (m->type == kMemberValue) {
      clear_slot(*member_word(self, m));
    } else if (m->type == T_OBJECT_EX && !(m->flags & READONLY)) {
      clear_slot(*member_word(self, m));  // a pointer is a Value too
    }
  }
}
static int traverse_members(PyTypeObject* type, PyObject* self, visitproc visit, void* arg) {
  Py_ssize_t n = Py_SIZE(type);
  PyMemberDef* m = heap_members(type);
  for (Py_ssize_t i = 0; i < n; i++, m++) {
    if (m->type == kMemberValue || m->type == T_OBJECT_EX) ADDER_VISIT(*member_word(self, m));
  }
  return 0;
}

// --- Instances of Python-defined classes ------------------------------------------------------------------------------------
int subtype_traverse(PyObject* self, visitproc visit, void* arg) {
  PyTypeObject *type = Py_TYPE(self), *base = type;
  while (base->tp_traverse == &subtype_traverse) {
    if (Py_SIZE(base)) {
      int r = traverse_members(base, self, visit, arg);
      if (r) return r;
    }
    base = base->tp_base;
  }
  if (extra(type)->shape_offset) {
    int r = instance_traverse(self, visit, arg);
    if (r) return r;
  } else if (type->tp_dictoffset != base->tp_dictoffset) {
    if (PyObject** d = classic_dict(self)) ADDER_VISIT(*d);
  }
  if (is_heap(type) && (!base->tp_traverse || !is_heap(base))) ADDER_VISIT(reinterpret_cast<PyObject*>(type));
  return base->tp_traverse ? base->tp_traverse(self, visit, arg) : 0;
}

int subtype_clear(PyObject* self) {
  PyTypeObject *type = Py_TYPE(self), *base = type;
  while (base->tp_clear == &subtype_clear) {
    if (Py_SIZE(base)) clear_members(base, self);
    base = base->tp_base;
  }
  if (extra(type)->shape_offset) {
    instance_clear(self);
  } else if (type->tp_dictoffset != base->tp_dictoffset) {
    if (PyObject** d = classic_dict(self)) Py_CLEAR(*d);
  }
  return base->tp_clear ? base->tp_clear(self) : 0;
}

static PyTypeObject* dealloc_base(PyTypeObject* type) {
  PyTypeObject* base = type;
  while (base->tp_dealloc == &subtype_dealloc) base = base->tp_base;
  return base;
}

void subtype_dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  PyTypeObject* base = dealloc_base(type);
  bool gc = type_has(type, Py_TPFLAGS_HAVE_GC);
  if (!gc) {
    if (finalize_in_dealloc(self)) return;
    if (type->tp_del) {
      type->tp_del(self);  // given no reference; those that are there afterwards keep the object
      if (self->ob_refcnt > 0) return;
    }
    if (type->tp_weaklistoffset && !base->tp_weaklistoffset) clear_weakrefs(self);
    for (PyTypeObject* t = type; t != base; t = t->tp_base) {
      if (Py_SIZE(t)) clear_members(t, self);
    }
    // The type may have been changed by a finalizer.
    type = Py_TYPE(self);
    base->tp_dealloc(self);
    if (is_heap(type) && !is_heap(base)) decref(reinterpret_cast<PyObject*>(type));
    return;
  }
  gc_untrack(self);
  TrashcanGuard guard{self, &subtype_dealloc};
  if (guard.deferred) return;
  if (type->tp_finalize) {
    gc_track(self);
    if (finalize_in_dealloc(self)) return;
    gc_untrack(self);
    type = Py_TYPE(self);
    base = dealloc_base(type);
  }
  if (type->tp_weaklistoffset && !base->tp_weaklistoffset) clear_weakrefs(self);
  if (type->tp_del) {
    gc_track(self);
    type->tp_del(self);
    if (self->ob_refcnt > 0) return;
    gc_untrack(self);
  }
  for (PyTypeObject* t = type; t != base; t = t->tp_base) {
    if (Py_SIZE(t)) clear_members(t, self);
  }
  if (extra(type)->shape_offset) {
    instance_clear(self);
  } else if (type->tp_dictoffset && !base->tp_dictoffset) {
    if (PyObject** d = classic_dict(self)) {
      if (PyObject* dict = *d) {
        *d = nullptr;
        decref(dict);
      }
    }
  }
  type = Py_TYPE(self);
  // The base's dealloc expects what it tracked to be tracked.
  if (type_has(base, Py_TPFLAGS_HAVE_GC)) gc_track(self);
  bool own_reference = is_heap(type) && !is_heap(base);
  base->tp_dealloc(self);
  if (own_reference) decref(reinterpret_cast<PyObject*>(type));
}

}  // namespace adder
