"""Which scripts the documents are written in, so that a wrong encoding is seen."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

MOST_NAMED = 5


@dataclass(frozen=True)
class Scripts:
    """The scripts of a corpus.

    Attributes:
        shares: share of all letters by script, the most frequent first, as Unicode names them.
        with_marks: documents with combining marks, such as vowel signs and decomposed accents.
        marked: the scripts of these marks; "combining" are those of no script.
    """

    shares: tuple[tuple[str, float], ...]
    with_marks: int
    marked: tuple[str, ...]

    def __str__(self) -> str:
        named = ", ".join(f"{name} {share:.1%}" for name, share in self.shares[:MOST_NAMED]) or "no letters"
        if not self.with_marks:
            return f"{named}; no combining marks"
        return f"{named}; combining marks in {self.with_marks:,} documents ({', '.join(self.marked)})"


def scripts_of(texts: Sequence[str]) -> Scripts:
    """Return the scripts of some texts."""
    characters: Counter[str] = Counter()
    for text in texts:
        characters.update(text)
    letters: Counter[str] = Counter()
    marks = []
    for character, count in characters.items():
        category = unicodedata.category(character)
        if category[0] == "L":
            letters[_script(character)] += count
        elif category[0] == "M":
            marks.append(character)
    total = sum(letters.values())
    pattern = re.compile(f"[{re.escape(''.join(marks))}]") if marks else None
    return Scripts(
        tuple((name, count / total) for name, count in letters.most_common()),
        sum(bool(pattern.search(text)) for text in texts) if pattern else 0,
        tuple(sorted({_script(mark) for mark in marks})),
    )


def _script(character: str) -> str:
    name = unicodedata.name(character, "unnamed").split(maxsplit=1)[0]
    return name if name == "CJK" else name.capitalize()
