// Which registers an instruction reads, consumes and defines; the flow of temporaries through a code object.
#pragma once
#include "compile/code.h"
#include "compile/instruction.h"

namespace adder {

// See instruction.h. The instruction may be a general or a specialised form.
template <class F>
void for_each_window_run(const Word* instruction, F&& f) {
  Word w = *instruction;
  int a = field_a(w), b = field_b(w), c = field_c(w);
  switch (general_form(op_of(w))) {
    case Op::kLOAD_METHOD: f(true, a, 1); f(true, a + kFrameWords, 1); break;
    case Op::kLOAD_SLICE: f(false, c, 2); break;
    case Op::kLOAD_SLICE_STEP: f(false, c, 3); break;
    case Op::kSTORE_SLICE:
    case Op::kDELETE_SLICE: f(false, b, 2); break;
    case Op::kSTORE_SLICE_STEP: f(false, b, 3); break;
    case Op::kUNPACK: f(true, a, c); break;
    case Op::kUNPACK_EX: f(true, a, static_cast<int>(uint32_t(instruction[1])) + 1 + static_cast<int>(instruction[1] >> 32)); break;
    case Op::kBUILD_TUPLE:
    case Op::kBUILD_LIST:
    case Op::kBUILD_SET:
    case Op::kBUILD_STRING:
    case Op::kBUILD_SLICE: f(false, b, c); break;
    case Op::kBUILD_MAP: f(false, b, 2 * c); break;
    case Op::kFORMAT_SPEC:
    case Op::kIMPORT_NAME: f(false, b, 2); break;
    case Op::kCALL:
    case Op::kCALL_KW: f(false, b, 1); f(false, b + kFrameWords + 1, c); break;
    case Op::kCALL_METHOD:
    case Op::kCALL_METHOD_KW: f(false, b, 1); f(false, b + kFrameWords, c + 1); break;
    case Op::kCALL_EX: f(false, b, c ? 3 : 2); break;
    case Op::kMAKE_FUNCTION:
      for (int i = 0; i < 4; i++) {
        if (c >> i & 1) f(false, b + i, 1);
      }
      break;
    case Op::kMATCH_GROUP:
    case Op::kWITH_ENTER:
    case Op::kWITH_ENTER_ASYNC: f(true, a, 2); break;
    case Op::kMATCH_CLASS: f(false, b, 3); break;
    default: break;
  }
}

// Calls f(kind, field) for the three operands.
template <class F>
void for_each_operand(Word w, F&& f) {
  const OpInfo& info = op_info(op_of(w));
  f(info.a, field_a(w));
  f(info.b, field_b(w));
  f(info.c, field_c(w));
}

// The word to which the instruction at `at` jumps; -1 if it does not. FOR_ITER, SEND included.
Py_ssize_t jump_target(const Word* words, Py_ssize_t at);

// Sets of temporaries before each instruction; register r is bit r - first. An instruction's state when it raises is in
// `raising`, indexed through row_of (a word that starts no instruction has row -1).
struct Liveness {
  Py_ssize_t words = 0;
  int first = 0;       // the first temporary
  int blocks = 0;      // 64-bit words a set
  int32_t* row_of = nullptr;
  uint64_t* rows = nullptr;
  bool borrowed = false;  // the tables are not this one's to free
  const uint64_t* raising(Py_ssize_t word) const {
    return word >= 0 && word < words && row_of[word] >= 0 ? rows + static_cast<Py_ssize_t>(row_of[word]) * blocks : nullptr;
  }
};

// The analysis itself. Null if memory is exhausted or the code breaks a rule; then *why says which (a text that lives as long as the process)
// and *where at which word.
Liveness* analyse_liveness(PyCodeObject* code, const char** why, Py_ssize_t* where);
void free_liveness(Liveness* l);

// One row of the decoded exception table.
struct ExceptionRange {
  int32_t start, end, target;  // words
  int32_t reg;
  bool lasti;
};

// What a code object keeps for us (in _co_linearray): made when first needed.
struct CodeCache {
  Liveness* liveness = nullptr;
  ExceptionRange* ranges = nullptr;
  int32_t range_count = -1;  // -1: not decoded
  const char* stored = nullptr;  // the liveness where the library's cache has it (compile/stored_code.h)
};
CodeCache* code_cache(PyCodeObject* code);  // null: MemoryError
void free_code_cache(PyCodeObject* code);
// The decoded exception table; false: MemoryError or malformed.
bool code_ranges(PyCodeObject* code, const ExceptionRange** ranges, int* count);

}  // namespace adder
