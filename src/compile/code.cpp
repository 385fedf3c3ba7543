// Code objects: making them, what is derived of their fields, their caches. The Python type is in code_type.cpp.
#include "compile/code.h"
#include <cstring>
#include <new>
#include "compile/liveness.h"
#include "compile/stored_code.h"
#include "compile/tables.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/error.h"
#include "object/object.h"
#include "object/str.h"

namespace adder {

CodeCache* code_cache(PyCodeObject* code) {
  if (!need_code(code)) return nullptr;
  if (ADDER_LIKELY(code->_co_linearray != nullptr)) return reinterpret_cast<CodeCache*>(code->_co_linearray);
  auto* cache = new (std::nothrow) CodeCache;
  if (!cache) return raise_no_memory();
  code->_co_linearray = reinterpret_cast<char*>(cache);
  return cache;
}

void free_code_cache(PyCodeObject* code) {
  if (!code->co_consts) return;  // not read: it has none
  auto* cache = reinterpret_cast<CodeCache*>(code->_co_linearray);
  code->_co_linearray = nullptr;
  if (!cache) return;
  free_liveness(cache->liveness);
  std::free(cache->ranges);
  delete cache;
}

namespace {

bool all_strings(Value tuple) {
  for (Py_ssize_t i = 0; i < tuple_size(tuple); i++) {
    if (!is_exact_str(tuple_get(tuple, i))) return false;
  }
  return true;
}

// The strings of a tuple of names become interned ones, in place.
void intern_names(Value tuple) {
  for (Py_ssize_t i = 0; i < tuple_size(tuple); i++) {
    Value& slot = tuple_words(tuple)[i];
    if (!str_is_interned(slot.object())) {
      Value old = slot;
      slot = intern(Ref::steal(old)).release();
    }
  }
}

bool is_name_like(Value s) {
  if (!str_is_ascii(s)) return false;
  auto* data = static_cast<const char*>(str_data(s));
  for (Py_ssize_t i = 0; i < str_length(s); i++) {
    char c = data[i];
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_')) return false;
  }
  return true;
}

// Strings among constants that look like names are interned: getattr and dicts then compare pointers.
void intern_constants(Value tuple) {
  for (Py_ssize_t i = 0; i < tuple_size(tuple); i++) {
    Value& slot = tuple_words(tuple)[i];
    if (is_exact_str(slot)) {
      if (!str_is_interned(slot.object()) && is_name_like(slot)) {
        Value old = slot;
        slot = intern(Ref::steal(old)).release();
      }
    } else if (is_exact_tuple(slot) && !c_visible(slot.object())) {
      intern_constants(slot);
    }
  }
}

// A tuple that C made holds boxes: a canonical copy of it.
Ref canonical_tuple(Value t) {
  if (is_exact_tuple(t) && !c_visible(t.object())) return Ref::copy(t);
  Py_ssize_t n = tuple_size(t);
  Ref copy = tuple_new(n);
  if (!copy) return copy;
  for (Py_ssize_t i = 0; i < n; i++) tuple_init(copy, i, Ref::copy(tuple_get(t, i)));
  return copy;
}

Ref names_of_kind(PyCodeObject* code, uint8_t kind) {
  if (!need_code(code)) return {};
  Py_ssize_t n = 0, total = code->co_nlocalsplus;
  auto* kinds = reinterpret_cast<const uint8_t*>(bytes_data(code->co_localspluskinds));
  for (Py_ssize_t i = 0; i < total; i++) n += (kinds[i] & kind) != 0;
  Ref names = tuple_new(n);
  if (!names) return names;
  for (Py_ssize_t i = 0, k = 0; i < total; i++) {
    if (kinds[i] & kind) tuple_init(names, k++, Ref::copy(tuple_get(code->co_localsplusnames, i)));
  }
  return names;
}

}  // namespace

Ref make_code(const CodeParts& p, bool trusted) {
  int nlocalsplus = static_cast<int>(tuple_size(p.localsplusnames));
  int parameters = p.argcount + p.kwonlyargcount + ((p.flags & CO_VARARGS) != 0) + ((p.flags & CO_VARKEYWORDS) != 0);
  int nlocals = 0, plain_cells = 0, cells = 0, frees = 0;
  if (bytes_length(p.localspluskinds) != nlocalsplus) return raise(PyExc_ValueError, "code: localspluskinds has the wrong length");
  auto* kinds = reinterpret_cast<const uint8_t*>(bytes_data(p.localspluskinds));
  for (int i = 0; i < nlocalsplus; i++) {
    if (kinds[i] & kLocalKind) {
      nlocals++;
      if (kinds[i] & kCellKind) cells++;
    } else if (kinds[i] & kCellKind) {
      cells++;
      plain_cells++;
    } else if (kinds[i] & kFreeKind) {
      frees++;
    }
  }
  if (p.argcount < p.posonlyargcount || p.posonlyargcount < 0 || p.kwonlyargcount < 0 || p.stacksize < 0 || p.flags < 0 ||
      nlocalsplus + p.stacksize > kMaxRegisters || p.word_count <= 0 || !all_strings(p.names) || !all_strings(p.localsplusnames))
    return raise(PyExc_ValueError, "code: malformed code object");
  if (parameters > nlocals) return raise(PyExc_ValueError, "code: varnames is too small");

  Ref consts = canonical_tuple(p.consts), names = canonical_tuple(p.names), plus = canonical_tuple(p.localsplusnames);
  if (!consts || !names || !plus) return {};
  intern_names(names);
  intern_names(plus);
  intern_constants(consts);
  auto* code = new_object<PyCodeObject>(&PyCode_Type, p.word_count * 4);
  if (!code) return {};
  Ref result = Ref::steal(Value{reinterpret_cast<PyObject*>(code)});
  auto keep = [](Value v) { return Ref::copy(v).release().object(); };
  code->co_consts = consts.release().object();
  code->co_names = names.release().object();
  code->co_localsplusnames = plus.release().object();
  code->co_exceptiontable = keep(p.exceptiontable);
  code->co_localspluskinds = keep(p.localspluskinds);
  code->co_filename = keep(p.filename);
  code->co_name = intern(Ref::copy(p.name)).release().object();
  code->co_qualname = intern(Ref::copy(p.qualname)).release().object();
  code->co_linetable = keep(p.linetable);
  code->co_flags = p.flags;
  code->co_argcount = p.argcount;
  code->co_posonlyargcount = p.posonlyargcount;
  code->co_kwonlyargcount = p.kwonlyargcount;
  code->co_stacksize = p.stacksize;
  code->co_firstlineno = p.firstlineno;
  code->co_nlocalsplus = nlocalsplus;
  allow_calls(code);
  code->co_nlocals = nlocals;
  code->co_nplaincellvars = plain_cells;
  code->co_ncellvars = cells;
  code->co_nfreevars = frees;
  std::memcpy(code_words(code), p.words, static_cast<size_t>(p.word_count) * sizeof(Word));
  if (ADDER_UNLIKELY(!debug_ranges)) {
    Ref lines = lines_only(code);
    if (!lines) return {};
    Py_SETREF(code->co_linetable, lines.release().object());
  }
#if defined(ADDER_CHECKS) && ADDER_CHECKS
  trusted = false;
#endif
  if (!trusted && !verify_code(code)) return {};
  return result;
}

void visit_self_stores(PyCodeObject* code, void (*visit)(PyObject* name, void* arg), void* arg) {
  if (code->co_argcount == 0 || visit_stored_self_attributes(code, visit, arg)) return;
  const Word* words = code_words(code);
  for (Py_ssize_t at = 0, n = code_word_count(code); at < n; at += op_info(op_of(words[at])).words()) {
    Word w = words[at];
    if (general_form(op_of(w)) != Op::kSTORE_ATTR || (field_a(w) & kRegisterMask) != 0) continue;
    visit(tuple_words(Value{code->co_names})[field_c(w)].object(), arg);
  }
}

Ref code_bytes(PyCodeObject* code) {
  if (!need_code(code)) return {};
  Py_ssize_t n = code_word_count(code);
  Ref bytes = bytes_uninitialized(n * static_cast<Py_ssize_t>(sizeof(Word)));
  if (!bytes) return bytes;
  char* out = bytes_data(bytes);
  const Word* words = code_words(code);
  for (Py_ssize_t at = 0; at < n;) {
    Op op = op_of(words[at]);
    const OpInfo& info = op_info(op);
    Word w = (words[at] & ~Word{0xFFFF}) | static_cast<uint16_t>(general_form(op));
    std::memcpy(out + at * 8, &w, 8);
    for (int i = 1; i < info.words() && at + i < n; i++) {
      Word follow = i <= info.data ? words[at + i] : 0;
      std::memcpy(out + (at + i) * 8, &follow, 8);
    }
    at += info.words();
  }
  return bytes;
}

Ref code_varnames(PyCodeObject* code) { return names_of_kind(code, kLocalKind); }
Ref code_cellvars(PyCodeObject* code) { return names_of_kind(code, kCellKind); }
Ref code_freevars(PyCodeObject* code) { return names_of_kind(code, kFreeKind); }

}  // namespace adder
