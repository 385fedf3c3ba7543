// The account of live blocks and objects: a count and a set under a lock, as blocks come and go in threads without the GIL too.
#ifdef ADDER_COUNT_REFS
#include "memory/live.h"
#include <mutex>
#include <unordered_set>
#include <vector>
#include "memory/gc_state.h"
#include "object/containers.h"

namespace adder {
namespace {

struct Account {
  std::mutex lock;
  std::unordered_set<const void*> objects;
  Py_ssize_t blocks = 0;
};
// Never destroyed: threads and static destructors free blocks after main.
Account& account() {
  static auto* the_account = new Account;
  return *the_account;
}

const void* behind_head(const void* block) { return static_cast<const char*>(block) + sizeof(GCHead); }

}  // namespace

void live_block(const void* p) {
  if (!p) return;
  Account& a = account();
  std::lock_guard guard(a.lock);
  a.blocks++;
}

void live_object(PyObject* o) {
  Account& a = account();
  std::lock_guard guard(a.lock);
  a.objects.insert(o);
}

void live_moved(const void* from, const void* to) {
  Account& a = account();
  std::lock_guard guard(a.lock);
  if (!from) a.blocks++;
  if (!from || from == to) return;
  if (a.objects.erase(from)) a.objects.insert(to);
  else if (a.objects.erase(behind_head(from))) a.objects.insert(behind_head(to));
}

void live_gone(const void* p) {
  if (!p) return;
  Account& a = account();
  std::lock_guard guard(a.lock);
  a.blocks--;
  if (!a.objects.erase(p)) a.objects.erase(behind_head(p));
}

Py_ssize_t live_blocks() {
  Account& a = account();
  std::lock_guard guard(a.lock);
  return a.blocks;
}

Py_ssize_t live_references() {
  Account& a = account();
  std::lock_guard guard(a.lock);
  Py_ssize_t total = 0;
  for (const void* o : a.objects) {
    Py_ssize_t count = static_cast<const PyObject*>(o)->ob_refcnt;
    if (count < Py_ssize_t{1} << 59) total += count;  // not the immortal ones, which start at twice that
  }
  return total;
}

bool live_append(Value list) {
  std::vector<PyObject*> found;
  {
    Account& a = account();
    std::lock_guard guard(a.lock);
    for (const void* o : a.objects)
      if (static_cast<const PyObject*>(o)->ob_refcnt > 0 && o != list.object()) found.push_back(static_cast<PyObject*>(const_cast<void*>(o)));
  }
  for (PyObject* o : found)
    if (!list_append(list, Value{o})) return false;
  return true;
}

}  // namespace adder
#endif
