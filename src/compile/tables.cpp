// The location and exception tables, and what constants count as equal.
#include "compile/tables.h"
#include "compile/liveness.h"
#include "compile/stored_code.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/object.h"
#include "object/str.h"

namespace adder {

namespace {

// 6 bits a byte, low first; bit 6 says that more follow.
void put_varint(std::string& out, unsigned v) {
  while (v >= 64) {
    out.push_back(static_cast<char>(0x40 | (v & 0x3F)));
    v >>= 6;
  }
  out.push_back(static_cast<char>(v));
}
void put_svarint(std::string& out, int v) { put_varint(out, v < 0 ? (0u - unsigned(v)) << 1 | 1 : unsigned(v) << 1); }

bool same_position(const Position& a, const Position& b) {
  return a.line == b.line && a.end_line == b.end_line && a.column == b.column && a.end_column == b.end_column;
}

}  // namespace

void LocationEncoder::add(const Position& p, int words) {
  if (count_ && !same_position(p, last_)) flush();
  last_ = p;
  count_ += words;
}

void LocationEncoder::flush() {
  while (count_ > 0) {
    int n = count_ > 8 ? 8 : count_;
    entry(last_, n);
    count_ -= n;
  }
}

void LocationEncoder::entry(const Position& p, int words) {
  auto head = [&](int code) { bytes_.push_back(static_cast<char>(0x80 | code << 3 | (words - 1))); };
  if (p.line < 0) {
    head(15);
    return;
  }
  int delta = p.line - line_;
  line_ = p.line;
  if (p.column < 0 || p.end_column < 0) {
    if (p.end_line == p.line || p.end_line < 0) {
      head(13);
      put_svarint(bytes_, delta);
      return;
    }
  } else if (p.end_line == p.line) {
    int width = p.end_column - p.column;
    if (delta == 0 && p.column < 80 && width >= 0 && width < 16) {
      head(p.column >> 3);
      bytes_.push_back(static_cast<char>((p.column & 7) << 4 | width));
      return;
    }
    if (delta >= 0 && delta < 3 && p.column < 128 && p.end_column < 128) {
      head(10 + delta);
      bytes_.push_back(static_cast<char>(p.column));
      bytes_.push_back(static_cast<char>(p.end_column));
      return;
    }
  }
  head(14);
  put_svarint(bytes_, delta);
  put_varint(bytes_, unsigned(p.end_line < p.line ? 0 : p.end_line - p.line));
  put_varint(bytes_, unsigned(p.column + 1));
  put_varint(bytes_, unsigned(p.end_column + 1));
}

LocationReader::LocationReader(PyCodeObject* code) : line_(code->co_firstlineno) {
  std::string_view table;
  if (need_code(code)) table = bytes_view(code->co_linetable);
  else clear_error();
  at_ = reinterpret_cast<const uint8_t*>(table.data());
  stop_ = at_ + table.size();
}

unsigned LocationReader::varint() {
  unsigned v = 0;
  int shift = 0;
  for (;;) {
    int b = byte();
    v |= unsigned(b & 0x3F) << shift;
    shift += 6;
    if (!(b & 0x40) || shift > 30) return v;
  }
}

int LocationReader::svarint() {
  unsigned v = varint();
  return v & 1 ? -static_cast<int>(v >> 1) : static_cast<int>(v >> 1);
}

bool LocationReader::next() {
  if (at_ >= stop_) return false;
  int head = byte();
  start = end;
  end = start + (head & 7) + 1;
  int code = head >> 3 & 15;
  position = {line_, line_, -1, -1};
  if (code == 15) {
    position = {-1, -1, -1, -1};
  } else if (code == 14) {
    line_ += svarint();
    position.line = line_;
    position.end_line = line_ + static_cast<int>(varint());
    position.column = static_cast<int>(varint()) - 1;
    position.end_column = static_cast<int>(varint()) - 1;
  } else if (code == 13) {
    line_ += svarint();
    position.line = position.end_line = line_;
  } else if (code >= 10) {
    line_ += code - 10;
    position.line = position.end_line = line_;
    position.column = byte();
    position.end_column = byte();
  } else {
    int b = byte();
    position.column = code << 3 | (b >> 4 & 7);
    position.end_column = position.column + (b & 15);
  }
  return true;
}

bool debug_ranges = true;

Ref lines_only(PyCodeObject* code) {
  LocationEncoder encoder(code->co_firstlineno);
  for (LocationReader reader(code); reader.next();) {
    int line = reader.position.line;
    encoder.add({line, line, -1, -1}, static_cast<int>(reader.end - reader.start));
  }
  return bytes_new(encoder.finish());
}

// Exception table: 6 bits a byte, high first; bit 6: more follow; bit 7: first byte of an entry.
void encode_exception_range(std::string& out, int start, int length, int target, int reg, bool lasti) {
  unsigned items[] = {unsigned(start), unsigned(length), unsigned(target), unsigned(reg) << 1 | unsigned(lasti)};
  int mark = 0x80;
  for (unsigned v : items) {
    int shift = 0;
    while (v >> shift >= 64) shift += 6;
    for (; shift >= 0; shift -= 6) {
      out.push_back(static_cast<char>(mark | (v >> shift & 0x3F) | (shift ? 0x40 : 0)));
      mark = 0;
    }
  }
}

bool code_ranges(PyCodeObject* code, const ExceptionRange** ranges, int* count) {
  CodeCache* cache = code_cache(code);
  if (!cache) return false;
  if (cache->range_count < 0) {
    std::string_view table = bytes_view(code->co_exceptiontable);
    const auto* at = reinterpret_cast<const uint8_t*>(table.data());
    const uint8_t* stop = at + table.size();
    int n = 0;
    for (const uint8_t* p = at; p < stop; p++) n += *p >> 7;
    auto* out = static_cast<ExceptionRange*>(std::malloc(sizeof(ExceptionRange) * static_cast<size_t>(n ? n : 1)));
    if (!out) return raise_no_memory();
    bool good = true;
    auto varint = [&] {
      unsigned v = 0;
      for (;;) {
        if (at >= stop) { good = false; return v; }
        unsigned b = *at++;
        v = v << 6 | (b & 0x3F);
        if (!(b & 0x40)) return v;
      }
    };
    int last = 0, done = 0;
    for (; done < n && at < stop && good; done++) {
      ExceptionRange& r = out[done];
      r.start = static_cast<int32_t>(varint());
      r.end = r.start + static_cast<int32_t>(varint());
      r.target = static_cast<int32_t>(varint());
      unsigned reg = varint();
      r.reg = static_cast<int32_t>(reg >> 1);
      r.lasti = reg & 1;
      if (r.start < last) good = false;
      last = r.end;
    }
    if (!good || done != n) {
      std::free(out);
      return false;
    }
    cache->ranges = out;
    cache->range_count = n;
  }
  *ranges = cache->ranges;
  *count = cache->range_count;
  return true;
}

bool code_handler(PyCodeObject* code, Py_ssize_t word, Py_ssize_t* target, int* exception_register, bool* lasti) {
  const ExceptionRange* ranges;
  int n;
  if (!code_ranges(code, &ranges, &n)) return false;
  int lo = 0, hi = n;
  while (lo < hi) {
    int mid = (lo + hi) / 2;
    if (ranges[mid].end <= word) lo = mid + 1; else hi = mid;
  }
  if (lo == n || ranges[lo].start > word) return false;
  *target = ranges[lo].target;
  *exception_register = ranges[lo].reg;
  *lasti = ranges[lo].lasti;
  return true;
}

Position code_position(PyCodeObject* code, Py_ssize_t word) {
  if (word < 0) return {code->co_firstlineno, -1, -1, -1};
  LocationReader reader(code);
  while (reader.next()) {
    if (word < reader.end) return reader.position;
  }
  return {-1, -1, -1, -1};
}

// --- Constants --------------------------------------------------------------------------------------------------------

bool same_constant(Value a, Value b) {
  if (a == b) return true;
  if (!a.is_object() || !b.is_object()) return false;
  PyTypeObject* t = type_of(a);
  if (t != type_of(b)) return false;
  if (t == &PyUnicode_Type) return str_equal(a, b);
  if (t == &PyBytes_Type) return bytes_view(a) == bytes_view(b);
  if (t == &PyTuple_Type) {
    Py_ssize_t n = tuple_size(a);
    if (n != tuple_size(b)) return false;
    for (Py_ssize_t i = 0; i < n; i++) {
      if (!same_constant(tuple_get(a, i), tuple_get(b, i))) return false;
    }
    return true;
  }
  if (t == &PyComplex_Type) {
    auto* x = a.as<PyComplexObject>();
    auto* y = b.as<PyComplexObject>();
    return std::bit_cast<uint64_t>(x->cval.real) == std::bit_cast<uint64_t>(y->cval.real) &&
           std::bit_cast<uint64_t>(x->cval.imag) == std::bit_cast<uint64_t>(y->cval.imag);
  }
  if (t == &PyLong_Type || t == &PyCode_Type) {
    int r = equal(a, b);
    if (r < 0) clear_error();
    return r > 0;
  }
  if (t == &PyFrozenSet_Type) {
    if (set_size(a) != set_size(b)) return false;
    Py_ssize_t i = 0;
    Value key;
    while (set_next(a, &i, &key)) {
      // Equal keys of different type (1 and 1.0) make different constants.
      bool found = false;
      Py_ssize_t j = 0;
      Value other;
      while (!found && set_next(b, &j, &other)) found = same_constant(key, other);
      if (!found) return false;
    }
    return true;
  }
  return false;
}

uint64_t constant_hash(Value v) {
  auto mix = [](uint64_t x) {
    x *= 0x9E3779B97F4A7C15u;
    return x ^ x >> 32;
  };
  if (!v.is_object()) return mix(v.bits);
  PyTypeObject* t = type_of(v);
  if (t == &PyUnicode_Type) return mix(static_cast<uint64_t>(str_hash(v)));
  if (t == &PyTuple_Type) {
    uint64_t h = 0x345678;
    for (Py_ssize_t i = 0; i < tuple_size(v); i++) h = mix(h ^ constant_hash(tuple_get(v, i)));
    return h;
  }
  if (t == &PyBytes_Type) {
    uint64_t h = 14695981039346656037u;
    for (char c : bytes_view(v)) h = (h ^ static_cast<uint8_t>(c)) * 1099511628211u;
    return h;
  }
  if (t == &PyLong_Type || t == &PyCode_Type) return mix(static_cast<uint64_t>(hash(v)));
  if (t == &PyComplex_Type) {
    auto* c = v.as<PyComplexObject>();
    return mix(std::bit_cast<uint64_t>(c->cval.real) ^ mix(std::bit_cast<uint64_t>(c->cval.imag)));
  }
  if (t == &PyFrozenSet_Type) return mix(static_cast<uint64_t>(set_size(v)) + 77);
  return mix(v.bits);
}

}  // namespace adder
