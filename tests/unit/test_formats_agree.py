"""The same documents in every format: the same corpus, or refused with the place."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hashbench.data.corpus import Corpus
from hashbench.data.user_files import load_file
from hashbench.errors import DataError

NASTY = (
    '"', '""', '"quoted"', "'", "\t", "\r\n", "\n", "\r", ",", ";", "|", "\\", '\\"', "\0", "\u2028", "\x85",
    "e\u0301", "\u0928\u092e\u0938\u094d\u0924\u0947", "\u0634\u0643\u0631\u0627", "\u202e", "\u200f",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\ufeff", "\u200b", " ", "x",
    "['a', 'b']", "{}", "long " * 2_000,
)  # fmt: skip
LABELS = ("plain", "two words", "\u0663", "\U0001f389", 'a "b"', "x;y", "caf\u00e9")
PLAIN = [(f"plain document {n}", LABELS[n % 2]) for n in range(8)]

Documents = Sequence[tuple[str, str]]

texts = st.lists(st.sampled_from(NASTY) | st.text(max_size=5), min_size=1, max_size=6).map("".join)
documents = st.lists(st.tuples(texts, st.sampled_from(LABELS)), min_size=1, max_size=6)


def jsonl(folder: Path, rows: Documents) -> Path:
    lines = [json.dumps({"text": text, "label": label}, ensure_ascii=False) for text, label in rows]
    path = folder / "docs.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")
    return path


def table(folder: Path, rows: Documents, delimiter: str, quoting: int, suffix: str) -> Path:
    path = folder / f"docs{suffix}"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, quoting=quoting)
        writer.writerows([("text", "label"), *rows])
    return path


def classes(folder: Path, rows: Documents) -> Path:
    path = folder / "docs"
    for number, (text, label) in enumerate(rows):
        file = path / label / f"{number:04}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode("utf-8"))
    return path


def parquet(folder: Path, rows: Documents) -> Path:
    arrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    from pyarrow import parquet as format_

    path = folder / "docs.parquet"
    format_.write_table(arrow.table({"text": [r[0] for r in rows], "label": [r[1] for r in rows]}), path)
    return path


def pairs(corpus: Corpus) -> list[tuple[str, str]]:
    labels = [corpus.label_names[label] for label in corpus.labels.indices]
    return list(zip(corpus.texts or (), labels, strict=True))


WRITERS = {
    "jsonl": jsonl,
    "csv": lambda folder, rows: table(folder, rows, ",", csv.QUOTE_MINIMAL, ".csv"),
    "csv, all quoted": lambda folder, rows: table(folder, rows, ",", csv.QUOTE_ALL, ".csv"),
    "csv with semicolons": lambda folder, rows: table(folder, rows, ";", csv.QUOTE_MINIMAL, ".csv"),
    "tsv": lambda folder, rows: table(folder, rows, "\t", csv.QUOTE_MINIMAL, ".tsv"),
    "parquet": parquet,
    "folder": classes,
}


@pytest.mark.parametrize("kind", WRITERS)
@settings(max_examples=50, deadline=None, derandomize=True)
@given(drawn=documents)
def test_every_format_gives_the_documents_or_names_the_place(kind: str, drawn: Documents) -> None:
    rows = [*drawn, *PLAIN]
    with TemporaryDirectory() as folder:
        path = WRITERS[kind](Path(folder), rows)
        corpus = read_or_refused(path)
    if corpus is None:
        assert may_be_refused(kind, rows)
        return
    expected = [(text, label) for text, label in rows if text and not text.isspace()]
    if kind == "folder":  # in the order of names, and a mark at the start of a file is none of its text
        order = sorted(range(len(rows)), key=lambda number: (rows[number][1], number))
        stripped = [(rows[n][0].removeprefix("\ufeff"), rows[n][1]) for n in order]
        expected = [(text, label) for text, label in stripped if text and not text.isspace()]
    assert pairs(corpus) == expected


def may_be_refused(kind: str, rows: Documents) -> bool:
    """Only NUL characters, and quotes that could be read in two ways, are a reason to refuse."""
    if kind in ("jsonl", "parquet"):
        return False
    written = "".join(text + label for text, label in rows)
    return "\0" in written or (kind != "folder" and bool({'"', "\n", "\r"} & set(written)))


@settings(max_examples=80, deadline=None, derandomize=True)
@given(drawn=documents, quoting=st.sampled_from(["quoted", "none"]))
def test_named_quoting_reads_what_was_written_by_it(drawn: Documents, quoting: str) -> None:
    unquotable = ("\t", "\n", "\r", "\0")
    rows = [
        (text, label)
        for text, label in [*drawn, *PLAIN]
        if "\0" not in text and (quoting == "quoted" or not any(each in text for each in unquotable))
    ]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "docs.tsv"
        if quoting == "quoted":
            table(Path(folder), rows, "\t", csv.QUOTE_MINIMAL, ".tsv")
        else:
            lines = ["text\tlabel", *(f"{text}\t{label}" for text, label in rows)]
            path.write_bytes("\n".join(lines).encode())
        corpus = load_file(path, quoting=quoting, drop_empty=True)
    assert pairs(corpus) == [(text, label) for text, label in rows if text and not text.isspace()]


@settings(max_examples=80, deadline=None, derandomize=True)
@given(drawn=documents)
def test_unquoted_tables_are_never_misread_without_a_word(drawn: Documents) -> None:
    unquotable = ("\t", "\n", "\r", "\0")
    rows = [(t, lab) for t, lab in [*drawn, *PLAIN] if not any(each in t for each in unquotable)]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "docs.tsv"
        path.write_bytes("\n".join(["text\tlabel", *(f"{t}\t{lab}" for t, lab in rows)]).encode())
        corpus = read_or_refused(path)
    if corpus is not None and not any("quoted fields" in note for note in corpus.notes):
        assert pairs(corpus) == [(text, label) for text, label in rows if text and not text.isspace()]


def read_or_refused(path: Path) -> Corpus | None:
    """Return the corpus, or None where it is refused with the line."""
    try:
        return load_file(path, drop_empty=True)
    except DataError as error:
        if "line " not in str(error) and "NUL" not in str(error):
            raise
        return None
