// The abstract syntax tree: one struct a node, made from nodes.def. Field names are the ast module's; `Expr` is the sum
// of expressions, so the statement ast.Expr is called ExprStmt here. Optional fields are null or absent when missing;
// Dict.keys and Arguments.kw_defaults have null elements where the source has `**x` or no default.
#pragma once
#include <new>
#include "syntax/arena.h"

namespace adder::syntax {

// What a node tells about its place. All three say whether lineno, col_offset (bytes of UTF-8), end_lineno and
// end_col_offset exist; kPositionsRequired makes the end obligatory in the ast module's classes.
enum Attributes : uint8_t { kNoPositions, kPositions, kPositionsRequired };

enum class NodeKind : uint8_t {
#define ADDER_NODE(Sum, Type, name, fields) Type,
#define ADDER_PRODUCT(Type, name, attributes, fields) Type,
#include "syntax/nodes.def"
  kCount
};

#define ADDER_ENUM_MEMBER(Type, Name) Name,
#define ADDER_ENUM(Type, name, members) enum class Type : uint8_t { members };
#include "syntax/nodes.def"

struct Node {
  NodeKind kind;
  explicit Node(NodeKind k) : kind(k) {}
};
struct PlacedNode : Node {
  int32_t lineno = 0, col_offset = 0, end_lineno = 0, end_col_offset = 0;
  using Node::Node;
};
template <Attributes A>
struct NodeBase : PlacedNode { using PlacedNode::PlacedNode; };
template <>
struct NodeBase<kNoPositions> : Node { using Node::Node; };

// Kinds of fields that are no nodes.
struct identifier;  // an interned str
struct string;      // a str
struct integer;     // a small int
struct constant;    // any Value that may stand in a Constant

template <class T> struct StoredAs { using Type = T*; };
template <> struct StoredAs<identifier> { using Type = Value; };
template <> struct StoredAs<string> { using Type = Value; };
template <> struct StoredAs<constant> { using Type = Value; };
template <> struct StoredAs<integer> { using Type = int32_t; };
#define ADDER_ENUM(T, name, members) template <> struct StoredAs<T> { using Type = T; };
#include "syntax/nodes.def"
template <class T> using One = typename StoredAs<T>::Type;
template <class T> using Optional = typename StoredAs<T>::Type;
template <class T> using Many = Seq<typename StoredAs<T>::Type>;

#define ADDER_SUM(Type, name, attributes) struct Type : NodeBase<attributes> { using NodeBase<attributes>::NodeBase; };
#define ADDER_PRODUCT(Type, name, attributes, fields) struct Type;
#include "syntax/nodes.def"

#define ADDER_FIELD(kind, quantity, name) quantity<kind> name{};
#define ADDER_NODE(Sum, Type, name, fields)               \
  struct Type : Sum {                                     \
    static constexpr NodeKind kKind = NodeKind::Type;     \
    Type() : Sum(kKind) {}                                \
    fields                                                \
  };
#define ADDER_PRODUCT(Type, name, attributes, fields)     \
  struct Type : NodeBase<attributes> {                    \
    static constexpr NodeKind kKind = NodeKind::Type;     \
    Type() : NodeBase<attributes>(kKind) {}               \
    fields                                                \
  };
#include "syntax/nodes.def"

template <class T> bool is(const Node* n) { return n->kind == T::kKind; }
// The node as its struct, or null if it is of another kind.
template <class T> T* cast_if(Node* n) { return n && n->kind == T::kKind ? static_cast<T*>(n) : nullptr; }
template <class T> T* cast(Node* n) {
  ADDER_ASSERT(n && n->kind == T::kKind);
  return static_cast<T*>(n);
}

// Calls f with the node as a pointer to its own struct: visit(node, [&](auto* n) { … }) or an overloaded visitor.
// All branches give the same type.
template <class F>
decltype(auto) visit(Node* node, F&& f) {
  switch (node->kind) {
#define ADDER_NODE(Sum, Type, name, fields) case NodeKind::Type: return f(static_cast<Type*>(static_cast<Sum*>(node)));
#define ADDER_PRODUCT(Type, name, attributes, fields) case NodeKind::Type: return f(static_cast<Type*>(node));
#include "syntax/nodes.def"
    case NodeKind::kCount: break;
  }
  __builtin_unreachable();
}

// Calls f(field) for each field of a node, in order.
#define ADDER_FIELD(kind, quantity, name) f(node->name);
#define ADDER_NODE(Sum, Type, name, fields) template <class F> void each_field([[maybe_unused]] Type* node, [[maybe_unused]] F&& f) { fields }
#define ADDER_PRODUCT(Type, name, attributes, fields) template <class F> void each_field(Type* node, F&& f) { fields }
#include "syntax/nodes.def"

// Calls f(child) for each child node that is not null, in order.
template <class F>
void each_child(Node* node, F&& f) {
  visit(node, [&](auto* n) {
    each_field(n, [&](auto& field) {
      using Field = std::remove_reference_t<decltype(field)>;
      if constexpr (std::is_pointer_v<Field>) {
        if (field) f(field);
      } else if constexpr (requires { field.data; field.count; }) {
        if constexpr (std::is_pointer_v<std::remove_reference_t<decltype(field[0])>>) {
          for (auto* child : field) if (child) f(child);
        }
      }
    });
  });
}

// The ast module's name of a node's class: "FunctionDef", "arguments".
const char* node_name(NodeKind kind);

}  // namespace adder::syntax
