// The generational cycle collector, with CPython's semantics: finalizers may resurrect, weak references are cleared
// and their callbacks run before finalizers, legacy tp_del objects go to gc.garbage.
//
// During a collection an object's `prev` word holds its reference count less those from within the generation (shifted
// over the flag bits) and `next` alone links the list; a set bit 0 in `next` marks the list of objects not (yet) found reachable.
#include "memory/gc.h"
#include <cstdio>
#include <ctime>
#include <new>
#include "memory/gc_state.h"
#include "object/containers.h"
#include "object/error.h"
#include "object/int.h"
#include "object/object.h"

namespace adder {

// --- Lists ----------------------------------------------------------------------------------------------------------
static constexpr uintptr_t kUnreachable = 1;          // in next
static constexpr uintptr_t kKeptFlags = kGCFinalized | kGCVisible;
static constexpr int kRefShift = 4;

static GCHead* next_of(GCHead* g) { return reinterpret_cast<GCHead*>(g->next & ~kUnreachable); }
static GCHead* prev_of(GCHead* g) { return reinterpret_cast<GCHead*>(g->prev & ~kGCFlags); }
static void set_next(GCHead* g, GCHead* n) { g->next = reinterpret_cast<uintptr_t>(n); }
static void set_prev(GCHead* g, GCHead* p) { g->prev = reinterpret_cast<uintptr_t>(p) | (g->prev & kGCFlags); }
static void list_init(GCHead* l) { l->next = l->prev = reinterpret_cast<uintptr_t>(l); }
static bool list_empty(GCHead* l) { return next_of(l) == l; }
static void list_append(GCHead* g, GCHead* list) {
  GCHead* last = prev_of(list);
  set_prev(g, last);
  set_next(last, g);
  set_next(g, list);
  set_prev(list, g);
}
static void list_remove(GCHead* g) {
  GCHead *p = prev_of(g), *n = next_of(g);
  set_next(p, n);
  set_prev(n, p);
  g->next = 0;
}
static void list_move(GCHead* g, GCHead* list) {
  list_remove(g);
  list_append(g, list);
}
static void list_merge(GCHead* from, GCHead* to) {
  if (!list_empty(from)) {
    GCHead *to_tail = prev_of(to), *first = next_of(from), *last = prev_of(from);
    set_next(to_tail, first);
    set_prev(first, to_tail);
    set_next(last, to);
    set_prev(to, last);
  }
  list_init(from);
}
Py_ssize_t gc_list_size(GCHead* list) {
  Py_ssize_t n = 0;
  for (GCHead* g = next_of(list); g != list; g = next_of(g)) n++;
  return n;
}

GcState::GcState() {
  static constexpr int kThresholds[kGenerations] = {700, 10, 10};
  for (int i = 0; i < kGenerations; i++) {
    list_init(&generations[i].head);
    generations[i].threshold = kThresholds[i];
    generations[i].count = 0;
    stats[i] = {};
  }
  list_init(&permanent.head);
  permanent.threshold = permanent.count = 0;
}

alignas(GcState) static char gc_storage[sizeof(GcState)];
// Before every static initialiser: those may make objects.
[[gnu::constructor(101)]] static void init_gc_state() { new (gc_storage) GcState; }
GcState& gc_state() { return *reinterpret_cast<GcState*>(gc_storage); }

bool gc_is_gc(PyObject* o) {
  PyTypeObject* t = o->ob_type;
  return type_has(t, Py_TPFLAGS_HAVE_GC) && (!t->tp_is_gc || t->tp_is_gc(o));
}

void gc_track(PyObject* o) {
  GCHead* g = gc_head(o);
  ADDER_ASSERT(g->next == 0);
  GCHead* list = &gc_state().generations[0].head;
  GCHead* last = reinterpret_cast<GCHead*>(list->prev);
  g->prev = reinterpret_cast<uintptr_t>(last) | (g->prev & kKeptFlags);
  last->next = reinterpret_cast<uintptr_t>(g);
  g->next = reinterpret_cast<uintptr_t>(list);
  list->prev = reinterpret_cast<uintptr_t>(g);
}

void gc_untrack(PyObject* o) {
  GCHead* g = gc_head(o);
  if (g->next == 0) return;
  GCHead *p = prev_of(g), *n = next_of(g);
  set_next(p, n);
  set_prev(n, p);
  g->next = 0;
  g->prev &= kKeptFlags;
}

// --- Finding what is unreachable ------------------------------------------------------------------------------------
static bool is_collecting(GCHead* g) { return (g->prev & kGCCollecting) != 0; }
static uintptr_t refs_of(GCHead* g) { return g->prev >> kRefShift; }
static void set_refs(GCHead* g, uintptr_t n) { g->prev = (g->prev & kGCFlags) | n << kRefShift; }

static void update_refs(GCHead* list) {
  for (GCHead* g = next_of(list); g != list; g = next_of(g)) {
    uintptr_t n = static_cast<uintptr_t>(gc_object(g)->ob_refcnt);
    ADDER_ASSERT(n > 0);
    g->prev = (g->prev & kKeptFlags) | kGCCollecting | n << kRefShift;
  }
}

static int visit_subtract(PyObject* o, void*) {
  if (gc_is_gc(o)) {
    GCHead* g = gc_head(o);
    if (is_collecting(g) && refs_of(g) > 0) g->prev -= uintptr_t{1} << kRefShift;
  }
  return 0;
}

static void subtract_refs(GCHead* list) {
  for (GCHead* g = next_of(list); g != list; g = next_of(g)) {
    PyObject* o = gc_object(g);
    o->ob_type->tp_traverse(o, visit_subtract, o);
  }
}

static int visit_reachable(PyObject* o, void* arg) {
  if (!gc_is_gc(o)) return 0;
  GCHead* g = gc_head(o);
  if (!is_collecting(g)) return 0;
  auto* reachable = static_cast<GCHead*>(arg);
  if (g->next & kUnreachable) {
    // It had been moved aside too early: back to the end of the list that is being scanned.
    GCHead *p = prev_of(g), *n = next_of(g);
    p->next = g->next;
    set_prev(n, p);
    list_append(g, reachable);
    set_refs(g, 1);
  } else if (refs_of(g) == 0) {
    set_refs(g, 1);
  }
  return 0;
}

// Afterwards `young` is an ordinary list again; `unreachable` has ordinary links and the collecting flag on each.
static void move_unreachable(GCHead* young, GCHead* unreachable) {
  GCHead* prev = young;
  GCHead* g = next_of(young);
  while (g != young) {
    if (refs_of(g) > 0) {
      PyObject* o = gc_object(g);
      o->ob_type->tp_traverse(o, visit_reachable, young);
      set_prev(g, prev);
      g->prev &= ~kGCCollecting;
      prev = g;
    } else {
      prev->next = g->next;
      GCHead* last = prev_of(unreachable);
      last->next = reinterpret_cast<uintptr_t>(g) | kUnreachable;
      set_prev(g, last);
      g->next = reinterpret_cast<uintptr_t>(unreachable) | kUnreachable;
      set_prev(unreachable, g);
    }
    g = next_of(prev);
  }
  set_prev(young, prev);
  unreachable->next &= ~kUnreachable;
}

static void deduce_unreachable(GCHead* base, GCHead* unreachable) {
  update_refs(base);
  subtract_refs(base);
  list_init(unreachable);
  move_unreachable(base, unreachable);
  // Heads in `unreachable` still carry the bit in next; it is taken off by whoever walks the list.
}
static void clear_unreachable_mask(GCHead* list) {
  for (GCHead* g = next_of(list); g != list; g = next_of(g)) g->next &= ~kUnreachable;
}

// Tuples and dicts that can take part in no cycle need not be looked at again.
static void untrack_tuples(GCHead* list) {
  for (GCHead *g = next_of(list), *n; g != list; g = n) {
    n = next_of(g);
    PyObject* o = gc_object(g);
    if (o->ob_type != &PyTuple_Type) continue;
    Py_ssize_t size = tuple_size(o);
    bool cycle = false;
    for (Py_ssize_t i = 0; i < size && !cycle; i++) {
      Value v = tuple_words(o)[i];
      if (v.absent()) cycle = true;  // still being filled
      else if (v.is_object() && gc_is_gc(v.object())) {
        bool untracked_tuple = v.object()->ob_type == &PyTuple_Type && !gc_is_tracked(v.object());
        cycle = !untracked_tuple;
      }
    }
    if (!cycle) gc_untrack(o);
  }
}

// --- Finalizers, weak references --------------------------------------------------------------------------------------
static bool has_legacy_finalizer(PyObject* o) { return o->ob_type->tp_del != nullptr; }

static void move_legacy_finalizers(GCHead* unreachable, GCHead* finalizers) {
  for (GCHead *g = next_of(unreachable), *n; g != unreachable; g = n) {
    n = next_of(g);
    if (has_legacy_finalizer(gc_object(g))) {
      g->prev &= ~kGCCollecting;
      list_move(g, finalizers);
    }
  }
}
static int visit_move(PyObject* o, void* to) {
  if (gc_is_gc(o)) {
    GCHead* g = gc_head(o);
    if (is_collecting(g)) {
      g->prev &= ~kGCCollecting;
      list_move(g, static_cast<GCHead*>(to));
    }
  }
  return 0;
}
static void move_legacy_finalizer_reachable(GCHead* finalizers) {
  for (GCHead* g = next_of(finalizers); g != finalizers; g = next_of(g)) {
    PyObject* o = gc_object(g);
    o->ob_type->tp_traverse(o, visit_move, finalizers);
  }
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

// Clears the weak references to trash; callbacks of references that are not trash themselves run.
static int handle_weakrefs(GCHead* unreachable, GCHead* old) {
  alignas(16) GCHead to_call;
  list_init(&to_call);
  int freed = 0;
  for (GCHead* g = next_of(unreachable); g != unreachable; g = next_of(g)) {
    PyObject* o = gc_object(g);
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
      list_move(gc_head(wo), &to_call);
    }
  }
  while (!list_empty(&to_call)) {
    GCHead* g = next_of(&to_call);
    PyObject* wo = gc_object(g);
    auto* w = reinterpret_cast<PyWeakReference*>(wo);
    PyObject* callback = w->wr_callback;
    incref(callback);
    call_weakref_callback(w, callback);
    decref(callback);
    decref(wo);
    if (next_of(&to_call) == g) list_move(g, old);
    else freed++;
  }
  return freed;
}

static void finalize_garbage(GCHead* collectable) {
  alignas(16) GCHead seen;
  list_init(&seen);
  while (!list_empty(collectable)) {
    GCHead* g = next_of(collectable);
    PyObject* o = gc_object(g);
    list_move(g, &seen);
    destructor finalize = o->ob_type->tp_finalize;
    if (finalize && !(g->prev & kGCFinalized)) {
      g->prev |= kGCFinalized;
      incref(o);
      finalize(o);
      decref(o);
    }
  }
  list_merge(&seen, collectable);
}

static void handle_resurrected(GCHead* unreachable, GCHead* still, GCHead* old) {
  for (GCHead* g = next_of(unreachable); g != unreachable; g = next_of(g)) g->prev &= ~kGCCollecting;
  GCHead* resurrected = unreachable;
  deduce_unreachable(resurrected, still);
  clear_unreachable_mask(still);
  list_merge(resurrected, old);
}

static void delete_garbage(GCHead* collectable, GCHead* old) {
  GcState& gc = gc_state();
  while (!list_empty(collectable)) {
    GCHead* g = next_of(collectable);
    PyObject* o = gc_object(g);
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
    if (next_of(collectable) == g) {
      g->prev &= ~kGCCollecting;
      list_move(g, old);
    }
  }
}

static void keep_legacy_garbage(GCHead* finalizers, GCHead* old) {
  GcState& gc = gc_state();
  for (GCHead* g = next_of(finalizers); g != finalizers; g = next_of(g)) {
    PyObject* o = gc_object(g);
    if ((gc.debug & kDebugSaveAll) || has_legacy_finalizer(o)) {
      Value garbage = gc_garbage();
      if (!garbage || !list_append(garbage, Value{o})) {
        clear_error();
        break;
      }
    }
  }
  list_merge(finalizers, old);
}

static void debug_print(const char* what, PyObject* o) {
  fprintf(stderr, "gc: %s <%s %p>\n", what, o->ob_type->tp_name, static_cast<void*>(o));
}

// --- A collection ---------------------------------------------------------------------------------------------------
static Py_ssize_t collect(int generation, Py_ssize_t* uncollectable) {
  GcState& gc = gc_state();
  double started = 0;
  if (gc.debug & kDebugStats) {
    fprintf(stderr, "gc: collecting generation %d...\ngc: objects in each generation:", generation);
    for (auto& g : gc.generations) fprintf(stderr, " %zd", gc_list_size(&g.head));
    fprintf(stderr, "\ngc: objects in permanent generation: %zd\n", gc_list_size(&gc.permanent.head));
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    started = static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
  }
  if (generation + 1 < kGenerations) gc.generations[generation + 1].count++;
  for (int i = 0; i <= generation; i++) gc.generations[i].count = 0;
  for (int i = 0; i < generation; i++) list_merge(&gc.generations[i].head, &gc.generations[generation].head);

  GCHead* young = &gc.generations[generation].head;
  GCHead* old = generation < kGenerations - 1 ? &gc.generations[generation + 1].head : young;
  alignas(16) GCHead unreachable, finalizers, still;
  deduce_unreachable(young, &unreachable);
  untrack_tuples(young);
  if (young != old) {
    if (generation == kGenerations - 2) gc.long_lived_pending += gc_list_size(young);
    list_merge(young, old);
  } else {
    gc.long_lived_pending = 0;
    gc.long_lived_total = gc_list_size(young);
  }

  clear_unreachable_mask(&unreachable);
  list_init(&finalizers);
  move_legacy_finalizers(&unreachable, &finalizers);
  move_legacy_finalizer_reachable(&finalizers);

  Py_ssize_t collected = 0, lost = 0;
  if (gc.debug & kDebugCollectable) {
    for (GCHead* g = next_of(&unreachable); g != &unreachable; g = next_of(g)) debug_print("collectable", gc_object(g));
  }
  collected += handle_weakrefs(&unreachable, old);
  finalize_garbage(&unreachable);
  handle_resurrected(&unreachable, &still, old);
  collected += gc_list_size(&still);
  delete_garbage(&still, old);
  for (GCHead* g = next_of(&finalizers); g != &finalizers; g = next_of(g)) {
    lost++;
    if (gc.debug & kDebugUncollectable) debug_print("uncollectable", gc_object(g));
  }
  keep_legacy_garbage(&finalizers, old);
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

void gc_freeze() {
  GcState& gc = gc_state();
  for (auto& g : gc.generations) {
    list_merge(&g.head, &gc.permanent.head);
    g.count = 0;
  }
}
void gc_unfreeze() {
  GcState& gc = gc_state();
  list_merge(&gc.permanent.head, &gc.generations[kGenerations - 1].head);
}

bool gc_append_objects(Value list, int generation, Value not_this) {
  GcState& gc = gc_state();
  for (int i = 0; i < kGenerations; i++) {
    if (generation >= 0 && i != generation) continue;
    GCHead* head = &gc.generations[i].head;
    for (GCHead* g = next_of(head); g != head; g = next_of(g)) {
      PyObject* o = gc_object(g);
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
  for (auto& generation : gc.generations) {
    GCHead* head = &generation.head;
    for (GCHead* g = next_of(head); g != head; g = next_of(g)) {
      PyObject* o = gc_object(g);
      if (Value{o} == list || Value{o} == targets) continue;
      if (o->ob_type->tp_traverse(o, visit_is_referrer, targets.object()) && !list_append(list, Value{o})) return false;
    }
  }
  return true;
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

bool trash_begin(PyObject* o) {
  PyThreadState* t = current_thread();
  if (t->trash_delete_nesting >= kTrashDepth) {
    GCHead* g = gc_head(o);
    gc_untrack(o);
    // The chain goes through the GC head, whose flags the deallocation still needs.
    g->prev = reinterpret_cast<uintptr_t>(t->trash_delete_later) | (g->prev & kGCFlags);
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
    t->trash_delete_later = reinterpret_cast<PyObject*>(g->prev & ~kGCFlags);
    g->prev &= kGCFlags;
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
