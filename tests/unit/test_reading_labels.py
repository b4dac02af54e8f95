"""Labels as they stand in files, and lists that were written as strings."""

import pytest

from hashbench.data.user_files import load_file
from tests.unit.test_files import EXPECTED, ROWS, TEXTS, labels_by_text, refused, write_csv, write_jsonl


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("['l0', 'shared']", ["l0", "shared"]),
        ('["l0", "shared"]', ["l0", "shared"]),
        ("('l0', 'shared')", ["l0", "shared"]),
        ("{'l0', 'shared'}", ["l0", "shared"]),
        ("['l0' 'shared']", ["l0", "shared"]),
        ("['l0'\n 'shared']", ["l0", "shared"]),
        ("array(['l0', 'shared'], dtype=object)", ["l0", "shared"]),
        ("[\"it's\", 'shared']", ["it's", "shared"]),
        (r"['it\'s', 'a, b']", ["a, b", "it's"]),
        ("['l0']", ["l0"]),
        ("[1, 2]", ["1", "2"]),
        ("[nan]", []),
        ("[]", []),
        ("set()", []),
        ("l0|shared", ["l0", "shared"]),
        ("[unknown]", ["[unknown]"]),
    ],
)
def test_lists_that_were_written_as_strings_are_lists(tmp_path, cell, expected):
    rows = [{"text": "the document", "labels": cell}]
    rows += [{"text": text, "labels": f"['{'xy'[n % 2]}']"} for n, text in enumerate(TEXTS)]
    assert labels_by_text(load_file(write_csv(tmp_path / "docs.csv", rows)))["the document"] == expected


def test_a_list_that_cannot_be_read_is_refused(tmp_path):
    rows = [{"text": "a", "labels": "[news, sport]"}, {"text": "b", "labels": "x"}]
    assert "line 2: '[news, sport]' looks like a list" in refused(write_csv(tmp_path / "docs.csv", rows))


def test_a_list_in_the_column_of_one_label_is_refused(tmp_path):
    rows = [{"text": "a", "label": "['news', 'sport']"}, {"text": "b", "label": "x"}]
    message = refused(write_csv(tmp_path / "docs.csv", rows))
    assert "line 2" in message
    assert "label_column='' and labels_column" in message


def test_labels_that_may_be_meant_otherwise_are_noted(tmp_path):
    labels = ["a|b", "nan", "Sport", "sport", "caf\u00e9", "cafe\u0301"]
    rows = [{"text": f"{n}", "label": labels[n % 6]} for n in range(60)]
    notes = " ".join(load_file(write_csv(tmp_path / "docs.csv", rows)).notes)
    assert "labels with '|' in them, each read as one label: 10" in notes
    assert "'nan' is read as a label, not as none; documents: 10" in notes
    assert "'Sport' and 'sport'" in notes
    assert "'caf\u00e9'" in notes
    rows = [{"text": f"{n}", "labels": ["a;b", "c"][n % 2]} for n in range(60)]
    notes = " ".join(load_file(write_csv(tmp_path / "docs.csv", rows)).notes)
    assert "labels without '|' and with ';' in them, each read as one label: 30" in notes


def test_numbers_that_are_written_in_two_ways_are_noted(tmp_path):
    rows = [{"text": f"{n}", "label": [1, 1.0, 2][n % 3]} for n in range(60)]
    (note,) = load_file(write_jsonl(tmp_path / "docs.jsonl", rows)).notes
    assert note.endswith("'1' and '1.0'")


def test_blanks_around_labels_are_taken_off_with_a_count(tmp_path):
    rows = [{**ROWS[0], "label": " sport"}, *ROWS[1:]]
    corpus = load_file(write_csv(tmp_path / "docs.csv", rows))
    assert labels_by_text(corpus) == EXPECTED
    assert corpus.notes == ("labels with blanks at their ends, which were taken off: 1",)
    rows = [{"text": "a", "labels": [["b"], ["c"]]}]
    assert "line 1: [['b'], ['c']] is a list of lists" in refused(write_jsonl(tmp_path / "docs.jsonl", rows))


def test_lost_characters_are_counted(tmp_path):
    rows = [*ROWS, {"text": "half \ud83d", "label": "arts"}, {"text": "lost \ufffd", "label": "arts"}]
    notes = load_file(write_jsonl(tmp_path / "docs.jsonl", rows)).notes
    assert "documents with half of a surrogate pair: 1" in notes
    assert any("U+FFFD" in note and note.endswith(": 1") for note in notes)
