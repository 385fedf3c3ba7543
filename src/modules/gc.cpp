// gc: the interface to the cycle collector.
#include "memory/gc_state.h"
#include "object/audit.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/error.h"
#include "object/int.h"
#include "object/object.h"

namespace adder {
namespace {

Ref gc_enable(Value) {
  gc_state().enabled = true;
  return none_ref();
}
Ref gc_disable(Value) {
  gc_state().enabled = false;
  return none_ref();
}
Ref gc_isenabled(Value) { return bool_ref(gc_state().enabled); }

Ref gc_collect_now(Value, const Value* a) {
  int generation = kGenerations - 1;
  if (a[0] && !as_int(a[0], &generation)) return {};
  if (generation < 0 || generation >= kGenerations) return raise(PyExc_ValueError, "invalid generation");
  return int_from_ssize(gc_collect_with_callbacks(generation));
}

Ref gc_set_debug(Value, Value flags) {
  int f;
  if (!as_int(flags, &f)) return {};
  gc_state().debug = f;
  return none_ref();
}
Ref gc_get_debug(Value) { return Ref::from_int(gc_state().debug); }

Ref gc_set_threshold(Value, Args args) {
  if (args.kwnames && tuple_size(Value{args.kwnames})) return raise(PyExc_TypeError, "gc.set_threshold() takes no keyword arguments");
  if (args.n < 1 || args.n > 3) {
    return raise(PyExc_TypeError, "set_threshold expected at %s %d argument%s, got %zd", args.n < 1 ? "least" : "most", args.n < 1 ? 1 : 3,
                 args.n < 1 ? "" : "s", args.n);
  }
  int n[3];
  for (size_t i = 0; i < args.n; i++) {
    if (!as_int(args[i], &n[i])) return {};
  }
  for (size_t i = 0; i < args.n; i++) gc_state().generations[i].threshold = n[i];
  return none_ref();
}
Ref three(int a, int b, int c) { return tuple_of({Value::from_int(a), Value::from_int(b), Value::from_int(c)}); }
Ref gc_get_threshold(Value) {
  auto* g = gc_state().generations;
  return three(g[0].threshold, g[1].threshold, g[2].threshold);
}
Ref gc_get_count(Value) {
  auto* g = gc_state().generations;
  return three(g[0].count, g[1].count, g[2].count);
}

Ref gc_get_stats(Value) {
  Ref result = list_new();
  if (!result) return {};
  for (const GcStats& s : gc_state().stats) {
    Ref d = dict_new();
    if (!d || !dict_set_str(d, "collections"_id, Value::from_int(s.collections)) ||
        !dict_set_str(d, "collected"_id, Value::from_int(s.collected)) ||
        !dict_set_str(d, "uncollectable"_id, Value::from_int(s.uncollectable)) || !list_append(result, d.get())) {
      return {};
    }
  }
  return result;
}

Ref gc_is_tracked_object(Value, Value v) { return bool_ref(v.is_object() && gc_is_gc(v.object()) && gc_is_tracked(v.object())); }
Ref gc_is_finalized(Value, Value v) {
  return bool_ref(v.is_object() && gc_is_gc(v.object()) && (gc_head(v.object())->prev & kGCFinalized));
}

Ref gc_get_objects(Value, const Value* a) {
  int64_t generation = -1;
  if (a[0] && !is_none(a[0])) {
    if (!as_i64(a[0], &generation)) return {};
    if (generation >= kGenerations) {
      return raise(PyExc_ValueError, "generation parameter must be less than the number of available generations (%i)", kGenerations);
    }
    if (generation < 0) return raise(PyExc_ValueError, "generation parameter cannot be negative");
  }
  if (!audit("gc.get_objects", {Value::from_int(generation)})) return {};
  Ref list = list_new();
  return list && gc_append_objects(list, static_cast<int>(generation), Value{}) ? std::move(list) : Ref{};
}
Ref gc_get_referrers(Value, const Value* a) {
  if (!audit("gc.get_referrers", {a[0]})) return {};
  Ref list = list_new();
  return list && gc_append_referrers(list, a[0]) ? std::move(list) : Ref{};
}
int append_referent(PyObject* o, void* list) { return list_append(Value{static_cast<PyObject*>(list)}, from_c_borrowed(o)) ? 0 : 1; }
// Numbers among a container's items are no references to the collector, but they are to the user.
bool append_numbers(Value list, Value container) {
  if (c_visible(container.object())) return true;
  if (is_list_or_tuple(container)) {
    for (Py_ssize_t i = 0; i < sequence_size(container); i++) {
      Value item = sequence_get(container, i);
      if (item.is_number() && !list_append(list, item)) return false;
    }
  } else if (is_dict(container)) {
    Py_ssize_t position = 0;
    Value k, v;
    while (dict_next(container, &position, &k, &v)) {
      if (k.is_number() && !list_append(list, k)) return false;
      if (v.is_number() && !list_append(list, v)) return false;
    }
  }
  return true;
}
Ref gc_get_referents(Value, const Value* a) {
  if (!audit("gc.get_referents", {a[0]})) return {};
  Ref list = list_new();
  if (!list) return {};
  for (Py_ssize_t i = 0; i < tuple_size(a[0]); i++) {
    Value v = tuple_get(a[0], i);
    if (!v.is_object() || !gc_is_gc(v.object())) continue;
    traverseproc traverse = v.object()->ob_type->tp_traverse;
    if (traverse && traverse(v.object(), append_referent, list.object())) return {};
    if (!append_numbers(list, v)) return {};
  }
  return list;
}

Ref gc_freeze_all(Value) {
  gc_freeze();
  return none_ref();
}
Ref gc_unfreeze_all(Value) {
  gc_unfreeze();
  return none_ref();
}
Ref gc_get_freeze_count(Value) { return int_from_ssize(gc_frozen_count()); }

const MethodRow gc_methods[] = {
    method<gc_enable>("enable", "($module, /)", "Enable automatic garbage collection."),
    method<gc_disable>("disable", "($module, /)", "Disable automatic garbage collection."),
    method<gc_isenabled>("isenabled", "($module, /)", "Returns true if automatic garbage collection is enabled."),
    method<gc_set_debug>("set_debug", "($module, flags, /)", "Set the garbage collection debugging flags."),
    method<gc_get_debug>("get_debug", "($module, /)", "Get the garbage collection debugging flags."),
    method<gc_get_count>("get_count", "($module, /)", "Return a three-tuple of the current collection counts."),
    method<gc_set_threshold>("set_threshold", "", "set_threshold(threshold0, [threshold1, threshold2]) -> None\n\nSets the collection thresholds.  Setting threshold0 to zero disables collection.\n"),
    method<gc_get_threshold>("get_threshold", "($module, /)", "Return the current collection thresholds."),
    method<gc_collect_now>("collect", "($module, /, generation=2)", "Run the garbage collector.\n\nWith no arguments, run a full collection.  The optional argument\nmay be an integer specifying which generation to collect.  A ValueError\nis raised if the generation number is invalid.\n\nThe number of unreachable objects is returned."),
    method<gc_get_objects>("get_objects", "($module, /, generation=None)", "Return a list of objects tracked by the collector (excluding the list returned)."),
    method<gc_get_stats>("get_stats", "($module, /)", "Return a list of dictionaries containing per-generation statistics."),
    method<gc_is_tracked_object>("is_tracked", "($module, obj, /)", "Returns true if the object is tracked by the garbage collector."),
    method<gc_is_finalized>("is_finalized", "($module, obj, /)", "Returns true if the object has been already finalized by the GC."),
    method<gc_get_referrers>("get_referrers", "($module, *objs)", "Return the list of objects that directly refer to any of objs."),
    method<gc_get_referents>("get_referents", "($module, *objs)", "Return the list of objects that are directly referred to by objs."),
    method<gc_freeze_all>("freeze", "($module, /)", "Freeze all current tracked objects and ignore them for future collections."),
    method<gc_unfreeze_all>("unfreeze", "($module, /)", "Unfreeze all objects in the permanent generation."),
    method<gc_get_freeze_count>("get_freeze_count", "($module, /)", "Return the number of objects in the permanent generation."),
    {}};

bool gc_exec(PyObject* module) {
  Value garbage = gc_garbage(), callbacks = gc_callbacks();
  return garbage && callbacks && module_add(module, "garbage", Ref::copy(garbage)) &&
         module_add(module, "callbacks", Ref::copy(callbacks)) && module_add_int(module, "DEBUG_STATS", kDebugStats) &&
         module_add_int(module, "DEBUG_COLLECTABLE", kDebugCollectable) &&
         module_add_int(module, "DEBUG_UNCOLLECTABLE", kDebugUncollectable) && module_add_int(module, "DEBUG_SAVEALL", kDebugSaveAll) &&
         module_add_int(module, "DEBUG_LEAK", kDebugCollectable | kDebugUncollectable | kDebugSaveAll);
}

}  // namespace

extern const ModuleDef gc_module;
const ModuleDef gc_module = {
    .name = "gc",
    .doc = "This module provides access to the garbage collector for reference cycles.",
    .methods = gc_methods,
    .exec = gc_exec,
};

}  // namespace adder
