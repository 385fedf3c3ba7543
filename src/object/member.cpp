// Fields of C structs as attributes: reading and writing a PyMemberDef of any T_ kind (structmember.h).
#include <cstring>
#include "object/float.h"
#include "object/foreign.h"
#include "object/type_impl.h"

namespace adder {

template <class T> static T load(const void* p) {
  T v;
  memcpy(&v, p, sizeof v);
  return v;
}
template <class T> static bool store(void* p, T v) {
  memcpy(p, &v, sizeof v);
  return true;
}

Ref member_get(PyObject* o, PyMemberDef* m) {
  const char* p = reinterpret_cast<const char*>(o) + m->offset;
  switch (m->type) {
    case T_BOOL: return bool_ref(load<char>(p) != 0);
    case T_BYTE: return Ref::from_int(load<signed char>(p));
    case T_UBYTE: return Ref::from_int(load<unsigned char>(p));
    case T_SHORT: return Ref::from_int(load<short>(p));
    case T_USHORT: return Ref::from_int(load<unsigned short>(p));
    case T_INT: return Ref::from_int(load<int>(p));
    case T_UINT: return Ref::from_int(load<unsigned>(p));
    case T_LONG: return int_from_i64(load<long>(p));
    case T_ULONG: return int_from_u64(load<unsigned long>(p));
    case T_LONGLONG: return int_from_i64(load<long long>(p));
    case T_ULONGLONG: return int_from_u64(load<unsigned long long>(p));
    case T_PYSSIZET: return int_from_i64(load<Py_ssize_t>(p));
    case T_FLOAT: return Ref::from_double(static_cast<double>(load<float>(p)));
    case T_DOUBLE: return Ref::from_double(load<double>(p));
    case T_STRING: {
      const char* s = load<const char*>(p);
      return s ? str_from_utf8(s) : none_ref();
    }
    case T_STRING_INPLACE: return str_from_utf8(p);
    case T_CHAR: return str_from_char(load<unsigned char>(p));
    case T_OBJECT: {
      auto* v = load<PyObject*>(p);
      return v ? from_c(v) : none_ref();
    }
    case T_OBJECT_EX: {
      auto* v = load<PyObject*>(p);
      if (v) return from_c(v);
      Ref name = intern(std::string_view{m->name});
      return name ? raise_attribute_error(Value{o}, name.object()) : Failure{};
    }
    case T_NONE: return none_ref();
    case kMemberValue: {
      Value v = load<Value>(p);
      if (v) return Ref::copy(v);
      Ref name = intern(std::string_view{m->name});
      return name ? raise_attribute_error(Value{o}, name.object()) : Failure{};
    }
    default: return raise(PyExc_SystemError, "bad memberdescr type");
  }
}

// A C integer of any kind; values out of range are cut with a RuntimeWarning, as CPython does it.
template <class T> static bool store_int(void* p, Value v, const char* warning) {
  int64_t n;
  if (!as_i64(v, &n)) return false;
  store(p, static_cast<T>(n));
  if (static_cast<int64_t>(static_cast<T>(n)) != n) return warn(PyExc_RuntimeWarning, 1, "%s", warning);
  return true;
}
template <class T> static bool store_unsigned(void* p, Value v) {
  if (!is_int(v)) {
    Ref i = index(v);
    return i && store_unsigned<T>(p, i);
  }
  if (int_sign(v) < 0) {
    int64_t n;
    if (!int_as_i64(v, &n)) return false;
    store(p, static_cast<T>(n));
    return warn(PyExc_RuntimeWarning, 1, "Writing negative value into unsigned field");
  }
  uint64_t n;
  if (!int_as_u64(v, &n)) return false;
  return store(p, static_cast<T>(n));
}

bool member_set(PyObject* o, PyMemberDef* m, Value v) {
  char* p = reinterpret_cast<char*>(o) + m->offset;
  if (m->flags & READONLY) return raise(PyExc_AttributeError, "readonly attribute");
  if (!v) {
    if (m->type == T_OBJECT_EX) {
      if (!load<PyObject*>(p)) {
        Ref name = str_from_utf8(m->name);
        return name ? raise_value(PyExc_AttributeError, name) : Failure{};
      }
    } else if (m->type != T_OBJECT && m->type != kMemberValue) {
      return raise(PyExc_TypeError, "can't delete numeric/char attribute");
    }
  }
  switch (m->type) {
    case T_BOOL:
      if (!is_bool(v)) return raise(PyExc_TypeError, "attribute value type must be bool");
      return store<char>(p, v == boolean(true));
    case T_BYTE: return store_int<signed char>(p, v, "Truncation of value to char");
    case T_UBYTE: return store_int<unsigned char>(p, v, "Truncation of value to unsigned char");
    case T_SHORT: return store_int<short>(p, v, "Truncation of value to short");
    case T_USHORT: return store_int<unsigned short>(p, v, "Truncation of value to unsigned short");
    case T_INT: return store_int<int>(p, v, "Truncation of value to int");
    case T_UINT: {
      uint64_t n;
      if (!store_unsigned<uint64_t>(&n, v)) return false;
      store(p, static_cast<unsigned>(n));
      if (static_cast<unsigned>(n) != n) return warn(PyExc_RuntimeWarning, 1, "Truncation of value to unsigned int");
      return true;
    }
    case T_LONG:
    case T_LONGLONG: return store_int<long>(p, v, "");
    case T_ULONG:
    case T_ULONGLONG: return store_unsigned<unsigned long>(p, v);
    case T_PYSSIZET: {
      Py_ssize_t n;
      return as_ssize(v, &n) && store(p, n);
    }
    case T_FLOAT: {
      double d;
      return as_double(v, &d) && store(p, static_cast<float>(d));
    }
    case T_DOUBLE: {
      double d;
      return as_double(v, &d) && store(p, d);
    }
    case T_OBJECT:
    case T_OBJECT_EX: {
      PyObject* fresh = v ? to_c(v) : nullptr;
      if (v && !fresh) return false;
      auto* old = load<PyObject*>(p);
      store(p, fresh);
      Py_XDECREF(old);
      return true;
    }
    case kMemberValue: assign(*reinterpret_cast<Value*>(p), Ref::copy(v)); return true;
    case T_CHAR: {
      if (!is_str(v) || str_length(v) != 1 || str_char(v, 0) > 127) return raise(PyExc_TypeError, "bad argument type for built-in operation");
      return store(p, static_cast<char>(str_char(v, 0)));
    }
    case T_STRING:
    case T_STRING_INPLACE: return raise(PyExc_TypeError, "readonly attribute");
    default: return raise(PyExc_SystemError, "bad memberdescr type for %s", m->name);
  }
}

}  // namespace adder
