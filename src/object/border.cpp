// The border with C: boxing and unboxing of numbers, exposing containers, and argument tuples as Args and back.
// Nothing else in the tree may turn an immediate into an object or the reverse.
#include <cstdlib>
#include <iterator>
#include "memory/gc.h"
#include "object/containers.h"
#include "object/error.h"
#include "object/float.h"
#include "object/int.h"
#include "object/slots.h"
#include "object/str.h"
#include "object/str_unready.h"

namespace adder {

static PyObject* box(Value v) { return v.is_int() ? int_box(v.as_int()) : float_box(v.as_float()); }

Value unbox_exact(PyObject* o) {
  if (o->ob_type == &PyFloat_Type) return Value::from_double(reinterpret_cast<PyFloatObject*>(o)->ob_fval);
  auto* i = reinterpret_cast<PyLongObject*>(o);
  int64_t n;
  switch (i->ob_base.ob_size) {
    case 0: return Value::from_int(0);
    case 1: return Value::from_int(i->ob_digit[0]);
    case -1: return Value::from_int(-static_cast<int64_t>(i->ob_digit[0]));
    case 2: n = static_cast<int64_t>(i->ob_digit[1]) << PyLong_SHIFT | i->ob_digit[0]; break;
    case -2: n = -(static_cast<int64_t>(i->ob_digit[1]) << PyLong_SHIFT | i->ob_digit[0]); break;
    default: return Value{o};
  }
  return Value::fits_int(n) ? Value::from_int(n) : Value{o};
}

// Lists, tuples and cells are read by C macros, so they are exposed when they cross; dicts and sets only through
// functions of ours, which box the entry they hand out.
static bool read_by_macros(PyObject* o) {
  return type_has(o->ob_type, Py_TPFLAGS_LIST_SUBCLASS | Py_TPFLAGS_TUPLE_SUBCLASS) || o->ob_type == &PyCell_Type;
}

PyObject* to_c(Value v) {
  ADDER_ASSERT(!v.is_node());
  if (v.is_number()) return box(v);
  PyObject* o = v.object();
  if (!o) return nullptr;
  if (ADDER_UNLIKELY(read_by_macros(o)) && !c_visible(o) && !expose(o)) return nullptr;
  incref(o);
  return o;
}

PyObject* to_c_steal(Ref r) {
  Value v = r.get();
  if (v.is_number()) {
    (void)r.release();
    return box(v);
  }
  PyObject* o = v.object();
  if (!o) return nullptr;
  if (ADDER_UNLIKELY(read_by_macros(o)) && !c_visible(o) && !expose(o)) return nullptr;
  (void)r.release();
  return o;
}

PyObject* to_field(Value v) {
  ADDER_ASSERT(!v.is_node());
  if (v.is_number()) return box(v);
  incref(v);
  return v.object();
}

Ref from_c(PyObject* borrowed) { return Ref::copy(from_c_borrowed(borrowed)); }

Ref from_c_steal(PyObject* owned) {
  Value v = from_c_borrowed(owned);
  if (v.is_number()) {
    decref(owned);
    return Ref::steal(v);
  }
  Ref r = Ref::steal(v);
  if (ADDER_UNLIKELY(owned && is_unready_str(owned)) && !str_make_ready(owned)) return {};
  return r;
}

namespace {
// Containers marked visible whose elements are still to be boxed; no recursion, so depth does not matter.
class Pending {
 public:
  ~Pending() { free(items_); }
  bool push(PyObject* o) {
    if (n_ == capacity_) {
      size_t capacity = capacity_ ? capacity_ * 2 : 64;
      auto* p = static_cast<PyObject**>(realloc(items_, capacity * sizeof(PyObject*)));
      if (!p) return raise_no_memory();
      items_ = p;
      capacity_ = capacity;
    }
    items_[n_++] = o;
    gc_head(o)->prev |= kGCVisible;
    return true;
  }
  PyObject* pop() { return n_ ? items_[--n_] : nullptr; }
  bool expose_word(Value* word) {
    Value v = *word;
    if (v.is_number()) {
      PyObject* b = box(v);
      if (!b) return false;
      *word = Value{b};
    } else if (v.is_object() && read_by_macros(v.object()) && !c_visible(v.object())) {
      return push(v.object());
    }
    return true;
  }

 private:
  PyObject** items_ = nullptr;
  size_t n_ = 0, capacity_ = 0;
};
}  // namespace

bool expose(PyObject* container) {
  if (c_visible(container)) return true;
  if (is_dict(container)) {
    if (!dict_expose(container)) return false;
    gc_head(container)->prev |= kGCVisible;
    return true;
  }
  if (is_instance_of_set(container)) {
    if (!set_expose(container)) return false;
    gc_head(container)->prev |= kGCVisible;
    return true;
  }
  if (!read_by_macros(container)) return true;
  Pending pending;
  gc_head(container)->prev |= kGCVisible;
  for (PyObject* o = container; o; o = pending.pop()) {
    Value* words;
    Py_ssize_t n;
    if (o->ob_type == &PyCell_Type) {
      words = reinterpret_cast<Value*>(&reinterpret_cast<PyCellObject*>(o)->ob_ref);
      n = 1;
    } else {
      n = reinterpret_cast<PyVarObject*>(o)->ob_size;
      words = is_list(o) ? list_words(o) : tuple_words(o);
    }
    for (Py_ssize_t i = 0; i < n; i++) {
      if (!pending.expose_word(&words[i])) return false;
    }
  }
  return true;
}

Ref to_stored(PyObject* container, Ref v) {
  if (ADDER_LIKELY(!c_visible(container)) || !v) return v;
  return Ref::steal(Value{to_c_steal(std::move(v))});
}

UnpackedArgs::UnpackedArgs(PyObject* tuple, PyObject* dict) {
  size_t n = static_cast<size_t>(tuple_size(tuple));
  size_t keywords = dict ? static_cast<size_t>(dict_size(dict)) : 0;
  words_ = small_;
  if (n + keywords > std::size(small_)) {
    words_ = static_cast<Value*>(malloc((n + keywords) * sizeof(Value)));
    if (!words_) {
      raise_no_memory();
      return;
    }
  }
  for (size_t i = 0; i < n; i++) words_[i] = tuple_get(tuple, static_cast<Py_ssize_t>(i));
  args_ = {words_, n, nullptr};
  if (keywords) {
    names_ = tuple_new(static_cast<Py_ssize_t>(keywords));
    if (!names_) return;
    Py_ssize_t position = 0;
    Value key, value;
    size_t k = 0;
    while (k < keywords && dict_next(dict, &position, &key, &value)) {
      if (!is_str(key)) {
        for (size_t i = 0; i < k; i++) decref(words_[n + i]);
        names_.reset();
        raise(PyExc_TypeError, "keywords must be strings");
        return;
      }
      tuple_init(names_, static_cast<Py_ssize_t>(k), Ref::copy(key));
      incref(value);  // the callee may change the dict
      words_[n + k++] = value;
    }
    args_.kwnames = names_.object();
  }
  ok_ = true;
}

UnpackedArgs::~UnpackedArgs() {
  if (ok_ && names_) {
    Py_ssize_t k = tuple_size(names_);
    for (Py_ssize_t i = 0; i < k; i++) decref(words_[args_.n + static_cast<size_t>(i)]);
  }
  if (words_ && words_ != small_) free(words_);
}

bool pack_args(Args args, Ref* tuple, Ref* dict) {
  Ref t = tuple_from(args.v, static_cast<Py_ssize_t>(args.n));
  if (!t || !expose(t.object())) return false;
  Ref d;
  if (args.kwnames && tuple_size(args.kwnames) > 0) {
    d = dict_new();
    if (!d) return false;
    Py_ssize_t k = tuple_size(args.kwnames);
    for (Py_ssize_t i = 0; i < k; i++) {
      if (!dict_set(d, tuple_get(args.kwnames, i), args.v[args.n + static_cast<size_t>(i)])) return false;
    }
  }
  *tuple = std::move(t);
  *dict = std::move(d);
  return true;
}

}  // namespace adder
