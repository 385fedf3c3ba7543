// Handlers of names: globals, names of class and module bodies, cells.
#include "object/dict_table.h"
#include "object/str.h"
#include "object/type.h"
#include "vm/interp.h"

namespace adder {


// The caches of LOAD_GLOBAL and LOAD_NAME: word 0 is of globals, word 1 of builtins. Each: the keys version of the dict, and << 32 where
// in its table the value lies; the version stands for that very table. LOAD_GLOBAL_MODULE uses word 0 whole, LOAD_GLOBAL_BUILTIN both
// (the place in word 0 unused).
static inline bool unchanged(PyObject* dict, Word cache) { return dict_table(dict)->version == uint32_t(cache); }
static inline Value word_at(PyObject* dict, Word cache) {
  return *reinterpret_cast<Value*>(reinterpret_cast<char*>(dict_table(dict)) + (cache >> 32));
}
static inline Value cached(PyObject* dict, Word cache) { return element(dict, word_at(dict, cache)); }
// 0: the dict has no version or not this name.
static Word place_of(PyObject* dict, PyObject* name) {
  uint32_t version = dict_keys_version(dict);
  Py_ssize_t entry = version ? dict_entry_index(dict, name) : -1;
  if (entry < 0) return 0;
  ptrdiff_t place = reinterpret_cast<char*>(dict_entry_value(dict, entry)) - reinterpret_cast<char*>(dict_table(dict));
  return place <= UINT32_MAX ? version | Word(place) << 32 : 0;
}

static Ref missing_name(PyObject* name) {
  Failure f = raise(PyExc_NameError, "name '%.200U' is not defined", name);
  Ref e = take_error();
  if (e && is_exact(e, reinterpret_cast<PyTypeObject*>(PyExc_NameError))) {
    auto* ne = e.as<PyNameErrorObject>();
    PyObject* old = ne->name;
    ne->name = Ref::copy(Value{name}).release().object();
    Py_XDECREF(old);
  }
  restore_error(std::move(e));
  return f;
}
// Globals, then builtins. Empty: NameError or another exception.
static Ref load_global(Frame* f, PyObject* name) {
  PyObject* globals = frame_globals(f);
  if (is_exact_dict(globals)) {
    if (Value v = dict_get_str(globals, name)) return Ref::copy(v);
  } else {
    Ref v = get_item(globals, name);
    if (v || !error_matches(PyExc_KeyError)) return v;
    clear_error();
  }
  PyObject* builtins = frame_builtins(f);
  if (is_exact_dict(builtins)) {
    if (Value v = dict_get_str(builtins, name)) return Ref::copy(v);
  } else {
    Ref v = get_item(builtins, name);
    if (v || !error_matches(PyExc_KeyError)) return v;
    clear_error();
  }
  return missing_name(name);
}
// Fills the cache if both dicts allow it: the specialised opcode to use.
static bool specialize_global(const Word* pc, Frame* f, PyObject* name, Op* op) {
  PyObject *globals = frame_globals(f), *builtins = frame_builtins(f);
  if (!is_exact_dict(globals) || !is_exact_dict(builtins)) return false;
  uint32_t version = dict_keys_version(globals);
  if (version == 0) return false;
  if (Word place = place_of(globals, name)) {
    cache_of(pc)[0] = place;
    *op = Op::kLOAD_GLOBAL_MODULE;
    return true;
  }
  Word place = dict_entry_index(globals, name) < 0 ? place_of(builtins, name) : 0;
  if (!place) return false;
  cache_of(pc)[0] = version;
  cache_of(pc)[1] = place;
  *op = Op::kLOAD_GLOBAL_BUILTIN;
  return true;
}
static ADDER_NOINLINE bool slow_load_global(const Word* pc, Value* r) {
  save_pc(r, pc);
  Frame* f = frame_of(r);
  PyObject* name = name_at(r, field_b(*pc));
  Ref v = load_global(f, name);
  if (!v) return false;
  Op op;
  if (specialize_global(pc, f, name, &op)) quicken(pc, op);
  return write_ref(r, field_a(*pc), std::move(v));
}
ADDER_HANDLER(LOAD_GLOBAL) {
  ADDER_COUNT_GENERAL(LOAD_GLOBAL);
  if (ADDER_UNLIKELY(!slow_load_global(pc, r))) ADDER_UNWIND();
  ADDER_NEXT(LOAD_GLOBAL);
}
// The cached value, which C may have boxed, goes to a register whose old one may have to be freed.
template <Op op>
static ADDER_NOINLINE ADDER_VM_CC void cached_global_in_general(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  Frame* f = frame_of(r);
  save_pc(r, pc);
  Value v = op == Op::kLOAD_GLOBAL_MODULE ? cached(frame_globals(f), pc[1]) : cached(frame_builtins(f), pc[2]);
  incref(v);
  write(r, field_a(pc), v);
  ADDER_NEXT(LOAD_GLOBAL);
}
// Mostly the value goes to a temporary, which is empty.
static ADDER_INLINE bool write_global(Value* r, uint16_t out, PyObject* dict, Value v) {
  if (ADDER_UNLIKELY(out & kOccupied)) return false;
  if (v.is_object()) {
    if (ADDER_UNLIKELY(c_visible(dict))) return false;
    ++refcount(v.object());
  }
  r[out] = v;
  return true;
}
ADDER_HANDLER(LOAD_GLOBAL_MODULE) {
  PyObject* globals = frame_globals(frame_of(r));
  if (ADDER_UNLIKELY(!unchanged(globals, pc[1]))) {
    quicken(pc, Op::kLOAD_GLOBAL);
    [[clang::musttail]] return op_LOAD_GLOBAL(pc, r, t, handlers);
  }
  if (ADDER_UNLIKELY(!write_global(r, field_a(pc), globals, word_at(globals, pc[1])))) {
    [[clang::musttail]] return cached_global_in_general<Op::kLOAD_GLOBAL_MODULE>(pc, r, t, handlers);
  }
  ADDER_NEXT(LOAD_GLOBAL_MODULE);
}
ADDER_HANDLER(LOAD_GLOBAL_BUILTIN) {
  Frame* f = frame_of(r);
  PyObject* builtins = frame_builtins(f);
  if (ADDER_UNLIKELY(!unchanged(frame_globals(f), pc[1]) || !unchanged(builtins, pc[2]))) {
    quicken(pc, Op::kLOAD_GLOBAL);
    [[clang::musttail]] return op_LOAD_GLOBAL(pc, r, t, handlers);
  }
  if (ADDER_UNLIKELY(!write_global(r, field_a(pc), builtins, word_at(builtins, pc[2])))) {
    [[clang::musttail]] return cached_global_in_general<Op::kLOAD_GLOBAL_BUILTIN>(pc, r, t, handlers);
  }
  ADDER_NEXT(LOAD_GLOBAL_BUILTIN);
}
ADDER_SLOW_OP(STORE_GLOBAL) {
  save_pc(r, pc);
  bool ok = dict_set(frame_globals(frame_of(r)), name_at(r, field_b(*pc)), reg(r, field_a(*pc)));
  consume(r, field_a(*pc));
  return ok;
}
ADDER_SLOW_OP(DELETE_GLOBAL) {
  save_pc(r, pc);
  PyObject* name = name_at(r, field_b(*pc));
  int done = dict_delete(frame_globals(frame_of(r)), name);
  if (done == 0) (void)missing_name(name);
  return done > 0;
}

// --- Names of class and module bodies -------------------------------------------------------------------------------------------
// Such code run as a function (types.FunctionType) has its globals for locals.
static void ensure_locals(Frame* f) {
  if (f->locals) return;
  f->locals = frame_globals(f);
  f->flags |= kFrameSpecial;
  Py_INCREF(f->locals);
}
// Looks a name up in the body's mapping: 1 found, 0 not, -1 error.
static int lookup_local_name(PyObject* locals, PyObject* name, Ref* out) {
  if (is_exact_dict(locals)) {
    Value v;
    int found = dict_lookup(locals, name, &v);
    if (found > 0) *out = Ref::copy(v);
    return found;
  }
  *out = get_item(locals, name);
  if (*out) return 1;
  if (!error_matches(PyExc_KeyError)) return -1;
  clear_error();
  return 0;
}
ADDER_SLOW_OP(LOAD_NAME) {
  Frame* f = frame_of(r);
  Word w = *pc;
  PyObject* globals = frame_globals(f);
  if (f->locals == globals && pc[1] != 0 && unchanged(globals, pc[1])) {
    // Module level: as LOAD_GLOBAL, with the same cache.
    if (pc[2] == 0) {
      Value v = cached(globals, pc[1]);
      incref(v);
      write(r, field_a(w), v);
      return true;
    }
    PyObject* builtins = frame_builtins(f);
    if (unchanged(builtins, pc[2])) {
      Value v = cached(builtins, pc[2]);
      incref(v);
      write(r, field_a(w), v);
      return true;
    }
  }
  save_pc(r, pc);
  PyObject* name = name_at(r, field_b(w));
  ensure_locals(f);
  Ref v;
  int found = lookup_local_name(f->locals, name, &v);
  if (found < 0) return false;
  if (!found) v = load_global(f, name);
  if (!v) return false;
  cache_of(pc)[0] = cache_of(pc)[1] = 0;
  Op op;
  if (f->locals == globals) (void)specialize_global(pc, f, name, &op);
  return write_ref(r, field_a(w), std::move(v));
}
ADDER_SLOW_OP(STORE_NAME) {
  save_pc(r, pc);
  Frame* f = frame_of(r);
  PyObject* name = name_at(r, field_b(*pc));
  Value v = reg(r, field_a(*pc));
  bool ok;
  ensure_locals(f);
  if (is_exact_dict(f->locals)) ok = dict_set(f->locals, name, v);
  else ok = set_item(f->locals, name, v);
  consume(r, field_a(*pc));
  return ok;
}
ADDER_SLOW_OP(DELETE_NAME) {
  save_pc(r, pc);
  Frame* f = frame_of(r);
  PyObject* name = name_at(r, field_b(*pc));
  ensure_locals(f);
  if (delete_item(f->locals, name)) return true;
  if (error_matches(PyExc_KeyError)) {
    clear_error();
    (void)missing_name(name);
  }
  return false;
}

// --- Cells ------------------------------------------------------------------------------------------------------------------------
static inline Value cell_get(Value cell) {
  auto* c = cell.as<PyCellObject>();
  return element(cell.object(), Value{c->ob_ref});
}
ADDER_SLOW_OP(MAKE_CELL) {
  save_pc(r, pc);
  extern Ref cell_new(Ref contents);
  Value& slot = r[field_a(*pc)];
  Ref contents = Ref::steal(slot);
  slot = Value{};
  Ref cell = cell_new(std::move(contents));
  if (!cell) return false;
  slot = cell.release();
  return true;
}
ADDER_HANDLER(COPY_FREE_VARS) {
  const Value* cells = tuple_words(Value{frame_of(r)->function->func_closure});
  Value* to = r + field_a(pc);
  Value* const end = to + field_b(pc);
  do {  // there is one at least
    Value cell = *cells++;
    ++refcount(cell.object());
    *to++ = cell;
    asm("" : "+r"(to));  // one or two: not unrolled
  } while (to != end);
  ADDER_NEXT(COPY_FREE_VARS);
}
// Error of an empty cell: a local of this function, or a free variable.
static ADDER_NOINLINE bool empty_cell(const Word* pc, Value* r, uint16_t which) {
  save_pc(r, pc);
  PyCodeObject* code = frame_of(r)->code;
  PyObject* name = tuple_words(code->co_localsplusnames)[which].object();
  if (which < code->co_nlocalsplus - code->co_nfreevars)
    return raise(PyExc_UnboundLocalError, "cannot access local variable '%U' where it is not associated with a value", name);
  Failure f = raise(PyExc_NameError, "cannot access free variable '%U' where it is not associated with a value in enclosing scope", name);
  return f;
}
static ADDER_NOINLINE ADDER_HANDLER(LOAD_DEREF_general) {
  Word w = *pc;
  Value v = cell_get(r[field_b(w)]);
  if (ADDER_UNLIKELY(v.absent())) {
    empty_cell(pc, r, field_b(w));
    ADDER_UNWIND();
  }
  incref(v);
  write(r, field_a(w), v);
  ADDER_NEXT(LOAD_DEREF);
}
ADDER_HANDLER(LOAD_DEREF) {
  Value cell = r[field_b(pc)], v{cell.as<PyCellObject>()->ob_ref};
  if (ADDER_UNLIKELY(v.absent() || (v.is_object() && c_visible(cell.object())) || !replace(r, field_a(pc), v))) {
    [[clang::musttail]] return op_LOAD_DEREF_general(pc, r, t, handlers);
  }
  incref(v);
  ADDER_NEXT(LOAD_DEREF);
}
static ADDER_NOINLINE bool store_in_visible_cell(const Word* pc, Value* r) {
  save_pc(r, pc);
  Value cell = r[field_a(*pc)];
  Ref v = to_stored(cell.object(), Ref::steal(take(r, field_b(*pc))));
  if (!v) return false;
  auto* c = cell.as<PyCellObject>();
  Value old{c->ob_ref};
  c->ob_ref = v.release().object();
  decref(old);
  return true;
}
ADDER_HANDLER(STORE_DEREF) {
  Value cell = r[field_a(*pc)];
  if (ADDER_UNLIKELY(c_visible(cell.object()))) {
    if (ADDER_UNLIKELY(!store_in_visible_cell(pc, r))) ADDER_UNWIND();
    ADDER_NEXT(STORE_DEREF);
  }
  auto* c = cell.as<PyCellObject>();
  Value old{c->ob_ref};
  c->ob_ref = take(r, field_b(*pc)).object();
  save_pc(r, pc);
  release(old);
  ADDER_NEXT(STORE_DEREF);
}
ADDER_SLOW_OP(DELETE_DEREF) {
  auto* c = r[field_a(*pc)].as<PyCellObject>();
  if (!c->ob_ref) return empty_cell(pc, r, field_a(*pc));
  save_pc(r, pc);
  Value old{c->ob_ref};
  c->ob_ref = nullptr;
  decref(old);
  return true;
}
ADDER_SLOW_OP(LOAD_CLASS_DEREF) {
  save_pc(r, pc);
  Frame* f = frame_of(r);
  PyObject* name = name_at(r, field_c(*pc));
  ensure_locals(f);
  Ref v;
  int found = lookup_local_name(f->locals, name, &v);
  if (found < 0) return false;
  if (!found) {
    Value contents = cell_get(r[field_b(*pc)]);
    if (contents.absent()) return empty_cell(pc, r, field_b(*pc));
    v = Ref::copy(contents);
  }
  return write_ref(r, field_a(*pc), std::move(v));
}

}  // namespace adder
