// Ref owns one reference and releases it; an empty Ref as a result means that the thread has an exception set.
#pragma once
#include <utility>
#include "value/value.h"

extern "C" void _Py_Dealloc(PyObject*);

namespace adder {

// The count is the first word of every object (the ABI's ob_refcnt).
inline int64_t& refcount(PyObject* o) { return *reinterpret_cast<int64_t*>(o); }
inline void incref(PyObject* o) { ++refcount(o); }
inline void decref(PyObject* o) {
  ADDER_ASSERT(refcount(o) > 0);
  if (--refcount(o) == 0) _Py_Dealloc(o);
}
// Of any Value, absent included; numbers need no count.
inline void incref(Value v) {
  if (v.is_object()) incref(v.object());
}
inline void decref(Value v) {
  if (v.is_object()) decref(v.object());
}

// trivial_abi: travels in a register as a Value does.
class [[clang::trivial_abi]] [[nodiscard]] Ref {
 public:
  constexpr Ref() = default;
  constexpr Ref(std::nullptr_t) {}
  Ref(Ref&& other) noexcept : value_(other.value_) { other.value_ = Value{}; }
  Ref& operator=(Ref&& other) noexcept {
    Value old = value_;
    value_ = other.value_;
    other.value_ = Value{};
    if (&other != this) adder::decref(old);
    return *this;
  }
  Ref(const Ref&) = delete;
  Ref& operator=(const Ref&) = delete;
  ~Ref() { adder::decref(value_); }

  // Takes over a reference that the caller owned.
  static Ref steal(Value v) { Ref r; ADDER_ASSERT(!v.is_node()); r.value_ = v; return r; }
  // A new reference to something that stays with its owner.
  static Ref copy(Value v) { adder::incref(v); return steal(v); }
  static Ref from_int(int64_t fitting) { return steal(Value::from_int(fitting)); }
  static Ref from_double(double d) { return steal(Value::from_double(d)); }

  explicit operator bool() const { return value_.bits != 0; }
  operator Value() const& { return value_; }
  Value get() const { return value_; }
  PyObject* object() const { return value_.object(); }
  template <class T>
  T* as() const { return value_.as<T>(); }
  // Gives the reference to the caller.
  [[nodiscard]] Value release() { Value v = value_; value_ = Value{}; return v; }
  void reset() { Value v = release(); adder::decref(v); }

 private:
  Value value_;
};
static_assert(sizeof(Ref) == 8);

// Stores a new owned value in a slot; the old one is released after.
inline void assign(Value& slot, Ref value) {
  Value old = slot;
  slot = value.release();
  decref(old);
}

}  // namespace adder
