// atexit: functions to run before the interpreter ends, the last registered first.
#include "object/builtin.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str.h"
#include "runtime/interpreter.h"

namespace adder {

static Ref& registered = *new Ref;  // never destroyed; list of (function, args tuple, kwargs dict or None)

void run_atexit();
void run_atexit() {
  Ref last;
  while (registered && list_size(registered) > 0) {
    Py_ssize_t n = list_size(registered);
    Ref entry = Ref::copy(list_get(registered, n - 1));
    if (!list_set_slice(registered, n - 1, n, Value{})) break;
    Ref function = Ref::copy(tuple_get(entry, 0));
    Value kwargs = tuple_get(entry, 2);
    Ref done = call_tuple_dict(function, tuple_get(entry, 1), is_none(kwargs) ? Value{} : kwargs);
    if (!done) write_unraisable(function, "in atexit callback");
  }
  registered.reset();
}

namespace {

Ref register_(Value, Args a) {
  if (a.n < 1) return raise(PyExc_TypeError, "register() takes at least 1 argument (0 given)");
  if (!is_callable(a[0])) return raise(PyExc_TypeError, "the first argument must be callable");
  Ref args = tuple_from(a.v + 1, a.n - 1);
  Ref kwargs = none_ref();
  if (a.kwnames && tuple_size(Value{a.kwnames})) {
    kwargs = dict_new();
    for (Py_ssize_t i = 0; kwargs && i < tuple_size(Value{a.kwnames}); i++) {
      if (!dict_set(kwargs, tuple_get(Value{a.kwnames}, i), a.v[a.n + static_cast<size_t>(i)])) return Ref{};
    }
  }
  per_interpreter(registered);
  if (!registered) registered = list_new();
  Ref entry = args && kwargs ? tuple_of({a[0], args.get(), kwargs.get()}) : Ref{};
  if (!entry || !registered || !list_append(registered, std::move(entry))) return Ref{};
  return Ref::copy(a[0]);
}
Ref clear(Value) {
  registered.reset();
  return none_ref();
}
Ref unregister(Value, Value f) {
  for (Py_ssize_t i = registered ? list_size(registered) : 0; i-- > 0;) {
    if (i >= list_size(registered)) continue;
    Ref entry = Ref::copy(list_get(registered, i));
    int same = equal(tuple_get(entry, 0), f);
    if (same < 0) return Ref{};
    if (same && i < list_size(registered) && !list_set_slice(registered, i, i + 1, Value{})) return Ref{};
  }
  return none_ref();
}
Ref run_exitfuncs(Value) {
  run_atexit();
  return none_ref();
}
Ref ncallbacks(Value) { return int_from_i64(registered ? list_size(registered) : 0); }

const MethodRow functions[] = {
    method<register_>("register", "", "register(func, *args, **kwargs) -> func\n\nRegister a function to be executed upon normal program termination"),
    method<clear>("_clear", "", "_clear() -> None\n\nClear the list of previously registered exit functions."),
    method<unregister>("unregister", "", "unregister(func) -> None\n\nUnregister an exit function which was previously registered using\natexit.register"),
    method<run_exitfuncs>("_run_exitfuncs", "", "_run_exitfuncs() -> None\n\nRun all registered exit functions."),
    method<ncallbacks>("_ncallbacks", "", "_ncallbacks() -> int\n\nReturn the number of registered exit functions."),
    {}};

}  // namespace

extern const ModuleDef atexit_module;
const ModuleDef atexit_module{
    .name = "atexit",
    .doc = "allow programmer to define multiple exit functions to be executed\nupon normal program termination.\n\nTwo public functions, register and unregister, are defined.\n",
    .methods = functions,
};

}  // namespace adder
