// The symbol table: for each block (module, class, function, lambda, comprehension) its names and where each lives.
// Rules and error texts are CPython 3.11's; the flags and scope numbers too, as the symtable module shows them.
#pragma once
#include <memory>
#include <vector>
#include "object/error.h"
#include "syntax/tree.h"

namespace adder::compile {

enum SymbolFlags : uint32_t {
  kDefGlobal = 1, kDefLocal = 2, kDefParam = 4, kDefNonlocal = 8, kUse = 16, kDefFree = 32, kDefFreeClass = 64,
  kDefImport = 128, kDefAnnotation = 256, kDefCompIter = 512,
  kDefBound = kDefLocal | kDefParam | kDefImport,
};
enum class NameScope : uint8_t { kUnknown, kLocal, kGlobalExplicit, kGlobalImplicit, kFree, kCell };
enum class BlockType : uint8_t { kFunction, kClass, kModule, kAnnotation };
enum class ComprehensionKind : uint8_t { kNone, kList, kDict, kSet, kGenerator };

// A place in the source as nodes give it: lines from 1, columns in bytes from 0.
struct Place {
  int line = 0, end_line = 0, column = 0, end_column = 0;
  Place() = default;
  Place(int l, int el, int c, int ec) : line(l), end_line(el), column(c), end_column(ec) {}
  Place(const syntax::PlacedNode* n) : line(n->lineno), end_line(n->end_lineno), column(n->col_offset), end_column(n->end_col_offset) {}
};

struct Symbol {
  Value name;  // interned str
  uint32_t flags = 0;
  NameScope scope = NameScope::kUnknown;
  bool deleted = false;  // unbound somewhere in its own block: `del`, the end of an except clause
  bool stored = false;   // bound by more than an annotation without value
  int reg = -1;          // set by the code generator
};

// Symbols in order of appearance, found by pointer.
class SymbolTable {
 public:
  Symbol* find(Value name);
  Symbol& add(Value name);  // must not be there
  Symbol& get(Value name) { Symbol* s = find(name); return s ? *s : add(name); }
  std::vector<Symbol>& all() { return items_; }
 private:
  static uint64_t hash(Value v) { return (v.bits >> 4) * 0x9E3779B97F4A7C15u >> 32; }
  std::vector<Symbol> items_;
  std::vector<int32_t> index_;  // -1 free; used beyond a few symbols
};

struct Directive { Value name; Place place; };

struct Block {
  BlockType type = BlockType::kModule;
  Value name;
  syntax::Node* node = nullptr;
  Block* parent = nullptr;
  std::vector<Block*> children;
  SymbolTable symbols;
  std::vector<Value> parameters;  // in the order of their registers
  std::vector<Directive> directives;
  ComprehensionKind comprehension = ComprehensionKind::kNone;
  bool nested = false, generator = false, coroutine = false, varargs = false, varkeywords = false;
  bool returns_value = false, needs_class_closure = false, has_walrus = false, has_free = false;
  bool comp_iter_target = false;
  int comp_iter_expr = 0;
  int lineno = 0;
  bool is_function() const { return type == BlockType::kFunction; }
};

class SymbolTables {
 public:
  // Analyses a tree. false: an exception is set.
  bool build(syntax::Mod* tree, Value filename, bool future_annotations);
  Block* block_of(syntax::Node* node);  // of a module, function, lambda, class or comprehension node
  Block* top() { return blocks_.empty() ? nullptr : blocks_[0].get(); }
  // A name made while compiling: the interned str, which lives as long as these tables. Absent if there is none.
  Value keep(Ref name);
  // `__name` in a class body is `_Class__name`. Kept by these tables, or `name` itself; absent on MemoryError.
  Value mangle(Value class_name_or_absent, Value name);

 private:
  friend class ScopeBuilder;
  std::vector<Ref> kept_;  // symbols and units point to names without counting
  std::vector<std::unique_ptr<Block>> blocks_;
  std::vector<std::pair<syntax::Node*, Block*>> by_node_;  // open addressing, made after building
};

// SyntaxError at a place.
Failure syntax_error(Value filename, const Place& place, const char* format, ...);
// Nesting of trees that any pass accepts; beyond it RecursionError, as CPython says it.
inline constexpr int kMaxTreeDepth = 3000;
Failure raise_too_deep();

}  // namespace adder::compile
