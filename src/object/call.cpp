// Calling objects: everything goes through the type's call slot, with arguments as words on the caller's stack.
#include <cstdlib>
#include <iterator>
#include "object/foreign.h"
#include "object/type_impl.h"

namespace adder {

bool is_callable(Value v) { return v && slots_of(v).tp_call != nullptr; }

static Failure raise_not_callable(Value v) {
  return raise(PyExc_TypeError, "'%.200s' object is not callable", type_of(v)->tp_name);
}

Ref call(Value callable, Args args) {
  CallFn f = slots_of(callable).tp_call;
  if (ADDER_UNLIKELY(!f)) return raise_not_callable(callable);
  Ref r = f(callable, args);
  ADDER_ASSERT(static_cast<bool>(r) != error_occurred());
  return r;
}

Ref call(Value callable, std::initializer_list<Value> positional) {
  return call(callable, Args{positional.begin(), positional.size(), nullptr});
}

// f(*positional, **keywords) with anything iterable and any mapping.
[[gnu::noinline]] static Ref call_any(Value callable, Value positional, Value keywords) {
  Ref tuple = Ref::copy(positional), dict = Ref::copy(keywords);
  if (!is_tuple(tuple)) {
    if (!slots_of(tuple).tp_iter && !is_sequence(tuple)) {
      Ref text = function_text(callable);
      return text ? raise(PyExc_TypeError, "%U argument after * must be an iterable, not %.200s", text.get(), type_of(tuple)->tp_name)
                  : Failure{};
    }
    tuple = to_tuple(tuple);
    if (!tuple) return {};
  }
  if (dict && !is_dict(dict)) {
    Ref copy = dict_new();
    if (!copy) return {};
    if (!dict_merge(copy, dict, 1)) {
      if (!error_matches(PyExc_AttributeError)) return {};
      clear_error();
      Ref text = function_text(callable);
      return text ? raise(PyExc_TypeError, "%U argument after ** must be a mapping, not %.200s", text.get(), type_of(dict)->tp_name)
                  : Failure{};
    }
    dict = std::move(copy);
  }
  return call_tuple_dict(callable, tuple, dict);
}

Ref call_tuple_dict(Value callable, Value tuple, Value dict) {
  if (ADDER_UNLIKELY(!is_tuple(tuple) || (dict && !is_dict(dict)))) return call_any(callable, tuple, dict);
  // A foreign tp_call gets the very tuple and dict, and so does a function of C's that takes both: to some an empty dict is another thing than none.
  PyTypeObject* type = type_of(callable);
  ternaryfunc foreign_call = nullptr;
  PyObject* self = callable.object();
  if (ADDER_UNLIKELY(type->tp_call && !value_slot_of(reinterpret_cast<void*>(type->tp_call)) &&
                     !(type_has(type, Py_TPFLAGS_HAVE_VECTORCALL) && type->tp_vectorcall_offset > 0))) {
    foreign_call = type->tp_call;
  } else if (dict && type == &PyCFunction_Type && callable.as<PyCFunctionObject>()->m_ml->ml_flags == (METH_VARARGS | METH_KEYWORDS)) {
    auto* f = callable.as<PyCFunctionObject>();
    foreign_call = reinterpret_cast<PyCFunctionWithKeywords>(reinterpret_cast<void (*)()>(f->m_ml->ml_meth));
    self = f->m_self;
  }
  if (ADDER_UNLIKELY(foreign_call && is_exact_tuple(tuple))) {
    RecursionGuard guard(" while calling a Python object");
    if (!guard.ok || !expose(tuple.object())) return {};
    Ref hold = Ref::copy(tuple), hold_dict = Ref::copy(dict), hold_callable = Ref::copy(callable);
    return foreign::check_result(callable, foreign_call(self, tuple.object(), dict.object()));
  }
  size_t n = static_cast<size_t>(tuple_size(tuple));
  size_t keywords = dict ? static_cast<size_t>(dict_size(dict)) : 0;
  Value small[8];
  size_t total = n + keywords;
  Value* words = total <= std::size(small) ? small : static_cast<Value*>(malloc(total * sizeof(Value)));
  if (!words) return raise_no_memory();
  for (size_t i = 0; i < n; i++) words[i] = tuple_get(tuple, static_cast<Py_ssize_t>(i));
  Ref names, result, keep_tuple = Ref::copy(tuple);
  size_t held = 0;
  bool ok = true;
  if (keywords) {
    names = tuple_new(static_cast<Py_ssize_t>(keywords));
    ok = static_cast<bool>(names);
    Py_ssize_t position = 0;
    Value k, v;
    while (ok && held < keywords && dict_next(dict, &position, &k, &v)) {
      if (!is_str(k)) {
        raise(PyExc_TypeError, "keywords must be strings");
        ok = false;
        break;
      }
      tuple_init(names, static_cast<Py_ssize_t>(held), Ref::copy(k));
      incref(v);  // the callee may change the dict
      words[n + held++] = v;
    }
  }
  if (ok) result = call(callable, Args{words, n, names ? names.object() : nullptr});
  for (size_t i = 0; i < held; i++) decref(words[n + i]);
  if (words != small) free(words);
  return result;
}

}  // namespace adder
