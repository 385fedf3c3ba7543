// posix: users and groups of the process.
#include <algorithm>
#include <grp.h>
#include <string>
#include <type_traits>
#include <unistd.h>
#include <vector>
#include "modules/posix.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/str.h"

namespace adder {

static bool id_arg(Value v, const char* what, unsigned* out) {
  if (!is_int(v) && !slots_of(v).nb_index) return raise(PyExc_TypeError, "%s should be integer, not %.200s", what, type_of(v)->tp_name);
  Ref i = index(v);
  int64_t n;
  if (!i) return false;
  if (int_sign_overflow_i64(i, &n) > 0) return raise(PyExc_OverflowError, "%s is greater than maximum", what);
  // CPython says "less" also of what only a long can hold.
  if (int_sign_overflow_i64(i, &n) < 0 || n < -1 || n > 0xFFFFFFFFll) return raise(PyExc_OverflowError, "%s is less than minimum", what);
  *out = static_cast<unsigned>(n);
  return true;
}
bool uid_arg(Value v, unsigned* out) { return id_arg(v, "uid", out); }
bool gid_arg(Value v, unsigned* out) { return id_arg(v, "gid", out); }
bool group_list(Value v, std::vector<gid_t>* out) {
  if (!is_sequence(v)) return raise(PyExc_TypeError, "setgroups argument must be a sequence");
  Ref list = to_list(v);
  if (!list) return false;
  if (list_size(list) > 65536) return raise(PyExc_ValueError, "too many groups");
  for (Py_ssize_t i = 0; i < list_size(list); i++) {
    gid_t group;
    if (!is_int(list_get(list, i))) return raise(PyExc_TypeError, "groups must be integers");
    if (!gid_arg(list_get(list, i), &group)) return false;
    out->push_back(group);
  }
  return true;
}

namespace {

Ref getuid_(Value) { return int_from_u64(getuid()); }
Ref geteuid_(Value) { return int_from_u64(geteuid()); }
Ref getgid_(Value) { return int_from_u64(getgid()); }
Ref getegid_(Value) { return int_from_u64(getegid()); }
using IdArg = bool (*)(Value, unsigned*);
template <int (*f)(unsigned), IdArg arg>
Ref set_id(Value, Value v) {
  unsigned id;
  return arg(v, &id) ? none_or_error(f(id)) : Ref{};
}
template <int (*f)(unsigned, unsigned), IdArg arg>
Ref set_two_ids(Value, const Value* a) {
  unsigned real, effective;
  return arg(a[0], &real) && arg(a[1], &effective) ? none_or_error(f(real, effective)) : Ref{};
}
template <int (*f)(unsigned, unsigned, unsigned), IdArg arg>
Ref set_three_ids(Value, const Value* a) {
  unsigned real, effective, saved;
  return arg(a[0], &real) && arg(a[1], &effective) && arg(a[2], &saved) ? none_or_error(f(real, effective, saved)) : Ref{};
}
Ref getgroups_(Value) {
  gid_t groups[65536 / 4];
  int n = getgroups(sizeof groups / sizeof *groups, groups);
  if (n < 0) return failed();
  Ref list = list_new(n);
  for (int i = 0; list && i < n; i++) {
    if (!list_append(list, int_from_u64(groups[i]))) return Ref{};
  }
  return list;
}
Ref setgroups_(Value, Value v) {
  std::vector<gid_t> groups;
  if (!group_list(v, &groups)) return Ref{};
  return none_or_error(setgroups(groups.size(), groups.data()));
}
Ref getgrouplist_(Value, const Value* a) {
  std::string user;
  gid_t base;
  if (!is_str(a[0])) return raise(PyExc_TypeError, "getgrouplist() argument 1 must be str, not %.200s", is_none(a[0]) ? "None" : type_of(a[0])->tp_name);
  if (!str_encode_fs(a[0], &user) || !gid_arg(a[1], &base)) return Ref{};
  std::vector<gid_t> groups(32);
  for (;;) {
    auto n = static_cast<int>(groups.size());
    if (getgrouplist(user.c_str(), base, groups.data(), &n) >= 0) {
      groups.resize(static_cast<size_t>(n));
      break;
    }
    groups.resize(std::max(groups.size() * 2, static_cast<size_t>(n)));
  }
  Ref list = list_new(static_cast<Py_ssize_t>(groups.size()));
  for (gid_t g : groups) {
    if (!list || !list_append(list, int_from_u64(g))) return Ref{};
  }
  return list;
}
Ref initgroups_(Value, const Value* a) {
  std::string user;
  gid_t base;
  if (!str_encode_fs(a[0], &user) || !gid_arg(a[1], &base)) return Ref{};
  return none_or_error(initgroups(user.c_str(), base));
}
static_assert(std::is_same_v<uid_t, gid_t>);
template <int (*get)(uid_t*, uid_t*, uid_t*)>
Ref get_three_ids(Value) {
  uid_t r, e, s;
  if (get(&r, &e, &s) < 0) return failed();
  return tuple_of({Value::from_int(r), Value::from_int(e), Value::from_int(s)});
}
Ref getlogin_(Value) {
  const char* name = getlogin();
  return name ? str_decode_fs(name) : failed();
}

const MethodRow functions[] = {
    method<getuid_>("getuid", "($module, /)", "Return the current process's user id."),
    method<geteuid_>("geteuid", "($module, /)", "Return the current process's effective user id."),
    method<getgid_>("getgid", "($module, /)", "Return the current process's group id."),
    method<getegid_>("getegid", "($module, /)", "Return the current process's effective group id."),
    method<set_id<setuid, uid_arg>>("setuid", "($module, uid, /)", "Set the current process's user id."),
    method<set_id<seteuid, uid_arg>>("seteuid", "($module, euid, /)", "Set the current process's effective user id."),
    method<set_id<setgid, gid_arg>>("setgid", "($module, gid, /)", "Set the current process's group id."),
    method<set_id<setegid, gid_arg>>("setegid", "($module, egid, /)", "Set the current process's effective group id."),
    method<getgroups_>("getgroups", "($module, /)", "Return list of supplemental group IDs for the process."),
    method<setgroups_>("setgroups", "($module, groups, /)", "Set the groups of the current process to list."),
    method<get_three_ids<getresuid>>("getresuid", "($module, /)", "Return a tuple of the current process's real, effective, and saved user ids."),
    method<get_three_ids<getresgid>>("getresgid", "($module, /)", "Return a tuple of the current process's real, effective, and saved group ids."),
    method<getlogin_>("getlogin", "($module, /)", "Return the actual login name."),
    method<set_two_ids<setreuid, uid_arg>>("setreuid", "($module, ruid, euid, /)", "Set the current process's real and effective user ids."),
    method<set_two_ids<setregid, gid_arg>>("setregid", "($module, rgid, egid, /)", "Set the current process's real and effective group ids."),
    method<set_three_ids<setresuid, uid_arg>>("setresuid", "($module, ruid, euid, suid, /)", "Set the current process's real, effective, and saved user ids."),
    method<set_three_ids<setresgid, gid_arg>>("setresgid", "($module, rgid, egid, sgid, /)", "Set the current process's real, effective, and saved group ids."),
    method<getgrouplist_>("getgrouplist", "($module, user, group, /)", "Returns a list of groups to which a user belongs."),
    method<initgroups_>("initgroups", "($module, username, gid, /)", "Initialize the group access list."),
    {}};

}  // namespace

bool posix_add_users(PyObject* module) { return module_add_functions(module, functions); }

}  // namespace adder
