"""Disassembler of Adder's register code into mnemonics.

The interface is that of CPython's module; offsets count bytes, eight an instruction word.
"""

import sys
import types
import collections
import io

import _opcode
from opcode import *
from opcode import (__all__ as _opcodes_all, operations as _operations)

__all__ = ["code_info", "dis", "disassemble", "distb", "disco",
           "findlinestarts", "findlabels", "show_code",
           "get_instructions", "Instruction", "Bytecode"] + _opcodes_all
del _opcodes_all

_have_code = (types.MethodType, types.FunctionType, types.CodeType,
              classmethod, staticmethod, type)


def _try_compile(source, name):
    """Attempts to compile the given source, first as an expression and
       then as a statement if the first approach fails.
    """
    try:
        return compile(source, name, 'eval')
    except SyntaxError:
        return compile(source, name, 'exec')


def dis(x=None, *, file=None, depth=None, show_caches=False, adaptive=False):
    """Disassemble classes, methods, functions, and other compiled objects.

    With no argument, disassemble the last traceback.

    Compiled objects currently include generator objects, async generator
    objects, and coroutine objects, all of which store their code object
    in a special attribute.
    """
    if x is None:
        distb(file=file, show_caches=show_caches, adaptive=adaptive)
        return
    if hasattr(x, '__func__'):
        x = x.__func__
    if hasattr(x, '__code__'):
        x = x.__code__
    elif hasattr(x, 'gi_code'):
        x = x.gi_code
    elif hasattr(x, 'ag_code'):
        x = x.ag_code
    elif hasattr(x, 'cr_code'):
        x = x.cr_code
    if hasattr(x, '__dict__'):
        for name, member in sorted(x.__dict__.items()):
            if isinstance(member, _have_code):
                print("Disassembly of %s:" % name, file=file)
                try:
                    dis(member, file=file, depth=depth, show_caches=show_caches, adaptive=adaptive)
                except TypeError as msg:
                    print("Sorry:", msg, file=file)
                print(file=file)
    elif hasattr(x, 'co_code'):
        _disassemble_recursive(x, file=file, depth=depth, show_caches=show_caches, adaptive=adaptive)
    elif isinstance(x, str):
        _disassemble_recursive(_try_compile(x, '<dis>'), file=file, depth=depth,
                               show_caches=show_caches, adaptive=adaptive)
    else:
        raise TypeError("don't know how to disassemble %s objects" % type(x).__name__)


def distb(tb=None, *, file=None, show_caches=False, adaptive=False):
    """Disassemble a traceback (default: last traceback)."""
    if tb is None:
        try:
            tb = sys.last_traceback
        except AttributeError:
            raise RuntimeError("no last traceback to disassemble") from None
        while tb.tb_next:
            tb = tb.tb_next
    disassemble(tb.tb_frame.f_code, tb.tb_lasti, file=file, show_caches=show_caches, adaptive=adaptive)


COMPILER_FLAG_NAMES = {
     1: "OPTIMIZED",
     2: "NEWLOCALS",
     4: "VARARGS",
     8: "VARKEYWORDS",
    16: "NESTED",
    32: "GENERATOR",
    64: "NOFREE",
   128: "COROUTINE",
   256: "ITERABLE_COROUTINE",
   512: "ASYNC_GENERATOR",
}


def pretty_flags(flags):
    """Return pretty representation of code flags."""
    names = []
    for i in range(32):
        flag = 1 << i
        if flags & flag:
            names.append(COMPILER_FLAG_NAMES.get(flag, hex(flag)))
            flags ^= flag
            if not flags:
                break
    else:
        names.append(hex(flags))
    return ", ".join(names)


def _get_code_object(x):
    """Helper to handle methods, compiled or raw code objects, and strings."""
    if hasattr(x, '__func__'):
        x = x.__func__
    if hasattr(x, '__code__'):
        x = x.__code__
    elif hasattr(x, 'gi_code'):
        x = x.gi_code
    elif hasattr(x, 'ag_code'):
        x = x.ag_code
    elif hasattr(x, 'cr_code'):
        x = x.cr_code
    if isinstance(x, str):
        x = _try_compile(x, "<disassembly>")
    if hasattr(x, 'co_code'):
        return x
    raise TypeError("don't know how to disassemble %s objects" % type(x).__name__)


def code_info(x):
    """Formatted details of methods, functions, or code."""
    return _format_code_info(_get_code_object(x))


def _format_code_info(co):
    lines = []
    lines.append("Name:              %s" % co.co_name)
    lines.append("Filename:          %s" % co.co_filename)
    lines.append("Argument count:    %s" % co.co_argcount)
    lines.append("Positional-only arguments: %s" % co.co_posonlyargcount)
    lines.append("Kw-only arguments: %s" % co.co_kwonlyargcount)
    lines.append("Number of locals:  %s" % co.co_nlocals)
    lines.append("Stack size:        %s" % co.co_stacksize)
    lines.append("Flags:             %s" % pretty_flags(co.co_flags))
    for title, values in (("Constants", co.co_consts), ("Names", co.co_names),
                          ("Variable names", co.co_varnames), ("Free variables", co.co_freevars),
                          ("Cell variables", co.co_cellvars)):
        if values:
            lines.append(title + ":")
            for i, value in enumerate(values):
                lines.append("%4d: %s" % (i, repr(value) if title == "Constants" else value))
    return "\n".join(lines)


def show_code(co, *, file=None):
    """Print details of methods, functions, or code to *file*.

    If *file* is not provided, the output is printed on stdout.
    """
    print(code_info(co), file=file)


Positions = collections.namedtuple(
    'Positions',
    ['lineno', 'end_lineno', 'col_offset', 'end_col_offset'],
    defaults=[None] * 4
)

_Instruction = collections.namedtuple(
    "_Instruction",
    ['opname', 'opcode', 'arg', 'argval', 'argrepr', 'offset', 'starts_line', 'is_jump_target', 'positions'],
    defaults=[None]
)

_Instruction.opname.__doc__ = "Human readable name for operation"
_Instruction.opcode.__doc__ = "Numeric code for operation"
_Instruction.arg.__doc__ = "The three operands as one number"
_Instruction.argval.__doc__ = "Target of a jump, constant or name if the operation has just that, else the operands' text"
_Instruction.argrepr.__doc__ = "Human readable description of the operands"
_Instruction.offset.__doc__ = "Start index of operation within bytecode sequence"
_Instruction.starts_line.__doc__ = "Line started by this opcode (if any), otherwise None"
_Instruction.is_jump_target.__doc__ = "True if other code jumps to here, otherwise False"
_Instruction.positions.__doc__ = "dis.Positions object holding the span of source code covered by this instruction"

_ExceptionTableEntry = collections.namedtuple("_ExceptionTableEntry", "start end target depth lasti")


class Instruction(_Instruction):
    """Details for a bytecode operation

       Defined fields:
         opname - human readable name for operation
         opcode - numeric code for operation
         arg - the operands as one number
         argval - target of a jump, constant or name, else same as argrepr
         argrepr - human readable description of the operands
         offset - start index of operation within bytecode sequence
         starts_line - line started by this opcode (if any), otherwise None
         is_jump_target - True if other code jumps to here, otherwise False
         positions - Optional dis.Positions object holding the span of source code
                     covered by this instruction
    """

    def _disassemble(self, lineno_width=3, mark_as_current=False, offset_width=4):
        fields = []
        if lineno_width:
            if self.starts_line is not None:
                fields.append("%*d" % (lineno_width, self.starts_line))
            else:
                fields.append(' ' * lineno_width)
        fields.append('-->' if mark_as_current else '   ')
        fields.append('>>' if self.is_jump_target else '  ')
        fields.append(repr(self.offset).rjust(offset_width))
        fields.append(self.opname.ljust(24))
        fields.append(self.argrepr)
        return ' '.join(fields).rstrip()


def get_instructions(x, *, first_line=None, show_caches=False, adaptive=False):
    """Iterator for the opcodes in methods, functions or code

    Generates a series of Instruction named tuples giving the details of
    each operations in the supplied code.

    If *first_line* is not None, it indicates the line number that should
    be reported for the first source line in the disassembled code.
    Otherwise, the source line information (if any) is taken directly from
    the disassembled code object.

    If *show_caches* is true, an instruction named CACHE stands for each further
    code unit (two bytes), so that there are as many as co_positions() has entries.
    """
    co = _get_code_object(x)
    line_offset = first_line - co.co_firstlineno if first_line is not None else 0
    return _get_instructions(co, line_offset, adaptive, show_caches)


def _argval(co, opcode, word, target, operands):
    if target is not None:
        return target
    op = _operations[opcode]
    a, b, c = word >> 16 & 0xFFFF, word >> 32 & 0xFFFF, word >> 48 & 0xFFFF
    for kind, value in ((op.a, a), (op.b, b), (op.c, c)):
        if kind == "const":
            return co.co_consts[value]
        if kind == "const32":
            return co.co_consts[word >> 32]
        if kind == "name":
            return co.co_names[value]
    if op.name == "MAKE_FUNCTION":
        return None
    return operands


def _get_instructions(co, line_offset=0, adaptive=False, show_caches=False):
    starts = dict(findlinestarts(co))
    labels = set(findlabels(co))
    labels.update(entry.target for entry in _parse_exception_table(co))
    code = co.co_code
    positions = list(co.co_positions())
    for offset, opcode, words, operands, target in _opcode.instructions(co, adaptive):
        word = int.from_bytes(code[offset:offset + 8], "little")
        line = starts.get(offset)
        place = Positions(*positions[offset // 2])
        yield Instruction(opname[opcode], opcode, word >> 16, _argval(co, opcode, word, target, operands), operands,
                          offset, None if line is None else line + line_offset, offset in labels, place)
        if show_caches:
            for further in range(offset + 2, offset + 8 * words, 2):
                yield Instruction("CACHE", None, None, None, "", further, None, False, place)


def _parse_exception_table(code):
    return [_ExceptionTableEntry(*row) for row in _opcode.exception_table(code)]


def disassemble(co, lasti=-1, *, file=None, show_caches=False, adaptive=False):
    """Disassemble a code object."""
    _disassemble_lines(co, lasti, file=file, adaptive=adaptive, show_caches=show_caches)


def _disassemble_lines(co, lasti=-1, *, file=None, line_offset=0, adaptive=False, show_caches=False):
    lines = [line for _, line in findlinestarts(co)]
    width = max(3, len(str(max(lines) + line_offset))) if lines else 0
    offset_width = max(4, len(str(len(co.co_code))))
    for instr in _get_instructions(co, line_offset, adaptive, show_caches):
        if instr.offset % 8:
            continue
        if instr.starts_line is not None and instr.offset > 0:
            print(file=file)
        print(instr._disassemble(width, instr.offset == lasti, offset_width), file=file)
    entries = _parse_exception_table(co)
    if entries:
        print("ExceptionTable:", file=file)
        for entry in entries:
            print(f"  {entry.start} to {entry.end - 8} -> {entry.target} [{entry.depth}]{' lasti' if entry.lasti else ''}",
                  file=file)


def _disassemble_recursive(co, *, file=None, depth=None, show_caches=False, adaptive=False):
    disassemble(co, file=file, show_caches=show_caches, adaptive=adaptive)
    if depth is None or depth > 0:
        if depth is not None:
            depth = depth - 1
        for x in co.co_consts:
            if hasattr(x, 'co_code'):
                print(file=file)
                print("Disassembly of %r:" % (x,), file=file)
                _disassemble_recursive(x, file=file, depth=depth, show_caches=show_caches, adaptive=adaptive)


disco = disassemble                     # XXX For backwards compatibility


def findlabels(code):
    """Detect all offsets in a code object which are jump targets.

    Return the list of offsets.
    """
    labels = []
    for _, _, _, _, target in _opcode.instructions(code):
        if target is not None and target not in labels:
            labels.append(target)
    return labels


def findlinestarts(code):
    """Find the offsets in a byte code which are start of lines in the source.

    Generate pairs (offset, lineno)
    """
    lastline = None
    for start, end, line in code.co_lines():
        if line is not None and line != lastline:
            lastline = line
            yield start, line


def _find_imports(co):
    """Find import statements in the code

    Generate triplets (name, level, fromlist) where
    name is the imported module and level, fromlist are
    the corresponding args to __import__.
    """
    known = {}
    load, name_op = opmap["LOAD_CONST"], opmap["IMPORT_NAME"]
    code = co.co_code
    for offset, opcode, words, operands, target in _opcode.instructions(co):
        word = int.from_bytes(code[offset:offset + 8], "little")
        if opcode == load:
            known[word >> 16 & 0x7FFF] = co.co_consts[word >> 32]
        elif opcode == name_op:
            window = word >> 32 & 0xFFFF
            yield co.co_names[word >> 48], known.get(window, 0), known.get(window + 1)


def _find_store_names(co):
    """Find names of variables which are written in the code

    Generate sequence of strings
    """
    stores = {opmap["STORE_NAME"], opmap["STORE_GLOBAL"]}
    code = co.co_code
    for offset, opcode, words, operands, target in _opcode.instructions(co):
        if opcode in stores:
            word = int.from_bytes(code[offset:offset + 8], "little")
            yield co.co_names[word >> 32 & 0xFFFF]


class Bytecode:
    """The bytecode operations of a piece of code

    Instantiate this with a function, method, other compiled object, string of
    code, or a code object (as returned by compile()).

    Iterating over this yields the bytecode operations as Instruction instances.
    """
    def __init__(self, x, *, first_line=None, current_offset=None, show_caches=False, adaptive=False):
        self.codeobj = co = _get_code_object(x)
        if first_line is None:
            self.first_line = co.co_firstlineno
            self._line_offset = 0
        else:
            self.first_line = first_line
            self._line_offset = first_line - co.co_firstlineno
        self._original_object = x
        self.current_offset = current_offset
        self.exception_entries = _parse_exception_table(co)
        self.show_caches = show_caches
        self.adaptive = adaptive

    def __iter__(self):
        return _get_instructions(self.codeobj, self._line_offset, self.adaptive, self.show_caches)

    def __repr__(self):
        return "{}({!r})".format(self.__class__.__name__, self._original_object)

    @classmethod
    def from_traceback(cls, tb, *, show_caches=False, adaptive=False):
        """ Construct a Bytecode from the given traceback """
        while tb.tb_next:
            tb = tb.tb_next
        return cls(tb.tb_frame.f_code, current_offset=tb.tb_lasti, show_caches=show_caches, adaptive=adaptive)

    def info(self):
        """Return formatted information about the code object."""
        return _format_code_info(self.codeobj)

    def dis(self):
        """Return a formatted view of the bytecode operations."""
        offset = self.current_offset if self.current_offset is not None else -1
        with io.StringIO() as output:
            _disassemble_lines(self.codeobj, offset, file=output, line_offset=self._line_offset, adaptive=self.adaptive, show_caches=self.show_caches)
            return output.getvalue()


def _test():
    """Simple test program to disassemble a file."""
    import argparse
    parser = argparse.ArgumentParser()
    parser.add_argument('infile', type=argparse.FileType('rb'), nargs='?', default='-')
    args = parser.parse_args()
    with args.infile as infile:
        source = infile.read()
    dis(compile(source, args.infile.name, "exec"))


if __name__ == "__main__":
    _test()
