"""Citations of methods and datasets as BibTeX, under keys that do not change."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from hashbench.printable import printable_line
from hashbench.specs import Citation

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    "†": r"\textsuperscript{\dag}",
    "‡": r"\textsuperscript{\ddag}",
    "§": r"\textsuperscript{\S}",
}
_SMALL = {"a", "an", "the", "on", "of", "for", "to", "in"}


def citation_key(citation: Citation) -> str:
    """Return first author, year and first word of the title, such as "charikar2002similarity"."""
    author = re.split(r",| and ", citation.authors)[0]
    words = [_letters(word) for word in re.findall(r"[\w-]+", citation.title)]
    first = next((word for word in words if word and word not in _SMALL), "")
    return f"{_letters(author)}{citation.year}{first}"


def to_bibtex(citations: Iterable[Citation]) -> str:
    """Return the entries of citations, by key, each once."""
    by_key = {citation_key(citation): citation for citation in citations}
    return "\n".join(_entry(key, citation) for key, citation in sorted(by_key.items()))


def escaped(text: str) -> str:
    """Return a text as LaTeX prints it, in one line."""
    return "".join(_SPECIAL.get(character, character) for character in printable_line(text))


def _entry(key: str, citation: Citation) -> str:
    fields = {
        "author": escaped(citation.authors).replace(", ", " and "),
        "title": f"{{{escaped(citation.title)}}}",
        "howpublished": escaped(citation.venue),
        "year": str(citation.year),
        "url": printable_line(citation.url),
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@misc{{{key},", *lines, "}", ""])


def _letters(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]", "", plain)
