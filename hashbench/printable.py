"""Text that any terminal, file and XML document can hold."""

from __future__ import annotations

import re

_UNPRINTABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


def printable(text: str) -> str:
    r"""Return a text with lone surrogates and control characters as backslash escapes, such as ``\ud83d``.

    The text can then be encoded as UTF-8, moves no cursor of a terminal, and is allowed in XML. Line feeds
    stay.
    """
    return _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def printable_line(text: str) -> str:
    """Return ``printable`` of a text in one line: white space of any kind becomes single spaces."""
    return printable(" ".join(text.split()))
