"""Features on disk: a folder of .npy files that are opened without being read into memory."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from hashbench.data.split import Split, SplitRecipe
from hashbench.errors import DataError
from hashbench.features.features import ExtraInput, Features

SPLITS = ("train", "validation", "test")


def write_features(folder: Path, features: Features) -> None:
    """Write features, without extra inputs, to a folder that does not exist yet: as a whole or not at all.

    Raises:
        OSError: the folder exists, its parent cannot be written, or the disk is full.
    """
    with _appearing(folder) as temporary:
        shapes = {split: _write_matrix(temporary, split, getattr(features, split)) for split in SPLITS}
        for split in SPLITS:
            np.save(temporary / f"rows-{split}.npy", getattr(features.split, split))
        about = {
            "key": features.key,
            "seconds": features.seconds,
            "empty": dict(features.empty),
            "recipe": asdict(features.split.recipe),
            "shapes": shapes,
        }
        (temporary / "features.json").write_text(json.dumps(about))


def read_features(folder: Path) -> Features:
    """Open the features of a folder; their arrays are read-only views of the files.

    Raises:
        DataError: a file is missing or damaged.
    """
    with _naming_damage(folder):
        about = json.loads((folder / "features.json").read_text())
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
        OSError: the folder exists, its parent cannot be written, or the disk is full.
    """
    with _appearing(folder) as temporary:
        shape = _write_matrix(temporary, "values", extra.values)
        (temporary / "input.json").write_text(json.dumps({"seconds": extra.seconds, "shape": shape}))


def read_input(folder: Path) -> ExtraInput:
    """Open the extra input of a folder; its arrays are read-only views of the files.

    Raises:
        DataError: a file is missing or damaged.
    """
    with _naming_damage(folder):
        about = json.loads((folder / "input.json").read_text())
        return ExtraInput(_read_matrix(folder, "values", about["shape"]), about["seconds"])


@contextmanager
def _appearing(folder: Path) -> Iterator[Path]:
    """Hand out a temporary folder that becomes ``folder`` at the end of the block, unless that raises."""
    temporary = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.tmp")
    temporary.mkdir()
    try:
        yield temporary
        temporary.rename(folder)
    except BaseException:
        shutil.rmtree(temporary)
        raise


@contextmanager
def _naming_damage(folder: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, ValueError, KeyError) as error:
        raise DataError(
            f"the cached features in {folder} are damaged ({error}): delete that folder and run again"
        ) from error


def _write_matrix(folder: Path, name: str, matrix: csr_array | NDArray[Any]) -> list[int] | None:
    """Write a matrix; return the shape of a sparse one, which its files do not tell, or None."""
    if isinstance(matrix, np.ndarray):
        np.save(folder / f"{name}.npy", matrix, allow_pickle=False)
        return None
    for field in ("data", "indices", "indptr"):
        np.save(folder / f"{name}.{field}.npy", getattr(matrix, field))
    return list(matrix.shape)


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
