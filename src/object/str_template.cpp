// str.format: the replacement-field language, its two iterators for the string module, and str.__format__.
#include "object/str_template.h"
#include "memory/gc.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str_impl.h"
#include "object/whole_piece.h"

namespace adder {

namespace {

// A stretch of a str.
struct Span {
  Value s{};
  Py_ssize_t start = 0, end = 0;
  bool empty() const { return start >= end; }
  uint32_t at(Py_ssize_t i) const { return str_char(s, i); }
  Ref str() const { return start >= end ? str_empty() : str_substring(s, start, end); }
};

// One step of a format string: literal text, then perhaps a field.
struct Step {
  Span literal;
  bool field = false;
  Span name, spec;
  uint32_t conversion = 0;
  bool nested = false;  // the spec holds fields itself
};

// 1 a step, 0 the end, -1 an exception.
int next_step(Span* in, Step* out) {
  *out = Step{};
  out->literal = {in->s, in->start, in->start};
  if (in->empty()) return 0;
  uint32_t c = 0;
  bool escaped = false;
  while (in->start < in->end) {
    c = in->at(in->start++);
    if (c == '{' || c == '}') {
      escaped = true;
      break;
    }
  }
  if (!escaped) {
    out->literal.end = in->start;
    return 1;
  }
  bool at_end = in->empty();
  Py_ssize_t text_end = in->start - 1;
  if (c == '}' && (at_end || in->at(in->start) != '}')) return raise(PyExc_ValueError, "Single '}' encountered in format string");
  if (at_end && c == '{') return raise(PyExc_ValueError, "Single '{' encountered in format string");
  if (in->at(in->start) == c) {  // doubled: itself
    out->literal.end = in->start++;
    return 1;
  }
  out->literal.end = text_end;
  out->field = true;

  // The field's name, up to ! or : at the top level; brackets hide everything.
  out->name = {in->s, in->start, in->start};
  int depth = 0;
  bool closed = false;
  c = 0;
  while (in->start < in->end) {
    c = in->at(in->start);
    if (c == '{') return raise(PyExc_ValueError, "unexpected '{' in field name");
    if (c == '[') {
      while (in->start < in->end && in->at(in->start) != ']') in->start++;
      if (in->start < in->end) in->start++;
      continue;
    }
    if (c == '}' || c == ':' || c == '!') { closed = true; break; }
    in->start++;
  }
  out->name.end = in->start;
  if (!closed) return raise(PyExc_ValueError, "expected '}' before end of string");
  in->start++;
  if (c == '!') {
    if (in->empty()) return raise(PyExc_ValueError, "end of string while looking for conversion specifier");
    out->conversion = in->at(in->start++);
    if (in->start < in->end) {
      c = in->at(in->start++);
      if (c == '}') return 1;
      if (c != ':') return raise(PyExc_ValueError, "expected ':' after conversion specifier");
    } else {
      return raise(PyExc_ValueError, "unmatched '{' in format spec");
    }
  }
  out->spec = {in->s, in->start, in->start};
  if (c == '}') return 1;
  depth = 1;
  while (in->start < in->end) {
    c = in->at(in->start);
    if (c == '{') {
      out->nested = true;
      depth++;
    } else if (c == '}') {
      if (--depth == 0) {
        out->spec.end = in->start++;
        return 1;
      }
    }
    in->start++;
  }
  return raise(PyExc_ValueError, "unmatched '{' in format spec");
}

// --- Field names ------------------------------------------------------------------------------------------------------

// The number that a span spells, -1 if it spells none, -2 with an exception.
Py_ssize_t span_number(const Span& s) {
  if (s.empty()) return -1;
  Py_ssize_t n = 0;
  for (Py_ssize_t i = s.start; i < s.end; i++) {
    int d = unicode::decimal_value(s.at(i));
    if (d < 0) return -1;
    if (n > (PY_SSIZE_T_MAX - d) / 10) {
      raise(PyExc_ValueError, "Too many decimal digits in format string");
      return -2;
    }
    n = n * 10 + d;
  }
  return n;
}

struct AutoNumber {
  enum { kUnknown, kAuto, kManual } state = kUnknown;
  Py_ssize_t next = 0;
};

// Splits off the first part; *index is its number or -1. The rest starts at . or [.
bool split_first(const Span& name, Span* first, Span* rest, Py_ssize_t* index, AutoNumber* numbers) {
  Py_ssize_t i = name.start;
  while (i < name.end && name.at(i) != '.' && name.at(i) != '[') i++;
  *first = {name.s, name.start, i};
  *rest = {name.s, i, name.end};
  *index = span_number(*first);
  if (*index == -2) return false;
  bool no_name = first->empty();
  if (numbers && (no_name || *index >= 0)) {
    auto kind = no_name ? AutoNumber::kAuto : AutoNumber::kManual;
    if (numbers->state == AutoNumber::kUnknown) numbers->state = kind;
    if (numbers->state != kind)
      return raise(PyExc_ValueError, numbers->state == AutoNumber::kManual
                                         ? "cannot switch from manual field specification to automatic field numbering"
                                         : "cannot switch from automatic field numbering to manual field specification");
    if (no_name) *index = numbers->next++;
  }
  return true;
}

// The next .attribute or [index] of *rest: 1, 0 at the end, -1.
int next_part(Span* rest, bool* attribute, Span* name, Py_ssize_t* index) {
  if (rest->empty()) return 0;
  uint32_t c = rest->at(rest->start++);
  *name = {rest->s, rest->start, rest->start};
  *index = -1;
  if (c == '.') {
    *attribute = true;
    while (rest->start < rest->end && rest->at(rest->start) != '.' && rest->at(rest->start) != '[') rest->start++;
    name->end = rest->start;
  } else if (c == '[') {
    *attribute = false;
    bool closed = false;
    while (rest->start < rest->end) {
      if (rest->at(rest->start) == ']') { closed = true; break; }
      rest->start++;
    }
    if (!closed) return raise(PyExc_ValueError, "Missing ']' in format string");
    name->end = rest->start++;
    *index = span_number(*name);
    if (*index == -2) return -1;
  } else {
    return raise(PyExc_ValueError, "Only '.' or '[' may follow ']' in format field specifier");
  }
  if (name->empty()) return raise(PyExc_ValueError, "Empty attribute in format string");
  return 1;
}

// --- Formatting -------------------------------------------------------------------------------------------------------

struct Template {
  static constexpr int kDepth = 1;  // a field's specification may have fields, theirs not
  Args args;        // positional
  Value mapping{};  // format_map's, else absent
  AutoNumber numbers;
  WholePiece whole;

  Ref keyword(Value name) const {
    if (mapping) return get_item(mapping, name);
    if (args.kwnames) {
      for (Py_ssize_t i = 0; i < tuple_size(Value{args.kwnames}); i++)
        if (str_equal(tuple_get(Value{args.kwnames}, i), name)) return Ref::copy(args.v[args.n + static_cast<size_t>(i)]);
    }
    return raise_key_error(name);
  }

  Ref field(const Span& name) {
    Span first, rest;
    Py_ssize_t index;
    if (!split_first(name, &first, &rest, &index, &numbers)) return {};
    Ref object;
    if (index < 0) {
      Ref key = first.str();
      if (!key) return {};
      object = keyword(key);
    } else {
      if (mapping) return raise(PyExc_ValueError, "Format string contains positional fields");
      if (static_cast<size_t>(index) >= args.n)
        return raise(PyExc_IndexError, "Replacement index %zd out of range for positional args tuple", index);
      object = Ref::copy(args[static_cast<size_t>(index)]);
    }
    while (object) {
      bool attribute;
      Span part;
      int r = next_part(&rest, &attribute, &part, &index);
      if (r < 0) return {};
      if (r == 0) break;
      Ref key = part.str();
      if (!key) return {};
      if (attribute) {
        key = intern(std::move(key));
        object = getattr(object, key.object());
      } else if (index >= 0) {
        object = get_item(object, Value::from_int(index));
      } else {
        object = get_item(object, key);
      }
    }
    return object;
  }

  bool run(Span in, StrBuilder& out, int depth) {
    if (depth < 0) return raise(PyExc_ValueError, "Max string recursion exceeded");
    Step step;
    int r;
    while ((r = next_step(&in, &step)) > 0) {
      if (!step.literal.empty()) {
        if (step.literal.end - step.literal.start == str_length(in.s)) whole.note(out, in.s);
        if (!out.add(in.s, step.literal.start, step.literal.end)) return false;
      }
      if (!step.field) continue;
      Ref object = field(step.name);
      if (!object) return false;
      if (step.conversion) {
        switch (step.conversion) {
          case 'r': object = repr(object); break;
          case 's': object = to_str(object); break;
          case 'a': object = ascii(object); break;
          default:
            if (step.conversion > 32 && step.conversion < 127)
              return raise(PyExc_ValueError, "Unknown conversion specifier %c", static_cast<int>(step.conversion));
            return raise(PyExc_ValueError, "Unknown conversion specifier \\x%x", static_cast<unsigned>(step.conversion));
        }
        if (!object) return false;
      }
      Ref text;
      if (step.spec.empty()) {
        text = is_exact_str(object) ? std::move(object) : format(object, Value{});
      } else {
        Ref spec;
        if (step.nested) {
          StrBuilder b;
          if (!run(step.spec, b, depth - 1)) return false;
          spec = b.finish();
        } else {
          spec = step.spec.str();
        }
        if (!spec) return false;
        text = format(object, spec);
      }
      if (!text) return false;
      if (depth == kDepth) whole.note(out, text);
      if (!out.add(text)) return false;
    }
    return r == 0;
  }
};

Ref run_template(Value self, Template& t) {
  StrBuilder out(str_length(self));
  if (!t.run({self, 0, str_length(self)}, out, Template::kDepth)) return {};
  return t.whole.finish(out);
}

}  // namespace

Ref str_m_format(Value self, Args args) {
  Template t;
  t.args = args;
  return run_template(self, t);
}
Ref str_m_format_map(Value self, Value mapping) {
  Template t;
  t.mapping = mapping;
  return run_template(self, t);
}

// --- The string module's iterators ----------------------------------------------------------------------------------------

namespace {

struct SpanIterator {
  PyObject head;
  PyObject* text;
  Py_ssize_t start, end;
};
ADDER_TYPE(formatter_type);
ADDER_TYPE(fieldname_type);

void span_dealloc(PyObject* o) {
  Py_XDECREF(reinterpret_cast<SpanIterator*>(o)->text);
  Py_TYPE(o)->tp_free(o);
}
Ref span_iterator(PyTypeObject* type, Value text, Py_ssize_t start, Py_ssize_t end) {
  PyObject* o = object_new_raw(type, sizeof(SpanIterator));
  if (!o) return {};
  auto* it = reinterpret_cast<SpanIterator*>(o);
  it->text = Ref::copy(text).release().object();
  it->start = start;
  it->end = end;
  return Ref::steal(o);
}
Ref self_iter(Value v) { return Ref::copy(v); }

Ref formatter_next(Value self) {
  auto* it = self.as<SpanIterator>();
  Span in{Value{it->text}, it->start, it->end};
  Step step;
  int r = next_step(&in, &step);
  it->start = in.start;
  if (r <= 0) return {};
  Ref literal = step.literal.str();
  if (!literal) return {};
  if (!step.field) return tuple_of({literal, none(), none(), none()});
  Ref name = step.name.str(), spec = step.spec.s ? step.spec.str() : str_empty();
  Ref conversion = step.conversion ? str_from_char(step.conversion) : none_ref();
  if (!name || !spec || !conversion) return {};
  return tuple_of({literal, name, spec, conversion});
}

Ref fieldname_next(Value self) {
  auto* it = self.as<SpanIterator>();
  Span rest{Value{it->text}, it->start, it->end}, part;
  bool attribute;
  Py_ssize_t index;
  int r = next_part(&rest, &attribute, &part, &index);
  it->start = rest.start;
  if (r <= 0) return {};
  Ref name = index >= 0 ? Ref::from_int(index) : part.str();
  if (!name) return {};
  return tuple_of({boolean(attribute), name});
}

}  // namespace

extern const TypeDef formatter_iterator_def = {
    .type = &formatter_type,
    .name = "formatteriterator",
    .basicsize = sizeof(SpanIterator),
    .dealloc = &span_dealloc,
    .slots = {.tp_iter = slot::Unary<self_iter>, .tp_iternext = slot::Next<formatter_next>},
};
extern const TypeDef fieldname_iterator_def = {
    .type = &fieldname_type,
    .name = "fieldnameiterator",
    .basicsize = sizeof(SpanIterator),
    .dealloc = &span_dealloc,
    .slots = {.tp_iter = slot::Unary<self_iter>, .tp_iternext = slot::Next<fieldname_next>},
};

Ref formatter_parser(Value text) { return span_iterator(&formatter_type, text, 0, str_length(text)); }

Ref formatter_field_name_split(Value text) {
  Span first, rest;
  Py_ssize_t index;
  if (!split_first({text, 0, str_length(text)}, &first, &rest, &index, nullptr)) return {};
  Ref head = index >= 0 ? Ref::from_int(index) : first.str();
  Ref parts = span_iterator(&fieldname_type, text, rest.start, rest.end);
  if (!head || !parts) return {};
  return tuple_of({head, parts});
}

}  // namespace adder
