#!/usr/bin/python3.11
"""Writes src/modules/unicode_names.bin: the names of characters (Unicode 14), compressed by zlib.

Names come from Python 3.11's unicodedata; aliases and named sequences from Perl's list of the same version
(unicore/Name.pl), each checked against unicodedata. Names that follow from the code point (Hangul syllables, CJK
ideographs) are left out. The text: three sections, one line each entry, "step<TAB>name" with the step from the
entry before in hexadecimal, empty for 1; then aliases and sequences with full code points.
"""
import glob
import sys
import unicodedata as u
import zlib

names, last = [], -1
for c in range(sys.maxunicode + 1):
    name = u.name(chr(c), None)
    if name is None or name.startswith(('HANGUL SYLLABLE ', 'CJK UNIFIED IDEOGRAPH-')):
        continue
    step = c - last
    names.append(('' if step == 1 else f'{step:X}') + '\t' + name)
    last = c

aliases, sequences = [], []
with open(glob.glob('/usr/share/perl/5.*/unicore/Name.pl')[0]) as f:
    entries = f.read().split("<<'END';\n", 1)[1].split('\n\n')
for entry in entries:
    parts = entry.strip().split('\n')
    if len(parts) != 2:
        continue
    points, name = parts
    text = ''.join(chr(int(p, 16)) for p in points.split())
    try:
        found = u.lookup(name)
    except KeyError:
        continue
    if found != text or u.name(text, None) == name if len(text) == 1 else found != text:
        continue
    if name.startswith(('HANGUL SYLLABLE ', 'CJK UNIFIED IDEOGRAPH-')):
        continue
    line = ' '.join(f'{ord(ch):X}' for ch in text) + '\t' + name
    (aliases if len(text) == 1 else sequences).append(line)
blob = '\n\n'.join('\n'.join(section) for section in (names, aliases, sequences)) + '\n'
data = zlib.compress(blob.encode('ascii'), 9)
with open('src/modules/unicode_names.bin', 'wb') as f:
    f.write(len(blob).to_bytes(4, 'little') + data)
print(len(names), len(aliases), len(sequences), len(blob), len(data))
