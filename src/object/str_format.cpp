// str_format: the printf-like language of error texts and other native messages.
#include <cstdarg>
#include <cstdio>
#include "object/object.h"
#include "object/str.h"
#include "object/str_impl.h"
#include "object/type.h"

namespace adder {

namespace {

struct Field {
  bool left = false, zero = false, alternate = false;
  int width = -1, precision = -1;
  int longs = 0;  // 1 long, 2 long long, 3 size_t, 4 ptrdiff_t
};

bool add_padded(StrBuilder& b, const Field& f, Value s) {
  Py_ssize_t n = str_length(s);
  if (f.precision >= 0 && f.precision < n) n = f.precision;
  Py_ssize_t pad = f.width > n ? f.width - n : 0;
  if (!f.left && pad) b.add_repeat(' ', pad);
  b.add(s, 0, n);
  if (f.left && pad) b.add_repeat(' ', pad);
  return true;
}

bool add_number(StrBuilder& b, const Field& f, const char* digits, bool negative) {
  int n = static_cast<int>(strlen(digits));
  int zeros = f.precision > n ? f.precision - n : 0;
  int width = n + zeros + negative;
  int pad = f.width > width ? f.width - width : 0;
  if (f.zero && !f.left && f.precision < 0) {
    zeros += pad;
    pad = 0;
  }
  if (!f.left) b.add_repeat(' ', pad);
  if (negative) b.add_char('-');
  b.add_repeat('0', zeros);
  b.add_ascii(digits);
  if (f.left) b.add_repeat(' ', pad);
  return true;
}

}  // namespace

Ref str_format_v(const char* format, va_list args) {
  StrBuilder b;
  auto add_value = [&](const Field& f, Ref s) {
    if (!s) return false;
    return add_padded(b, f, s);
  };
  for (const char* p = format; *p;) {
    const char* stop = p;
    while (*stop && *stop != '%') stop++;
    if (stop != p) b.add_utf8({p, static_cast<size_t>(stop - p)});
    if (!*stop) break;
    p = stop + 1;
    Field f;
    for (;; p++) {
      if (*p == '-') f.left = true;
      else if (*p == '0') f.zero = true;
      else if (*p == '#') f.alternate = true;
      else break;
    }
    if (*p == '*') {
      f.width = va_arg(args, int);
      if (f.width < 0) { f.left = true; f.width = -f.width; }
      p++;
    } else if (*p >= '0' && *p <= '9') {
      f.width = 0;
      while (*p >= '0' && *p <= '9') f.width = f.width * 10 + (*p++ - '0');
    }
    if (*p == '.') {
      p++;
      if (*p == '*') { f.precision = va_arg(args, int); p++; }
      else for (f.precision = 0; *p >= '0' && *p <= '9';) f.precision = f.precision * 10 + (*p++ - '0');
    }
    if (*p == 'l') {
      f.longs = 1;
      if (*++p == 'l') { f.longs = 2; p++; }
    } else if (*p == 'z' || *p == 'j') {
      f.longs = 3;
      p++;
    } else if (*p == 't') {
      f.longs = 4;
      p++;
    }
    char small[32];
    char code = *p++;
    switch (code) {
      case '%': b.add_char('%'); break;
      case 'c': {
        int c = va_arg(args, int);
        if (c < 0 || c > 0x10FFFF) return raise(PyExc_OverflowError, "character argument not in range(0x110000)");
        b.add_char(static_cast<uint32_t>(c));
        break;
      }
      case 'd':
      case 'i': {
        int64_t v = f.longs ? va_arg(args, long) : va_arg(args, int);
        uint64_t magnitude = v < 0 ? uint64_t{0} - static_cast<uint64_t>(v) : static_cast<uint64_t>(v);
        snprintf(small, sizeof small, "%lu", static_cast<unsigned long>(magnitude));
        add_number(b, f, small, v < 0);
        break;
      }
      case 'u':
      case 'x':
      case 'X':
      case 'o': {
        uint64_t v = f.longs ? va_arg(args, unsigned long) : va_arg(args, unsigned);
        snprintf(small, sizeof small, code == 'u' ? "%lu" : code == 'x' ? "%lx" : code == 'X' ? "%lX" : "%lo", static_cast<unsigned long>(v));
        add_number(b, f, small, false);
        break;
      }
      case 'p': {
        snprintf(small, sizeof small, "%p", va_arg(args, void*));
        b.add_ascii(small[1] == 'x' ? small : "0x0");
        break;
      }
      case 's': {
        const char* s = va_arg(args, const char*);
        if (!s) s = "(null)";
        size_t n = f.precision >= 0 ? strnlen(s, static_cast<size_t>(f.precision)) : strlen(s);
        Field rest = f;
        rest.precision = -1;
        if (f.width < 0) b.add_utf8({s, n});
        else if (!add_value(rest, str_from_utf8({s, n}, "replace"))) return {};
        break;
      }
      case 'U':
        if (!add_padded(b, f, Value{va_arg(args, uint64_t)})) return {};
        break;
      case 'V': {
        Value v{va_arg(args, uint64_t)};
        const char* s = va_arg(args, const char*);
        if (!add_value(f, v ? Ref::copy(v) : str_from_utf8(s, "replace"))) return {};
        break;
      }
      case 'S':
        if (!add_value(f, to_str(Value{va_arg(args, uint64_t)}))) return {};
        break;
      case 'R':
        if (!add_value(f, repr(Value{va_arg(args, uint64_t)}))) return {};
        break;
      case 'A':
        if (!add_value(f, ascii(Value{va_arg(args, uint64_t)}))) return {};
        break;
      case 'N': {
        auto* t = va_arg(args, PyTypeObject*);
        if (!add_value(f, str_from_utf8(short_name(t), "replace"))) return {};
        break;
      }
      default:
        // An unknown conversion: the rest stands as it is, as CPython prints it.
        b.add_utf8(stop);
        return b.finish();
    }
  }
  return b.finish();
}

Ref str_format(const char* format, ...) {
  va_list args;
  va_start(args, format);
  Ref r = str_format_v(format, args);
  va_end(args);
  return r;
}

}  // namespace adder
