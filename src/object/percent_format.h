// The `%` formatting of str and bytes: one engine, told apart by what it builds.
#pragma once
#include <charconv>
#include <string>
#include "object/codecs.h"
#include "object/containers.h"
#include "object/float.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str_impl.h"
#include "object/type.h"

namespace adder::percent {

// One conversion's flags and sizes.
struct Conversion {
  bool left = false, sign = false, blank = false, alternate = false, zero = false;
  Py_ssize_t width = -1;
  int precision = -1;
  uint32_t code = 0;
};

// Text of a number under d i u o x X: sign, prefix and digits apart.
struct NumberText {
  bool negative = false;
  std::string prefix, digits;
};

inline bool is_number(Value v) {
  if (v.is_number() || is_int(v)) return true;
  const Slots& s = slots_of(v);
  return s.nb_index || s.nb_int || s.nb_float || is_subtype(type_of(v), &PyComplex_Type);
}

inline bool integer_text(Value v, const Conversion& c, NumberText* out) {
  bool hex = c.code == 'x' || c.code == 'X' || c.code == 'o';
  Ref held;
  if (!is_int(v)) {
    if (is_number(v)) {
      held = hex ? index(v) : to_int(v);
      if (!held && !error_matches(PyExc_TypeError)) return false;
      if (!held) clear_error();
    }
    if (!held)
      return raise(PyExc_TypeError, "%%%c format: %s is required, not %N", static_cast<int>(c.code),
                   hex ? "an integer" : "a real number", type_of(v));
    v = held;
  }
  if (v.is_int()) {
    int64_t i = v.as_int();
    out->negative = i < 0;
    uint64_t m = i < 0 ? uint64_t{0} - static_cast<uint64_t>(i) : static_cast<uint64_t>(i);
    char small[32];
    snprintf(small, sizeof small, c.code == 'x' ? "%lx" : c.code == 'X' ? "%lX" : c.code == 'o' ? "%lo" : "%lu", static_cast<unsigned long>(m));
    out->digits = small;
  } else {
    Ref text = int_to_text(v, c.code == 'o' ? 8 : hex ? 16 : 10, false);
    if (!text) return false;
    std::string_view t = str_utf8(text);
    out->negative = t.starts_with('-');
    if (out->negative) t.remove_prefix(1);
    out->digits.assign(t);
    if (c.code == 'X')
      for (char& ch : out->digits) if (ch >= 'a' && ch <= 'f') ch = static_cast<char>(ch - 32);
  }
  if (c.alternate && hex) out->prefix = c.code == 'o' ? "0o" : c.code == 'x' ? "0x" : "0X";
  if (c.precision > 0 && static_cast<size_t>(c.precision) > out->digits.size())
    out->digits.insert(0, static_cast<size_t>(c.precision) - out->digits.size(), '0');
  return true;
}

// Reads the format; Build adds text and the conversions that differ. Build has:
//   kWhat "string" or "bytes", add_literal(start, end), get(i) a character, size(), lookup key of a range,
//   convert(Conversion&, Value, bool* numeric) and add_text(std::string_view) for numbers, add_pad(char, n).
template <class Build>
struct Engine {
  Build& b;
  Value args;
  bool tuple_args, mapping;
  Py_ssize_t count, index;
  Ref from_key;
  bool single = false;  // from_key is the argument

  Engine(Build& build, Value a, bool is_mapping_argument)
      : b(build), args(a), tuple_args(is_tuple(a)), mapping(is_mapping_argument), count(tuple_args ? tuple_size(a) : -1), index(tuple_args ? 0 : -2) {}

  Value next_argument() {
    if (index >= count) {
      raise(PyExc_TypeError, "not enough arguments for format string");
      return {};
    }
    index++;
    if (count < 0) return single ? from_key.get() : args;
    return tuple_get(args, index - 1);
  }

  bool star(Py_ssize_t* out, bool is_precision) {
    Value v = next_argument();
    if (!v) return false;
    if (!is_int(v)) return raise(PyExc_TypeError, "* wants int");
    if (is_precision) {
      int64_t p;
      if (!int_as_i64(v, &p)) return false;
      if (p > INT_MAX || p < INT_MIN) return raise(PyExc_OverflowError, "Python int too large to convert to C int");
      *out = p < 0 ? 0 : p;
      return true;
    }
    return as_ssize(v, out);
  }

  bool digits(Py_ssize_t* i, Py_ssize_t n, Py_ssize_t limit, const char* too_big, Py_ssize_t* out) {
    Py_ssize_t v = 0;
    while (*i < n && b.get(*i) >= '0' && b.get(*i) <= '9') {
      Py_ssize_t d = static_cast<Py_ssize_t>(b.get(*i)) - '0';
      if (v > (limit - d) / 10) return raise(PyExc_ValueError, too_big);
      v = v * 10 + d;
      ++*i;
    }
    *out = v;
    return true;
  }

  bool pad_number(const Conversion& c, NumberText& t) {
    char sign = t.negative ? '-' : c.sign ? '+' : c.blank ? ' ' : 0;
    auto length = static_cast<Py_ssize_t>(t.prefix.size() + t.digits.size()) + (sign != 0);
    Py_ssize_t pad = c.width > length ? c.width - length : 0;
    if (pad && !c.left && !c.zero) b.add_pad(' ', pad);
    if (sign) b.add_text({&sign, 1});
    if (!t.prefix.empty()) b.add_text(t.prefix);
    if (pad && !c.left && c.zero) b.add_pad('0', pad);
    if (!b.add_text(t.digits)) return false;
    if (pad && c.left) b.add_pad(' ', pad);
    return true;
  }

  bool run() {
    Py_ssize_t n = b.size(), i = 0;
    while (i < n) {
      Py_ssize_t start = i;
      i = b.find_percent(i);
      if (i > start && !b.add_literal(start, i)) return false;
      if (i >= n) break;
      i++;
      if (i < n && b.get(i) == '%') {
        i++;
        if (!b.add_text("%")) return false;
        continue;
      }
      Conversion c;
      if (i < n && b.get(i) == '(') {
        if (!mapping) return raise(PyExc_TypeError, "format requires a mapping");
        int depth = 1;
        Py_ssize_t key = ++i;
        while (depth > 0 && i < n) {
          uint32_t ch = b.get(i++);
          if (ch == ')') depth--;
          else if (ch == '(') depth++;
        }
        if (depth > 0) return raise(PyExc_ValueError, "incomplete format key");
        Ref name = b.key(key, i - 1);
        if (!name) return false;
        from_key = get_item(args, name);
        if (!from_key) return false;
        single = true;
        tuple_args = false;
        count = -1;
        index = -2;
      }
      for (; i < n; i++) {
        uint32_t ch = b.get(i);
        if (ch == '-') c.left = true;
        else if (ch == '+') c.sign = true;
        else if (ch == ' ') c.blank = true;
        else if (ch == '#') c.alternate = true;
        else if (ch == '0') c.zero = true;
        else break;
      }
      if (i < n && b.get(i) == '*') {
        i++;
        if (!star(&c.width, false)) return false;
        if (c.width < 0) { c.left = true; c.width = -c.width; }
      } else if (i < n && b.get(i) >= '0' && b.get(i) <= '9') {
        if (!digits(&i, n, PY_SSIZE_T_MAX, "width too big", &c.width)) return false;
      }
      if (i < n && b.get(i) == '.') {
        i++;
        Py_ssize_t p = 0;
        if (i < n && b.get(i) == '*') {
          i++;
          if (!star(&p, true)) return false;
        } else if (!digits(&i, n, INT_MAX, Build::kPrecisionTooBig, &p)) {
          return false;
        }
        c.precision = static_cast<int>(p);
      }
      if (i < n && (b.get(i) == 'h' || b.get(i) == 'l' || b.get(i) == 'L')) i++;
      if (i >= n) return raise(PyExc_ValueError, "incomplete format");
      c.code = b.get(i++);
      Value v = next_argument();
      if (!v) return false;
      switch (c.code) {
        case 'd': case 'i': case 'u': case 'o': case 'x': case 'X': {
          if (v.is_int() && c.width < 0 && c.precision < 0 && !c.sign && !c.blank && (c.code == 'd' || c.code == 'i')) {
            char small[24];
            auto end = std::to_chars(small, small + sizeof small, v.as_int()).ptr;
            if (!b.add_text({small, static_cast<size_t>(end - small)})) return false;
            break;
          }
          NumberText t;
          if (!integer_text(v, c, &t) || !pad_number(c, t)) return false;
          break;
        }
        case 'e': case 'E': case 'f': case 'F': case 'g': case 'G': {
          double d;
          if (is_float(v)) {
            d = float_value(v);
          } else if (!as_double(v, &d)) {
            if (Build::kBytes && error_matches(PyExc_TypeError)) {
              clear_error();
              return raise(PyExc_TypeError, "float argument required, not %N", type_of(v));
            }
            return false;
          }
          NumberText t;
          std::string text = format_double(d, static_cast<char>(c.code), c.precision < 0 ? 6 : c.precision, c.alternate, false, false);
          t.negative = !text.empty() && text[0] == '-';
          t.digits = t.negative ? text.substr(1) : std::move(text);
          if (!pad_number(c, t)) return false;
          break;
        }
        default: {
          int r = b.convert(c, v);
          if (r < 0) return false;
          if (r == 0) {
            return b.unsupported(c.code, i - 1);
          }
        }
      }
    }
    if (index < count && !mapping)
      return raise(PyExc_TypeError, "not all arguments converted during %s formatting", Build::kWhat);
    return true;
  }
};

}  // namespace adder::percent
