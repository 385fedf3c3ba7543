// The hooks and how they are called. They are kept where the collector does not look, as they are no business of the program audited.
#include "object/audit.h"

#include <vector>

#include "object/builtin.h"
#include "object/containers.h"
#include "object/object.h"
#include "object/str.h"

namespace adder {

bool audit_hooked = false;

namespace {

struct NativeHook {
  Py_AuditHookFunction call;
  void* data;
};
struct AuditHooks {
  std::vector<Ref> python;
  std::vector<NativeHook> native;
};
AuditHooks& audit_hooks() {
  static AuditHooks& all = *new AuditHooks;  // never destroyed: threads may outlive the process's statics
  return all;
}

// A hook is not traced unless it asks for it.
bool call_hook(Value hook, Value name, Value args) {
  Ref wish;
  if (lookup_attr(hook, "__cantrace__"_id, &wish) < 0) return false;
  int traced = wish ? is_true(wish) : 0;
  if (traced < 0) return false;
  PyThreadState* t = current_thread();
  if (!traced) t->tracing++;
  Ref done = call(hook, {name, args});
  if (!traced) t->tracing--;
  return static_cast<bool>(done);
}

}  // namespace

bool audit(const char* event, Value args) {
  if (!audit_active()) return true;
  AuditHooks& all = audit_hooks();
  for (size_t i = 0; i < all.native.size(); i++) {
    if (all.native[i].call(event, args.object(), all.native[i].data) < 0) return false;
  }
  if (all.python.empty()) return true;
  Ref name = str_from_utf8(event);
  for (size_t i = 0; name && i < all.python.size(); i++) {
    Ref hook = Ref::copy(all.python[i]);
    if (!call_hook(hook, name, args)) return false;
  }
  return static_cast<bool>(name);
}

bool audit_event(const char* event, std::initializer_list<Value> args) {
  Ref tuple = tuple_new(static_cast<Py_ssize_t>(args.size()));
  if (!tuple) return false;
  Py_ssize_t i = 0;
  for (Value v : args) tuple_init(tuple, i++, Ref::copy(v ? v : none()));
  return audit(event, tuple);
}

void audit_add_hook(Ref hook) {
  audit_hooks().python.push_back(std::move(hook));
  audit_hooked = true;
}
void audit_add_hook(Py_AuditHookFunction hook, void* data) {
  audit_hooks().native.push_back({hook, data});
  audit_hooked = true;
}
void audit_clear_hooks() {
  std::vector<Ref> gone = std::move(audit_hooks().python);
  audit_hooks().python.clear();
  audit_hooked = !audit_hooks().native.empty();
}

}  // namespace adder
