// The listing of one code object: line, word, instruction, operands by name. For --explain and lib/dis.py.
#include "compile/disassembler.h"
#include <cstdio>
#include "compile/liveness.h"
#include "object/containers.h"
#include "object/object.h"
#include "object/str.h"

namespace adder {

namespace {

std::string utf8(Value s) {
  std::string_view v = str_utf8(s);
  if (!v.data()) {
    clear_error();
    return "?";
  }
  return std::string(v);
}

std::string shown(Value v) {
  Ref r = repr(v);
  if (!r) {
    clear_error();
    return "?";
  }
  std::string text = utf8(r);
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return text;
}

// A local by its name, a temporary as %n counted from the first one.
std::string register_name(PyCodeObject* c, int reg) {
  if (reg < c->co_nlocalsplus) return utf8(tuple_get(c->co_localsplusnames, reg));
  return "%" + std::to_string(reg - c->co_nlocalsplus);
}

}  // namespace

std::string instruction_operands(PyCodeObject* c, Py_ssize_t at) {
  const Word* words = code_words(c);
  Word w = words[at];
  std::string out;
  auto add = [&](const std::string& s) {
    if (!out.empty()) out += ", ";
    out += s;
  };
  for_each_operand(w, [&](Operand kind, uint16_t f) {
    switch (kind) {
      case Operand::kout: add(register_name(c, f & kRegisterMask) + ((f & kOccupied) ? "!" : "")); break;
      case Operand::kin:
      case Operand::knode: add(register_name(c, f & kRegisterMask)); break;
      case Operand::kopt:
        if (f != kNoRegister) add(register_name(c, f & kRegisterMask));
        break;
      case Operand::kreg:
      case Operand::kcell: add(register_name(c, f)); break;
      case Operand::kconst: add(f < tuple_size(c->co_consts) ? shown(tuple_get(c->co_consts, f)) : "?"); break;
      case Operand::kconst32: {
        auto k = static_cast<Py_ssize_t>(field_bc(w));
        add(k < tuple_size(c->co_consts) ? shown(tuple_get(c->co_consts, k)) : "?");
        break;
      }
      case Operand::kname: add(f < tuple_size(c->co_names) ? utf8(tuple_get(c->co_names, f)) : "?"); break;
      case Operand::kimm: add("#" + std::to_string(f)); break;
      case Operand::kindex: add("#" + std::to_string(static_cast<int16_t>(f))); break;
      case Operand::kwindow: add("[" + register_name(c, f) + "]"); break;
      default: break;
    }
  });
  const OpInfo& info = op_info(op_of(w));
  Op op = general_form(op_of(w));
  if (op == Op::kCALL_KW || op == Op::kCALL_METHOD_KW || op == Op::kMAKE_FUNCTION) {
    auto k = static_cast<Py_ssize_t>(words[at + 1]);
    add(k < tuple_size(c->co_consts) ? shown(tuple_get(c->co_consts, k)) : "?");
  } else if (op == Op::kUNPACK_EX) {
    add("#" + std::to_string(uint32_t(words[at + 1])) + "+*+" + std::to_string(words[at + 1] >> 32));
  }
  if (info.jumps) add("to " + std::to_string(jump_target(words, at)));
  return out;
}

std::string disassemble(PyCodeObject* c) {
  std::string out;
  const Word* words = code_words(c);
  Py_ssize_t n = code_word_count(c);
  std::vector<char> targets(static_cast<size_t>(n) + 1, 0);
  for (Py_ssize_t at = 0; at < n; at += op_info(op_of(words[at])).words()) {
    Py_ssize_t t = jump_target(words, at);
    if (t >= 0 && t <= n) targets[static_cast<size_t>(t)] = 1;
  }
  const ExceptionRange* ranges = nullptr;
  int count = 0;
  if (!code_ranges(c, &ranges, &count)) clear_error();
  int line = -2;
  char buffer[64];
  for (Py_ssize_t at = 0; at < n; at += op_info(op_of(words[at])).words()) {
    Position p = code_position(c, at);
    if (p.line != line && p.line >= 0) std::snprintf(buffer, sizeof buffer, "%5d ", p.line);
    else std::snprintf(buffer, sizeof buffer, "      ");
    line = p.line;
    out += buffer;
    std::snprintf(buffer, sizeof buffer, "%s %4zd %-22s ", targets[static_cast<size_t>(at)] ? ">>" : "  ", at, op_info(op_of(words[at])).name);
    out += buffer;
    out += instruction_operands(c, at);
    out += "\n";
  }
  if (count) out += "ExceptionTable:\n";
  for (int i = 0; i < count; i++)
    out += "  " + std::to_string(ranges[i].start) + " to " + std::to_string(ranges[i].end) + " -> " + std::to_string(ranges[i].target) + " in " +
           register_name(c, ranges[i].reg) + "\n";
  return out;
}

}  // namespace adder
