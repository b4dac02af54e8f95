"""Folders and archives with a document a file, in class folders or without classes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from hashbench.data.decoding import COMPRESSIONS, CP1252, decode
from hashbench.data.reading import Reading, Record
from hashbench.data.trees import Leaf, leaves
from hashbench.errors import DataError

SPLIT_FOLDERS = {
    "train": "train",
    "test": "test",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
}
_TABLES = (".jsonl", ".csv", ".tsv", ".parquet")
_ADVICE = (
    "the folders of the folder that you name are the classes, or train and test with the classes in both"
)


def read_folder(path: Path, reading: Reading, encoding: str = "") -> Iterator[Record]:
    """Yield a record for each document of a folder or an archive; its path there is its id.

    ``class/file``; ``train/class/file`` and ``test/class/file``; ``train/file`` and ``test/file``, without
    labels; or just files, without labels.

    Args:
        path: the folder or archive.
        reading: receives what was left out.
        encoding: of all files; "" tells it of each.

    Raises:
        DataError: there is a folder within a class folder, or a file is no text.
    """
    found = leaves(path, reading)
    tops = {leaf.parts[0] for leaf in found if len(leaf.parts) > 1}
    splits = tops if {"train", "test"} <= tops <= set(SPLIT_FOLDERS) else set()
    depth = max((len(leaf.parts) for leaf in found), default=0)
    if depth > (3 if splits else 2):
        deepest = next(leaf for leaf in found if len(leaf.parts) == depth)
        inner = path.joinpath(*deepest.parts[: 3 if splits else 2])
        raise DataError(f"{inner} is a folder within a class folder; {_ADVICE}")
    reading.facts["layout"] = _layout(bool(splits), depth)
    if splits and depth == 2:
        reading.remarks.append("the folders train and test are taken for the split, not for classes")
    if depth == 1:
        reading.remarks.append("there are no class folders: every file is a document, without a label")
    encodings: set[str] = set()
    for leaf in found:
        if len(leaf.parts) < depth:
            reading.counts["files beside the class folders, ignored"] += 1
            continue
        if _holds_many(leaf.parts[-1]):
            raise DataError(
                f"{path / leaf.place} holds many documents, as its suffix says, and a folder one a file; "
                "name the file itself"
            )
        split = SPLIT_FOLDERS[leaf.parts[0]] if splits else None
        label = leaf.parts[-2] if len(leaf.parts) > (2 if splits else 1) else None
        text = _text(path, leaf, encoding, reading, encodings)
        yield Record(leaf.place, text, label, split=split, id=leaf.place)
    reading.facts["encoding"] = ", ".join(sorted(encodings)) or "none"


def _holds_many(name: str) -> bool:
    path = PurePosixPath(name)
    plain = path.with_suffix("") if path.suffix.lower() in COMPRESSIONS else path
    return plain.suffix.lower() in _TABLES


def _layout(has_splits: bool, depth: int) -> str:
    parts = [*(["split"] if has_splits else []), *(["class"] if depth > 1 + has_splits else []), "document"]
    return "/".join(parts)


def _text(path: Path, leaf: Leaf, given: str, reading: Reading, encodings: set[str]) -> str:
    text, encoding = decode(leaf.read(), str(path / leaf.place), given)
    encodings.add(encoding.shown)
    if encoding.name == "cp1252" and not given:
        reading.counts[CP1252] += 1
    return text
