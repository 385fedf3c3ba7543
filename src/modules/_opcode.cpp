// The module _opcode: what lib/opcode.py and lib/dis.py show of the instruction set and of code objects.
#include "compile/disassembler.h"
#include "compile/liveness.h"
#include "compile/stored_code.h"
#include "object/builtin.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str.h"

namespace adder {

namespace {

const char* operand_name(Operand o) {
  static const char* const names[] = {"", "out", "in", "node", "opt", "reg", "cell", "const", "name", "imm", "index", "const32", "off32", "off16", "window"};
  return names[static_cast<int>(o)];
}

PyCodeObject* code_argument(Value v) {
  if (!is_exact(v, &PyCode_Type)) return raise(PyExc_TypeError, "expected a code object, not %N", type_of(v));
  return need_code(v.as<PyCodeObject>()) ? v.as<PyCodeObject>() : nullptr;
}
// The word at which an instruction begins, from an offset in bytes; -1 with an exception.
Py_ssize_t word_argument(PyCodeObject* code, Value offset) {
  Py_ssize_t at;
  if (!as_ssize(offset, &at)) return -1;
  if (at < 0 || at % 8 || at / 8 >= code_word_count(code)) return raise(PyExc_ValueError, "no instruction at this offset");
  return at / 8;
}

// [(name, kinds of a, b and c, data words, cache words, effects, meaning, name of the general form)], by opcode.
Ref opcode_table(Value) {
  Ref list = list_new();
  for (int i = 0; list && i < static_cast<int>(Op::kCount); i++) {
    const OpInfo& o = op_info(static_cast<Op>(i));
    std::string effects;
    if (o.raises) effects += 'R';
    if (o.python) effects += 'P';
    if (o.jumps) effects += 'J';
    if (o.ends) effects += 'E';
    if (o.pending_safe) effects += 'S';
    Ref name = intern(o.name), a = intern(operand_name(o.a)), b = intern(operand_name(o.b)), c = intern(operand_name(o.c)), e = intern(effects), doc = str_from_utf8(o.doc),
        general = intern(op_info(general_form(static_cast<Op>(i))).name);
    Ref row = tuple_of({name, a, b, c, Value::from_int(o.data), Value::from_int(o.cache), e, doc, general});
    if (!row || !list_append(list, std::move(row))) return {};
  }
  return list;
}

// [(offset, opcode, words, operands as text, offset of the jump's target or None)] of a code object.
Ref instructions(Value, const Value* a) {
  PyCodeObject* code = code_argument(a[0]);
  if (!code) return {};
  bool adaptive = a[1] && is_true(a[1]) > 0;
  Ref list = list_new();
  const Word* words = code_words(code);
  for (Py_ssize_t at = 0; list && at < code_word_count(code);) {
    Op op = op_of(words[at]);
    const OpInfo& info = op_info(op);
    Ref operands = str_from_utf8(instruction_operands(code, at));
    Py_ssize_t target = info.jumps ? jump_target(words, at) : -1;
    Ref to = target < 0 ? none_ref() : Ref::from_int(target * 8);
    Op shown = adaptive ? op : general_form(op);
    Ref row = tuple_of({Value::from_int(at * 8), Value::from_int(static_cast<int>(shown)), Value::from_int(info.words()), operands, to});
    if (!operands || !row || !list_append(list, std::move(row))) return {};
    at += info.words();
  }
  return list;
}

// [(start, end, target, register, lasti)] in bytes.
Ref exception_table(Value, Value v) {
  PyCodeObject* code = code_argument(v);
  if (!code) return {};
  const ExceptionRange* ranges;
  int n;
  if (!code_ranges(code, &ranges, &n)) return error_occurred() ? Ref{} : Ref{raise(PyExc_ValueError, "malformed exception table")};
  Ref list = list_new();
  for (int i = 0; list && i < n; i++) {
    Ref row = tuple_of({Value::from_int(ranges[i].start * 8), Value::from_int(ranges[i].end * 8), Value::from_int(ranges[i].target * 8),
                        Value::from_int(ranges[i].reg), boolean(ranges[i].lasti)});
    if (!row || !list_append(list, std::move(row))) return {};
  }
  return list;
}

Ref listing(Value, Value v) {
  PyCodeObject* code = code_argument(v);
  return code ? str_from_utf8(disassemble(code)) : Ref{};
}

// Names of the registers that hold a value when the instruction at an offset raises.
Ref live_registers(Value, const Value* a) {
  PyCodeObject* code = code_argument(a[0]);
  if (!code) return {};
  Py_ssize_t at = word_argument(code, a[1]);
  if (at < 0) return {};
  const Liveness* l = code_liveness(code);
  if (!l) return {};
  Ref list = list_new();
  if (!list) return list;
  live_temporaries(l, at, [](int reg, void* out) { (void)list_append(Value{static_cast<PyObject*>(out)}, Value::from_int(reg)); }, list.object());
  return list;
}

Ref verify(Value, Value v) {
  PyCodeObject* code = code_argument(v);
  return code && verify_code(code) ? none_ref() : Ref{};
}

Ref stack_effect(Value, Args) { return raise(PyExc_ValueError, "a register machine's instructions have no stack effect"); }
Ref specialization_stats(Value) { return none_ref(); }

const MethodRow functions[] = {
    method<opcode_table>("opcode_table", "($module, /)", "Every instruction: name, operand kinds, data and cache words, effects, meaning, general form."),
    method<instructions>("instructions", "($module, code, adaptive=False, /)", "The instructions of a code object: offset, opcode, words, operands, jump target."),
    method<exception_table>("exception_table", "($module, code, /)", "The protected ranges of a code object."),
    method<listing>("listing", "($module, code, /)", "The disassembly of one code object."),
    method<live_registers>("live_registers", "($module, code, offset, /)", "The temporaries that own a value when the instruction at an offset raises."),
    method<verify>("verify", "($module, code, /)", "Check a code object; ValueError says what is wrong."),
    method<stack_effect>("stack_effect", "($module, opcode, oparg=None, /, *, jump=None)", "Compute the stack effect of the opcode."),
    method<specialization_stats>("get_specialization_stats", "($module, /)", "Return the specialization stats"),
    {},
};

}  // namespace

extern const ModuleDef opcode_module{.name = "_opcode", .doc = "Opcode support module.", .methods = functions};

}  // namespace adder
