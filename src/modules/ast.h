// The ast module's classes and the conversions between its objects and the parser's tree (_ast*.cpp).
#pragma once
#include "object/object.h"
#include "syntax/tree.h"

namespace adder {

// Each gives an empty or null result with an exception.
Ref ast_to_object(syntax::Mod* tree);
// mode: "exec", "eval", "single": which node is wanted.
syntax::Mod* ast_from_object(syntax::Arena& arena, Value object, const char* mode);
// Checks what the grammar would have made sure of; ValueError or TypeError.
bool ast_validate(syntax::Mod* tree);
int is_ast_node(Value v);  // an instance of ast.AST; -1 error

// The classes, made once a process: those of nodes by kind, of sums and enum members by their place in nodes.def.
struct AstClasses {
  PyTypeObject* base = nullptr;
  PyTypeObject* node[static_cast<size_t>(syntax::NodeKind::kCount)] = {};
  enum Group {
#define ADDER_ENUM(Type, name, members) kGroup##Type,
#define ADDER_SUM(Type, name, attributes) kGroup##Type,
#include "syntax/nodes.def"
    kGroups
  };
  PyTypeObject* group[kGroups] = {};
  enum Member {
#define ADDER_ENUM_MEMBER(Type, Name) kMember##Type##Name,
#define ADDER_ENUM(Type, name, members) members
#include "syntax/nodes.def"
    kMembers
  };
  PyTypeObject* member_class[kMembers] = {};
  PyObject* member[kMembers] = {};
};
const AstClasses* ast_classes();  // null with exception

// The name of a type in the abstract grammar, for docs and error texts.
template <class T>
constexpr const char* kGrammarName = nullptr;
template <> inline constexpr const char* kGrammarName<syntax::identifier> = "identifier";
template <> inline constexpr const char* kGrammarName<syntax::string> = "string";
template <> inline constexpr const char* kGrammarName<syntax::integer> = "int";
template <> inline constexpr const char* kGrammarName<syntax::constant> = "constant";
#define ADDER_ENUM(Type, name, members) template <> inline constexpr const char* kGrammarName<syntax::Type> = name;
#define ADDER_SUM(Type, name, attributes) template <> inline constexpr const char* kGrammarName<syntax::Type> = name;
#define ADDER_PRODUCT(Type, name, attributes, fields) template <> inline constexpr const char* kGrammarName<syntax::Type> = name;
#include "syntax/nodes.def"

struct AstObject {
  PyObject head;
  PyObject* dict;
};

}  // namespace adder
