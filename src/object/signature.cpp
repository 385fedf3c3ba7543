// Parsing text signatures and binding arguments, with the error texts of CPython's argument parsers: one family for
// functions that take positions only, another for those with keywords.
#include "object/signature.h"
#include <cstdlib>
#include <cstring>
#include "object/type_impl.h"

namespace adder {

// --- Parsing --------------------------------------------------------------------------------------------------------------
namespace {
bool is_name_char(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c >= '0' && c <= '9'); }

// The end of a default value: the next comma or parenthesis outside brackets and quotes.
const char* skip_default(const char* p) {
  int depth = 0;
  for (; *p; p++) {
    if (*p == '\'' || *p == '"') {
      char quote = *p++;
      while (*p && *p != quote) p += *p == '\\' && p[1] ? 2 : 1;
      if (!*p) return p;
    } else if (*p == '(' || *p == '[' || *p == '{' || *p == '<') {
      depth++;
    } else if (*p == ')' || *p == ']' || *p == '}' || *p == '>') {
      if (depth == 0) return p;
      depth--;
    } else if (*p == ',' && depth == 0) {
      return p;
    }
  }
  return p;
}

Signature* parse(const char* text) {
  auto* s = static_cast<Signature*>(calloc(1, sizeof(Signature)));
  auto* params = static_cast<Signature::Parameter*>(calloc(kMaxParameters, sizeof(Signature::Parameter)));
  if (!s || !params) abort();
  *s = Signature{};
  s->parameters = params;
  bool keyword_only = false, saw_default = false;
  const char* p = text;
  if (*p == '(') p++;
  while (*p && *p != ')') {
    if (*p == ',' || *p == ' ') {
      p++;
      continue;
    }
    if (*p == '/') {
      s->positional_only = s->positional;
      p++;
      continue;
    }
    bool implicit = *p == '$';  // $self, $module, $type: not a parameter
    if (implicit) p++;
    int stars = 0;
    while (*p == '*') stars++, p++;
    const char* name = p;
    while (is_name_char(*p)) p++;
    size_t n = static_cast<size_t>(p - name);
    if (n == 0) {
      if (stars == 1) keyword_only = true;
      else if (!stars) p++;  // not a signature we know; go on
      continue;
    }
    bool has_default = false;
    while (*p == ' ') p++;
    if (*p == ':') p = skip_default(p + 1);
    if (*p == '=') {
      has_default = true;
      p = skip_default(p + 1);
    }
    if (implicit) continue;
    if (s->count == kMaxParameters) abort();
    params[s->count].name = intern_static(name, n);
    params[s->count].required = !has_default && stars == 0;
    if (stars == 1) {
      s->varargs = static_cast<int16_t>(s->count);
      keyword_only = true;
    } else if (stars == 2) {
      s->varkeywords = static_cast<int16_t>(s->count);
    } else if (!keyword_only) {
      s->positional++;
      if (has_default) saw_default = true;
      if (!saw_default) s->required_positional = s->positional;
    }
    s->count++;
  }
  s->only_positional = s->positional_only == s->positional && s->varkeywords < 0 &&
                       s->count == s->positional + (s->varargs >= 0 ? 1 : 0);
  if (s->varargs < 0 && s->varkeywords < 0) {
    s->plain_first = 0;
    s->plain_last = s->positional;
    for (uint16_t i = 0; i < s->count; i++)
      if (s->parameters[i].required) s->plain_first = static_cast<uint16_t>(i + 1);
  }
  return s;
}
}  // namespace

const Signature& signature_of(const MethodRow& row) {
  if (ADDER_UNLIKELY(!row.parsed)) row.parsed = parse(row.signature ? row.signature : "()");
  return *row.parsed;
}

// --- Errors ---------------------------------------------------------------------------------------------------------------
static const char* plural(size_t n) { return n == 1 ? "" : "s"; }

static Failure raise_count(const char* name, const Signature& s, size_t given) {
  size_t low = s.required_positional, high = s.positional;
  if (given < low) {
    return raise(PyExc_TypeError, "%.200s expected %s%zd argument%s, got %zd", name, low == high && s.varargs < 0 ? "" : "at least ", low,
                 plural(low), given);
  }
  return raise(PyExc_TypeError, "%.200s expected %s%zd argument%s, got %zd", name, low == high ? "" : "at most ", high, plural(high), given);
}

// --- Binding ----------------------------------------------------------------------------------------------------------------
static bool bind_positional_only(const char* name, const Signature& s, Args args, Value callable, Value* out, BoundExtra* extra) {
  if (keyword_count(args)) {
    if (callable) return raise_no_keywords(callable);
    return raise(PyExc_TypeError, "%.200s() takes no keyword arguments", name);
  }
  if (args.n < s.required_positional || (args.n > s.positional && s.varargs < 0)) return raise_count(name, s, args.n);
  size_t n = args.n < s.positional ? args.n : s.positional;
  for (size_t i = 0; i < n; i++) out[i] = args[i];
  for (size_t i = n; i < s.positional; i++) out[i] = Value{};
  if (s.varargs >= 0) {
    extra->varargs = tuple_from(args.v + n, static_cast<Py_ssize_t>(args.n - n));
    if (!extra->varargs) return false;
    out[s.varargs] = extra->varargs;
  }
  return true;
}

static int find_parameter(const Signature& s, Value key) {
  for (int i = s.positional_only; i < s.count; i++) {
    if (i != s.varargs && i != s.varkeywords && s.parameters[i].name == key.object()) return i;
  }
  if (is_str(key) && str_is_interned(key.object())) return -1;
  for (int i = s.positional_only; i < s.count; i++) {
    if (i != s.varargs && i != s.varkeywords && is_str(key) && str_equal(Value{s.parameters[i].name}, key)) return i;
  }
  return -1;
}

static bool bind_any(const char* name, const Signature& s, Args args, Value* out, BoundExtra* extra) {
  size_t keywords = keyword_count(args);
  size_t named = static_cast<size_t>(s.count) - (s.varargs >= 0) - (s.varkeywords >= 0);  // parameters proper
  if (s.varargs < 0 && s.varkeywords < 0 && args.n + keywords > named) {
    if (s.positional == 0 && args.n > 0) return raise(PyExc_TypeError, "%.200s() takes no positional arguments", name);
    return raise(PyExc_TypeError, "%.200s() takes at most %zd %sargument%s (%zd given)", name, named,
                 args.n == 0 ? "keyword " : "", plural(named), args.n + keywords);
  }
  if (args.n > s.positional && s.varargs < 0) {
    if (s.positional == 0) return raise(PyExc_TypeError, "%.200s() takes no positional arguments", name);
    return raise(PyExc_TypeError, "%.200s() takes %s %zd positional argument%s (%zd given)", name,
                 s.required_positional < s.positional ? "at most" : "exactly", size_t{s.positional}, plural(s.positional), args.n);
  }
  for (int i = 0; i < s.count; i++) out[i] = Value{};
  size_t n = args.n < s.positional ? args.n : s.positional;
  for (size_t i = 0; i < n; i++) out[i] = args[i];
  if (s.varargs >= 0) {
    extra->varargs = tuple_from(args.v + n, static_cast<Py_ssize_t>(args.n - n));
    if (!extra->varargs) return false;
    out[s.varargs] = extra->varargs;
  }
  if (s.varkeywords >= 0) {
    extra->varkeywords = dict_new();
    if (!extra->varkeywords) return false;
    out[s.varkeywords] = extra->varkeywords;
  }
  // Too few for the positional-only ones is told before unknown keywords are.
  size_t required_only = s.required_positional < s.positional_only ? s.required_positional : s.positional_only;
  if (n < required_only) {
    return raise(PyExc_TypeError, "%.200s() takes %s %zd positional argument%s (%zd given)", name,
                 required_only < s.positional || s.varargs >= 0 ? "at least" : "exactly", required_only, plural(required_only), args.n);
  }
  Value unknown;
  for (size_t k = 0; k < keywords; k++) {
    Value key = tuple_get(Value{args.kwnames}, static_cast<Py_ssize_t>(k)), v = args.v[args.n + k];
    int i = find_parameter(s, key);
    if (i >= 0) {
      if (out[i]) {
        return raise(PyExc_TypeError, "argument for %.200s() given by name ('%U') and position (%d)", name, Value{s.parameters[i].name},
                     i + 1);
      }
      out[i] = v;
    } else if (s.varkeywords >= 0) {
      if (!dict_set(extra->varkeywords, key, v)) return false;
    } else if (!unknown) {
      unknown = key;
    }
  }
  for (int i = static_cast<int>(n); i < s.count; i++) {
    if (i == s.varargs || i == s.varkeywords || !s.parameters[i].required || out[i]) continue;
    return raise(PyExc_TypeError, "%.200s() missing required argument '%U' (pos %d)", name, Value{s.parameters[i].name}, i + 1);
  }
  if (unknown) return raise(PyExc_TypeError, "'%S' is an invalid keyword argument for %.200s()", unknown, name);
  return true;
}

bool bind(const MethodRow& row, const Signature& s, Args args, Value callable, Value* out, BoundExtra* extra) {
  if (s.only_positional) return bind_positional_only(row.c.ml_name, s, args, callable, out, extra);
  // Positions alone, none missing: the common call.
  if (ADDER_LIKELY(!args.kwnames && args.n >= s.required_positional && args.n <= s.positional && s.varargs < 0 && s.varkeywords < 0)) {
    bool missing = false;
    for (size_t i = 0; i < args.n; i++) out[i] = args[i];
    for (size_t i = args.n; i < s.count; i++) {
      out[i] = Value{};
      missing |= s.parameters[i].required;
    }
    if (!missing) return true;
  }
  return bind_any(row.c.ml_name, s, args, out, extra);
}

// --- Rows -----------------------------------------------------------------------------------------------------------------
namespace {
struct RowEntry {
  BoundFn f;
  const MethodRow* row;
};
RowEntry* rows;
size_t row_capacity, row_used;
RowEntry* row_entry(BoundFn f) {
  size_t i = (reinterpret_cast<uintptr_t>(f) >> 4) * 0x9E3779B97F4A7C15u >> 32 & (row_capacity - 1);
  while (rows[i].f && rows[i].f != f) i = (i + 1) & (row_capacity - 1);
  return &rows[i];
}
}  // namespace

void register_row(const MethodRow* row) {
  if (row->form != RowForm::kBound) return;
  if ((row_used + 1) * 2 > row_capacity) {
    RowEntry* old = rows;
    size_t n = row_capacity;
    row_capacity = n ? n * 2 : 4096;
    rows = static_cast<RowEntry*>(calloc(row_capacity, sizeof(RowEntry)));
    if (!rows) abort();
    for (size_t i = 0; i < n; i++) {
      if (old[i].f) *row_entry(old[i].f) = old[i];
    }
    free(old);
  }
  RowEntry* e = row_entry(row->bound);
  if (!e->f) row_used++;
  *e = {row->bound, row};
}
const MethodRow* row_of_bound(BoundFn f) { return row_capacity ? row_entry(f)->row : nullptr; }

namespace thunk {
namespace {
// C arguments as Values, for as long as the call lasts.
struct FromC {
  Value small[8];
  Value* words = small;
  FromC(PyObject* const* args, size_t total) {
    if (total > 8) words = static_cast<Value*>(malloc(total * sizeof(Value)));
    for (size_t i = 0; words && i < total; i++) words[i] = from_c_borrowed(args[i]);
  }
  ~FromC() {
    if (words != small) free(words);
  }
};
size_t total_of(Py_ssize_t n, PyObject* kwnames) {
  return static_cast<size_t>(n) + (kwnames ? static_cast<size_t>(tuple_size(Value{kwnames})) : 0);
}
}  // namespace

PyObject* call_bound(BoundFn f, PyObject* self, PyObject* const* args, Py_ssize_t n, PyObject* kwnames) {
  const MethodRow* row = row_of_bound(f);
  if (!row) return bad_internal_call("builtin");
  FromC a(args, total_of(n, kwnames));
  if (!a.words) return raise_no_memory();
  return to_c_steal(call_row(*row, in(self), Args{a.words, static_cast<size_t>(n), kwnames}));
}
PyObject* call_raw(RawFn f, PyObject* self, PyObject* const* args, Py_ssize_t n, PyObject* kwnames) {
  FromC a(args, total_of(n, kwnames));
  if (!a.words) return raise_no_memory();
  return to_c_steal(f(in(self), Args{a.words, static_cast<size_t>(n), kwnames}));
}
}  // namespace thunk

}  // namespace adder
