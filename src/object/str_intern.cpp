// The table of interned str. It does not count what it holds: a dying interned str takes itself out.
#include "memory/gc.h"
#include "object/object.h"
#include "object/str.h"
#include "object/str_impl.h"

namespace adder {

void share_static_str(PyObject* s);

namespace {

// Open addressing, linear probing; a removal closes the gap.
struct InternTable {
  PyObject** slots = nullptr;
  size_t mask = 0, used = 0;

  static size_t home(PyObject* s, size_t mask) { return static_cast<size_t>(str_hash(s)) & mask; }

  // The slot where `text` of this hash is or belongs.
  template <class Equal>
  PyObject** find(Py_hash_t hash, Equal&& same) {
    size_t i = static_cast<size_t>(hash) & mask;
    while (slots[i] && !(reinterpret_cast<PyASCIIObject*>(slots[i])->hash == hash && same(slots[i]))) i = (i + 1) & mask;
    return &slots[i];
  }
  bool reserve() {
    if (slots && used * 3 < mask * 2) return true;
    size_t capacity = slots ? (mask + 1) * 2 : 8192;
    auto* fresh = static_cast<PyObject**>(object_malloc(capacity * sizeof(PyObject*)));
    if (!fresh) return false;
    memset(fresh, 0, capacity * sizeof(PyObject*));
    for (size_t i = 0; slots && i <= mask; i++) {
      if (!slots[i]) continue;
      size_t j = home(slots[i], capacity - 1);
      while (fresh[j]) j = (j + 1) & (capacity - 1);
      fresh[j] = slots[i];
    }
    if (slots) object_free(slots);
    slots = fresh;
    mask = capacity - 1;
    return true;
  }
  void remove(PyObject* s) {
    size_t i = home(s, mask);
    while (slots[i] && slots[i] != s) i = (i + 1) & mask;
    if (!slots[i]) return;
    slots[i] = nullptr;
    used--;
    for (size_t j = (i + 1) & mask; slots[j]; j = (j + 1) & mask) {
      size_t h = home(slots[j], mask);
      if (((j - h) & mask) >= ((j - i) & mask)) {
        slots[i] = slots[j];
        slots[j] = nullptr;
        i = j;
      }
    }
  }
};
InternTable table;

PyObject** find_str(PyObject* s) {
  return table.find(str_hash(s), [&](PyObject* o) { return str_equal(o, s); });
}

}  // namespace

void intern_forget(PyObject* s) { table.remove(s); }

Ref intern(Ref s) {
  if (!s || !is_exact_str(s) || str_is_interned(s.object())) return s;
  if (!table.reserve()) return s;
  PyObject** slot = find_str(s.object());
  if (*slot) return Ref::copy(*slot);
  *slot = s.object();
  table.used++;
  s.as<PyASCIIObject>()->state.interned = SSTATE_INTERNED_MORTAL;
  return s;
}

Ref intern(std::string_view text) {
  if (!is_ascii_text(text.data(), text.size())) return intern(str_from_utf8(text));
  // What has one character or none is shared already.
  if (text.size() < 2 || !table.reserve()) return intern(str_from_ascii(text));
  Py_hash_t hash = hash_bytes(text.data(), text.size());
  PyObject** slot = table.find(hash, [&](PyObject* o) { return str_equals(o, text); });
  if (*slot) return Ref::copy(*slot);
  Ref s = str_from_ascii(text);
  if (!s) return s;
  *slot = s.object();
  table.used++;
  auto* head = s.as<PyASCIIObject>();
  head->hash = hash;
  head->state.interned = SSTATE_INTERNED_MORTAL;
  return s;
}

PyObject* intern_static(const char* text, size_t length) {
  Ref s = intern(std::string_view{text, length});
  if (!s) return nullptr;
  auto* a = s.as<PyASCIIObject>();
  if (a->state.interned != SSTATE_INTERNED_IMMORTAL) {
    a->state.interned = SSTATE_INTERNED_IMMORTAL;
    refcount(s.object()) += int64_t{1} << 60;
  }
  return s.release().object();
}

void intern_runtime_string(PyObject* s) {
  share_static_str(s);
  if (!table.reserve()) return;
  PyObject** slot = find_str(s);
  if (*slot) return;
  *slot = s;
  table.used++;
  reinterpret_cast<PyASCIIObject*>(s)->state.interned = SSTATE_INTERNED_IMMORTAL;
}

// Given by runtime/abi_runtime.c: calls visit for every static str.
extern "C" __attribute__((weak)) void adder_each_runtime_string(void (*visit)(PyObject*));

bool intern_runtime_strings() {
  if (adder_each_runtime_string) adder_each_runtime_string(&intern_runtime_string);
  return true;
}

}  // namespace adder
