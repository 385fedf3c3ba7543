// _elementtree: XMLParser, libexpat driving a TreeBuilder or any other target.
#include <climits>
#include <cstring>
#include "modules/_elementtree.h"
#include "modules/pyexpat.h"
#include "object/arguments.h"
#include "object/bytes.h"
#include "object/int.h"

namespace adder::etree {

namespace {

ADDER_TYPE(parser_type);

struct Parser {
  PyObject head;
  XML_Parser expat;
  PyObject *target, *entity;  // read by name
  Ref names;                  // dict: names as libexpat gives them → with braces
  Ref start, data, end, start_namespace, end_namespace, comment, pi, close, doctype;  // the target's methods
};
Parser* parser_of(Value v) { return v.as<Parser>(); }
Parser* parser_of(void* p) { return static_cast<Parser*>(p); }
// The target, if it is a TreeBuilder proper: its events are built without calls.
TreeBuilder* builder(Parser* p) { return is_exact(Value{p->target}, &builder_type) ? reinterpret_cast<TreeBuilder*>(p->target) : nullptr; }

constexpr Ref Parser::*kFields[] = {&Parser::names, &Parser::start, &Parser::data, &Parser::end, &Parser::start_namespace, &Parser::end_namespace,
                                    &Parser::comment, &Parser::pi, &Parser::close, &Parser::doctype};

// --- Events ---------------------------------------------------------------------------------------------------------------------

Ref text_of(const XML_Char* s) { return s ? str_from_utf8({s, strlen(s)}) : str_empty(); }
Ref text_or_none(const XML_Char* s) { return s ? text_of(s) : none_ref(); }

// libexpat joins namespace and name with '}'.
Ref full_name(Parser* p, const XML_Char* s) {
  Ref name = text_of(s);
  Value known;
  int r = name ? dict_lookup(p->names, name, &known) : -1;
  if (r) return r > 0 ? Ref::copy(known) : Ref{};
  Ref full = strchr(s, '}') ? str_format("{%U", name.get()) : Ref::copy(name);
  return full && dict_set(p->names, name, full) ? std::move(full) : Ref{};
}

Failure set_error(Parser* p, int code, size_t line, size_t column, const char* message) {
  Ref text = str_format("%s: line %zu, column %zu", message ? message : XML_ErrorString(static_cast<XML_Error>(code)), line, column);
  Ref e = text ? call1(Value{parse_error}, text) : Ref{};
  Ref position = tuple_of({Value::from_int(static_cast<int64_t>(line)), Value::from_int(static_cast<int64_t>(column))});
  if (!e || !position || !setattr(e, "code"_id, Value::from_int(code)) || !setattr(e, "position"_id, position)) return {};
  return raise_object(std::move(e));
}

void on_start(void* data, const XML_Char* tag, const XML_Char** attributes) {
  Parser* p = parser_of(data);
  if (error_occurred()) return;
  Ref name = full_name(p, tag), own;
  if (!name) return;
  if (*attributes) {
    own = dict_new();
    for (; own && *attributes; attributes += 2) {
      Ref key = full_name(p, attributes[0]), value = key ? text_of(attributes[1]) : Ref{};
      if (!value || !dict_set(own, key, value)) return;
    }
    if (!own) return;
  }
  if (TreeBuilder* b = builder(p)) {
    (void)build_start(b, name, own);
  } else if (p->start) {
    if (!own) own = dict_new();
    Ref start = Ref::copy(p->start);
    if (own) (void)call(start, {name, own});
  }
}
void on_end(void* data, const XML_Char* tag) {
  Parser* p = parser_of(data);
  if (error_occurred()) return;
  if (TreeBuilder* b = builder(p)) {
    (void)build_end(b);
  } else if (p->end) {
    Ref name = full_name(p, tag), end = Ref::copy(p->end);
    if (name) (void)call1(end, name);
  }
}
void deliver(Parser* p, Value text) {
  if (TreeBuilder* b = builder(p)) {
    (void)build_data(b, text);
  } else if (p->data) {
    Ref handler = Ref::copy(p->data);
    (void)call1(handler, text);
  }
}
void on_data(void* data, const XML_Char* s, int n) {
  if (error_occurred()) return;
  Ref text = str_from_utf8({s, static_cast<size_t>(n)});
  if (text) deliver(parser_of(data), text);
}
// What no handler has seen: entities that the document did not define.
void on_default(void* data, const XML_Char* s, int n) {
  Parser* p = parser_of(data);
  if (n < 2 || s[0] != '&' || error_occurred()) return;
  Ref key = str_from_utf8({s + 1, static_cast<size_t>(n - 2)});
  Value found;
  int r = key ? dict_lookup(Value{p->entity}, key, &found) : -1;
  if (r > 0) {
    Ref text = Ref::copy(found);
    deliver(p, text);
  } else if (r == 0) {
    std::string message = "undefined entity " + std::string(s, static_cast<size_t>(n));
    set_error(p, XML_ERROR_UNDEFINED_ENTITY, XML_GetErrorLineNumber(p->expat), XML_GetErrorColumnNumber(p->expat), message.c_str());
  }
}
void on_start_namespace(void* data, const XML_Char* prefix, const XML_Char* uri) {
  Parser* p = parser_of(data);
  if (error_occurred()) return;
  TreeBuilder* b = builder(p);
  if (b ? !b->on_start_namespace : !p->start_namespace) return;
  Ref x = text_of(prefix), y = x ? text_of(uri) : Ref{};
  if (!y) return;
  if (b) {
    Ref pair = tuple_of({x, y});
    if (pair) (void)report(b, b->on_start_namespace, pair);
  } else {
    Ref handler = Ref::copy(p->start_namespace);
    (void)call(handler, {x, y});
  }
}
void on_end_namespace(void* data, const XML_Char* prefix) {
  Parser* p = parser_of(data);
  if (error_occurred()) return;
  if (TreeBuilder* b = builder(p)) {
    (void)report(b, b->on_end_namespace, none());
  } else if (p->end_namespace) {
    Ref x = text_of(prefix), handler = Ref::copy(p->end_namespace);
    if (x) (void)call1(handler, x);
  }
}
void on_comment(void* data, const XML_Char* s) {
  Parser* p = parser_of(data);
  if (error_occurred()) return;
  TreeBuilder* b = builder(p);
  if (!b && !p->comment) return;
  Ref text = text_of(s), handler = Ref::copy(p->comment);
  if (text) (void)(b ? build_comment(b, text) : call1(handler, text));
}
void on_pi(void* data, const XML_Char* target, const XML_Char* s) {
  Parser* p = parser_of(data);
  if (error_occurred()) return;
  TreeBuilder* b = builder(p);
  if (b ? !(b->on_pi || b->insert_pis) : !p->pi) return;
  Ref name = text_of(target), text = name ? text_or_none(s) : Ref{}, handler = Ref::copy(p->pi);
  if (text) (void)(b ? build_pi(b, name, text) : call(handler, {name, text}));
}
void on_doctype(void* data, const XML_Char* name, const XML_Char* system, const XML_Char* public_id, int) {
  Parser* p = parser_of(data);
  if (error_occurred()) return;
  Ref n = text_of(name), s = text_or_none(system), q = text_or_none(public_id);
  if (!n || !s || !q) return;
  if (p->doctype) {
    Ref handler = Ref::copy(p->doctype);
    (void)call(handler, {n, q, s});
    return;
  }
  Ref own;
  if (lookup_attr(Value{&p->head}, "doctype"_id, &own) > 0) {
    (void)warn(PyExc_RuntimeWarning, 1, "The doctype() method of XMLParser is ignored.  Define doctype() method on the TreeBuilder target.");
  }
}

// --- Parsing --------------------------------------------------------------------------------------------------------------------

bool is_set_up(Parser* p) { return p->expat ? true : static_cast<bool>(raise(PyExc_ValueError, "XMLParser.__init__() wasn't called")); }

bool parse(Parser* p, std::string_view data, bool final) {
  if (data.size() > INT_MAX) return raise(PyExc_OverflowError, "size does not fit in an int");
  Ref held = Ref::copy(Value{&p->head});
  int status = XML_Parse(p->expat, data.data(), static_cast<int>(data.size()), final);
  if (error_occurred()) return false;
  if (status) return true;
  return set_error(p, XML_GetErrorCode(p->expat), XML_GetErrorLineNumber(p->expat), XML_GetErrorColumnNumber(p->expat), nullptr);
}

Ref parser_feed(Value self, Value data) {
  Parser* p = parser_of(self);
  if (!is_set_up(p)) return {};
  if (is_str(data)) {
    std::string_view text = str_utf8(data);
    if (!text.data()) return {};
    (void)XML_SetEncoding(p->expat, "utf-8");
    return parse(p, text, false) ? none_ref() : Ref{};
  }
  BufferView view;
  return view.get(data) && parse(p, view.text(), false) ? none_ref() : Ref{};
}
Ref parser_close(Value self) {
  Parser* p = parser_of(self);
  if (!is_set_up(p) || !parse(p, {"", 0}, true)) return {};
  if (TreeBuilder* b = builder(p)) return build_result(b);
  if (!p->close) return none_ref();
  Ref close = Ref::copy(p->close);
  return call0(close);
}
Ref parser_parse_whole(Value self, Value file) {
  Parser* p = parser_of(self);
  if (!is_set_up(p)) return {};
  Ref read = getattr(file, "read"_id);
  if (!read) return {};
  while (true) {
    Ref chunk = call1(read, Value::from_int(64 * 1024));
    if (!chunk) return {};
    if (is_exact_str(chunk)) {
      if (str_length(chunk) == 0) break;
      chunk = str_encode_utf8(chunk, "surrogatepass");
      if (!chunk) return {};
      (void)XML_SetEncoding(p->expat, "utf-8");
    } else if (!is_exact(chunk, &PyBytes_Type) || bytes_length(chunk) == 0) {
      break;
    }
    if (!parse(p, bytes_view(chunk), false)) return {};
  }
  if (!parse(p, {"", 0}, true)) return {};
  TreeBuilder* b = builder(p);
  return b ? build_result(b) : none_ref();
}

// For XMLPullParser: which events go into its queue.
Ref parser_set_events(Value self, const Value* a) {
  Parser* p = parser_of(self);
  if (!is_set_up(p)) return {};
  TreeBuilder* b = builder(p);
  if (!b) return raise(PyExc_TypeError, "event handling only supported for ElementTree.TreeBuilder targets");
  Ref append = getattr(a[0], "append"_id);
  if (!append) return {};
  b->append_event = std::move(append);
  for (Ref TreeBuilder::*event : {&TreeBuilder::on_start, &TreeBuilder::on_end, &TreeBuilder::on_start_namespace, &TreeBuilder::on_end_namespace,
                                  &TreeBuilder::on_comment, &TreeBuilder::on_pi})
    (b->*event).reset();
  if (!a[1] || is_none(a[1])) {
    b->on_end = Ref::copy(Value{"end"_id});
    return none_ref();
  }
  Ref events = to_fast_sequence(a[1], "events must be a sequence");
  if (!events) return {};
  const struct {
    const char* name;
    Ref TreeBuilder::*field;
  } known[] = {{"start", &TreeBuilder::on_start}, {"end", &TreeBuilder::on_end}, {"start-ns", &TreeBuilder::on_start_namespace},
               {"end-ns", &TreeBuilder::on_end_namespace}, {"comment", &TreeBuilder::on_comment}, {"pi", &TreeBuilder::on_pi}};
  for (Py_ssize_t i = 0; i < sequence_size(events); i++) {
    Ref event = Ref::copy(sequence_get(events, i));
    std::string_view name;
    if (is_str(event)) name = str_utf8(event);
    else if (is_bytes(event)) name = bytes_view(event);
    if (!name.data()) {
      if (error_occurred()) clear_error();
      return raise(PyExc_ValueError, "invalid events sequence");
    }
    bool found = false;
    for (auto& k : known) {
      if (name != k.name) continue;
      b->*k.field = Ref::copy(event);
      found = true;
      if (strncmp(k.name, "start-", 6) == 0 || strncmp(k.name, "end-", 4) == 0) XML_SetNamespaceDeclHandler(p->expat, on_start_namespace, on_end_namespace);
    }
    if (!found) return raise(PyExc_ValueError, "unknown event '%s'", std::string(name).c_str());
  }
  return none_ref();
}

// --- The type -----------------------------------------------------------------------------------------------------------------------

Ref parser_new(PyTypeObject* type, Args) { return Ref::steal(allocate_instance(type)); }

bool parser_init(Value self, Args args) {
  if (args.n > 0) return raise(PyExc_TypeError, "XMLParser() takes no positional arguments");
  Value a[2];
  if (!bind_arguments("XMLParser", args, {"target", "encoding"}, 0, a, 0)) return false;
  const char* encoding = nullptr;
  if (a[1] && !is_none(a[1])) {
    if (!is_str(a[1])) return raise(PyExc_TypeError, "XMLParser() argument 'encoding' must be str or None, not %.50s", type_of(a[1])->tp_name);
    std::string_view text = str_utf8(a[1]);
    if (!text.data()) return false;
    if (text.find('\0') != std::string_view::npos) return raise(PyExc_ValueError, "embedded null character");
    encoding = text.data();
  }
  Parser* p = parser_of(self);
  Ref target = a[0] && !is_none(a[0]) ? Ref::copy(a[0]) : call0(Value{&builder_type}), entity = dict_new(), names = dict_new();
  if (!target || !entity || !names) return false;
  struct {
    PyObject* name;
    Ref Parser::*field;
  } methods[] = {{"start_ns"_id, &Parser::start_namespace}, {"end_ns"_id, &Parser::end_namespace}, {"start"_id, &Parser::start}, {"data"_id, &Parser::data},
                 {"end"_id, &Parser::end}, {"comment"_id, &Parser::comment}, {"pi"_id, &Parser::pi}, {"close"_id, &Parser::close}, {"doctype"_id, &Parser::doctype}};
  for (auto& m : methods) {
    Ref method;
    if (lookup_attr(target, m.name, &method) < 0) return false;
    p->*m.field = std::move(method);
  }
  PyObject *old_target = p->target, *old_entity = p->entity;
  p->names = std::move(names);
  p->entity = entity.release().object();
  p->target = to_c_steal(std::move(target));
  if (old_target) adder::decref(old_target);
  if (old_entity) adder::decref(old_entity);
  if (p->expat) XML_ParserFree(p->expat);
  XML_Parser expat = p->expat = XML_ParserCreate_MM(encoding, nullptr, "}");
  if (!expat) return raise_no_memory();
  XML_SetUserData(expat, p);
  XML_SetElementHandler(expat, on_start, on_end);
  XML_SetDefaultHandlerExpand(expat, on_default);
  XML_SetCharacterDataHandler(expat, on_data);
  if (p->start_namespace || p->end_namespace) XML_SetNamespaceDeclHandler(expat, on_start_namespace, on_end_namespace);
  if (p->comment) XML_SetCommentHandler(expat, on_comment);
  if (p->pi) XML_SetProcessingInstructionHandler(expat, on_pi);
  XML_SetStartDoctypeDeclHandler(expat, on_doctype);
  XML_SetUnknownEncodingHandler(expat, xml::unknown_encoding, nullptr);
  return true;
}

int parser_clear(PyObject* o) {
  auto* p = reinterpret_cast<Parser*>(o);
  for (PyObject** field : {&p->target, &p->entity}) {
    PyObject* old = *field;
    *field = nullptr;
    if (old) adder::decref(old);
  }
  XML_Parser expat = p->expat;
  p->expat = nullptr;
  if (expat) XML_ParserFree(expat);
  for (auto field : kFields) (p->*field).reset();
  return 0;
}
void parser_dealloc(PyObject* o) {
  gc_untrack(o);
  parser_clear(o);
  Py_TYPE(o)->tp_free(o);
}
int parser_traverse(PyObject* o, visitproc visit, void* arg) {
  auto* p = reinterpret_cast<Parser*>(o);
  if (p->target) ADDER_VISIT(p->target);
  if (p->entity) ADDER_VISIT(p->entity);
  for (auto field : kFields) ADDER_VISIT((p->*field).get());
  return 0;
}

Ref get_version(Value) { return str_format("Expat %d.%d.%d", XML_MAJOR_VERSION, XML_MINOR_VERSION, XML_MICRO_VERSION); }
const GetSetRow parser_getset[] = {getset<get_version>("version"), {}};
PyMemberDef parser_members[] = {
    {"entity", T_OBJECT, offsetof(Parser, entity), READONLY, nullptr},
    {"target", T_OBJECT, offsetof(Parser, target), READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr}};
const MethodRow parser_methods[] = {
    method<parser_feed>("feed", "($self, data, /)", ""),
    method<parser_close>("close", "($self, /)", ""),
    method<parser_parse_whole>("_parse_whole", "($self, file, /)", ""),
    method<parser_set_events>("_setevents", "($self, events_queue, events_to_report=None, /)", ""),
    {}};

}  // namespace

const TypeDef parser_def = {
    .type = &parser_type, .name = "xml.etree.ElementTree.XMLParser", .basicsize = sizeof(Parser),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, .dealloc = &parser_dealloc, .traverse = &parser_traverse,
    .clear = &parser_clear, .slots = {.tp_init = slot::Init<parser_init>, .tp_new = slot::New<parser_new>}, .methods = parser_methods,
    .getset = parser_getset, .members = parser_members};

}  // namespace adder::etree
