// Which attributes a class's methods store on self: how much room its instances should have from the first one on.
#include "compile/instruction.h"
#include "object/shape.h"
#include "vm/function.h"

namespace adder {

void visit_self_attributes(Value function, void (*visit)(PyObject* name, void* arg), void* arg) {
  if (!is_exact(function, &PyFunction_Type)) return;
  auto* code = reinterpret_cast<PyCodeObject*>(function.as<PyFunctionObject>()->func_code);
  if (code->co_argcount == 0) return;
  const Word* words = code_words(code);
  for (Py_ssize_t at = 0, n = code_word_count(code); at < n; at += op_info(op_of(words[at])).words()) {
    Word w = words[at];
    if (general_form(op_of(w)) != Op::kSTORE_ATTR || (field_a(w) & kRegisterMask) != 0) continue;
    visit(reinterpret_cast<PyTupleObject*>(code->co_names)->ob_item[field_c(w)], arg);
  }
}

}  // namespace adder
