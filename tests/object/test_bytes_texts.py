"""bytes: what expressions give, errors to the letter. Each case is an expression, and the repr of its value or its error."""

import codecs
import unittest
import warnings

CASES = [
    ("'a'.index('b')", 'ValueError: substring not found'),
    ("'a'.rindex('b')", 'ValueError: substring not found'),
    ("'a'['b']", "TypeError: string indices must be integers, not 'str'"),
    ("'a'*'b'", "TypeError: can't multiply sequence by non-int of type 'str'"),
    ("str(b'a','x',1,1)", 'TypeError: str() takes at most 3 arguments (4 given)'),
    ("''.maketrans('a','b',1)", 'TypeError: maketrans() argument 3 must be str, not int'),
    ("''.maketrans(1,'b')", 'TypeError: first maketrans argument must be a string if there is a second argument'),
    ("'a'.find('a','b')", 'TypeError: slice indices must be integers or None or have an __index__ method'),
    ("str(b'a',1)", "TypeError: str() argument 'encoding' must be str, not int"),
    ("str(b'a','ascii',1)", "TypeError: str() argument 'errors' must be str, not int"),
    ("'a'.__mul__('b')", "TypeError: 'str' object cannot be interpreted as an integer"),
    ("''.maketrans('a','b','c','d')", 'TypeError: maketrans expected at most 3 arguments, got 4'),
    ("str(b'a',encoding='ascii')", "'a'"),
    ("b'%.99999999999d'%1", 'ValueError: prec too big'),
    ("b'%99999999999999999999d'%1", 'ValueError: width too big'),
    ("b'%f'%'a'", 'TypeError: float argument required, not str'),
    ("b'%c'%'a'", 'TypeError: %c requires an integer in range(256) or a single byte'),
    ("b'%c'%256", 'OverflowError: %c arg not in range(256)'),
    ("b'%b'%'a'", "TypeError: %b requires a bytes-like object, or an object that implements __bytes__, not 'str'"),
    ("b'%d'%'a'", 'TypeError: %d format: a real number is required, not str'),
    ("b'%s'%1", "TypeError: %b requires a bytes-like object, or an object that implements __bytes__, not 'int'"),
    ("b'%a'%'\\u1234'", 'b"\'\\\\u1234\'"'),
    ("b'%(a)s'%{b'a':b'x'}", "b'x'"),
    ("b'%'%()", 'ValueError: incomplete format'),
    ("b'%.1s'%b'abc'", "b'a'"),
    ("b'abc'%b'a'", 'TypeError: not all arguments converted during bytes formatting'),
    ("b'a'.index(b'b')", 'ValueError: subsection not found'),
    ("bytes('a')", 'TypeError: string argument without an encoding'),
    ("bytes(1,'a')", 'TypeError: encoding without a string argument'),
    ("bytes(encoding='a')", 'TypeError: encoding without a string argument'),
    ("bytes(errors='a')", 'TypeError: errors without a string argument'),
    ('bytes(1.5)', "TypeError: cannot convert 'float' object to bytes"),
    ('bytearray(1.5)', "TypeError: cannot convert 'float' object to bytearray"),
    ('bytes(-1)', 'ValueError: negative count'),
    ('bytes([256])', 'ValueError: bytes must be in range(0, 256)'),
    ('bytearray([256])', 'ValueError: byte must be in range(0, 256)'),
    ("bytes(['a'])", "TypeError: 'str' object cannot be interpreted as an integer"),
    ("b'a'+1", "TypeError: can't concat int to bytes"),
    ("bytearray(b'a')+1", "TypeError: can't concat int to bytearray"),
    ("b'a'['a']", 'TypeError: byte indices must be integers or slices, not str'),
    ("bytearray(b'a')['a']", 'TypeError: bytearray indices must be integers or slices, not str'),
    ("b'a'[3]", 'IndexError: index out of range'),
    ("bytearray(b'a')[3]", 'IndexError: bytearray index out of range'),
    ("bytes.fromhex('a')", 'ValueError: non-hexadecimal number found in fromhex() arg at position 1'),
    ("bytes.fromhex('ax')", 'ValueError: non-hexadecimal number found in fromhex() arg at position 1'),
    ('bytes.fromhex(1)', 'TypeError: fromhex() argument must be str, not int'),
    ("b'abc'.hex(1)", "TypeError: object of type 'int' has no len()"),
    ("b'abc'.hex('')", 'ValueError: sep must be length 1.'),
    ("b'abc'.hex('\\u1234')", 'ValueError: sep must be ASCII.'),
    ("b'abcdef'.hex('-',2)", "'6162-6364-6566'"),
    ("b'abcdef'.hex('-',-4)", "'61626364-6566'"),
    ("bytes.maketrans(b'a',b'')", 'ValueError: maketrans arguments must have same length'),
    ("bytes.maketrans(1,b'')", "TypeError: a bytes-like object is required, not 'int'"),
    ("b''.join([1])", 'TypeError: sequence item 0: expected a bytes-like object, int found'),
    ("'a' in b'a'", "TypeError: a bytes-like object is required, not 'str'"),
    ("300 in b'a'", 'ValueError: byte must be in range(0, 256)'),
    ("b'a'.center(3,b'ab')", 'TypeError: center() argument 2 must be a byte string of length 1, not bytes'),
    ("b'a'.startswith('a')", 'TypeError: startswith first arg must be bytes or a tuple of bytes, not str'),
    ("b'a'.startswith(('a',))", "TypeError: a bytes-like object is required, not 'str'"),
    ("b'a'.find('a')", "TypeError: argument should be integer or bytes-like object, not 'str'"),
    ("b'a'.find(300)", 'ValueError: byte must be in range(0, 256)'),
    ("b'a'.decode(1)", "TypeError: decode() argument 'encoding' must be str, not int"),
    ("b'a'.replace(1,2)", "TypeError: a bytes-like object is required, not 'int'"),
    ("b'a'.translate(b'a')", 'ValueError: translation table must be 256 characters long'),
    ("b'a'.strip(1)", "TypeError: a bytes-like object is required, not 'int'"),
    ("b'a'*'a'", "TypeError: can't multiply sequence by non-int of type 'str'"),
    ('bytearray().pop()', 'IndexError: pop from empty bytearray'),
    ("bytes(b'a',b'b',b'c',1)", 'TypeError: bytes() takes at most 3 arguments (4 given)'),
    ("bytes('a',1)", "TypeError: bytes() argument 'encoding' must be str, not int"),
    ('bytearray(1,2,3,4)', 'TypeError: bytearray() takes at most 3 arguments (4 given)'),
    ('bytes(source=1,foo=1)', "TypeError: 'foo' is an invalid keyword argument for bytes()"),
    ("bytearray('a')", 'TypeError: string argument without an encoding'),
    ("b'%b'%1", "TypeError: %b requires a bytes-like object, or an object that implements __bytes__, not 'int'"),
    ("bytes(b'a','b')", 'TypeError: encoding without a string argument'),
    ("b'a'.maketrans(b'a')", 'TypeError: maketrans expected 2 arguments, got 1'),
    ("bytes.maketrans(b'a',b'b',b'c')", 'TypeError: maketrans expected 2 arguments, got 3'),
    ("b'a'<'a'", "TypeError: '<' not supported between instances of 'bytes' and 'str'"),
    ("'{0!r:>10} {a[b].real:x} {}'.format(1,a={'b':255})", 'ValueError: cannot switch from manual field specification to automatic field numbering'),
    ("'abcabc'.replace('b','XX',1)", "'aXXcabc'"),
]


class Texts(unittest.TestCase):
    def test_cases(self):
        for expression, expected in CASES:
            with self.subTest(expression):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    code = compile(expression, "<case>", "eval")
                try:
                    got = repr(eval(code, {"codecs": codecs}))
                except Exception as e:
                    got = f"{type(e).__name__}: {e}"
                self.assertEqual(got, expected)


if __name__ == "__main__":
    unittest.main()
