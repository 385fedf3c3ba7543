// A str that C fills in after it was made.
#include "object/str_unready.h"

#include <cstring>

#include "memory/gc.h"
#include "object/object.h"
#include "object/str.h"

namespace adder {

Ref str_unready(Py_ssize_t n) {
  PyObject* o = allocate_instance(&PyUnicode_Type);
  if (!o) return {};
  auto* u = reinterpret_cast<PyUnicodeObject*>(o);
  u->_base._base.hash = -1;
  Ref r = Ref::steal(o);
  auto* w = n < PY_SSIZE_T_MAX / 4 - 1 ? static_cast<wchar_t*>(object_malloc(static_cast<size_t>(n + 1) * sizeof(wchar_t))) : nullptr;
  if (!w) return raise_no_memory();
  w[n] = 0;
  u->_base._base.wstr = w;
  u->_base.wstr_length = n;
  return r;
}

bool str_make_ready(PyObject* o) {
  auto* u = reinterpret_cast<PyUnicodeObject*>(o);
  auto& a = u->_base._base;
  Ref s = str_from_kind(4, a.wstr, u->_base.wstr_length);
  if (!s) return false;
  Py_ssize_t n = str_length(s);
  int kind = str_kind(s);
  void* data = object_malloc(static_cast<size_t>(n + 1) * kind);
  if (!data) return raise_no_memory();
  memcpy(data, str_data(s), static_cast<size_t>(n + 1) * kind);
  u->data.any = data;
  a.length = n;
  a.state.kind = kind;
  a.state.ascii = str_is_ascii(s);
  a.state.ready = 1;
  if (a.state.ascii) {
    u->_base.utf8 = static_cast<char*>(data);
    u->_base.utf8_length = n;
  }
  return true;
}

}  // namespace adder
