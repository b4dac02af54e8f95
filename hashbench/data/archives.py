"""Documents in .tar.gz archives, read without unpacking anything to disk."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from hashbench.errors import DataError


def read_archive(dataset: str, path: Path) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Yield name and content of every regular file of an archive, in its order; links are skipped.

    Args:
        dataset: name of the dataset, for the command in the message.
        path: a .tar.gz file.

    Raises:
        DataError: the archive is truncated or damaged, or a name would lead out of the folder.
    """
    try:
        with gzip.open(path) as stream:
            with tarfile.open(fileobj=stream, mode="r:") as archive:
                for member in archive:
                    name = PurePosixPath(member.name)
                    if name.is_absolute() or ".." in name.parts:
                        raise DataError(
                            f"{path}: member {member.name} would lie outside its folder; {_again(dataset)}"
                        )
                    content = archive.extractfile(member) if member.isfile() else None
                    if content is not None:
                        yield name, content.read()
            while stream.read(1 << 20):  # up to the checksum at the end
                pass
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise DataError(f"{path} is damaged or incomplete ({error}); {_again(dataset)}") from error


def _again(dataset: str) -> str:
    return f"delete it and run `hashbench data fetch {dataset}`"
