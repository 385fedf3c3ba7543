// The type list and its iterators. Sorting is in list_sort.cpp.
#include <cstring>
#include "memory/kept.h"
#include "object/dict_table.h"
#include "object/sequence.h"
#include "object/sequence_iterator.h"
#include "object/slices.h"

PyTypeObject PyList_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyListIter_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyListRevIter_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};

namespace adder {

namespace {

Kept<128> kept_lists, kept_iterators;

inline PyListObject* as_list(Value l) { return l.as<PyListObject>(); }

// Room for `size` items and some more; ob_size becomes size. Items beyond the old size are not set.
bool resize(PyListObject* l, Py_ssize_t size) {
  Py_ssize_t allocated = l->allocated;
  if (allocated >= size && size >= (allocated >> 1)) {
    l->ob_base.ob_size = size;
    return true;
  }
  // Large blocks are copied when they grow, and what is not yet used of them takes no memory.
  int share = size < (1 << 16) ? 3 : 1;
  size_t wanted = (static_cast<size_t>(size) + (static_cast<size_t>(size) >> share) + 6) & ~size_t{3};
  if (size - l->ob_base.ob_size > static_cast<Py_ssize_t>(wanted - static_cast<size_t>(size))) wanted = (static_cast<size_t>(size) + 3) & ~size_t{3};
  if (size == 0) wanted = 0;
  if (wanted > static_cast<size_t>(PY_SSIZE_T_MAX) / sizeof(Value)) return raise_no_memory();
  void* items = nullptr;
  if (wanted == 0) {
    object_free(l->ob_item);
  } else {
    items = object_realloc(l->ob_item, wanted * sizeof(Value));
    if (!items) return raise_no_memory();
  }
  l->ob_item = static_cast<PyObject**>(items);
  l->allocated = static_cast<Py_ssize_t>(wanted);
  l->ob_base.ob_size = size;
  return true;
}

// Room for exactly n items in a list that has none yet, as CPython takes it when it knows how many will come.
bool reserve_first(PyListObject* l, Py_ssize_t n) {
  if (n > PY_SSIZE_T_MAX / static_cast<Py_ssize_t>(sizeof(Value))) return raise_no_memory();
  void* items = object_malloc(static_cast<size_t>(n) * sizeof(Value));
  if (!items) return raise_no_memory();
  l->ob_item = static_cast<PyObject**>(items);
  l->allocated = n;
  return true;
}

// A word as this list stores it; empty on MemoryError.
inline bool convert(PyObject* list, Ref& v) {
  if (ADDER_UNLIKELY(c_visible(list))) {
    v = to_stored(list, std::move(v));
    return static_cast<bool>(v);
  }
  return true;
}

// Gives up n references, at words[0], words[step] … Neighbours are often the same object, whose count is then changed once. Objects are
// asked for well before: a line that is on its way when it is written to costs more than one that was never asked for.
void release_words(const Value* words, Py_ssize_t n, Py_ssize_t step) {
  constexpr Py_ssize_t kAhead = 64;
  if (n <= kAhead) {
    for (; n > 0; n--, words += step) decref(*words);
    return;
  }
  int64_t trues = 0, falses = 0;  // they come in any order, and stay
  for (Py_ssize_t i = 0; i < n;) {
    Value v = words[i++ * step];
    if (!v.is_object()) continue;
    const bool is_true = v == boolean(true), is_false = v == boolean(false);
    trues += is_true;
    falses += is_false;
    if (is_true || is_false) continue;
    if (i + kAhead < n && words[(i + kAhead) * step].is_object()) __builtin_prefetch(words[(i + kAhead) * step].object(), 1);
    int64_t times = 1;
    for (; i < n && words[i * step] == v; i++) times++;
    ADDER_ASSERT(refcount(v.object()) >= times);
    if ((refcount(v.object()) -= times) == 0) _Py_Dealloc(v.object());
  }
  refcount(Py_True) -= trues;
  refcount(Py_False) -= falses;
}
// The order in which a list goes.
void release_backward(const Value* words, Py_ssize_t n) { release_words(words + n - 1, n, -1); }

void list_dealloc(PyObject* self) {
  auto* l = reinterpret_cast<PyListObject*>(self);
  gc_untrack(self);
  TrashcanGuard guard(self, list_dealloc);
  if (guard.deferred) return;
  if (l->ob_item) {
    release_backward(list_words(Value{self}), l->ob_base.ob_size);
    object_free(l->ob_item);
    l->ob_item = nullptr;
  }
  if (self->ob_type == &PyList_Type && kept_lists.keep(self)) return;
  self->ob_type->tp_free(self);
}

int list_traverse(PyObject* self, visitproc visit, void* arg) {
  Value* words = list_words(Value{self});
  for (Py_ssize_t i = list_size(Value{self}); --i >= 0;) ADDER_VISIT(words[i]);
  return 0;
}

// Empties the list first, then releases: what runs meanwhile sees an empty list.
int list_clear_items(PyObject* self) {
  auto* l = reinterpret_cast<PyListObject*>(self);
  if (!l->ob_item) return 0;  // empty already; `allocated` may say that a sort is under way
  Value* words = list_words(Value{self});
  Py_ssize_t n = l->ob_base.ob_size;
  l->ob_item = nullptr;
  l->allocated = 0;
  l->ob_base.ob_size = 0;
  release_backward(words, n);
  object_free(words);
  return 0;
}

// An exact list without items, not tracked; null on error. To make one may run the collector, and that any code: what goes into the list
// is looked at behind this.
PyObject* list_raw() {
  PyObject* o = kept_lists.take();
  if (!o && !(o = gc_new_raw(&PyList_Type, sizeof(PyListObject)))) return nullptr;
  auto* l = reinterpret_cast<PyListObject*>(o);
  l->ob_item = nullptr;
  l->allocated = 0;
  l->ob_base.ob_size = 0;
  return o;
}

// Gives such a list n items, whose words are not yet set; false, the list gone, on MemoryError.
bool set_fresh_size(PyObject* o, Py_ssize_t n) {
  auto* l = reinterpret_cast<PyListObject*>(o);
  if (n > 0 && !reserve_first(l, n)) {
    Py_DECREF(o);
    return false;
  }
  l->ob_base.ob_size = n;
  return true;
}

}  // namespace

// --- Making lists ------------------------------------------------------------------------------------------------------

Ref list_new(Py_ssize_t reserve) {
  PyObject* o = list_raw();
  if (!o) return {};
  if (reserve > 0 && !reserve_first(reinterpret_cast<PyListObject*>(o), reserve)) {
    Py_DECREF(o);
    return {};
  }
  gc_track(o);
  return Ref::steal(Value{o});
}

Ref list_from(const Value* items, Py_ssize_t n) {
  for (Py_ssize_t i = 0; i < n; i++) incref(items[i]);  // first: items may be borrowed from a container that changes if the collector runs
  PyObject* o = list_raw();
  if (!o || !set_fresh_size(o, n)) {
    for (Py_ssize_t i = 0; i < n; i++) decref(items[i]);
    return {};
  }
  Value* words = list_words(Value{o});
  for (Py_ssize_t i = 0; i < n; i++) words[i] = items[i];
  gc_track(o);
  return Ref::steal(Value{o});
}

Ref list_of(std::initializer_list<Value> items) { return list_from(items.begin(), static_cast<Py_ssize_t>(items.size())); }

// --- Changing lists ----------------------------------------------------------------------------------------------------

bool list_append(Value l, Ref v) {
  auto* list = as_list(l);
  if (!convert(l.object(), v)) return false;
  Py_ssize_t n = list->ob_base.ob_size;
  if (ADDER_LIKELY(n < list->allocated)) {
    list->ob_base.ob_size = n + 1;
  } else if (!resize(list, n + 1)) {
    return false;
  }
  list_words(l)[n] = v.release();
  return true;
}

bool list_append(Value l, Value v) { return list_append(l, Ref::copy(v)); }
Ref list_append_method(Value self, Value v) { return list_append(self, v) ? none_ref() : Ref{}; }

bool list_set(Value l, Py_ssize_t i, Ref v) {
  if (!convert(l.object(), v)) return false;
  assign(list_words(l)[i], std::move(v));
  return true;
}

bool list_insert(Value l, Py_ssize_t i, Value v) {
  auto* list = as_list(l);
  Ref stored = Ref::copy(v);
  if (!convert(l.object(), stored)) return false;
  Py_ssize_t n = list->ob_base.ob_size;
  if (n == PY_SSIZE_T_MAX) return raise(PyExc_OverflowError, "cannot add more objects to list");
  if (!resize(list, n + 1)) return false;
  if (i < 0 && (i += n) < 0) i = 0;
  if (i > n) i = n;
  Value* words = list_words(l);
  memmove(static_cast<void*>(words + i + 1), words + i, static_cast<size_t>(n - i) * sizeof(Value));
  words[i] = stored.release();
  return true;
}

void drop_kept_lists() {
  kept_lists.drop();
  kept_iterators.drop();
}

bool list_extend(Value l, Value iterable) {
  auto* list = as_list(l);
  if (is_exact_list(iterable) || is_exact_tuple(iterable)) {
    Py_ssize_t n = list->ob_base.ob_size, m = sequence_size(iterable);
    if (m == 0) return true;
    if (n > PY_SSIZE_T_MAX - m) return raise_no_memory();
    if ((!list->ob_item && !reserve_first(list, m)) || !resize(list, n + m)) return false;
    Value* words = list_words(l) + n;
    // Read the source only now: extending a list by itself moves its words.
    copy_words(iterable.object(), is_list(iterable) ? list_words(iterable) : tuple_words(iterable), m, words);
    if (ADDER_UNLIKELY(c_visible(l.object()))) {
      for (Py_ssize_t i = 0; i < m; i++) {
        Ref stored = to_stored(l.object(), Ref::steal(words[i]));
        if (!stored) {
          for (Py_ssize_t k = i + 1; k < m; k++) decref(words[k]);
          list->ob_base.ob_size = n + i;
          return false;
        }
        words[i] = stored.release();
      }
    }
    return true;
  }
  Ref it = iter(iterable);
  if (!it) return false;
  Py_ssize_t hint = length_hint(iterable, 8);
  if (hint < 0) return false;
  // Make room; the size stays.
  Py_ssize_t n = list->ob_base.ob_size;
  if (n <= PY_SSIZE_T_MAX - hint && hint > 0) {
    if (!list->ob_item) {
      if (!reserve_first(list, hint)) return false;
    } else {
      if (!resize(list, n + hint)) return false;
      list->ob_base.ob_size = n;
    }
  }
  bool from_dict;
  if (!dict_append_to(l, iterable, &from_dict)) return false;
  NextFn step = slots_of(it).tp_iternext;
  while (!from_dict) {
    Ref item = step(it);
    if (!item) {
      if (error_occurred()) {
        if (!error_matches(PyExc_StopIteration)) return false;
        clear_error();
      }
      break;
    }
    if (!list_append(l, std::move(item))) return false;
  }
  if (list->ob_base.ob_size < list->allocated) return resize(list, list->ob_base.ob_size);
  return true;
}

namespace {

// Replaces words [lo, hi) by n new, already stored-form words (taken over); the old ones are released last.
bool splice(Value l, Py_ssize_t lo, Py_ssize_t hi, Value* fresh, Py_ssize_t n) {
  auto* list = as_list(l);
  Py_ssize_t size = list->ob_base.ob_size, old = hi - lo, change = n - old;
  if (size + change == 0) {
    list_clear_items(l.object());
    return true;
  }
  Value local[16];
  Value* dropped = local;
  if (old > 16) {
    dropped = static_cast<Value*>(object_malloc(static_cast<size_t>(old) * sizeof(Value)));
    if (!dropped) return raise_no_memory();
  }
  Value* words = list_words(l);
  if (old) memcpy(static_cast<void*>(dropped), words + lo, static_cast<size_t>(old) * sizeof(Value));
  if (change < 0) {
    memmove(static_cast<void*>(words + lo + n), words + hi, static_cast<size_t>(size - hi) * sizeof(Value));
    if (!resize(list, size + change)) {
      // Shrinking failed for want of memory: the larger block serves as well.
      clear_error();
      list->ob_base.ob_size = size + change;
    }
    words = list_words(l);
  } else if (change > 0) {
    if (!resize(list, size + change)) {
      if (dropped != local) object_free(dropped);
      return false;
    }
    words = list_words(l);
    memmove(static_cast<void*>(words + hi + change), words + hi, static_cast<size_t>(size - hi) * sizeof(Value));
  }
  if (n) memcpy(static_cast<void*>(words + lo), fresh, static_cast<size_t>(n) * sizeof(Value));
  while (--old >= 0) decref(dropped[old]);
  if (dropped != local) object_free(dropped);
  return true;
}

// The items of a list or tuple in the form that list l stores, in memory to be freed; null with exception (or n == 0).
Value* stored_copies(Value l, Value source, Py_ssize_t n) {
  auto* fresh = static_cast<Value*>(object_malloc(static_cast<size_t>(n) * sizeof(Value)));
  if (!fresh) {
    raise_no_memory();
    return nullptr;
  }
  copy_words(source.object(), is_list(source) ? list_words(source) : tuple_words(source), n, fresh);
  if (c_visible(l.object())) {
    for (Py_ssize_t i = 0; i < n; i++) {
      Ref stored = to_stored(l.object(), Ref::steal(fresh[i]));
      if (!stored) {
        for (Py_ssize_t k = 0; k < n; k++) {
          if (k != i) decref(fresh[k]);
        }
        object_free(fresh);
        return nullptr;
      }
      fresh[i] = stored.release();
    }
  }
  return fresh;
}

}  // namespace

bool list_set_slice(Value l, Py_ssize_t lo, Py_ssize_t hi, Value sequence) {
  Ref items;
  Py_ssize_t n = 0;
  if (!sequence.absent()) {
    items = to_fast_sequence(sequence, "can only assign an iterable");
    if (!items) return false;
    n = sequence_size(items);
  }
  Py_ssize_t size = list_size(l);
  if (lo < 0) lo = 0;
  if (lo > size) lo = size;
  if (hi < lo) hi = lo;
  if (hi > size) hi = size;
  Value* fresh = nullptr;
  if (n > 0 && !(fresh = stored_copies(l, items, n))) return false;
  if (!splice(l, lo, hi, fresh, n)) {
    for (Py_ssize_t i = 0; i < n; i++) decref(fresh[i]);
    object_free(fresh);
    return false;
  }
  object_free(fresh);
  return true;
}

Ref list_load_slice(Value l, Py_ssize_t start, Py_ssize_t stop, Py_ssize_t step) {
  PyObject* o = list_raw();
  if (!o) return {};
  Py_ssize_t n = slice_adjust(list_size(l), &start, &stop, step);
  if (n > 0) {
    if (!set_fresh_size(o, n)) return {};
    const Value* from = list_words(l) + start;
    Value* words = list_words(Value{o});
    if (step == 1) {
      copy_words(l.object(), from, n, words);
    } else if (ADDER_UNLIKELY(c_visible(l.object()))) {
      for (Py_ssize_t i = 0; i < n; i++) words[i] = Ref::copy(element(l.object(), from[i * step])).release();
    } else {
      for (Py_ssize_t i = 0; i < n; i++) {
        const Value v = from[i * step];
        incref(v);
        words[i] = v;
      }
    }
  }
  gc_track(o);
  return Ref::steal(Value{o});
}

namespace {

bool delete_extended(Value l, Py_ssize_t start, Py_ssize_t step, Py_ssize_t n) {
  if (n <= 0) return true;
  if (step < 0) {
    start += step * (n - 1);
    step = -step;
  }
  auto* dropped = static_cast<Value*>(object_malloc(static_cast<size_t>(n) * sizeof(Value)));
  if (!dropped) return raise_no_memory();
  Value* words = list_words(l);
  Py_ssize_t size = list_size(l), to = start, taken = 0;
  for (Py_ssize_t i = start; i < size; i++) {
    if (taken < n && i == start + taken * step) dropped[taken++] = words[i];
    else words[to++] = words[i];
  }
  if (!resize(as_list(l), size - n)) {
    clear_error();
    as_list(l)->ob_base.ob_size = size - n;
  }
  for (Py_ssize_t i = 0; i < n; i++) decref(dropped[i]);
  object_free(dropped);
  return true;
}

// Replaces items for as long as they are numbers, True or False: how many.
Py_ssize_t replace_lasting(Value* to, Py_ssize_t step, const Value* from, Py_ssize_t n) {
  int64_t trues = 0, falses = 0;
  Py_ssize_t i = 0;
  for (; i < n; i++) {
    const Value old = to[i * step];
    const bool is_true = old == boolean(true), is_false = old == boolean(false);
    if (old.is_object() && !is_true && !is_false) break;
    trues += is_true;
    falses += is_false;
    to[i * step] = from[i];
  }
  refcount(Py_True) -= trues;
  refcount(Py_False) -= falses;
  return i;
}

// As many items as the slice has, from an exact list or tuple, between containers that C does not see: none moves but the replaced ones, which
// are released last. false: not that simple, and nothing is done.
bool replace_items(Value l, Py_ssize_t start, Py_ssize_t step, Py_ssize_t n, Value v, bool dies) {
  if (!(is_exact_list(v) || is_exact_tuple(v)) || sequence_size(v) != n || v == l || c_visible(l.object()) || c_visible(v.object())) return false;
  Value* to = list_words(l) + start;
  Value* from = is_list(v) ? list_words(v) : tuple_words(v);
  // A slice with a step lets the old items go from first to last, one without from last to first.
  bool forward = step != 1;
  if (dies) {
    Py_ssize_t i = 0;
    if (forward) {
      as_list(v)->ob_base.ob_size = 0;
      i = replace_lasting(to, step, from, n);
    }
    for (Py_ssize_t k = i; k < n; k++) std::swap(to[k * step], from[k]);
    if (forward) release_words(from + i, n - i, 1);
    return true;
  }
  constexpr Py_ssize_t kLocal = 32;
  if (n > kLocal) return false;
  Value old[kLocal];
  for (Py_ssize_t i = 0; i < n; i++) {
    old[i] = to[i * step];
    to[i * step] = from[i];
    incref(from[i]);
  }
  if (forward) release_words(old, n, 1);
  else release_backward(old, n);
  return true;
}

}  // namespace

bool list_store_slice(Value l, Py_ssize_t start, Py_ssize_t stop, Py_ssize_t step, Value v, bool dies) {
  Py_ssize_t first = start, last = stop;
  Py_ssize_t n = slice_adjust(list_size(l), &first, &last, step);
  if (v && n > 0 && replace_items(l, first, step, n, v, dies)) return true;
  if (step == 1) return list_set_slice(l, first, last < first ? first : last, v);
  if (v.absent()) return delete_extended(l, first, step, n);
  Ref items = v == l ? list_load_slice(l, 0, PY_SSIZE_T_MAX, 1) : to_fast_sequence(v, "must assign iterable to extended slice");
  if (!items) return false;
  // Making the sequence may have changed this list.
  n = slice_adjust(list_size(l), &start, &stop, step);
  if (sequence_size(items) != n) {
    return raise(PyExc_ValueError, "attempt to assign sequence of size %zd to extended slice of size %zd", sequence_size(items), n);
  }
  if (n == 0) return true;
  Value* fresh = stored_copies(l, items, n);
  if (!fresh) return false;
  Value* words = list_words(l);
  for (Py_ssize_t i = 0; i < n; i++) std::swap(words[start + i * step], fresh[i]);
  for (Py_ssize_t i = 0; i < n; i++) decref(fresh[i]);
  object_free(fresh);
  return true;
}

bool list_reverse(Value l) {
  Value* words = list_words(l);
  Py_ssize_t i = 0, k = list_size(l) - 1;
  while (i < k) std::swap(words[i++], words[k--]);
  return true;
}

namespace {

// --- Slots -------------------------------------------------------------------------------------------------------------

bool list_init(Value self, Args args) {
  PyTypeObject* type = type_of(self);
  if (type != &PyList_Type && type->tp_new != PyList_Type.tp_new) args.kwnames = nullptr;
  Value iterable;
  if (!take_one_argument("list", args, &iterable)) return false;
  if (as_list(self)->ob_item) list_clear_items(self.object());
  return iterable.absent() || list_extend(self, iterable);
}

Ref list_new_slot(PyTypeObject* type, Args) {
  if (type == &PyList_Type) return list_new();
  PyObject* o = type->tp_alloc(type, 0);
  return o ? Ref::steal(Value{o}) : Ref{};
}

Ref list_repr(Value self) { return repr_sequence(self, "[", "]"); }

Ref list_compare(Value a, Value b, int op) {
  if (!is_list(a) || !is_list(b)) return not_implemented_ref();
  return compare_sequences(a, b, op);
}

Py_ssize_t list_length(Value self) { return list_size(self); }

Ref list_item(Value self, Py_ssize_t i) {
  if (static_cast<size_t>(i) >= static_cast<size_t>(list_size(self))) return raise(PyExc_IndexError, "list index out of range");
  return Ref::copy(list_get(self, i));
}

Ref list_subscript(Value self, Value key) {
  if (ADDER_LIKELY(key.is_int())) {
    int64_t i = key.as_int();
    if (i < 0) i += list_size(self);
    return list_item(self, i);
  }
  if (has_index(key)) {
    Py_ssize_t i;
    if (!index_as_ssize(key, &i, PyExc_IndexError)) return {};
    if (i < 0) i += list_size(self);
    return list_item(self, i);
  }
  if (!is_slice(key)) return raise(PyExc_TypeError, "list indices must be integers or slices, not %.200s", type_of(key)->tp_name);
  Py_ssize_t start, stop, step;
  return slice_unpack(key, &start, &stop, &step) ? list_load_slice(self, start, stop, step) : Ref{};
}

bool delete_at(Value self, Py_ssize_t i) { return splice(self, i, i + 1, nullptr, 0); }

bool list_store_item(Value self, Py_ssize_t i, Value v) {
  if (static_cast<size_t>(i) >= static_cast<size_t>(list_size(self))) return raise(PyExc_IndexError, "list assignment index out of range");
  return v.absent() ? delete_at(self, i) : list_set(self, i, Ref::copy(v));
}

bool list_store_subscript(Value self, Value key, Value v) {
  if (ADDER_LIKELY(key.is_int())) {
    int64_t i = key.as_int();
    if (i < 0) i += list_size(self);
    return list_store_item(self, i, v);
  }
  if (has_index(key)) {
    Py_ssize_t i;
    if (!index_as_ssize(key, &i, PyExc_IndexError)) return false;
    if (i < 0) i += list_size(self);
    return list_store_item(self, i, v);
  }
  if (!is_slice(key)) return raise(PyExc_TypeError, "list indices must be integers or slices, not %.200s", type_of(key)->tp_name);
  Py_ssize_t start, stop, step;
  return slice_unpack(key, &start, &stop, &step) && list_store_slice(self, start, stop, step, v, false);
}

Ref list_concat(Value a, Value b) {
  if (!is_list(b)) return raise(PyExc_TypeError, "can only concatenate list (not \"%.200s\") to list", type_of(b)->tp_name);
  PyObject* o = list_raw();
  if (!o) return {};
  Py_ssize_t n = list_size(a), m = list_size(b);  // their sum cannot overflow: each takes 8 bytes an item
  if (!set_fresh_size(o, n + m)) return {};
  copy_words(a.object(), list_words(a), n, list_words(Value{o}));
  copy_words(b.object(), list_words(b), m, list_words(Value{o}) + n);
  gc_track(o);
  return Ref::steal(Value{o});
}

Ref list_repeat(Value self, Py_ssize_t times) {
  PyObject* o = list_raw();
  if (!o) return {};
  Py_ssize_t n = list_size(self), total;
  if (n == 0 || times < 0) times = 0;
  if (__builtin_mul_overflow(n, times, &total)) total = PY_SSIZE_T_MAX;
  if (!set_fresh_size(o, total)) return {};
  Value* words = list_words(Value{o});
  if (n == 1) {
    Value v = list_get(self, 0);
    if (v.is_object()) refcount(v.object()) += times;
    for (Py_ssize_t i = 0; i < times; i++) words[i] = v;
  } else {
    for (Py_ssize_t t = 0; t < times; t++) copy_words(self.object(), list_words(self), n, words + t * n);
  }
  gc_track(o);
  return Ref::steal(Value{o});
}

Ref list_inplace_concat(Value self, Value other) {
  if (!list_extend(self, other)) return {};
  return Ref::copy(self);
}

Ref list_inplace_repeat(Value self, Py_ssize_t times) {
  Py_ssize_t n = list_size(self);
  if (n == 0 || times == 1) return Ref::copy(self);
  if (times < 1) {
    list_clear_items(self.object());
    return Ref::copy(self);
  }
  if (n > PY_SSIZE_T_MAX / times) return raise_no_memory();
  if (!resize(as_list(self), n * times)) return {};
  Value* words = list_words(self);
  for (Py_ssize_t t = 1; t < times; t++) {
    for (Py_ssize_t i = 0; i < n; i++) {
      words[t * n + i] = words[i];
      incref(words[i]);
    }
  }
  return Ref::copy(self);
}

int list_contains(Value self, Value item) {
  if (item.is_number()) {
    // A number equals another of the same word without being asked.
    for (Py_ssize_t i = 0; i < list_size(self); i++) {
      Value x = list_get(self, i);
      if (x == item) return 1;
      if (x.is_int() && item.is_int()) continue;
      Ref held = Ref::copy(x);
      int same = equal(x, item);
      if (same) return same;
    }
    return 0;
  }
  for (Py_ssize_t i = 0; i < list_size(self); i++) {
    Ref x = Ref::copy(list_get(self, i));
    int same = equal(x, item);
    if (same) return same;
  }
  return 0;
}

// --- Methods -------------------------------------------------------------------------------------------------------------

Ref list_extend_method(Value self, Value v) { return list_extend(self, v) ? none_ref() : Ref{}; }
Ref list_clear_method(Value self) {
  list_clear_items(self.object());
  return none_ref();
}
Ref list_copy_method(Value self) { return list_load_slice(self, 0, PY_SSIZE_T_MAX, 1); }
Ref list_reverse_method(Value self) {
  list_reverse(self);
  return none_ref();
}

Ref list_insert_method(Value self, const Value* a) {
  Py_ssize_t i;
  if (!as_ssize(a[0], &i)) return {};
  return list_insert(self, i, a[1]) ? none_ref() : Ref{};
}

Ref list_pop(Value self, const Value* a) {
  Py_ssize_t i = -1;
  if (!a[0].absent() && !as_ssize(a[0], &i)) return {};
  Py_ssize_t n = list_size(self);
  if (n == 0) return raise(PyExc_IndexError, "pop from empty list");
  if (i < 0) i += n;
  if (static_cast<size_t>(i) >= static_cast<size_t>(n)) return raise(PyExc_IndexError, "pop index out of range");
  Ref r = Ref::copy(list_get(self, i));
  if (i == n - 1) {
    Value word = list_words(self)[i];
    if (!resize(as_list(self), n - 1)) return {};
    decref(word);
    return r;
  }
  return delete_at(self, i) ? std::move(r) : Ref{};
}

Ref list_remove(Value self, Value v) {
  for (Py_ssize_t i = 0; i < list_size(self); i++) {
    Ref x = Ref::copy(list_get(self, i));
    int same = equal(x, v);
    if (same < 0) return {};
    if (same) {
      if (i < list_size(self) && !delete_at(self, i)) return {};
      return none_ref();
    }
  }
  return raise(PyExc_ValueError, "list.remove(x): x not in list");
}

Ref list_index(Value self, const Value* a) {
  Py_ssize_t start = 0, stop = PY_SSIZE_T_MAX;
  if (!a[1].absent() && !index_bound(a[1], &start)) return {};
  if (!a[2].absent() && !index_bound(a[2], &stop)) return {};
  if (start < 0 && (start += list_size(self)) < 0) start = 0;
  if (stop < 0 && (stop += list_size(self)) < 0) stop = 0;
  for (Py_ssize_t i = start; i < stop && i < list_size(self); i++) {
    Ref x = Ref::copy(list_get(self, i));
    int same = equal(x, a[0]);
    if (same < 0) return {};
    if (same) return int_from_ssize(i);
  }
  return raise(PyExc_ValueError, "%R is not in list", a[0]);
}

Ref list_count(Value self, Value v) {
  Py_ssize_t count = 0;
  for (Py_ssize_t i = 0; i < list_size(self); i++) {
    Ref x = Ref::copy(list_get(self, i));
    int same = equal(x, v);
    if (same < 0) return {};
    count += same;
  }
  return int_from_ssize(count);
}

Ref list_sort_method(Value self, const Value* a) {
  int reverse = 0;
  if (!a[1].absent()) {
    if (!as_int(a[1], &reverse)) return {};
  }
  return list_sort(self, a[0].absent() ? none() : a[0], reverse != 0) ? none_ref() : Ref{};
}

Ref list_sizeof(Value self) {
  return int_from_ssize(type_of(self)->tp_basicsize + as_list(self)->allocated * static_cast<Py_ssize_t>(sizeof(void*)));
}

Ref class_getitem(Value type, Value args) { return make_generic_alias(type, args); }

// --- Iterators -------------------------------------------------------------------------------------------------------------

Ref make_iterator(PyTypeObject* type, Value sequence, Py_ssize_t index) {
  PyObject* o = kept_iterators.take();
  if (o) {
    o->ob_type = type;
  } else {
    o = gc_new_raw(type, sizeof(SequenceIterator));
    if (!o) return {};
  }
  auto* it = reinterpret_cast<SequenceIterator*>(o);
  it->index = index;
  it->sequence = sequence.object();
  incref(sequence);
  gc_track(o);
  return Ref::steal(Value{o});
}

Ref list_iter(Value self) { return make_iterator(&PyListIter_Type, self, 0); }
Ref list_reversed(Value self) { return make_iterator(&PyListRevIter_Type, self, list_size(self) - 1); }

void iterator_dealloc(PyObject* self) {
  gc_untrack(self);
  Py_XDECREF(reinterpret_cast<SequenceIterator*>(self)->sequence);
  if (!kept_iterators.keep(self)) gc_free(self);
}

Ref item_at(Value l, Py_ssize_t i) { return Ref::copy(list_get(l, i)); }

Ref reverse_iterator_next(Value self) {
  auto* it = self.as<SequenceIterator>();
  if (!it->sequence) return {};
  Value l{it->sequence};
  Py_ssize_t i = it->index;
  if (i >= 0 && i < list_size(l)) {
    it->index--;
    return Ref::copy(list_get(l, i));
  }
  it->index = -1;
  it->sequence = nullptr;
  decref(l);
  return {};
}

Ref reverse_length_hint(Value self) {
  auto* it = self.as<SequenceIterator>();
  Py_ssize_t n = it->index + 1;
  if (!it->sequence || list_size(Value{it->sequence}) < n) n = 0;
  return int_from_ssize(n);
}

Ref empty_list() { return list_new(); }
Ref reverse_reduce(Value self) {
  Ref f = builtin_named("reversed"_id);
  if (!f) return {};
  auto* it = self.as<SequenceIterator>();
  if (!it->sequence) return sequence_iterator_reduce<empty_list>(self);
  Ref args = tuple_of({Value{it->sequence}});
  Ref index = int_from_ssize(it->index);
  return args && index ? tuple_of({f, args, index}) : Ref{};
}

Ref iterator_setstate(Value self, Value state) {
  Py_ssize_t i;
  if (!as_ssize(state, &i)) return {};
  auto* it = self.as<SequenceIterator>();
  if (it->sequence) it->index = i < 0 ? 0 : i;
  return none_ref();
}

Ref reverse_setstate(Value self, Value state) {
  Py_ssize_t i;
  if (!as_ssize(state, &i)) return {};
  auto* it = self.as<SequenceIterator>();
  if (it->sequence) {
    Py_ssize_t last = list_size(Value{it->sequence}) - 1;
    it->index = i < -1 ? -1 : i > last ? last : i;
  }
  return none_ref();
}

const MethodRow list_methods[] = {
    method<list_subscript>("__getitem__", "", "x.__getitem__(y) <==> x[y]", METH_COEXIST),
    method<list_reversed>("__reversed__", "($self, /)", "Return a reverse iterator over the list."),
    method<list_sizeof>("__sizeof__", "($self, /)", "Return the size of the list in memory, in bytes."),
    method<list_clear_method>("clear", "($self, /)", "Remove all items from list."),
    method<list_copy_method>("copy", "($self, /)", "Return a shallow copy of the list."),
    method<list_append_method>("append", "($self, object, /)", "Append object to the end of the list."),
    method<list_insert_method>("insert", "($self, index, object, /)", "Insert object before index."),
    method<list_extend_method>("extend", "($self, iterable, /)", "Extend list by appending elements from the iterable."),
    method<list_pop>("pop", "($self, index=-1, /)", "Remove and return item at index (default last).\n\nRaises IndexError if list is empty or index is out of range."),
    method<list_remove>("remove", "($self, value, /)", "Remove first occurrence of value.\n\nRaises ValueError if the value is not present."),
    method<list_index>("index", "($self, value, start=0, stop=sys.maxsize, /)", "Return first index of value.\n\nRaises ValueError if the value is not present."),
    method<list_count>("count", "($self, value, /)", "Return number of occurrences of value."),
    method<list_reverse_method>("reverse", "($self, /)", "Reverse *IN PLACE*."),
    method<list_sort_method>("sort", "($self, /, *, key=None, reverse=False)",
                             "Sort the list in ascending order and return None.\n\n"
                             "The sort is in-place (i.e. the list itself is modified) and stable (i.e. the\n"
                             "order of two equal elements is maintained).\n\n"
                             "If a key function is given, apply it once to each list item and sort them,\n"
                             "ascending or descending, according to their function values.\n\n"
                             "The reverse flag can be set to sort in descending order."),
    class_method<class_getitem>("__class_getitem__", "", "See PEP 585"),
    {}};

const MethodRow list_iterator_methods[] = {
    method<sequence_iterator_length_hint<list_size>>("__length_hint__", "", "Private method returning an estimate of len(list(it))."),
    method<sequence_iterator_reduce<empty_list>>("__reduce__", "", "Return state information for pickling."),
    method<iterator_setstate>("__setstate__", "", "Set state information for unpickling."),
    {}};
const MethodRow reverse_iterator_methods[] = {
    method<reverse_length_hint>("__length_hint__", "", "Private method returning an estimate of len(list(it))."),
    method<reverse_reduce>("__reduce__", "", "Return state information for pickling."),
    method<reverse_setstate>("__setstate__", "", "Set state information for unpickling."),
    {}};

}  // namespace

extern const TypeDef list_def = {
    .type = &PyList_Type,
    .name = "list",
    .basicsize = sizeof(PyListObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_LIST_SUBCLASS | (1UL << 22) | Py_TPFLAGS_SEQUENCE,
    .doc = "Built-in mutable sequence.\n\n"
           "If no argument is given, the constructor creates a new empty list.\n"
           "The argument must be an iterable if specified.",
    .signature = "(iterable=(), /)",
    .dealloc = list_dealloc,
    .traverse = list_traverse,
    .clear = list_clear_items,
    .slots = {.tp_repr = slot::Unary<list_repr>,
              .tp_hash = slot::Hash<hash_not_implemented>,
              .tp_richcompare = slot::Compare<list_compare>,
              .tp_iter = slot::Unary<list_iter>,
              .tp_init = slot::Init<list_init>,
              .tp_new = slot::New<list_new_slot>,
              .sq_length = slot::Length<list_length>,
              .sq_concat = slot::Binary<list_concat>,
              .sq_repeat = slot::Index<list_repeat>,
              .sq_item = slot::Index<list_item>,
              .sq_ass_item = slot::StoreIndex<list_store_item>,
              .sq_contains = slot::Contains<list_contains>,
              .sq_inplace_concat = slot::Binary<list_inplace_concat>,
              .sq_inplace_repeat = slot::Index<list_inplace_repeat>,
              .mp_length = slot::Length<list_length>,
              .mp_subscript = slot::Binary<list_subscript>,
              .mp_ass_subscript = slot::StoreItem<list_store_subscript>},
    .methods = list_methods,
};

extern const TypeDef list_iterator_def = {
    .type = &PyListIter_Type,
    .name = "list_iterator",
    .basicsize = sizeof(SequenceIterator),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .dealloc = iterator_dealloc,
    .traverse = sequence_iterator_traverse,
    .slots = {.tp_iter = slot::Unary<sequence_iterator_self>, .tp_iternext = slot::Next<sequence_iterator_next<list_size, item_at>>},
    .methods = list_iterator_methods,
};

extern const TypeDef list_reverse_iterator_def = {
    .type = &PyListRevIter_Type,
    .name = "list_reverseiterator",
    .basicsize = sizeof(SequenceIterator),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .dealloc = iterator_dealloc,
    .traverse = sequence_iterator_traverse,
    .slots = {.tp_iter = slot::Unary<sequence_iterator_self>, .tp_iternext = slot::Next<reverse_iterator_next>},
    .methods = reverse_iterator_methods,
};

}  // namespace adder
