"""What a user's file may look like: read right, noted, or refused with the line."""

import gzip
import io
import json
import os
import socket
import tarfile
import zipfile

import numpy as np
import pytest

from hashbench.data.split import make_split
from hashbench.data.user_files import load_file
from hashbench.errors import DataError, HashbenchError
from tests.unit.test_files import EXPECTED, ROWS, TEXTS, labels_by_text, refused, write_csv, write_jsonl

LABELLED = "".join(f"document {n},{'ab'[n % 2]}\n" for n in range(20))


def written(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def table(*rows, delimiter=",", header=("text", "label")):
    """A table as text, with nothing quoted that the rows do not quote, and twenty plain rows below."""
    plain = ((f"document {n}", "ab"[n % 2]) for n in range(20))
    return "".join(delimiter.join(row) + "\n" for row in (header, *rows, *plain))


# Encodings


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
        (gzip.compress(b"text"), "suffix .gz"),
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


# Quoting


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


# Delimiters, headers, keys


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


# Labels


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


# Documents without labels, ids, empty documents, duplicates


def test_documents_without_labels_are_a_corpus(tmp_path):
    rows = [{"id": f"d{n}", "text": text, "title": "x"} for n, text in enumerate(TEXTS)]
    corpus = load_file(write_jsonl(tmp_path / "docs.jsonl", rows))
    assert (corpus.has_labels, corpus.labels.shape, corpus.single_label) == (False, (40, 0), None)
    assert corpus.notes == ("no document has a label, among the columns 'id', 'text', 'title'",)
    assert corpus.recipe.kind == "random"
    assert corpus.ids == tuple(f"d{n}" for n in range(40))
    assert not load_file(write_csv(tmp_path / "docs.csv", ROWS), label_column="", labels_column="").has_labels


def test_a_single_label_is_refused_with_a_way_out(tmp_path):
    path = write_csv(tmp_path / "docs.csv", [{**row, "label": "x"} for row in ROWS])
    assert "label_column='' and labels_column=''" in refused(path)


def test_ids_are_strings_or_numbers_and_of_all_documents(tmp_path):
    rows = [{**row, "key": n} for n, row in enumerate(ROWS)]
    path = write_jsonl(tmp_path / "docs.jsonl", rows)
    assert load_file(path, id_column="key").ids == tuple(map(str, range(40)))
    assert load_file(path).ids is None
    del rows[3]["key"]
    corpus = load_file(write_jsonl(tmp_path / "docs.jsonl", rows), id_column="key")
    assert corpus.ids is None
    assert "ids left out, since documents have none: 1" in corpus.notes
    rows = [{**row, "id": n // 2} for n, row in enumerate(ROWS)]
    corpus = load_file(write_csv(tmp_path / "docs.csv", rows))
    assert "ids that an earlier document has: 20" in corpus.notes
    rows[5]["id"] = ["x"]
    assert "line 6: the id ['x'] is neither" in refused(write_jsonl(tmp_path / "docs.jsonl", rows))


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_empty_documents_are_dropped_on_request_with_a_count(tmp_path, suffix):
    rows = [{"text": " \n", "label": "arts"}, *ROWS, {"text": "", "label": "rare"}]
    path = (write_csv if suffix == ".csv" else write_jsonl)(tmp_path / f"docs{suffix}", rows)
    assert "2 documents have no text" in refused(path)
    corpus = load_file(path, drop_empty=True)
    assert labels_by_text(corpus) == EXPECTED
    assert corpus.label_names == ("arts", "sport")
    assert any("without text, left out" in note and note.endswith(": 2") for note in corpus.notes)
    assert corpus.understood["empty texts"].startswith("2, the first in line ")


def test_duplicates_are_counted_and_dropped_on_request(tmp_path):
    splits = ["test"] * 8 + ["validation"] * 2 + ["train"] * 30
    rows = [{**row, "split": splits[n], "id": f"d{n}"} for n, row in enumerate(ROWS)]
    rows[12]["text"] = rows[0]["text"]  # a test document among the training documents, with its label
    rows[15]["text"] = rows[14]["text"]  # with another label
    path = write_csv(tmp_path / "docs.csv", rows)
    assert load_file(path).notes == (
        "documents whose text an earlier document has: 2, with other labels than that: 1; "
        "test documents whose text a training document has: 1",
    )
    corpus = load_file(path, drop_duplicates=True)
    assert len(corpus) == len(set(corpus.texts)) == 38
    assert corpus.notes == ("documents left out since another one has their text: 2",)
    split = make_split(corpus)
    assert "d12" in [corpus.ids[row] for row in split.train]
    assert {"d0", "d15"}.isdisjoint(corpus.ids)


# Folders and archives


def tree(folder, names):
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"text of document {number}")
    return folder


OFFICIAL = [f"{split}/{label}/{n}.txt" for split in ("train", "test") for label in "ab" for n in range(6)]


def test_official_splits_in_folders(tmp_path):
    corpus = load_file(tree(tmp_path / "docs", [*OFFICIAL, "val/a/1.txt", "README"]))
    split = make_split(corpus)
    assert [len(rows) for rows in split.rows.values()] == [12, 1, 12]
    assert corpus.label_names == ("a", "b")
    assert corpus.ids[split.test[0]] == "test/a/0.txt"
    assert corpus.notes == ("files beside the class folders, ignored: 1",)


def test_train_and_test_without_classes_are_no_labels(tmp_path):
    corpus = load_file(tree(tmp_path / "docs", [f"{s}/{n}.txt" for s in ("train", "test") for n in range(9)]))
    assert not corpus.has_labels
    assert corpus.recipe.kind == "official"
    assert "the folders train and test are taken for the split, not for classes" in corpus.notes


def test_a_folder_of_files_is_a_corpus_without_labels(tmp_path):
    corpus = load_file(tree(tmp_path / "docs", [f"{n}.txt" for n in range(20)]))
    assert (len(corpus), corpus.has_labels, corpus.ids[0]) == (20, False, "0.txt")
    assert "there are no class folders: every file is a document, without a label" in corpus.notes


def test_a_folder_of_tables_is_no_folder_of_documents(tmp_path):
    assert "name the file itself" in refused(tree(tmp_path / "docs", ["train.csv", "test.csv"]))
    assert "name the file itself" in refused(tree(tmp_path / "more", ["train.jsonl.gz", "test.jsonl.gz"]))


CLASSES = [f"{label}/{n}.txt" for label in ("sport", "arts") for n in range(10)]
HIDDEN = [".DS_Store", "sport/.DS_Store", "sport/._1.txt", "__MACOSX/sport/._1.txt", "arts/Thumbs.db"]


@pytest.mark.parametrize("kind", ["folder", "zip", "tar", "tar.gz", "tgz", "zip with a top folder"])
def test_hidden_files_are_left_out_with_a_count_on_disk_and_in_archives(tmp_path, kind):
    folder = tree(tmp_path / "docs", [*CLASSES, *HIDDEN])
    path = tmp_path / f"docs.{kind.split()[0]}"
    top = "top/" if "top" in kind else ""
    names = [*CLASSES, *HIDDEN]
    if kind == "folder":
        path = folder
    elif "zip" in kind:
        with zipfile.ZipFile(path, "w") as archive:
            for name in names:
                archive.write(folder / name, top + name)
    else:
        with tarfile.open(path, "w:gz" if kind != "tar" else "w") as archive:
            for name in names:
                archive.add(folder / name, name)
    corpus = load_file(path)
    assert corpus.name == "docs"
    assert corpus.notes == ("hidden files and folders, left out: 5",)
    assert corpus.ids == tuple(sorted(CLASSES))


def test_pipes_and_sockets_are_left_out_of_folders_and_refused_by_name(tmp_path, monkeypatch):
    folder = tree(tmp_path / "docs", CLASSES)
    os.mkfifo(folder / "sport" / "pipe.txt")
    monkeypatch.chdir(folder / "sport")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("socket")
        assert load_file(folder).notes == ("pipes, sockets and devices, left out: 2",)
    os.mkfifo(tmp_path / "docs.jsonl")
    assert "is a pipe" in refused(tmp_path / "docs.jsonl")
    with pytest.raises(DataError, match="is a pipe, a socket or a device"):
        load_file("/dev/zero")
    with pytest.raises(DataError, match="standard input"):
        load_file("-")


def test_links_are_followed_and_those_to_nowhere_refused(tmp_path):
    folder = tree(tmp_path / "docs", CLASSES)
    (tmp_path / "elsewhere.txt").write_text("linked text")
    (folder / "sport" / "link.txt").symlink_to(tmp_path / "elsewhere.txt")
    assert "linked text" in load_file(folder).texts
    (folder / "arts" / "nowhere.txt").symlink_to(tmp_path / "nowhere")
    assert "nowhere.txt is a link that leads nowhere" in refused(folder)
    (folder / "arts" / "nowhere.txt").unlink()
    (folder / "arts" / "loop").symlink_to(folder)
    assert "a folder within a class folder" in refused(folder)


def test_archives_of_other_systems_and_with_a_name_twice(tmp_path):
    with zipfile.ZipFile(tmp_path / "docs.zip", "w") as archive:
        for number in range(20):
            member = zipfile.ZipInfo(f"{'ab'[number % 2]}\\{number:02}.txt")
            member.create_system = 0
            archive.writestr(member, f"text {number}")
    assert load_file(tmp_path / "docs.zip").label_names == ("a", "b")
    with tarfile.open(tmp_path / "docs.tar", "w") as archive:
        for text in (b"old", b"new"):
            for name in CLASSES:
                member = tarfile.TarInfo(name)
                member.size = 3
                archive.addfile(member, io.BytesIO(text))
    corpus = load_file(tmp_path / "docs.tar")
    assert set(corpus.texts) == {"new"}
    assert "files in the archive that a later one of their name replaces: 20" in corpus.notes


def test_archives_that_cannot_be_used(tmp_path):
    (tmp_path / "docs.zip").write_bytes(b"PK")
    assert "cannot read" in refused(tmp_path / "docs.zip")
    with tarfile.open(tmp_path / "docs.tar", "w") as archive:
        member = tarfile.TarInfo("../a/1.txt")
        member.size = 4
        archive.addfile(member, io.BytesIO(b"text"))
    assert "outside its folder" in refused(tmp_path / "docs.tar")


@pytest.mark.parametrize("name", ["docs.JSONL", "DOCS.Csv", "docs.TSV", "docs.CSV.GZ"])
def test_suffixes_in_capitals_are_known(tmp_path, name):
    plain = (write_jsonl if "JSONL" in name else write_csv)(tmp_path / "plain", ROWS)
    if "TSV" in name:
        plain = write_csv(tmp_path / "plain", ROWS, "\t")
    content = plain.read_bytes()
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("GZ") else content)
    assert labels_by_text(load_file(tmp_path / name)) == EXPECTED


def test_names_that_are_too_long_are_refused(tmp_path):
    with pytest.raises(DataError, match="cannot read|does not exist"):
        load_file(tmp_path / ("x" * 300 + ".csv"))


def test_an_empty_label_matrix_has_a_fingerprint_of_its_own(tmp_path):
    bare = load_file(written(tmp_path / "a.csv", "text\n" + "".join(f"{text}\n" for text in TEXTS)))
    labelled = load_file(write_csv(tmp_path / "b.csv", ROWS))
    assert bare.fingerprint == labelled.fingerprint
    assert bare.label_fingerprint != labelled.label_fingerprint
    assert np.array_equal(make_split(bare).train, make_split(load_file(tmp_path / "a.csv")).train)
