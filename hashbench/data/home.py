"""Where files are: corpora in the data home, what can be computed again in the cache."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import platformdirs

from hashbench.errors import DataError, HashbenchError


def cache_home() -> Path:
    """Return the cache folder, created if need be: ``$HASHBENCH_CACHE`` or the user's cache directory.

    Raises:
        HashbenchError: the folder cannot be created or written.
    """
    chosen = os.environ.get("HASHBENCH_CACHE")
    home = Path(chosen).expanduser() if chosen else Path(platformdirs.user_cache_dir("hashbench", False))
    try:
        home.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=home).close()
    except OSError as error:
        raise HashbenchError(
            f"cannot write to the cache folder {home} ({error.strerror}): "
            "set HASHBENCH_CACHE to a folder that you can write to"
        ) from error
    return home


def data_home() -> Path:
    """Return the folder of the corpora, ``$HASHBENCH_DATA`` or the user's data directory; only read."""
    chosen = os.environ.get("HASHBENCH_DATA")
    return Path(chosen).expanduser() if chosen else Path(platformdirs.user_data_dir("hashbench", False))


def locate(dataset: str, folder: str, *names: str) -> Path:
    """Return the first of some files that the data home holds.

    Args:
        dataset: name of the dataset that needs one of them.
        folder: its folder in the data home.
        names: file names, the preferred one first.

    Raises:
        DataError: none of them is there; the message names the files, the folder and the command that
            downloads them.
    """
    place = data_home() / folder
    for name in names:
        if (place / name).is_file():
            return place / name
    raise DataError(
        f"dataset {dataset}: {' or '.join(names)} is not in {place}; `hashbench data fetch {dataset}` "
        "downloads it, HASHBENCH_DATA names another data home"
    )
