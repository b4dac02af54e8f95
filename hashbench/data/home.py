"""Where files are: those of corpora in the data home, those that can be computed again in the cache."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import platformdirs

from hashbench.errors import DataError, StorageError
from hashbench.specs import DatasetSpec


def cache_folder() -> Path:
    """Return the cache folder, which may not exist: ``$HASHBENCH_CACHE`` or the user's cache directory.

    Raises:
        StorageError: the variable is not set, and the user has no home.
    """
    return _folder("HASHBENCH_CACHE", platformdirs.user_cache_dir)


def _folder(variable: str, of_user: Callable[..., str]) -> Path:
    chosen = os.environ.get(variable)
    try:
        return Path(chosen).expanduser() if chosen else Path(of_user("hashbench", False))
    except RuntimeError as error:
        raise StorageError(f"there is no home directory: set {variable} to a folder ({error})") from None


def cache_home() -> Path:
    """Return the cache folder, created if need be, to write to.

    Raises:
        StorageError: the folder cannot be created or written.
    """
    home = cache_folder()
    try:
        home.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=home).close()
    except OSError as error:
        raise StorageError(
            f"cannot write to the cache folder {home} ({error.strerror}): "
            "set HASHBENCH_CACHE to a folder that you can write to"
        ) from error
    return home


def data_home() -> Path:
    """Return the folder of the corpora, which may not exist: ``$HASHBENCH_DATA`` or a folder of the user.

    Raises:
        StorageError: the variable is not set, and the user has no home.
    """
    return _folder("HASHBENCH_DATA", platformdirs.user_data_dir)


def dataset_folder(spec: DatasetSpec) -> Path:
    """Return the folder of a dataset in the data home, which may not exist."""
    return data_home() / (spec.folder or spec.name)


def locate(spec: DatasetSpec, *names: str) -> Path:
    """Return the first of some files that the folder of a dataset holds.

    Args:
        spec: the dataset.
        names: file names, the preferred one first.

    Raises:
        DataError: none of them is there; the message names the files, the folder and the command that
            downloads them.
    """
    folder = dataset_folder(spec)
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise DataError(
        f"dataset {spec.name}: {' or '.join(names)} is not in {folder}; `hashbench data fetch {spec.name}` "
        "downloads it, HASHBENCH_DATA names another data home"
    )
