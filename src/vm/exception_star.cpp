// What `except*` raises in the end: the exceptions raised by its handlers together with the part that nobody handled.
#include "object/containers.h"
#include "object/error.h"
#include "object/object.h"
#include "object/str.h"

namespace adder {

Ref prepare_reraise_star(Value original, Value list);

namespace {

// Leaves of an exception (group), appended to a set of identities.
bool collect_leaves(Value e, Value ids) {
  if (is_none(e)) return true;
  if (!is_instance_exactly(e, reinterpret_cast<PyTypeObject*>(PyExc_BaseExceptionGroup))) {
    Ref id = id_of(e);
    return id && set_add(ids, id) >= 0;
  }
  Ref members = getattr(e, "exceptions"_id);
  if (!members) return false;
  for (Py_ssize_t i = 0; i < tuple_size(members); i++) {
    if (!collect_leaves(tuple_get(members, i), ids)) return false;
  }
  return true;
}
// The part of `original` whose leaves are among those of `kept`, nested and described as the original was; none if empty.
Ref projection(Value original, Value ids) {
  if (!is_instance_exactly(original, reinterpret_cast<PyTypeObject*>(PyExc_BaseExceptionGroup))) {
    Ref id = id_of(original);
    int in = id ? set_contains(ids, id) : -1;
    return in < 0 ? Ref{} : in ? Ref::copy(original) : none_ref();
  }
  Ref members = getattr(original, "exceptions"_id), parts = list_new();
  if (!members || !parts) return Ref{};
  for (Py_ssize_t i = 0; i < tuple_size(members); i++) {
    Ref part = projection(tuple_get(members, i), ids);
    if (!part || (!is_none(part) && !list_append(parts, part.get()))) return Ref{};
  }
  if (list_size(parts) == 0) return none_ref();
  Ref group = call_method(original, "derive"_id, {parts});
  if (!group) return Ref{};
  auto* from = original.as<PyBaseExceptionObject>();
  auto* to = group.as<PyBaseExceptionObject>();
  auto copy = [](PyObject** slot, PyObject* v) { Py_XINCREF(v); Py_XSETREF(*slot, v); };
  copy(&to->traceback, from->traceback);
  copy(&to->context, from->context);
  copy(&to->cause, from->cause);
  Ref notes;
  if (lookup_attr(original, "__notes__"_id, &notes) < 0) return Ref{};
  if (notes && is_sequence(notes)) {
    Ref list = to_list(notes);
    if (!list || !setattr(group, "__notes__"_id, list)) return Ref{};
  }
  return group;
}
bool same_metadata(Value a, Value b) {
  auto* x = a.as<PyBaseExceptionObject>();
  auto* y = b.as<PyBaseExceptionObject>();
  return x->notes == y->notes && x->traceback == y->traceback && x->cause == y->cause && x->context == y->context;
}

}  // namespace

Ref prepare_reraise_star(Value original, Value list) {
  Py_ssize_t n = list_size(list);
  if (n == 0) return none_ref();
  if (!is_instance_exactly(original, reinterpret_cast<PyTypeObject*>(PyExc_BaseExceptionGroup))) {
    // A naked exception: one except* clause at most ran, so there is one entry to raise, or it again.
    for (Py_ssize_t i = 0; i < n; i++) {
      if (!is_none(list_get(list, i))) return Ref::copy(list_get(list, i));
    }
    return none_ref();
  }
  Ref raised = list_new(), kept = set_new(Value{});
  if (!raised || !kept) return Ref{};
  for (Py_ssize_t i = 0; i < n; i++) {
    Value e = list_get(list, i);
    if (is_none(e)) continue;
    bool ok = same_metadata(e, original) ? collect_leaves(e, kept) : list_append(raised, e);
    if (!ok) return Ref{};
  }
  Ref rest = projection(original, kept);
  if (!rest) return Ref{};
  if (list_size(raised) == 0) return rest;
  if (!is_none(rest) && !list_append(raised, rest.get())) return Ref{};
  return call(Value{PyExc_BaseExceptionGroup}, {str_empty().get(), raised.get()});
}

}  // namespace adder
