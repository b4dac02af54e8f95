import bz2
import csv
import gzip
import json
import lzma
import sys
from pathlib import Path

import numpy as np
import pytest

from hashbench.data.split import make_split
from hashbench.data.user_files import file_component, load_file
from hashbench.errors import DataError, HashbenchError
from hashbench.parameters import full_parameters

TEXTS = [f"document number {number}" for number in range(40)]
NAMES = ["sport", "arts"] * 20
ROWS = [{"text": text, "label": label} for text, label in zip(TEXTS, NAMES, strict=True)]
SEVERAL = [["b", "a"], ["c"], [], ["a", "a"]] * 10


def write_jsonl(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def write_csv(path, rows, delimiter=","):
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_folder(path, rows, encoding="utf-8"):
    for number, row in enumerate(rows):
        file = path / row["label"] / f"{number:03}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(row["text"], encoding=encoding)
    return path


def labels_by_text(corpus):
    names = np.array(corpus.label_names)
    rows = np.split(corpus.labels.indices, corpus.labels.indptr[1:-1])
    return {text: names[row].tolist() for text, row in zip(corpus.texts, rows, strict=True)}


def refused(path, **options):
    """The message of the refusal, which is one line and names the path."""
    with pytest.raises(DataError) as error:
        load_file(path, **options)
    message = str(error.value)
    assert len(message.splitlines()) == 1
    assert Path(path).name in message
    return message


def changed(row, **changes):
    """All rows, the given one of them changed."""
    return [*ROWS[:row], {**ROWS[row], **changes}, *ROWS[row + 1 :]]


EXPECTED = {row["text"]: [row["label"]] for row in ROWS}


@pytest.mark.parametrize("kind", ["jsonl", "csv", "tsv", "folder"])
def test_every_form_gives_the_same_documents_and_labels(tmp_path, kind):
    path = {
        "jsonl": lambda: write_jsonl(tmp_path / "docs.jsonl", ROWS),
        "csv": lambda: write_csv(tmp_path / "docs.csv", ROWS),
        "tsv": lambda: write_csv(tmp_path / "docs.tsv", ROWS, "\t"),
        "folder": lambda: write_folder(tmp_path / "docs", ROWS),
    }[kind]()
    corpus = load_file(path)
    assert labels_by_text(corpus) == EXPECTED
    assert corpus.label_names == ("arts", "sport")
    assert corpus.name == "docs"
    assert corpus.notes == ()
    assert str(corpus.recipe) == "stratified 80/10/10, seed 0"
    if kind != "folder":
        assert list(corpus.texts) == TEXTS


def test_a_folder_is_read_in_the_order_of_names(tmp_path):
    corpus = load_file(write_folder(tmp_path / "docs", ROWS))
    assert list(corpus.texts) == [row["text"] for row in sorted(ROWS, key=lambda row: row["label"])]


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_compressed_files_are_read_by_their_suffix(tmp_path, compress, suffix):
    plain = (write_jsonl if suffix == ".jsonl" else write_csv)(tmp_path / f"docs.v2{suffix}", ROWS)
    ending = {gzip.compress: ".gz", bz2.compress: ".bz2", lzma.compress: ".xz"}[compress]
    path = tmp_path / f"docs.v2{suffix}{ending}"
    path.write_bytes(compress(plain.read_bytes()))
    corpus = load_file(path)
    assert corpus.name == "docs.v2"
    assert corpus.fingerprint == load_file(plain).fingerprint
    assert labels_by_text(corpus) == EXPECTED


def test_documents_of_a_folder_may_be_compressed(tmp_path):
    folder = write_folder(tmp_path / "docs", ROWS)
    before = load_file(folder).fingerprint
    file = folder / "arts" / "001.txt"
    file.with_name("001.txt.gz").write_bytes(gzip.compress(file.read_bytes()))
    file.unlink()
    assert load_file(folder).fingerprint == before


def test_the_same_content_elsewhere_is_the_same_corpus(tmp_path):
    (tmp_path / "other").mkdir()
    one = load_file(write_jsonl(tmp_path / "docs.jsonl", ROWS))
    two = load_file(write_jsonl(tmp_path / "other" / "docs.jsonl", ROWS))
    assert (one.fingerprint, one.label_fingerprint) == (two.fingerprint, two.label_fingerprint)
    assert make_split(one).fingerprint == make_split(two).fingerprint
    assert "other" not in two.description + "".join(two.notes)


def test_columns_may_have_other_names(tmp_path):
    rows = [{"id": 1, "body": row["text"], "topic": row["label"], "area": "x"} for row in ROWS]
    for path in (write_jsonl(tmp_path / "docs.jsonl", rows), write_csv(tmp_path / "docs.csv", rows)):
        corpus = load_file(path, text_column="body", label_column="topic", coarse_column="area")
        assert labels_by_text(corpus) == EXPECTED
        assert corpus.coarse_names == ("x",)


def test_quoted_fields_hold_delimiters_quotes_and_line_ends(tmp_path):
    texts = ['a "quoted" word', "one, two", "first\nsecond\tthird", "plain"] * 10
    rows = [{"text": f"{text} {n}", "label": NAMES[n]} for n, text in enumerate(texts)]
    for path in (write_csv(tmp_path / "docs.csv", rows), write_csv(tmp_path / "docs.tsv", rows, "\t")):
        assert list(load_file(path).texts) == [row["text"] for row in rows]


def test_long_fields_are_read(tmp_path):
    corpus = load_file(write_csv(tmp_path / "docs.csv", changed(0, text="word " * 100_000)))
    assert len(corpus.texts[0]) == 500_000


def test_blank_lines_and_a_byte_order_mark_are_skipped(tmp_path):
    path = write_csv(tmp_path / "docs.csv", ROWS)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes() + b"\r\n\r\n")
    assert list(load_file(path).texts) == TEXTS
    path = write_jsonl(tmp_path / "docs.jsonl", ROWS)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n\n"))
    assert list(load_file(path).texts) == TEXTS


def test_labels_that_are_numbers_become_names_as_json_writes_them(tmp_path):
    labels = [1, 2.5, True, "1"]
    rows = [{"text": f"{n}", "label": labels[n % 4]} for n in range(40)]
    corpus = load_file(write_jsonl(tmp_path / "docs.jsonl", rows))
    assert corpus.label_names == ("1", "2.5", "true")
    assert labels_by_text(corpus)["0"] == labels_by_text(corpus)["3"] == ["1"]


def test_several_labels_come_as_a_list_or_joined(tmp_path):
    expected = {text: sorted(set(labels)) for text, labels in zip(TEXTS, SEVERAL, strict=True)}
    lists = [{"text": text, "labels": labels} for text, labels in zip(TEXTS, SEVERAL, strict=True)]
    for separator in ("|", "; "):
        joined = [{**row, "labels": separator.join(row["labels"])} for row in lists]
        for path in (
            write_jsonl(tmp_path / "lists.jsonl", lists),
            write_jsonl(tmp_path / "joined.jsonl", joined),
            write_csv(tmp_path / "joined.csv", joined),
        ):
            corpus = load_file(path, labels_separator=separator)
            assert labels_by_text(corpus) == expected
            assert corpus.notes == ("documents without a label: 10",)
            assert str(corpus.recipe) == "random 80/10/10, seed 0"
            assert corpus.labels.has_sorted_indices


def test_documents_without_a_label_are_kept_and_counted(tmp_path):
    rows = [{"text": "a"}, {"text": "b", "label": None}, {"text": "c", "label": " "}, *ROWS]
    rows.append({"text": "d", "label": float("nan")})
    corpus = load_file(write_jsonl(tmp_path / "docs.jsonl", rows))
    assert len(corpus) == 44
    assert corpus.notes == ("documents without a label: 4",)
    assert labels_by_text(corpus)["a"] == labels_by_text(corpus)["d"] == []


def test_small_classes_make_the_split_random(tmp_path):
    corpus = load_file(write_jsonl(tmp_path / "docs.jsonl", changed(3, label="rare")))
    assert str(corpus.recipe) == "random 80/10/10, seed 0"
    assert any("rare" in note for note in corpus.notes)


def test_the_split_column_gives_the_official_split(tmp_path):
    splits = ["train"] * 20 + ["test"] * 12 + ["validation"] * 8
    rows = [{**row, "split": split} for row, split in zip(ROWS, splits, strict=True)]
    for path in (write_jsonl(tmp_path / "docs.jsonl", rows), write_csv(tmp_path / "docs.csv", rows)):
        split = make_split(load_file(path))
        assert split.recipe.kind == "official"
        assert split.train.tolist() == list(range(20))
        assert split.test.tolist() == list(range(20, 32))
        assert split.validation.tolist() == list(range(32, 40))
        assert load_file(path, split_column="").recipe.kind == "stratified"


def test_coarse_labels_are_read_beside_the_fine_ones(tmp_path):
    rows = [{**row, "coarse": "xy"[number // 20]} for number, row in enumerate(ROWS)]
    corpus = load_file(write_csv(tmp_path / "docs.csv", rows))
    assert corpus.coarse_names == ("x", "y")
    assert corpus.coarse.tolist() == [0] * 20 + [1] * 20


def test_text_that_is_not_utf8_is_read_as_cp1252_and_counted(tmp_path):
    rows = changed(39, text="Œuvre à 5 €")
    path = write_jsonl(tmp_path / "docs.jsonl", [])
    path.write_bytes("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode("cp1252"))
    corpus = load_file(path)
    assert corpus.texts[39] == "Œuvre à 5 €"
    assert len(corpus) == 40
    assert corpus.notes == ("files read as cp1252, since they are not UTF-8: 1",)


def test_each_document_of_a_folder_has_its_own_encoding(tmp_path):
    folder = write_folder(tmp_path / "docs", changed(1, text="Œuvre"))
    (folder / "sport" / "000.txt").write_bytes("déjà vu".encode("cp1252"))
    corpus = load_file(folder)
    assert {"Œuvre", "déjà vu"} <= set(corpus.texts)
    assert corpus.notes == ("files read as cp1252, since they are not UTF-8: 1",)


def test_files_beside_the_class_folders_and_hidden_ones_are_left_out_with_a_count(tmp_path):
    folder = write_folder(tmp_path / "docs", ROWS)
    for name in ("README.md", "LICENSE", ".DS_Store", "arts/.DS_Store"):
        (folder / name).write_bytes(b"\0\1")
    (folder / ".git").mkdir()
    corpus = load_file(folder)
    assert len(corpus) == 40
    assert corpus.notes == (
        "files beside the class folders, ignored: 2",
        "hidden files and folders, left out: 3",
    )


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("docs.jsonl", b"", "has no documents"),
        ("docs.jsonl", b"\n\n", "has no documents"),
        ("docs.csv", b"", "is empty"),
        ("docs.csv", b"text,label\n", "has no documents"),
        ("docs.csv", b"id,body\n1,x\n", r"no column 'text' (there are: 'id', 'body'); set text_column"),
        (
            "docs.csv",
            b"text,Label\n1,x\n",
            "no column 'label' (there are: 'text', 'Label'); set label_column",
        ),
        ("docs.csv", b"text,text,label\na,b,c\n", "2 columns 'text'"),
        ("docs.csv", b"text,label\na,b\nc\n", "line 3: 1 fields where the header has 2"),
        ("docs.csv", b'text,label\n"a\nb",c\nd,e,f\n', "line 4: 3 fields"),
        ("docs.csv", b'text,label\n"a" b,c,d\n', "line 2: ',' expected after '\"'"),
        ("docs.csv", b'text,label\n"a,c,d\n', "line 2: unexpected end of data"),
        ("docs.csv", b"text,label,labels\na,b,c\n", "line 2: it has both a label and labels"),
        ("docs.jsonl", b'{"text": "a", "label": "b"}\n{"text": ', "line 2 is not JSON: Expecting value"),
        ("docs.jsonl", b'["a", "b"]\n', "line 1 is not a JSON object"),
        ("docs.jsonl", b'{"text": "a", "label": "b"}\n{"label": "b"}\n', "line 2, has no column 'text'"),
        ("docs.jsonl", b'{"text": "a", "text": "b"}\n', "line 1, has 2 columns 'text'"),
        ("docs.jsonl", b'{"text": 7, "label": "b"}\n', "line 1: the text is 7, not a string"),
        ("docs.jsonl", b'{"text": "a", "label": ["b"]}\n', "set labels_column"),
        ("docs.jsonl", b'{"text": "a", "labels": 7}\n', "7 is neither a list of labels nor a string"),
        ("docs.jsonl", b'{"text": "a", "label": "b", "split": "dev"}\n', "line 1: 'dev' is not a split"),
        ("docs.jsonl", b'{"text": "a", "label": "b"}\n', "at least two"),
        ("docs.jsonl.gz", b"no archive", "Not a gzipped file"),
        ("docs.jsonl.gz", gzip.compress(b'{"text": "a", "label": "b"}\n' * 99, mtime=0)[:-9], "cannot read"),
        ("docs.jsonl.bz2", b"no archive", "Invalid data stream"),
        ("docs.jsonl.xz", b"no archive", "not supported"),
        ("docs.jsonl", b'{"text": "\x81", "label": "b"}\n', "neither UTF-8 nor cp1252"),
        ("docs.pkl", b"x", "is a pickle"),
        ("docs.pickle.gz", b"x", "is a pickle"),
        ("docs.json", b"{}", ".jsonl, .csv, .tsv, .parquet"),
        ("docs.parquet.gz", b"x", "cannot tell how to read"),
        ("docs", b"text", "cannot tell how to read"),
    ],
)
def test_unusable_files_are_refused_in_one_line(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    assert message in refused(tmp_path / name)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "has no documents"),
        ({"a/1.txt": b"text"}, "at least two"),
        ({"a/1.txt": b"text", "b/1.txt": b" \n"}, "1 document has no text, the first in b/1.txt"),
        ({"train/a/1.txt": b"text", "train/b/1.txt": b"text"}, "a folder within a class folder"),
        ({"a/1.png": b"\x89PNG\0", "b/1.txt": b"text"}, "1.png is not a text file"),
        ({"a/1.txt": b"text", "b/1.txt": b"\x81"}, "1.txt is neither UTF-8 nor cp1252"),
    ],
)
def test_unusable_folders_are_refused_in_one_line(tmp_path, files, message):
    folder = tmp_path / "docs"
    folder.mkdir()
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    with pytest.raises(DataError) as error:
        load_file(folder)
    assert message in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_documents_without_text_are_counted_and_the_first_one_named(tmp_path):
    rows = [*ROWS[:2], {"text": None, "label": "x"}, {"text": " ", "label": "x"}, {"text": "", "label": "x"}]
    message = refused(write_jsonl(tmp_path / "docs.jsonl", rows))
    assert "3 documents have no text, the first in line 3" in message


@pytest.mark.parametrize("column", ["coarse", "split"])
def test_a_column_that_only_some_documents_have_is_refused_by_row(tmp_path, column):
    rows = [{**row, column: "train"} for row in ROWS]
    del rows[4][column], rows[9][column]
    message = refused(write_jsonl(tmp_path / "docs.jsonl", rows))
    assert f"line 5: no value in column {column!r}" in message


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_split_column_without_train_or_test_is_refused(tmp_path, split):
    path = write_jsonl(tmp_path / "docs.jsonl", [{**row, "split": split} for row in ROWS])
    assert f"no document into {'test' if split == 'train' else 'train'};" in refused(path)


@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
@pytest.mark.parametrize("option", ["label_column", "labels_column", "coarse_column", "split_column"])
def test_a_column_that_was_asked_for_must_be_there(tmp_path, suffix, option):
    path = (write_jsonl if suffix == ".jsonl" else write_csv)(tmp_path / f"docs{suffix}", ROWS)
    message = refused(path, **{option: "topic"})
    assert "'topic'" in message
    assert option in message


def test_both_kinds_of_labels_need_a_choice(tmp_path):
    rows = [{**row, "labels": ["x", "y"][number % 2]} for number, row in enumerate(ROWS)]
    path = write_csv(tmp_path / "docs.csv", rows)
    assert "label_column=''" in refused(path)
    assert load_file(path, label_column="").label_names == ("x", "y")
    assert load_file(path, labels_column="").label_names == ("arts", "sport")


def test_a_missing_path_is_refused(tmp_path):
    assert "does not exist" in refused(tmp_path / "docs.jsonl")


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("labels_separator", "", "labels_separator is a string that is not empty, got ''"),
        ("labels_separator", 1, "labels_separator is a string that is not empty, got 1"),
        ("text_column", None, "text_column is a string, got None"),
        ("split_column", 2, "split_column is a string, got 2"),
    ],
)
def test_options_are_strings_from_python_and_on_the_command_line(tmp_path, option, value, message):
    path = write_jsonl(tmp_path / "docs.jsonl", ROWS)
    with pytest.raises(HashbenchError, match=f"^{message}$"):
        load_file(path, **{option: value})
    with pytest.raises(HashbenchError, match=f"^dataset docs: {message}$"):
        full_parameters(file_component(str(path)), {option: value})


def test_parquet_without_pyarrow_names_it(tmp_path, monkeypatch):
    (tmp_path / "docs.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delitem(sys.modules, "pyarrow.parquet", raising=False)
    assert "pip install pyarrow" in refused(tmp_path / "docs.parquet")


def test_parquet_is_read_with_lists_numbers_and_gaps(tmp_path):
    arrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    from pyarrow import parquet

    path = tmp_path / "docs.parquet"
    parquet.write_table(arrow.table({"text": TEXTS, "labels": SEVERAL, "id": range(40)}), path)
    corpus = load_file(path)
    assert labels_by_text(corpus) == {t: sorted(set(n)) for t, n in zip(TEXTS, SEVERAL, strict=True)}
    parquet.write_table(arrow.table({"text": TEXTS, "label": [1, 2, None, 2] * 10}), path)
    corpus = load_file(path)
    assert corpus.label_names == ("1", "2")
    assert corpus.notes == ("documents without a label: 10",)
    parquet.write_table(arrow.table({"text": [*TEXTS[:3], None], "label": NAMES[:4]}), path)
    assert "1 document has no text, the first in row 4" in refused(path)
    parquet.write_table(arrow.table({"body": TEXTS}), path)
    assert "no column 'text' (there are: 'body')" in refused(path)
    path.write_bytes(b"no parquet")
    assert "cannot read" in refused(path)
