// From the parser's tree to ast objects and back.
#include <cstring>

#include "memory/gc.h"
#include "modules/ast.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/str.h"
#include "object/type.h"

namespace adder {

using namespace syntax;

namespace {

// A level of recursion: three count as one of Python's, as in CPython.
struct Level {
  static inline thread_local int depth = 0;
  bool ok = true;
  explicit Level(const char* where) {
    if (++depth % 3 == 0) ok = enter_recursion(where);
  }
  ~Level() {
    if (depth-- % 3 == 0 && ok) leave_recursion();
  }
};

template <class T> constexpr bool kIsEnum = std::is_enum_v<T>;
template <class T> constexpr bool kIsPlaced = std::is_base_of_v<PlacedNode, T>;

#define ADDER_ENUM_MEMBER(Type, Name) AstClasses::kMember##Type##Name,
#define ADDER_ENUM(Type, name, members) \
  constexpr AstClasses::Member kMembersOf##Type[] = {members}; \
  constexpr auto* members_of(Type*) { return kMembersOf##Type; } \
  constexpr int count_of(Type*) { return sizeof(kMembersOf##Type) / sizeof(kMembersOf##Type[0]); }
#include "syntax/nodes.def"

// --- To objects ---------------------------------------------------------------------------------------------------------

Ref node_object(const AstClasses* c, Node* n);

template <class T>
Ref field_object(const AstClasses* c, const T& field) {
  if constexpr (std::is_same_v<T, Value>) {
    return field ? Ref::copy(field) : none_ref();
  } else if constexpr (std::is_same_v<T, int32_t>) {
    return Ref::from_int(field);
  } else if constexpr (kIsEnum<T>) {
    return Ref::copy(Value{c->member[members_of(static_cast<T*>(nullptr))[static_cast<int>(field)]]});
  } else if constexpr (std::is_pointer_v<T>) {
    return field ? node_object(c, field) : none_ref();
  } else {
    Ref list = list_new(field.size());
    if (!list) return list;
    for (auto& item : field) {
      Ref object = field_object(c, item);
      if (!object || !list_append(list, std::move(object))) return Ref{};
    }
    return list;
  }
}

template <class T>
bool set_field(const AstClasses* c, Value dict, PyObject* name, const T& field) {
  Ref object = field_object(c, field);
  return object && dict_set_str(dict, name, object);
}

#define ADDER_FIELD(kind, quantity, name) if (!set_field(c, dict, #name ""_id, n->name)) return false;
#define ADDER_NODE(Sum, Type, name, fields) \
  bool set_fields([[maybe_unused]] const AstClasses* c, [[maybe_unused]] Value dict, [[maybe_unused]] Type* n) { fields return true; }
#define ADDER_PRODUCT(Type, name, attributes, fields) \
  bool set_fields(const AstClasses* c, Value dict, Type* n) { fields return true; }
#include "syntax/nodes.def"

Ref node_object(const AstClasses* c, Node* node) {
  Level level(" during ast construction");
  if (!level.ok) return Ref{};
  PyTypeObject* type = c->node[static_cast<size_t>(node->kind)];
  auto* object = new_object<AstObject>(type);
  if (!object) return Ref{};
  Ref result = Ref::steal(Value{reinterpret_cast<PyObject*>(object)});
  Ref dict = dict_new();
  if (!dict) return dict;
  object->dict = dict.release().object();
  Value d{object->dict};
  bool ok = visit(node, [&](auto* n) {
    if (!set_fields(c, d, n)) return false;
    if constexpr (kIsPlaced<std::remove_pointer_t<decltype(n)>>) {
      return dict_set_str(d, "lineno"_id, Value::from_int(n->lineno)) &&
             dict_set_str(d, "col_offset"_id, Value::from_int(n->col_offset)) &&
             dict_set_str(d, "end_lineno"_id, Value::from_int(n->end_lineno)) &&
             dict_set_str(d, "end_col_offset"_id, Value::from_int(n->end_col_offset));
    } else {
      return true;
    }
  });
  return ok ? std::move(result) : Ref{};
}

// --- From objects ---------------------------------------------------------------------------------------------------------

struct Reader {
  const AstClasses* c;
  Arena& arena;

  bool integer_value(Value v, int32_t* out) {
    if (!is_int(v)) return raise(PyExc_ValueError, "invalid integer value: %R", v);
    int i;
    if (!as_int(v, &i)) return false;
    *out = i;
    return true;
  }

  template <class T>
  bool read(Value v, typename StoredAs<T>::Type* out) {
    if constexpr (std::is_same_v<T, identifier>) {
      if (is_none(v)) return true;
      if (!is_exact_str(v)) return raise(PyExc_TypeError, "AST identifier must be of type str");
      *out = arena.keep(intern(Ref::copy(v)));  // the compiler compares names by address
      return true;
    } else if constexpr (std::is_same_v<T, syntax::string>) {
      if (is_none(v)) return true;
      if (!is_exact_str(v) && !is_exact(v, &PyBytes_Type)) return raise(PyExc_TypeError, "AST string must be of type str");
      *out = arena.keep(Ref::copy(v));
      return true;
    } else if constexpr (std::is_same_v<T, constant>) {
      *out = arena.keep(Ref::copy(v));
      return true;
    } else if constexpr (std::is_same_v<T, integer>) {
      return integer_value(v, out);
    } else if constexpr (kIsEnum<T>) {
      auto* members = members_of(static_cast<T*>(nullptr));
      int n = count_of(static_cast<T*>(nullptr));
      for (int i = 0; i < n; i++) {
        if (v.is_object() && v.object()->ob_type == c->member_class[members[i]]) {
          *out = static_cast<T>(i);
          return true;
        }
      }
      for (int i = 0; i < n; i++) {
        int same = is_instance(v, Value{c->member_class[members[i]]});
        if (same < 0) return false;
        if (same) {
          *out = static_cast<T>(i);
          return true;
        }
      }
      return raise(PyExc_TypeError, "expected some sort of %s, but got %R", kGrammarName<T>, v);
    } else {
      return node_of(v, out);
    }
  }

#define ADDER_SUM(Type, name, attributes) bool node_of(Value v, Type** out);
#define ADDER_PRODUCT(Type, name, attributes, fields) bool node_of(Value v, Type** out);
#include "syntax/nodes.def"

  template <class T>
  bool one(Value object, PyObject* name, typename StoredAs<T>::Type* out, const char* field, const char* owner) {
    Ref v;
    if (lookup_attr(object, name, &v) < 0) return false;
    if (!v) return raise(PyExc_TypeError, "required field \"%s\" missing from %s", field, owner);
    if (!read<T>(v, out)) return false;
    if constexpr (!kIsEnum<T> && !std::is_same_v<T, integer>) {
      if (!*out) return raise(PyExc_ValueError, "field '%s' is required for %s", field, owner);
    }
    return true;
  }
  template <class T>
  bool optional(Value object, PyObject* name, typename StoredAs<T>::Type* out) {
    Ref v;
    if (lookup_attr(object, name, &v) < 0) return false;
    if (!v || is_none(v)) return true;
    return read<T>(v, out);
  }
  template <class T>
  bool many(Value object, PyObject* name, Seq<typename StoredAs<T>::Type>* out, const char* field, const char* owner) {
    Ref list;
    if (lookup_attr(object, name, &list) < 0) return false;
    if (!list) return raise(PyExc_TypeError, "required field \"%s\" missing from %s", field, owner);
    if (!is_list(list)) {
      return raise(PyExc_TypeError, "%s field \"%s\" must be a list, not a %.200s", owner, field, type_of(list)->tp_name);
    }
    Py_ssize_t n = list_size(list);
    if (n == 0) return true;
    using Item = typename StoredAs<T>::Type;
    out->data = static_cast<Item*>(arena.allocate(static_cast<size_t>(n) * sizeof(Item)));
    for (Py_ssize_t i = 0; i < n; i++) {
      Item item{};
      Ref v = Ref::copy(list_get(list, i));
      if (!read<T>(v, &item)) return false;
      if (n != list_size(list)) {
        return raise(PyExc_RuntimeError, "%s field \"%s\" changed size during iteration", owner, field);
      }
      out->data[i] = item;
    }
    out->count = static_cast<uint32_t>(n);
    return true;
  }

  bool places(Value object, PlacedNode* n, const char* owner, bool end_required) {
    if (!one<integer>(object, "lineno"_id, &n->lineno, "lineno", owner) ||
        !one<integer>(object, "col_offset"_id, &n->col_offset, "col_offset", owner)) {
      return false;
    }
    if (end_required) {
      return one<integer>(object, "end_lineno"_id, &n->end_lineno, "end_lineno", owner) &&
             one<integer>(object, "end_col_offset"_id, &n->end_col_offset, "end_col_offset", owner);
    }
    n->end_lineno = n->lineno;
    n->end_col_offset = n->col_offset;
    return optional<integer>(object, "end_lineno"_id, &n->end_lineno) &&
           optional<integer>(object, "end_col_offset"_id, &n->end_col_offset);
  }
};

#define ADDER_READ_One(kind, name) r.one<kind>(object, #name ""_id, &n->name, #name, owner)
#define ADDER_READ_Optional(kind, name) r.optional<kind>(object, #name ""_id, &n->name)
#define ADDER_READ_Many(kind, name) r.many<kind>(object, #name ""_id, &n->name, #name, owner)
#define ADDER_FIELD(kind, quantity, name) if (!ADDER_READ_##quantity(kind, name)) return false;
#define ADDER_NODE(Sum, Type, name, fields)                                                                     \
  bool read_fields([[maybe_unused]] Reader& r, [[maybe_unused]] Value object, [[maybe_unused]] Type* n) {       \
    [[maybe_unused]] const char* owner = name;                                                                  \
    fields return true;                                                                                         \
  }
#define ADDER_PRODUCT(Type, name, attributes, fields)                                                           \
  bool read_fields(Reader& r, Value object, Type* n) {                                                          \
    const char* owner = name;                                                                                   \
    fields return true;                                                                                         \
  }
#include "syntax/nodes.def"

// Makes the node of kind T from an object known to be of its class.
template <class T, class S>
bool read_node(Reader& r, Value object, S** out, const char* where) {
  Level level(where);
  if (!level.ok) return false;
  T* n = r.arena.make<T>();
  if (!read_fields(r, object, n)) return false;
  *out = n;
  return true;
}

// If the object is of T's class (exactly, or of a subclass), reads it and sets *done.
template <class T, class S>
bool try_class(Reader& r, Value v, S** out, bool exact, bool* done, const char* where) {
  PyTypeObject* type = r.c->node[static_cast<size_t>(T::kKind)];
  if (exact) {
    if (type_of(v) != type) return true;
  } else {
    int is_it = is_instance(v, Value{type});
    if (is_it <= 0) return is_it == 0;
  }
  *done = true;
  return read_node<T>(r, v, out, where);
}

template <class S>
bool try_classes(Reader& r, Value v, S** out, bool exact, bool* done) {
#define ADDER_NODE(Sum, Type, name, fields)                                                                       \
  if constexpr (std::is_same_v<Sum, S>) {                                                                         \
    if (!*done && !try_class<Type>(r, v, out, exact, done, " while traversing '" name "' node")) return false;    \
  }
#include "syntax/nodes.def"
  return true;
}

template <class S>
bool read_sum(Reader& r, Value v, S** out, const char* name, [[maybe_unused]] Attributes attributes) {
  if (is_none(v)) return true;
  // The positions are read before the class is looked at.
  PlacedNode place(NodeKind::kCount);
  if constexpr (kIsPlaced<S>) {
    if (!r.places(v, &place, name, attributes == kPositionsRequired)) return false;
  }
  bool done = false;
  if (!try_classes(r, v, out, true, &done)) return false;
  if (!done && !try_classes(r, v, out, false, &done)) return false;
  if (!done) return raise(PyExc_TypeError, "expected some sort of %s, but got %R", name, v);
  if constexpr (kIsPlaced<S>) {
    (*out)->lineno = place.lineno;
    (*out)->col_offset = place.col_offset;
    (*out)->end_lineno = place.end_lineno;
    (*out)->end_col_offset = place.end_col_offset;
  }
  return true;
}

template <class T>
bool read_product(Reader& r, Value v, T** out, const char* name, const char* where) {
  if (!read_node<T>(r, v, out, where)) return false;
  if constexpr (kIsPlaced<T>) return r.places(v, *out, name, false);
  return true;
}

#define ADDER_SUM(Type, name, attributes) \
  bool Reader::node_of(Value v, Type** out) { return read_sum(*this, v, out, name, attributes); }
#define ADDER_PRODUCT(Type, name, attributes, fields) \
  bool Reader::node_of(Value v, Type** out) { return read_product(*this, v, out, name, " while traversing '" name "' node"); }
#include "syntax/nodes.def"

}  // namespace

Ref ast_to_object(Mod* tree) {
  const AstClasses* c = ast_classes();
  return c ? node_object(c, tree) : Ref{};
}

Mod* ast_from_object(Arena& arena, Value object, const char* mode) {
  const AstClasses* c = ast_classes();
  if (!c) return nullptr;
  NodeKind wanted = !std::strcmp(mode, "eval") ? NodeKind::Expression
                    : !std::strcmp(mode, "single") ? NodeKind::Interactive
                    : !std::strcmp(mode, "func_type") ? NodeKind::FunctionType
                                                      : NodeKind::Module;
  int is_it = is_instance(object, Value{c->node[static_cast<size_t>(wanted)]});
  if (is_it < 0) return nullptr;
  if (!is_it) {
    Ref name = type_name(type_of(object));
    if (name) raise(PyExc_TypeError, "expected %s node, got %.400U", node_name(wanted), name.get());
    return nullptr;
  }
  Reader r{c, arena};
  Mod* tree = nullptr;
  if (!r.node_of(object, &tree) || !ast_validate(tree)) return nullptr;
  return tree;
}

}  // namespace adder
