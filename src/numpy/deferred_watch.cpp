// Looking at what is deferred: a list of the programs that ran, and a check of each against its operations one by one (-X arrays).
#include <cstring>

#include "array/core/host.h"
#include "array/iter/parallel.h"
#include "numpy/node.h"
#include "object/containers.h"
#include "object/str.h"
#include "vm/thread.h"

namespace adder::numpy {

Watch watch;

namespace {

constexpr Py_ssize_t kMostListed = 1000;

}  // namespace

void list_program(const Pass& pass, const char* ending) {
  if (!watch.programs || list_size(Value{watch.programs}) >= kMostListed) return;
  const eng::Program& program = pass.program;
  Frame* frame = pass.frame();
  const Word* pc = std::exchange(frame->pc, pass.first());
  const int line = frame->line();
  frame->pc = pc;
  const index_t n = program.size();
  Ref shape = shape_text(program.nd(), program.shape());
  Ref text = str_from_utf8(program.text());
  Ref row = tuple_of({Value{frame->code->co_filename}, Value::from_int(line), Value{frame->code->co_qualname}, text, str_from_ascii(ending),
                      Value::from_int(program.operation_count()), shape, str_from_ascii(program.dtype()->name),
                      Value::from_int(eng::worth_threads(n, program.cost()) ? eng::thread_count() : 1)});
  if (!row || !list_append(Value{watch.programs}, std::move(row))) clear_error();
}

Ref array_one_by_one(const eng::Program& program) {
  int order[eng::kMaxDims];
  program.order(order);
  Ref made = array_new(program.dtype(), program.nd(), program.shape(), order);
  eng::Error error;
  if (!made || program.run_one_by_one(as_array(made)->view(), error)) return made;
  return raise_engine(error);
}

bool same_result(Value a, Value b, bool signs) {
  Ref x = as_array_ref(a), y = as_array_ref(b);
  if (!x || !y || as_array(x)->dtype() != as_array(y)->dtype() || !eng::same_shape(as_array(x)->view(), as_array(y)->view())) return false;
  x = array_copy(as_array(x)->view());
  y = array_copy(as_array(y)->view());
  if (!x || !y) return false;
  const DType* dtype = as_array(x)->dtype();
  const DType* part = dtype->is_complex() ? eng::part_of(dtype) : dtype;
  const char *p = as_array(x)->data, *q = as_array(y)->data, *end = p + as_array(x)->size() * dtype->size;
  for (; p < end; p += part->size, q += part->size) {
    if (std::memcmp(p, q, static_cast<size_t>(part->size)) == 0) continue;
    double values[2];
    for (int side = 0; side < 2; ++side) {
      char* args[2] = {const_cast<char*>(side ? q : p), reinterpret_cast<char*>(&values[side])};
      const index_t steps[2] = {0, 0};
      eng::cast_kernel(part, &eng::kFloat64)(args, 1, steps, nullptr);
    }
    const bool nans = values[0] != values[0] && values[1] != values[1];
    if (!nans && (signs || values[0] != values[1])) return false;
  }
  return true;
}

Failure raise_difference(const std::string& program, const char* ending) {
  return raise(PyExc_AssertionError, "the fused %s of %s differs from its operations one by one", ending, program.c_str());
}

Ref deferral_watch(Value, const Value* a) {
  bool listing, checking;
  if (!flag_from(a[0], false, &listing) || !flag_from(a[1], watch.checking, &checking)) return {};
  Ref before = watch.programs ? Ref::steal(Value{watch.programs}) : list_new(0);
  watch.programs = nullptr;
  watch.checking = checking;
  if (listing) {
    Ref list = list_new(0);
    if (!list) return {};
    watch.programs = list.release().object();
  }
  return before;
}

}  // namespace adder::numpy
