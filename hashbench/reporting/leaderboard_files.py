"""Leaderboard files: writing them from a store, and telling whether they are stale."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from pathlib import Path

from filelock import FileLock

from hashbench.atomic import storing, write_atomically
from hashbench.experiment.store import ResultStore, UnreadableRecord
from hashbench.reporting.board import Board, boards
from hashbench.reporting.catalogue import Catalogue
from hashbench.reporting.formats import Format, rendered
from hashbench.reporting.leaderboard import MARK
from hashbench.reporting.rows import OTHER_CODE, OTHER_VERSION


def write_leaderboards(
    store: ResultStore, folder: Path, catalogue: Catalogue | None = None
) -> tuple[list[Path], list[UnreadableRecord]]:
    """Write the leaderboards of all stored records; return the files, and the records that cannot be read."""
    files, unreadable, _ = write_boards(store, folder, catalogue)
    return files, unreadable


def write_boards(
    store: ResultStore, folder: Path, catalogue: Catalogue | None = None, format_: Format = "markdown"
) -> tuple[list[Path], list[UnreadableRecord], list[Board]]:
    """Write the leaderboards of all stored records, and return the boards as well; write nothing without any.

    Runs that share a folder take turns, so that the last one to finish writes what all of them stored.

    Raises:
        StorageError: the folder cannot be written.
    """
    with storing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock"):
            records, unreadable = store.records()
            made = boards(records, catalogue)
            files = {folder / name: text for name, text in (rendered(made, format_) if made else {}).items()}
            for path, text in files.items():
                write_atomically(path, text.encode())
    return list(files), unreadable, made


def stale_files(rendered: Mapping[str, str], folder: Path) -> dict[Path, str]:
    """Return the files that differ from what the records give, each with a unified diff.

    The marks of rows that other code made do not count: they depend on what is installed. A file of a dataset
    without records is stale as well.
    """
    stale = {}
    for name, text in rendered.items():
        path = folder / name
        found = path.read_text(encoding="utf-8") if path.exists() else ""
        if _unmarked(found) != _unmarked(text):
            stale[path] = _diff(found, text, str(path))
    for path in folder.glob("*.md"):
        if path.name not in rendered and (text := path.read_text(encoding="utf-8")).startswith(MARK):
            stale[path] = _diff(text, "", str(path))
    return stale


def _unmarked(text: str) -> str:
    """Return a text without marks, and with one space or hyphen where padding makes several."""
    return re.sub(r"([ -])\1+", r"\1", re.sub(f" [{OTHER_CODE}{OTHER_VERSION}]+", "", text))


def _diff(found: str, wanted: str, name: str) -> str:
    lines = difflib.unified_diff(
        found.splitlines(),
        wanted.splitlines(),
        f"{name} (on disk)",
        f"{name} (from records)",
        lineterm="",
        n=0,
    )
    return "\n".join(lines)
