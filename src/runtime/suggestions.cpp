// "Did you mean": names near the one that a NameError or AttributeError did not find, by a weighted edit distance.
#include "runtime/suggestions.h"

#include <cstring>

#include "object/containers.h"
#include "object/exceptions.h"
#include "object/object.h"
#include "object/str.h"
#include "object/type.h"

namespace adder {
namespace {

constexpr Py_ssize_t kMaxCandidates = 750;
constexpr size_t kMaxLength = 40;
constexpr size_t kMove = 2, kCase = 1;

size_t substitution(char a, char b) {
  if ((a & 31) != (b & 31)) return kMove;
  if (a == b) return 0;
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return lower(a) == lower(b) ? kCase : kMove;
}

}  // namespace

Ref nearest_name(Value candidates, Value name) {
  if (list_size(candidates) >= kMaxCandidates) return nullptr;
  std::string_view wanted = str_utf8(name);
  if (!wanted.data()) return clear_error(), Ref{};
  Ref best;
  size_t best_distance = SIZE_MAX;
  for (Py_ssize_t i = 0; i < list_size(candidates); i++) {
    Value item = list_get(candidates, i);
    if (!is_str(item)) continue;
    std::string_view text = str_utf8(item);
    if (!text.data()) {
      clear_error();
      continue;
    }
    if (text == wanted) continue;
    // No more than a third of the characters may differ.
    size_t most = (wanted.size() + text.size() + 3) * kMove / 6;
    if (best && best_distance - 1 < most) most = best_distance - 1;
    size_t d = edit_distance(wanted, text, most);
    if (d > most) continue;
    if (!best || d < best_distance) {
      best = Ref::copy(item);
      best_distance = d;
    }
  }
  return best;
}

namespace {

Ref for_attribute(Value exception) {
  auto* e = exception.as<PyAttributeErrorObject>();
  if (!e->name || !e->obj || !is_str(e->name)) return nullptr;
  Ref object = from_c(e->obj);
  Ref names = dir(object);
  return names ? nearest_name(names, e->name) : Ref{};
}

Ref for_name(Value exception) {
  auto* e = exception.as<PyNameErrorObject>();
  if (!e->name || !is_str(e->name) || !exception_fields(exception)->traceback) return nullptr;
  auto* tb = reinterpret_cast<PyTracebackObject*>(exception_fields(exception)->traceback);
  while (tb->tb_next) tb = tb->tb_next;
  Value frame = reinterpret_cast<PyObject*>(tb->tb_frame);
  Ref code = getattr(frame, "f_code"_id);
  if (!code) return nullptr;
  Ref names = list_new();
  for (PyObject* attribute : {"co_varnames"_id, "co_cellvars"_id, "co_freevars"_id}) {
    Ref part = getattr(code, attribute);
    if (!part || !list_extend(names, part)) return nullptr;
  }
  Ref found = nearest_name(names, e->name);
  if (found) return found;
  for (PyObject* attribute : {"f_globals"_id, "f_builtins"_id}) {
    Ref scope = getattr(frame, attribute);
    Ref keys = scope ? to_list(scope) : Ref{};
    if (!keys) return nullptr;
    found = nearest_name(keys, e->name);
    if (found) return found;
  }
  return nullptr;
}

}  // namespace

size_t edit_distance(std::string_view a, std::string_view b, size_t most) {
  if (a == b) return 0;
  while (!a.empty() && !b.empty() && a.front() == b.front()) {
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  while (!a.empty() && !b.empty() && a.back() == b.back()) {
    a.remove_suffix(1);
    b.remove_suffix(1);
  }
  if (a.empty() || b.empty()) return (a.size() + b.size()) * kMove;
  if (a.size() > kMaxLength || b.size() > kMaxLength) return most + 1;
  if (b.size() < a.size()) std::swap(a, b);
  if ((b.size() - a.size()) * kMove > most) return most + 1;
  size_t row[kMaxLength];
  for (size_t i = 0; i < a.size(); i++) row[i] = (i + 1) * kMove;
  size_t result = 0;
  for (size_t k = 0; k < b.size(); k++) {
    size_t diagonal = result = k * kMove;
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < a.size(); i++) {
      size_t substitute = diagonal + substitution(b[k], a[i]);
      diagonal = row[i];
      size_t insert_delete = (result < diagonal ? result : diagonal) + kMove;
      result = insert_delete < substitute ? insert_delete : substitute;
      row[i] = result;
      if (result < least) least = result;
    }
    if (least > most) return most + 1;
  }
  return result;
}

Ref suggestion_for(Value exception) {
  Ref r;
  if (is_instance_exactly(exception, &_PyExc_AttributeError)) r = for_attribute(exception);
  else if (is_instance_exactly(exception, &_PyExc_NameError)) r = for_name(exception);
  if (!r && error_occurred()) clear_error();
  return r;
}

}  // namespace adder
