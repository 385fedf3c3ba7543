# Programs for tools/run_tests.py: each section runs on its own.
# --- methods
s = "Hello, World"
print(s.upper(), s.lower(), s.swapcase(), s.title(), s.capitalize(), s.casefold(), s.center(20, "*"), s.ljust(14) + "|", s.rjust(14), s.zfill(14))
print(s.find("o"), s.rfind("o"), s.index("W"), s.count("l"), s.find("zz"), s.find("o", 5), s.replace("l", "L", 2), s.startswith("He"), s.endswith(("x", "ld")))
print("a,b,,c".split(","), " a  b ".split(), "a-b-c".rsplit("-", 1), "a\nb\r\nc".splitlines(), "abc".partition("b"), "abcbd".rpartition("b"), "k=v".split("=", 1))
print("  x ".strip() + "|", "xxaxx".strip("x"), "abc".lstrip("a"), "abc".rstrip("c"), "prefix-x".removeprefix("prefix-"), "x.py".removesuffix(".py"))
print("12".isdigit(), "a1".isalnum(), "ab".isalpha(), " ".isspace(), "Ab".istitle(), "AB".isupper(), "x".isidentifier(), "é".isascii(), "½".isnumeric(), "\n".isprintable())
print("-".join(["a", "b"]), "abc" * 2, "a" "b", "a" in "abc", "abc"[1], len("añ😀"), "a\tb".expandtabs(4), "abc".translate({97: "x", 98: None}), str.maketrans("ab", "xy"))
# --- unicode
s = "aé漢😀"
print(s, len(s), s[::-1], s.encode(), s.encode("utf-16-le"), [hex(ord(c)) for c in s], s.upper(), "ß".upper(), "İ".lower(), "ﬁ".casefold(), repr("\x00\x7f\u200b\ud800é"))
print("é" == "e\u0301", "abc" < "abd", "Z" < "a", "é" > "z", sorted("éaz"), "😀" in s, s.find("漢"), s.replace("漢", "x"), ascii(s), "Straße".lower())
import unicodedata
print(unicodedata.name("é"), unicodedata.normalize("NFD", "é") == "e\u0301", unicodedata.category("a"), unicodedata.lookup("BULLET"))
# --- building
s = ""
for i in range(1000): s += str(i % 10)
print(len(s), s[:12], hash(s) == hash("".join(str(i % 10) for i in range(1000))))
t = s
s += "x"
print(len(t), len(s))
l = []
for c in "abc": l.append(c * 2)
print("".join(l), "".join(c for c in "x-y" if c != "-"), ", ".join(map(str, [1, 2.5, None])))
# --- repr
for x in ("it's", 'say "hi"', "both ' and \"", "a\\b", "\t\n\r", "\x1b", "é", "\u2028", "\U0001F600", b"it's", b"\x00\n\\", ""):
    print(repr(x), str(x) if isinstance(x, str) and x.isprintable() else "")
# --- format spec
for spec in ("", "5", "<5", ">5", "^5", "*^7", "05", "+", " ", "d", "x", "#x", "b", "o", "c", "e", ".2e", "f", ".0f", "g", "n", "%", ",", "_", ",.2f", "08.3f", "+08,.2f"):
    for v in (42, -7, 3.14159, 1234567.891, True):
        try: print(spec, "|" + format(v, spec) + "|")
        except (ValueError, OverflowError) as e: print(spec, v, "->", e)
for spec in ("", "10", "<10", ">10", "^10", ".2", "*^10.3", "s", "5s", "=5", "d"):
    try: print(spec, "|" + format("text", spec) + "|")
    except ValueError as e: print(spec, "->", e)
# --- float text
for x in (0.1, 1.0, 100.0, 1e15, 1e16, 1e17, 1.5e-5, 0.0001, 123456789.123456789, 1e22, 1e23, 5e-324, 1.7976931348623157e308, -0.0, float("inf"), 2/3, 1e100, 0.1 + 0.2, 1e-7):
    print(repr(x), str(x), f"{x:.3f}"[:40], f"{x:g}", f"{x:e}", x.hex(), x.is_integer())
print(float.fromhex("0x1.8p3"), (0.75).as_integer_ratio(), round(1234.5678, 2), round(1234.5678, -2), round(0.5), round(1.5), round(-2.5), round(1e20), round(5, -1), round(15, -1))
# --- percent formatting
print("%5d|%-5d|%05d|%+d|% d|%x|%X|%#x|%o|%e|%E|%.3f|%10.2f|%-10.2f|%g|%G|%c|%c|%s|%r|%a|%%" % (1, 2, 3, 4, 5, 255, 255, 255, 8, 12345.678, 12345.678, 3.14159, 2.5, 2.5, 1e10, 1e-10, 65, "B", [1], "q", "é"))
print("%*d|%.*f" % (5, 42, 2, 3.14159), "%(x)s %(y)05.1f" % {"x": 1, "y": 2.25}, "%.2s" % "abc", "%5s|%-5s|" % ("a", "b"), "%d" % 3.99, "%i" % True, "%s" % None)
# --- encodings
for enc in ("utf-8", "utf-16", "utf-32-be", "latin-1", "cp1252", "ascii", "utf-8-sig", "koi8-r"):
    for err in ("strict", "replace", "ignore", "backslashreplace", "xmlcharrefreplace"):
        try: print(enc, err, "aé€".encode(enc, err))
        except UnicodeError as e: print(enc, err, e)
print(b"\xff\xfea".decode("utf-8", "replace"), b"\xe9".decode("latin-1"), b"a\xff".decode("ascii", "surrogateescape").encode("ascii", "surrogateescape"), b"\xf0\x9f".decode(errors="ignore"))
for b in (b"\xff", b"\xc3", b"\xe2\x28\xa1", b"\xf0\x9f\x98", b"\xed\xa0\x80"):
    try: b.decode()
    except UnicodeDecodeError as e: print(e)
# --- regular expressions
import re
m = re.match(r"(?P<k>\w+)=(?P<v>\d+)", "key=42 rest")
print(m.group(), m["k"], m.groups(), m.groupdict(), m.span("v"), m.end(), m)
print(re.findall(r"\d+", "a1b22"), re.sub(r"(\w)(\d)", r"\2\1", "a1 b2"), re.split(r"[,;]\s*", "a, b;c"), re.sub("x", lambda m: m.group() * 2, "axb"), re.search("(?i)WORLD", "hello world").start())
print([m.group() for m in re.finditer(r"(?<=a)b+?", "abb ab")], re.fullmatch("a*", "aaa") is not None, re.compile("a|b", re.X).pattern, re.escape("a.b*c"), re.match("(a)|(b)", "b").groups())
try: re.compile("(")
except re.error as e: print(e)
# --- string module and templates
import string, textwrap
print(string.ascii_lowercase, string.Template("$x ${y}").substitute(x=1, y=2), textwrap.fill("the quick brown fox jumps", 10), textwrap.dedent("  a\n   b"), string.capwords("a bc"))
# --- interning and identity
import sys
a = "hello"; b = "hel" + "lo"; c = "".join(["hel", "lo"])
print(a is b, a == c, sys.intern(c) is sys.intern(a), "" is str(), "a" is "abc"[0])
