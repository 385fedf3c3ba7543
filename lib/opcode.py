"""The instruction set of Adder's register machine, from the runtime's own table.

An instruction is a 64-bit word: opcode in bits 0 to 15, then the operands a, b and c of 16 bits each;
data words and inline caches follow. See docs/bytecode.md.
"""

import _opcode
from _opcode import stack_effect
from collections import namedtuple as _namedtuple

__all__ = ["cmp_op", "hasconst", "hasname", "hasjrel", "hasjabs",
           "haslocal", "hascompare", "hasfree", "opname", "opmap",
           "HAVE_ARGUMENT", "EXTENDED_ARG", "stack_effect"]

cmp_op = ('<', '<=', '==', '!=', '>', '>=')

Operation = _namedtuple("Operation", "name a b c data cache effects doc general")
operations = [Operation(*row) for row in _opcode.opcode_table()]

opname = [op.name for op in operations]
opmap = {name: number for number, name in enumerate(opname)}


def _with(*kinds):
    return [n for n, op in enumerate(operations) if any(k in kinds for k in (op.a, op.b, op.c))]


hasconst = _with("const", "const32")
hasname = _with("name")
hasjrel = [n for n, op in enumerate(operations) if "J" in op.effects]
hasjabs = []
haslocal = _with("out", "in", "node", "reg")
hascompare = [n for n, op in enumerate(operations) if op.name.startswith("COMPARE_")]
hasfree = _with("cell")

HAVE_ARGUMENT = 1     # every opcode but NOP has operands
EXTENDED_ARG = -1     # there is none: operands that do not fit follow in data words

_inline_cache_entries = [op.cache for op in operations]
_specializations = {}
for _op in operations:
    if _op.general != _op.name:
        _specializations.setdefault(_op.general, []).append(_op.name)
_specialized_instructions = [op.name for op in operations if op.general != op.name]
