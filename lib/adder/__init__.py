"""What Adder shows of itself.

    adder.layout(x)     what a value is made of: word, header, buffer, strides, owner, references
    adder.version       Adder's own version; sys.version is that of the language

The command line gives the rest: `adder --explain` shows a program stage by stage.
"""

from _adder import version
from adder._layout import Layout as layout

__all__ = ["layout", "version"]
