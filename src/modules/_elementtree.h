// What the files of the module _elementtree share: elements, and building them.
#pragma once
#include "memory/gc.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/error.h"
#include "object/object.h"
#include "object/str.h"
#include "object/type.h"

namespace adder::etree {

// What most elements are without: attributes and children.
struct Extra {
  PyObject* attributes;  // dict, or null
  Py_ssize_t count, capacity;
  Value* children;       // few of them lie in `first`
  Value first[4];
};
struct Element {
  PyObject head;
  Value tag, text, tail;
  Extra* extra;
  PyObject* weakrefs;
};

struct TreeBuilder {
  PyObject head;
  Ref root, current, last;   // current: the innermost open element, or empty
  bool after_end;            // text goes behind the last element, not into it
  Ref data;                  // a str, or a list of several, not yet placed
  Ref stack;                 // list of the open elements around `current`
  Ref element_factory, comment_factory, pi_factory;
  bool insert_comments, insert_pis;
  Ref append_event;          // of the queue that a pull parser reads; and what it wants to know of, by name
  Ref on_start, on_end, on_start_namespace, on_end_namespace, on_comment, on_pi;
};

extern PyTypeObject element_type, builder_type;
extern PyObject* parse_error;  // ParseError
extern Ref comment_factory, pi_factory;  // what _set_factories has set
extern const TypeDef element_def, iterator_def, builder_def, parser_def;

inline bool is_element(Value v) { return is_instance_exactly(v, &element_type); }
inline Element* element_of(Value v) { return v.as<Element>(); }
inline Value child(Element* e, Py_ssize_t i) { return e->extra->children[i]; }
inline Py_ssize_t child_count(Element* e) { return e->extra ? e->extra->count : 0; }

Ref element_new(Value tag, Value attributes_or_absent);  // an exact Element; keeps the dict
bool add_child(Element* e, Value item);
Ref make_iterator(Value root, Value tag, bool text);

// TreeBuilder's events; absent for what there is not.
Ref build_start(TreeBuilder* b, Value tag, Value attributes);
bool build_data(TreeBuilder* b, Value text);
Ref build_end(TreeBuilder* b);
Ref build_comment(TreeBuilder* b, Value text);
Ref build_pi(TreeBuilder* b, Value target, Value text);
bool report(TreeBuilder* b, Value event_or_absent, Value what);
inline Ref build_result(TreeBuilder* b) { return b->root ? Ref::copy(b->root) : none_ref(); }

}  // namespace adder::etree
