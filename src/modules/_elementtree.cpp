// The module _elementtree: Element, and the module itself. Iterators and TreeBuilder are in _elementtree_builder.cpp,
// XMLParser is in _elementtree_parser.cpp.
#include "modules/_elementtree.h"
#include <cstring>
#include "object/arguments.h"
#include "object/int.h"
#include "runtime/interpreter.h"

namespace adder {
namespace etree {

ADDER_TYPE(element_type);
PyObject* parse_error = nullptr;
Ref comment_factory, pi_factory;

namespace {

constexpr const char* kName = "xml.etree.ElementTree.Element";

// --- Storage --------------------------------------------------------------------------------------------------------------

bool make_extra(Element* e) {
  if (e->extra) return true;
  auto* x = static_cast<Extra*>(object_malloc(sizeof(Extra)));
  if (!x) return raise_no_memory();
  memset(static_cast<void*>(x), 0, sizeof *x);
  x->children = x->first;
  x->capacity = 4;
  e->extra = x;
  return true;
}
void drop_extra(Element* e) {
  Extra* x = e->extra;
  if (!x) return;
  e->extra = nullptr;
  if (x->attributes) adder::decref(x->attributes);
  for (Py_ssize_t i = 0; i < x->count; i++) adder::decref(x->children[i]);
  if (x->children != x->first) object_free(x->children);
  object_free(x);
}
bool reserve(Element* e, Py_ssize_t n) {
  if (!make_extra(e)) return false;
  Extra* x = e->extra;
  if (n <= x->capacity) return true;
  Py_ssize_t capacity = (n >> 3) + (n < 9 ? 3 : 6) + n;
  auto* grown = static_cast<Value*>(x->children == x->first ? object_malloc(static_cast<size_t>(capacity) * sizeof(Value))
                                                            : object_realloc(x->children, static_cast<size_t>(capacity) * sizeof(Value)));
  if (!grown) return raise_no_memory();
  if (x->children == x->first) memcpy(static_cast<void*>(grown), x->first, static_cast<size_t>(x->count) * sizeof(Value));
  x->children = grown;
  x->capacity = capacity;
  return true;
}
// Takes over the items of a list.
bool set_children(Element* e, Value list) {
  Py_ssize_t n = list_size(list);
  if (!reserve(e, n)) return false;
  Extra* x = e->extra;
  Ref old = list_from(x->children, x->count);
  if (!old) return false;
  for (Py_ssize_t i = 0; i < x->count; i++) adder::decref(x->children[i]);
  for (Py_ssize_t i = 0; i < n; i++) x->children[i] = Ref::copy(list_get(list, i)).release();
  x->count = n;
  return true;
}
Ref children_list(Element* e) { return e->extra ? list_from(e->extra->children, e->extra->count) : list_new(); }
Value attributes(Element* e) {
  if (!make_extra(e)) return {};
  if (!e->extra->attributes) e->extra->attributes = dict_new().release().object();
  return Value{e->extra->attributes};
}
bool set_attributes(Element* e, Value dict) {
  if (!make_extra(e)) return false;
  PyObject* old = e->extra->attributes;
  e->extra->attributes = Ref::copy(dict).release().object();
  if (old) adder::decref(old);
  return true;
}

bool expect_element(Value v) { return is_element(v) ? true : static_cast<bool>(raise(PyExc_TypeError, "expected an Element, not \"%.200s\"", type_of(v)->tp_name)); }
bool element_argument(const char* what, Value v) {
  return is_element(v) ? true : static_cast<bool>(raise(PyExc_TypeError, "%s must be %s, not %.50s", what, kName, is_none(v) ? "None" : type_of(v)->tp_name));
}

// --- Construction ---------------------------------------------------------------------------------------------------------

Ref new_plain(PyTypeObject* type, Args) {
  Ref r = Ref::steal(allocate_instance(type));
  if (!r) return {};
  Element* e = r.as<Element>();
  e->tag = none_ref().release();
  e->text = none_ref().release();
  e->tail = none_ref().release();
  return r;
}

// The attributes of Element(tag, attrib, **extra) from argument `first` on: a dict of its own, or empty if there are none.
bool take_attributes(const char* function, Args args, size_t first, Ref* out) {
  if (args.n < first) return raise(PyExc_TypeError, "%s() takes at least %zu argument%s (%zu given)", function, first, first == 1 ? "" : "s", args.n);
  if (args.n > first + 1) return raise(PyExc_TypeError, "%s() takes at most %zu arguments (%zu given)", function, first + 1, args.n);
  Value given = args.n > first ? args[first] : Value{};
  if (given && !is_dict(given)) {
    return raise(PyExc_TypeError, "%s() argument %zu must be dict, not %.50s", function, first + 1, is_none(given) ? "None" : type_of(given)->tp_name);
  }
  Py_ssize_t n = args.kwnames ? tuple_size(args.kwnames) : 0;
  if (!given && n == 0) return true;
  if (!given) {
    for (Py_ssize_t i = 0; i < n; i++) {
      if (!str_equals(tuple_get(args.kwnames, i), "attrib")) continue;
      given = args.v[args.n + static_cast<size_t>(i)];
      if (!is_dict(given)) return raise(PyExc_TypeError, "attrib must be dict, not %.100s", type_of(given)->tp_name);
    }
  }
  bool by_name = args.n == first;
  *out = given ? dict_copy(given) : dict_new();
  for (Py_ssize_t i = 0; *out && i < n; i++) {
    Value name = tuple_get(args.kwnames, i);
    if (by_name && str_equals(name, "attrib")) continue;
    if (!dict_set(*out, name, args.v[args.n + static_cast<size_t>(i)])) return false;
  }
  return static_cast<bool>(*out);
}

bool element_init(Value self, Args args) {
  Ref attrib;
  if (!take_attributes("Element", args, 1, &attrib)) return false;
  Element* e = element_of(self);
  if (attrib && !set_attributes(e, attrib)) return false;
  assign(e->tag, Ref::copy(args[0]));
  assign(e->text, none_ref());
  assign(e->tail, none_ref());
  return true;
}

Ref m_subelement(Value, Args args) {
  Ref attrib;
  if (args.n > 0 && args.n < 4 && !element_argument("SubElement() argument 1", args[0])) return {};
  if (!take_attributes("SubElement", args, 2, &attrib)) return {};
  Ref e = element_new(args[1], attrib);
  return e && add_child(element_of(args[0]), e) ? std::move(e) : Ref{};
}

int element_clear_refs(PyObject* o) {
  auto* e = reinterpret_cast<Element*>(o);
  clear_slot(e->tag);
  clear_slot(e->text);
  clear_slot(e->tail);
  drop_extra(e);
  return 0;
}
void element_dealloc(PyObject* o) {
  gc_untrack(o);
  TrashcanGuard guard{o, &element_dealloc};
  if (guard.deferred) return;
  if (reinterpret_cast<Element*>(o)->weakrefs) clear_weakrefs(o);
  element_clear_refs(o);
  Py_TYPE(o)->tp_free(o);
}
int element_traverse(PyObject* o, visitproc visit, void* arg) {
  auto* e = reinterpret_cast<Element*>(o);
  ADDER_VISIT(e->tag);
  ADDER_VISIT(e->text);
  ADDER_VISIT(e->tail);
  if (!e->extra) return 0;
  if (e->extra->attributes) ADDER_VISIT(e->extra->attributes);
  for (Py_ssize_t i = 0; i < e->extra->count; i++) ADDER_VISIT(e->extra->children[i]);
  return 0;
}

// --- Children ---------------------------------------------------------------------------------------------------------------

Ref element_append(Value self, Value item) {
  return element_argument("append() argument", item) && add_child(element_of(self), item) ? none_ref() : Ref{};
}
Ref element_extend(Value self, Value items) {
  Ref all = to_fast_sequence(items, "");
  if (!all) {
    if (!error_matches(PyExc_TypeError)) return {};
    clear_error();
    return raise(PyExc_TypeError, "expected sequence, not \"%.200s\"", type_of(items)->tp_name);
  }
  for (Py_ssize_t i = 0; i < sequence_size(all); i++) {
    Ref item = Ref::copy(sequence_get(all, i));
    if (!expect_element(item) || !add_child(element_of(self), item)) return {};
  }
  return none_ref();
}
Ref element_insert(Value self, Args args) {
  if (!positional_only("insert", args, 2, 2)) return {};
  Py_ssize_t at;
  if (!as_ssize(args[0], &at) || !element_argument("insert() argument 2", args[1])) return {};
  Element* e = element_of(self);
  if (!reserve(e, child_count(e) + 1)) return {};
  Extra* x = e->extra;
  if (at < 0) at = at + x->count < 0 ? 0 : at + x->count;
  if (at > x->count) at = x->count;
  memmove(static_cast<void*>(x->children + at + 1), x->children + at, static_cast<size_t>(x->count - at) * sizeof(Value));
  x->children[at] = Ref::copy(args[1]).release();
  x->count++;
  return none_ref();
}
Ref element_remove(Value self, Value item) {
  if (!element_argument("remove() argument", item)) return {};
  Element* e = element_of(self);
  Py_ssize_t found = -1;
  for (Py_ssize_t i = 0; i < child_count(e) && found < 0; i++)
    if (child(e, i) == item) found = i;
  for (Py_ssize_t i = 0; i < child_count(e) && found < 0; i++) {
    Ref held = Ref::copy(child(e, i));
    int r = compare_bool(held, item, Py_EQ);
    if (r < 0) return {};
    if (r) found = i;
  }
  // A comparison may have changed the children.
  if (found < 0 || found >= child_count(e)) return raise(PyExc_ValueError, "list.remove(x): x not in list");
  Ref removed = Ref::steal(child(e, found));
  Extra* x = e->extra;
  x->count--;
  memmove(static_cast<void*>(x->children + found), x->children + found + 1, static_cast<size_t>(x->count - found) * sizeof(Value));
  return none_ref();
}
Ref element_clear(Value self) {
  Element* e = element_of(self);
  drop_extra(e);
  assign(e->text, none_ref());
  assign(e->tail, none_ref());
  return none_ref();
}

Py_ssize_t element_length(Value self) { return child_count(element_of(self)); }
Ref element_item(Value self, Py_ssize_t i) {
  Element* e = element_of(self);
  if (i < 0 || i >= child_count(e)) return raise(PyExc_IndexError, "child index out of range");
  return Ref::copy(child(e, i));
}
bool element_set_item(Value self, Py_ssize_t i, Value v) {
  Element* e = element_of(self);
  if (i < 0 || i >= child_count(e)) return raise(PyExc_IndexError, "child assignment index out of range");
  if (v) {
    if (!expect_element(v)) return false;
    assign(e->extra->children[i], Ref::copy(v));
    return true;
  }
  Extra* x = e->extra;
  Ref removed = Ref::steal(x->children[i]);
  x->count--;
  memmove(static_cast<void*>(x->children + i), x->children + i + 1, static_cast<size_t>(x->count - i) * sizeof(Value));
  return true;
}
bool is_index(Value key) { return key.is_int() || slots_of(key).nb_index; }
bool child_index(Element* e, Value key, Py_ssize_t* i) {
  if (!index_as_ssize(key, i, PyExc_IndexError)) return false;
  if (*i < 0) *i += child_count(e);
  return true;
}
Ref element_subscript(Value self, Value key) {
  Element* e = element_of(self);
  Py_ssize_t i;
  if (is_index(key)) return child_index(e, key, &i) ? element_item(self, i) : Ref{};
  if (!is_exact(key, &PySlice_Type)) return raise(PyExc_TypeError, "element indices must be integers");
  Ref all = children_list(e);
  return all ? get_item(all, key) : Ref{};
}
// Slices: as those of a list of the children.
bool element_set_subscript(Value self, Value key, Value v) {
  Element* e = element_of(self);
  Py_ssize_t i;
  if (is_index(key)) return child_index(e, key, &i) && element_set_item(self, i, v);
  if (!is_exact(key, &PySlice_Type)) return raise(PyExc_TypeError, "element indices must be integers");
  Ref fresh;
  if (v) {
    fresh = to_fast_sequence(v, "");
    if (!fresh) {
      if (!error_matches(PyExc_TypeError)) return false;
      clear_error();
      return raise(PyExc_TypeError, "expected sequence, not \"%.200s\"", type_of(v)->tp_name);
    }
    for (Py_ssize_t k = 0; k < sequence_size(fresh); k++)
      if (!expect_element(sequence_get(fresh, k))) return false;
  }
  Ref all = children_list(e);
  if (!all || !(v ? set_item(all, key, fresh) : delete_item(all, key))) return false;
  return set_children(e, all);
}

// --- Finding ------------------------------------------------------------------------------------------------------------------

// Whether a path is more than a tag to compare with.
bool is_path(Value path) {
  if (!is_str(path)) return true;
  Py_ssize_t n = str_length(path);
  if (n >= 3 && str_char(path, 0) == '{' && (str_char(path, 1) == '}' || (str_char(path, 1) == '*' && str_char(path, 2) == '}'))) return true;
  bool outside = true;
  for (Py_ssize_t i = 0; i < n; i++) {
    uint32_t c = str_char(path, i);
    if (c == '{') outside = false;
    else if (c == '}') outside = true;
    else if (outside && (c == '/' || c == '*' || c == '[' || c == '@' || c == '.')) return true;
  }
  return false;
}
Ref by_path(PyObject* function, std::initializer_list<Value> args) {
  Ref paths = import_module("xml.etree.ElementPath");
  return paths ? call_method(paths, function, args) : Ref{};
}
Value or_none(Value v) { return v ? v : none(); }

// The first child from *i on with that tag; empty without an exception: none.
Ref next_match(Element* e, Value tag, Py_ssize_t* i) {
  while (*i < child_count(e)) {
    Ref item = Ref::copy(child(e, (*i)++));
    if (!is_element(item)) continue;
    Ref own = Ref::copy(element_of(item)->tag);
    int r = equal(own, tag);
    if (r < 0) return {};
    if (r) return item;
  }
  return {};
}
Ref element_find(Value self, const Value* a) {
  if (is_path(a[0]) || !is_none(or_none(a[1]))) return by_path("find"_id, {self, a[0], or_none(a[1])});
  Py_ssize_t i = 0;
  Ref found = next_match(element_of(self), a[0], &i);
  return found || error_occurred() ? std::move(found) : none_ref();
}
Ref element_findtext(Value self, const Value* a) {
  if (is_path(a[0]) || !is_none(or_none(a[2]))) return by_path("findtext"_id, {self, a[0], or_none(a[1]), or_none(a[2])});
  Py_ssize_t i = 0;
  Ref found = next_match(element_of(self), a[0], &i);
  if (!found) return error_occurred() ? Ref{} : Ref::copy(or_none(a[1]));
  Value text = element_of(found)->text;
  return is_none(text) ? str_empty() : Ref::copy(text);
}
Ref element_findall(Value self, const Value* a) {
  if (is_path(a[0]) || !is_none(or_none(a[1]))) return by_path("findall"_id, {self, a[0], or_none(a[1])});
  Ref all = list_new();
  Py_ssize_t i = 0;
  while (Ref found = all ? next_match(element_of(self), a[0], &i) : Ref{})
    if (!list_append(all, std::move(found))) return {};
  return error_occurred() ? Ref{} : std::move(all);
}
Ref element_iterfind(Value self, const Value* a) { return by_path("iterfind"_id, {self, a[0], or_none(a[1])}); }
Ref element_iter(Value self, const Value* a) {
  Value tag = or_none(a[0]);
  if (is_str(tag) && str_equals(tag, "*")) tag = none();
  return make_iterator(self, tag, false);
}
Ref element_itertext(Value self) { return make_iterator(self, none(), true); }

// --- Attributes of the element ----------------------------------------------------------------------------------------------------

Ref element_get(Value self, const Value* a) {
  Element* e = element_of(self);
  if (!e->extra || !e->extra->attributes) return Ref::copy(or_none(a[1]));
  Ref held = Ref::copy(e->extra->attributes);
  Value found;
  int r = dict_lookup(held, a[0], &found);
  return r < 0 ? Ref{} : Ref::copy(r ? found : or_none(a[1]));
}
Ref element_set(Value self, Args args) {
  if (!positional_only("set", args, 2, 2)) return {};
  Value d = attributes(element_of(self));
  return d && dict_set(d, args[0], args[1]) ? none_ref() : Ref{};
}
Ref element_keys(Value self) {
  Element* e = element_of(self);
  return e->extra && e->extra->attributes ? dict_keys_list(Value{e->extra->attributes}) : list_new();
}
Ref element_items(Value self) {
  Element* e = element_of(self);
  return e->extra && e->extra->attributes ? dict_items_list(Value{e->extra->attributes}) : list_new();
}

template <Value Element::*F>
Ref get_field(Value self) {
  return Ref::copy(element_of(self)->*F);
}
template <Value Element::*F>
bool set_field(Value self, Value v) {
  if (!v) return raise(PyExc_AttributeError, "can't delete element attribute");
  assign(element_of(self)->*F, Ref::copy(v));
  return true;
}
Ref get_attrib(Value self) {
  Value d = attributes(element_of(self));
  return d ? Ref::copy(d) : Ref{};
}
bool set_attrib(Value self, Value v) {
  if (!v) return raise(PyExc_AttributeError, "can't delete element attribute");
  if (!is_dict(v)) return raise(PyExc_TypeError, "attrib must be dict, not %.200s", type_of(v)->tp_name);
  return set_attributes(element_of(self), v);
}

// --- Copies -------------------------------------------------------------------------------------------------------------------------

Ref element_makeelement(Value, Args args) {
  if (!positional_only("makeelement", args, 2, 2)) return {};
  if (!is_dict(args[1])) {
    return raise(PyExc_TypeError, "makeelement() argument 2 must be dict, not %.50s", is_none(args[1]) ? "None" : type_of(args[1])->tp_name);
  }
  Ref own = dict_copy(args[1]);
  return own ? element_new(args[0], own) : Ref{};
}
Ref element_copy(Value self) {
  Element* e = element_of(self);
  Ref r = element_new(e->tag, e->extra ? Value{e->extra->attributes} : Value{});
  if (!r) return {};
  Element* copy = element_of(r);
  assign(copy->text, Ref::copy(e->text));
  assign(copy->tail, Ref::copy(e->tail));
  Ref all = children_list(e);
  return all && (list_size(all) == 0 || set_children(copy, all)) ? std::move(r) : Ref{};
}
Ref deep_copy(Value v, Value memo) {
  if (is_none(v) || is_exact_str(v)) return Ref::copy(v);
  Ref module = import_module("copy");
  return module ? call_method(module, "deepcopy"_id, {v, memo}) : Ref{};
}
Ref element_deepcopy(Value self, Value memo) {
  if (!is_dict(memo)) return raise(PyExc_TypeError, "__deepcopy__() argument must be dict, not %.50s", is_none(memo) ? "None" : type_of(memo)->tp_name);
  Element* e = element_of(self);
  Ref tag = deep_copy(e->tag, memo), own;
  if (!tag) return {};
  if (e->extra && e->extra->attributes) {
    own = deep_copy(Value{e->extra->attributes}, memo);
    if (!own) return {};
  }
  Ref r = element_new(tag, own);
  if (!r) return {};
  Element* copy = element_of(r);
  for (Value Element::*field : {&Element::text, &Element::tail}) {
    Ref value = Ref::copy(e->*field), fresh = deep_copy(value, memo);
    if (!fresh) return {};
    assign(copy->*field, std::move(fresh));
  }
  for (Py_ssize_t i = 0; i < child_count(e); i++) {
    Ref item = Ref::copy(child(e, i)), fresh = is_exact(item, &element_type) ? element_deepcopy(item, memo) : deep_copy(item, memo);
    if (!fresh || !expect_element(fresh) || !add_child(copy, fresh)) return {};
  }
  Ref key = id_of(self);
  return key && dict_set(memo, key, r) ? std::move(r) : Ref{};
}
Ref element_getstate(Value self) {
  Element* e = element_of(self);
  Ref d = dict_new(), all = children_list(e), own = e->extra && e->extra->attributes ? Ref::copy(e->extra->attributes) : dict_new();
  return d && all && own && dict_set_str(d, "tag"_id, e->tag) && dict_set_str(d, "_children"_id, all) && dict_set_str(d, "attrib"_id, own) &&
                 dict_set_str(d, "text"_id, e->text) && dict_set_str(d, "tail"_id, e->tail)
             ? std::move(d)
             : Ref{};
}
Ref element_setstate(Value self, Value state) {
  if (!is_exact_dict(state)) return raise(PyExc_TypeError, "Don't know how to unpickle \"%.200R\" as an Element", state);
  Value parts[5] = {};
  PyObject* const names[] = {"tag"_id, "_children"_id, "attrib"_id, "text"_id, "tail"_id};
  Value key, value;
  for (Py_ssize_t at = 0; dict_next(state, &at, &key, &value);) {
    int k = 0;
    while (k < 5 && !(is_str(key) && str_equal(key, Value{names[k]}))) k++;
    if (k == 5) return raise(PyExc_TypeError, "'%S' is an invalid keyword argument for this function", key);
    parts[k] = value;
  }
  if (!parts[0]) return raise(PyExc_TypeError, "tag may not be NULL");
  Element* e = element_of(self);
  Ref tag = Ref::copy(parts[0]), children = Ref::copy(parts[1]), own = Ref::copy(parts[2]), text = Ref::copy(or_none(parts[3])), tail = Ref::copy(or_none(parts[4]));
  assign(e->tag, std::move(tag));
  assign(e->text, std::move(text));
  assign(e->tail, std::move(tail));
  if (!children && !own) return none_ref();
  if (children) {
    if (!is_list(children)) return raise(PyExc_TypeError, "'_children' is not a list");
    for (Py_ssize_t i = 0; i < list_size(children); i++)
      if (!expect_element(list_get(children, i))) return {};
    if (!set_children(e, children)) return {};
  }
  return !own || set_attributes(e, own) ? none_ref() : Ref{};
}
Ref element_sizeof(Value self) {
  Element* e = element_of(self);
  size_t n = static_cast<size_t>(type_of(self)->tp_basicsize);
  if (e->extra) {
    n += sizeof(Extra);
    if (e->extra->children != e->extra->first) n += sizeof(Value) * static_cast<size_t>(e->extra->capacity);
  }
  return int_from_u64(n);
}
Ref element_repr(Value self) {
  Value tag = element_of(self)->tag;
  int r = repr_enter(self);
  if (r > 0) return raise(PyExc_RuntimeError, "reentrant call inside %s.__repr__", type_of(self)->tp_name);
  if (r < 0) return {};
  Ref text = str_format("<Element %R at %p>", tag, self.object());
  repr_leave(self);
  return text;
}

const MethodRow element_methods[] = {
    method<element_clear>("clear", "($self, /)", ""),
    method<element_get>("get", "($self, /, key, default=None)", ""),
    method<element_set>("set", "($self, key, value, /)", ""),
    method<element_find>("find", "($self, /, path, namespaces=None)", ""),
    method<element_findtext>("findtext", "($self, /, path, default=None, namespaces=None)", ""),
    method<element_findall>("findall", "($self, /, path, namespaces=None)", ""),
    method<element_append>("append", "($self, subelement, /)", ""),
    method<element_extend>("extend", "($self, elements, /)", ""),
    method<element_insert>("insert", "($self, index, subelement, /)", ""),
    method<element_remove>("remove", "($self, subelement, /)", ""),
    method<element_iter>("iter", "($self, /, tag=None)", ""),
    method<element_itertext>("itertext", "($self, /)", ""),
    method<element_iterfind>("iterfind", "($self, /, path, namespaces=None)", ""),
    method<element_items>("items", "($self, /)", ""),
    method<element_keys>("keys", "($self, /)", ""),
    method<element_makeelement>("makeelement", "($self, tag, attrib, /)", ""),
    method<element_copy>("__copy__", "($self, /)", ""),
    method<element_deepcopy>("__deepcopy__", "($self, memo, /)", ""),
    method<element_getstate>("__getstate__", "($self, /)", ""),
    method<element_setstate>("__setstate__", "($self, state, /)", ""),
    method<element_sizeof>("__sizeof__", "($self, /)", ""),
    {}};
const GetSetRow element_getset[] = {
    getset<get_field<&Element::tag>, set_field<&Element::tag>>("tag", "A string identifying what kind of data this element represents"),
    getset<get_field<&Element::text>, set_field<&Element::text>>("text", "A string of text directly after the start tag, or None"),
    getset<get_field<&Element::tail>, set_field<&Element::tail>>("tail", "A string of text directly after the end tag, or None"),
    getset<get_attrib, set_attrib>("attrib", "A dictionary containing the element's attributes"),
    {}};

// --- The module -----------------------------------------------------------------------------------------------------------------------

Ref m_set_factories(Value, Args args) {
  if (!positional_only("_set_factories", args, 2, 2)) return {};
  for (int i = 0; i < 2; i++) {
    if (!is_callable(args[static_cast<size_t>(i)]) && !is_none(args[static_cast<size_t>(i)])) {
      return raise(PyExc_TypeError, "%s factory must be callable, not %.100s", i ? "PI" : "Comment", type_of(args[static_cast<size_t>(i)])->tp_name);
    }
  }
  Ref old = tuple_of({or_none(comment_factory), or_none(pi_factory)});
  comment_factory = is_none(args[0]) ? Ref{} : Ref::copy(args[0]);
  pi_factory = is_none(args[1]) ? Ref{} : Ref::copy(args[1]);
  return old;
}
const MethodRow functions[] = {
    method<m_subelement>("SubElement", "", ""),
    method<m_set_factories>("_set_factories", "($module, comment_factory, pi_factory, /)",
                            "Change the factories used to create comments and processing instructions.\n\nFor internal use only."),
    {}};

}  // namespace

Ref element_new(Value tag, Value own) {
  Ref r = new_plain(&element_type, {});
  if (!r || (own && !set_attributes(element_of(r), own))) return {};
  assign(element_of(r)->tag, Ref::copy(tag));
  return r;
}
bool add_child(Element* e, Value item) {
  if (!reserve(e, child_count(e) + 1)) return false;
  e->extra->children[e->extra->count++] = Ref::copy(item).release();
  return true;
}

const TypeDef element_def = {
    .type = &element_type, .name = kName, .basicsize = sizeof(Element), .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .dealloc = &element_dealloc, .traverse = &element_traverse, .clear = &element_clear_refs, .weaklistoffset = offsetof(Element, weakrefs),
    .slots = {.tp_repr = slot::Unary<element_repr>, .tp_init = slot::Init<element_init>, .tp_new = slot::New<new_plain>,
              .sq_length = slot::Length<element_length>, .sq_item = slot::Index<element_item>, .sq_ass_item = slot::StoreIndex<element_set_item>,
              .mp_length = slot::Length<element_length>, .mp_subscript = slot::Binary<element_subscript>,
              .mp_ass_subscript = slot::StoreItem<element_set_subscript>},
    .methods = element_methods, .getset = element_getset};

namespace {
bool exec(PyObject* module) {
  if (!ready_type(iterator_def) || !module_add_type(module, element_def) || !module_add_type(module, builder_def) || !module_add_type(module, parser_def))
    return false;
  if (!parse_error) {
    per_interpreter(parse_error);
    per_interpreter(comment_factory);
    per_interpreter(pi_factory);
    parse_error = make_heap_type("xml.etree.ElementTree.ParseError", reinterpret_cast<PyTypeObject*>(PyExc_SyntaxError), Value{}).release().object();
    if (!parse_error) return false;
    at_interpreter_end([] {
      adder::decref(parse_error);
      parse_error = nullptr;
      comment_factory.reset();
      pi_factory.reset();
    });
  }
  return module_add(module, "ParseError", Ref::copy(parse_error));
}
}  // namespace
}  // namespace etree

extern const ModuleDef elementtree_module{.name = "_elementtree", .methods = etree::functions, .exec = etree::exec};

}  // namespace adder
