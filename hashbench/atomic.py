"""Files that are there as a whole or not at all, and what is said when they cannot be written."""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hashbench.errors import StorageError
from hashbench.printable import printable_line

STALE_SECONDS = 24 * 3600
_TEMPORARY = re.compile(r"\..*\.[0-9a-f]{8}\.tmp", re.DOTALL)
_ADVICE = {
    errno.ENOSPC: "free some space and run the same command again",
    errno.EDQUOT: "free some space and run the same command again",
    errno.EFBIG: "allow larger files, or free some space, and run the same command again",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.EEXIST: "a file is where a folder should be; name another folder",
    errno.ENOTDIR: "a file is where a folder should be; name another folder",
    errno.EISDIR: "a folder is where a file should be; name another file",
}


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file beside its place and move it there: a reader sees the old content or the new one.

    Args:
        path: the file, in a folder that exists; what it held before is replaced.
        data: all of its content.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """
    temporary = temporary_path(path)
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def temporary_path(path: Path) -> Path:
    """Return an unused path beside a path, for what is moved there once it is complete."""
    return path.with_name(f".{path.name[:50]}.{secrets.token_hex(4)}.tmp")


def stale_files(folder: Path, older_than: float = STALE_SECONDS) -> list[Path]:
    """Return the temporary files and folders that interrupted writes left in a folder.

    Args:
        folder: where they are, itself and not what is below it; it may not exist.
        older_than: seconds since they were changed last.
    """
    limit = time.time() - older_than
    found = folder.iterdir() if folder.is_dir() else ()
    return [path for path in found if _TEMPORARY.fullmatch(path.name) and path.lstat().st_mtime <= limit]


def remove_stale_files(folder: Path) -> None:
    """Remove what ``stale_files`` finds, where that is permitted."""
    try:
        for path in stale_files(folder):
            remove(path)
    except OSError:
        return


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it.

    Raises:
        OSError: that is not permitted.
    """
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def storing(where: Path) -> Iterator[None]:
    """Turn an OSError of the block into a StorageError that says in one line what to do.

    Args:
        where: the file or folder that the block writes or reads.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        advice = _ADVICE.get(error.errno or 0, "name another folder, or change its permissions")
        named = error.filename if isinstance(error.filename, str) else where
        raise StorageError(printable_line(f"cannot store {named}: {reason}; {advice}")) from error
