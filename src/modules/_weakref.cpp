// The module _weakref: what Lib/weakref.py builds on.
#include "object/builtin.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/object.h"
#include "object/small_types.h"

namespace adder {
namespace {

Ref getweakrefcount(Value, Value object) {
  return int_from_ssize(object.is_object() ? weakref_count(object.object()) : 0);
}

Ref getweakrefs(Value, Value object) {
  Ref list = list_new();
  PyWeakReference** head = object.is_object() ? weakref_list(object.object()) : nullptr;
  for (PyWeakReference* r = head ? *head : nullptr; r && list; r = r->wr_next) {
    if (!list_append(list, Value{reinterpret_cast<PyObject*>(r)})) return nullptr;
  }
  return list;
}

// Atomically deletes a dead reference from a dict (a callback may come late, after the key was bound anew).
Ref remove_dead_weakref(Value, const Value* a) {
  Value dict = a[0], key = a[1];
  if (!is_dict(dict)) return raise(PyExc_TypeError, "_remove_dead_weakref() argument 1 must be dict, not %N", type_of(dict));
  Value v;
  int found = dict_lookup(dict, key, &v);
  if (found < 0) return nullptr;
  if (!found) return none_ref();
  if (!v.is_object() || !is_instance_exactly(v, &_PyWeakref_RefType)) return raise(PyExc_TypeError, "not a weakref");
  if (is_none(weakref_get(v)) && dict_delete(dict, key) < 0) return nullptr;
  return none_ref();
}

Ref proxy(Value, const Value* a) { return weakref_proxy(a[0], a[1] ? a[1] : none()); }

const MethodRow functions[] = {
    method<getweakrefcount>("getweakrefcount", "($module, object, /)", "Return the number of weak references to 'object'."),
    method<getweakrefs>("getweakrefs", "($module, object, /)", "Return a list of all weak reference objects pointing to 'object'."),
    method<remove_dead_weakref>("_remove_dead_weakref", "($module, dct, key, /)",
                                "Atomically remove key from dict if it points to a dead weakref."),
    method<proxy>("proxy", "($module, object, callback=None, /)", "Create a proxy object that weakly references 'object'."),
    {}};

bool exec(PyObject* module) {
  return module_add(module, "ref", Ref::copy(&_PyWeakref_RefType)) &&
         module_add(module, "ReferenceType", Ref::copy(&_PyWeakref_RefType)) &&
         module_add(module, "ProxyType", Ref::copy(&_PyWeakref_ProxyType)) &&
         module_add(module, "CallableProxyType", Ref::copy(&_PyWeakref_CallableProxyType));
}

}  // namespace

extern const ModuleDef weakref_module{
    .name = "_weakref", .doc = "Weak-reference support module.", .methods = functions, .exec = exec};

}  // namespace adder
