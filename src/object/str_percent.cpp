// str % arguments.
#include "object/percent_format.h"
#include "object/whole_piece.h"

namespace adder {

namespace {

struct StrTarget {
  static constexpr const char* kWhat = "string";
  static constexpr const char* kPrecisionTooBig = "precision too big";
  static constexpr bool kBytes = false;
  Value format;
  int kind;
  const void* data;
  StrBuilder out;
  WholePiece whole;

  explicit StrTarget(Value f) : format(f), kind(str_kind(f)), data(str_data(f)), out(str_length(f) + 16) {}
  uint32_t get(Py_ssize_t i) const { return char_at(kind, data, i); }
  Py_ssize_t size() const { return str_length(format); }
  Py_ssize_t find_percent(Py_ssize_t i) const {
    Py_ssize_t hit = find_char(kind, char_pointer(kind, data, i), size() - i, '%');
    return hit < 0 ? size() : i + hit;
  }
  Ref key(Py_ssize_t start, Py_ssize_t end) const { return str_substring(format, start, end); }
  bool add_literal(Py_ssize_t start, Py_ssize_t end) {
    if (end - start == size()) whole.note(out, format);
    return out.add(format, start, end);
  }
  bool add_text(std::string_view t) { return out.add_ascii(t); }
  bool add_pad(char c, Py_ssize_t n) { return out.add_repeat(static_cast<uint8_t>(c), n); }

  bool add_str(const percent::Conversion& c, Value s) {
    Py_ssize_t n = str_length(s);
    if (c.precision >= 0 && c.code != 'c' && c.precision < n) n = c.precision;
    Py_ssize_t pad = c.width > n ? c.width - n : 0;
    if (pad && !c.left) out.add_repeat(' ', pad);
    if (n == str_length(s)) whole.note(out, s);
    if (!out.add(s, 0, n)) return false;
    if (pad && c.left) out.add_repeat(' ', pad);
    return true;
  }

  // 1 done, 0 unknown conversion, -1 an exception.
  int convert(const percent::Conversion& c, Value v) {
    Ref text;
    switch (c.code) {
      case 's':
        if (is_exact_str(v)) return add_str(c, v) ? 1 : -1;
        text = to_str(v);
        break;
      case 'r': text = repr(v); break;
      case 'a': text = ascii(v); break;
      case 'c':
        if (is_str(v)) {
          if (str_length(v) != 1) return raise(PyExc_TypeError, "%%c requires int or char");
          return add_str(c, v) ? 1 : -1;
        } else {
          Ref held;
          if (!is_int(v)) {
            held = slots_of(v).nb_index ? index(v) : Ref{};
            if (!held) {
              if (error_occurred()) clear_error();
              return raise(PyExc_TypeError, "%%c requires int or char");
            }
            v = held;
          }
          int64_t i;
          if (int_sign_overflow_i64(v, &i) || i < 0 || i > 0x10FFFF) return raise(PyExc_OverflowError, "%%c arg not in range(0x110000)");
          text = str_from_char(static_cast<uint32_t>(i));
        }
        break;
      default: return 0;
    }
    return text && add_str(c, text) ? 1 : -1;
  }
  Failure unsupported(uint32_t code, Py_ssize_t i) const {
    return raise(PyExc_ValueError, "unsupported format character '%c' (0x%x) at index %zd", code > 31 && code < 127 ? static_cast<int>(code) : '?',
                 static_cast<unsigned>(code), i);
  }
};

}  // namespace

Ref str_percent_format(Value format, Value args) {
  bool mapping = !is_tuple(args) && !is_str(args) && is_mapping(args);
  StrTarget target(format);
  percent::Engine<StrTarget> engine(target, args, mapping);
  if (!engine.run()) return {};
  return target.whole.finish(target.out);
}

}  // namespace adder
