// The code generator: walks the tree and emits register instructions, one Unit a code object.
//
// Temporaries are allocated as a stack (Unit::top), so that windows are contiguous. An expression is evaluated straight into the register where it
// is wanted: expr_to(e, dest), where dest is an empty temporary or a local, which only the last instruction writes. Where an instruction
// takes an operand from anywhere, operand(e) gives a local itself (borrowed), a constant, or a fresh temporary (consumed).
// All methods give false with an exception set. After an instruction that ends a block nothing is emitted until a used label is bound.
#pragma once
#include <string>
#include <vector>
#include "compile/code.h"
#include "compile/instruction.h"
#include "compile/scope.h"

namespace adder::compile {

using namespace syntax;  // the tree's names

using Label = int;

struct Ins {
  Op op;
  uint16_t a = 0, b = 0, c = 0;
  int32_t label = -1;    // jump target
  int32_t handler = -1;  // innermost protected range, an index in Unit::handlers
  uint64_t data = 0;
  Place loc;             // line 0: that of the instruction before
};

struct Opnd {
  enum Kind : uint8_t { kNone, kTemp, kLocal, kConst } kind = kNone;
  uint16_t v = 0;  // register or constant index
};
// A temporary seen without consuming it.
inline Opnd borrow(Opnd o) { return o.kind == Opnd::kTemp ? Opnd{Opnd::kLocal, o.v} : o; }

struct HandlerRange { Label target; int reg; bool used = false; };

// What `break`, `continue` and `return` must undo on their way out.
enum class FrameKind : uint8_t { kWhile, kFor, kTry, kFinallyTry, kFinallyEnd, kWith, kAsyncWith, kHandler, kGroupHandler, kPopValue };
struct FrameBlock {
  FrameKind kind;
  int outer_handler = -1;  // what protects the code outside the block
  Label exit = -1, again = -1;  // of loops
  int reg = -1, saved = -1;     // iterator, bound exit, exception or value; handled exception before
  Seq<Stmt*> final_body{};
  Value name{};                 // of `except … as name`
  Place loc{};
};

// Constants or names of a unit, numbered.
class ConstantPool {
 public:
  int add(Value v);  // -1: MemoryError
  size_t size() const { return items_.size(); }
  Value operator[](size_t i) const { return items_[i]; }
  Ref tuple() const;
 private:
  std::vector<Ref> items_;
  std::vector<uint64_t> hashes_;
  std::vector<int32_t> index_;
};
class NamePool {
 public:
  int add(Value name);
  size_t size() const { return items_.size(); }
  Ref tuple() const;
 private:
  std::vector<Value> items_;
  std::vector<int32_t> index_;
};

enum class UnitKind : uint8_t { kModule, kClass, kFunction, kAsyncFunction, kLambda, kComprehension };

struct Unit {
  Unit* parent = nullptr;
  Unit** current = nullptr;  // while it is the one that code goes to: where that is noted
  Unit() = default;
  Unit(const Unit&) = delete;
  ~Unit() { leave(); }       // also when an error ends it early
  void leave() {
    if (current) *current = parent;
    current = nullptr;
  }
  UnitKind kind = UnitKind::kModule;
  Block* block = nullptr;
  Value private_name;
  Ref name, qualname;
  int firstlineno = 1, argcount = 0, posonlyargcount = 0, kwonlyargcount = 0;
  std::vector<Ins> code;
  std::vector<int32_t> label_at;   // instruction index; -1 unbound
  std::vector<char> label_used;
  std::vector<HandlerRange> handlers;
  std::vector<FrameBlock> blocks;
  ConstantPool consts;
  NamePool names;
  std::vector<Value> localsplus;
  std::string kinds;
  int class_cell = -1;    // register of a class's __class__ cell
  int nlocals = 0;        // registers that are locals (cells of parameters too)
  int first_temp = 0, top = 0, max_top = 0;
  int handler = -1;
  bool reachable = true;
  bool is_function() const { return kind >= UnitKind::kFunction; }
};

struct Settings {
  Value filename;
  int flags = 0;      // CO_FUTURE_* bits in force and PyCF_*
  int optimize = 0;
  bool interactive = false;
};

class Codegen {
 public:
  Codegen(SymbolTables& tables, const Settings& settings) : tables_(tables), settings_(settings) {}
  Ref module(Mod* tree);

 private:
  friend struct LocScope;
  // --- Emission (codegen.cpp) --------------------------------------------------------------------------------------
  Ins* emit(Op op, int a = 0, int b = 0, int c = 0);
  Ins* emit32(Op op, int a, uint32_t bc);
  void jump(Op op, Label target, int a = 0, int b = 0);
  void jump_to(Label target);
  Label new_label();
  bool push(const FrameBlock& block);      // SyntaxError beyond 20 nested blocks, as CPython has it
  void bind(Label l);
  int new_handler(int reg);                // a protected range that nothing enters yet
  void bind_handler(int handler);
  bool bound(Label l) const { return u_->label_at[static_cast<size_t>(l)] >= 0; }
  int alloc(int n = 1);
  bool is_temp(int reg) const { return reg >= u_->first_temp; }
  int out(int reg) const { return is_temp(reg) ? reg : reg | kOccupied; }
  int in(Opnd o) const { ADDER_ASSERT(o.kind == Opnd::kTemp || o.kind == Opnd::kLocal); return o.kind == Opnd::kTemp ? o.v | kLastUse : o.v; }
  static int last(int temp) { return temp | kLastUse; }
  static Opnd temp(int reg) { return {Opnd::kTemp, static_cast<uint16_t>(reg)}; }
  void release(int temp) { emit(Op::kRELEASE, last(temp)); }
  void move(int dest, Opnd from);
  int constant(Value v);
  int name_index(Value name);
  bool load_const(Value v, int dest);
  Failure error(const Place& p, const char* format, ...);
  bool warn(const Place& p, Ref message);
  bool failed_ = false;                    // an exception is set that emission could not report

  // --- Names (codegen.cpp) -----------------------------------------------------------------------------------------
  Value mangled(Value name) { return tables_.mangle(u_->private_name, name); }
  Symbol* symbol(Value mangled_name) { return u_->block->symbols.find(mangled_name); }
  int local_register(Value name);          // of a name that is a plain local; -1
  int local_of(Expr* e);                   // of a Name in Load or Store that is a plain local; -1
  bool load_name(Value name, int dest);
  bool store_name(Value name, Opnd v);     // consumes v
  bool delete_name(Value name);
  bool check_bound(Value name, int reg);
  bool allowed_name(Value name, ExprContext ctx, const Place& p);
  int cell_register(Value name);

  // --- Expressions -------------------------------------------------------------------------------------------------
  bool expr_to(Expr* e, int dest);
  bool expr_inner(Expr* e, int dest);
  bool operand(Expr* e, Opnd* out, bool constants = false, Node* later = nullptr, Node* later2 = nullptr, int scratch = -1);
  bool to_register(Opnd* o);               // a constant operand into a fresh temporary
  bool effect(Expr* e);
  bool rebinds(Node* later);
  bool jump_if(Expr* e, Label target, bool condition);
  bool jump_if_compare(Compare* n, Label target, bool condition);
  bool compare_jump(CompareOperator op, Opnd l, Opnd r, Label target, bool condition);
  bool compare_value(CompareOperator op, Opnd l, Opnd r, int dest);
  bool binary(BinOp* n, int dest);
  bool bool_op(BoolOp* n, int dest);
  bool compare(Compare* n, int dest);
  bool attribute(Attribute* n, int dest);
  bool subscript(Subscript* n, int dest);
  bool slice_parts(Slice* s, int* window);  // the bounds, and the step if there is one, in a window of two or three
  bool slice_object(Slice* s, int dest);
  static bool small_index(Expr* e, int* index);  // a constant that LOAD_ITEM_I takes
  bool call(Call* n, int dest);
  bool call_rest(Seq<Expr*> args, Seq<Keyword*> keywords, int w, int given, int dest, bool method);
  bool call_ex(Seq<Expr*> args, Seq<Keyword*> keywords, int w, int given, int dest);
  bool check_keywords(Seq<Keyword*> keywords);
  bool sequence(Seq<Expr*> elts, int dest, int kind);
  bool dict(Dict* n, int dest);
  bool joined_str(JoinedStr* n, int dest);
  bool formatted(FormattedValue* n, int dest);
  bool named(NamedExpr* n, int dest);
  bool yield_value(Yield* n, int dest);
  bool yield_from(YieldFrom* n, int dest);
  bool await(Expr* whole, int dest);
  void delegate(int iterator, int value);  // the send loop: the result ends in `value`, the iterator is released
  bool check_caller(Expr* e);
  bool check_subscripter(Expr* e);
  bool check_index(Expr* e, Expr* index);
  bool check_compare(Compare* n);
  Place attribute_place(Place start, Attribute* n);

  // --- Statements --------------------------------------------------------------------------------------------------
  bool body(Seq<Stmt*> list);
  bool body_with_doc(Seq<Stmt*> list);
  bool stmt(Stmt* s);
  bool stmt_inner(Stmt* s);
  bool assign(Expr* target, Opnd v);       // consumes v
  bool assign_stmt(Assign* n);
  bool assign_parallel(Seq<Expr*> targets, Seq<Expr*> values);
  bool unpack(Seq<Expr*> targets, const Place& p, Opnd v);
  bool aug_assign(AugAssign* n);
  bool ann_assign(AnnAssign* n);
  bool annotation_value(Expr* annotation, int dest);
  bool delete_target(Expr* e);
  bool for_loop(For* n);
  bool async_for(AsyncFor* n);
  bool while_loop(While* n);
  bool if_stmt(If* n);
  bool return_half(Expr* e);
  bool return_stmt(Return* n);
  bool break_continue(Stmt* s, bool is_break);
  bool raise_stmt(Raise* n);
  bool assert_stmt(Assert* n);
  bool import(Import* n);
  bool import_from(ImportFrom* n);
  bool unwind(FrameBlock block, bool keeps_value, int value_reg);
  bool unwind_all(bool keeps_value, int value_reg, int* loop);  // loop: stop at the innermost loop and give its index

  // --- try and with (codegen_try.cpp) ----------------------------------------------------------------------------------
  bool try_stmt(Try* n);
  bool try_star(TryStar* n);
  bool try_finally(Seq<Stmt*> final_body, Stmt* n, bool star);
  // Where a try statement's handlers stand: the handler around it, the registers of the exception and of the one it
  // displaced, the handler of the handlers, and the end of the statement.
  struct TryEntry {
    int outer, exception, saved, inner;
    Label end;
  };
  bool enter_handlers(Seq<Stmt*> body_, Seq<Handler*> handlers, Seq<Stmt*> orelse, TryEntry* entry);
  bool try_except(Seq<Stmt*> body_, Seq<Handler*> handlers, Seq<Stmt*> orelse);
  bool try_except_star(Seq<Stmt*> body_, Seq<Handler*> handlers, Seq<Stmt*> orelse);
  bool clear_name(Value name);
  void cleanup(int handler, int saved, int exception, int also = -1);
  bool with(Stmt* s, Seq<WithItem*> items, size_t i, Seq<Stmt*> body_, bool is_async);

  // --- match (codegen_match.cpp) ---------------------------------------------------------------------------------------
  friend class PatternCompiler;
  bool match_stmt(Match* n);

  // --- Functions, classes, comprehensions (codegen_func.cpp) -----------------------------------------------------------
  bool enter_unit(UnitKind kind, Value name, Node* key, int lineno, Unit* unit);
  void prologue();
  Ref leave_unit();
  bool function_def(Stmt* s, Value name, Arguments* args, Seq<Stmt*> body_, Seq<Expr*> decorators, Expr* returns, bool is_async);
  bool class_def(ClassDef* n);
  bool lambda(Lambda* n, int dest);
  bool comprehension(Expr* e, int dest);
  bool comprehension_loops(Seq<Comprehension*> generators, size_t i, Expr* element, Expr* value, ComprehensionKind kind, int accumulator);
  bool defaults(Arguments* a, int w, int* flags);
  bool annotations(Arguments* a, Expr* returns, int w, int* flags);
  bool make_function(Value code, int w, int flags, int dest);
  bool decorators_begin(Seq<Expr*> list, std::vector<int>* windows);
  void decorators_end(Seq<Expr*> list, const std::vector<int>& windows);
  Ref qualified_name(Unit* unit, Value name);

  // --- Assembly (assembler.cpp) -----------------------------------------------------------------------------------------
  Ref assemble();
  Ref shared(Ref v);                       // the one object for all constants of the module that are the same

  bool has_future(int flag) const { return (settings_.flags & flag) != 0; }
  bool top_level_await() const { return (settings_.flags & PyCF_ALLOW_TOP_LEVEL_AWAIT) && u_->kind == UnitKind::kModule; }

  SymbolTables& tables_;
  const Settings& settings_;
  Unit* u_ = nullptr;
  ConstantPool shared_;
  Place loc_;
  int depth_ = 0;
};

// Instructions emitted while this lives belong to a node's place.
struct LocScope {
  Codegen& g;
  Place saved;
  LocScope(Codegen& c, const Place& p) : g(c), saved(c.loc_) { c.loc_ = p; }
  ~LocScope() { g.loc_ = saved; }
};
// No place: as the instruction before (jumps and cleanups that the source does not show).
inline Place no_place() { return {}; }
// No line at all, whatever came before: tracing does not see such instructions.
inline Place no_line() { return Place(-1, -1, -1, -1); }

// Constant folding over the tree, in place (fold.cpp). false: an exception is set.
bool fold_constants(Mod* tree, Arena& arena, int optimize, int future_flags);
// An expression's source text as `from __future__ import annotations` keeps it (unparse.cpp).
Ref unparse(Expr* e);
// Future features that a module names at its start; false with SyntaxError. The flags are CO_FUTURE_*.
bool future_features(Mod* tree, Value filename, int* flags);
// The docstring of a body, absent if it has none.
Value docstring_of(Seq<Stmt*> body);

}  // namespace adder::compile
