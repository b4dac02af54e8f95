"""The folder in which hashbench keeps what it can compute again."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import platformdirs

from hashbench.errors import HashbenchError


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
