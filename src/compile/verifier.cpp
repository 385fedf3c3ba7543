// The verifier: whether a code object obeys the rules of operands and registers. Every code object from outside is checked, in checked builds
// our own too.
#include "compile/liveness.h"
#include "object/containers.h"
#include "object/error.h"

namespace adder {

namespace {

struct Operands {
  PyCodeObject* code;
  Py_ssize_t at;
  const char* why = nullptr;
  void check(Operand kind, uint32_t field, Word w) {
    auto bad = [&](const char* text) { if (!why) why = text; };
    int registers = code_registers(code);
    switch (kind) {
      case Operand::kin:
      case Operand::knode:
      case Operand::kout:
        if (static_cast<int>(field & kRegisterMask) >= registers) bad("register out of range");
        break;
      case Operand::kopt:
        if (field != kNoRegister && static_cast<int>(field & kRegisterMask) >= registers) bad("register out of range");
        break;
      case Operand::kreg:
      case Operand::kcell:
        if (static_cast<int>(field) >= code->co_nlocalsplus) bad("local out of range");
        break;
      case Operand::kconst:
        if (static_cast<Py_ssize_t>(field) >= tuple_size(code->co_consts)) bad("constant out of range");
        break;
      case Operand::kconst32:
        if (static_cast<Py_ssize_t>(field_bc(w)) >= tuple_size(code->co_consts)) bad("constant out of range");
        break;
      case Operand::kname:
        if (static_cast<Py_ssize_t>(field) >= tuple_size(code->co_names)) bad("name out of range");
        break;
      case Operand::kwindow:
        if (static_cast<int>(field) > registers) bad("window out of range");
        break;
      default: break;
    }
  }
};

// Operands in the words that follow.
const char* check_data(PyCodeObject* code, const Word* w) {
  auto constants = static_cast<uint64_t>(tuple_size(code->co_consts));
  switch (general_form(op_of(*w))) {
    case Op::kCALL_KW:
    case Op::kCALL_METHOD_KW: {
      if (w[1] >= constants) return "constant out of range";
      Value names = tuple_get(code->co_consts, static_cast<Py_ssize_t>(w[1]));
      if (!is_exact_tuple(names) || tuple_size(names) > field_c(*w)) return "keyword names are no fitting tuple";
      for (Py_ssize_t i = 0; i < tuple_size(names); i++) {
        if (!is_exact_str(tuple_get(names, i))) return "keyword names are no str";
      }
      return nullptr;
    }
    case Op::kMAKE_FUNCTION:
      if (w[1] >= constants || !is_exact(tuple_get(code->co_consts, static_cast<Py_ssize_t>(w[1])), &PyCode_Type)) return "no code constant";
      return nullptr;
    case Op::kUNPACK_EX:
      if (uint32_t(w[1]) > unsigned(kMaxRegisters) || w[1] >> 32 > unsigned(kMaxRegisters)) return "window out of range";
      return nullptr;
    case Op::kCOPY_FREE_VARS:
      if (field_b(*w) != code->co_nfreevars || field_a(*w) + field_b(*w) != code->co_nlocalsplus) return "wrong number of free variables";
      return nullptr;
    default: return nullptr;
  }
}

}  // namespace

bool verify_code(PyCodeObject* code) {
  const Word* words = code_words(code);
  Py_ssize_t n = code_word_count(code), where = 0;
  const char* why = nullptr;
  if (op_of(words[0]) != Op::kRESUME) why = "code does not begin with RESUME";
  for (Py_ssize_t at = 0; at < n && !why;) {
    where = at;
    Word w = words[at];
    if (uint16_t(w) >= uint16_t(Op::kCount)) { why = "unknown opcode"; break; }
    const OpInfo& info = op_info(op_of(w));
    if (at + info.words() > n) { why = "truncated instruction"; break; }
    Operands o{code, at};
    o.check(info.a, field_a(w), w);
    o.check(info.b, field_b(w), w);
    o.check(info.c, field_c(w), w);
    why = o.why;
    if (!why) why = check_data(code, words + at);
    at += info.words();
  }
  if (!why) {
    Liveness* l = analyse_liveness(code, &why, &where);
    if (!l && !why) return raise_no_memory();
    free_liveness(l);
  }
  if (why) return raise(PyExc_ValueError, "code %U: %s (word %zd, %s)", Value{code->co_qualname}, why, where,
                        where < n && uint16_t(words[where]) < uint16_t(Op::kCount) ? op_info(op_of(words[where])).name : "?");
  return true;
}

}  // namespace adder
