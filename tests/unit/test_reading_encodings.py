"""Encodings of a user's files: told from marks and bytes, or refused."""

import gzip
import json

import pytest

from hashbench.data.user_files import load_file
from hashbench.errors import HashbenchError
from tests.unit.own_files import LABELLED, written
from tests.unit.test_files import EXPECTED, ROWS, labels_by_text, refused, write_csv


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".tsv"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_decides(tmp_path, suffix, encoding):
    rows = [{**row, "text": f"{row['text']} Ελλάδα 🎉"} for row in ROWS]
    if suffix == ".jsonl":
        content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    else:
        content = write_csv(tmp_path / "t", rows, "\t" if suffix == ".tsv" else ",").read_text("utf-8")
    corpus = load_file(written(tmp_path / f"docs{suffix}", content, encoding))
    assert list(corpus.texts) == [row["text"] for row in rows]
    assert (
        corpus.understood["encoding"]
        == {"utf-8-sig": "UTF-8", "utf-16": "UTF-16", "utf-32": "UTF-32"}[encoding]
    )


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0"])
def test_documents_of_a_folder_with_marks(tmp_path, mark):
    encoding = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be", b"\xff\xfe\0\0": "utf-32-le"}[mark]
    for number, row in enumerate(ROWS):
        file = tmp_path / "docs" / row["label"] / f"{number:03}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(mark + row["text"].encode(encoding))
    assert labels_by_text(load_file(tmp_path / "docs")) == EXPECTED


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_wide_encodings_without_a_mark_are_refused_and_read_once_named(tmp_path, encoding):
    path = written(tmp_path / "docs.csv", "text,label\n" + LABELLED, encoding)
    assert f"set encoding={encoding}" in refused(path)
    assert load_file(path, encoding=encoding).texts[1] == "document 1"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1251", "Съешь же ещё этих мягких французских булок"),
        ("koi8-r", "Съешь же ещё этих мягких французских булок"),
        ("iso8859-7", "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία"),
        ("gbk", "我能吞下玻璃而不伤身体"),
        ("shift-jis", "いろはにほへとちりぬるを"),
        ("euc-kr", "키스의 고유조건은 입술끼리"),
    ],
)
def test_other_encodings_are_not_taken_for_cp1252(tmp_path, encoding, text):
    path = written(tmp_path / "docs.csv", f"text,label\n{text},a\n" + LABELLED, encoding)
    assert "encoding" in refused(path)
    assert load_file(path, encoding=encoding).texts[0] == text


def test_a_backspace_is_no_reason_to_refuse(tmp_path):
    path = written(tmp_path / "docs.csv", "text,label\n" + LABELLED + "na\u00efve\b\b,a\n", "cp1252")
    assert load_file(path).texts[20] == "na\u00efve\b\b"


def test_one_broken_line_does_not_make_utf8_another_encoding(tmp_path):
    lines = [f"größe und maß {n},{'ab'[n % 2]}".encode() for n in range(20)]
    lines[7] = "größe,a".encode("latin-1")
    (tmp_path / "docs.csv").write_bytes(b"\n".join([b"text,label", *lines]))
    assert "line 9" in refused(tmp_path / "docs.csv")
    assert "where the rest is UTF-8" in refused(tmp_path / "docs.csv")


def test_a_mark_is_not_overruled(tmp_path):
    path = written(tmp_path / "docs.csv", "text,label\n" + LABELLED, "utf-16")
    assert "begins with the mark of UTF-16, and not as encoding=latin-1 says" in refused(
        path, encoding="latin-1"
    )
    assert len(load_file(path, encoding="utf-16-le")) == 20


def test_an_encoding_that_is_named_is_tried_to_the_end(tmp_path):
    path = written(tmp_path / "docs.csv", "text,label\n" + LABELLED + "größe,a\n", "cp1252")
    assert "is not utf-8" in refused(path, encoding="utf8")
    with pytest.raises(HashbenchError, match="there is no such encoding"):
        load_file(path, encoding="utf-9")


def test_a_marked_file_that_is_cut_is_refused(tmp_path):
    path = written(tmp_path / "docs.csv", "text,label\n" + LABELLED, "utf-16")
    path.write_bytes(path.read_bytes()[:-1])
    assert "begins with the mark of UTF-16" in refused(path)


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (gzip.compress(b"text", mtime=0), "suffix .gz"),
        (b"PK\x03\x04\0\0", "zip archive"),
        (b"%PDF-1.4\n\xe2\xe3\xcf\xd3\0", "PDF"),
        (b"PAR1\0\0", "Parquet"),
    ],
)
def test_a_file_of_another_kind_is_named(tmp_path, content, hint):
    (tmp_path / "docs.csv").write_bytes(content)
    assert hint in refused(tmp_path / "docs.csv")


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl"])
def test_a_nul_character_is_refused_with_its_line(tmp_path, suffix):
    path = written(tmp_path / f"docs{suffix}", "text,label\na long line that has no such thing,b\nc\0d,e\n")
    assert "NUL character, in line 3" in refused(path)


def test_a_second_mark_is_no_part_of_the_first_column(tmp_path):
    path = written(tmp_path / "docs.csv", "\ufeff\ufefftext,label\n" + LABELLED)
    assert load_file(path).texts[0] == "document 0"
