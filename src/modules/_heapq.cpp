// The module _heapq: heaps in lists. Words are moved as they are stored; comparisons see canonical values.
#include <utility>
#include "object/builtin.h"
#include "object/containers.h"
#include "object/error.h"
#include "object/object.h"

namespace adder {

namespace {

inline int less(Value a, Value b) {
  if (a.is_int() && b.is_int()) return a.bits < b.bits;
  if (a.is_float() && b.is_float()) return a.as_float() < b.as_float();
  Ref x = Ref::copy(a), y = Ref::copy(b);
  return compare_bool(a, b, Py_LT);
}
// In a max-heap the order is turned round.
template <bool kMax>
inline int before(Value a, Value b) {
  return kMax ? less(b, a) : less(a, b);
}

bool changed() { return raise(PyExc_RuntimeError, "list changed size during iteration"); }

template <bool kMax>
bool sift_down(Value heap, Py_ssize_t start, Py_ssize_t position) {
  Py_ssize_t size = list_size(heap);
  if (position >= size) return raise(PyExc_IndexError, "index out of range");
  while (position > start) {
    Py_ssize_t parent = (position - 1) >> 1;
    int c = before<kMax>(list_get(heap, position), list_get(heap, parent));
    if (c < 0) return false;
    if (list_size(heap) != size) return changed();
    if (!c) break;
    std::swap(list_words(heap)[position], list_words(heap)[parent]);
    position = parent;
  }
  return true;
}

// Lets the hole sink to a leaf, then the item rise.
template <bool kMax>
bool sift_up(Value heap, Py_ssize_t position) {
  Py_ssize_t end = list_size(heap), start = position;
  if (position >= end) return raise(PyExc_IndexError, "index out of range");
  Py_ssize_t limit = end >> 1;
  while (position < limit) {
    Py_ssize_t child = 2 * position + 1;
    if (child + 1 < end) {
      int c = before<kMax>(list_get(heap, child), list_get(heap, child + 1));
      if (c < 0) return false;
      if (list_size(heap) != end) return changed();
      if (!c) ++child;
    }
    std::swap(list_words(heap)[position], list_words(heap)[child]);
    position = child;
  }
  return sift_down<kMax>(heap, start, position);
}

bool check(const char* function, Value heap) {
  if (is_list(heap)) return true;
  return raise(PyExc_TypeError, "%s() argument 1 must be list, not %.50s", function, is_none(heap) ? "None" : type_of(heap)->tp_name);
}

template <bool kMax>
Ref pop(Value heap) {
  Py_ssize_t n = list_size(heap);
  if (n == 0) return raise(PyExc_IndexError, "index out of range");
  Ref last = Ref::copy(list_get(heap, n - 1));
  if (!list_set_slice(heap, n - 1, n, Value{})) return {};
  if (n == 1) return last;
  Ref top = Ref::copy(list_get(heap, 0));
  if (!list_set(heap, 0, std::move(last)) || !sift_up<kMax>(heap, 0)) return {};
  return top;
}

template <bool kMax>
Ref replace(Value heap, Value item) {
  if (list_size(heap) == 0) return raise(PyExc_IndexError, "index out of range");
  Ref top = Ref::copy(list_get(heap, 0));
  if (!list_set(heap, 0, Ref::copy(item)) || !sift_up<kMax>(heap, 0)) return {};
  return top;
}

template <bool kMax>
Ref heapify(Value heap) {
  for (Py_ssize_t i = (list_size(heap) >> 1) - 1; i >= 0; i--) {
    if (!sift_up<kMax>(heap, i)) return {};
  }
  return none_ref();
}

Ref heappush(Value, const Value* a) {
  if (!check("heappush", a[0]) || !list_append(a[0], a[1])) return {};
  return sift_down<false>(a[0], 0, list_size(a[0]) - 1) ? none_ref() : Ref{};
}
Ref heappop(Value, Value heap) { return check("heappop", heap) ? pop<false>(heap) : Ref{}; }
Ref heapreplace(Value, const Value* a) { return check("heapreplace", a[0]) ? replace<false>(a[0], a[1]) : Ref{}; }
Ref heappushpop(Value, const Value* a) {
  if (!check("heappushpop", a[0])) return {};
  if (list_size(a[0]) == 0) return Ref::copy(a[1]);
  int c = less(list_get(a[0], 0), a[1]);
  if (c < 0) return {};
  if (!c) return Ref::copy(a[1]);
  if (list_size(a[0]) == 0) return raise(PyExc_IndexError, "index out of range");
  return replace<false>(a[0], a[1]);
}
Ref heapify_min(Value, Value heap) { return check("heapify", heap) ? heapify<false>(heap) : Ref{}; }
Ref heappop_max(Value, Value heap) { return check("_heappop_max", heap) ? pop<true>(heap) : Ref{}; }
Ref heapreplace_max(Value, const Value* a) { return check("_heapreplace_max", a[0]) ? replace<true>(a[0], a[1]) : Ref{}; }
Ref heapify_max(Value, Value heap) { return check("_heapify_max", heap) ? heapify<true>(heap) : Ref{}; }

const MethodRow functions[] = {
    method<heappush>("heappush", "($module, heap, item, /)", "Push item onto heap, maintaining the heap invariant."),
    method<heappushpop>("heappushpop", "($module, heap, item, /)", "Push item on the heap, then pop and return the smallest item from the heap."),
    method<heappop>("heappop", "($module, heap, /)", "Pop the smallest item off the heap, maintaining the heap invariant."),
    method<heapreplace>("heapreplace", "($module, heap, item, /)", "Pop and return the current smallest value, and add the new item."),
    method<heapify_min>("heapify", "($module, heap, /)", "Transform list into a heap, in-place, in O(len(heap)) time."),
    method<heappop_max>("_heappop_max", "($module, heap, /)", "Maxheap variant of heappop."),
    method<heapify_max>("_heapify_max", "($module, heap, /)", "Maxheap variant of heapify."),
    method<heapreplace_max>("_heapreplace_max", "($module, heap, item, /)", "Maxheap variant of heapreplace."),
    {}};

bool exec(PyObject* module) { return module_add_str(module, "__about__", "Heap queues"); }

}  // namespace

extern const ModuleDef heapq_module = {.name = "_heapq", .doc = "Heap queue algorithm (a.k.a. priority queue).", .methods = functions, .exec = exec};

}  // namespace adder
