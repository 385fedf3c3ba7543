// The module pyexpat: XML parser objects over libexpat, and their handlers.
#include "modules/pyexpat.h"
#include <cstring>
#include <string>
#include "memory/gc.h"
#include "object/arguments.h"
#include "object/builtin.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/object.h"
#include "object/small_types.h"
#include "object/str.h"
#include "object/type.h"
#include "runtime/interpreter.h"
#include <pyexpat.h>

extern "C" void _PyTraceback_Add(const char* function, const char* file, int line);

namespace adder {
namespace xml {

namespace {

ADDER_TYPE(parser_type);
PyObject* error_type = nullptr;  // xml.parsers.expat.ExpatError
constexpr int kDefaultBuffer = 8192, kLargestChunk = 1 << 20, kReadSize = 2048;

enum Handler {
  kStartElement, kEndElement, kProcessingInstruction, kCharacterData, kUnparsedEntityDecl, kNotationDecl, kStartNamespaceDecl,
  kEndNamespaceDecl, kComment, kStartCdataSection, kEndCdataSection, kDefault, kDefaultExpand, kNotStandalone, kExternalEntityRef,
  kStartDoctypeDecl, kEndDoctypeDecl, kEntityDecl, kXmlDecl, kElementDecl, kAttlistDecl, kSkippedEntity, kHandlerCount
};

struct Parser {
  PyObject head;
  XML_Parser expat;
  bool ordered_attributes, specified_attributes, namespace_prefixes, in_callback;
  char* buffer;  // character data that waits for more; null: nothing waits
  int buffer_size, buffer_used;
  PyObject* intern;  // dict: names seen so far; or null
  PyObject* handlers[kHandlerCount];
};
Parser* parser_of(Value v) { return v.as<Parser>(); }
Parser* parser_of(void* data) { return static_cast<Parser*>(data); }

struct HandlerInfo {
  void (*set)(XML_Parser, bool on);
  const char* function;  // as it appears in tracebacks
};
extern const HandlerInfo handler_info[kHandlerCount];

// --- Text -----------------------------------------------------------------------------------------------------------------

Ref text(const XML_Char* s, size_t n) { return str_from_utf8({s, n}); }
Ref text_or_none(const XML_Char* s) { return s ? text(s, strlen(s)) : none_ref(); }
Ref interned(Parser* p, const XML_Char* s) {
  Ref name = text_or_none(s);
  if (!name || !s || !p->intern) return name;
  Value found;
  int r = dict_set_default(Value{p->intern}, name, name, &found);
  return r < 0 ? Ref{} : Ref::copy(found);
}

// --- Calling handlers -----------------------------------------------------------------------------------------------------

int refuse_external_entity(XML_Parser, const XML_Char*, const XML_Char*, const XML_Char*, const XML_Char*) { return 0; }

// After an exception no handler is called any more.
void give_up(Parser* p) {
  for (int i = 0; i < kHandlerCount; i++) {
    handler_info[i].set(p->expat, false);
    PyObject* old = p->handlers[i];
    p->handlers[i] = nullptr;
    if (old) adder::decref(old);
  }
  XML_SetExternalEntityRefHandler(p->expat, refuse_external_entity);
}

Ref call_handler(Parser* p, Handler h, const Value* words, size_t n) {
  Ref handler = Ref::copy(p->handlers[h]);
  p->in_callback = true;
  Ref r = call(handler, Args{words, n, nullptr});
  p->in_callback = false;
  if (!r) {
    _PyTraceback_Add(handler_info[h].function, "../Modules/pyexpat.c", 0);
    XML_StopParser(p->expat, XML_FALSE);
    give_up(p);
  }
  return r;
}
template <size_t N>
Ref call_with(Parser* p, Handler h, Ref (&args)[N]) {
  Value words[N];
  for (size_t i = 0; i < N; i++) {
    if (!args[i]) {
      give_up(p);
      return {};
    }
    words[i] = args[i];
  }
  return call_handler(p, h, words, N);
}

bool deliver_text(Parser* p, const XML_Char* data, int n) {
  if (!p->handlers[kCharacterData]) return true;
  Ref args[] = {text(data, static_cast<size_t>(n))};
  return static_cast<bool>(call_with(p, kCharacterData, args));
}
bool flush_text(Parser* p) {
  if (!p->buffer || !p->buffer_used) return true;
  int n = p->buffer_used;
  p->buffer_used = 0;
  std::string held(p->buffer, static_cast<size_t>(n));  // the handler may replace the buffer
  return deliver_text(p, held.data(), n);
}
// Whether a handler is to be called: waiting character data comes first.
bool ready(Parser* p, Handler h) {
  return p->handlers[h] && !error_occurred() && flush_text(p) && p->handlers[h];
}
template <class... A>
Ref handle(void* data, Handler h, A&&... make) {
  Parser* p = parser_of(data);
  if (!ready(p, h)) return {};
  if constexpr (sizeof...(A) == 0) {
    return call_handler(p, h, nullptr, 0);
  } else {
    Ref args[] = {make(p)...};
    return call_with(p, h, args);
  }
}
auto as_name(const XML_Char* s) { return [s](Parser* p) { return interned(p, s); }; }
auto as_text(const XML_Char* s) { return [s](Parser*) { return text_or_none(s); }; }
auto as_text(const XML_Char* s, int n) { return [s, n](Parser*) { return s ? text(s, static_cast<size_t>(n)) : none_ref(); }; }
auto as_number(int i) { return [i](Parser*) { return Ref::from_int(i); }; }

// --- The handlers that libexpat calls ---------------------------------------------------------------------------------------

void on_start_element(void* data, const XML_Char* name, const XML_Char** attributes) {
  Parser* p = parser_of(data);
  if (!ready(p, kStartElement)) return;
  int n = 0;
  if (p->specified_attributes) n = XML_GetSpecifiedAttributeCount(p->expat);
  else while (attributes[n]) n += 2;
  Ref container = p->ordered_attributes ? list_new(n) : dict_new();
  for (int i = 0; container && i < n; i += 2) {
    Ref key = interned(p, attributes[i]), value = key ? text_or_none(attributes[i + 1]) : Ref{};
    bool ok = value && (p->ordered_attributes ? list_append(container, std::move(key)) && list_append(container, std::move(value))
                                              : dict_set(container, key, value));
    if (!ok) container.reset();
  }
  Ref args[] = {container ? interned(p, name) : Ref{}, std::move(container)};
  (void)call_with(p, kStartElement, args);
}
void on_end_element(void* data, const XML_Char* name) { (void)handle(data, kEndElement, as_name(name)); }
void on_character_data(void* data, const XML_Char* s, int n) {
  Parser* p = parser_of(data);
  if (error_occurred()) return;
  if (!p->buffer) {
    (void)deliver_text(p, s, n);
    return;
  }
  if (n > p->buffer_size - p->buffer_used) {
    // The handler may have taken itself away: then the rest goes nowhere.
    if (!flush_text(p) || !p->handlers[kCharacterData]) return;
  }
  if (!p->buffer || n > p->buffer_size) {
    (void)deliver_text(p, s, n);
    p->buffer_used = 0;
    return;
  }
  memcpy(p->buffer + p->buffer_used, s, static_cast<size_t>(n));
  p->buffer_used += n;
}
void ignore_character_data(void*, const XML_Char*, int) {}
void on_processing_instruction(void* data, const XML_Char* target, const XML_Char* content) {
  (void)handle(data, kProcessingInstruction, as_name(target), as_text(content));
}
void on_comment(void* data, const XML_Char* s) { (void)handle(data, kComment, as_text(s)); }
void on_start_cdata(void* data) { (void)handle(data, kStartCdataSection); }
void on_end_cdata(void* data) { (void)handle(data, kEndCdataSection); }
void on_default(void* data, const XML_Char* s, int n) { (void)handle(data, kDefault, as_text(s, n)); }
void on_default_expand(void* data, const XML_Char* s, int n) { (void)handle(data, kDefaultExpand, as_text(s, n)); }
void on_unparsed_entity(void* data, const XML_Char* name, const XML_Char* base, const XML_Char* system, const XML_Char* public_id, const XML_Char* notation) {
  (void)handle(data, kUnparsedEntityDecl, as_name(name), as_name(base), as_name(system), as_name(public_id), as_name(notation));
}
void on_entity(void* data, const XML_Char* name, int parameter, const XML_Char* value, int n, const XML_Char* base, const XML_Char* system,
               const XML_Char* public_id, const XML_Char* notation) {
  (void)handle(data, kEntityDecl, as_name(name), as_number(parameter), as_text(value, n), as_name(base), as_name(system), as_name(public_id), as_name(notation));
}
void on_notation(void* data, const XML_Char* name, const XML_Char* base, const XML_Char* system, const XML_Char* public_id) {
  (void)handle(data, kNotationDecl, as_name(name), as_name(base), as_name(system), as_name(public_id));
}
void on_start_namespace(void* data, const XML_Char* prefix, const XML_Char* uri) { (void)handle(data, kStartNamespaceDecl, as_name(prefix), as_name(uri)); }
void on_end_namespace(void* data, const XML_Char* prefix) { (void)handle(data, kEndNamespaceDecl, as_name(prefix)); }
void on_start_doctype(void* data, const XML_Char* name, const XML_Char* system, const XML_Char* public_id, int internal) {
  (void)handle(data, kStartDoctypeDecl, as_name(name), as_name(system), as_name(public_id), as_number(internal));
}
void on_end_doctype(void* data) { (void)handle(data, kEndDoctypeDecl); }
void on_xml_declaration(void* data, const XML_Char* version, const XML_Char* encoding, int standalone) {
  (void)handle(data, kXmlDecl, as_text(version), as_text(encoding), as_number(standalone));
}
void on_attlist(void* data, const XML_Char* element, const XML_Char* name, const XML_Char* type, const XML_Char* fallback, int required) {
  (void)handle(data, kAttlistDecl, as_name(element), as_name(name), as_text(type), as_text(fallback), as_number(required));
}
void on_skipped_entity(void* data, const XML_Char* name, int parameter) { (void)handle(data, kSkippedEntity, as_name(name), as_number(parameter)); }

// A content model: (type, quantifier, name, children).
Ref model_tuple(const XML_Content* m) {
  RecursionGuard guard(" in conv_content_model");
  if (!guard.ok) return {};
  Ref children = m->numchildren ? tuple_new(static_cast<Py_ssize_t>(m->numchildren)) : tuple_empty();
  if (!children) return {};
  for (unsigned i = 0; i < m->numchildren; i++) {
    Ref child = model_tuple(&m->children[i]);
    if (!child) return {};
    tuple_init(children, i, std::move(child));
  }
  Ref name = text_or_none(m->name);
  return name ? tuple_of({Value::from_int(m->type), Value::from_int(m->quant), name, children}) : Ref{};
}
void on_element_declaration(void* data, const XML_Char* name, XML_Content* model) {
  (void)handle(data, kElementDecl, as_name(name), [model](Parser*) { return model_tuple(model); });
  XML_FreeContentModel(parser_of(data)->expat, model);
}

// What a handler that answers has answered; 0 stops the parser.
int answer(Parser* p, Ref r) {
  if (!r) return 0;
  int64_t i;
  if (!is_int(r)) {
    (void)raise(PyExc_TypeError, "'%.200s' object cannot be interpreted as an integer", type_of(r)->tp_name);
  } else if (int_as_i64(r, &i)) {
    return static_cast<int>(i);
  }
  give_up(p);
  return 0;
}
int on_not_standalone(void* data) {
  Parser* p = parser_of(data);
  return p->handlers[kNotStandalone] ? answer(p, handle(data, kNotStandalone)) : 0;
}
int on_external_entity(XML_Parser expat, const XML_Char* context, const XML_Char* base, const XML_Char* system, const XML_Char* public_id) {
  void* data = XML_GetUserData(expat);
  return answer(parser_of(data), handle(data, kExternalEntityRef, as_text(context), as_name(base), as_name(system), as_name(public_id)));
}

#define HANDLER(setter, function, name) {[](XML_Parser e, bool on) { setter(e, on ? function : nullptr); }, name}
const HandlerInfo handler_info[kHandlerCount] = {
    HANDLER(XML_SetStartElementHandler, on_start_element, "StartElement"),
    HANDLER(XML_SetEndElementHandler, on_end_element, "EndElement"),
    HANDLER(XML_SetProcessingInstructionHandler, on_processing_instruction, "ProcessingInstruction"),
    HANDLER(XML_SetCharacterDataHandler, on_character_data, "CharacterData"),
    HANDLER(XML_SetUnparsedEntityDeclHandler, on_unparsed_entity, "UnparsedEntityDecl"),
    HANDLER(XML_SetNotationDeclHandler, on_notation, "NotationDecl"),
    HANDLER(XML_SetStartNamespaceDeclHandler, on_start_namespace, "StartNamespaceDecl"),
    HANDLER(XML_SetEndNamespaceDeclHandler, on_end_namespace, "EndNamespaceDecl"),
    HANDLER(XML_SetCommentHandler, on_comment, "Comment"),
    HANDLER(XML_SetStartCdataSectionHandler, on_start_cdata, "StartCdataSection"),
    HANDLER(XML_SetEndCdataSectionHandler, on_end_cdata, "EndCdataSection"),
    HANDLER(XML_SetDefaultHandler, on_default, "Default"),
    HANDLER(XML_SetDefaultHandlerExpand, on_default_expand, "DefaultHandlerExpand"),
    HANDLER(XML_SetNotStandaloneHandler, on_not_standalone, "NotStandalone"),
    HANDLER(XML_SetExternalEntityRefHandler, on_external_entity, "ExternalEntityRef"),
    HANDLER(XML_SetStartDoctypeDeclHandler, on_start_doctype, "StartDoctypeDecl"),
    HANDLER(XML_SetEndDoctypeDeclHandler, on_end_doctype, "EndDoctypeDecl"),
    HANDLER(XML_SetEntityDeclHandler, on_entity, "EntityDecl"),
    HANDLER(XML_SetXmlDeclHandler, on_xml_declaration, "XmlDecl"),
    HANDLER(XML_SetElementDeclHandler, on_element_declaration, "ElementDecl"),
    HANDLER(XML_SetAttlistDeclHandler, on_attlist, "AttlistDecl"),
    HANDLER(XML_SetSkippedEntityHandler, on_skipped_entity, "SkippedEntity"),
};
#undef HANDLER

}  // namespace

int unknown_encoding(void*, const XML_Char* name, XML_Encoding* info) {
  if (error_occurred()) return XML_STATUS_ERROR;
  char bytes[256];
  for (int i = 0; i < 256; i++) bytes[i] = static_cast<char>(i);
  Ref characters = bytes_decode(bytes, 256, name, "replace");
  if (!characters) return XML_STATUS_ERROR;
  if (str_length(characters) != 256) {
    (void)raise(PyExc_ValueError, "multi-byte encodings are not supported");
    return XML_STATUS_ERROR;
  }
  for (int i = 0; i < 256; i++) {
    uint32_t c = str_char(characters, i);
    info->map[i] = c == 0xFFFD ? -1 : static_cast<int>(c);
  }
  info->data = nullptr;
  info->convert = nullptr;
  info->release = nullptr;
  return XML_STATUS_OK;
}

namespace {

// --- Parsing ------------------------------------------------------------------------------------------------------------------

Failure expat_error(Parser* p, XML_Error code) {
  auto line = static_cast<int64_t>(XML_GetErrorLineNumber(p->expat)), column = static_cast<int64_t>(XML_GetErrorColumnNumber(p->expat));
  Ref message = str_format("%s: line %zu, column %zu", XML_ErrorString(code), static_cast<size_t>(line), static_cast<size_t>(column));
  Ref e = message ? call1(Value{error_type}, message) : Ref{};
  if (!e || !setattr(e, "code"_id, Value::from_int(code)) || !setattr(e, "offset"_id, Value::from_int(column)) ||
      !setattr(e, "lineno"_id, Value::from_int(line)))
    return {};
  return raise_object(std::move(e));
}
Ref parse_result(Parser* p, int status) {
  if (error_occurred()) return {};
  if (status == 0) return expat_error(p, XML_GetErrorCode(p->expat));
  if (!flush_text(p)) return {};
  return Ref::from_int(status);
}

Ref parser_parse(Value self, const Value* a) {
  Parser* p = parser_of(self);
  int final = a[1] ? is_true(a[1]) : 0;
  if (final < 0) return {};
  BufferView view;
  std::string_view data;
  if (is_str(a[0])) {
    data = str_utf8(a[0]);
    if (!data.data()) return {};
    (void)XML_SetEncoding(p->expat, "utf-8");
  } else {
    if (!view.get(a[0])) return {};
    data = view.text();
  }
  Ref held = Ref::copy(self);
  while (data.size() > kLargestChunk) {
    int status = XML_Parse(p->expat, data.data(), kLargestChunk, 0);
    if (status == 0 || error_occurred()) return parse_result(p, status);
    data.remove_prefix(kLargestChunk);
  }
  return parse_result(p, XML_Parse(p->expat, data.data(), static_cast<int>(data.size()), final));
}

Ref parser_parse_file(Value self, Value file) {
  Parser* p = parser_of(self);
  Ref read, held = Ref::copy(self);
  int found = lookup_attr(file, "read"_id, &read);
  if (found < 0) return {};
  if (!found) return raise(PyExc_TypeError, "argument must have 'read' attribute");
  while (true) {
    void* room = XML_GetBuffer(p->expat, kReadSize);
    if (!room) return parse_result(p, 0);
    Ref bytes = call1(read, Value::from_int(kReadSize));
    if (!bytes) return {};
    std::string_view data;
    if (is_bytes(bytes)) data = bytes_view(bytes);
    else if (is_instance_exactly(bytes, &PyByteArray_Type)) data = {bytearray_data(bytes), static_cast<size_t>(bytearray_length(bytes))};
    else return raise(PyExc_TypeError, "read() did not return a bytes object (type=%.400s)", type_of(bytes)->tp_name);
    if (data.size() > kReadSize) {
      return raise(PyExc_ValueError, "read() returned too much data: %i bytes requested, %zd returned", kReadSize, static_cast<Py_ssize_t>(data.size()));
    }
    data.copy(static_cast<char*>(room), data.size());
    int status = XML_ParseBuffer(p->expat, static_cast<int>(data.size()), data.empty());
    if (error_occurred()) return {};
    if (status == 0 || data.empty()) return parse_result(p, status);
  }
}

Ref parser_set_base(Value self, Value base) {
  if (!is_str(base)) return raise(PyExc_TypeError, "SetBase() argument must be str, not %.50s", is_none(base) ? "None" : type_of(base)->tp_name);
  std::string_view s = str_utf8(base);
  if (!s.data()) return {};
  if (s.find('\0') != std::string_view::npos) return raise(PyExc_ValueError, "embedded null character");
  if (!XML_SetBase(parser_of(self)->expat, s.data())) return raise_no_memory();
  return none_ref();
}
Ref parser_get_base(Value self) { return text_or_none(XML_GetBase(parser_of(self)->expat)); }
Ref parser_get_input_context(Value self) {
  Parser* p = parser_of(self);
  if (!p->in_callback) return none_ref();
  int offset, size;
  const char* context = XML_GetInputContext(p->expat, &offset, &size);
  return context ? bytes_new({context + offset, static_cast<size_t>(size - offset)}) : none_ref();
}
Ref parser_set_param_entity_parsing(Value self, Value flag) {
  int i;
  if (!as_int(flag, &i)) return {};
  return Ref::from_int(XML_SetParamEntityParsing(parser_of(self)->expat, static_cast<XML_ParamEntityParsing>(i)));
}
Ref parser_use_foreign_dtd(Value self, const Value* a) {
  int flag = a[0] ? is_true(a[0]) : 1;
  if (flag < 0) return {};
  XML_Error code = XML_UseForeignDTD(parser_of(self)->expat, flag ? XML_TRUE : XML_FALSE);
  if (code != XML_ERROR_NONE) return expat_error(parser_of(self), code);
  return none_ref();
}

// --- Making and unmaking parsers --------------------------------------------------------------------------------------------

bool make_buffer(Parser* p) {
  p->buffer = static_cast<char*>(object_malloc(static_cast<size_t>(p->buffer_size)));
  p->buffer_used = 0;
  return p->buffer ? true : static_cast<bool>(raise_no_memory());
}

Ref make_parser(XML_Parser expat, Value intern) {
  if (!expat) return raise(PyExc_RuntimeError, "XML_ParserCreate failed");
  PyObject* o = allocate_instance(&parser_type);
  if (!o) {
    XML_ParserFree(expat);
    return {};
  }
  auto* p = reinterpret_cast<Parser*>(o);
  p->expat = expat;
  p->buffer_size = kDefaultBuffer;
  p->intern = intern ? Ref::copy(intern).release().object() : nullptr;
  XML_SetUserData(expat, p);
  XML_SetUnknownEncodingHandler(expat, unknown_encoding, nullptr);
  return Ref::steal(o);
}

Ref parser_external(Value self, const Value* a) {
  Parser* p = parser_of(self);
  std::string_view context{}, encoding{};
  if (!is_none(a[0])) {
    if (!is_str(a[0])) return raise(PyExc_TypeError, "ExternalEntityParserCreate() argument 1 must be str or None, not %.50s", type_of(a[0])->tp_name);
    context = str_utf8(a[0]);
    if (!context.data()) return {};
  }
  if (a[1]) {
    if (!is_str(a[1])) return raise(PyExc_TypeError, "ExternalEntityParserCreate() argument 2 must be str, not %.50s", type_of(a[1])->tp_name);
    encoding = str_utf8(a[1]);
    if (!encoding.data()) return {};
  }
  XML_Parser expat = XML_ExternalEntityParserCreate(p->expat, context.data(), encoding.data());
  if (!expat) return raise_no_memory();
  Ref r = make_parser(expat, Value{p->intern});
  if (!r) return {};
  Parser* fresh = r.as<Parser>();
  fresh->buffer_size = p->buffer_size;
  fresh->ordered_attributes = p->ordered_attributes;
  fresh->specified_attributes = p->specified_attributes;
  fresh->namespace_prefixes = p->namespace_prefixes;
  if (p->buffer && !make_buffer(fresh)) return {};
  for (int i = 0; i < kHandlerCount; i++) {
    if (!p->handlers[i]) continue;
    fresh->handlers[i] = Ref::copy(p->handlers[i]).release().object();
    handler_info[i].set(expat, true);
  }
  return r;
}

bool text_argument(const char* name, Value v, const char** out) {
  *out = nullptr;
  if (!v || is_none(v)) return true;
  if (!is_str(v)) return raise(PyExc_TypeError, "ParserCreate() argument '%s' must be str or None, not %.50s", name, type_of(v)->tp_name);
  std::string_view s = str_utf8(v);
  if (!s.data()) return false;
  if (s.find('\0') != std::string_view::npos) return raise(PyExc_ValueError, "embedded null character");
  *out = s.data();
  return true;
}
Ref m_parser_create(Value, const Value* a) {
  const char *encoding, *separator;
  if (!text_argument("encoding", a[0], &encoding) || !text_argument("namespace_separator", a[1], &separator)) return {};
  if (separator && strlen(separator) > 1) return raise(PyExc_ValueError, "namespace_separator must be at most one character, omitted, or None");
  Ref intern;
  if (!a[2]) {
    intern = dict_new();
    if (!intern) return {};
  } else if (is_dict(a[2])) {
    intern = Ref::copy(a[2]);
  } else if (!is_none(a[2])) {
    return raise(PyExc_TypeError, "intern must be a dictionary");
  }
  return make_parser(XML_ParserCreate_MM(encoding, nullptr, separator), intern);
}

int parser_clear(PyObject* o) {
  auto* p = reinterpret_cast<Parser*>(o);
  for (int i = 0; i < kHandlerCount; i++) {
    if (p->expat) handler_info[i].set(p->expat, false);
    PyObject* old = p->handlers[i];
    p->handlers[i] = nullptr;
    if (old) adder::decref(old);
  }
  PyObject* old = p->intern;
  p->intern = nullptr;
  if (old) adder::decref(old);
  return 0;
}
void parser_dealloc(PyObject* o) {
  auto* p = reinterpret_cast<Parser*>(o);
  gc_untrack(o);
  parser_clear(o);
  if (p->expat) XML_ParserFree(p->expat);
  object_free(p->buffer);
  Py_TYPE(o)->tp_free(o);
}
int parser_traverse(PyObject* o, visitproc visit, void* arg) {
  auto* p = reinterpret_cast<Parser*>(o);
  for (PyObject* handler : p->handlers)
    if (handler) ADDER_VISIT(handler);
  if (p->intern) ADDER_VISIT(p->intern);
  return 0;
}

// --- Attributes ---------------------------------------------------------------------------------------------------------------

Failure no_deletion() { return raise(PyExc_RuntimeError, "Cannot delete attribute"); }

template <int H>
Ref get_handler(Value self) {
  PyObject* handler = parser_of(self)->handlers[H];
  return handler ? Ref::copy(handler) : none_ref();
}
template <int H>
bool set_handler(Value self, Value v) {
  Parser* p = parser_of(self);
  if (!v) return no_deletion();
  // Data that waits is the old handler's.
  if (H == kCharacterData && !flush_text(p)) return false;
  bool on = !is_none(v);
  PyObject *fresh = on ? to_c(v) : nullptr, *old = p->handlers[H];
  p->handlers[H] = fresh;
  // libexpat splits the text under way when the handler vanishes in the middle of it.
  if (H == kCharacterData && !on && p->in_callback) XML_SetCharacterDataHandler(p->expat, ignore_character_data);
  else handler_info[H].set(p->expat, on);
  if (old) adder::decref(old);
  return true;
}

template <auto F>
Ref get_number(Value self) {
  return int_from_i64(static_cast<int64_t>(F(parser_of(self)->expat)));
}
template <bool Parser::*F>
Ref get_flag(Value self) {
  return bool_ref(parser_of(self)->*F);
}
template <bool Parser::*F>
bool set_flag(Value self, Value v) {
  if (!v) return no_deletion();
  int t = is_true(v);
  if (t < 0) return false;
  parser_of(self)->*F = t != 0;
  if (F == &Parser::namespace_prefixes) XML_SetReturnNSTriplet(parser_of(self)->expat, t);
  return true;
}
Ref get_buffer_size(Value self) { return Ref::from_int(parser_of(self)->buffer_size); }
bool set_buffer_size(Value self, Value v) {
  Parser* p = parser_of(self);
  if (!v) return no_deletion();
  if (!is_int(v)) return raise(PyExc_TypeError, "buffer_size must be an integer");
  int64_t size;
  if (!int_as_i64(v, &size)) return false;
  if (size <= 0) return raise(PyExc_ValueError, "buffer_size must be greater than zero");
  if (size > INT_MAX) return raise(PyExc_ValueError, "buffer_size must not be greater than %i", INT_MAX);
  if (size == p->buffer_size) return true;
  if (!p->buffer) {
    p->buffer_size = static_cast<int>(size);
    return true;
  }
  if (!flush_text(p)) return false;
  object_free(p->buffer);
  p->buffer_size = static_cast<int>(size);
  return make_buffer(p);
}
Ref get_buffer_text(Value self) { return bool_ref(parser_of(self)->buffer != nullptr); }
bool set_buffer_text(Value self, Value v) {
  Parser* p = parser_of(self);
  if (!v) return no_deletion();
  int t = is_true(v);
  if (t < 0) return false;
  if (t) return p->buffer || make_buffer(p);
  if (!p->buffer) return true;
  if (!flush_text(p)) return false;
  object_free(p->buffer);
  p->buffer = nullptr;
  return true;
}
Ref get_buffer_used(Value self) { return Ref::from_int(parser_of(self)->buffer_used); }

#define HANDLER_ROW(name, h) getset<get_handler<h>, set_handler<h>>(name)
const GetSetRow parser_getset[] = {
    HANDLER_ROW("StartElementHandler", kStartElement), HANDLER_ROW("EndElementHandler", kEndElement),
    HANDLER_ROW("ProcessingInstructionHandler", kProcessingInstruction), HANDLER_ROW("CharacterDataHandler", kCharacterData),
    HANDLER_ROW("UnparsedEntityDeclHandler", kUnparsedEntityDecl), HANDLER_ROW("NotationDeclHandler", kNotationDecl),
    HANDLER_ROW("StartNamespaceDeclHandler", kStartNamespaceDecl), HANDLER_ROW("EndNamespaceDeclHandler", kEndNamespaceDecl),
    HANDLER_ROW("CommentHandler", kComment), HANDLER_ROW("StartCdataSectionHandler", kStartCdataSection),
    HANDLER_ROW("EndCdataSectionHandler", kEndCdataSection), HANDLER_ROW("DefaultHandler", kDefault),
    HANDLER_ROW("DefaultHandlerExpand", kDefaultExpand), HANDLER_ROW("NotStandaloneHandler", kNotStandalone),
    HANDLER_ROW("ExternalEntityRefHandler", kExternalEntityRef), HANDLER_ROW("StartDoctypeDeclHandler", kStartDoctypeDecl),
    HANDLER_ROW("EndDoctypeDeclHandler", kEndDoctypeDecl), HANDLER_ROW("EntityDeclHandler", kEntityDecl), HANDLER_ROW("XmlDeclHandler", kXmlDecl),
    HANDLER_ROW("ElementDeclHandler", kElementDecl), HANDLER_ROW("AttlistDeclHandler", kAttlistDecl),
    HANDLER_ROW("SkippedEntityHandler", kSkippedEntity),
    getset<get_number<XML_GetErrorCode>>("ErrorCode"), getset<get_number<XML_GetErrorLineNumber>>("ErrorLineNumber"),
    getset<get_number<XML_GetErrorColumnNumber>>("ErrorColumnNumber"), getset<get_number<XML_GetErrorByteIndex>>("ErrorByteIndex"),
    getset<get_number<XML_GetCurrentLineNumber>>("CurrentLineNumber"), getset<get_number<XML_GetCurrentColumnNumber>>("CurrentColumnNumber"),
    getset<get_number<XML_GetCurrentByteIndex>>("CurrentByteIndex"),
    getset<get_buffer_size, set_buffer_size>("buffer_size"), getset<get_buffer_text, set_buffer_text>("buffer_text"), getset<get_buffer_used>("buffer_used"),
    getset<get_flag<&Parser::namespace_prefixes>, set_flag<&Parser::namespace_prefixes>>("namespace_prefixes"),
    getset<get_flag<&Parser::ordered_attributes>, set_flag<&Parser::ordered_attributes>>("ordered_attributes"),
    getset<get_flag<&Parser::specified_attributes>, set_flag<&Parser::specified_attributes>>("specified_attributes"),
    {}};
#undef HANDLER_ROW
PyMemberDef parser_members[] = {{"intern", T_OBJECT, offsetof(Parser, intern), READONLY, nullptr}, {nullptr, 0, 0, 0, nullptr}};
const MethodRow parser_methods[] = {
    method<parser_parse>("Parse", "($self, data, isfinal=False, /)", "Parse XML data.\n\n`isfinal' should be true at end of input."),
    method<parser_parse_file>("ParseFile", "($self, file, /)", "Parse XML data from file-like object."),
    method<parser_set_base>("SetBase", "($self, base, /)", "Set the base URL for the parser."),
    method<parser_get_base>("GetBase", "($self, /)", "Return base URL string for the parser."),
    method<parser_get_input_context>("GetInputContext", "($self, /)", "Return the untranslated text of the input that caused the current event."),
    method<parser_external>("ExternalEntityParserCreate", "($self, context, encoding=<unrepresentable>,\n                           /)",
                            "Create a parser for parsing an external entity based on the information passed to the ExternalEntityRefHandler."),
    method<parser_set_param_entity_parsing>("SetParamEntityParsing", "($self, flag, /)",
                                            "Controls parsing of parameter entities (including the external DTD subset)."),
    method<parser_use_foreign_dtd>("UseForeignDTD", "($self, flag=True, /)",
                                   "Allows the application to provide an artificial external subset if one is not specified as part of the document instance."),
    {}};

// --- The module -----------------------------------------------------------------------------------------------------------------

Ref m_error_string(Value, Value code) {
  int64_t i;
  if (!as_i64(code, &i)) return {};
  return text_or_none(XML_ErrorString(static_cast<XML_Error>(i)));
}
const MethodRow functions[] = {
    method<m_parser_create>("ParserCreate", "($module, /, encoding=None, namespace_separator=None,\n             intern=<unrepresentable>)",
                            "Return a new XML parser object."),
    method<m_error_string>("ErrorString", "($module, code, /)", "Returns string error for given number."),
    {}};

}  // namespace

extern const TypeDef parser_def;
const TypeDef parser_def = {
    .type = &parser_type, .name = "pyexpat.xmlparser", .basicsize = sizeof(Parser),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, .doc = "XML parser", .dealloc = &parser_dealloc,
    .traverse = &parser_traverse, .clear = &parser_clear, .methods = parser_methods, .getset = parser_getset, .members = parser_members};

namespace {

struct Constant {
  const char* name;
  int value;
};
// XML_ERROR_… by number; those that libexpat has no text for stay out.
const char* const error_names[] = {
    "NO_MEMORY", "SYNTAX", "NO_ELEMENTS", "INVALID_TOKEN", "UNCLOSED_TOKEN", "PARTIAL_CHAR", "TAG_MISMATCH", "DUPLICATE_ATTRIBUTE",
    "JUNK_AFTER_DOC_ELEMENT", "PARAM_ENTITY_REF", "UNDEFINED_ENTITY", "RECURSIVE_ENTITY_REF", "ASYNC_ENTITY", "BAD_CHAR_REF", "BINARY_ENTITY_REF",
    "ATTRIBUTE_EXTERNAL_ENTITY_REF", "MISPLACED_XML_PI", "UNKNOWN_ENCODING", "INCORRECT_ENCODING", "UNCLOSED_CDATA_SECTION",
    "EXTERNAL_ENTITY_HANDLING", "NOT_STANDALONE", "UNEXPECTED_STATE", "ENTITY_DECLARED_IN_PE", "FEATURE_REQUIRES_XML_DTD",
    "CANT_CHANGE_FEATURE_ONCE_PARSING", "UNBOUND_PREFIX", "UNDECLARING_PREFIX", "INCOMPLETE_PE", "XML_DECL", "TEXT_DECL", "PUBLICID", "SUSPENDED",
    "NOT_SUSPENDED", "ABORTED", "FINISHED", "SUSPEND_PE", "RESERVED_PREFIX_XML", "RESERVED_PREFIX_XMLNS", "RESERVED_NAMESPACE_URI",
    "INVALID_ARGUMENT", "NO_BUFFER", "AMPLIFICATION_LIMIT_BREACH"};
const Constant model_constants[] = {
    {"XML_CTYPE_EMPTY", XML_CTYPE_EMPTY}, {"XML_CTYPE_ANY", XML_CTYPE_ANY}, {"XML_CTYPE_MIXED", XML_CTYPE_MIXED}, {"XML_CTYPE_NAME", XML_CTYPE_NAME},
    {"XML_CTYPE_CHOICE", XML_CTYPE_CHOICE}, {"XML_CTYPE_SEQ", XML_CTYPE_SEQ}, {"XML_CQUANT_NONE", XML_CQUANT_NONE}, {"XML_CQUANT_OPT", XML_CQUANT_OPT},
    {"XML_CQUANT_REP", XML_CQUANT_REP}, {"XML_CQUANT_PLUS", XML_CQUANT_PLUS}};

Ref add_submodule(PyObject* module, const char* full_name, const char* name, const char* doc) {
  Ref m = add_module(full_name), text = str_from_ascii(doc);
  if (!m || !text || !setattr(m, "__doc__"_id, text) || !module_add(module, name, Ref::copy(m))) return {};
  return m;
}
bool add_errors(PyObject* module) {
  Ref m = add_submodule(module, "pyexpat.errors", "errors", "Constants used to describe error conditions.");
  Ref codes = dict_new(), messages = dict_new();
  if (!m || !codes || !messages) return false;
  int code = 0;
  for (const char* name : error_names) {
    const char* message = XML_ErrorString(static_cast<XML_Error>(++code));
    if (!message) continue;
    Ref t = str_from_ascii(message);
    if (!t || !module_add(m.object(), ("XML_ERROR_" + std::string(name)).c_str(), Ref::copy(t)) || !dict_set(codes, t, Value::from_int(code)) ||
        !dict_set(messages, Value::from_int(code), t))
      return false;
  }
  return module_add(m.object(), "codes", std::move(codes)) && module_add(m.object(), "messages", std::move(messages));
}
bool add_model(PyObject* module) {
  Ref m = add_submodule(module, "pyexpat.model", "model", "Constants used to interpret content model information.");
  if (!m) return false;
  for (const Constant& c : model_constants)
    if (!module_add_int(m.object(), c.name, c.value)) return false;
  return true;
}
Ref feature_list() {
  Ref list = list_new();
  for (const XML_Feature* f = XML_GetFeatureList(); list && f->feature != XML_FEATURE_END; f++) {
    Ref name = str_from_ascii(f->name), value = int_from_i64(f->value), pair = name && value ? tuple_of({name, value}) : Ref{};
    if (!pair || !list_append(list, std::move(pair))) return {};
  }
  return list;
}

char magic[] = PyExpat_CAPI_MAGIC;
PyExpat_CAPI capi = {
    .magic = magic, .size = sizeof(PyExpat_CAPI), .MAJOR_VERSION = XML_MAJOR_VERSION, .MINOR_VERSION = XML_MINOR_VERSION,
    .MICRO_VERSION = XML_MICRO_VERSION, .ErrorString = XML_ErrorString, .GetErrorCode = XML_GetErrorCode,
    .GetErrorColumnNumber = XML_GetErrorColumnNumber, .GetErrorLineNumber = XML_GetErrorLineNumber, .Parse = XML_Parse,
    .ParserCreate_MM = XML_ParserCreate_MM, .ParserFree = XML_ParserFree, .SetCharacterDataHandler = XML_SetCharacterDataHandler,
    .SetCommentHandler = XML_SetCommentHandler, .SetDefaultHandlerExpand = XML_SetDefaultHandlerExpand, .SetElementHandler = XML_SetElementHandler,
    .SetNamespaceDeclHandler = XML_SetNamespaceDeclHandler, .SetProcessingInstructionHandler = XML_SetProcessingInstructionHandler,
    .SetUnknownEncodingHandler = XML_SetUnknownEncodingHandler, .SetUserData = XML_SetUserData,
    .SetStartDoctypeDeclHandler = XML_SetStartDoctypeDeclHandler, .SetEncoding = XML_SetEncoding,
    .DefaultUnknownEncodingHandler = unknown_encoding, .SetHashSalt = XML_SetHashSalt};

bool exec(PyObject* module) {
  if (!ready_type(parser_def) || !module_add(module, "XMLParserType", Ref::copy(&parser_type))) return false;
  if (!error_type) {
    per_interpreter(error_type);
    error_type = make_heap_type("xml.parsers.expat.ExpatError", reinterpret_cast<PyTypeObject*>(PyExc_Exception), Value{}).release().object();
    if (!error_type) return false;
    at_interpreter_end([] {
      adder::decref(error_type);
      error_type = nullptr;
    });
  }
  XML_Expat_Version version = XML_ExpatVersionInfo();
  Ref info = tuple_of({Value::from_int(version.major), Value::from_int(version.minor), Value::from_int(version.micro)});
  return info && module_add(module, "error", Ref::copy(error_type)) && module_add(module, "ExpatError", Ref::copy(error_type)) &&
         module_add_str(module, "EXPAT_VERSION", XML_ExpatVersion()) && module_add(module, "version_info", std::move(info)) &&
         module_add_str(module, "native_encoding", "UTF-8") && add_errors(module) && add_model(module) && module_add(module, "features", feature_list()) &&
         module_add_int(module, "XML_PARAM_ENTITY_PARSING_NEVER", XML_PARAM_ENTITY_PARSING_NEVER) &&
         module_add_int(module, "XML_PARAM_ENTITY_PARSING_UNLESS_STANDALONE", XML_PARAM_ENTITY_PARSING_UNLESS_STANDALONE) &&
         module_add_int(module, "XML_PARAM_ENTITY_PARSING_ALWAYS", XML_PARAM_ENTITY_PARSING_ALWAYS) &&
         module_add(module, "expat_CAPI", capsule_new(&capi, PyExpat_CAPSULE_NAME, nullptr));
}
}  // namespace
}  // namespace xml

extern const ModuleDef pyexpat_module{.name = "pyexpat", .doc = "Python wrapper for Expat parser.", .methods = xml::functions, .exec = xml::exec};

}  // namespace adder
