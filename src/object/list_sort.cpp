// list.sort: a stable merge sort of natural runs (powersort's merge order, galloping merges), with comparisons chosen
// once where all keys are ints, floats, str or tuples, and made on words copied from them where that is possible.
#include <bit>
#include <cstring>
#include <utility>
#include "object/sequence.h"

namespace adder {

namespace {

// Comparisons: 1 less, 0 not, -1 exception.
struct LessInt {
  int operator()(Value a, Value b) const { return a.bits < b.bits; }
};
struct LessFloat {
  int operator()(Value a, Value b) const { return a.as_float() < b.as_float(); }
};
struct LessStr {
  int operator()(Value a, Value b) const {
    if (str_kind(a) == 1 && str_kind(b) == 1) {
      Py_ssize_t n = str_length(a), m = str_length(b);
      int c = memcmp(str_data(a), str_data(b), static_cast<size_t>(n < m ? n : m));
      return c != 0 ? c < 0 : n < m;
    }
    return str_compare(a, b) < 0;
  }
};
// Compact ASCII only. The first eight bytes decide most pairs.
struct LessAscii {
  int operator()(Value a, Value b) const {
    const char* p = reinterpret_cast<const char*>(a.as<PyASCIIObject>() + 1);
    const char* q = reinterpret_cast<const char*>(b.as<PyASCIIObject>() + 1);
    auto n = static_cast<size_t>(str_length(a)), m = static_cast<size_t>(str_length(b));
    size_t common = n < m ? n : m;
    if (common >= 8) {
      uint64_t x, y;
      memcpy(&x, p, 8);
      memcpy(&y, q, 8);
      if (x != y) return __builtin_bswap64(x) < __builtin_bswap64(y);
    }
    int c = memcmp(p, q, common);
    return c != 0 ? c < 0 : n < m;
  }
};
struct LessAny {
  int operator()(Value a, Value b) const {
    if (a.is_int() && b.is_int()) return a.bits < b.bits;
    return compare_bool(a, b, Py_LT);
  }
};
// Objects of one type: its comparison at once, without asking which of the two comes first. A comparison may give the type another.
struct LessOfType {
  int operator()(Value a, Value b) const {
    PyTypeObject* type = a.object()->ob_type;
    CompareFn compare = slots_of(type).tp_richcompare;
    if (ADDER_UNLIKELY(b.object()->ob_type != type || !compare)) return compare_bool(a, b, Py_LT);
    Ref r = compare(a, b, Py_LT);
    if (ADDER_LIKELY(r.get() == boolean(true))) return 1;
    if (ADDER_LIKELY(r.get() == boolean(false))) return 0;
    if (!r) return -1;
    return r.get() == not_implemented() ? compare_bool(a, b, Py_LT) : is_true(r);
  }
};
// Exact tuples: pairs of like items are compared directly as far as they go.
struct LessTuple {
  int operator()(Value a, Value b) const {
    Py_ssize_t n = tuple_size(a), m = tuple_size(b), common = n < m ? n : m;
    for (Py_ssize_t i = 0; i < common; i++) {
      Value x = tuple_get(a, i), y = tuple_get(b, i);
      if (x == y && !x.is_float()) continue;
      if (x.is_int() && y.is_int()) return x.bits < y.bits;
      if (x.is_float() && y.is_float()) {
        double d = x.as_float(), e = y.as_float();
        if (d < e) return 1;
        if (d > e) return 0;
        if (d == e) continue;
      } else if (is_exact_str(x) && is_exact_str(y)) {
        int c = str_compare(x, y);
        if (c != 0) return c < 0;
        continue;
      }
      Ref r = compare_sequences(a, b, Py_LT);
      return r ? is_true(r) : -1;
    }
    return n < m;
  }
};

// A key with what decides most comparisons copied out of it, so that they need not look at the object: order-preserving words of the key,
// or of a tuple's first two items. Equal words say that the items are equal, but for a str of more than seven characters: what differs behind
// such a first item decides nothing.
struct Prefixed {
  uint64_t first, second;
  Value key;
};
enum class Head : uint8_t { kOther, kInt, kFloat, kAscii };
inline Head head_of(Value v) {
  if (v.is_int()) return Head::kInt;
  if (v.is_float()) return v.as_float() == v.as_float() ? Head::kFloat : Head::kOther;
  return is_exact_str(v) && v.as<PyASCIIObject>()->state.compact && str_is_ascii(v) ? Head::kAscii : Head::kOther;
}
constexpr uint8_t kLonger = 8;  // the last byte of a str's word is its length up to seven, else this
uint64_t word_of_head(Value v, Head head) {
  switch (head) {
    case Head::kInt: return v.bits;
    case Head::kFloat: {
      double d = v.as_float();
      auto bits = std::bit_cast<uint64_t>(d == 0 ? 0.0 : d);
      return bits >> 63 ? ~bits : bits | uint64_t{1} << 63;
    }
    case Head::kAscii: {
      auto n = static_cast<size_t>(str_length(v));
      char bytes[8] = {};
      memcpy(bytes, v.as<PyASCIIObject>() + 1, n < 7 ? n : 7);
      bytes[7] = static_cast<char>(n <= 7 ? n : kLonger);
      uint64_t word;
      memcpy(&word, bytes, 8);
      return __builtin_bswap64(word);
    }
    default: return 0;
  }
}
template <class Rest, bool strings>
struct LessPrefixed {
  int operator()(const Prefixed& a, const Prefixed& b) const {
    if (a.first != b.first) return a.first < b.first;
    if (a.second != b.second && !(strings && static_cast<uint8_t>(a.first) == kLonger)) return a.second < b.second;
    return Rest{}(a.key, b.key);
  }
};

template <class Less, class Key = Value>
class MergeSort {
 public:
  // values may be null: the keys are what is sorted.
  MergeSort(Key* keys, Value* values, Py_ssize_t n) : keys_(keys), values_(values), n_(n) {}
  ~MergeSort() {
    if (tmp_keys_ != local_keys_) object_free(tmp_keys_);
    if (tmp_values_ != local_values_) object_free(tmp_values_);
  }

  bool sort() {
    if (n_ < 2) return true;
    Py_ssize_t min_run = compute_min_run(n_), low = 0, left = n_;
    while (left > 0) {
      Py_ssize_t run;
      if (!count_run(low, low + left, &run)) return false;
      if (run < min_run) {
        Py_ssize_t forced = left < min_run ? left : min_run;
        if (!insert_sorted(low, low + forced, low + run)) return false;
        run = forced;
      }
      if (!found_run(low, run)) return false;
      low += run;
      left -= run;
    }
    while (run_count_ > 1) {
      if (!merge_at(run_count_ - 2)) return false;
    }
    return true;
  }

 private:
  struct Run {
    Py_ssize_t base, length;
    int power;
  };
  Key* keys_;
  Value* values_;
  Py_ssize_t n_;
  Less less_;
  Run runs_[90];
  int run_count_ = 0;
  Py_ssize_t min_gallop_ = 7;
  static constexpr Py_ssize_t kLocal = 128;
  Key local_keys_[kLocal];
  Value local_values_[kLocal];
  Key* tmp_keys_ = local_keys_;
  Value* tmp_values_ = local_values_;
  Py_ssize_t tmp_capacity_ = kLocal;

  static Py_ssize_t compute_min_run(Py_ssize_t n) {
    Py_ssize_t r = 0;
    while (n >= 64) {
      r |= n & 1;
      n >>= 1;
    }
    return n + r;
  }

  void reverse(Py_ssize_t lo, Py_ssize_t hi) {
    for (Py_ssize_t i = lo, k = hi - 1; i < k; i++, k--) {
      std::swap(keys_[i], keys_[k]);
      if (values_) std::swap(values_[i], values_[k]);
    }
  }

  // The length of the run that begins at lo; a strictly descending one is reversed.
  bool count_run(Py_ssize_t lo, Py_ssize_t hi, Py_ssize_t* length) {
    *length = hi - lo;
    if (lo + 1 >= hi) return true;
    int c = less_(keys_[lo + 1], keys_[lo]);
    if (c < 0) return false;
    Py_ssize_t i = lo + 2;
    if (c) {
      for (; i < hi; i++) {
        if ((c = less_(keys_[i], keys_[i - 1])) < 0) return false;
        if (!c) break;
      }
      reverse(lo, i);
    } else {
      for (; i < hi; i++) {
        if ((c = less_(keys_[i], keys_[i - 1])) < 0) return false;
        if (c) break;
      }
    }
    *length = i - lo;
    return true;
  }

  // Binary insertion of [start, hi) into the sorted [lo, start).
  bool insert_sorted(Py_ssize_t lo, Py_ssize_t hi, Py_ssize_t start) {
    if (start == lo) ++start;
    for (; start < hi; start++) {
      Key pivot = keys_[start];
      Py_ssize_t l = lo, r = start;
      while (l < r) {
        Py_ssize_t m = l + ((r - l) >> 1);
        int c = less_(pivot, keys_[m]);
        if (c < 0) return false;
        if (c) r = m;
        else l = m + 1;
      }
      memmove(static_cast<void*>(keys_ + l + 1), keys_ + l, static_cast<size_t>(start - l) * sizeof(Key));
      keys_[l] = pivot;
      if (values_) {
        Value v = values_[start];
        memmove(static_cast<void*>(values_ + l + 1), values_ + l, static_cast<size_t>(start - l) * sizeof(Value));
        values_[l] = v;
      }
    }
    return true;
  }

  // Powersort: the depth in the merge tree of the boundary between two adjacent runs.
  int power_of(Py_ssize_t s1, Py_ssize_t n1, Py_ssize_t n2) const {
    Py_ssize_t a = 2 * s1 + n1, b = a + n1 + n2;
    int result = 0;
    for (;;) {
      ++result;
      if (a >= n_) {
        a -= n_;
        b -= n_;
      } else if (b >= n_) {
        return result;
      }
      a <<= 1;
      b <<= 1;
    }
  }

  bool found_run(Py_ssize_t base, Py_ssize_t length) {
    if (run_count_) {
      Run& last = runs_[run_count_ - 1];
      int power = power_of(last.base, last.length, length);
      while (run_count_ > 1 && runs_[run_count_ - 2].power > power) {
        if (!merge_at(run_count_ - 2)) return false;
      }
      runs_[run_count_ - 1].power = power;
    }
    runs_[run_count_++] = {base, length, 0};
    return true;
  }

  bool need(Py_ssize_t n) {
    if (n <= tmp_capacity_) return true;
    if (tmp_keys_ != local_keys_) object_free(tmp_keys_);
    if (tmp_values_ != local_values_) object_free(tmp_values_);
    tmp_keys_ = local_keys_;
    tmp_values_ = local_values_;
    tmp_capacity_ = kLocal;
    auto* k = static_cast<Key*>(object_malloc(static_cast<size_t>(n) * sizeof(Key)));
    if (!k) return raise_no_memory();
    tmp_keys_ = k;
    if (values_) {
      auto* v = static_cast<Value*>(object_malloc(static_cast<size_t>(n) * sizeof(Value)));
      if (!v) return raise_no_memory();
      tmp_values_ = v;
    }
    tmp_capacity_ = n;
    return true;
  }

  template <class T>
  static void move(T* to, const T* from, Py_ssize_t n) { memmove(static_cast<void*>(to), from, static_cast<size_t>(n) * sizeof(T)); }
  void save(Py_ssize_t from, Py_ssize_t n) {
    move(tmp_keys_, keys_ + from, n);
    if (values_) move(tmp_values_, values_ + from, n);
  }
  void restore(Py_ssize_t to, Py_ssize_t tmp, Py_ssize_t n) {
    move(keys_ + to, tmp_keys_ + tmp, n);
    if (values_) move(values_ + to, tmp_values_ + tmp, n);
  }
  void shift(Py_ssize_t to, Py_ssize_t from, Py_ssize_t n) {
    move(keys_ + to, keys_ + from, n);
    if (values_) move(values_ + to, values_ + from, n);
  }

  // Where key belongs in the sorted a[0, n), left of equal ones, searching outwards from hint; -1 on error.
  Py_ssize_t gallop_left(const Key& key, const Key* a, Py_ssize_t n, Py_ssize_t hint) {
    Py_ssize_t last = 0, offset = 1;
    int c = less_(a[hint], key);
    if (c < 0) return -1;
    if (c) {
      Py_ssize_t max = n - hint;
      while (offset < max) {
        if ((c = less_(a[hint + offset], key)) < 0) return -1;
        if (!c) break;
        last = offset;
        offset = (offset << 1) + 1;
      }
      if (offset > max) offset = max;
      last += hint;
      offset += hint;
    } else {
      Py_ssize_t max = hint + 1;
      while (offset < max) {
        if ((c = less_(a[hint - offset], key)) < 0) return -1;
        if (c) break;
        last = offset;
        offset = (offset << 1) + 1;
      }
      if (offset > max) offset = max;
      Py_ssize_t t = last;
      last = hint - offset;
      offset = hint - t;
    }
    ++last;
    while (last < offset) {
      Py_ssize_t m = last + ((offset - last) >> 1);
      if ((c = less_(a[m], key)) < 0) return -1;
      if (c) last = m + 1;
      else offset = m;
    }
    return offset;
  }

  // The same, right of equal ones.
  Py_ssize_t gallop_right(const Key& key, const Key* a, Py_ssize_t n, Py_ssize_t hint) {
    Py_ssize_t last = 0, offset = 1;
    int c = less_(key, a[hint]);
    if (c < 0) return -1;
    if (c) {
      Py_ssize_t max = hint + 1;
      while (offset < max) {
        if ((c = less_(key, a[hint - offset])) < 0) return -1;
        if (!c) break;
        last = offset;
        offset = (offset << 1) + 1;
      }
      if (offset > max) offset = max;
      Py_ssize_t t = last;
      last = hint - offset;
      offset = hint - t;
    } else {
      Py_ssize_t max = n - hint;
      while (offset < max) {
        if ((c = less_(key, a[hint + offset])) < 0) return -1;
        if (c) break;
        last = offset;
        offset = (offset << 1) + 1;
      }
      if (offset > max) offset = max;
      last += hint;
      offset += hint;
    }
    ++last;
    while (last < offset) {
      Py_ssize_t m = last + ((offset - last) >> 1);
      if ((c = less_(key, a[m])) < 0) return -1;
      if (c) offset = m;
      else last = m + 1;
    }
    return offset;
  }

  bool merge_at(int i) {
    Py_ssize_t s1 = runs_[i].base, n1 = runs_[i].length, s2 = runs_[i + 1].base, n2 = runs_[i + 1].length;
    runs_[i].length = n1 + n2;
    if (i == run_count_ - 3) runs_[i + 1] = runs_[i + 2];
    --run_count_;
    // What already stands right at either end stays.
    Py_ssize_t k = gallop_right(keys_[s2], keys_ + s1, n1, 0);
    if (k < 0) return false;
    s1 += k;
    n1 -= k;
    if (n1 == 0) return true;
    n2 = gallop_left(keys_[s1 + n1 - 1], keys_ + s2, n2, n2 - 1);
    if (n2 <= 0) return n2 == 0;
    return n1 <= n2 ? merge_low(s1, n1, s2, n2) : merge_high(s1, n1, s2, n2);
  }

  // Merges with the left run in temporary memory, from the left.
  bool merge_low(Py_ssize_t s1, Py_ssize_t n1, Py_ssize_t s2, Py_ssize_t n2) {
    if (!need(n1)) return false;
    save(s1, n1);
    Py_ssize_t dest = s1, a = 0;
    auto take_right = [&] {
      keys_[dest] = keys_[s2];
      if (values_) values_[dest] = values_[s2];
      ++dest; ++s2; --n2;
    };
    auto take_left = [&] {
      keys_[dest] = tmp_keys_[a];
      if (values_) values_[dest] = tmp_values_[a];
      ++dest; ++a; --n1;
    };
    bool ok = true;
    Py_ssize_t min_gallop = min_gallop_;
    take_right();
    if (n2 == 0) goto finish;
    if (n1 == 1) goto copy_right;
    for (;;) {
      Py_ssize_t left_wins = 0, right_wins = 0;
      for (;;) {
        int c = less_(keys_[s2], tmp_keys_[a]);
        if (c < 0) { ok = false; goto finish; }
        if (c) {
          take_right();
          ++right_wins;
          left_wins = 0;
          if (n2 == 0) goto finish;
          if (right_wins >= min_gallop) break;
        } else {
          take_left();
          ++left_wins;
          right_wins = 0;
          if (n1 == 1) goto copy_right;
          if (left_wins >= min_gallop) break;
        }
      }
      ++min_gallop;
      do {
        min_gallop -= min_gallop > 1;
        min_gallop_ = min_gallop;
        Py_ssize_t k = gallop_right(keys_[s2], tmp_keys_ + a, n1, 0);
        left_wins = k;
        if (k < 0) { ok = false; goto finish; }
        if (k) {
          restore(dest, a, k);
          dest += k;
          a += k;
          n1 -= k;
          if (n1 == 1) goto copy_right;
          if (n1 == 0) goto finish;  // only with an inconsistent comparison
        }
        take_right();
        if (n2 == 0) goto finish;
        k = gallop_left(tmp_keys_[a], keys_ + s2, n2, 0);
        right_wins = k;
        if (k < 0) { ok = false; goto finish; }
        if (k) {
          shift(dest, s2, k);
          dest += k;
          s2 += k;
          n2 -= k;
          if (n2 == 0) goto finish;
        }
        take_left();
        if (n1 == 1) goto copy_right;
      } while (left_wins >= 7 || right_wins >= 7);
      ++min_gallop;
      min_gallop_ = min_gallop;
    }
  finish:
    if (n1) restore(dest, a, n1);
    return ok;
  copy_right:  // the last of the left run belongs at the end
    shift(dest, s2, n2);
    keys_[dest + n2] = tmp_keys_[a];
    if (values_) values_[dest + n2] = tmp_values_[a];
    return true;
  }

  // Merges with the right run in temporary memory, from the right.
  bool merge_high(Py_ssize_t s1, Py_ssize_t n1, Py_ssize_t s2, Py_ssize_t n2) {
    if (!need(n2)) return false;
    save(s2, n2);
    Py_ssize_t dest = s2 + n2 - 1, a = s1 + n1 - 1, b = n2 - 1;
    auto take_left = [&] {
      keys_[dest] = keys_[a];
      if (values_) values_[dest] = values_[a];
      --dest; --a; --n1;
    };
    auto take_right = [&] {
      keys_[dest] = tmp_keys_[b];
      if (values_) values_[dest] = tmp_values_[b];
      --dest; --b; --n2;
    };
    bool ok = true;
    Py_ssize_t min_gallop = min_gallop_;
    take_left();
    if (n1 == 0) goto finish;
    if (n2 == 1) goto copy_left;
    for (;;) {
      Py_ssize_t left_wins = 0, right_wins = 0;
      for (;;) {
        int c = less_(tmp_keys_[b], keys_[a]);
        if (c < 0) { ok = false; goto finish; }
        if (c) {
          take_left();
          ++left_wins;
          right_wins = 0;
          if (n1 == 0) goto finish;
          if (left_wins >= min_gallop) break;
        } else {
          take_right();
          ++right_wins;
          left_wins = 0;
          if (n2 == 1) goto copy_left;
          if (right_wins >= min_gallop) break;
        }
      }
      ++min_gallop;
      do {
        min_gallop -= min_gallop > 1;
        min_gallop_ = min_gallop;
        Py_ssize_t k = gallop_right(tmp_keys_[b], keys_ + s1, n1, n1 - 1);
        if (k < 0) { ok = false; goto finish; }
        k = n1 - k;
        left_wins = k;
        if (k) {
          dest -= k;
          a -= k;
          shift(dest + 1, a + 1, k);
          n1 -= k;
          if (n1 == 0) goto finish;
        }
        take_right();
        if (n2 == 1) goto copy_left;
        k = gallop_left(keys_[a], tmp_keys_, n2, n2 - 1);
        if (k < 0) { ok = false; goto finish; }
        k = n2 - k;
        right_wins = k;
        if (k) {
          dest -= k;
          b -= k;
          restore(dest + 1, b + 1, k);
          n2 -= k;
          if (n2 == 1) goto copy_left;
          if (n2 == 0) goto finish;
        }
        take_left();
        if (n1 == 0) goto finish;
      } while (left_wins >= 7 || right_wins >= 7);
      ++min_gallop;
      min_gallop_ = min_gallop;
    }
  finish:
    if (n2) restore(dest - (n2 - 1), 0, n2);
    return ok;
  copy_left:  // the first of the right run belongs at the front
    dest -= n1;
    a -= n1;
    shift(dest + 1, a + 1, n1);
    keys_[dest] = tmp_keys_[b];
    if (values_) values_[dest] = tmp_values_[b];
    return true;
  }
};

template <class Less, class Key>
bool run_sort(Key* keys, Value* values, Py_ssize_t n) {
  return MergeSort<Less, Key>(keys, values, n).sort();
}

// Sorts str, or tuples whose first items are all ints, all floats or all ASCII, by prefixes. false, and nothing done: not so, or too few.
bool sort_by_prefix(Value* keys, Value* values, Py_ssize_t n, bool tuples, bool* ok) {
  if (n < 32) return false;
  auto heads = [&](Py_ssize_t at) {
    Head all = Head::kOther;
    for (Py_ssize_t i = 0; i < n; i++) {
      if (tuples && tuple_size(keys[i]) <= at) return Head::kOther;
      Head head = head_of(tuples ? tuple_get(keys[i], at) : keys[i]);
      if (i > 0 && head != all) return Head::kOther;
      all = head;
    }
    return all;
  };
  Head first = heads(0), second = tuples && first != Head::kOther ? heads(1) : Head::kOther;
  if (first == Head::kOther) return false;
  auto* prefixed = static_cast<Prefixed*>(object_malloc(static_cast<size_t>(n) * sizeof(Prefixed)));
  if (!prefixed) return false;
  for (Py_ssize_t i = 0; i < n; i++) {
    Value k = keys[i];
    prefixed[i] = {word_of_head(tuples ? tuple_get(k, 0) : k, first), second == Head::kOther ? 0 : word_of_head(tuple_get(k, 1), second), k};
  }
  if (!tuples) *ok = run_sort<LessPrefixed<LessAscii, true>>(prefixed, values, n);
  else if (first == Head::kAscii) *ok = run_sort<LessPrefixed<LessTuple, true>>(prefixed, values, n);
  else *ok = run_sort<LessPrefixed<LessTuple, false>>(prefixed, values, n);
  for (Py_ssize_t i = 0; i < n; i++) keys[i] = prefixed[i].key;
  object_free(prefixed);
  return true;
}

bool sort_keys(Value* keys, Value* values, Py_ssize_t n) {
  bool ints = true, floats = true, strings = true, ascii = true, tuples = true, objects = true;
  for (Py_ssize_t i = 0; i < n && (ints || floats || strings || tuples || objects); i++) {
    Value k = keys[i];
    objects = objects && k.is_object() && k.object()->ob_type == keys[0].object()->ob_type;
    ints = ints && k.is_int();
    floats = floats && k.is_float();
    strings = strings && is_exact_str(k);
    ascii = ascii && strings && k.as<PyASCIIObject>()->state.compact && str_is_ascii(k);
    tuples = tuples && is_exact_tuple(k);
  }
  if (ints) return run_sort<LessInt>(keys, values, n);
  if (floats) return run_sort<LessFloat>(keys, values, n);
  bool ok;
  if (((strings && ascii) || tuples) && sort_by_prefix(keys, values, n, tuples, &ok)) return ok;
  if (strings && ascii) return run_sort<LessAscii>(keys, values, n);
  if (strings) return run_sort<LessStr>(keys, values, n);
  if (tuples) return run_sort<LessTuple>(keys, values, n);
  if (objects) return run_sort<LessOfType>(keys, values, n);
  return run_sort<LessAny>(keys, values, n);
}

void reverse_words(Value* words, Py_ssize_t n) {
  for (Py_ssize_t i = 0, k = n - 1; i < k; i++, k--) std::swap(words[i], words[k]);
}

}  // namespace

bool list_sort(Value l, Value key, bool reverse) {
  auto* list = l.as<PyListObject>();
  // The list is empty meanwhile, so that whatever runs cannot disturb the words.
  Py_ssize_t n = list->ob_base.ob_size, allocated = list->allocated;
  Value* words = list_words(l);
  bool visible = c_visible(l.object());
  list->ob_item = nullptr;
  list->ob_base.ob_size = 0;
  list->allocated = -1;

  bool ok = true;
  Value* keys = words;
  Value* values = nullptr;
  if (!is_none(key) || visible) {
    keys = static_cast<Value*>(object_malloc(static_cast<size_t>(n ? n : 1) * sizeof(Value)));
    values = words;
    if (!keys) ok = raise_no_memory();
    for (Py_ssize_t i = 0; ok && i < n; i++) {
      Value item = visible ? from_c_borrowed(words[i].object()) : words[i];
      Ref k = is_none(key) ? Ref::copy(item) : call1(key, item);
      if (!k) {
        while (--i >= 0) decref(keys[i]);
        ok = false;
        break;
      }
      keys[i] = k.release();
    }
    if (!ok) {
      object_free(keys);
      keys = nullptr;
    }
  }
  if (ok && n > 1) {
    // Reversed before and after: equal items keep their order.
    if (reverse) {
      reverse_words(keys, n);
      if (values) reverse_words(values, n);
    }
    ok = sort_keys(keys, values, n);
    if (reverse) {
      reverse_words(words, n);
    }
  }
  if (keys && keys != words) {
    for (Py_ssize_t i = 0; i < n; i++) decref(keys[i]);
    object_free(keys);
  }
  if (list->allocated != -1 && ok) {
    raise(PyExc_ValueError, "list modified during sort");
    ok = false;
  }
  // Put the words back; what the list got meanwhile goes.
  Value* other = list_words(l);
  Py_ssize_t other_n = list->ob_base.ob_size;
  list->ob_item = reinterpret_cast<PyObject**>(words);
  list->ob_base.ob_size = n;
  list->allocated = allocated;
  if (other) {
    while (--other_n >= 0) decref(other[other_n]);
    object_free(other);
  }
  return ok;
}

}  // namespace adder
