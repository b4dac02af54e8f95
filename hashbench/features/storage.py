"""Features on disk: a folder of .npy files that are opened without being read into memory."""

from __future__ import annotations

import json
import secrets
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from hashbench.data.split import Split, SplitRecipe
from hashbench.errors import DataError
from hashbench.features.features import Features

PARTS = ("train", "validation", "test")


def write_features(folder: Path, features: Features) -> None:
    """Write features to a folder that does not exist yet: it appears with all its files or not at all.

    Raises:
        OSError: the folder exists, its parent cannot be written, or the disk is full.
    """
    temporary = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.tmp")
    temporary.mkdir()
    try:
        shapes = {part: _write_matrix(temporary, part, getattr(features, part)) for part in PARTS}
        for part in PARTS:
            np.save(temporary / f"rows-{part}.npy", getattr(features.split, part))
        inputs = {
            name: _write_matrix(temporary, f"input-{name}", value) for name, value in features.inputs.items()
        }
        about = {
            "key": features.key,
            "seconds": features.seconds,
            "empty": dict(features.empty),
            "recipe": asdict(features.split.recipe),
            "shapes": shapes,
            "inputs": inputs,
        }
        (temporary / "features.json").write_text(json.dumps(about))
        temporary.rename(folder)
    except BaseException:
        shutil.rmtree(temporary)
        raise


def read_features(folder: Path) -> Features:
    """Open the features of a folder; their arrays are read-only views of the files.

    Raises:
        DataError: a file is missing or damaged.
    """
    try:
        about = json.loads((folder / "features.json").read_text())
        recipe = about["recipe"]
        return Features(
            **{part: _read_matrix(folder, part, about["shapes"][part]) for part in PARTS},
            split=Split(
                **{part: np.load(folder / f"rows-{part}.npy") for part in PARTS},
                recipe=SplitRecipe(recipe["kind"], tuple(recipe["fractions"]), recipe["seed"]),
            ),
            empty=about["empty"],
            key=about["key"],
            seconds=about["seconds"],
            inputs={
                name: _read_matrix(folder, f"input-{name}", shape) for name, shape in about["inputs"].items()
            },
        )
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
