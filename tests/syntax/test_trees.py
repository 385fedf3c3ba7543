"""The tree that the parser makes, positions included, and the objects of the ast module."""

import ast
import copy
import os
import pickle
import unittest
import warnings
import zlib

STDLIB = os.path.dirname(ast.__file__)
DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "trees.data")


def dump(source, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.dump(ast.parse(source, **options), include_attributes=True)


class Trees(unittest.TestCase):
    def test_standard_library(self):
        """Check sums of the source and of the dump of its tree; files that differ from the recorded ones are left out."""
        with open(DATA, encoding="ascii") as file:
            for line in file:
                if line.startswith("#"):
                    continue
                name, source_sum, dump_sum = line.split()
                path = os.path.join(STDLIB, name)
                if not os.path.exists(path):
                    continue
                with open(path, "rb") as source_file:
                    source = source_file.read()
                if zlib.crc32(source) != int(source_sum):
                    continue
                with self.subTest(name=name):
                    self.assertEqual(zlib.crc32(dump(source).encode("utf-8", "surrogatepass")), int(dump_sum))

    def test_type_comments(self):
        tree = ast.parse("x = 1  # type: int\nfor a in b:  # type: str\n  pass\ndef f(a,  # type: int\n  b):\n"
                         "  # type: (...) -> None\n  pass\nwith a as b:  # type: int\n  pass  # type: ignore[x]\n",
                         type_comments=True)
        self.assertEqual([getattr(n, "type_comment") for n in tree.body], ["int", "str", "(...) -> None", "int"])
        self.assertEqual(tree.body[2].args.args[0].type_comment, "int")
        self.assertEqual([(t.lineno, t.tag) for t in tree.type_ignores], [(9, "[x]")])
        signature = ast.parse("(int, *str, **a) -> bool", mode="func_type")
        self.assertEqual(ast.dump(signature), "FunctionType(argtypes=[Name(id='int', ctx=Load()), Name(id='str', ctx=Load()), "
                                              "Name(id='a', ctx=Load())], returns=Name(id='bool', ctx=Load()))")

    def test_feature_version(self):
        for source, version, text in (
                ("(x := 1)", 7, "Assignment expressions are only supported in Python 3.8 and greater"),
                ("def f(a, /): pass", 7, "Positional-only parameters are only supported in Python 3.8 and greater"),
                ("with (a as b, c): pass", 8, "Parenthesized context managers are only supported in Python 3.9 and greater"),
                ("match x:\n case 1: pass", 9, "Pattern matching is only supported in Python 3.10 and greater"),
                ("try: pass\nexcept* A: pass", 10, "Exception groups are only supported in Python 3.11 and greater")):
            with self.subTest(source=source):
                with self.assertRaises(SyntaxError) as caught:
                    ast.parse(source, feature_version=(3, version))
                self.assertEqual(caught.exception.msg, text)
                ast.parse(source, feature_version=(3, version + 1))

    def test_identifiers_are_normalised(self):
        self.assertEqual(ast.parse("ﬁ = 1").body[0].targets[0].id, "fi")

    def test_encodings(self):
        for source, text in ((b"# coding: latin-1\n'\xe9'", "é"), (b"\xef\xbb\xbf'\xc3\xa9'", "é"),
                             (b"#!x\n# -*- coding: utf-8 -*-\n'\xc3\xa9'", "é"), ("# coding: latin-1\n'é'", "é"),
                             (b"'''a\r\nb\rc'''", "a\nb\nc")):
            with self.subTest(source=source):
                self.assertEqual(ast.literal_eval(ast.parse(source).body[0].value), text)


class Nodes(unittest.TestCase):
    def test_constructor(self):
        n = ast.Name("x", ast.Load(), lineno=3)
        self.assertEqual((n.id, type(n.ctx), n.lineno, n.end_lineno), ("x", ast.Load, 3, None))
        self.assertEqual(n._fields, ("id", "ctx"))
        for call, text in ((lambda: ast.Name(1, 2, 3), "Name constructor takes at most 2 positional arguments"),
                           (lambda: ast.Return(1, 2), "Return constructor takes at most 1 positional argument"),
                           (lambda: ast.Name(1, id=2), "Name got multiple values for argument 'id'")):
            with self.assertRaises(TypeError) as caught:
                call()
            self.assertEqual(str(caught.exception), text)
        with self.assertRaises(AttributeError):
            ast.Name().id
        self.assertIsNone(ast.Return().value)

    def test_docs(self):
        self.assertEqual(ast.FunctionDef.__doc__, "FunctionDef(identifier name, arguments args, stmt* body, expr* decorator_list, "
                                                  "expr? returns, string? type_comment)")
        self.assertEqual(ast.boolop.__doc__, "boolop = And | Or")
        self.assertEqual(ast.type_ignore.__doc__, "type_ignore = TypeIgnore(int lineno, string tag)")
        self.assertEqual(ast.stmt._attributes, ("lineno", "col_offset", "end_lineno", "end_col_offset"))
        self.assertEqual(ast.Module.__match_args__, ("body", "type_ignores"))

    def test_copies(self):
        tree = ast.parse("def f(a, *b, c=1, **d): return [x async for x in y if z]")
        for other in (copy.deepcopy(tree), pickle.loads(pickle.dumps(tree))):
            self.assertEqual(ast.dump(other, include_attributes=True), ast.dump(tree, include_attributes=True))

    def test_compiled_trees(self):
        tree = ast.parse("x = sum(i * 2 for i in range(4))")
        scope = {}
        exec(compile(tree, "<f>", "exec"), scope)
        self.assertEqual(scope["x"], 12)

    def test_compiled_names_that_were_made_at_run_time(self):
        tree = ast.parse("def f(**k):\n    if k:\n        p = k\n    return p, [p for i in range(1)]\nr = f(a=1)")
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id not in ("f", "range", "r"):
                node.id = "." + node.id  # equal to the next one's, yet another object
            elif isinstance(node, ast.arg):
                node.arg = "." + node.arg
        scope = {}
        exec(compile(tree, "<f>", "exec"), scope)
        self.assertEqual(scope["r"], ({"a": 1}, [{"a": 1}]))

    def test_trees_made_wrong(self):
        place = dict(lineno=1, col_offset=0, end_lineno=1, end_col_offset=1)
        name = ast.Name("x", ast.Load(), **place)
        def statement(s):
            return ast.Module([s], [])
        for tree, kind, text in (
                (ast.Module([ast.Expr(value=None, **place)], []), ValueError, "field 'value' is required for Expr"),
                (ast.Module([ast.Expr(name)], []), TypeError, 'required field "lineno" missing from stmt'),
                (ast.Module(1, []), TypeError, 'Module field "body" must be a list, not a int'),
                (ast.Module([]), TypeError, 'required field "type_ignores" missing from Module'),
                (statement(ast.Pass(lineno=3, col_offset=0, end_lineno=1, end_col_offset=0)), ValueError,
                 "AST node line range (3, 1) is not valid"),
                (statement(ast.Assign([name], name, **place)), ValueError, "expression must have Store context but has Load instead"),
                (statement(ast.Assign([], name, **place)), ValueError, "empty targets on Assign"),
                (statement(ast.If(name, [], [], **place)), ValueError, "empty body on If"),
                (statement(ast.Expr(ast.Name("None", ast.Load(), **place), **place)), ValueError,
                 "identifier field can't represent 'None' constant"),
                (statement(ast.Expr(ast.Constant([1], **place), **place)), TypeError, "got an invalid type in Constant: list"),
                (statement(ast.Expr(ast.BoolOp(ast.And(), [name], **place), **place)), ValueError, "BoolOp with less than 2 values"),
                (statement(ast.Expr(ast.Dict([name], [], **place), **place)), ValueError,
                 "Dict doesn't have the same number of keys as values"),
                (statement(ast.Try([ast.Pass(**place)], [], [], [], **place)), ValueError, "Try has neither except handlers nor finalbody"),
                (ast.Expression(name), TypeError, "expected Module node, got Expression")):
            with self.subTest(text=text):
                with self.assertRaises(kind) as caught:
                    compile(tree, "<f>", "exec")
                self.assertEqual(str(caught.exception), text)
        with self.assertRaisesRegex(TypeError, "expected some sort of expr, but got <ast.expr"):
            compile(statement(ast.Expr(ast.expr(**place), **place)), "<f>", "exec")


if __name__ == "__main__":
    unittest.main()
