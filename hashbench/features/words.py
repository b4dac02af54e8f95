"""What a word is: the one rule of all featurizers that cut texts into words.

Texts are brought into Unicode normalisation form C and lower-cased. A word is a run of letters, digits and
underscores, each with the combining marks that follow it, and has at least two of them, not counting the
marks: "é" is one letter however it is encoded, and so is Devanagari "का", a consonant with a vowel sign. The
Turkish "İ" becomes "i" with a combining dot. Other texts without marks have the words of scikit-learn's rule.

Two kinds of characters are taken out of a text first, because they choose a form of the characters around
them and have no meaning of their own: variation selectors, and zero-width joiners and non-joiners beside a
virama, as in Indic scripts. Elsewhere the joiners separate words. In Persian, the non-joiner stands between
the parts of a compound, many of which are written with a space as well.

Texts of scripts without spaces between words, such as Thai and Chinese, are cut at punctuation and spaces
alone; such texts have to be segmented beforehand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from itertools import groupby
from unicodedata import category, combining, normalize

from sklearn.feature_extraction.text import CountVectorizer

CHARACTERS_WITH_MARKS = range(0x20000)
"""Code points among which all combining marks are, but for variation selectors."""
VIRAMA = 9
"""Canonical combining class of the signs that take the vowel from a consonant."""
JOINERS = "\u200c\u200d"
VARIATION_SELECTORS = "\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"

_ASCII_WORD = re.compile(r"\w\w+")


def word_counter(stop_words: str | None) -> CountVectorizer:
    """Return a counter of the words of texts, not fitted.

    Args:
        stop_words: "english" for scikit-learn's list, or None.
    """
    return CountVectorizer(
        preprocessor=normalised, tokenizer=words_of, token_pattern=None, stop_words=stop_words
    )


def normalised(text: str) -> str:
    """Return a text in normalisation form C, lower-cased, without the characters that are ignored."""
    if text.isascii():
        return text.lower()
    visible = _ignored().sub("", normalize("NFC", text))
    return normalize("NFC", visible.lower())


def words_of(text: str) -> list[str]:
    """Return the words of a normalised text, in their order."""
    return (_ASCII_WORD if text.isascii() else _word()).findall(text)


@cache
def _word() -> re.Pattern[str]:
    marks = _character_class(code for code in CHARACTERS_WITH_MARKS if category(chr(code)).startswith("M"))
    return re.compile(rf"\w(?:\w|[{marks}]+\w)[\w{marks}]*")


@cache
def _ignored() -> re.Pattern[str]:
    viramas = _character_class(code for code in CHARACTERS_WITH_MARKS if combining(chr(code)) == VIRAMA)
    beside_virama = rf"(?<=[{viramas}].)|(?=[{viramas}])"
    return re.compile(rf"[{JOINERS}{VARIATION_SELECTORS}](?:(?<![{JOINERS}])|{beside_virama})")


def _character_class(codes: Iterable[int]) -> str:
    """Return ascending code points as the inside of a character class, in ranges, which match fast."""
    runs = (list(run) for _, run in groupby(enumerate(codes), key=lambda pair: pair[1] - pair[0]))
    return "".join(f"{chr(run[0][1])}-{chr(run[-1][1])}" for run in runs)
