# adder-only: the instructions are Adder's own.
"""dis and opcode describe the register code; malformed code is refused by the verifier."""

import dis
import io
import opcode
import types
import unittest


def loop(n):
    total = 0
    for i in range(n):
        if i > 3:
            total += i
    return total


class Listing(unittest.TestCase):
    def test_instructions(self):
        names = [i.opname for i in dis.get_instructions(loop)]
        self.assertEqual(names, ["RESUME", "LOAD_CONST", "LOAD_GLOBAL", "MOVE", "CALL", "GET_ITER", "FOR_ITER", "JUMP_IF_NOT_GT_K", "INPLACE_ADD",
                                 "JUMP_BACK", "RELEASE", "RETURN"])
        jump = next(i for i in dis.get_instructions(loop) if i.opname == "JUMP_BACK")
        target = next(i for i in dis.get_instructions(loop) if i.offset == jump.argval)
        self.assertEqual((target.opname, target.is_jump_target), ("FOR_ITER", True))

    def test_text(self):
        out = io.StringIO()
        dis.dis(loop, file=out)
        self.assertIn("JUMP_IF_NOT_GT_K", out.getvalue())
        self.assertIn("range", out.getvalue())

    def test_specialised_forms_show_on_request(self):
        for _ in range(200):
            loop(10)
        self.assertIn("FOR_ITER", [i.opname for i in dis.get_instructions(loop)])
        adaptive = [i.opname for i in dis.get_instructions(loop, adaptive=True)]
        self.assertTrue(any(n.startswith("FOR_ITER") for n in adaptive))

    def test_caches_stand_for_further_code_units(self):
        code = loop.__code__
        every = list(dis.get_instructions(loop, show_caches=True))
        self.assertEqual([i.positions for i in every], list(code.co_positions()))
        self.assertEqual([i.offset for i in every], list(range(0, len(code.co_code), 2)))
        self.assertEqual([i for i in every if i.opname != "CACHE"], list(dis.get_instructions(loop)))
        self.assertGreater(dis.Bytecode(loop, show_caches=True).dis().count("CACHE"), 0)

    def test_table(self):
        self.assertEqual(opcode.opname[opcode.opmap["ADD_K"]], "ADD_K")
        self.assertIn(opcode.opmap["LOAD_CONST"], opcode.hasconst)
        self.assertIn(opcode.opmap["FOR_ITER"], opcode.hasjrel)


class Verifier(unittest.TestCase):
    def words(self, *instructions, head=True):
        if head:
            instructions = ("RESUME", 0, 0, 0), *instructions
        return b"".join((opcode.opmap[name] | a << 16 | b << 32 | c << 48).to_bytes(8, "little") for name, a, b, c in instructions)

    def refuse(self, why, *instructions):
        code = loop.__code__
        with self.assertRaises(ValueError) as caught:
            code.replace(co_code=self.words(*instructions), co_exceptiontable=b"", co_linetable=b"", co_consts=(None,), co_names=())
        self.assertIn(why, str(caught.exception))

    def test_registers(self):
        last = 0x8000
        temporary = loop.__code__.co_nlocals
        self.refuse("read of an empty temporary", ("RETURN", temporary | last, 0, 0))
        self.refuse("falls off", ("NOP", 0, 0, 0))
        self.refuse("constant out of range", ("RETURN_CONST", 0, 7, 0))
        self.refuse("register out of range", ("MOVE", 0, 500, 0), ("RETURN_CONST", 0, 0, 0))
        self.refuse("write over a live temporary", ("LOAD_CONST", temporary, 0, 0), ("LOAD_CONST", temporary, 0, 0), ("RETURN_CONST", 0, 0, 0))
        self.refuse("jump to no instruction", ("JUMP", 0, 9, 0))
        self.refuse("live temporaries differ", ("JUMP_IF_TRUE", 0, 1, 0), ("LOAD_CONST", temporary, 0, 0), ("RETURN_CONST", 0, 0, 0))

    def test_head(self):
        with self.assertRaisesRegex(ValueError, "does not begin with RESUME"):
            loop.__code__.replace(co_code=self.words(("RETURN_CONST", 0, 0, 0), head=False))
        with self.assertRaisesRegex(ValueError, "falls off"):
            loop.__code__.replace(co_code=self.words(), co_exceptiontable=b"", co_linetable=b"")

    def test_good_code_runs(self):
        code = loop.__code__.replace(co_code=self.words(("RETURN_CONST", 0, 0, 0)), co_exceptiontable=b"", co_linetable=b"", co_consts=(42,))
        self.assertEqual(types.FunctionType(code, {})(1), 42)


if __name__ == "__main__":
    unittest.main()
