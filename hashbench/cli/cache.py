"""``hashbench cache``: what is cached, and freeing it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from hashbench.atomic import remove, storing
from hashbench.cli.output import echo_table
from hashbench.data.home import cache_folder
from hashbench.reporting.table import Table

KINDS = ("features", "docstrings")
"""Folders of the cache. What is in them can be computed again; checkpoints are in the cache of their hub."""
LOCK = ".lock"
DAY = 24 * 3600


@dataclass(frozen=True)
class Cached:
    """Something that is cached.

    Attributes:
        kind: the folder of the cache that it is in.
        path: the file or folder.
        size: bytes.
        days: since it was written.
    """

    kind: str
    path: Path
    size: int
    days: float


@click.group()
def cache() -> None:
    """Show and free what can be computed again: features, and the docstrings of installed packages.

    The folder is $HASHBENCH_CACHE or the cache folder of the user. Downloaded checkpoints are not in it.
    """


_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


@cache.command()
@_json
def info(as_json: bool) -> None:
    """Show the folder, and number, size and age of what is in it."""
    found = list(_cached())
    if as_json:
        entries = [{**asdict(each), "path": str(each.path)} for each in found]
        click.echo(json.dumps({"schema": 1, "folder": str(cache_folder()), "entries": entries}, indent=1))
        return
    rows = []
    for kind in KINDS:
        entries_ = [each for each in found if each.kind == kind]
        days = [each.days for each in entries_]
        age = f"{min(days):.0f} to {max(days):.0f}" if days else "-"
        rows.append([kind, f"{len(entries_):,}", _megabytes(entries_), age])
    rows.append(["all", f"{len(found):,}", _megabytes(found), ""])
    header = ["kind", "number", "MB", "days since written"]
    echo_table(Table(f"Cache {cache_folder()}", header, rows, text_columns=1))


@cache.command()
@click.option("--older-than", type=click.FloatRange(0), metavar="DAYS", help="Only what was written before.")
@click.option("--dry-run", is_flag=True, help="Name what would be removed; remove nothing.")
def clean(older_than: float | None, dry_run: bool) -> None:
    """Remove what is cached. A run computes what it needs again; clean up while no run is going on."""
    doomed = [each for each in _cached() if older_than is None or each.days > older_than]
    for each in doomed:
        if dry_run:
            click.echo(str(each.path))
        else:
            with storing(each.path):
                remove(each.path)
    verb = "would be removed from" if dry_run else "removed from"
    click.echo(f"{len(doomed)} entries of {_megabytes(doomed)} MB {verb} {cache_folder()}", err=True)


def _cached() -> Iterator[Cached]:
    """Yield what is cached, unfinished and interrupted files included; locks are no content."""
    now = time.time()
    for kind in KINDS:
        folder = cache_folder() / kind
        with storing(folder):
            for path in sorted(folder.iterdir()) if folder.is_dir() else ():
                if path.suffix != LOCK:
                    status = path.lstat()
                    yield Cached(kind, path, _size(path), max(0.0, now - status.st_mtime) / DAY)


def _size(path: Path) -> int:
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    return sum(file.lstat().st_size for file in files)


def _megabytes(entries: list[Cached]) -> str:
    return f"{sum(each.size for each in entries) / 1e6:,.1f}"
