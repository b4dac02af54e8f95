"""Features on disk: a folder of .npy files that are opened without being read into memory.

A JSON file beside them holds their digests and its own. They are checked when the folder is opened, once a
process.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from hashbench.atomic import storing, temporary_path
from hashbench.data.split import Split, SplitRecipe
from hashbench.errors import DataError, StorageError
from hashbench.features.features import ExtraInput, Features
from hashbench.fingerprint import content_key

SPLITS = ("train", "validation", "test")
DIGEST_BYTES = 16
_FEATURES, _INPUT = "features.json", "input.json"
_intact: set[tuple[str, int, int]] = set()
"""Folders whose files this process has checked, each with inode and time of change of its JSON file."""


def write_features(folder: Path, features: Features) -> None:
    """Write features, without extra inputs, to a folder that does not exist yet: as a whole or not at all.

    Raises:
        StorageError: the folder exists, its parent cannot be written, or the disk is full.
    """
    with _appearing(folder, _FEATURES) as written:
        shapes = {split: written.matrix(split, getattr(features, split)) for split in SPLITS}
        for split in SPLITS:
            written.array(f"rows-{split}", getattr(features.split, split))
        written.about |= {
            "key": features.key,
            "seconds": features.seconds,
            "empty": dict(features.empty),
            "recipe": asdict(features.split.recipe),
            "shapes": shapes,
        }


def read_features(folder: Path) -> Features:
    """Open the features of a folder; their arrays are read-only views of the files.

    Raises:
        DamagedError: a file is missing, or is not what was written.
        StorageError: a file cannot be read.
    """
    about = _checked(folder, _FEATURES)
    recipe = about["recipe"]
    return Features(
        **{split: _read_matrix(folder, split, about["shapes"][split]) for split in SPLITS},
        split=Split(
            **{split: np.load(folder / f"rows-{split}.npy") for split in SPLITS},
            recipe=SplitRecipe(recipe["kind"], tuple(recipe["fractions"]), recipe["seed"]),
        ),
        empty=about["empty"],
        key=about["key"],
        seconds=about["seconds"],
        inputs={},
    )


def write_input(folder: Path, extra: ExtraInput) -> None:
    """Write an extra input to a folder that does not exist yet: as a whole or not at all.

    Raises:
        StorageError: the folder exists, its parent cannot be written, or the disk is full.
    """
    with _appearing(folder, _INPUT) as written:
        shape = written.matrix("values", extra.values)
        written.about |= {"seconds": extra.seconds, "shape": shape}


def read_input(folder: Path) -> ExtraInput:
    """Open the extra input of a folder; its arrays are read-only views of the files.

    Raises:
        DamagedError: a file is missing, or is not what was written.
        StorageError: a file cannot be read.
    """
    about = _checked(folder, _INPUT)
    return ExtraInput(_read_matrix(folder, "values", about["shape"]), about["seconds"])


def find_damage(folder: Path) -> str | None:
    """Tell what is wrong with the features or the extra input in a folder; None where all is as written.

    Raises:
        StorageError: a file cannot be read.
    """
    try:
        _checked(folder, _INPUT if (folder / _INPUT).exists() else _FEATURES)
    except DamagedError as error:
        return str(error)
    return None


def remove_folder(folder: Path) -> None:
    """Remove features or an extra input; who has opened them keeps them.

    Raises:
        StorageError: the folder cannot be removed.
    """
    with storing(folder):
        doomed = temporary_path(folder)
        folder.rename(doomed)
        shutil.rmtree(doomed)


class DamagedError(StorageError):
    """Cached files that are not what was written."""


class _Written:
    """A folder in the making, and what its JSON file will tell."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.about: dict[str, Any] = {}
        self.files: dict[str, str] = {}

    def matrix(self, name: str, matrix: csr_array | NDArray[Any]) -> list[int] | None:
        """Write a matrix; return the shape of a sparse one, which its files do not tell, or None."""
        if isinstance(matrix, np.ndarray):
            self.array(name, matrix)
            return None
        for field in ("data", "indices", "indptr"):
            self.array(f"{name}.{field}", getattr(matrix, field))
        return list(matrix.shape)

    def array(self, name: str, array: NDArray[Any]) -> None:
        """Write an array as a .npy file; its digest is that of the bytes handed to the file."""
        path = self.folder / f"{name}.npy"
        with path.open("xb") as file:
            digesting = _DigestingFile(file)
            np.lib.format.write_array(digesting, array, allow_pickle=False)
        self.files[path.name] = digesting.digest.hexdigest()


class _DigestingFile:
    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.digest = hashlib.blake2b(digest_size=DIGEST_BYTES)

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        return self.file.write(data)


@contextmanager
def _appearing(folder: Path, about_name: str) -> Iterator[_Written]:
    """Hand out a temporary folder that becomes ``folder`` at the end of the block, unless that raises."""
    with storing(folder):
        temporary = temporary_path(folder)
        temporary.mkdir()
        try:
            written = _Written(temporary)
            yield written
            about = {**written.about, "name": _name(folder), "files": written.files}
            content = json.dumps({**about, "digest": content_key(about)}, indent=1)
            (temporary / about_name).write_text(content, encoding="utf-8")
            temporary.rename(folder)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise


def _checked(folder: Path, about_name: str) -> Mapping[str, Any]:
    """Return what the JSON file of a folder tells, if it and the files beside it are as they were written."""
    try:
        return _read_and_checked(folder, about_name)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _damaged(folder, f"{Path(error.filename).name} is missing") from error
    except OSError as error:
        raise StorageError(
            f"cannot read {error.filename}: {error.strerror}; "
            "change its permissions, or set HASHBENCH_CACHE to another folder"
        ) from error
    except DataError as error:
        raise _damaged(folder, str(error)) from error
    except KeyError as error:
        raise _damaged(folder, f"{about_name} has no {error}, like those of earlier releases") from error
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise _damaged(folder, f"{about_name} is not what was written: {error}") from error


def _read_and_checked(folder: Path, about_name: str) -> Mapping[str, Any]:
    path = folder / about_name
    about: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    digest = about.pop("digest")
    if digest != content_key(about):
        raise DataError(f"{about_name} differs from its digest")
    if about["name"] != _name(folder):
        raise DataError(f"they are those of {about['name']}")
    status = path.stat()
    signature = (str(folder), status.st_ino, status.st_mtime_ns)
    if signature not in _intact:
        for name, expected in about["files"].items():
            if _digest(folder / name) != expected:
                raise DataError(f"{name} differs from its digest")
        _intact.add(signature)
    return about


def _damaged(folder: Path, reason: str) -> DamagedError:
    return DamagedError(
        f"the cached features in {folder} are damaged ({reason}); "
        "they are computed anew when a run needs them"
    )


def _name(folder: Path) -> str:
    """Return the name that a folder has in its JSON file; inputs are named after their features as well."""
    return f"{folder.parent.parent.name}/{folder.name}" if folder.parent.name == "inputs" else folder.name


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=DIGEST_BYTES)).hexdigest()


def _read_matrix(folder: Path, name: str, shape: list[int] | None) -> csr_array | NDArray[Any]:
    if shape is None:
        return _mapped(folder / f"{name}.npy")
    data, indices, indptr = (
        _mapped(folder / f"{name}.{field}.npy") for field in ("data", "indices", "indptr")
    )
    matrix = csr_array((data, indices, indptr), shape=(shape[0], shape[1]))
    matrix.has_canonical_format = True
    return matrix


def _mapped(path: Path) -> NDArray[Any]:
    return np.asarray(np.load(path, mmap_mode="r"))
