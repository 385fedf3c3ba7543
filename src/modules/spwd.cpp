// spwd: the shadow password database.
#include <cerrno>
#include <shadow.h>
#include <string>
#include "object/builtin.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str.h"
#include "object/struct_sequence.h"

namespace adder {
namespace {

PyTypeObject* entry_type = nullptr;
const StructField fields[] = {
    {"sp_namp", "login name"}, {"sp_pwdp", "encrypted password"}, {"sp_lstchg", "date of last change"}, {"sp_min", "min #days between changes"},
    {"sp_max", "max #days between changes"}, {"sp_warn", "#days before pw expires to warn user about it"}, {"sp_inact", "#days after pw expires until account is disabled"},
    {"sp_expire", "#days since 1970-01-01 when account expires"}, {"sp_flag", "reserved"}, {"sp_nam", "login name; deprecated"},
    {"sp_pwd", "encrypted password; deprecated"}, {}};

Ref from_entry(const spwd& s) {
  Ref r = struct_sequence_new(entry_type);
  auto set = [&](Py_ssize_t i, Ref v) { return v && struct_sequence_set(r, i, std::move(v)); };
  auto text = [](const char* s) { return s ? str_decode_fs(s) : none_ref(); };
  const long numbers[] = {s.sp_lstchg, s.sp_min, s.sp_max, s.sp_warn, s.sp_inact, s.sp_expire, static_cast<long>(s.sp_flag)};
  if (!r || !set(0, text(s.sp_namp)) || !set(1, text(s.sp_pwdp))) return {};
  for (Py_ssize_t i = 0; i < 7; i++)
    if (!set(i + 2, int_from_i64(numbers[i]))) return {};
  return set(9, text(s.sp_namp)) && set(10, text(s.sp_pwdp)) ? std::move(r) : Ref{};
}

Ref m_getspnam(Value, Value v) {
  if (!is_str(v)) return raise(PyExc_TypeError, "getspnam() argument must be str, not %.50s", is_none(v) ? "None" : type_of(v)->tp_name);
  std::string name;
  if (!str_encode_fs(v, &name)) return {};
  errno = 0;
  const spwd* s = getspnam(name.c_str());
  if (s) return from_entry(*s);
  if (errno) return raise_errno(PyExc_OSError);
  return raise(PyExc_KeyError, "getspnam(): name not found");
}
Ref m_getspall(Value) {
  Ref list = list_new();
  setspent();
  while (const spwd* s = getspent()) {
    Ref entry = list ? from_entry(*s) : Ref{};
    if (!entry || !list_append(list, std::move(entry))) {
      endspent();
      return {};
    }
  }
  endspent();
  return list;
}

const MethodRow functions[] = {
    method<m_getspnam>("getspnam", "($module, arg, /)", "Return the shadow password database entry for the given user name.\n\nSee `help(spwd)` for more on shadow password database entries."),
    method<m_getspall>("getspall", "($module, /)",
                       "Return a list of all available shadow password database entries, in arbitrary order.\n\nSee `help(spwd)` for more on shadow password database entries."),
    {}};

bool exec(PyObject* module) {
  if (!entry_type) {
    entry_type = struct_sequence_type({"spwd.struct_spwd", "spwd.struct_spwd: Results from getsp*() routines.\n\nThis object may be accessed either as a 9-tuple of\n"
                                       "  (sp_namp,sp_pwdp,sp_lstchg,sp_min,sp_max,sp_warn,sp_inact,sp_expire,sp_flag)\nor via the object attributes as named in the above tuple.",
                                       fields, 9});
  }
  return entry_type && module_add(module, "struct_spwd", Ref::copy(Value{entry_type}));
}

}  // namespace

extern const ModuleDef spwd_module{
    .name = "spwd",
    .doc = "This module provides access to the Unix shadow password database.\nIt is available on various Unix versions.",
    .methods = functions, .exec = exec};

}  // namespace adder
