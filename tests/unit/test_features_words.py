"""What is a word, in scripts with combining marks and without."""

import pickle
import sys
from functools import cache
from unicodedata import category, is_normalized, normalize

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer

from hashbench.features.binary import Binary
from hashbench.features.doc2vec import Doc2Vec
from hashbench.features.words import normalised, word_counter, words_of

ZWNJ, ZWJ = "\u200c", "\u200d"
LIMITS = {"min_df": 1, "max_df": 1.0}

by_scikit_learn = CountVectorizer().build_analyzer()


def words(text: str) -> list[str]:
    return words_of(normalised(text))


def random_texts(alphabet: list[str], n: int, length: int = 40) -> list[str]:
    chosen = np.random.default_rng(0).integers(len(alphabet), size=(n, length))
    return ["".join(alphabet[number] for number in row) for row in chosen]


@cache
def characters() -> list[str]:
    codes = (code for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000)
    return [character for code in codes if category(character := chr(code)) not in ("Cn", "Co")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("हिन्दी में लिखी किताबें, विद्यालय।", ["हिन्दी", "लिखी", "किताबें", "विद्यालय"]),
        ("நூலகம் பள்ளி", ["நூலகம்", "பள்ளி"]),
        ("ที่นี่ ประเทศไทย", ["ที่นี่", "ประเทศไทย"]),
        ("اللُّغَةُ العَرَبِيَّةُ", ["اللُّغَةُ", "العَرَبِيَّةُ"]),
        ("בְּרֵאשִׁית בָּרָא", ["בְּרֵאשִׁית", "בָּרָא"]),
        ("Tiếng Việt: nghĩa", ["tiếng", "việt", "nghĩa"]),
        ("İstanbul", ["i\u0307stanbul"]),
    ],
)
def test_marks_belong_to_the_word_however_the_text_is_encoded(text, expected):
    for form in ("NFC", "NFD"):
        assert words(normalize(form, text)) == [normalize("NFC", word) for word in expected]


def test_composed_and_decomposed_accents_and_their_order_give_equal_features():
    composed = ["Élève été", "l'été forêt", "ệ tiếng"]
    decomposed = [normalize("NFD", text) for text in composed]
    other_order = [text.replace("e\u0323\u0302", "e\u0302\u0323") for text in decomposed]
    assert composed != decomposed != other_order
    featurizer = Binary(**LIMITS).fit(composed)
    expected = featurizer.transform(composed).toarray()
    for texts in (decomposed, other_order):
        np.testing.assert_array_equal(featurizer.transform(texts).toarray(), expected)
        assert Binary(**LIMITS).fit(texts).counter_.vocabulary_ == featurizer.counter_.vocabulary_


def test_lower_casing_comes_before_the_last_composition():
    assert words("J\u030ca") == words("ǰa") == ["ǰa"]


@pytest.mark.parametrize(
    "letter", ["é", "e\u0301", "x\u0302\u0323", "का", "ท\u0e35", "ב\u05bc\u05b0", "_\u0301"]
)
def test_a_letter_with_marks_is_one_letter_and_no_word(letter):
    assert words(f"{letter} a{letter} {letter}b {letter}{letter}") == [
        normalize("NFC", word) for word in (f"a{letter}", f"{letter}b", 2 * letter)
    ]


def test_a_mark_without_a_letter_belongs_to_no_word():
    assert words("\u0301ab \u0301 -\u093f- cd\u0301") == ["ab", "cd\u0301"]


def test_joiners_beside_a_virama_are_ignored_and_others_separate_words():
    assert words(f"क्{ZWJ}षमा क्{ZWNJ}षमा क्षमा") == ["क्षमा"] * 3
    assert words(f"র{ZWJ}্যাব") == words("র্যাব") == ["র্যাব"]
    assert words("సాఫ్ట్\u200cవేర్") == ["సాఫ్ట్వేర్"]
    assert words(f"می{ZWNJ}خواهم") == ["می", "خواهم"]
    assert words(f"ab{ZWJ}cd") == ["ab", "cd"]


def test_variation_selectors_are_ignored():
    assert words("葛\U000e0100城 10\ufe0f ᠠ\u180bᠡ") == ["葛城", "10", "ᠠᠡ"]


def test_emoji_and_punctuation_are_no_words():
    family = ZWJ.join("👩👩👧")
    assert words(f"❤\ufe0f {family} 👍🏽 1\ufe0f\u20e3 … “cats”—dogs's snake_case x2") == [
        "cats",
        "dogs",
        "snake_case",
        "x2",
    ]


def test_ascii_and_all_texts_without_marks_have_the_words_of_scikit_learn():
    ascii_texts = random_texts([chr(code) for code in range(128)], 300)
    assert [words(text) for text in ascii_texts] == [by_scikit_learn(text) for text in ascii_texts]
    unmarked = [c for c in characters() if category(c)[0] != "M" and c != "İ" and is_normalized("NFC", c)]
    for start in range(0, len(unmarked), 1000):
        text = " ".join(f"a{character}b{character}" for character in unmarked[start : start + 1000])
        assert words(text) == by_scikit_learn(text)
    for text in random_texts(unmarked, 300):
        composed = normalize("NFC", text)
        assert words(composed) == by_scikit_learn(composed)


def test_all_encodings_of_a_text_have_the_same_words():
    everything = characters()
    marks = [character for character in everything if category(character)[0] == "M"]
    some_marks = [*marks[:200], ZWNJ, ZWJ, "\u094d", "\ufe0f"]
    for alphabet in (everything, marks + everything[::50], some_marks + list("aİÅेकเแấ -")):
        for text in random_texts(alphabet, 300):
            assert words(normalize("NFC", text)) == words(normalize("NFD", text)) == words(text)


def test_every_mark_is_part_of_the_word_it_stands_in():
    ignored = {"\u180b", "\u180c", "\u180d", "\u180f", *map(chr, range(0xFE00, 0xFE10))}
    ignored |= set(map(chr, range(0xE0100, 0xE01F0)))
    for mark in characters():
        if category(mark)[0] == "M":
            whole = normalize("NFC", f"ab{'' if mark in ignored else mark}cd".lower())
            assert words(f"ab{mark}cd") == [whole]


def test_counters_are_cloned_and_pickled():
    texts = ["किताबें the été", "किताबें"]
    counter = word_counter("english").fit(texts)
    assert counter.get_feature_names_out().tolist() == ["été", "किताबें"]
    for copy in (clone(counter).fit(texts), pickle.loads(pickle.dumps(counter))):
        np.testing.assert_array_equal(copy.transform(texts).toarray(), counter.transform(texts).toarray())


def test_paragraph_vectors_are_made_of_the_same_words():
    texts = ["किताबें विद्यालय"] * 5
    featurizer = Doc2Vec(vector_size=4, epochs=2).fit(texts)
    assert sorted(featurizer.model_.wv.key_to_index) == ["किताबें", "विद्यालय"]
    copy = pickle.loads(pickle.dumps(featurizer))
    np.testing.assert_array_equal(copy.transform(texts), featurizer.transform(texts))
