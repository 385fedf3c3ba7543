// Tables of numbers in text, as loadtxt, genfromtxt and fromstring read them in the usual case: ASCII lines of decimal numbers, every row as
// wide as the first. Whatever else comes up is left, errors included, to the readers in lib/numpy/lib/io.py.
#include "numpy/table_text.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "numpy/ndarray.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/str.h"

namespace adder::numpy {

namespace {

struct Text {
  const char *at, *end;
};

bool plain_text(Value v, Text* text) {
  if (!is_str(v) || !str_is_ascii(v)) return false;
  text->at = static_cast<const char*>(str_data(v));
  text->end = text->at + str_length(v);
  return true;
}

bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }
// What str.strip takes off.
bool is_blank(char c) { return c == ' ' || static_cast<unsigned char>(c - '\t') < 5 || static_cast<unsigned char>(c - 0x1c) < 4; }

// Reads one number; where it ends, or null if it is none, or none that is read here.
const char* read_number(const char* p, const char* end, double* out) {
  static constexpr double kTens[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  const bool negative = p < end && *p == '-';
  if (p < end && (*p == '-' || *p == '+')) ++p;
  const char* const start = p;
  uint64_t digits = 0;
  for (; p < end && is_digit(*p); ++p) digits = digits * 10 + static_cast<uint64_t>(*p - '0');
  int64_t exponent = 0, count = p - start;
  if (p < end && *p == '.') {
    const char* const point = ++p;
    for (; p < end && is_digit(*p); ++p) digits = digits * 10 + static_cast<uint64_t>(*p - '0');
    exponent = point - p;
    count += p - point;
  }
  double x;
  if (count == 0) {
    // "nan", "inf", "infinity"
    if (p != start || p == end || (*p | 32) < 'i') return nullptr;
    const auto [stop, error] = std::from_chars(p, end, x);
    if (error != std::errc{} || stop[-1] == ')') return nullptr;
    p = stop;
  } else {
    if (p < end && (*p | 32) == 'e') {
      const char* q = p + 1;
      const bool down = q < end && *q == '-';
      if (q < end && (*q == '-' || *q == '+')) ++q;
      if (q == end || !is_digit(*q)) return nullptr;
      int64_t power = 0;
      for (; q < end && is_digit(*q); ++q) power = std::min<int64_t>(power * 10 + (*q - '0'), 100000);
      exponent += down ? -power : power;
      p = q;
    }
    if (count <= 18 && digits <= uint64_t{1} << 53 && exponent >= -22 && exponent <= 22) {
      // Both parts are exact, so one operation rounds right.
      x = static_cast<double>(digits);
      x = exponent < 0 ? x / kTens[-exponent] : x * kTens[exponent];
    } else if (std::from_chars(start, p, x).ec != std::errc{}) {
      return nullptr;
    }
  }
  *out = negative ? -x : x;
  return p;
}

const char* read_number(const char* p, const char* end, int64_t* out) {
  const bool negative = p < end && *p == '-';
  if (p < end && (*p == '-' || *p == '+')) ++p;
  const char* const start = p;
  int64_t digits = 0;
  for (; p < end && is_digit(*p) && p - start < 18; ++p) digits = digits * 10 + (*p - '0');
  *out = negative ? -digits : digits;
  return p == start || (p < end && is_digit(*p)) ? nullptr : p;
}

// How the text of a line is taken apart.
struct Format {
  int delimiter = -1;  // a character; -1: any white space
  Value marks;         // a tuple: where one stands a comment begins
  Value columns;       // a tuple of places, or None

  bool blank(char c) const { return is_blank(c) && c != delimiter; }

  // The line without its comment and the white space around it. False if a mark is not plain.
  bool cut(Text* line) const {
    for (Py_ssize_t i = 0; i < tuple_size(marks); ++i) {
      Text mark;
      if (!plain_text(tuple_get(marks, i), &mark) || mark.at == mark.end) return false;
      const size_t length = static_cast<size_t>(line->end - line->at);
      const void* found = mark.end - mark.at == 1 ? std::memchr(line->at, *mark.at, length)
                                                  : ::memmem(line->at, length, mark.at, static_cast<size_t>(mark.end - mark.at));
      if (found) line->end = static_cast<const char*>(found);
    }
    Text inner = *line;
    while (inner.at < inner.end && is_blank(*inner.at)) ++inner.at;
    while (inner.at < inner.end && is_blank(inner.end[-1])) --inner.end;
    // A delimiter that is white space counts at the ends too, unless there is nothing else.
    if (inner.at == inner.end || !is_blank(static_cast<char>(delimiter))) *line = inner;
    else
      while (line->at < line->end && blank(line->end[-1])) --line->end;
    return true;
  }

  index_t fields(Text line) const {
    index_t count = 0;
    if (delimiter >= 0) return 1 + static_cast<index_t>(std::count(line.at, line.end, static_cast<char>(delimiter)));
    for (const char* p = line.at; p < line.end; ++p) count += !is_blank(*p) && (p == line.at || is_blank(p[-1]));
    return count;
  }

  // The numbers of one line, `n` of them. False if there are more or fewer, or something else.
  template <class T>
  bool read(Text line, T* out, index_t n) const {
    const char* p = line.at;
    for (index_t i = 0; i < n; ++i) {
      while (p < line.end && blank(*p)) ++p;
      p = read_number(p, line.end, out + i);
      if (!p) return false;
      const char* const number_end = p;
      while (p < line.end && blank(*p)) ++p;
      if (i + 1 == n) return p == line.end;
      if (p == line.end || (delimiter >= 0 ? *p != delimiter : p == number_end)) return false;
      p += delimiter >= 0;
    }
    return true;
  }

  // Those at `places` of a line of any width.
  template <class T>
  bool pick(Text line, const index_t* places, index_t n, T* out) const {
    const index_t width = fields(line);
    for (index_t i = 0; i < n; ++i) {
      const index_t place = places[i] < 0 ? places[i] + width : places[i];
      if (place < 0 || place >= width) return false;
      const char* p = line.at;
      for (index_t k = 0; k < place; ++k) {
        if (delimiter >= 0) {
          p = static_cast<const char*>(std::memchr(p, delimiter, static_cast<size_t>(line.end - p))) + 1;
        } else {
          while (!is_blank(*p)) ++p;
          while (is_blank(*p)) ++p;
        }
      }
      const char* end = delimiter >= 0 ? static_cast<const char*>(std::memchr(p, delimiter, static_cast<size_t>(line.end - p))) : p;
      if (delimiter < 0)
        while (end < line.end && !is_blank(*end)) ++end;
      if (!read(Text{p, end ? end : line.end}, out + i, 1)) return false;
    }
    return true;
  }
};

template <class T>
Ref read_table(Value lines, const Format& format, index_t skip, index_t most) {
  constexpr index_t kMostPlaces = 64;
  index_t places[kMostPlaces], width = -1, rows = 0;
  const bool some = !is_none(format.columns);
  if (some) {
    width = tuple_size(format.columns);
    if (width == 0 || width > kMostPlaces) return Ref::copy(none());
    for (index_t i = 0; i < width; ++i)
      if (!tuple_get(format.columns, i).is_int()) return Ref::copy(none());
      else places[i] = tuple_get(format.columns, i).as_int();
  }
  Ref table;
  const index_t count = list_size(lines);
  for (index_t i = skip; i < count && rows != most; ++i) {
    Text line;
    if (!plain_text(list_get(lines, i), &line) || !format.cut(&line)) return Ref::copy(none());
    if (line.at == line.end) continue;
    if (!table) {
      if (width < 0) width = format.fields(line);
      const index_t shape[] = {most < 0 ? count - i : std::min(most, count - i), width};
      if (!(table = array_new(eng::dtype_of<T>(), 2, shape))) return {};
    }
    T* const out = reinterpret_cast<T*>(as_array(table)->data) + rows * width;
    if (!(some ? format.pick(line, places, width, out) : format.read(line, out, width))) return Ref::copy(none());
    ++rows;
  }
  if (!table || rows == as_array(table)->dimensions[0]) return table ? std::move(table) : Ref::copy(none());
  const index_t shape[] = {rows, width};
  Ref cut = array_new(eng::dtype_of<T>(), 2, shape);
  if (cut) std::memcpy(as_array(cut)->data, as_array(table)->data, static_cast<size_t>(rows * width) * sizeof(T));
  return cut;
}

}  // namespace

Ref np_read_table(Value, const Value* v) {
  Format format{.marks = v[2], .columns = v[4]};
  index_t skip, most;
  if (!as_ssize(v[3], &skip) || !as_ssize(v[5], &most)) return {};
  if (!is_list(v[0]) || !is_tuple(v[2]) || !(is_none(v[4]) || is_tuple(v[4]))) return raise(PyExc_TypeError, "a list of lines, tuples of marks and columns are needed");
  if (!is_none(v[1])) {
    Text delimiter;
    if (!plain_text(v[1], &delimiter) || delimiter.end - delimiter.at != 1) return Ref::copy(none());
    format.delimiter = *delimiter.at;
  }
  return is_true(v[6]) ? read_table<int64_t>(v[0], format, std::max<index_t>(skip, 0), most) : read_table<double>(v[0], format, std::max<index_t>(skip, 0), most);
}

}  // namespace adder::numpy
