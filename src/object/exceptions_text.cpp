// SyntaxError and the Unicode errors: the exceptions that point into a text.
#include <cstring>

#include "memory/gc.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/exceptions.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str.h"
#include "object/type.h"

namespace adder {
namespace {

constexpr unsigned long kFlags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASE_EXC_SUBCLASS;

// --- SyntaxError ------------------------------------------------------------------------------------------------------
PySyntaxErrorObject* syntax(Value self) { return self.as<PySyntaxErrorObject>(); }

bool syntax_init(Value self, Args args) {
  if (!exception_init(self, args)) return false;
  auto* e = syntax(self);
  if (args.n >= 1 && !store_field(&e->msg, args[0])) return false;
  if (args.n != 2) return true;
  Ref info = to_tuple(args[1]);
  if (!info) return false;
  Py_ssize_t n = tuple_size(info);
  if (n < 4) return raise(PyExc_TypeError, "function takes at least 4 arguments (%zd given)", n);
  if (n > 6) return raise(PyExc_TypeError, "function takes at most 6 arguments (%zd given)", n);
  auto item = [&](Py_ssize_t i) { return i < n ? tuple_get(info, i) : Value{}; };
  if (!store_field(&e->filename, item(0)) || !store_field(&e->lineno, item(1)) || !store_field(&e->offset, item(2)) ||
      !store_field(&e->text, item(3)) || !store_field(&e->end_lineno, item(4)) || !store_field(&e->end_offset, item(5))) {
    return false;
  }
  if (n == 5) return raise(PyExc_TypeError, "end_offset must be provided when end_lineno is provided");
  return true;
}

int syntax_clear(PyObject* self) {
  auto* e = syntax(self);
  Py_CLEAR(e->msg);
  Py_CLEAR(e->filename);
  Py_CLEAR(e->lineno);
  Py_CLEAR(e->offset);
  Py_CLEAR(e->end_lineno);
  Py_CLEAR(e->end_offset);
  Py_CLEAR(e->text);
  Py_CLEAR(e->print_file_and_line);
  return exception_clear(self);
}
void syntax_dealloc(PyObject* self) {
  gc_untrack(self);
  syntax_clear(self);
  Py_TYPE(self)->tp_free(self);
}
int syntax_traverse(PyObject* self, visitproc visit, void* arg) {
  auto* e = syntax(self);
  Py_VISIT(e->msg);
  Py_VISIT(e->filename);
  Py_VISIT(e->lineno);
  Py_VISIT(e->offset);
  Py_VISIT(e->end_lineno);
  Py_VISIT(e->end_offset);
  Py_VISIT(e->text);
  Py_VISIT(e->print_file_and_line);
  return exception_traverse(self, visit, arg);
}

Ref syntax_str(Value self) {
  auto* e = syntax(self);
  Ref filename, message = load_field(e->msg);
  if (e->filename && is_str(e->filename)) {
    // Only the last part of the path.
    Value path = e->filename;
    Py_ssize_t start = str_length(path);
    while (start > 0 && str_char(path, start - 1) != '/') start--;
    filename = str_substring(path, start, str_length(path));
    if (!filename) return nullptr;
  }
  int64_t line = 0;
  bool have_line = e->lineno && Py_TYPE(e->lineno) == &PyLong_Type && int_sign_overflow_i64(e->lineno, &line) == 0;
  if (filename && have_line) return str_format("%S (%U, line %ld)", message.get(), filename.get(), static_cast<long>(line));
  if (filename) return str_format("%S (%U)", message.get(), filename.get());
  if (have_line) return str_format("%S (line %ld)", message.get(), static_cast<long>(line));
  return to_str(message);
}

PyMemberDef syntax_members[] = {
    {"msg", T_OBJECT, offsetof(PySyntaxErrorObject, msg), 0, "exception msg"},
    {"filename", T_OBJECT, offsetof(PySyntaxErrorObject, filename), 0, "exception filename"},
    {"lineno", T_OBJECT, offsetof(PySyntaxErrorObject, lineno), 0, "exception lineno"},
    {"offset", T_OBJECT, offsetof(PySyntaxErrorObject, offset), 0, "exception offset"},
    {"text", T_OBJECT, offsetof(PySyntaxErrorObject, text), 0, "exception text"},
    {"end_lineno", T_OBJECT, offsetof(PySyntaxErrorObject, end_lineno), 0, "exception end lineno"},
    {"end_offset", T_OBJECT, offsetof(PySyntaxErrorObject, end_offset), 0, "exception end offset"},
    {"print_file_and_line", T_OBJECT, offsetof(PySyntaxErrorObject, print_file_and_line), 0, "exception print_file_and_line"},
    {nullptr, 0, 0, 0, nullptr}};

// --- UnicodeError and its kin -----------------------------------------------------------------------------------------------
PyUnicodeErrorObject* unicode(Value self) { return self.as<PyUnicodeErrorObject>(); }

bool take_str(Value v, int number, PyObject** field) {
  if (!is_str(v)) return raise(PyExc_TypeError, "argument %d must be str, not %s", number, is_none(v) ? "None" : type_of(v)->tp_name);
  return store_field(field, v);
}

void unicode_drop(PyUnicodeErrorObject* e) {
  Py_CLEAR(e->encoding);
  Py_CLEAR(e->object);
  Py_CLEAR(e->reason);
}

bool unicode_encode_init(Value self, Args args) {
  if (!exception_init(self, args)) return false;
  auto* e = unicode(self);
  unicode_drop(e);
  if (args.n != 5) return raise(PyExc_TypeError, "function takes exactly 5 arguments (%zd given)", args.n);
  if (take_str(args[0], 1, &e->encoding) && take_str(args[1], 2, &e->object) && as_ssize(args[2], &e->start) &&
      as_ssize(args[3], &e->end) && take_str(args[4], 5, &e->reason)) {
    return true;
  }
  unicode_drop(e);
  return false;
}

bool unicode_decode_init(Value self, Args args) {
  if (!exception_init(self, args)) return false;
  auto* e = unicode(self);
  unicode_drop(e);
  if (args.n != 5) return raise(PyExc_TypeError, "function takes exactly 5 arguments (%zd given)", args.n);
  bool ok = take_str(args[0], 1, &e->encoding) && as_ssize(args[2], &e->start) && as_ssize(args[3], &e->end) &&
            take_str(args[4], 5, &e->reason);
  if (ok) {
    if (is_bytes(args[1])) {
      ok = store_field(&e->object, args[1]);
    } else {
      BufferView view;
      Ref copy;
      ok = view.get(args[1]) && (copy = bytes_new(view.text())) && store_field(&e->object, copy);
    }
  }
  if (!ok) unicode_drop(e);
  return ok;
}

bool unicode_translate_init(Value self, Args args) {
  if (!exception_init(self, args)) return false;
  auto* e = unicode(self);
  unicode_drop(e);
  if (args.n != 4) return raise(PyExc_TypeError, "function takes exactly 4 arguments (%zd given)", args.n);
  if (take_str(args[0], 1, &e->object) && as_ssize(args[1], &e->start) && as_ssize(args[2], &e->end) && take_str(args[3], 4, &e->reason)) {
    return true;
  }
  unicode_drop(e);
  return false;
}

int unicode_clear(PyObject* self) {
  unicode_drop(unicode(self));
  return exception_clear(self);
}
void unicode_dealloc(PyObject* self) {
  gc_untrack(self);
  unicode_clear(self);
  Py_TYPE(self)->tp_free(self);
}
int unicode_traverse(PyObject* self, visitproc visit, void* arg) {
  auto* e = unicode(self);
  Py_VISIT(e->encoding);
  Py_VISIT(e->object);
  Py_VISIT(e->reason);
  return exception_traverse(self, visit, arg);
}

// "character '\xe9'" as the texts name one bad character.
void name_character(uint32_t c, char* out, size_t n) {
  if (c <= 0xff) snprintf(out, n, "\\x%02x", c);
  else if (c <= 0xffff) snprintf(out, n, "\\u%04x", c);
  else snprintf(out, n, "\\U%08x", c);
}

Ref unicode_encode_str(Value self) {
  auto* e = unicode(self);
  if (!e->object) return str_empty();
  Ref reason = to_str(e->reason), encoding = to_str(e->encoding);
  if (!reason || !encoding) return nullptr;
  if (e->start >= 0 && e->start < str_length(e->object) && e->end == e->start + 1) {
    char name[16];
    name_character(str_char(e->object, e->start), name, sizeof name);
    return str_format("'%U' codec can't encode character '%s' in position %zd: %U", encoding.get(), name, e->start, reason.get());
  }
  return str_format("'%U' codec can't encode characters in position %zd-%zd: %U", encoding.get(), e->start, e->end - 1, reason.get());
}

Ref unicode_decode_str(Value self) {
  auto* e = unicode(self);
  if (!e->object) return str_empty();
  Ref reason = to_str(e->reason), encoding = to_str(e->encoding);
  if (!reason || !encoding) return nullptr;
  if (e->start >= 0 && e->start < bytes_length(e->object) && e->end == e->start + 1) {
    char byte[8];
    snprintf(byte, sizeof byte, "%02x", static_cast<unsigned char>(bytes_data(e->object)[e->start]));
    return str_format("'%U' codec can't decode byte 0x%s in position %zd: %U", encoding.get(), byte, e->start, reason.get());
  }
  return str_format("'%U' codec can't decode bytes in position %zd-%zd: %U", encoding.get(), e->start, e->end - 1, reason.get());
}

Ref unicode_translate_str(Value self) {
  auto* e = unicode(self);
  if (!e->object) return str_empty();
  Ref reason = to_str(e->reason);
  if (!reason) return nullptr;
  if (e->start >= 0 && e->start < str_length(e->object) && e->end == e->start + 1) {
    char name[16];
    name_character(str_char(e->object, e->start), name, sizeof name);
    return str_format("can't translate character '%s' in position %zd: %U", name, e->start, reason.get());
  }
  return str_format("can't translate characters in position %zd-%zd: %U", e->start, e->end - 1, reason.get());
}

PyMemberDef unicode_members[] = {
    {"encoding", T_OBJECT, offsetof(PyUnicodeErrorObject, encoding), 0, "exception encoding"},
    {"object", T_OBJECT, offsetof(PyUnicodeErrorObject, object), 0, "exception object"},
    {"start", T_PYSSIZET, offsetof(PyUnicodeErrorObject, start), 0, "exception start"},
    {"end", T_PYSSIZET, offsetof(PyUnicodeErrorObject, end), 0, "exception end"},
    {"reason", T_OBJECT, offsetof(PyUnicodeErrorObject, reason), 0, "exception reason"},
    {nullptr, 0, 0, 0, nullptr}};

}  // namespace

void syntax_error_set_location(Value exception, Value filename, int line, int column, int end_line, int end_column, Value text) {
  auto* e = syntax(exception);
  store_field(&e->filename, filename);
  store_field(&e->lineno, Value::from_int(line));
  store_field(&e->offset, column < 0 ? none() : Value::from_int(column));
  store_field(&e->end_lineno, end_line < 0 ? none() : Value::from_int(end_line));
  store_field(&e->end_offset, end_column < 0 ? none() : Value::from_int(end_column));
  store_field(&e->text, text ? text : none());
}

#define ADDER_TEXT_ERROR(Name, Base, Struct, Doc, prefix, ...)                                                      \
  const TypeDef Name##_def{                                                                                         \
      .type = &_PyExc_##Name, .name = #Name, .basicsize = sizeof(Struct), .flags = kFlags, .doc = Doc,              \
      .base = &_PyExc_##Base, .dealloc = prefix##_dealloc, .traverse = prefix##_traverse, .clear = prefix##_clear,  \
      .dictoffset = offsetof(PyBaseExceptionObject, dict), __VA_ARGS__};

ADDER_TEXT_ERROR(SyntaxError, Exception, PySyntaxErrorObject, "Invalid syntax.", syntax,
                 .slots = {.tp_str = slot::Unary<syntax_str>, .tp_init = slot::Init<syntax_init>, .tp_new = slot::New<exception_new>},
                 .members = syntax_members)
ADDER_TEXT_ERROR(IndentationError, SyntaxError, PySyntaxErrorObject, "Improper indentation.", syntax,
                 .slots = {.tp_init = slot::Init<syntax_init>, .tp_new = slot::New<exception_new>})
ADDER_TEXT_ERROR(TabError, IndentationError, PySyntaxErrorObject, "Improper mixture of spaces and tabs.", syntax,
                 .slots = {.tp_init = slot::Init<syntax_init>, .tp_new = slot::New<exception_new>})
ADDER_TEXT_ERROR(UnicodeEncodeError, UnicodeError, PyUnicodeErrorObject, "Unicode encoding error.", unicode,
                 .slots = {.tp_str = slot::Unary<unicode_encode_str>, .tp_init = slot::Init<unicode_encode_init>, .tp_new = slot::New<exception_new>},
                 .members = unicode_members)
ADDER_TEXT_ERROR(UnicodeDecodeError, UnicodeError, PyUnicodeErrorObject, "Unicode decoding error.", unicode,
                 .slots = {.tp_str = slot::Unary<unicode_decode_str>, .tp_init = slot::Init<unicode_decode_init>, .tp_new = slot::New<exception_new>},
                 .members = unicode_members)
ADDER_TEXT_ERROR(UnicodeTranslateError, UnicodeError, PyUnicodeErrorObject, "Unicode translation error.", unicode,
                 .slots = {.tp_str = slot::Unary<unicode_translate_str>, .tp_init = slot::Init<unicode_translate_init>, .tp_new = slot::New<exception_new>},
                 .members = unicode_members)

}  // namespace adder
