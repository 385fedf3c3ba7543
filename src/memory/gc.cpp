// The generational cycle collector, with CPython's semantics: finalizers may resurrect, weak references are cleared
// and their callbacks run before finalizers, legacy tp_del objects go to gc.garbage.
//
// Tracked objects stand in one table, the oldest generation first, in order of tracking within each; a head's `next` is
// the object's place in it plus one. Who is untracked leaves a hole, which the next collection of its generation closes.
// So a pass over a generation knows what comes and fetches it in time: a large heap lies outside the caches, and a list
// linked through the objects would wait for each.
//
// During a collection an object's `prev` word holds its reference count less those from within the generation (shifted
// over the flag bits); kGCCollecting marks those not (yet) found reachable.
#include "memory/gc_tracking.h"
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <new>
#include "array/core/activity.h"
#include "memory/gc_state.h"
#include "object/containers.h"
#include "object/error.h"
#include "object/int.h"
#include "object/object.h"

namespace adder {

static constexpr uintptr_t kKeptFlags = kGCFinalized | kGCVisible;
static constexpr int kRefShift = 4;

GcState::GcState() {
  static constexpr int kThresholds[kGenerations] = {700, 10, 10};
  for (int i = 0; i < kGenerations; i++) generations[i] = {0, kThresholds[i], 0};
}

alignas(GcState) static char gc_storage[sizeof(GcState)];
// Before every static initialiser: those may make objects.
[[gnu::constructor(101)]] static void init_gc_state() { new (gc_storage) GcState; }
GcState& gc_state() { return *reinterpret_cast<GcState*>(gc_storage); }

bool gc_is_gc(PyObject* o) {
  PyTypeObject* t = o->ob_type;
  return type_has(t, Py_TPFLAGS_HAVE_GC) && (!t->tp_is_gc || t->tp_is_gc(o));
}

// --- The table ------------------------------------------------------------------------------------------------------
static void place(GCHead* g, size_t i) {
  gc_state().table[i] = g;
  g->next = i + 1;
}
static size_t place_of(GCHead* g) { return g->next - 1; }

// Moves what stands in [from, end) to `to` and behind, without the holes. Gives the end.
static size_t close_holes(size_t to, size_t from, size_t end) {
  GCHead** table = gc_state().table;
  for (; from < end; from++) {
    GCHead* g = table[from];
    if (!g) continue;
    if (from != to) place(g, to);
    to++;
  }
  return to;
}

// Objects that come and go without a collection leave holes only; growth is for those that stay.
[[gnu::noinline]] static bool make_room(GcState& gc) {
  size_t young = gc.generations[0].begin;
  gc.size = close_holes(young, young, gc.size);
  if (gc.capacity - gc.size > gc.capacity / 4) return true;
  size_t capacity = gc.capacity + gc.capacity / 2 + 1024;
  auto* table = static_cast<GCHead**>(object_realloc(gc.table, capacity * sizeof(GCHead*)));
  if (!table) return gc.size < gc.capacity;
  gc.table = table;
  gc.capacity = capacity;
  return true;
}

void gc_track(PyObject* o) {
  GCHead* g = gc_head(o);
  ADDER_ASSERT(g->next == 0);
  GcState& gc = gc_state();
  // Without memory for its place an object stays untracked: it lives as well, but no cycle through it is found.
  if (ADDER_UNLIKELY(gc.size == gc.capacity) && !make_room(gc)) return;
  g->prev &= kKeptFlags;
  place(g, gc.size++);
}

void gc_untrack(PyObject* o) {
  GCHead* g = gc_head(o);
  if (g->next == 0) return;
  GcState& gc = gc_state();
  size_t i = place_of(g), young = gc.generations[0].begin;
  gc.table[i] = nullptr;
  g->next = 0;
  g->prev &= kKeptFlags;
  if (i + 1 == gc.size) {
    while (gc.size > young && !gc.table[gc.size - 1]) gc.size--;
  }
}

static size_t generation_end(int generation) {
  GcState& gc = gc_state();
  return generation == 0 ? gc.size : gc.generations[generation - 1].begin;
}
static Py_ssize_t count_objects(size_t begin, size_t end) {
  Py_ssize_t n = 0;
  for (size_t i = begin; i < end; i++) n += gc_state().table[i] != nullptr;
  return n;
}
Py_ssize_t gc_frozen_count() { return count_objects(0, gc_state().generations[kGenerations - 1].begin); }

// --- Finding what is unreachable ------------------------------------------------------------------------------------
static bool is_collecting(GCHead* g) { return (g->prev & kGCCollecting) != 0; }
static uintptr_t refs_of(GCHead* g) { return g->prev >> kRefShift; }

// What a pass will need soon. An object's own line first, when that has come the block that a list or dict hangs on.
static void fetch_ahead(size_t i, size_t end) {
  GCHead** table = gc_state().table;
  if (i + 12 < end) __builtin_prefetch(table[i + 12], 1);
  if (i + 5 < end) {
    PyObject* o = gc_object(table[i + 5]);
    if (o->ob_type == &PyDict_Type) __builtin_prefetch(reinterpret_cast<PyDictObject*>(o)->ma_keys);
    else if (o->ob_type == &PyList_Type) __builtin_prefetch(reinterpret_cast<PyListObject*>(o)->ob_item);
  }
}

// Objects met in a traversal, looked at only after their lines had time to come.
class Met {
 public:
  // Takes one in, gives an earlier one or null.
  PyObject* exchange(PyObject* o) {
    __builtin_prefetch(&o->ob_type);
    PyObject*& slot = ring_[next_++ % kSize];
    PyObject* earlier = slot;
    slot = o;
    return earlier;
  }
  PyObject* take() {
    for (unsigned k = 0; k < kSize; k++) {
      PyObject*& slot = ring_[next_++ % kSize];
      if (PyObject* o = slot) {
        slot = nullptr;
        return o;
      }
    }
    return nullptr;
  }

 private:
  static constexpr unsigned kSize = 16;
  PyObject* ring_[kSize] = {};
  unsigned next_ = 0;
};

// Closes the holes in [begin, end) too; gives the new end.
static size_t update_refs(size_t begin, size_t end) {
  GCHead** table = gc_state().table;
  size_t to = begin;
  for (size_t i = begin; i < end; i++) {
    if (i + 12 < end) __builtin_prefetch(table[i + 12], 1);
    GCHead* g = table[i];
    if (!g) continue;
    auto n = static_cast<uintptr_t>(gc_object(g)->ob_refcnt);
    ADDER_ASSERT(n > 0);
    g->prev = (g->prev & kKeptFlags) | kGCCollecting | n << kRefShift;
    if (i != to) place(g, to);
    to++;
  }
  return to;
}

static void subtract(PyObject* o) {
  if (!gc_is_gc(o)) return;
  GCHead* g = gc_head(o);
  if (is_collecting(g) && refs_of(g) > 0) g->prev -= uintptr_t{1} << kRefShift;
}
static int visit_subtract(PyObject* o, void* met) {
  if (PyObject* earlier = static_cast<Met*>(met)->exchange(o)) subtract(earlier);
  return 0;
}
static void subtract_refs(size_t begin, size_t end) {
  Met met;
  for (size_t i = begin; i < end; i++) {
    fetch_ahead(i, end);
    PyObject* o = gc_object(gc_state().table[i]);
    o->ob_type->tp_traverse(o, visit_subtract, &met);
  }
  while (PyObject* o = met.take()) subtract(o);
}

// A tuple whose items can take part in no cycle need not be looked at again.
static bool has_tracked_items(PyObject* tuple) {
  for (Py_ssize_t i = 0; i < tuple_size(tuple); i++) {
    Value v = tuple_words(tuple)[i];
    if (v.absent()) return true;  // still being filled
    if (gc_needs_tracking(v)) return true;
  }
  return false;
}
// The same of a dict; one that gets such an item later is tracked again then.
static bool has_tracked_entries(PyObject* dict) {
  Value key, v;
  for (Py_ssize_t i = 0; dict_next(dict, &i, &key, &v);) {
    if (gc_needs_tracking(key) || gc_needs_tracking(v)) return true;
  }
  return false;
}

// Clears kGCCollecting on what is referred to from outside [begin, end), and on what that reaches.
class Marker {
 public:
  Marker(size_t begin, size_t end) : begin_(begin), end_(end), full_(begin == gc_state().generations[kGenerations - 1].begin) {}
  ~Marker() { free(stack_); }
  void run() {
    do {
      again_ = false;
      for (at_ = begin_; at_ < end_; at_++) {
        fetch_ahead(at_, end_);
        GCHead* g = gc_state().table[at_];
        if (!g || !is_collecting(g) || refs_of(g) == 0) continue;
        g->prev &= ~kGCCollecting;
        reached(g);
        work_off();
      }
      while (PyObject* o = met_.take()) {
        look_at(o);
        work_off();
      }
    } while (again_);
  }
  size_t reached() const { return reached_; }
  size_t untracked() const { return untracked_; }

 private:
  static int visit(PyObject* o, void* self) {
    auto* m = static_cast<Marker*>(self);
    if (PyObject* earlier = m->met_.exchange(o)) m->look_at(earlier);
    return 0;
  }
  void look_at(PyObject* o) {
    if (!gc_is_gc(o)) return;
    GCHead* g = gc_head(o);
    if (!is_collecting(g)) return;
    // Those ahead the scan will come to; those that it has passed are due at once.
    if (place_of(g) <= at_ && push(g)) g->prev &= ~kGCCollecting;
    else if (refs_of(g) == 0) g->prev |= uintptr_t{1} << kRefShift;
  }
  void reached(GCHead* g) {
    reached_++;
    PyObject* o = gc_object(g);
    o->ob_type->tp_traverse(o, &visit, this);
    if (o->ob_type == &PyTuple_Type ? !has_tracked_items(o) : full_ && o->ob_type == &PyDict_Type && !has_tracked_entries(o)) {
      gc_state().table[place_of(g)] = nullptr;
      g->next = 0;
      untracked_++;
    }
  }
  void work_off() {
    while (depth_ > 0) reached(stack_[--depth_]);
  }
  bool push(GCHead* g) {
    if (ADDER_UNLIKELY(depth_ == capacity_)) {
      size_t capacity = capacity_ * 2 + 256;
      auto* stack = static_cast<GCHead**>(realloc(stack_, capacity * sizeof(GCHead*)));
      if (!stack) {
        again_ = true;  // another scan will find it
        return false;
      }
      stack_ = stack;
      capacity_ = capacity;
    }
    stack_[depth_++] = g;
    return true;
  }

  size_t begin_, end_, at_ = 0, reached_ = 0, untracked_ = 0;
  Met met_;
  GCHead** stack_ = nullptr;
  size_t depth_ = 0, capacity_ = 0;
  bool full_;  // all generations: the time to look at dicts
  bool again_ = false;
};

// What a stretch of the table has become: [begin, middle) is reachable, [middle, end) is not and keeps kGCCollecting.
struct Split {
  size_t middle, end;
  size_t kept;  // reachable and tracked
};

static Split deduce_unreachable(size_t begin, size_t old_end) {
  GCHead** table = gc_state().table;
  size_t end = update_refs(begin, old_end);
  for (size_t i = end; i < old_end; i++) table[i] = nullptr;
  subtract_refs(begin, end);
  Marker marker(begin, end);
  marker.run();
  size_t unreachable = end - begin - marker.reached(), kept = marker.reached() - marker.untracked();
  if (unreachable == 0) return {end, end, kept};
  auto* aside = static_cast<GCHead**>(malloc(unreachable * sizeof(GCHead*)));
  size_t to = begin, n = 0;
  for (size_t i = begin; i < end; i++) {
    GCHead* g = table[i];
    if (!g) continue;
    if (is_collecting(g) && aside) {
      aside[n++] = g;
    } else {
      g->prev &= ~kGCCollecting;  // without memory all stays until the next collection
      place(g, to++);
    }
  }
  size_t middle = to;
  for (size_t i = 0; i < n; i++) place(aside[i], to++);
  free(aside);
  for (size_t i = to; i < end; i++) table[i] = nullptr;
  return {middle, to, middle - begin};
}

// --- Finalizers, weak references --------------------------------------------------------------------------------------
static bool has_legacy_finalizer(PyObject* o) { return o->ob_type->tp_del != nullptr; }

static int visit_keep(PyObject* o, void* found) {
  if (gc_is_gc(o) && is_collecting(gc_head(o))) {
    gc_head(o)->prev &= ~kGCCollecting;
    *static_cast<bool*>(found) = true;
  }
  return 0;
}
// Moves objects with a legacy finalizer, and what they reach, behind the others of [begin, end); gives the place of the first.
static size_t move_legacy_finalizers(size_t begin, size_t end) {
  GCHead** table = gc_state().table;
  bool found = false;
  for (size_t i = begin; i < end; i++) {
    if (!has_legacy_finalizer(gc_object(table[i]))) continue;
    table[i]->prev &= ~kGCCollecting;
    found = true;
  }
  if (!found) return end;
  while (found) {
    found = false;
    for (size_t i = begin; i < end; i++) {
      PyObject* o = gc_object(table[i]);
      if (!is_collecting(table[i])) o->ob_type->tp_traverse(o, visit_keep, &found);
    }
  }
  size_t to = begin;
  for (size_t i = begin; i < end; i++) {
    if (!is_collecting(table[i])) continue;
    GCHead* other = table[to];
    place(table[i], to);
    if (i != to) place(other, i);
    to++;
  }
  return to;
}

static PyWeakReference** weakrefs_of(PyObject* o) {
  Py_ssize_t offset = o->ob_type->tp_weaklistoffset;
  return offset > 0 ? reinterpret_cast<PyWeakReference**>(reinterpret_cast<char*>(o) + offset) : nullptr;
}
static bool is_weak_reference(PyObject* o) {
  PyTypeObject* t = o->ob_type;
  return t == &_PyWeakref_RefType || t == &_PyWeakref_ProxyType || t == &_PyWeakref_CallableProxyType || is_subtype(t, &_PyWeakref_RefType);
}
// Takes a weak reference out of its object's list; the callback stays.
static void unlink_weakref(PyWeakReference* w) {
  if (!w->wr_object || w->wr_object == Py_None) return;
  PyWeakReference** list = weakrefs_of(w->wr_object);
  if (list && *list == w) *list = w->wr_next;
  w->wr_object = Py_None;
  if (w->wr_prev) w->wr_prev->wr_next = w->wr_next;
  if (w->wr_next) w->wr_next->wr_prev = w->wr_prev;
  w->wr_prev = w->wr_next = nullptr;
}
static void call_weakref_callback(PyWeakReference* w, PyObject* callback) {
  Ref result = call1(Value{callback}, Value{reinterpret_cast<PyObject*>(w)});
  if (!result) write_unraisable(Value{callback});
}

// Clears the weak references to trash; callbacks of references that are not trash themselves run. *called: there were some.
static int handle_weakrefs(size_t begin, size_t end, bool* called) {
  GcState& gc = gc_state();
  PyWeakReference* to_call = nullptr;  // linked by wr_next, which they no longer need
  PyWeakReference** last = &to_call;
  for (size_t i = begin; i < end; i++) {
    PyObject* o = gc_object(gc.table[i]);
    // A weak reference that is trash itself is cut off first: its referent may be trash that the collector cannot see.
    if (is_weak_reference(o)) unlink_weakref(reinterpret_cast<PyWeakReference*>(o));
    PyWeakReference** list = weakrefs_of(o);
    if (!list) continue;
    while (PyWeakReference* w = *list) {
      auto* wo = reinterpret_cast<PyObject*>(w);
      unlink_weakref(w);
      if (!w->wr_callback) continue;
      if (is_collecting(gc_head(wo))) continue;  // trash itself: its callback is never called
      incref(wo);
      *last = w;
      last = &w->wr_next;
    }
  }
  int freed = 0;
  *called = to_call != nullptr;
  while (PyWeakReference* w = to_call) {
    to_call = w->wr_next;
    w->wr_next = nullptr;
    auto* wo = reinterpret_cast<PyObject*>(w);
    PyObject* callback = w->wr_callback;
    incref(callback);
    call_weakref_callback(w, callback);
    decref(callback);
    freed += refcount(wo) == 1;
    decref(wo);
  }
  return freed;
}

// Whether any was called.
static bool finalize_garbage(size_t begin, size_t end) {
  bool called = false;
  for (size_t i = begin; i < end; i++) {
    GCHead* g = gc_state().table[i];
    if (!g) continue;  // an earlier finalizer has freed it
    PyObject* o = gc_object(g);
    destructor finalize = o->ob_type->tp_finalize;
    if (!finalize || (g->prev & kGCFinalized)) continue;
    g->prev |= kGCFinalized;
    called = true;
    incref(o);
    finalize(o);
    decref(o);
  }
  return called;
}

static void delete_garbage(size_t begin, size_t end) {
  GcState& gc = gc_state();
  for (size_t i = begin; i < end; i++) {
    if (!gc.table[i]) continue;  // went with another
    PyObject* o = gc_object(gc.table[i]);
    if (gc.debug & kDebugSaveAll) {
      if (Value garbage = gc_garbage()) {
        if (!list_append(garbage, Value{o})) clear_error();
      }
    } else if (inquiry clear = o->ob_type->tp_clear) {
      incref(o);
      clear(o);
      if (error_occurred()) write_unraisable(Value{reinterpret_cast<PyObject*>(o->ob_type)}, "in tp_clear of");
      decref(o);
    }
    if (GCHead* g = gc.table[i]) g->prev &= ~kGCCollecting;
  }
}

static void keep_legacy_garbage(size_t begin, size_t end) {
  GcState& gc = gc_state();
  for (size_t i = begin; i < end; i++) {
    if (!gc.table[i]) continue;
    PyObject* o = gc_object(gc.table[i]);
    if ((gc.debug & kDebugSaveAll) || has_legacy_finalizer(o)) {
      Value garbage = gc_garbage();
      if (!garbage || !list_append(garbage, Value{o})) {
        clear_error();
        break;
      }
    }
  }
}

static void debug_print(const char* what, PyObject* o) {
  fprintf(stderr, "gc: %s <%s %p>\n", what, o->ob_type->tp_name, static_cast<void*>(o));
}

// --- A collection ---------------------------------------------------------------------------------------------------
static Py_ssize_t collect(int generation, Py_ssize_t* uncollectable) {
  static const char* const kNames[kGenerations] = {"collect young", "collect middle", "collect all"};
  Activity activity(Doing::collection, kNames[generation], 0);
  GcState& gc = gc_state();
  double started = 0;
  if (gc.debug & kDebugStats) {
    fprintf(stderr, "gc: collecting generation %d...\ngc: objects in each generation:", generation);
    for (int i = 0; i < kGenerations; i++) fprintf(stderr, " %zd", count_objects(gc.generations[i].begin, generation_end(i)));
    fprintf(stderr, "\ngc: objects in permanent generation: %zd\n", gc_frozen_count());
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    started = static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
  }
  if (generation + 1 < kGenerations) gc.generations[generation + 1].count++;
  for (int i = 0; i <= generation; i++) gc.generations[i].count = 0;

  size_t begin = gc.generations[generation].begin;
  Split split = deduce_unreachable(begin, gc.size);
  size_t trash = split.middle, end = split.end;
  gc.size = end;
  // What has survived is a generation older now; so is the trash, in case it is resurrected.
  for (int i = 0; i <= generation && i + 1 < kGenerations; i++) gc.generations[i].begin = end;
  if (generation == kGenerations - 1) {
    for (auto drop : {drop_kept_dicts, drop_kept_floats, drop_kept_frames, drop_kept_ints, drop_kept_lists, drop_kept_methods, drop_kept_range_iterators,
                      drop_kept_sets, drop_kept_slice, drop_kept_tracebacks, drop_kept_tuples})
      drop();
  }
  if (generation >= kGenerations - 2) gc.only_settled = false;
  if (generation == kGenerations - 2) {
    gc.long_lived_pending += static_cast<Py_ssize_t>(split.kept);
  } else if (generation == kGenerations - 1) {
    gc.long_lived_pending = 0;
    gc.long_lived_total = static_cast<Py_ssize_t>(split.kept);
  }

  Py_ssize_t collected = 0, lost = 0;
  if (trash < end) {
    size_t legacy = move_legacy_finalizers(trash, end);
    if (gc.debug & kDebugCollectable) {
      for (size_t i = trash; i < legacy; i++) debug_print("collectable", gc_object(gc.table[i]));
    }
    lost = static_cast<Py_ssize_t>(end - legacy);
    if (gc.debug & kDebugUncollectable) {
      for (size_t i = legacy; i < end; i++) debug_print("uncollectable", gc_object(gc.table[i]));
    }
    bool called;
    collected += handle_weakrefs(trash, legacy, &called);
    called |= finalize_garbage(trash, legacy);
    // What Python code ran may have made some of it reachable again.
    Split still = called ? deduce_unreachable(trash, legacy) : Split{trash, legacy, 0};
    collected += static_cast<Py_ssize_t>(still.end - still.middle);
    delete_garbage(still.middle, still.end);
    keep_legacy_garbage(legacy, end);
    if (gc.generations[0].begin == end) {  // nobody has frozen all meanwhile
      size_t young = close_holes(trash, trash, end);
      gc.size = close_holes(young, end, gc.size);
      for (auto& g : gc.generations) {
        if (g.begin == end) g.begin = young;
      }
    }
  }
  if (gc.debug & kDebugStats) {
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    double now = static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
    fprintf(stderr, "gc: done, %zd unreachable, %zd uncollectable, %.4fs elapsed\n", collected + lost, lost, now - started);
  }
  if (error_occurred()) write_unraisable(Value{}, "in garbage collection");
  GcStats& s = gc.stats[generation];
  s.collections++;
  s.collected += collected;
  s.uncollectable += lost;
  *uncollectable = lost;
  return collected;
}

static void run_callbacks(const char* phase, int generation, Py_ssize_t collected, Py_ssize_t uncollectable) {
  GcState& gc = gc_state();
  if (!gc.callbacks || list_size(Value{gc.callbacks}) == 0) return;
  Ref info = dict_new();
  if (!info || !dict_set_str(info, "generation"_id, Value::from_int(generation)) ||
      !dict_set_str(info, "collected"_id, Value::from_int(collected)) ||
      !dict_set_str(info, "uncollectable"_id, Value::from_int(uncollectable))) {
    write_unraisable(Value{});
    return;
  }
  PyObject* name = phase[2] == 'a' ? "start"_id : "stop"_id;
  for (Py_ssize_t i = 0; i < list_size(Value{gc.callbacks}); i++) {
    Ref callback = Ref::copy(list_get(Value{gc.callbacks}, i));
    Ref r = call(callback, {Value{name}, info.get()});
    if (!r) write_unraisable(callback);
  }
}

Py_ssize_t gc_collect_with_callbacks(int generation) {
  GcState& gc = gc_state();
  if (gc.collecting) return 0;
  gc.collecting = true;
  Py_ssize_t collected, uncollectable = 0;
  {
    ErrorKeeper keep;
    run_callbacks("start", generation, 0, 0);
    collected = collect(generation, &uncollectable);
    run_callbacks("stop", generation, collected, uncollectable);
  }
  gc.collecting = false;
  return collected + uncollectable;
}

Py_ssize_t gc_collect(int generation) { return gc_collect_with_callbacks(generation); }

[[gnu::noinline]] void gc_collect_if_due() {
  GcState& gc = gc_state();
  if (!gc.enabled || gc.collecting || !gc.generations[0].threshold || !current_thread() || error_occurred()) return;
  for (int i = kGenerations - 1; i >= 0; i--) {
    GcGeneration& g = gc.generations[i];
    if (g.count <= g.threshold) continue;
    // A full collection only when a quarter of the long-lived objects is new: else total cost would be quadratic.
    if (i == kGenerations - 1 && gc.long_lived_pending < gc.long_lived_total / 4) continue;
    gc_collect_with_callbacks(i);
    return;
  }
}

// --- What the gc module asks ------------------------------------------------------------------------------------------
Value gc_garbage() {
  GcState& gc = gc_state();
  if (!gc.garbage) gc.garbage = list_new().release().object();
  return Value{gc.garbage};
}
Value gc_callbacks() {
  GcState& gc = gc_state();
  if (!gc.callbacks) gc.callbacks = list_new().release().object();
  return Value{gc.callbacks};
}

void gc_settle() {
  GcState& gc = gc_state();
  for (int i = 0; i + 1 < kGenerations; i++) {
    gc.generations[i].begin = gc.size;
    gc.generations[i].count = 0;
  }
  gc.long_lived_pending = 0;
  gc.long_lived_total = count_objects(gc.generations[kGenerations - 1].begin, gc.size);
  gc.only_settled = true;
}
void gc_collect_unsettled() { gc_collect(gc_state().only_settled ? kGenerations - 2 : kGenerations - 1); }

void gc_freeze() {
  for (auto& g : gc_state().generations) {
    g.begin = gc_state().size;
    g.count = 0;
  }
}
void gc_unfreeze() {
  gc_state().generations[kGenerations - 1].begin = 0;
  gc_state().only_settled = false;
}

bool gc_append_objects(Value list, int generation, Value not_this) {
  GcState& gc = gc_state();
  for (int k = 0; k < kGenerations; k++) {
    if (generation >= 0 && k != generation) continue;
    for (size_t i = gc.generations[k].begin; i < generation_end(k); i++) {
      if (!gc.table[i]) continue;
      PyObject* o = gc_object(gc.table[i]);
      if (Value{o} == list || Value{o} == not_this) continue;
      if (!list_append(list, Value{o})) return false;
    }
  }
  return true;
}

static int visit_is_referrer(PyObject* o, void* targets) {
  Value t{static_cast<PyObject*>(targets)};
  for (Py_ssize_t i = 0; i < tuple_size(t); i++) {
    if (tuple_get(t, i) == Value{o}) return 1;
  }
  return 0;
}
bool gc_append_referrers(Value list, Value targets) {
  GcState& gc = gc_state();
  for (size_t i = gc.generations[kGenerations - 1].begin; i < gc.size; i++) {
    if (!gc.table[i]) continue;
    PyObject* o = gc_object(gc.table[i]);
    if (Value{o} == list || Value{o} == targets) continue;
    if (o->ob_type->tp_traverse(o, visit_is_referrer, targets.object()) && !list_append(list, Value{o})) return false;
  }
  return true;
}

bool gc_any_object(bool (*test)(PyObject* o, void* arg), void* arg) {
  GcState& gc = gc_state();
  for (size_t i = 0; i < gc.size; i++) {
    if (i + 12 < gc.size) __builtin_prefetch(gc.table[i + 12]);
    if (gc.table[i] && test(gc_object(gc.table[i]), arg)) return true;
  }
  return false;
}

// --- Deallocation -----------------------------------------------------------------------------------------------------
bool finalize_in_dealloc(PyObject* o) {
  PyTypeObject* type = o->ob_type;
  if (!type->tp_finalize) return false;
  bool gc = gc_is_gc(o);
  if (gc && (gc_head(o)->prev & kGCFinalized)) return false;
  ADDER_ASSERT(o->ob_refcnt == 0);
  o->ob_refcnt = 1;
  type->tp_finalize(o);
  if (gc) gc_head(o)->prev |= kGCFinalized;
  return --o->ob_refcnt > 0;
}

static constexpr int kTrashDepth = 50;
static constexpr uintptr_t kFlagsInUse = kGCFinalized | kGCCollecting | kGCVisible;  // an object's address leaves room for no more

bool trash_begin(PyObject* o) {
  PyThreadState* t = current_thread();
  if (t->trash_delete_nesting >= kTrashDepth) {
    GCHead* g = gc_head(o);
    gc_untrack(o);
    // The chain goes through the GC head, whose flags the deallocation still needs.
    g->prev = reinterpret_cast<uintptr_t>(t->trash_delete_later) | (g->prev & kFlagsInUse);
    t->trash_delete_later = o;
    return true;
  }
  t->trash_delete_nesting++;
  return false;
}

[[gnu::noinline]] static void destroy_trash(PyThreadState* t) {
  t->trash_delete_nesting++;
  while (PyObject* o = t->trash_delete_later) {
    GCHead* g = gc_head(o);
    t->trash_delete_later = reinterpret_cast<PyObject*>(g->prev & ~kFlagsInUse);
    g->prev &= kFlagsInUse;
    o->ob_type->tp_dealloc(o);
  }
  t->trash_delete_nesting--;
}

void trash_end() {
  PyThreadState* t = current_thread();
  t->trash_delete_nesting--;
  if (ADDER_UNLIKELY(t->trash_delete_later != nullptr) && t->trash_delete_nesting <= 0) destroy_trash(t);
}

TrashcanGuard::TrashcanGuard(PyObject* o, destructor dealloc) {
  // A subclass's dealloc that calls its base's has its own guard.
  active = o->ob_type->tp_dealloc == dealloc;
  deferred = active && trash_begin(o);
}
TrashcanGuard::~TrashcanGuard() {
  if (active && !deferred) trash_end();
}

}  // namespace adder
