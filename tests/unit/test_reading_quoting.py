"""Tables and JSON lines: quoting, delimiters, headers and keys."""

import json

import pytest

from hashbench.data.user_files import load_file
from hashbench.errors import DataError
from tests.unit.own_files import table, written
from tests.unit.test_files import ROWS, TEXTS, refused, write_csv


@pytest.mark.parametrize(("suffix", "delimiter"), [(".tsv", "\t"), (".csv", ",")])
def test_quotes_of_unquoted_tables_are_characters(tmp_path, suffix, delimiter):
    first = ('"Hello" he said', "a")
    corpus = load_file(written(tmp_path / f"docs{suffix}", table(first, delimiter=delimiter)))
    assert (corpus.texts[0], len(corpus)) == ('"Hello" he said', 21)
    assert "quotes are characters, since the fields are not quoted" in corpus.notes


@pytest.mark.parametrize(("suffix", "delimiter"), [(".tsv", "\t"), (".csv", ",")])
def test_rows_that_quotes_could_swallow_are_refused_until_the_quoting_is_named(tmp_path, suffix, delimiter):
    rows = (('"Hello there', "a"), ("between", "b"), ('the end"', "a"))
    text = table(("before", "b"), *rows, delimiter=delimiter)
    path = written(tmp_path / f"docs{suffix}", text)
    assert "line 3" in refused(path)
    assert "quoting=quoted or quoting=none" in refused(path)
    corpus = load_file(path, quoting="none")
    assert list(corpus.texts[1:4]) == ['"Hello there', "between", 'the end"']
    assert len(load_file(path, quoting="quoted")) == 22


def test_lines_in_quotes_that_are_no_rows_are_read_with_a_note(tmp_path):
    rows = [(f'"Hello, you\nbye {n}"', "ab"[n % 2]) for n in range(5)]
    corpus = load_file(written(tmp_path / "docs.csv", table(*rows)))
    assert (len(corpus), corpus.texts[0]) == (25, "Hello, you\nbye 0")
    assert "line ends in quoted fields, the first in line 2: 5" in corpus.notes
    bare = ((text, f"id {n}") for n, (text, _) in enumerate(rows))
    assert "line 2" in refused(written(tmp_path / "bare.csv", table(*bare, header=("text", "id"))))


def test_swallowed_rows_are_seen_beside_a_ragged_one(tmp_path):
    rows = (('"Hello', "a"), ("one", "b"), ('end"', "a"), ("a quoted field", "a"), ('"x\ty"', "b"))
    path = written(tmp_path / "docs.tsv", table(*rows, delimiter="\t"))
    assert "line 2" in refused(path)


def test_fields_in_needless_quotes_are_noted_in_csv_and_refused_in_tsv(tmp_path):
    corpus = load_file(written(tmp_path / "docs.csv", table(('"Hello"', "a"))))
    assert corpus.texts[0] == "Hello"
    assert "fields whose quotes were taken off, where others of the column have none: 1" in corpus.notes
    path = written(tmp_path / "docs.tsv", table(('"The Office"', "a"), delimiter="\t"))
    assert "line 2" in refused(path)
    assert load_file(path, quoting="none").texts[0] == '"The Office"'


@pytest.mark.parametrize(("suffix", "delimiter"), [(".tsv", "\t"), (".csv", ",")])
def test_tables_with_every_field_quoted_are_read_without_a_word(tmp_path, suffix, delimiter):
    lines = [
        delimiter.join(f'"{value}"' for value in row)
        for row in [("text", "label"), *zip("abcd" * 9, "xy" * 18, strict=True)]
    ]
    corpus = load_file(written(tmp_path / f"docs{suffix}", "\n".join(lines)))
    assert corpus.texts[0] == "a"
    assert not any("quot" in note for note in corpus.notes)


def test_a_table_of_one_column_may_have_lines_in_quotes(tmp_path):
    path = written(
        tmp_path / "docs.csv", 'text\n"one\ntwo"\n' + "".join(f"document {n}\n" for n in range(20))
    )
    corpus = load_file(path)
    assert (corpus.texts[0], len(corpus)) == ("one\ntwo", 21)


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_another_delimiter_is_told_from_the_header_and_noted(tmp_path, delimiter):
    corpus = load_file(written(tmp_path / "docs.csv", table(delimiter=delimiter)))
    assert len(corpus) == 20
    assert corpus.notes == (f"the fields are separated by the {corpus.understood['delimiter']}",)


def test_the_delimiter_can_be_named(tmp_path):
    path = written(tmp_path / "docs.csv", table(delimiter="~"))
    assert len(load_file(path, delimiter="~")) == 20
    assert len(load_file(written(tmp_path / "t.csv", table(delimiter="\t")), delimiter="tab")) == 20
    with pytest.raises(DataError, match="give one character"):
        load_file(path, delimiter="~~")


def test_repeated_columns_are_refused_in_every_format(tmp_path):
    arrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    from pyarrow import parquet

    header = ("text", "label", "label")
    for path in (
        written(tmp_path / "docs.csv", table(("a", "b", "c"), header=header)[:30]),
        written(tmp_path / "docs.tsv", "text\tlabel\tlabel\na\tb\tc\n"),
        written(tmp_path / "docs.jsonl", '{"text": "a", "label": "b", "label": "c"}\n'),
    ):
        assert "2 columns 'label'" in refused(path)
    parquet.write_table(arrow.table([TEXTS, TEXTS, TEXTS], names=list(header)), tmp_path / "docs.parquet")
    assert "2 columns 'label'" in refused(tmp_path / "docs.parquet")


def test_repeated_keys_that_are_not_read_are_no_matter(tmp_path):
    lines = "".join(
        f'{{"text": "d{n}", "label": "{n % 2}", "x": 1, "x": {{"text": 1, "text": 2}}}}\n' for n in range(20)
    )
    assert len(load_file(written(tmp_path / "docs.jsonl", lines))) == 20


def test_columns_that_differ_in_case_are_noted_or_refused(tmp_path):
    rows = [{**row, "Split": "train", "ID": "7"} for row in ROWS]
    notes = load_file(write_csv(tmp_path / "docs.csv", rows)).notes
    assert "column 'Split' is not read as 'split'" in notes
    assert "column 'ID' is not read as 'id'" in notes
    path = written(tmp_path / "docs.tsv", "text\tLABEL\na\tb\n")
    assert "no column 'label' (there are: 'text', 'LABEL'); set label_column='LABEL'" in refused(path)


@pytest.mark.parametrize("depth", [5_000, 200_000])
def test_deep_json_is_refused_with_its_line(tmp_path, depth):
    deep = f'{{"text": "a", "label": "b", "x": {"[" * depth}{"]" * depth}}}\n'
    assert "line 2 is nested too deeply" in refused(
        written(tmp_path / "docs.jsonl", '{"text": "a"}\n' + deep)
    )


def test_an_array_and_indented_json_are_told_from_json_lines(tmp_path):
    assert "instead of an array" in refused(written(tmp_path / "a.jsonl", json.dumps(ROWS)))
    assert "instead of an array" in refused(written(tmp_path / "b.jsonl", json.dumps(ROWS, indent=1)))
    assert "each object in one line" in refused(written(tmp_path / "c.jsonl", json.dumps(ROWS[0], indent=1)))
    assert "JSON array" in refused(written(tmp_path / "d.json", json.dumps(ROWS)))
