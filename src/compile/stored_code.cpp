// The stored form of code. A module is a Module, the heads of all code in it, the module's own first; their bodies; the strings; the
// location tables; the tables of live temporaries. So what an import reads lies close together. A body is the instructions, the strings that
// visit_stored_self_attributes gives, then constants, names, names and kinds of locals, exception table, each as a tag and what follows
// it. All numbers are in the machine's own order, all places counted from the module's beginning.
#include "compile/stored_code.h"
#include <algorithm>
#include <cstring>
#include <new>
#include <string>
#include <unordered_map>
#include <vector>
#include "compile/instruction.h"
#include "compile/liveness.h"
#include "compile/tables.h"
#include "memory/gc.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/error.h"
#include "object/float.h"
#include "object/int_digits.h"
#include "object/object.h"
#include "object/str.h"

namespace adder {

namespace {

struct Module {
  uint32_t number, strings;
  uint32_t at[];  // where each string is; the heads follow on a multiple of 8
};
struct [[gnu::packed]] String {  // one behind the other, anywhere
  uint32_t size : 30, ascii : 1, interned : 1;
  char text[];
};
struct Head {
  uint32_t at, body, lines, liveness;  // where this is; the body; the location table, its size in front; rows by word, then the rows
  int32_t argcount, posonlyargcount, kwonlyargcount, stacksize, flags, firstlineno, nlocalsplus, nlocals, nplaincellvars, ncellvars, nfreevars;
  uint32_t name, qualname, doc;  // strings
  uint32_t words, self_attributes;
};
constexpr uint32_t kNoDoc = 0xFFFFFFFF;
static_assert(sizeof(Head) % 8 == 0);

constexpr size_t aligned(size_t n) { return (n + 7) & ~size_t{7}; }

// --- Writing ----------------------------------------------------------------------------------------------------------------------
class Writer {
 public:
  Ref run(PyCodeObject* code, uint32_t number) {
    if (!write_code(code)) return {};
    for (size_t i = 0; i < codes_.size(); i++) {  // grows by the codes among the constants
      if (!write_body(codes_[i], i)) return {};
    }
    Module module{number, static_cast<uint32_t>(strings_.size())};
    size_t heads = aligned(sizeof module + strings_.size() * 4), bodies = heads + heads_.size() * sizeof(Head), at = bodies + out_.size();
    std::string table, text;
    for (const std::string& s : strings_) {
      auto where = static_cast<uint32_t>(at + text.size());
      table.append(reinterpret_cast<const char*>(&where), 4);
      text += s;
      text.resize((text.size() + 3) & ~size_t{3});
    }
    for (size_t i = 0; i < heads_.size(); i++) {
      heads_[i].at = static_cast<uint32_t>(heads + i * sizeof(Head));
      heads_[i].body += static_cast<uint32_t>(bodies);
      heads_[i].lines += static_cast<uint32_t>(at + text.size());
      heads_[i].liveness += static_cast<uint32_t>(aligned(at + text.size() + lines_.size()));
    }
    std::string all(reinterpret_cast<const char*>(&module), sizeof module);
    all += table;
    all.resize(heads);
    all.append(reinterpret_cast<const char*>(heads_.data()), heads_.size() * sizeof(Head));
    all += out_ + text + lines_;
    all.resize(aligned(all.size()));
    return bytes_new(all + liveness_);
  }

 private:
  std::vector<PyCodeObject*> codes_;  // held by those before them
  std::vector<Head> heads_;
  std::string out_, lines_, liveness_;  // bodies, location tables, live temporaries
  std::vector<std::string> strings_;
  std::unordered_map<uint64_t, uint32_t> known_;  // by the word of the str

  template <class T>
  void put(T x) { out_.append(reinterpret_cast<const char*>(&x), sizeof x); }
  void tag(char c, size_t n) {
    out_ += c;
    put(static_cast<uint32_t>(n));
  }
  bool string(Value v, uint32_t* number) {
    auto [found, fresh] = known_.try_emplace(v.bits, static_cast<uint32_t>(strings_.size()));
    *number = found->second;
    if (!fresh) return true;
    Ref utf8 = str_encode_utf8(v, "surrogatepass");
    if (!utf8) return false;
    std::string_view text = bytes_view(utf8);
    String head{};
    head.size = static_cast<uint32_t>(text.size()) & 0x3FFFFFFF;
    head.ascii = str_is_ascii(v);
    head.interned = str_is_interned(v.object());
    std::string entry(reinterpret_cast<const char*>(&head), sizeof head);
    strings_.push_back(entry + std::string(text));
    return true;
  }
  bool write_items(char kind, Value tuple) {
    tag(kind, static_cast<size_t>(tuple_size(tuple)));
    for (Py_ssize_t i = 0; i < tuple_size(tuple); i++) {
      if (!write(tuple_get(tuple, i))) return false;
    }
    return true;
  }
  void write_bytes(Value v) {
    tag('b', bytes_view(v).size());
    out_ += bytes_view(v);
  }
  bool write(Value v) {
    PyTypeObject* type = type_of(v);
    int64_t i;
    if (is_none(v)) out_ += 'N';
    else if (v == boolean(true)) out_ += 'T';
    else if (v == boolean(false)) out_ += 'F';
    else if (v == Value{Py_Ellipsis}) out_ += '.';
    else if (type == &PyLong_Type && word_of(v, &i)) out_ += 'i', put(i);
    else if (type == &PyLong_Type) return write_long(v);
    else if (type == &PyFloat_Type) out_ += 'g', put(v.as_float());
    else if (type == &PyComplex_Type) out_ += 'y', put(complex_value(v));
    else if (type == &PyBytes_Type) write_bytes(v);
    else if (type == &PyTuple_Type) return write_items('(', v);
    else if (type == &PyCode_Type) return tag('c', codes_.size()), write_code(v.as<PyCodeObject>());
    else if (type == &PyFrozenSet_Type) return write_set(v);
    else if (type == &PyUnicode_Type) {
      uint32_t number;
      if (!string(v, &number)) return false;
      tag('s', number);
    } else {
      return raise(PyExc_ValueError, "code with a constant of type %.100s cannot be stored", type->tp_name);
    }
    return true;
  }
  bool write_long(Value v) {
    size_t n = int_bit_length(v) / 8 + 1;
    tag('l', n);
    out_.resize(out_.size() + n);
    return int_to_bytes(v, reinterpret_cast<uint8_t*>(out_.data() + out_.size() - n), n, true, true);
  }
  bool write_set(Value v) {
    tag('<', static_cast<size_t>(set_size(v)));
    Py_ssize_t position = 0;
    Value key;
    while (set_next(v, &position, &key)) {
      if (!write(key)) return false;
    }
    return true;
  }
  bool write_code(PyCodeObject* c) {
    if (!need_code(c)) return false;
    Ref doc = code_doc(c);
    if (!doc) return false;
    Head h{0, 0, 0, 0, c->co_argcount, c->co_posonlyargcount, c->co_kwonlyargcount, c->co_stacksize, c->co_flags, c->co_firstlineno, c->co_nlocalsplus,
           c->co_nlocals, c->co_nplaincellvars, c->co_ncellvars, c->co_nfreevars, 0, 0, kNoDoc, static_cast<uint32_t>(code_word_count(c)), 0};
    if (!string(c->co_name, &h.name) || !string(c->co_qualname, &h.qualname) || (!is_none(doc) && !string(doc, &h.doc))) return false;
    codes_.push_back(c);
    heads_.push_back(h);
    return true;
  }
  bool write_body(PyCodeObject* c, size_t index) {
    out_.resize(aligned(out_.size()));
    size_t begin = out_.size();
    Ref words = code_bytes(c);
    if (!words) return false;
    out_ += bytes_view(words);
    out_ += self_attributes(c, &heads_[index].self_attributes);
    if (!write(c->co_consts) || !write(c->co_names) || !write(c->co_localsplusnames)) return false;
    write_bytes(c->co_localspluskinds);
    write_bytes(c->co_exceptiontable);
    heads_[index].body = static_cast<uint32_t>(begin);
    heads_[index].lines = static_cast<uint32_t>(lines_.size());
    std::string_view lines = bytes_view(c->co_linetable);
    auto n = static_cast<uint32_t>(lines.size());
    lines_.append(reinterpret_cast<const char*>(&n), 4);
    lines_ += lines;
    return write_liveness(c, &heads_[index].liveness);
  }
  bool write_liveness(PyCodeObject* c, uint32_t* at) {
    const Liveness* l = code_liveness(c);
    if (!l) return false;
    *at = static_cast<uint32_t>(liveness_.size());
    liveness_.append(reinterpret_cast<const char*>(l->row_of), static_cast<size_t>(l->words) * sizeof *l->row_of);
    liveness_.resize(aligned(liveness_.size()));
    int32_t rows = *std::max_element(l->row_of, l->row_of + l->words) + 1;
    liveness_.append(reinterpret_cast<const char*>(l->rows), static_cast<size_t>(rows) * static_cast<size_t>(l->blocks) * sizeof *l->rows);
    return true;
  }
  // The numbers of the strings, each once.
  std::string self_attributes(PyCodeObject* c, uint32_t* count) {
    struct Found {
      Writer* writer;
      std::vector<uint32_t> numbers;
    } found{this, {}};
    visit_self_stores(c, [](PyObject* name, void* arg) {
      auto* f = static_cast<Found*>(arg);
      uint32_t n;
      if (!f->writer->string(Value{name}, &n)) return clear_error();
      for (uint32_t known : f->numbers) {
        if (known == n) return;
      }
      f->numbers.push_back(n);
    }, &found);
    *count = static_cast<uint32_t>(found.numbers.size());
    return {reinterpret_cast<const char*>(found.numbers.data()), found.numbers.size() * 4};
  }
};

// --- Reading ----------------------------------------------------------------------------------------------------------------------
// By module number: its interned strings that have been met, owned.
struct Names {
  Value* names = nullptr;
  uint32_t count = 0;
};
std::vector<Names>& shared_names() {
  static auto& all = *new std::vector<Names>;
  return all;
}

class Reader {
 public:
  Reader(const Module* module, Value filename) : module_(module), filename_(filename) {}
  bool init() {
    auto& all = shared_names();
    if (module_->number >= all.size()) all.resize(module_->number + 64);
    Names& own = all[module_->number];
    if (!own.names) own = {static_cast<Value*>(calloc(module_->strings + 1, sizeof(Value))), module_->strings};
    names_ = own.names;
    return names_ || raise_no_memory();
  }
  const char* place(uint32_t at) const { return reinterpret_cast<const char*>(module_) + at; }
  void go(const char* to) { at_ = to; }
  Ref string(uint32_t number) {
    if (names_[number]) return Ref::copy(names_[number]);
    if (number == doc_number && doc) return Ref::copy(doc);
    auto* s = reinterpret_cast<const String*>(place(module_->at[number]));
    std::string_view text{s->text, s->size};
    if (!s->interned) return s->ascii ? str_from_ascii(text) : str_from_utf8(text, "surrogatepass");
    Ref v = s->ascii ? intern(text) : intern(str_from_utf8(text, "surrogatepass"));
    if (v) names_[number] = Ref::copy(v).release();
    return v;
  }
  Ref value() {
    switch (*at_++) {
      case 'N': return none_ref();
      case 'T': return bool_ref(true);
      case 'F': return bool_ref(false);
      case '.': return Ref::copy(Value{Py_Ellipsis});
      case 'i': return int_from_i64(take<int64_t>());
      case 'g': return Ref::from_double(take<double>());
      case 'y': {
        auto c = take<Py_complex>();
        return complex_new(c.real, c.imag);
      }
      case 'l': {
        std::string_view bytes = sized();
        return int_from_bytes(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), true, true);
      }
      case 'b': return bytes_new(sized());
      case 's': return string(take<uint32_t>());
      case '(': {
        auto n = take<uint32_t>();
        Ref t = tuple_new(n);
        for (uint32_t i = 0; t && i < n; i++) {
          Ref item = value();
          if (!item) return {};
          tuple_init(t, i, std::move(item));
        }
        return t;
      }
      case '<': {
        auto n = take<uint32_t>();
        Ref s = frozenset_new(Value{});
        for (uint32_t i = 0; s && i < n; i++) {
          Ref item = value();
          if (!item || set_add(s, item) < 0) return {};
        }
        return s;
      }
      case 'c': return code(take<uint32_t>());
      default: return raise(PyExc_SystemError, "bad stored code");
    }
  }
  Ref lines(const Head* h) {
    at_ = place(h->lines);
    return bytes_new(sized());
  }
  // A code object that is but its head.
  Ref code(uint32_t index) {
    auto* h = reinterpret_cast<const Head*>(place(static_cast<uint32_t>(aligned(sizeof(Module) + module_->strings * 4)))) + index;
    Ref name = string(h->name), qualname = name ? string(h->qualname) : Ref{};
    if (!qualname) return {};
    auto* c = reinterpret_cast<PyCodeObject*>(object_new_raw(&PyCode_Type, offsetof(PyCodeObject, co_code_adaptive) + h->words * sizeof(Word)));
    if (!c) return {};
    memset(reinterpret_cast<char*>(c) + sizeof(PyObject), 0, offsetof(PyCodeObject, co_code_adaptive) - sizeof(PyObject));
    Py_SET_SIZE(c, h->words * 4);
    c->_co_linearray = reinterpret_cast<char*>(const_cast<Head*>(h));
    c->co_name = name.release().object();
    c->co_qualname = qualname.release().object();
    c->co_filename = Ref::copy(filename_).release().object();
    c->co_argcount = h->argcount;
    c->co_posonlyargcount = h->posonlyargcount;
    c->co_kwonlyargcount = h->kwonlyargcount;
    c->co_stacksize = h->stacksize;
    c->co_flags = h->flags;
    c->co_firstlineno = h->firstlineno;
    c->co_nlocalsplus = h->nlocalsplus;
    c->co_nlocals = h->nlocals;
    c->co_nplaincellvars = h->nplaincellvars;
    c->co_ncellvars = h->ncellvars;
    c->co_nfreevars = h->nfreevars;
    c->co_warmup = -1;  // no call enters directly before the body is there
    return Ref::steal(Value{reinterpret_cast<PyObject*>(c)});
  }

  uint32_t doc_number = kNoDoc;
  Value doc;  // the docstring if it exists already

 private:
  const Module* module_;
  const char* at_ = nullptr;
  Value filename_;
  Value* names_ = nullptr;

  template <class T>
  T take() {
    T x;
    memcpy(&x, at_, sizeof x);
    at_ += sizeof x;
    return x;
  }
  std::string_view sized() {
    auto n = take<uint32_t>();
    at_ += n;
    return {at_ - n, n};
  }
};

const Head* head_of(PyCodeObject* c) { return reinterpret_cast<const Head*>(c->_co_linearray); }
const Module* module_of(const Head* h) { return reinterpret_cast<const Module*>(reinterpret_cast<const char*>(h) - h->at); }

}  // namespace

Ref store_code(PyCodeObject* code, uint32_t number) { return Writer{}.run(code, number); }

Ref load_stored_code(const char* stored, Value filename) {
  auto* m = reinterpret_cast<const Module*>(stored);
  Reader r(m, filename);
  return r.init() ? r.code(0) : Ref{};
}

bool read_stored_code(PyCodeObject* c) {
  const Head* h = head_of(c);
  Reader r(module_of(h), Value{c->co_filename});
  const char* words = r.place(h->body);
  r.go(words + h->words * sizeof(Word) + h->self_attributes * 4);
  r.doc_number = h->doc;
  r.doc = Value{c->_co_code};
  if (!r.init()) return false;
  Ref parts[6];
  for (int i = 0; i < 6; i++) {
    parts[i] = i < 5 ? r.value() : r.lines(h);
    if (!parts[i]) return false;
  }
  auto* cache = new (std::nothrow) CodeCache;
  if (!cache) return raise_no_memory();
  // What was allocated may have set off a collection, and that a finalizer which has called this very function.
  if (c->co_consts) {
    delete cache;
    return true;
  }
  cache->stored = r.place(h->liveness);
  memcpy(code_words(c), words, h->words * sizeof(Word));
  PyObject* doc = c->_co_code;
  c->_co_linearray = reinterpret_cast<char*>(cache);
  c->_co_code = nullptr;
  c->co_names = parts[1].release().object();
  c->co_localsplusnames = parts[2].release().object();
  c->co_localspluskinds = parts[3].release().object();
  c->co_exceptiontable = parts[4].release().object();
  c->co_linetable = parts[5].release().object();
  c->co_consts = parts[0].release().object();
  allow_calls(c);
  Py_XDECREF(doc);
  if (ADDER_UNLIKELY(!debug_ranges)) {
    Ref lines = lines_only(c);
    if (!lines) return false;
    Py_SETREF(c->co_linetable, lines.release().object());
  }
#if defined(ADDER_CHECKS) && ADDER_CHECKS
  return verify_code(c);
#else
  return true;
#endif
}

Liveness* stored_liveness(PyCodeObject* c, const char* stored, const char** why) {
  *why = nullptr;
  auto* l = new (std::nothrow) Liveness;
  if (!l) return nullptr;
  l->words = code_word_count(c);
  l->first = c->co_nlocalsplus;
  l->blocks = c->co_stacksize ? (c->co_stacksize + 63) / 64 : 1;
  l->row_of = reinterpret_cast<int32_t*>(const_cast<char*>(stored));
  l->rows = reinterpret_cast<uint64_t*>(const_cast<char*>(stored) + aligned(static_cast<size_t>(l->words) * sizeof *l->row_of));
  l->borrowed = true;
  return l;
}

Ref code_doc(PyCodeObject* c) {
  if (c->co_consts) {
    Value consts{c->co_consts};
    return tuple_size(consts) > 0 && is_exact_str(tuple_get(consts, 0)) ? Ref::copy(tuple_get(consts, 0)) : none_ref();
  }
  const Head* h = head_of(c);
  if (h->doc == kNoDoc) return none_ref();
  if (!c->_co_code) {
    Reader r(module_of(h), Value{});
    Ref doc = r.init() ? r.string(h->doc) : Ref{};
    if (!doc) return doc;
    c->_co_code = doc.release().object();
  }
  return Ref::copy(Value{c->_co_code});
}

bool visit_stored_self_attributes(PyCodeObject* c, void (*visit)(PyObject* name, void* arg), void* arg) {
  if (c->co_consts) return false;
  const Head* h = head_of(c);
  Reader r(module_of(h), Value{});
  auto* numbers = reinterpret_cast<const uint32_t*>(r.place(h->body) + h->words * sizeof(Word));
  if (!r.init()) return clear_error(), true;
  for (uint32_t i = 0; i < h->self_attributes; i++) {
    Ref name = r.string(numbers[i]);
    if (name) visit(name.object(), arg);  // the module keeps it
    else clear_error();
  }
  return true;
}

void forget_stored_names() {
  for (Names& own : shared_names()) {
    for (uint32_t i = 0; i < own.count; i++) decref(own.names[i]);
    free(own.names);
  }
  shared_names().clear();
}

}  // namespace adder
