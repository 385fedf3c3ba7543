// The module _csv: dialects, the reader and the writer behind Lib/csv.py.
#include <cstring>
#include "memory/gc.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/float.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str_impl.h"
#include "object/type.h"
#include "runtime/interpreter.h"

namespace adder {
namespace csv {

namespace {

ADDER_TYPE(dialect_type);
ADDER_TYPE(reader_type);
ADDER_TYPE(writer_type);
PyObject* error_type_object = nullptr;  // _csv.Error
PyObject* dialects = nullptr;           // name → Dialect
int64_t field_limit = 128 * 1024;

enum Quoting : int { kMinimal, kAll, kNonNumeric, kNone };
constexpr uint32_t kNotSet = 0xFFFFFFFF;  // of a character that the dialect does not have
constexpr uint32_t kEndOfLine = 0xFFFFFFFE;

struct Dialect {
  PyObject head;
  bool doublequote, skipinitialspace, strict;
  int quoting;
  uint32_t delimiter, quotechar, escapechar;
  PyObject* lineterminator;
};
inline Dialect* dialect_of(PyObject* o) { return reinterpret_cast<Dialect*>(o); }

// --- Dialect --------------------------------------------------------------------------------------------------------------

bool set_char(const char* name, uint32_t* target, Value v, uint32_t fallback, bool none_allowed) {
  *target = fallback;
  if (!v) return true;
  if (none_allowed && is_none(v)) {
    *target = kNotSet;
    return true;
  }
  if (!is_str(v)) return raise(PyExc_TypeError, none_allowed ? "\"%s\" must be string or None, not %N" : "\"%s\" must be string, not %N", name, type_of(v));
  if (str_length(v) != 1) return raise(PyExc_TypeError, "\"%s\" must be a 1-character string", name);
  *target = str_char(v, 0);
  return true;
}

enum { kDelimiter, kDoublequote, kEscapechar, kLineterminator, kQuotechar, kQuoting, kSkip, kStrict, kCount };
const char* const names[kCount] = {"delimiter", "doublequote", "escapechar", "lineterminator", "quotechar", "quoting", "skipinitialspace", "strict"};

Ref find_dialect(Value name) {
  Value found;
  int r = dict_lookup(Value{dialects}, name, &found);
  if (r < 0) return {};
  if (r == 0) return raise(error_type_object, "unknown dialect");
  return Ref::copy(found);
}

// dialect: absent, a name, a Dialect or any object with its attributes; keywords of args override.
Ref make_dialect(PyTypeObject* type, Value given, Args args) {
  Value options[kCount] = {};
  Ref held[kCount], base;
  size_t keywords = args.kwnames ? static_cast<size_t>(tuple_size(Value{args.kwnames})) : 0;
  bool any = false;
  for (size_t k = 0; k < keywords; k++) {
    Value name = tuple_get(Value{args.kwnames}, static_cast<Py_ssize_t>(k));
    Value v = args.v[args.n + k];
    if (str_equals(name, "dialect")) {
      given = v;
      continue;
    }
    int at = -1;
    for (int i = 0; i < kCount; i++)
      if (str_equals(name, names[i])) at = i;
    if (at < 0) return raise(PyExc_TypeError, "'%U' is an invalid keyword argument for this function", name);
    options[at] = v;
    any = true;
  }
  if (given) {
    if (is_str(given)) {
      base = find_dialect(given);
      if (!base) return {};
      given = base;
    }
    // A ready dialect serves as it is.
    if (is_exact(given, &dialect_type) && !any) return Ref::copy(given);
    for (int i = 0; i < kCount; i++) {
      if (options[i]) continue;
      Ref name = intern(std::string_view{names[i]});
      if (!name) return {};
      int found = lookup_attr(given, name.object(), &held[i]);
      if (found < 0) clear_error();
      if (found > 0) options[i] = held[i];
    }
  }
  PyObject* o = allocate_instance(type);
  if (!o) return {};
  Ref result = Ref::steal(o);
  Dialect* d = dialect_of(o);
  auto flag = [&](int which, bool fallback, bool* out) {
    *out = fallback;
    if (!options[which]) return true;
    int t = is_true(options[which]);
    *out = t > 0;
    return t >= 0;
  };
  if (!set_char("delimiter", &d->delimiter, options[kDelimiter], ',', false) || !flag(kDoublequote, true, &d->doublequote) ||
      !set_char("escapechar", &d->escapechar, options[kEscapechar], kNotSet, true))
    return {};
  Value terminator = options[kLineterminator];
  if (!terminator) {
    Ref crlf = str_from_ascii("\r\n");
    d->lineterminator = crlf.release().object();
  } else if (is_none(terminator)) {
    d->lineterminator = nullptr;
  } else if (!is_str(terminator)) {
    return raise(PyExc_TypeError, "\"lineterminator\" must be a string");
  } else {
    d->lineterminator = Ref::copy(terminator).release().object();
  }
  if (!set_char("quotechar", &d->quotechar, options[kQuotechar], '"', true)) return {};
  d->quoting = kMinimal;
  if (Value q = options[kQuoting]) {
    if (!is_exact_int(q)) return raise(PyExc_TypeError, "\"quoting\" must be an integer");
    if (!as_int(q, &d->quoting)) return {};
  }
  if (!flag(kSkip, false, &d->skipinitialspace) || !flag(kStrict, false, &d->strict)) return {};
  if (d->quoting < 0 || d->quoting > kNone) return raise(PyExc_TypeError, "bad \"quoting\" value");
  if (options[kQuotechar] && is_none(options[kQuotechar]) && !options[kQuoting]) d->quoting = kNone;
  if (d->quoting != kNone && d->quotechar == kNotSet) return raise(PyExc_TypeError, "quotechar must be set if quoting enabled");
  if (!d->lineterminator) return raise(PyExc_TypeError, "lineterminator must be set");
  return result;
}
Ref dialect_new(PyTypeObject* type, Args args) {
  return make_dialect(type, args.n > 0 ? args[0] : Value{}, args);
}
void dialect_dealloc(PyObject* o) {
  if (dialect_of(o)->lineterminator) adder::decref(dialect_of(o)->lineterminator);
  Py_TYPE(o)->tp_free(o);
}
Ref char_or_none(uint32_t c) { return c == kNotSet ? none_ref() : str_from_char(c); }
Ref get_delimiter(Value v) { return char_or_none(v.as<Dialect>()->delimiter); }
Ref get_escapechar(Value v) { return char_or_none(v.as<Dialect>()->escapechar); }
Ref get_quotechar(Value v) { return char_or_none(v.as<Dialect>()->quotechar); }
Ref get_quoting(Value v) { return Ref::from_int(v.as<Dialect>()->quoting); }
Ref get_lineterminator(Value v) { return v.as<Dialect>()->lineterminator ? Ref::copy(v.as<Dialect>()->lineterminator) : none_ref(); }
const GetSetRow dialect_getset[] = {
    getset<get_delimiter>("delimiter"), getset<get_escapechar>("escapechar"), getset<get_lineterminator>("lineterminator"),
    getset<get_quotechar>("quotechar"), getset<get_quoting>("quoting"), {}};
PyMemberDef dialect_members[] = {
    {"skipinitialspace", T_BOOL, offsetof(Dialect, skipinitialspace), READONLY, nullptr},
    {"doublequote", T_BOOL, offsetof(Dialect, doublequote), READONLY, nullptr},
    {"strict", T_BOOL, offsetof(Dialect, strict), READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr}};

// --- Reader ---------------------------------------------------------------------------------------------------------------

enum class At : uint8_t {
  kStartRecord, kStartField, kEscaped, kInField, kInQuoted, kEscapedInQuoted, kQuoteInQuoted, kEatNewline, kAfterEscapedNewline
};

struct Reader {
  PyObject head;
  PyObject *input, *dialect;
  PyObject* fields;       // of the record under way; null between records
  uint32_t* field;        // the field under way, where it is not one piece of a line
  Py_ssize_t field_length, field_capacity;
  At state;
  bool numeric;
  unsigned long line_num;
  Py_ssize_t width;       // fields of the record before
  bool stops[256];        // which Latin-1 characters end a plain field
};

bool add_char(Reader* r, uint32_t c) {
  if (r->field_length >= field_limit) return raise(error_type_object, "field larger than field limit (%ld)", field_limit);
  if (r->field_length == r->field_capacity) {
    Py_ssize_t capacity = r->field_capacity ? r->field_capacity * 2 : 256;
    void* p = object_realloc(r->field, static_cast<size_t>(capacity) * 4);
    if (!p) return raise_no_memory();
    r->field = static_cast<uint32_t*>(p);
    r->field_capacity = capacity;
  }
  r->field[r->field_length++] = c;
  return true;
}
bool save(Reader* r, Ref field) {
  if (!field) return false;
  if (r->numeric) {
    r->numeric = false;
    field = to_float(field);
    if (!field) return false;
  }
  return list_append(Value{r->fields}, std::move(field));
}
bool save_field(Reader* r) {
  Ref field = str_from_kind(4, r->field, r->field_length);
  r->field_length = 0;
  return save(r, std::move(field));
}

// One character of the slow way, or the end of the line.
bool step(Reader* r, Dialect* d, uint32_t c) {
  bool newline = c == '\n' || c == '\r', end = c == kEndOfLine;
  switch (r->state) {
    case At::kStartRecord:
      if (end) return true;
      if (newline) {
        r->state = At::kEatNewline;
        return true;
      }
      r->state = At::kStartField;
      [[fallthrough]];
    case At::kStartField:
      if (newline || end) {
        r->state = end ? At::kStartRecord : At::kEatNewline;
        return save_field(r);
      }
      if (c == d->quotechar && d->quoting != kNone) {
        r->state = At::kInQuoted;
      } else if (c == d->escapechar) {
        r->state = At::kEscaped;
      } else if (c == ' ' && d->skipinitialspace) {
      } else if (c == d->delimiter) {
        return save_field(r);
      } else {
        if (d->quoting == kNonNumeric) r->numeric = true;
        r->state = At::kInField;
        return add_char(r, c);
      }
      return true;
    case At::kEscaped:
      if (newline) {
        r->state = At::kAfterEscapedNewline;
        return add_char(r, c);
      }
      r->state = At::kInField;
      return add_char(r, end ? '\n' : c);
    case At::kAfterEscapedNewline:
      if (end) return true;
      [[fallthrough]];
    case At::kInField:
      if (newline || end) {
        r->state = end ? At::kStartRecord : At::kEatNewline;
        return save_field(r);
      }
      if (c == d->escapechar) {
        r->state = At::kEscaped;
      } else if (c == d->delimiter) {
        r->state = At::kStartField;
        return save_field(r);
      } else {
        return add_char(r, c);
      }
      return true;
    case At::kInQuoted:
      if (end) return true;
      if (c == d->escapechar) r->state = At::kEscapedInQuoted;
      else if (c == d->quotechar && d->quoting != kNone) r->state = d->doublequote ? At::kQuoteInQuoted : At::kInField;
      else return add_char(r, c);
      return true;
    case At::kEscapedInQuoted:
      r->state = At::kInQuoted;
      return add_char(r, end ? '\n' : c);
    case At::kQuoteInQuoted:
      if (d->quoting != kNone && c == d->quotechar) {
        r->state = At::kInQuoted;
        return add_char(r, c);
      }
      if (c == d->delimiter) {
        r->state = At::kStartField;
        return save_field(r);
      }
      if (newline || end) {
        r->state = end ? At::kStartRecord : At::kEatNewline;
        return save_field(r);
      }
      if (!d->strict) {
        r->state = At::kInField;
        return add_char(r, c);
      }
      return raise(error_type_object, "'%c' expected after '%c'", static_cast<int>(d->delimiter), static_cast<int>(d->quotechar));
    case At::kEatNewline:
      if (newline) return true;
      if (end) {
        r->state = At::kStartRecord;
        return true;
      }
      return raise(error_type_object, "new-line character seen in unquoted field - do you need to open the file in universal-newline mode?");
  }
  return true;
}

// A line's characters. Fields that lie in one piece (plain, or quoted without doubled quotes) are cut out of the line.
template <class C>
bool parse_line(Reader* r, Dialect* d, Value line, const C* p, Py_ssize_t n) {
  auto stop = [&](uint32_t c) { return c < 256 ? r->stops[c] : c == d->delimiter || c == d->escapechar; };
  Py_ssize_t i = 0;
  while (i < n) {
    uint32_t c = p[i];
    if ((r->state == At::kStartRecord && c != '\n' && c != '\r') || r->state == At::kStartField) {
      bool quoted = c == d->quotechar && d->quoting != kNone;
      if (!quoted && !(c == ' ' && d->skipinitialspace) && !stop(c)) {
        Py_ssize_t j = i + 1;
        while (j < n && !stop(p[j])) j++;
        // It ends at the delimiter or the line end; an escape makes it a field of pieces.
        if (j == n || static_cast<uint32_t>(p[j]) != d->escapechar) {
          if (j - i > field_limit) return raise(error_type_object, "field larger than field limit (%ld)", field_limit);
          if (d->quoting == kNonNumeric) r->numeric = true;
          if (!save(r, str_substring(line, i, j))) return false;
          if (j == n) {
            r->state = At::kEatNewline;
            return true;
          }
          r->state = static_cast<uint32_t>(p[j]) == d->delimiter ? At::kStartField : At::kEatNewline;
          i = j + 1;
          continue;
        }
      } else if (quoted && d->doublequote) {
        Py_ssize_t j = i + 1;
        while (j < n && static_cast<uint32_t>(p[j]) != d->quotechar && static_cast<uint32_t>(p[j]) != d->escapechar) j++;
        if (j < n && static_cast<uint32_t>(p[j]) == d->quotechar && static_cast<uint32_t>(p[j]) != d->escapechar) {
          uint32_t next = j + 1 < n ? static_cast<uint32_t>(p[j + 1]) : kEndOfLine;
          if (next == d->delimiter || next == '\n' || next == '\r') {
            if (j - i - 1 > field_limit) return raise(error_type_object, "field larger than field limit (%ld)", field_limit);
            if (!save(r, str_substring(line, i + 1, j))) return false;
            r->state = next == d->delimiter ? At::kStartField : At::kEatNewline;
            i = j + 2;
            continue;
          }
        }
      }
    }
    if (!step(r, d, c)) return false;
    i++;
  }
  return true;
}

void drop_record(Reader* r) {
  if (r->fields) adder::decref(r->fields);
  r->fields = nullptr;
  r->field_length = 0;
  r->state = At::kStartRecord;
  r->numeric = false;
}

Ref reader_next(Value self) {
  auto* r = self.as<Reader>();
  drop_record(r);
  Ref fields = list_new(r->width);
  if (!fields) return {};
  r->fields = fields.release().object();
  Dialect* d = dialect_of(r->dialect);
  NextFn next_line = slots_of(Value{r->input}).tp_iternext;
  do {
    Ref line = next_line(Value{r->input});
    if (!line) {
      if (error_occurred()) {
        if (!error_matches(PyExc_StopIteration)) return {};
        clear_error();
      }
      if (r->field_length != 0 || r->state == At::kInQuoted) {
        if (d->strict) return raise(error_type_object, "unexpected end of data");
        if (!save_field(r)) return {};
        break;
      }
      return {};
    }
    if (!is_str(line))
      return raise(error_type_object, "iterator should return strings, not %.200s (the file should be opened in text mode)", type_of(line)->tp_name);
    r->line_num++;
    Py_ssize_t n = str_length(line);
    bool ok = on_kind(line.get(), [&](auto* p) { return parse_line(r, d, line, p, n); });
    if (!ok || !step(r, d, kEndOfLine)) return {};
  } while (r->state != At::kStartRecord);
  Ref result = Ref::steal(r->fields);
  r->fields = nullptr;
  r->width = list_size(result);
  return result;
}
Ref self_iter(Value v) { return Ref::copy(v); }
Ref reader_dialect(Value self) { return Ref::copy(self.as<Reader>()->dialect); }
void reader_dealloc(PyObject* o) {
  auto* r = reinterpret_cast<Reader*>(o);
  gc_untrack(o);
  for (PyObject* p : {r->input, r->dialect, r->fields})
    if (p) adder::decref(p);
  if (r->field) object_free(r->field);
  Py_TYPE(o)->tp_free(o);
}
int reader_traverse(PyObject* o, visitproc visit, void* arg) {
  auto* r = reinterpret_cast<Reader*>(o);
  for (PyObject* p : {r->input, r->dialect, r->fields})
    if (p) ADDER_VISIT(p);
  return 0;
}
PyMemberDef reader_members[] = {{"line_num", T_ULONG, offsetof(Reader, line_num), READONLY, nullptr}, {nullptr, 0, 0, 0, nullptr}};
const GetSetRow reader_getset[] = {getset<reader_dialect>("dialect"), {}};

bool split_arguments(Args args, Value* dialect) {
  if (args.n < 1) return raise(PyExc_TypeError, " expected at least 1 argument, got 0");
  if (args.n > 2) return raise(PyExc_TypeError, " expected at most 2 arguments, got %zu", args.n);
  *dialect = args.n > 1 ? args[1] : Value{};
  return true;
}

Ref m_reader(Value, Args args) {
  Value dialect;
  if (!split_arguments(args, &dialect)) return {};
  Ref input = iter(args[0]);
  if (!input) return {};
  Ref d = make_dialect(&dialect_type, dialect, args);
  if (!d) return {};
  PyObject* o = allocate_instance(&reader_type);
  if (!o) return {};
  auto* r = reinterpret_cast<Reader*>(o);
  r->input = to_c_steal(std::move(input));
  r->stops['\n'] = r->stops['\r'] = true;
  for (uint32_t c : {dialect_of(d.object())->delimiter, dialect_of(d.object())->escapechar})
    if (c < 256) r->stops[c] = true;
  r->dialect = d.release().object();
  return Ref::steal(o);
}

// --- Writer ---------------------------------------------------------------------------------------------------------------

struct Writer {
  PyObject head;
  PyObject *write, *dialect;
  bool special[256];  // the characters below 256 that are
};

// Means something to the dialect: has to be quoted or escaped.
bool is_special(const Dialect* d, uint32_t c) {
  Value terminator{d->lineterminator};
  return c == d->delimiter || c == d->escapechar || c == d->quotechar ||
         find_char(str_kind(terminator), str_data(terminator), str_length(terminator), c) >= 0;
}

// Adds a field to the line. quoted: in any case. false: an exception.
bool add_field(StrBuilder& line, const Writer* w, Value field, bool quoted) {
  const Dialect* d = dialect_of(w->dialect);
  Py_ssize_t n = str_length(field);
  int kind = str_kind(field);
  const void* data = str_data(field);
  auto special = [&](uint32_t c) { return c < 256 ? w->special[c] : is_special(d, c); };
  bool plain = on_kind(kind, data, [&](auto* p) {
    for (Py_ssize_t i = 0; i < n; i++)
      if (special(p[i])) return false;
    return true;
  });
  if (plain) {
    if (!quoted) return line.add(field);
    return line.add_char(d->quotechar) && line.add(field) && line.add_char(d->quotechar);
  }
  // Whether quotes are needed shows only at the end, so the escaped text is made first.
  StrBuilder text(n + 8);
  for (Py_ssize_t i = 0; i < n; i++) {
    uint32_t c = char_at(kind, data, i);
    bool escape = false;
    if (special(c)) {
      if (d->quoting == kNone) {
        escape = true;
      } else {
        if (c == d->quotechar) {
          if (d->doublequote) text.add_char(d->quotechar);
          else escape = true;
        } else if (c == d->escapechar) {
          escape = true;
        }
        if (!escape) quoted = true;
      }
      if (escape) {
        if (d->escapechar == kNotSet) return raise(error_type_object, "need to escape, but no escapechar set");
        text.add_char(d->escapechar);
      }
    }
    text.add_char(c);
  }
  Ref done = text.finish();
  if (!done) return false;
  if (quoted) return line.add_char(d->quotechar) && line.add(done) && line.add_char(d->quotechar);
  return line.add(done);
}

Ref write_row(Writer* w, Value row) {
  Dialect* d = dialect_of(w->dialect);
  Ref it;
  bool listed = is_exact_list(row) || is_exact_tuple(row);
  if (!listed) {
    it = iter(row);
    if (!it) {
      if (error_matches(PyExc_TypeError)) {
        clear_error();
        return raise(error_type_object, "iterable expected, not %.200s", type_of(row)->tp_name);
      }
      return {};
    }
  }
  StrBuilder line(80);
  Py_ssize_t count = 0;
  bool was_empty = false;
  for (;; count++) {
    Ref field;
    if (listed) {
      if (count >= sequence_size(row)) break;
      field = Ref::copy(sequence_get(row, count));
    } else {
      field = next(it);
      if (!field) break;
    }
    if (count > 0 && !line.add_char(d->delimiter)) return {};
    bool quoted = d->quoting == kAll;
    if (d->quoting == kNonNumeric) {
      Value f = field;
      bool number = f.is_number() || is_int(f) || slots_of(f).nb_index || slots_of(f).nb_int || slots_of(f).nb_float || is_subtype(type_of(f), &PyComplex_Type);
      quoted = !number;
    }
    Ref text;
    if (is_str(field)) text = std::move(field);
    else if (is_none(field)) text = str_empty();
    else text = to_str(field);
    if (!text) return {};
    was_empty = str_length(text) == 0 && !quoted;
    if (!add_field(line, w, text, quoted)) return {};
  }
  if (error_occurred()) return {};
  if (count == 1 && was_empty && line.length() == 0) {
    if (d->quoting == kNone) return raise(error_type_object, "single empty field record must be quoted");
    line.add_char(d->quotechar);
    line.add_char(d->quotechar);
  }
  if (!line.add(Value{d->lineterminator})) return {};
  Ref text = line.finish();
  if (!text) return {};
  return call1(Value{w->write}, text);
}
Ref writer_writerow(Value self, Value row) { return write_row(self.as<Writer>(), row); }
Ref writer_writerows(Value self, Value rows) {
  if (!for_each(rows, [&](Value row) { return static_cast<bool>(write_row(self.as<Writer>(), row)); })) return {};
  return none_ref();
}
Ref writer_dialect(Value self) { return Ref::copy(self.as<Writer>()->dialect); }
void writer_dealloc(PyObject* o) {
  auto* w = reinterpret_cast<Writer*>(o);
  gc_untrack(o);
  for (PyObject* p : {w->write, w->dialect})
    if (p) adder::decref(p);
  Py_TYPE(o)->tp_free(o);
}
int writer_traverse(PyObject* o, visitproc visit, void* arg) {
  auto* w = reinterpret_cast<Writer*>(o);
  for (PyObject* p : {w->write, w->dialect})
    if (p) ADDER_VISIT(p);
  return 0;
}
const MethodRow writer_methods[] = {
    method<writer_writerow>("writerow", "($self, row, /)", "Construct and write a CSV record from an iterable of fields."),
    method<writer_writerows>("writerows", "($self, rows, /)", "Construct and write a series of iterables to a csv file."),
    {}};
const GetSetRow writer_getset[] = {getset<writer_dialect>("dialect"), {}};

Ref m_writer(Value, Args args) {
  Value dialect;
  if (!split_arguments(args, &dialect)) return {};
  Ref d = make_dialect(&dialect_type, dialect, args);
  if (!d) return {};
  Ref write;
  int found = lookup_attr(args[0], "write"_id, &write);
  if (found < 0) return {};
  if (!found || !is_callable(write)) return raise(PyExc_TypeError, "argument 1 must have a \"write\" method");
  PyObject* o = allocate_instance(&writer_type);
  if (!o) return {};
  auto* w = reinterpret_cast<Writer*>(o);
  w->write = to_c_steal(std::move(write));
  for (uint32_t c = 0; c < 256; c++) w->special[c] = is_special(dialect_of(d.get().object()), c);
  w->dialect = d.release().object();
  return Ref::steal(o);
}

// --- The registry -----------------------------------------------------------------------------------------------------------

Ref m_register(Value, Args args) {
  if (args.n < 1) return raise(PyExc_TypeError, "register_dialect expected at least 1 argument, got 0");
  if (args.n > 2) return raise(PyExc_TypeError, "register_dialect expected at most 2 arguments, got %zu", args.n);
  if (!is_str(args[0])) return raise(PyExc_TypeError, "dialect name must be a string");
  Ref d = make_dialect(&dialect_type, args.n > 1 ? args[1] : Value{}, args);
  if (!d || !dict_set(Value{dialects}, args[0], d)) return {};
  return none_ref();
}
Ref m_unregister(Value, const Value* a) {
  int r = dict_delete(Value{dialects}, a[0]);
  if (r < 0) return {};
  if (r == 0) return raise(error_type_object, "unknown dialect");
  return none_ref();
}
Ref m_get_dialect(Value, const Value* a) { return find_dialect(a[0]); }
Ref m_list_dialects(Value) { return dict_keys_list(Value{dialects}); }
Ref m_field_size_limit(Value, const Value* a) {
  int64_t old = field_limit;
  if (a[0]) {
    if (!is_exact_int(a[0])) return raise(PyExc_TypeError, "limit must be an integer");
    if (!int_as_i64(a[0], &field_limit)) {
      field_limit = old;
      return {};
    }
  }
  return int_from_i64(old);
}

const MethodRow functions[] = {
    method<m_reader>("reader", "", "csv_reader = reader(iterable [, dialect='excel'] [optional keyword args])"),
    method<m_writer>("writer", "", "csv_writer = csv.writer(fileobj [, dialect='excel'] [optional keyword args])"),
    method<m_list_dialects>("list_dialects", "($module, /)", "Return a list of all known dialect names."),
    method<m_register>("register_dialect", "", "Create a mapping from a string name to a dialect class."),
    method<m_unregister>("unregister_dialect", "($module, /, name)", "Delete the name/dialect mapping associated with a string name."),
    method<m_get_dialect>("get_dialect", "($module, /, name)", "Return the dialect instance associated with name."),
    method<m_field_size_limit>("field_size_limit", "($module, /, new_limit=<unrepresentable>)", "Sets an upper limit on parsed fields."),
    {}};

}  // namespace

extern const TypeDef dialect_def, reader_def, writer_def;
const TypeDef dialect_def = {
    .type = &dialect_type, .name = "_csv.Dialect", .basicsize = sizeof(Dialect),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, .doc = "CSV dialect", .dealloc = &dialect_dealloc,
    .slots = {.tp_new = slot::New<dialect_new>}, .getset = dialect_getset, .members = dialect_members};
const TypeDef reader_def = {
    .type = &reader_type, .name = "_csv.reader", .basicsize = sizeof(Reader),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, .doc = "CSV reader",
    .dealloc = &reader_dealloc, .traverse = &reader_traverse,
    .slots = {.tp_iter = slot::Unary<self_iter>, .tp_iternext = slot::Next<reader_next>}, .getset = reader_getset, .members = reader_members};
const TypeDef writer_def = {
    .type = &writer_type, .name = "_csv.writer", .basicsize = sizeof(Writer),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, .doc = "CSV writer",
    .dealloc = &writer_dealloc, .traverse = &writer_traverse, .methods = writer_methods, .getset = writer_getset};

namespace {
bool exec(PyObject* module) {
  if (!ready_type(dialect_def) || !ready_type(reader_def) || !ready_type(writer_def)) return false;
  if (!module_add(module, "Dialect", Ref::copy(&dialect_type)) || !module_add(module, "Reader", Ref::copy(&reader_type)) ||
      !module_add(module, "Writer", Ref::copy(&writer_type)))
    return false;
  Ref error = make_heap_type("_csv.Error", reinterpret_cast<PyTypeObject*>(PyExc_Exception), Value{});
  Ref table = dict_new();
  if (!error || !table) return false;
  per_interpreter(error_type_object);
  per_interpreter(dialects);
  error_type_object = Ref::copy(error).release().object();
  dialects = Ref::copy(table).release().object();
  at_interpreter_end([] {
    adder::decref(error_type_object);
    adder::decref(dialects);
    error_type_object = dialects = nullptr;
  });
  return module_add(module, "Error", std::move(error)) && module_add(module, "_dialects", std::move(table)) &&
         module_add_str(module, "__version__", "1.0") && module_add_int(module, "QUOTE_MINIMAL", kMinimal) &&
         module_add_int(module, "QUOTE_ALL", kAll) && module_add_int(module, "QUOTE_NONNUMERIC", kNonNumeric) &&
         module_add_int(module, "QUOTE_NONE", kNone);
}
}  // namespace
}  // namespace csv

extern const ModuleDef csv_module{.name = "_csv", .doc = "CSV parsing and writing.", .methods = csv::functions, .exec = csv::exec};

}  // namespace adder
