// The cycle collector's state: generations, thresholds, statistics, what the gc module shows of it.
#pragma once
#include "memory/gc.h"

namespace adder {

struct GcGeneration {
  size_t begin;  // in the table, to where the next younger one begins
  int threshold;
  int count;  // generation 0: allocations less frees; others: collections of the next younger one
};
struct GcStats {
  Py_ssize_t collections, collected, uncollectable;
};

inline constexpr int kGenerations = 3;
inline constexpr int kDebugStats = 1, kDebugCollectable = 2, kDebugUncollectable = 4, kDebugSaveAll = 32;

struct GcState {
  GCHead** table = nullptr;  // tracked objects, oldest generation first, behind those that gc.freeze took out; null: a hole
  size_t size = 0, capacity = 0;
  GcGeneration generations[kGenerations];
  GcStats stats[kGenerations] = {};
  bool enabled = true, collecting = false;
  int debug = 0;
  PyObject* garbage = nullptr;    // list, made when first needed
  PyObject* callbacks = nullptr;  // list
  Py_ssize_t long_lived_total = 0, long_lived_pending = 0;
  bool only_settled = false;      // the oldest generation is what gc_settle put there
  bool untracked_finalizers = false;  // some object that is not in the table may do something when it goes
  GcState();
};

// No collection while it lives: where a native function makes many objects, keeps them all and runs nobody else's code, there is nothing
// to find, however often one looks.
class CollectionPause {
 public:
  explicit CollectionPause(bool wanted = true) : before_(gc_state().collecting) { gc_state().collecting |= wanted; }
  ~CollectionPause() { gc_state().collecting = before_; }
  CollectionPause(const CollectionPause&) = delete;
  CollectionPause& operator=(const CollectionPause&) = delete;

 private:
  bool before_;
};

// Called when generation 0 has exceeded its threshold: collects the oldest generation that is due.
void gc_collect_if_due();
// gc.collect(): as gc_collect, with the callbacks and the statistics; keeps a raised exception.
Py_ssize_t gc_collect_with_callbacks(int generation);
// Counts what has been made so far as long-lived, without looking at it.
void gc_settle();
// A full collection, less what was settled as long as nothing else has become as old.
void gc_collect_unsettled();
// What types keep for reuse (memory/kept.h), each beside its type: it goes in a full collection.
void drop_kept_dicts();
void drop_kept_floats();
void drop_kept_frames();
void drop_kept_ints();
void drop_kept_lists();
void drop_kept_methods();
void drop_kept_range_iterators();
void drop_kept_sets();
void drop_kept_slice();
void drop_kept_tracebacks();
void drop_kept_tuples();
void gc_freeze();
void gc_unfreeze();
Py_ssize_t gc_frozen_count();
// Whether the object has a GC head (type objects: heap types only).
bool gc_is_gc(PyObject* o);
// Objects tracked in a generation (-1: all) appended to a list. false: exception.
bool gc_append_objects(Value list, int generation, Value not_this);
bool gc_append_referrers(Value list, Value tuple_of_targets);
// Whether the test holds for some tracked object. It must not make or free any.
bool gc_any_object(bool (*test)(PyObject* o, void* arg), void* arg);
Value gc_garbage();    // borrowed; absent on MemoryError
Value gc_callbacks();

// The trashcan's two halves, also behind the C API's _PyTrash_ functions.
bool trash_begin(PyObject* o);  // true: deferred, do nothing more
void trash_end();

}  // namespace adder
