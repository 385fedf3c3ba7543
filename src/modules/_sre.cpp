// The module _sre: Pattern, Match and the scanner. Programs and matching are in sre_program.cpp and sre_match.cpp.
#include <cctype>
#include <memory>
#include "memory/gc.h"
#include "modules/sre.h"
#include "object/builtin.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/object.h"
#include "object/sequence.h"
#include "object/small_types.h"
#include "object/str_impl.h"
#include "object/type_impl.h"

namespace adder {
namespace sre {

namespace {

ADDER_TYPE(pattern_type);
ADDER_TYPE(match_type);
ADDER_TYPE(scanner_type);

struct Pattern {
  PyObject head;
  PyObject *pattern, *groupindex, *indexgroup;
  PyObject* weaklist;
  int flags;
  Py_ssize_t groups;
  int is_bytes;  // -1: no pattern (sre.template), 0 str, 1 bytes
  Program* program;
};
struct Match {
  PyVarObject head;
  PyObject *string, *regs, *pattern;
  Py_ssize_t pos, endpos, lastindex, groups;
  Py_ssize_t mark[1];  // start, end of group 0, 1, …
};
struct Scanner {
  PyObject head;
  PyObject *pattern, *string;
  Py_ssize_t start, pos, endpos, must_advance;
  BufferView* view;  // holds the buffer of a bytes-like subject while there may be more matches
};

inline Pattern* pattern_of(Value v) { return v.as<Pattern>(); }
inline Match* match_of(Value v) { return v.as<Match>(); }

// A subject held for matching: its characters and a State.
struct Subject {
  State s;
  BufferView view;
  Value string{};
  bool is_str = false;

  bool open(Pattern* p, Value v, Py_ssize_t start, Py_ssize_t end) {
    string = v;
    Py_ssize_t n;
    if (adder::is_str(v)) {
      if (p->is_bytes > 0) return raise(PyExc_TypeError, "cannot use a bytes pattern on a string-like object");
      is_str = true;
      s.kind = str_kind(v);
      s.data = str_data(v);
      n = str_length(v);
    } else {
      if (v.is_number() || (!is_bytes(v) && !has_buffer(v)))
        return raise(PyExc_TypeError, "expected string or bytes-like object, got '%.200s'", type_of(v)->tp_name);
      if (!view.get(v)) return false;
      if (p->is_bytes == 0) return raise(PyExc_TypeError, "cannot use a string pattern on a bytes-like object");
      s.kind = 1;
      s.data = view.data() ? view.data() : "";
      n = view.size();
    }
    if (start < 0) start = 0;
    else if (start > n) start = n;
    if (end < 0) end = 0;
    else if (end > n) end = n;
    s.program = p->program;
    s.beginning = 0;
    s.start = start;
    s.end = end;
    return s.marks.make(static_cast<size_t>(p->groups) * 2);
  }
  void forget_groups() {
    s.marks.clear();
    s.lastindex = -1;
  }
  Ref slice(Py_ssize_t from, Py_ssize_t to) const {
    if (is_str) return str_substring(string, from, to);
    if (is_exact(string, &PyBytes_Type) && from == 0 && to == bytes_length(string)) return Ref::copy(string);
    return bytes_new({static_cast<const char*>(s.data) + from, static_cast<size_t>(to - from)});
  }
  // Where group i of the match just made begins and ends; if it took no part the beginning is negative, or the end before it.
  std::pair<Py_ssize_t, Py_ssize_t> span(size_t i) const {
    if (i == 0) return {s.match_start, s.match_end};
    return {s.marks[i * 2 - 2], s.marks[i * 2 - 1]};
  }
  // Group i of the match just made; `missing` for one that took no part.
  Ref group(size_t i, Ref missing) const {
    auto [from, to] = span(i);
    if (from < 0 || to < from) return missing;
    return slice(from, to);
  }
};

Ref make_match(Pattern* p, Subject& subject, Py_ssize_t pos, Py_ssize_t endpos) {
  auto groups = static_cast<size_t>(p->groups) + 1;
  PyObject* o = object_new_raw(&match_type, offsetof(Match, mark) + groups * 2 * sizeof(Py_ssize_t));
  if (!o) return {};
  auto* m = reinterpret_cast<Match*>(o);
  m->head.ob_size = static_cast<Py_ssize_t>(groups * 2);
  m->pattern = Ref::copy(reinterpret_cast<PyObject*>(p)).release().object();
  m->string = Ref::copy(subject.string).release().object();
  m->regs = nullptr;
  m->pos = pos;
  m->endpos = endpos;
  m->lastindex = subject.s.lastindex;
  m->groups = static_cast<Py_ssize_t>(groups);
  m->mark[0] = subject.s.match_start;
  m->mark[1] = subject.s.match_end;
  for (size_t i = 1; i < groups; i++) {
    Py_ssize_t from = subject.s.marks[i * 2 - 2], to = subject.s.marks[i * 2 - 1];
    bool set = from >= 0 && to >= from;
    m->mark[i * 2] = set ? from : -1;
    m->mark[i * 2 + 1] = set ? to : -1;
  }
  return Ref::steal(o);
}

// --- Pattern ------------------------------------------------------------------------------------------------------------

// string, pos and endpos, the first three bound parameters.
bool position_args(const Value* a, Py_ssize_t* pos, Py_ssize_t* endpos) {
  *pos = 0;
  *endpos = PY_SSIZE_T_MAX;
  return (!a[1] || as_ssize(a[1], pos)) && (!a[2] || as_ssize(a[2], endpos));
}

Ref match_once(Value self, const Value* a, bool full, bool anywhere) {
  Py_ssize_t pos, endpos;
  if (!position_args(a, &pos, &endpos)) return {};
  Pattern* p = pattern_of(self);
  Subject subject;
  if (!subject.open(p, a[0], pos, endpos)) return {};
  subject.s.full = full;
  pos = subject.s.start;
  endpos = subject.s.end;
  int r = anywhere ? search(subject.s) : match(subject.s);
  if (r < 0) return {};
  if (r == 0) return none_ref();
  return make_match(p, subject, pos, endpos);
}
Ref p_match(Value self, const Value* a) { return match_once(self, a, false, false); }
Ref p_fullmatch(Value self, const Value* a) { return match_once(self, a, true, false); }
Ref p_search(Value self, const Value* a) { return match_once(self, a, false, true); }

// Runs body(subject) for each match from left to right; empty matches do not follow a match at once.
template <class F>
bool each_match(Subject& subject, F&& body) {
  State& s = subject.s;
  while (s.start <= s.end) {
    subject.forget_groups();
    int r = search(s);
    if (r < 0) return false;
    if (r == 0) return true;
    int go_on = body();
    if (go_on < 0) return false;
    if (go_on == 0) return true;
    s.must_advance = s.match_end == s.match_start ? s.match_end : -1;
    s.start = s.match_end;
  }
  return true;
}

Ref p_findall(Value self, const Value* a) {
  Py_ssize_t pos, endpos;
  if (!position_args(a, &pos, &endpos)) return {};
  Pattern* p = pattern_of(self);
  Subject subject;
  if (!subject.open(p, a[0], pos, endpos)) return {};
  Ref list = list_new();
  if (!list) return {};
  auto empty = [&] { return subject.is_str ? str_empty() : bytes_new({}); };
  bool ok = each_match(subject, [&]() -> int {
    Ref item;
    if (p->groups <= 1) {
      item = subject.group(static_cast<size_t>(p->groups), empty());
    } else {
      item = tuple_new(p->groups);
      for (Py_ssize_t i = 0; item && i < p->groups; i++) {
        Ref g = subject.group(static_cast<size_t>(i) + 1, empty());
        if (!g) return -1;
        tuple_init(item, i, std::move(g));
      }
    }
    return item && list_append(list, std::move(item)) ? 1 : -1;
  });
  return ok ? std::move(list) : Ref{};
}

Ref p_split(Value self, const Value* a) {
  Py_ssize_t limit = 0;
  if (a[1] && !as_ssize(a[1], &limit)) return {};
  Pattern* p = pattern_of(self);
  Subject subject;
  if (!subject.open(p, a[0], 0, PY_SSIZE_T_MAX)) return {};
  Ref list = list_new();
  if (!list) return {};
  Py_ssize_t last = 0, n = 0;
  bool ok = limit < 0 || each_match(subject, [&]() -> int {
    Ref before = subject.slice(last, subject.s.match_start);
    if (!before || !list_append(list, std::move(before))) return -1;
    for (Py_ssize_t i = 1; i <= p->groups; i++) {
      Ref g = subject.group(static_cast<size_t>(i), none_ref());
      if (!g || !list_append(list, std::move(g))) return -1;
    }
    last = subject.s.match_end;
    n++;
    return !limit || n < limit;
  });
  if (!ok) return {};
  Ref rest = subject.slice(last, subject.s.end);
  if (!rest || !list_append(list, std::move(rest))) return {};
  return list;
}

// re.<name>, for the parts that the Python side does.
Ref call_re(PyObject* name, std::initializer_list<Value> args) {
  Ref re = hooks.import_module("re"_id);
  Ref f = re ? getattr(re, name) : Ref{};
  return f ? call(f, args) : Ref{};
}

// A replacement that refers to groups. re's _subx makes a function of it, whose only default is what it parsed:
// ([(piece, group), …], [text or None, …]). The function need not be called then.
struct Template {
  struct Piece {
    Ref text;  // empty: a group's
    Py_ssize_t group;
  };
  std::vector<Piece> pieces;

  // false: it is another function, or of text of another type.
  bool read(Value filter, Py_ssize_t groups, PyTypeObject* type) {
    if (!is_exact(filter, &PyFunction_Type) || !str_equals(Value{filter.as<PyFunctionObject>()->func_qualname}, "_subx.<locals>.filter")) return false;
    Value defaults{filter.as<PyFunctionObject>()->func_defaults};
    if (!defaults || tuple_size(defaults) != 1) return false;
    Value parsed = tuple_get(defaults, 0);
    if (!is_exact_tuple(parsed) || tuple_size(parsed) != 2) return false;
    Value references = tuple_get(parsed, 0), texts = tuple_get(parsed, 1);
    if (!is_exact_list(references) || !is_exact_list(texts)) return false;
    for (Py_ssize_t i = 0; i < list_size(texts); i++) {
      Value text = list_get(texts, i);
      if (!is_none(text) && type_of(text) != type) return false;
      pieces.push_back({is_none(text) ? Ref{} : Ref::copy(text), -1});
    }
    for (Py_ssize_t i = 0; i < list_size(references); i++) {
      Value reference = list_get(references, i);
      if (!is_exact_tuple(reference) || tuple_size(reference) != 2) return false;
      Value piece = tuple_get(reference, 0), group = tuple_get(reference, 1);
      if (!piece.is_int() || !group.is_int()) return false;
      if (piece.as_int() < 0 || piece.as_int() >= list_size(texts) || group.as_int() < 0 || group.as_int() > groups) return false;
      pieces[static_cast<size_t>(piece.as_int())] = {Ref{}, group.as_int()};
    }
    for (const Piece& piece : pieces)
      if (!piece.text && piece.group < 0) return false;
    return true;
  }
};

Ref substitute(Value self, const Value* a, bool with_count) {
  Py_ssize_t limit = 0;
  if (a[2] && !as_ssize(a[2], &limit)) return {};
  Pattern* p = pattern_of(self);
  Value repl = a[0], string = a[1];
  Ref filter;
  Template expansion;
  bool callable = false, expands = false;
  if (is_callable(repl)) {
    filter = Ref::copy(repl);
    callable = true;
  } else {
    bool literal = false;
    if (is_str(repl)) {
      literal = find_char(str_kind(repl), str_data(repl), str_length(repl), '\\') < 0;
    } else if (repl.is_object() && (is_bytes(repl) || has_buffer(repl))) {
      BufferView view;
      if (!view.get(repl)) return {};
      literal = view.text().find('\\') == std::string_view::npos;
    }
    if (literal) {
      filter = Ref::copy(repl);
    } else {
      filter = call_re("_subx"_id, {self, repl});
      if (!filter) return {};
      callable = is_callable(filter);
      PyTypeObject* type = type_of(string);
      expands = (type == &PyUnicode_Type || type == &PyBytes_Type) && expansion.read(filter, p->groups, type);
    }
  }
  Subject subject;
  if (!subject.open(p, string, 0, PY_SSIZE_T_MAX)) return {};
  Ref parts = list_new();
  if (!parts) return {};
  Py_ssize_t last = 0, n = 0;
  Py_ssize_t beginning = subject.s.start, ending = subject.s.end;
  // Pieces of a str go straight into the result as long as the replacements are str too.
  bool direct = subject.is_str && is_exact_str(string);
  StrBuilder out(0);
  auto add = [&](Value piece) {
    if (direct && is_str(piece)) return out.add(piece);
    if (direct) {
      direct = false;
      Ref so_far = out.finish();
      if (!so_far || !list_append(parts, std::move(so_far))) return false;
    }
    return list_append(parts, piece);
  };
  auto add_slice = [&](Py_ssize_t from, Py_ssize_t to) {
    if (from >= to) return true;
    if (direct) return out.add(string, from, to);
    Ref piece = subject.slice(from, to);
    return piece && list_append(parts, std::move(piece));
  };
  bool ok = limit < 0 || each_match(subject, [&]() -> int {
    if (!add_slice(last, subject.s.match_start)) return -1;
    if (expands) {
      for (const auto& piece : expansion.pieces) {
        if (piece.text) {
          if (!add(piece.text)) return -1;
        } else if (auto [from, to] = subject.span(static_cast<size_t>(piece.group)); from >= 0 && !add_slice(from, to)) {
          return -1;
        }
      }
    } else if (callable) {
      Ref m = make_match(p, subject, beginning, ending);
      if (!m) return -1;
      Ref item = call1(filter, m);
      if (!item) return -1;
      if (!is_none(item) && !add(item)) return -1;
    } else if (!is_none(filter) && !add(filter)) {
      return -1;
    }
    last = subject.s.match_end;
    n++;
    return !limit || n < limit;
  });
  if (!ok) return {};
  Ref result;
  if (n == 0) {
    result = subject.slice(0, subject.s.end);
    if (subject.is_str && !is_exact_str(string)) result = str_to_exact(string);
  } else {
    if (!add_slice(last, subject.s.end)) return {};
    if (direct) {
      result = out.finish();
    } else {
      Ref joiner = subject.is_str ? str_empty() : bytes_new({});
      result = !joiner ? Ref{} : subject.is_str ? str_join(joiner, parts) : call_method(joiner, "join"_id, {parts});
    }
  }
  if (!result || !with_count) return result;
  return tuple_of({result, Value::from_int(n)});
}
Ref p_sub(Value self, const Value* a) { return substitute(self, a, false); }
Ref p_subn(Value self, const Value* a) { return substitute(self, a, true); }

Ref p_scanner(Value self, const Value* a) {
  Py_ssize_t pos, endpos;
  if (!position_args(a, &pos, &endpos)) return {};
  Subject subject;
  if (!subject.open(pattern_of(self), a[0], pos, endpos)) return {};
  PyObject* o = object_new_raw(&scanner_type, sizeof(Scanner));
  if (!o) return {};
  auto* s = reinterpret_cast<Scanner*>(o);
  s->pattern = Ref::copy(self).release().object();
  s->string = Ref::copy(a[0]).release().object();
  s->start = s->pos = subject.s.start;
  s->endpos = subject.s.end;
  s->must_advance = -1;
  s->view = nullptr;
  if (!is_str(a[0]) && !is_bytes(a[0])) {
    s->view = new BufferView;
    if (!s->view->get(a[0])) clear_error();
  }
  return Ref::steal(o);
}
Ref p_finditer(Value self, const Value* a) {
  Ref scanner = p_scanner(self, a);
  Ref next_match = scanner ? getattr(scanner, "search"_id) : Ref{};
  return next_match ? callable_iterator(next_match, none()) : Ref{};
}
Ref self_copy(Value self) { return Ref::copy(self); }
Ref self_deepcopy(Value self, Value) { return Ref::copy(self); }
Ref class_getitem(Value type, Value item) { return make_generic_alias(type, item); }

Ref pattern_repr(Value self) {
  static const struct { int flag; const char* name; } names[] = {
      {1, "re.TEMPLATE"}, {2, "re.IGNORECASE"}, {4, "re.LOCALE"}, {8, "re.MULTILINE"}, {16, "re.DOTALL"},
      {32, "re.UNICODE"}, {64, "re.VERBOSE"}, {128, "re.DEBUG"}, {256, "re.ASCII"}};
  Pattern* p = pattern_of(self);
  int flags = p->flags;
  if (p->is_bytes == 0 && (flags & (4 | 32 | 256)) == 32) flags &= ~32;
  Ref text = repr(Value{p->pattern});
  if (!text) return {};
  StrBuilder b;
  b.add_ascii("re.compile(");
  b.add(text, 0, str_length(text) > 200 ? 200 : str_length(text));
  const char* between = ", ";
  for (auto& n : names) {
    if (!(flags & n.flag)) continue;
    b.add_ascii(between);
    b.add_ascii(n.name);
    between = "|";
    flags &= ~n.flag;
  }
  if (flags) {
    char small[16];
    snprintf(small, sizeof small, "0x%x", static_cast<unsigned>(flags));
    b.add_ascii(between);
    b.add_ascii(small);
  }
  b.add_char(')');
  return b.finish();
}
Py_hash_t pattern_hash(Value self) {
  Pattern* p = pattern_of(self);
  Py_hash_t h = hash(Value{p->pattern});
  if (h == -1) return -1;
  h ^= hash_bytes(p->program->words.data(), p->program->words.size() * 4);
  h ^= p->flags;
  h ^= p->is_bytes;
  h ^= p->groups;
  return h == -1 ? -2 : h;
}
Ref pattern_compare(Value a, Value b, int op) {
  if ((op != Py_EQ && op != Py_NE) || !is_exact(b, &pattern_type)) return not_implemented_ref();
  Pattern *x = pattern_of(a), *y = pattern_of(b);
  int same = a == b;
  if (!same) {
    same = x->flags == y->flags && x->is_bytes == y->is_bytes && x->groups == y->groups && x->program->words == y->program->words;
    if (same) {
      same = equal(Value{x->pattern}, Value{y->pattern});
      if (same < 0) return {};
    }
  }
  return bool_ref((op == Py_EQ) == (same != 0));
}
Ref get_groupindex(Value self) {
  return mapping_proxy(Value{pattern_of(self)->groupindex});
}
Ref get_pattern(Value self) { return from_c(pattern_of(self)->pattern); }

void pattern_dealloc(PyObject* o) {
  auto* p = reinterpret_cast<Pattern*>(o);
  if (p->weaklist) clear_weakrefs(o);
  adder::decref(p->pattern);
  adder::decref(p->groupindex);
  adder::decref(p->indexgroup);
  delete p->program;
  Py_TYPE(o)->tp_free(o);
}

#define POSITION_SIGNATURE "($self, /, string, pos=0, endpos=sys.maxsize)"
const MethodRow pattern_methods[] = {
    method<p_match>("match", POSITION_SIGNATURE, "Matches zero or more characters at the beginning of the string."),
    method<p_fullmatch>("fullmatch", POSITION_SIGNATURE, "Matches against all of the string."),
    method<p_search>("search", POSITION_SIGNATURE, "Scan through string looking for a match, and return a corresponding match object instance."),
    method<p_sub>("sub", "($self, /, repl, string, count=0)", "Return the string obtained by replacing the leftmost non-overlapping occurrences of pattern in string by the replacement repl."),
    method<p_subn>("subn", "($self, /, repl, string, count=0)", "Return the tuple (new_string, number_of_subs_made) found by replacing the leftmost non-overlapping occurrences of pattern with the replacement repl."),
    method<p_findall>("findall", POSITION_SIGNATURE, "Return a list of all non-overlapping matches of pattern in string."),
    method<p_split>("split", "($self, /, string, maxsplit=0)", "Split string by the occurrences of pattern."),
    method<p_finditer>("finditer", POSITION_SIGNATURE, "Return an iterator over all non-overlapping matches for the RE pattern in string."),
    method<p_scanner>("scanner", POSITION_SIGNATURE, nullptr),
    method<self_copy>("__copy__", "($self, /)", nullptr),
    method<self_deepcopy>("__deepcopy__", "($self, memo, /)", nullptr),
    class_method<class_getitem>("__class_getitem__", "", "See PEP 585"),
    {}};
const GetSetRow pattern_getset[] = {
    getset<get_groupindex>("groupindex", "A dictionary mapping group names to group numbers."),
    getset<get_pattern>("pattern", "The pattern string from which the RE object was compiled."),
    {}};
PyMemberDef pattern_members[] = {
    {"flags", T_INT, offsetof(Pattern, flags), READONLY, "The regex matching flags."},
    {"groups", T_PYSSIZET, offsetof(Pattern, groups), READONLY, "The number of capturing groups in the pattern."},
    {nullptr, 0, 0, 0, nullptr}};

// --- Match --------------------------------------------------------------------------------------------------------------

Ref match_slice(Match* m, Py_ssize_t i, Value missing) {
  Py_ssize_t from = m->mark[i * 2], to = m->mark[i * 2 + 1];
  if (from < 0) return Ref::copy(missing);
  Value s{m->string};
  if (is_str(s)) return str_substring(s, from, to);
  BufferView view;
  if (!view.get(s)) return {};
  if (from > view.size()) from = view.size();
  if (to > view.size()) to = view.size();
  if (is_exact(s, &PyBytes_Type) && from == 0 && to == view.size()) return Ref::copy(s);
  return bytes_new(view.text().substr(static_cast<size_t>(from), static_cast<size_t>(to - from)));
}
// The group that `key` names or numbers; -1 with IndexError.
Py_ssize_t group_index(Match* m, Value key) {
  Py_ssize_t i = -1;
  if (ADDER_LIKELY(key.is_int())) {
    i = key.as_int();
  } else if (is_int(key) || slots_of(key).nb_index) {
    if (!index_as_ssize(key, &i, nullptr)) return -1;
  } else {
    Value found;
    int r = dict_lookup(Value{reinterpret_cast<Pattern*>(m->pattern)->groupindex}, key, &found);
    if (r < 0) {
      if (!error_matches(PyExc_TypeError)) return -1;
      clear_error();
    }
    if (r > 0 && is_int(found) && !index_as_ssize(found, &i, nullptr)) return -1;
  }
  if (i < 0 || i >= m->groups) return raise(PyExc_IndexError, "no such group");
  return i;
}
Ref match_group(Match* m, Value key, Value missing) {
  Py_ssize_t i = group_index(m, key);
  return i < 0 ? Ref{} : match_slice(m, i, missing);
}
Ref m_group(Value self, Args a) {
  Match* m = match_of(self);
  if (a.n == 0) return match_slice(m, 0, none());
  if (a.n == 1) return match_group(m, a[0], none());
  Ref r = tuple_new(static_cast<Py_ssize_t>(a.n));
  for (size_t i = 0; r && i < a.n; i++) {
    Ref g = match_group(m, a[i], none());
    if (!g) return {};
    tuple_init(r, static_cast<Py_ssize_t>(i), std::move(g));
  }
  return r;
}
Ref match_subscript(Value self, Value key) { return match_group(match_of(self), key, none()); }
Ref m_groups(Value self, const Value* a) {
  Match* m = match_of(self);
  Ref r = tuple_new_untracked(m->groups - 1);
  for (Py_ssize_t i = 1; r && i < m->groups; i++) {
    Ref g = match_slice(m, i, a[0] ? a[0] : none());
    if (!g) return {};
    tuple_init(r, i - 1, std::move(g));
  }
  if (r) tuple_track_if_needed(r.object());
  return r;
}
Ref m_groupdict(Value self, const Value* a) {
  Match* m = match_of(self);
  Ref r = dict_new();
  if (!r) return {};
  Py_ssize_t position = 0;
  Value key, v;
  Value names{reinterpret_cast<Pattern*>(m->pattern)->groupindex};
  while (dict_next(names, &position, &key, &v)) {
    Ref held = Ref::copy(key);
    Ref g = match_group(m, held, a[0] ? a[0] : none());
    if (!g || !dict_set(r, held, g)) return {};
  }
  return r;
}
Ref m_start(Value self, const Value* a) {
  Match* m = match_of(self);
  Py_ssize_t i = a[0] ? group_index(m, a[0]) : 0;
  return i < 0 ? Ref{} : Ref::from_int(m->mark[i * 2]);
}
Ref m_end(Value self, const Value* a) {
  Match* m = match_of(self);
  Py_ssize_t i = a[0] ? group_index(m, a[0]) : 0;
  return i < 0 ? Ref{} : Ref::from_int(m->mark[i * 2 + 1]);
}
Ref span_of(Match* m, Py_ssize_t i) { return tuple_of({Value::from_int(m->mark[i * 2]), Value::from_int(m->mark[i * 2 + 1])}); }
Ref m_span(Value self, const Value* a) {
  Match* m = match_of(self);
  Py_ssize_t i = a[0] ? group_index(m, a[0]) : 0;
  return i < 0 ? Ref{} : span_of(m, i);
}
Ref m_expand(Value self, const Value* a) {
  return call_re("_expand"_id, {Value{match_of(self)->pattern}, self, a[0]});
}
Ref get_lastindex(Value self) { return match_of(self)->lastindex >= 0 ? Ref::from_int(match_of(self)->lastindex) : none_ref(); }
Ref get_lastgroup(Value self) {
  Match* m = match_of(self);
  Value names{reinterpret_cast<Pattern*>(m->pattern)->indexgroup};
  if (m->lastindex >= 0 && m->lastindex < tuple_size(names)) return Ref::copy(tuple_get(names, m->lastindex));
  return none_ref();
}
Ref get_regs(Value self) {
  Match* m = match_of(self);
  if (m->regs) return Ref::copy(m->regs);
  Ref r = tuple_new(m->groups);
  for (Py_ssize_t i = 0; r && i < m->groups; i++) {
    Ref s = span_of(m, i);
    if (!s) return {};
    tuple_init(r, i, std::move(s));
  }
  if (r) m->regs = Ref::copy(r).release().object();
  return r;
}
Ref get_string(Value self) { return from_c(match_of(self)->string); }
Ref get_re(Value self) { return Ref::copy(match_of(self)->pattern); }
Ref match_repr(Value self) {
  Match* m = match_of(self);
  Ref text = match_slice(m, 0, none());
  if (!text) return {};
  return str_format("<%s object; span=(%zd, %zd), match=%.50R>", type_of(self)->tp_name, m->mark[0], m->mark[1], text.get());
}
void match_dealloc(PyObject* o) {
  auto* m = reinterpret_cast<Match*>(o);
  adder::decref(m->pattern);
  adder::decref(m->string);
  if (m->regs) adder::decref(m->regs);
  Py_TYPE(o)->tp_free(o);
}
const MethodRow match_methods[] = {
    method<m_group>("group", "", "group([group1, ...]) -> str or tuple."),
    method<m_start>("start", "($self, group=0, /)", "Return index of the start of the substring matched by group."),
    method<m_end>("end", "($self, group=0, /)", "Return index of the end of the substring matched by group."),
    method<m_span>("span", "($self, group=0, /)", "For match object m, return the 2-tuple (m.start(group), m.end(group))."),
    method<m_groups>("groups", "($self, /, default=None)", "Return a tuple containing all the subgroups of the match, from 1."),
    method<m_groupdict>("groupdict", "($self, /, default=None)", "Return a dictionary containing all the named subgroups of the match, keyed by the subgroup name."),
    method<m_expand>("expand", "($self, /, template)", "Return the string obtained by doing backslash substitution on the string template, as done by the sub() method."),
    method<self_copy>("__copy__", "($self, /)", nullptr),
    method<self_deepcopy>("__deepcopy__", "($self, memo, /)", nullptr),
    class_method<class_getitem>("__class_getitem__", "", "See PEP 585"),
    {}};
const GetSetRow match_getset[] = {
    getset<get_lastindex>("lastindex", "The integer index of the last matched capturing group."),
    getset<get_lastgroup>("lastgroup", "The name of the last matched capturing group."),
    getset<get_regs>("regs"),
    getset<get_string>("string", "The string passed to match() or search()."),
    getset<get_re>("re", "The regular expression object."),
    {}};
PyMemberDef match_members[] = {
    {"pos", T_PYSSIZET, offsetof(Match, pos), READONLY, "The index into the string at which the RE engine started looking for a match."},
    {"endpos", T_PYSSIZET, offsetof(Match, endpos), READONLY, "The index into the string beyond which the RE engine will not go."},
    {nullptr, 0, 0, 0, nullptr}};

// --- Scanner ------------------------------------------------------------------------------------------------------------

Ref scan(Value self, bool anywhere) {
  auto* sc = self.as<Scanner>();
  if (sc->start < 0) return none_ref();
  auto* p = reinterpret_cast<Pattern*>(sc->pattern);
  Subject subject;
  if (!subject.open(p, Value{sc->string}, sc->start, sc->endpos)) return {};
  subject.s.must_advance = sc->must_advance;
  int r = anywhere ? search(subject.s) : match(subject.s);
  if (r < 0) return {};
  if (r == 0) {
    sc->start = -1;
    delete sc->view;
    sc->view = nullptr;
    return none_ref();
  }
  Ref m = make_match(p, subject, sc->pos, sc->endpos);
  sc->must_advance = subject.s.match_end == subject.s.match_start ? subject.s.match_end : -1;
  sc->start = subject.s.match_end;
  return m;
}
Ref s_match(Value self) { return scan(self, false); }
Ref s_search(Value self) { return scan(self, true); }
Ref s_pattern(Value self) { return Ref::copy(self.as<Scanner>()->pattern); }
void scanner_dealloc(PyObject* o) {
  auto* s = reinterpret_cast<Scanner*>(o);
  delete s->view;
  adder::decref(s->pattern);
  adder::decref(s->string);
  Py_TYPE(o)->tp_free(o);
}
const MethodRow scanner_methods[] = {
    method<s_match>("match", "($self, /)", nullptr), method<s_search>("search", "($self, /)", nullptr), {}};
const GetSetRow scanner_getset[] = {getset<s_pattern>("pattern"), {}};

constexpr unsigned long kFlags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE;

}  // namespace

extern const TypeDef pattern_def, match_def, scanner_def;
const TypeDef pattern_def = {
    .type = &pattern_type,
    .name = "re.Pattern",
    .basicsize = sizeof(Pattern),
    .flags = kFlags,
    .doc = "Compiled regular expression object.",
    .dealloc = &pattern_dealloc,
    .weaklistoffset = offsetof(Pattern, weaklist),
    .slots = {.tp_repr = slot::Unary<pattern_repr>, .tp_hash = slot::Hash<pattern_hash>, .tp_richcompare = slot::Compare<pattern_compare>},
    .methods = pattern_methods,
    .getset = pattern_getset,
    .members = pattern_members,
};
const TypeDef match_def = {
    .type = &match_type,
    .name = "re.Match",
    .basicsize = offsetof(Match, mark),
    .itemsize = sizeof(Py_ssize_t),
    .flags = kFlags,
    .doc = "The result of re.match() and re.search().\nMatch objects always have a boolean value of True.",
    .dealloc = &match_dealloc,
    .slots = {.tp_repr = slot::Unary<match_repr>, .mp_subscript = slot::Binary<match_subscript>},
    .methods = match_methods,
    .getset = match_getset,
    .members = match_members,
};
const TypeDef scanner_def = {
    .type = &scanner_type,
    .name = "_sre.SRE_Scanner",
    .basicsize = sizeof(Scanner),
    .flags = kFlags,
    .dealloc = &scanner_dealloc,
    .methods = scanner_methods,
    .getset = scanner_getset,
};

namespace {

Ref m_compile(Value, const Value* a) {
  Value pattern = a[0], code = a[2], groupindex = a[4], indexgroup = a[5];
  int flags;
  Py_ssize_t groups;
  if (!as_int(a[1], &flags)) return {};
  if (!is_list(code)) return raise(PyExc_TypeError, "compile() argument 'code' must be list, not %N", type_of(code));
  if (!as_ssize(a[3], &groups)) return {};
  if (!is_dict(groupindex)) return raise(PyExc_TypeError, "compile() argument 'groupindex' must be dict, not %N", type_of(groupindex));
  if (!is_tuple(indexgroup)) return raise(PyExc_TypeError, "compile() argument 'indexgroup' must be tuple, not %N", type_of(indexgroup));
  int bytes_pattern = -1;
  if (!is_none(pattern)) {
    if (is_str(pattern)) bytes_pattern = 0;
    else if (pattern.is_object() && (is_bytes(pattern) || has_buffer(pattern))) bytes_pattern = 1;
    else return raise(PyExc_TypeError, "expected string or bytes-like object, got '%.200s'", type_of(pattern)->tp_name);
  }
  std::vector<uint32_t> words;
  words.reserve(static_cast<size_t>(list_size(code)));
  for (Py_ssize_t i = 0; i < list_size(code); i++) {
    uint64_t w;
    Value item = list_get(code, i);
    if (item.is_int() && item.as_int() >= 0) w = static_cast<uint64_t>(item.as_int());
    else if (!is_int(item)) return raise(PyExc_TypeError, "an integer is required");
    else if (!int_as_u64(item, &w)) return {};
    if (w > 0xFFFFFFFF) return raise(PyExc_OverflowError, "regular expression code size limit exceeded");
    words.push_back(static_cast<uint32_t>(w));
  }
  auto program = std::make_unique<Program>();
  if (groups < 0 || groups > 1073741823 || !translate(std::move(words), program.get(), static_cast<uint32_t>(groups)))
    return raise(PyExc_RuntimeError, "invalid SRE code");
  PyObject* o = object_new_raw(&pattern_type, sizeof(Pattern));
  if (!o) return {};
  auto* p = reinterpret_cast<Pattern*>(o);
  p->pattern = to_c(pattern);
  p->groupindex = Ref::copy(groupindex).release().object();
  p->indexgroup = Ref::copy(indexgroup).release().object();
  p->weaklist = nullptr;
  p->flags = flags;
  p->groups = groups;
  p->is_bytes = bytes_pattern;
  p->program = program.release();
  return Ref::steal(o);
}

bool character(Value v, uint32_t* c) {
  int i;
  if (!as_int(v, &i)) return false;
  *c = static_cast<uint32_t>(i);
  return true;
}
Ref m_getcodesize(Value) { return Ref::from_int(4); }
Ref m_ascii_iscased(Value, Value v) {
  uint32_t c;
  if (!character(v, &c)) return {};
  return bool_ref(c < 128 && isalpha(static_cast<int>(c)));
}
Ref m_unicode_iscased(Value, Value v) {
  uint32_t c;
  if (!character(v, &c)) return {};
  return bool_ref(unicode::to_lower(c) != c || unicode::to_upper(c) != c);
}
Ref m_ascii_tolower(Value, Value v) {
  uint32_t c;
  if (!character(v, &c)) return {};
  return Ref::from_int(static_cast<int>(lower(Fold::kAscii, c)));
}
Ref m_unicode_tolower(Value, Value v) {
  uint32_t c;
  if (!character(v, &c)) return {};
  return Ref::from_int(static_cast<int>(lower(Fold::kUnicode, c)));
}
const MethodRow functions[] = {
    method<m_compile>("compile", "($module, /, pattern, flags, code, groups, groupindex, indexgroup)", nullptr),
    method<m_getcodesize>("getcodesize", "($module, /)", nullptr),
    method<m_ascii_iscased>("ascii_iscased", "($module, character, /)", nullptr),
    method<m_unicode_iscased>("unicode_iscased", "($module, character, /)", nullptr),
    method<m_ascii_tolower>("ascii_tolower", "($module, character, /)", nullptr),
    method<m_unicode_tolower>("unicode_tolower", "($module, character, /)", nullptr),
    {}};

bool exec(PyObject* module) {
  return ready_type(pattern_def) && ready_type(match_def) && ready_type(scanner_def) && module_add_int(module, "MAGIC", 20220615) &&
         module_add_int(module, "CODESIZE", 4) && module_add_int(module, "MAXREPEAT", kMaxRepeat) &&
         module_add_int(module, "MAXGROUPS", 1073741823) && module_add_str(module, "copyright", "Adder's matcher for the re package");
}

}  // namespace
}  // namespace sre

extern const ModuleDef sre_module{.name = "_sre", .methods = sre::functions, .exec = sre::exec};

}  // namespace adder
