// pwd and grp: the system's users and groups.
#include <cerrno>
#include <grp.h>
#include <pwd.h>
#include <string>
#include <vector>
#include "object/builtin.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str.h"
#include "object/struct_sequence.h"
#include "runtime/gil.h"

namespace adder {
namespace {

PyTypeObject *passwd_type = nullptr, *group_type = nullptr;
const StructField passwd_fields[] = {{"pw_name", "user name"}, {"pw_passwd", "password"}, {"pw_uid", "user id"}, {"pw_gid", "group id"}, {"pw_gecos", "real name"},
                                     {"pw_dir", "home directory"}, {"pw_shell", "shell program"}, {}};
const StructField group_fields[] = {{"gr_name", "group name"}, {"gr_passwd", "password"}, {"gr_gid", "group id"}, {"gr_mem", "group members"}, {}};

Ref from_passwd(const passwd& p) {
  Ref r = struct_sequence_new(passwd_type);
  auto text = [](const char* s) { return s ? str_decode_fs(s) : none_ref(); };
  return r && struct_sequence_set(r, 0, text(p.pw_name)) && struct_sequence_set(r, 1, text(p.pw_passwd)) && struct_sequence_set(r, 2, int_from_i64(p.pw_uid)) &&
                 struct_sequence_set(r, 3, int_from_i64(p.pw_gid)) && struct_sequence_set(r, 4, text(p.pw_gecos)) && struct_sequence_set(r, 5, text(p.pw_dir)) &&
                 struct_sequence_set(r, 6, text(p.pw_shell))
             ? std::move(r)
             : Ref{};
}
Ref from_group(const group& g) {
  Ref members = list_new();
  for (char** m = g.gr_mem; members && *m; m++) {
    Ref name = str_decode_fs(*m);
    if (!name || !list_append(members, std::move(name))) return Ref{};
  }
  Ref r = struct_sequence_new(group_type);
  return r && members && struct_sequence_set(r, 0, str_decode_fs(g.gr_name)) && struct_sequence_set(r, 1, g.gr_passwd ? str_decode_fs(g.gr_passwd) : none_ref()) &&
                 struct_sequence_set(r, 2, int_from_i64(g.gr_gid)) && struct_sequence_set(r, 3, std::move(members))
             ? std::move(r)
             : Ref{};
}
// A user or group id; *known false: no such id can exist.
bool id_arg(Value v, uint32_t* id, bool* known) {
  Ref i = index(v);
  int64_t n;
  if (!i) return false;
  *known = int_sign_overflow_i64(i, &n) == 0 && n >= -1 && n <= 0xFFFFFFFFll;
  *id = static_cast<uint32_t>(n);
  return true;
}
// An entry that a directory service may have to be asked for, hence without the global lock; its strings lie in `room`. Null: there is none.
template <class Entry, class F>
const Entry* look_up(std::vector<char>& room, Entry* entry, F f) {
  ReleaseGil release;
  for (room.resize(1024);; room.resize(room.size() * 2)) {
    Entry* found = nullptr;
    int error = f(entry, room.data(), room.size(), &found);
    if (error != ERANGE && error != EINTR) return found;
  }
}
Ref getpwuid_(Value, Value v) {
  uint32_t uid;
  bool known;
  if (!id_arg(v, &uid, &known)) return Ref{};
  std::vector<char> room;
  passwd entry;
  const passwd* p = known ? look_up(room, &entry, [&](auto... to) { return getpwuid_r(uid, to...); }) : nullptr;
  if (!p) return raise(PyExc_KeyError, "getpwuid(): uid not found: %S", v);
  return from_passwd(*p);
}
bool name_arg(Value v, const char* function, std::string* out) {
  if (!is_str(v)) return raise(PyExc_TypeError, "%s() argument must be str, not %.200s", function, type_of(v)->tp_name);
  if (!str_encode_fs(v, out)) return false;
  return out->find('\0') == std::string::npos ? true : static_cast<bool>(raise(PyExc_ValueError, "embedded null byte"));
}
Ref getpwnam_(Value, Value v) {
  std::string name;
  if (!name_arg(v, "getpwnam", &name)) return Ref{};
  std::vector<char> room;
  passwd entry;
  const passwd* p = look_up(room, &entry, [&](auto... to) { return getpwnam_r(name.c_str(), to...); });
  if (!p) return raise(PyExc_KeyError, "getpwnam(): name not found: %R", v);
  return from_passwd(*p);
}
Ref getpwall(Value) {
  Ref list = list_new();
  setpwent();
  while (const passwd* p = getpwent()) {
    if (!list || !list_append(list, from_passwd(*p))) {
      endpwent();
      return Ref{};
    }
  }
  endpwent();
  return list;
}
Ref getgrgid_(Value, const Value* a) {
  uint32_t gid;
  bool known;
  if (!id_arg(a[0], &gid, &known)) return Ref{};
  std::vector<char> room;
  group entry;
  const group* g = known ? look_up(room, &entry, [&](auto... to) { return getgrgid_r(gid, to...); }) : nullptr;
  if (!g) return raise(PyExc_KeyError, "getgrgid(): gid not found: %S", a[0]);
  return from_group(*g);
}
Ref getgrnam_(Value, const Value* a) {
  std::string name;
  if (!name_arg(a[0], "getgrnam", &name)) return Ref{};
  std::vector<char> room;
  group entry;
  const group* g = look_up(room, &entry, [&](auto... to) { return getgrnam_r(name.c_str(), to...); });
  if (!g) return raise(PyExc_KeyError, "getgrnam(): name not found: %R", a[0]);
  return from_group(*g);
}
Ref getgrall(Value) {
  Ref list = list_new();
  setgrent();
  while (const group* g = getgrent()) {
    if (!list || !list_append(list, from_group(*g))) {
      endgrent();
      return Ref{};
    }
  }
  endgrent();
  return list;
}
const MethodRow pwd_functions[] = {
    method<getpwuid_>("getpwuid", "($module, uidobj, /)", "Return the password database entry for the given numeric user ID."),
    method<getpwnam_>("getpwnam", "($module, name, /)", "Return the password database entry for the given user name."),
    method<getpwall>("getpwall", "($module, /)", "Return a list of all available password database entries, in arbitrary order."),
    {}};
const MethodRow grp_functions[] = {
    method<getgrgid_>("getgrgid", "($module, /, id)", "Return the group database entry for the given numeric group ID."),
    method<getgrnam_>("getgrnam", "($module, /, name)", "Return the group database entry for the given group name."),
    method<getgrall>("getgrall", "($module, /)", "Return a list of all available group entries, in arbitrary order."),
    {}};
bool exec_pwd(PyObject* module) {
  if (!passwd_type) passwd_type = struct_sequence_type({"pwd.struct_passwd", "pwd.struct_passwd: Results from getpw*() routines.", passwd_fields, 7});
  return passwd_type && module_add(module, "struct_passwd", Ref::copy(Value{passwd_type}));
}
bool exec_grp(PyObject* module) {
  if (!group_type) group_type = struct_sequence_type({"grp.struct_group", "grp.struct_group: Results from getgr*() routines.", group_fields, 4});
  return group_type && module_add(module, "struct_group", Ref::copy(Value{group_type}));
}

}  // namespace

extern const ModuleDef pwd_module, grp_module;
const ModuleDef pwd_module{.name = "pwd", .doc = "This module provides access to the Unix password database.", .methods = pwd_functions, .exec = exec_pwd};
const ModuleDef grp_module{.name = "grp", .doc = "Access to the Unix group database.", .methods = grp_functions, .exec = exec_grp};

}  // namespace adder
