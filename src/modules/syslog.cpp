// syslog: messages to the system's log.
#include <string>
#include <syslog.h>
#include "modules/sys.h"
#include "object/arguments.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str.h"
#include "runtime/interpreter.h"

namespace adder {
namespace {

std::string* ident = nullptr;  // openlog() keeps the pointer
bool is_open = false;

// The script's name, where there is one.
std::string default_ident() {
  Value argv = sys_get("argv");
  if (!argv || !is_list(argv) || list_size(argv) == 0 || !is_str(list_get(argv, 0))) return {};
  std::string path;
  if (!str_encode_fs(list_get(argv, 0), &path)) {
    clear_error();
    return {};
  }
  return path.substr(path.rfind('/') + 1);
}

Ref open_log(Value given, int64_t option, int64_t facility) {
  std::string name;
  bool known = given && !is_none(given);
  if (known) {
    std::string_view text = str_utf8(given);
    if (!text.data()) return {};
    if (text.find('\0') != std::string_view::npos) return raise(PyExc_ValueError, "embedded null character");
    name = text;
  } else {
    name = default_ident();
    known = !name.empty();
  }
  if (audit_active()) {
    Ref shown = known ? str_decode_fs(name) : none_ref(), o = int_from_i64(option), f = int_from_i64(facility);
    Ref event = shown && o && f ? tuple_of({shown, o, f}) : Ref{};
    if (!event || !audit("syslog.openlog", event)) return {};
  }
  auto* fresh = new std::string(std::move(name));
  openlog(known ? fresh->c_str() : nullptr, static_cast<int>(option), static_cast<int>(facility));
  delete ident;
  ident = fresh;
  is_open = true;
  return none_ref();
}

Ref m_openlog(Value, const Value* a) {
  int64_t option = 0, facility = LOG_USER;
  if (a[0] && !is_none(a[0]) && !is_str(a[0])) return raise(PyExc_TypeError, "openlog() argument 'ident' must be str, not %.50s", type_of(a[0])->tp_name);
  if ((a[1] && !as_i64(a[1], &option)) || (a[2] && !as_i64(a[2], &facility))) return {};
  return open_log(a[0], option, facility);
}

Ref m_syslog(Value, Args args) {
  if (!reject_keywords("syslog", args)) return {};
  if (args.n < 1 || args.n > 2) return raise(PyExc_TypeError, "syslog.syslog requires 1 to 2 arguments");
  int priority = LOG_INFO;
  if (args.n == 2 && !as_int(args[0], &priority)) return {};
  Value message = args[args.n - 1];
  if (!is_str(message)) {
    return raise(PyExc_TypeError, "syslog() argument %zu must be str, not %.50s", args.n, is_none(message) ? "None" : type_of(message)->tp_name);
  }
  std::string_view text = str_utf8(message);
  if (!text.data()) return {};
  if (text.find('\0') != std::string_view::npos) return raise(PyExc_ValueError, "embedded null character");
  if (audit_active()) {
    Ref event = tuple_of({Value::from_int(priority), message});
    if (!event || !audit("syslog.syslog", event)) return {};
  }
  if (!is_open && !open_log({}, 0, LOG_USER)) return {};
  Ref held = Ref::copy(message);
  PyThreadState* thread = PyEval_SaveThread();
  ::syslog(priority, "%s", text.data());
  PyEval_RestoreThread(thread);
  return none_ref();
}

Ref m_closelog(Value) {
  if (audit_active()) {
    Ref event = tuple_empty();
    if (!event || !audit("syslog.closelog", event)) return {};
  }
  if (is_open) {
    closelog();
    delete ident;
    ident = nullptr;
    is_open = false;
  }
  return none_ref();
}
Ref m_setlogmask(Value, Value mask) {
  int64_t m;
  if (!as_i64(mask, &m)) return {};
  if (audit_active()) {
    Ref number = int_from_i64(m), event = number ? tuple_of({number}) : Ref{};
    if (!event || !audit("syslog.setlogmask", event)) return {};
  }
  return Ref::from_int(setlogmask(static_cast<int>(m)));
}
Ref m_log_mask(Value, Value priority) {
  int64_t p;
  return as_i64(priority, &p) ? Ref::from_int(LOG_MASK(static_cast<int>(p))) : Ref{};
}
Ref m_log_upto(Value, Value priority) {
  int64_t p;
  return as_i64(priority, &p) ? Ref::from_int(LOG_UPTO(static_cast<int>(p))) : Ref{};
}

const MethodRow functions[] = {
    method<m_openlog>("openlog", "($module, /, ident=<unrepresentable>, logoption=0, facility=LOG_USER)", "Set logging options of subsequent syslog() calls."),
    method<m_syslog>("syslog", "", "syslog([priority=LOG_INFO,] message)\nSend the string message to the system logger."),
    method<m_closelog>("closelog", "($module, /)", "Reset the syslog module values and call the system library closelog()."),
    method<m_setlogmask>("setlogmask", "($module, maskpri, /)", "Set the priority mask to maskpri and return the previous mask value."),
    method<m_log_mask>("LOG_MASK", "($module, pri, /)", "Calculates the mask for the individual priority pri."),
    method<m_log_upto>("LOG_UPTO", "($module, pri, /)", "Calculates the mask for all priorities up to and including pri."),
    {}};

#define C(name) {#name, name}
const struct {
  const char* name;
  int value;
} constants[] = {C(LOG_EMERG), C(LOG_ALERT), C(LOG_CRIT), C(LOG_ERR), C(LOG_WARNING), C(LOG_NOTICE), C(LOG_INFO), C(LOG_DEBUG),
                 C(LOG_PID), C(LOG_CONS), C(LOG_NDELAY), C(LOG_ODELAY), C(LOG_NOWAIT), C(LOG_PERROR),
                 C(LOG_KERN), C(LOG_USER), C(LOG_MAIL), C(LOG_DAEMON), C(LOG_AUTH), C(LOG_LPR),
                 C(LOG_LOCAL0), C(LOG_LOCAL1), C(LOG_LOCAL2), C(LOG_LOCAL3), C(LOG_LOCAL4), C(LOG_LOCAL5), C(LOG_LOCAL6), C(LOG_LOCAL7),
                 C(LOG_SYSLOG), C(LOG_CRON), C(LOG_UUCP), C(LOG_NEWS), C(LOG_AUTHPRIV)};
#undef C

bool exec(PyObject* module) {
  for (auto& c : constants)
    if (!module_add_int(module, c.name, c.value)) return false;
  return true;
}

}  // namespace

extern const ModuleDef syslog_module{.name = "syslog", .methods = functions, .exec = exec};

}  // namespace adder
