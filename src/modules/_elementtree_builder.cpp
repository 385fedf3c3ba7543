// _elementtree: TreeBuilder, which makes a tree of a parser's events, and the iterators over a tree.
#include "modules/_elementtree.h"
#include "object/arguments.h"

namespace adder::etree {

ADDER_TYPE(builder_type);

// --- Building ---------------------------------------------------------------------------------------------------------------

namespace {

TreeBuilder* builder_of(Value v) { return v.as<TreeBuilder>(); }

// Text that has come since the last tag goes into or behind the last element, after what is there already.
bool flush(TreeBuilder* b) {
  if (!b->data) return true;
  Ref text = std::move(b->data), last = Ref::copy(b->last);
  if (is_list(text)) {
    Ref empty = str_empty();
    text = str_join(empty, text);
    if (!text) return false;
  }
  if (!last) return true;
  if (is_exact(last, &element_type)) {
    Value& field = b->after_end ? last.as<Element>()->tail : last.as<Element>()->text;
    if (!is_none(field)) {
      text = add(field, text);
      if (!text) return false;
    }
    assign(field, std::move(text));
    return true;
  }
  PyObject* name = b->after_end ? "tail"_id : "text"_id;
  Ref before = getattr(last, name);
  if (before && !is_none(before)) text = add(before, text);
  return before && text && setattr(last, name, text);
}

bool add_to(Value parent, Value item) {
  if (is_exact(parent, &element_type)) return add_child(element_of(parent), item);
  return static_cast<bool>(call_method(parent, "append"_id, {item}));
}

}  // namespace

bool report(TreeBuilder* b, Value event, Value what) {
  if (!event) return true;
  Ref pair = tuple_of({event, what}), append = Ref::copy(b->append_event);
  return pair && call1(append, pair);
}

Ref build_start(TreeBuilder* b, Value tag, Value attributes) {
  if (!flush(b)) return {};
  Ref node;
  if (b->element_factory) {
    Ref factory = Ref::copy(b->element_factory), own = attributes ? Ref::copy(attributes) : dict_new();
    node = own ? call(factory, {tag, own}) : Ref{};
  } else {
    node = element_new(tag, attributes);
  }
  if (!node) return {};
  b->after_end = false;
  if (b->current) {
    Ref parent = Ref::copy(b->current);
    if (!add_to(parent, node)) return {};
  } else if (b->root) {
    return raise(parse_error, "multiple elements on top level");
  } else {
    b->root = Ref::copy(node);
  }
  if (!b->stack) b->stack = list_new();
  if (!b->stack || !list_append(b->stack, b->current ? Ref::copy(b->current) : none_ref())) return {};
  b->current = Ref::copy(node);
  b->last = Ref::copy(node);
  return report(b, b->on_start, node) ? std::move(node) : Ref{};
}

bool build_data(TreeBuilder* b, Value text) {
  if (!b->data) {
    // White space before the first element.
    if (b->last) b->data = Ref::copy(text);
    return true;
  }
  if (!is_list(b->data)) {
    b->data = list_of({b->data});
    if (!b->data) return false;
  }
  return list_append(b->data, text);
}

Ref build_end(TreeBuilder* b) {
  if (!flush(b)) return {};
  Py_ssize_t n = b->stack ? list_size(b->stack) : 0;
  if (n == 0) return raise(PyExc_IndexError, "pop from empty stack");
  Ref outer = Ref::copy(list_get(b->stack, n - 1)), ended = std::move(b->current);
  b->current = is_none(outer) ? Ref{} : std::move(outer);
  b->last = Ref::copy(ended);
  b->after_end = true;
  if (!list_set_slice(b->stack, n - 1, n, Value{})) return {};
  return report(b, b->on_end, ended) ? std::move(ended) : Ref{};
}

static Ref build_single(TreeBuilder* b, Ref node, bool insert, Value event) {
  if (!node) return {};
  if (insert && b->current) {
    Ref parent = Ref::copy(b->current);
    if (!add_to(parent, node)) return {};
    b->last = Ref::copy(node);
    b->after_end = true;
  }
  return report(b, event, node) ? std::move(node) : Ref{};
}
Ref build_comment(TreeBuilder* b, Value text) {
  if (!flush(b)) return {};
  Ref factory = Ref::copy(b->comment_factory);
  return build_single(b, factory ? call1(factory, text) : Ref::copy(text), b->insert_comments, b->on_comment);
}
Ref build_pi(TreeBuilder* b, Value target, Value text) {
  if (!flush(b)) return {};
  Ref factory = Ref::copy(b->pi_factory);
  return build_single(b, factory ? call(factory, {target, text}) : tuple_of({target, text}), b->insert_pis, b->on_pi);
}

// --- The type TreeBuilder -----------------------------------------------------------------------------------------------------

namespace {

Ref builder_new(PyTypeObject* type, Args) { return Ref::steal(allocate_instance(type)); }
bool builder_init(Value self, Args args) {
  Value a[5];
  if (!bind_arguments("TreeBuilder", args, {"element_factory", "comment_factory", "pi_factory", "insert_comments", "insert_pis"}, 0, a, 1)) return false;
  TreeBuilder* b = builder_of(self);
  int comments = a[3] ? is_true(a[3]) : 0, pis = a[4] ? is_true(a[4]) : 0;
  if (comments < 0 || pis < 0) return false;
  auto given = [](Value v, Value fallback) { return v && !is_none(v) ? Ref::copy(v) : Ref::copy(fallback); };
  b->element_factory = given(a[0], {});
  b->comment_factory = given(a[1], comment_factory);
  b->pi_factory = given(a[2], pi_factory);
  b->insert_comments = comments != 0 && b->comment_factory;
  b->insert_pis = pis != 0 && b->pi_factory;
  return true;
}

constexpr Ref TreeBuilder::*kFields[] = {
    &TreeBuilder::root, &TreeBuilder::current, &TreeBuilder::last, &TreeBuilder::data, &TreeBuilder::stack, &TreeBuilder::element_factory,
    &TreeBuilder::comment_factory, &TreeBuilder::pi_factory, &TreeBuilder::append_event, &TreeBuilder::on_start, &TreeBuilder::on_end,
    &TreeBuilder::on_start_namespace, &TreeBuilder::on_end_namespace, &TreeBuilder::on_comment, &TreeBuilder::on_pi};
int builder_clear(PyObject* o) {
  for (auto field : kFields) (reinterpret_cast<TreeBuilder*>(o)->*field).reset();
  return 0;
}
void builder_dealloc(PyObject* o) {
  gc_untrack(o);
  builder_clear(o);
  Py_TYPE(o)->tp_free(o);
}
int builder_traverse(PyObject* o, visitproc visit, void* arg) {
  for (auto field : kFields) ADDER_VISIT((reinterpret_cast<TreeBuilder*>(o)->*field).get());
  return 0;
}

Ref builder_data(Value self, Value text) { return build_data(builder_of(self), text) ? none_ref() : Ref{}; }
Ref builder_start(Value self, Args args) {
  if (!positional_only("start", args, 2, 2)) return {};
  if (!is_dict(args[1])) return raise(PyExc_TypeError, "start() argument 2 must be dict, not %.50s", is_none(args[1]) ? "None" : type_of(args[1])->tp_name);
  return build_start(builder_of(self), args[0], args[1]);
}
Ref builder_end(Value self, Value) { return build_end(builder_of(self)); }
Ref builder_comment(Value self, Value text) { return build_comment(builder_of(self), text); }
Ref builder_pi(Value self, const Value* a) { return build_pi(builder_of(self), a[0], a[1] ? a[1] : none()); }
Ref builder_close(Value self) { return build_result(builder_of(self)); }

const MethodRow builder_methods[] = {
    method<builder_data>("data", "($self, data, /)", ""),
    method<builder_start>("start", "($self, tag, attrs, /)", ""),
    method<builder_end>("end", "($self, tag, /)", ""),
    method<builder_comment>("comment", "($self, text, /)", ""),
    method<builder_pi>("pi", "($self, target, text=None, /)", ""),
    method<builder_close>("close", "($self, /)", ""),
    {}};

// --- Iterators ------------------------------------------------------------------------------------------------------------------
// Depth first; the elements with a tag, or the pieces of text.

ADDER_TYPE(iterator_type);
struct Iterator {
  PyObject head;
  Ref root;      // not yet entered
  Ref tag;       // None: any
  bool text;
  struct Level {
    Value parent;
    Py_ssize_t next;
  }* levels;
  Py_ssize_t depth, capacity;
};
Iterator* iterator_of(Value v) { return v.as<Iterator>(); }
Ref iterator_iter(Value self) { return Ref::copy(self); }

bool enter(Iterator* it, Value element) {
  if (it->depth == it->capacity) {
    Py_ssize_t capacity = it->capacity ? it->capacity * 2 : 8;
    auto* levels = static_cast<Iterator::Level*>(object_realloc(it->levels, static_cast<size_t>(capacity) * sizeof(Iterator::Level)));
    if (!levels) return raise_no_memory();
    it->levels = levels;
    it->capacity = capacity;
  }
  it->levels[it->depth++] = {Ref::copy(element).release(), 0};
  return true;
}

Ref iterator_next(Value self) {
  Iterator* it = iterator_of(self);
  while (true) {
    Ref element;
    if (it->depth == 0) {
      element = std::move(it->root);
      if (!element) return {};
    } else {
      Iterator::Level& level = it->levels[it->depth - 1];
      Element* parent = element_of(level.parent);
      if (level.next >= child_count(parent)) {
        Ref done = Ref::steal(level.parent);
        it->depth--;
        if (!it->text || it->depth == 0) continue;
        Ref tail = Ref::copy(element_of(done)->tail);
        int full = is_none(tail) ? 0 : is_true(tail);
        if (full) return full > 0 ? std::move(tail) : Ref{};
        continue;
      }
      element = Ref::copy(child(parent, level.next));
      if (!is_element(element)) return raise(PyExc_AttributeError, "'%.100s' object has no attribute 'iter'", type_of(element)->tp_name);
      level.next++;
    }
    if (!enter(it, element)) return {};
    if (it->text) {
      Ref text = Ref::copy(element_of(element)->text);
      int full = is_none(text) ? 0 : is_true(text);
      if (full) return full > 0 ? std::move(text) : Ref{};
      continue;
    }
    if (is_none(it->tag)) return element;
    Ref own = Ref::copy(element_of(element)->tag);
    int same = equal(own, it->tag);
    if (same) return same > 0 ? std::move(element) : Ref{};
  }
}

int iterator_clear(PyObject* o) {
  auto* it = reinterpret_cast<Iterator*>(o);
  it->root.reset();
  it->tag.reset();
  while (it->depth > 0) adder::decref(it->levels[--it->depth].parent);
  return 0;
}
void iterator_dealloc(PyObject* o) {
  gc_untrack(o);
  iterator_clear(o);
  object_free(reinterpret_cast<Iterator*>(o)->levels);
  Py_TYPE(o)->tp_free(o);
}
int iterator_traverse(PyObject* o, visitproc visit, void* arg) {
  auto* it = reinterpret_cast<Iterator*>(o);
  ADDER_VISIT(it->root.get());
  ADDER_VISIT(it->tag.get());
  for (Py_ssize_t i = 0; i < it->depth; i++) ADDER_VISIT(it->levels[i].parent);
  return 0;
}

}  // namespace

Ref make_iterator(Value root, Value tag, bool text) {
  Ref r = Ref::steal(allocate_instance(&iterator_type));
  if (!r) return {};
  Iterator* it = r.as<Iterator>();
  it->root = Ref::copy(root);
  it->tag = Ref::copy(tag);
  it->text = text;
  return r;
}

const TypeDef builder_def = {
    .type = &builder_type, .name = "xml.etree.ElementTree.TreeBuilder", .basicsize = sizeof(TreeBuilder),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, .dealloc = &builder_dealloc, .traverse = &builder_traverse,
    .clear = &builder_clear, .slots = {.tp_init = slot::Init<builder_init>, .tp_new = slot::New<builder_new>}, .methods = builder_methods};
const TypeDef iterator_def = {
    .type = &iterator_type, .name = "_elementtree._element_iterator", .basicsize = sizeof(Iterator),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, .dealloc = &iterator_dealloc,
    .traverse = &iterator_traverse, .clear = &iterator_clear, .slots = {.tp_iter = slot::Unary<iterator_iter>, .tp_iternext = slot::Next<iterator_next>}};

}  // namespace adder::etree
