"""The files below a folder or in an archive, by one rule for hidden and special ones."""

from __future__ import annotations

import io
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hashbench.data.decoding import COMPRESSIONS, check_regular, open_bytes
from hashbench.data.reading import Reading
from hashbench.errors import DataError

ARCHIVES = (".zip", ".tar", ".tgz", ".tbz2", ".txz")
DEEPEST = 4
"""Levels below a folder that are looked at: split, class, document, and one too many."""
_SYSTEM = ("__macosx", "thumbs.db", "desktop.ini")
_UTF8_NAME, _WINDOWS = 0x800, 0  # of the format of zip archives
_HIDDEN = "hidden files and folders, left out"
_SPECIAL = "pipes, sockets and devices, left out"


@dataclass(frozen=True)
class Leaf:
    """A file, or a folder that lies too deep.

    Attributes:
        parts: the names of the folders above it and its own.
        read: reads its bytes, decompressed if its suffix says that it is compressed.
    """

    parts: tuple[str, ...]
    read: Callable[[], bytes]

    @property
    def place(self) -> str:
        """Its path below the folder or in the archive."""
        return "/".join(self.parts)


def is_archive(path: Path) -> bool:
    """Tell from the suffix whether a file is an archive of files."""
    name = path.name.lower()
    return name.endswith(ARCHIVES) or any(name.endswith(f".tar{suffix}") for suffix in COMPRESSIONS)


def is_hidden(name: str) -> bool:
    """Tell whether a file or folder is one that systems leave behind, and no document."""
    return name.startswith(".") or name.lower() in _SYSTEM


def leaves(path: Path, reading: Reading) -> list[Leaf]:
    """Return the files below a folder or in an archive, in the order of their names.

    Files and folders whose name begins with a dot, and those that systems leave behind, are left out, as are
    pipes, sockets and devices; both are counted. An archive that holds one folder is taken for that folder.

    Args:
        path: folder, ``.zip`` or ``.tar`` file, the latter compressed or not.
        reading: receives the counts.

    Raises:
        DataError: something cannot be read, or a link leads nowhere or out of the archive.
    """
    if path.is_dir():
        return list(_below(path, (), reading))
    check_regular(path)
    try:
        found = _of_zip(path, reading) if path.suffix.lower() == ".zip" else _of_tar(path, reading)
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError, zlib.error) as error:
        raise DataError(f"cannot read {path}: {error}") from error
    found = _latest(_shown(found, reading), reading)
    tops = {leaf.parts[0] for leaf in found if len(leaf.parts) > 1}
    if len(tops) == 1 and all(len(leaf.parts) > 1 for leaf in found):
        found = [Leaf(leaf.parts[1:], leaf.read) for leaf in found]
    return sorted(found, key=lambda leaf: leaf.parts)


def _below(folder: Path, above: tuple[str, ...], reading: Reading) -> Iterator[Leaf]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise DataError(f"cannot read {folder}: {error.strerror}") from error
    for entry in entries:
        parts = (*above, entry.name)
        if is_hidden(entry.name):
            reading.counts[_HIDDEN] += 1
        elif entry.is_dir() and len(parts) < DEEPEST:
            below = list(_below(entry, parts, reading))
            reading.counts.update({"empty folders, left out": 1} if not below else {})
            yield from below
        elif entry.is_file() or entry.is_dir():
            yield Leaf(parts, _reader(entry))
        elif entry.exists():
            reading.counts[_SPECIAL] += 1
        else:
            raise DataError(f"{entry} is a link that leads nowhere; mend or remove it")


def _reader(path: Path) -> Callable[[], bytes]:
    def read() -> bytes:
        with open_bytes(path) as file:
            return file.read()

    return read


def _shown(found: list[Leaf], reading: Reading) -> list[Leaf]:
    """Leave out the hidden files of an archive; a hidden folder counts once, as on a disk."""
    hidden = set()
    shown = []
    for leaf in found:
        place = next((n for n, name in enumerate(leaf.parts, 1) if is_hidden(name)), None)
        if place is None:
            shown.append(leaf)
        else:
            hidden.add(leaf.parts[:place])
    reading.counts.update({_HIDDEN: len(hidden)} if hidden else {})
    return shown


def _latest(found: list[Leaf], reading: Reading) -> list[Leaf]:
    """Keep the last of the files of one name, as unpacking the archive would."""
    latest = {leaf.parts: leaf for leaf in found}
    if len(latest) < len(found):
        reading.counts["files in the archive that a later one of their name replaces"] += len(found) - len(
            latest
        )
    return list(latest.values())


def _of_zip(path: Path, reading: Reading) -> list[Leaf]:
    found = []
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if member.is_dir():
                continue
            kind = member.external_attr >> 28  # 0 where the archive was not written on Unix
            if kind not in (0, 0o10):
                reading.counts["links, pipes and devices in the archive, left out"] += 1
                continue
            if member.flag_bits & 1:
                raise DataError(f"{path}: {member.filename} is encrypted; unpack the archive")
            if not member.flag_bits & _UTF8_NAME and not member.filename.isascii():
                reading.counts["names in the archive that are not marked as UTF-8, read as cp437"] += 1
            name = member.filename
            if member.create_system == _WINDOWS and "/" not in name:
                name = name.replace("\\", "/")
            found.append(_member(path, name, archive.read(member)))
    return found


def _of_tar(path: Path, reading: Reading) -> list[Leaf]:
    found = []
    with tarfile.open(path) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isfile() else None
            if content is not None:
                found.append(_member(path, member.name, content.read()))
            elif not member.isdir():
                reading.counts["links, pipes and devices in the archive, left out"] += 1
    return found


def _member(path: Path, name: str, content: bytes) -> Leaf:
    place = PurePosixPath(name)
    if place.is_absolute() or ".." in place.parts:
        raise DataError(f"{path}: member {name} would lie outside its folder")

    def read() -> bytes:
        opener = COMPRESSIONS.get(place.suffix.lower())
        if opener is None:
            return content
        try:
            with opener(io.BytesIO(content)) as file:
                decompressed: bytes = file.read()
                return decompressed
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(f"cannot read {name} in {path}: {error}") from error

    return Leaf(place.parts, read)
