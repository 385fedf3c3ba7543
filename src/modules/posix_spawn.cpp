// posix: starting programs: exec, posix_spawn.
#include <cerrno>
#include <csignal>
#include <spawn.h>
#include <string>
#include <unistd.h>
#include <vector>
#include "modules/posix.h"
#include "object/audit.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/str.h"

namespace adder {
namespace {

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> p;
  for (std::string& s : strings) p.push_back(s.data());
  p.push_back(nullptr);
  return p;
}
// argv: `subject` ("execv() arg 2", "execve: argv") begins the messages.
bool argument_vector(Value sequence, const char* subject, std::vector<std::string>* out) {
  if (!is_list_or_tuple(sequence)) return raise(PyExc_TypeError, "%s must be a tuple or list", subject);
  if (sequence_size(sequence) < 1) return raise(PyExc_ValueError, "%s must not be empty", subject);
  for (Py_ssize_t i = 0; i < sequence_size(sequence); i++) {
    std::string s;
    Ref item = Ref::copy(sequence_get(sequence, i));
    if (!str_encode_fs(item, &s)) return false;
    out->push_back(std::move(s));
  }
  return !out->front().empty() || raise(PyExc_ValueError, "%s first element cannot be empty", subject);
}
bool environment_vector(const char* function, Value mapping, std::vector<std::string>* out) {
  if (!is_mapping(mapping)) return raise(PyExc_TypeError, "%s: environment must be a mapping object", function);
  Ref keys = call_method(mapping, "keys"_id), values = keys ? call_method(mapping, "values"_id) : Ref{};
  Ref k = values ? to_list(keys) : Ref{}, v = k ? to_list(values) : Ref{};
  if (!v) return false;
  for (Py_ssize_t i = 0; i < list_size(k) && i < list_size(v); i++) {
    std::string name, value;
    if (!str_encode_fs(list_get(k, i), &name) || !str_encode_fs(list_get(v, i), &value)) return false;
    if (name.empty() || name.find('=', 1) != std::string::npos) return raise(PyExc_ValueError, "illegal environment variable name");
    out->push_back(name + "=" + value);
  }
  return true;
}

Ref execv_(Value, const Value* a) {
  PathArg path;
  std::vector<std::string> argv;
  if (!path.parse(a[0], "execv", "path", 0) || !argument_vector(a[1], "execv() arg 2", &argv) || !audit("os.exec", {path.object.get(), a[1], none()})) return Ref{};
  execv(path.text.c_str(), pointers(argv).data());
  return failed();
}
Ref execve_(Value, const Value* a) {
  PathArg path;
  std::vector<std::string> argv, env;
  if (!path.parse(a[0], "execve", "path", kAllowFd) || !argument_vector(a[1], "execve: argv", &argv) || !environment_vector("execve", a[2], &env) ||
      !audit("os.exec", {path.object.get(), a[1], a[2]})) return Ref{};
  auto p = pointers(argv), e = pointers(env);
  if (path.fd >= 0) fexecve(path.fd, p.data(), e.data());
  else execve(path.text.c_str(), p.data(), e.data());
  return path.fail();
}

// --- posix_spawn ----------------------------------------------------------------------------------------------------------------------------
class Actions {
 public:
  Actions() { posix_spawn_file_actions_init(&actions_); }
  ~Actions() { posix_spawn_file_actions_destroy(&actions_); }
  Actions(const Actions&) = delete;
  bool fill(Value sequence) {
    if (sequence.absent() || is_none(sequence)) return true;
    Ref list = to_fast_sequence(sequence, "file_actions must be a sequence or None");
    for (Py_ssize_t i = 0; list && i < sequence_size(list); i++) {
      Ref action = Ref::copy(sequence_get(list, i));
      if (!add(action)) return false;
    }
    return static_cast<bool>(list);
  }
  const posix_spawn_file_actions_t* get() const { return &actions_; }
 private:
  enum Kind { kOpen, kClose, kDup2 };  // POSIX_SPAWN_OPEN and its kin
  bool add(Value action) {
    if (!is_tuple(action) || tuple_size(action) < 1) return raise(PyExc_TypeError, "Each file_actions element must be a non-empty tuple");
    int kind, error = 0, fd = -1, to, flags, mode;
    auto item = [&](Py_ssize_t i) { return tuple_get(action, i); };
    if (!as_int(item(0), &kind)) return false;
    auto counts = [&](Py_ssize_t n, const char* what) {
      return tuple_size(action) == n || raise(PyExc_TypeError, "A%s file_action tuple must have %zd elements", what, n);
    };
    if (kind == kOpen) {
      PathArg file;
      if (!counts(5, "n open") || !as_int(item(1), &fd) || !file.parse(item(2), "posix_spawn", "path", 0) || !as_int(item(3), &flags) || !as_int(item(4), &mode)) return false;
      error = posix_spawn_file_actions_addopen(&actions_, fd, file.text.c_str(), flags, static_cast<mode_t>(mode));
    } else if (kind == kClose) {
      if (!counts(2, " close") || !as_int(item(1), &fd)) return false;
      error = posix_spawn_file_actions_addclose(&actions_, fd);
    } else if (kind == kDup2) {
      if (!counts(3, " dup2") || !as_int(item(1), &fd) || !as_int(item(2), &to)) return false;
      error = posix_spawn_file_actions_adddup2(&actions_, fd, to);
    } else {
      return raise(PyExc_TypeError, "Unknown file_actions identifier");
    }
    errno = error;
    return error == 0 || raise_errno(PyExc_OSError);
  }
  posix_spawn_file_actions_t actions_;
};
class Attributes {
 public:
  Attributes() { posix_spawnattr_init(&attributes_); }
  ~Attributes() { posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  bool fill(const char* function, Value group, Value reset_ids, Value session, Value mask, Value defaults, Value scheduler) {
    int flags = 0, number, reset, leader;
    sigset_t set;
    auto done = [](int error) {
      errno = error;
      return error == 0 || raise_errno(PyExc_OSError);
    };
    if (group) {
      if (!as_int(group, &number) || !done(posix_spawnattr_setpgroup(&attributes_, number))) return false;
      flags |= POSIX_SPAWN_SETPGROUP;
    }
    if (!int_arg(reset_ids, 0, &reset) || !int_arg(session, 0, &leader)) return false;
    if (reset) flags |= POSIX_SPAWN_RESETIDS;
    if (leader) flags |= POSIX_SPAWN_SETSID;
    if (mask) {
      if (!signal_set(mask, &set) || !done(posix_spawnattr_setsigmask(&attributes_, &set))) return false;
      flags |= POSIX_SPAWN_SETSIGMASK;
    }
    if (defaults) {
      if (!signal_set(defaults, &set) || !done(posix_spawnattr_setsigdefault(&attributes_, &set))) return false;
      flags |= POSIX_SPAWN_SETSIGDEF;
    }
    if (scheduler && !is_none(scheduler)) {
      sched_param param;
      if (!is_tuple(scheduler) || tuple_size(scheduler) != 2) return raise(PyExc_TypeError, "%s: scheduler must be a tuple or None", function);
      if (!sched_param_arg(tuple_get(scheduler, 1), &param)) return false;
      if (!is_none(tuple_get(scheduler, 0))) {
        if (!as_int(tuple_get(scheduler, 0), &number) || !done(posix_spawnattr_setschedpolicy(&attributes_, number))) return false;
        flags |= POSIX_SPAWN_SETSCHEDULER;
      }
      if (!done(posix_spawnattr_setschedparam(&attributes_, &param))) return false;
      flags |= POSIX_SPAWN_SETSCHEDPARAM;
    }
    return done(posix_spawnattr_setflags(&attributes_, static_cast<short>(flags)));
  }
  const posix_spawnattr_t* get() const { return &attributes_; }
 private:
  posix_spawnattr_t attributes_;
};
Ref spawn(const char* function, const char* subject, decltype(&posix_spawn) start, const Value* a) {
  PathArg path;
  std::vector<std::string> argv, env;
  Actions actions;
  Attributes attributes;
  if (!path.parse(a[0], function, "path", 0) || !argument_vector(a[1], subject, &argv)) return Ref{};
  if (!environment_vector(function, a[2], &env) || !actions.fill(a[3]) || !attributes.fill(function, a[4], a[5], a[6], a[7], a[8], a[9]) ||
      !audit("os.posix_spawn", {path.object.get(), a[1], a[2]})) return Ref{};
  pid_t pid;
  errno = start(&pid, path.text.c_str(), actions.get(), attributes.get(), pointers(argv).data(), pointers(env).data());
  return errno ? path.fail() : int_from_i64(pid);
}
Ref posix_spawn_(Value, const Value* a) { return spawn("posix_spawn", "posix_spawn: argv", &posix_spawn, a); }
Ref posix_spawnp_(Value, const Value* a) { return spawn("posix_spawnp", "posix_spawnp: argv", &posix_spawnp, a); }

constexpr const char* kSpawnSignature = "($module, path, argv, env, /, *, file_actions=(), setpgroup=<unrepresentable>, resetids=False, setsid=False, setsigmask=<unrepresentable>, setsigdef=<unrepresentable>, scheduler=<unrepresentable>)";
const MethodRow functions[] = {
    method<execv_>("execv", "($module, path, argv, /)", "Execute an executable path with arguments, replacing current process."),
    method<execve_>("execve", "($module, /, path, argv, env)", "Execute an executable path with arguments, replacing current process."),
    method<posix_spawn_>("posix_spawn", kSpawnSignature, "Execute the program specified by path in a new process."),
    method<posix_spawnp_>("posix_spawnp", kSpawnSignature, "Execute the program specified by path in a new process."),
    {}};

}  // namespace

bool posix_add_spawn(PyObject* module) { return module_add_functions(module, functions); }

}  // namespace adder
