"""Arrays of codes that were made elsewhere: read from a file, checked against a split, and packed."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hashbench.codes import CENTROIDS, MAX_BITS, WORD_BITS, Codes, QuantiserCodes
from hashbench.data.split import Split
from hashbench.errors import Argument, DataError
from hashbench.evaluation.mapped_files import row_blocks
from hashbench.experiment.returned import checked_floats

SPLITS = ("train", "validation", "test")
TABLES = ("validation_tables", "test_tables")
"""Lookup tables of queries, which come with the codes of a quantiser."""
OCTET = 8


def read_arrays(path: Path) -> dict[str, Any]:
    """Read the arrays of a ``.npz`` or ``.mat`` file: those named like splits, and lookup tables.

    Those of a folder are files such as ``train.npy``; they are memory-mapped, read as they are needed.

    Raises:
        DataError: the file cannot be read.
    """
    where = Argument("codes", str(path))
    if path.is_dir():
        return _map_folder(path, where)
    if path.suffix.lower() not in (".npz", ".mat"):
        raise DataError(where, ": name a .npz or .mat file, or a folder of .npy files")
    try:
        content = io.BytesIO(path.read_bytes())
    except OSError as error:
        raise DataError(where, f": {error.strerror}; name a .npz or .mat file") from error
    try:
        return _read_mat(content) if path.suffix.lower() == ".mat" else _read_npz(content)
    except NotImplementedError as error:
        raise DataError(where, ": is of MATLAB 7.3; save it with the option -v7") from error
    except Exception as error:  # numpy and scipy raise anything over a damaged file
        raise DataError(where, f": cannot be read: {' '.join(str(error).split())}") from error


def checked_codes(
    arrays: Mapping[str, Any], split: Split, bits: int | None, queries: str
) -> dict[str, Codes]:
    """Pack the codes of each split that has some.

    Args:
        arrays: by split; 0 and 1 of any numeric dtype and shape (n, bits), or 8 bits an octet in uint8 of
            shape (n, bits / 8).
        split: the documents that have a code.
        bits: length of a code; None takes the number of columns of "train".
        queries: the split whose codes are needed beside those of "train".

    Raises:
        DataError: an array is missing, or has another shape or other values; the message says what is
            expected.
    """
    n_documents = {part: len(rows) for part, rows in split.rows.items()}
    for part in ("train", queries):
        if part not in arrays:
            there = ", ".join(map(repr, arrays)) or "none"
            why = f": there is no array {part!r}, of shape ({n_documents[part]}, bits) (there: {there})"
            raise DataError(Argument("codes"), why)
    matrices = {
        part: _matrix(part, arrays[part], n_documents[part], bits) for part in SPLITS if part in arrays
    }
    n_bits = matrices["train"].shape[1] if bits is None else bits
    if not 1 <= n_bits <= MAX_BITS:
        why = f": array 'train' has {n_bits} columns; codes have 1 to {MAX_BITS} bits"
        raise DataError(Argument("codes"), why)
    return {part: _packed(part, matrix, n_bits) for part, matrix in matrices.items()}


def checked_quantiser(
    arrays: Mapping[str, Any], split: Split, bits: int | None, queries: str
) -> tuple[dict[str, QuantiserCodes], dict[str, NDArray[np.float32]]]:
    """Return the codes of a quantiser, and the lookup tables of queries by split.

    Args:
        arrays: "train", indices of shape (n, n_books), and "test_tables" or "validation_tables", floats of
            shape (n_queries, n_books, n_centroids).
        split: the documents that have a code.
        bits: length of a code; None takes n_books * log2(n_centroids).
        queries: the split whose tables are needed.

    Raises:
        DataError: an array is missing, or has another shape or other values.
    """
    tables = {name.removesuffix("_tables"): np.asarray(arrays[name]) for name in TABLES if name in arrays}
    shape = tables[queries].shape
    if len(shape) != 3 or shape[2] not in CENTROIDS:
        why = f": '{queries}_tables' has shape {shape}, expected (n_queries, n_books, n_centroids)"
        raise DataError(Argument("codes"), f"{why}, with a power of two from 2 to 256 of centroids")
    n_centroids, n = shape[2], len(split.train)
    n_bits = shape[1] * (n_centroids.bit_length() - 1)
    if bits not in (None, n_bits):
        raise DataError(
            Argument("codes"), f": {shape[1]} books of {n_centroids} are {n_bits} bits, not {bits}"
        )
    indices = np.asarray(arrays.get("train"))
    if indices.dtype.kind not in "ui" or indices.shape != (n, shape[1]):
        found = f"dtype {indices.dtype} and shape {indices.shape}" if "train" in arrays else "none"
        why = f": array 'train': {found}, expected indices of shape ({n}, {shape[1]})"
        raise DataError(Argument("codes"), why)
    if indices.min() < 0 or indices.max() >= n_centroids:
        strange = indices[(indices < 0) | (indices >= n_centroids)][0]
        why = f": array 'train' holds {strange}, expected indices from 0 to {n_centroids - 1}"
        raise DataError(Argument("codes"), why)
    codes = QuantiserCodes(np.ascontiguousarray(indices, dtype=np.uint8), n_centroids)
    try:
        checked = {
            part: checked_floats(f"{part}_tables", array, (len(split.rows[part]), *shape[1:]))
            for part, array in tables.items()
        }
    except ValueError as error:
        raise DataError(Argument("codes"), f": {error}") from error
    return {"train": codes}, checked


def _map_folder(folder: Path, where: Argument) -> dict[str, Any]:
    files = {name: folder / f"{name}.npy" for name in (*SPLITS, *TABLES)}
    try:
        return {name: np.load(path, mmap_mode="r") for name, path in files.items() if path.exists()}
    except (OSError, ValueError) as error:
        raise DataError(where, f": cannot be read: {' '.join(str(error).split())}") from error


def _read_npz(content: io.BytesIO) -> dict[str, Any]:
    with np.load(content, allow_pickle=False) as found:
        if isinstance(found, np.ndarray):
            raise ValueError("it holds one array; save several with numpy.savez")
        return {name: found[name] for name in (*SPLITS, *TABLES) if name in found.files}


def _read_mat(content: Any) -> dict[str, Any]:
    from scipy.io import loadmat

    found = loadmat(content)
    return {name: found[name] for name in (*SPLITS, *TABLES) if name in found}


def _matrix(part: str, given: Any, n: int, bits: int | None) -> NDArray[Any]:
    """Return an array as a matrix with n rows of numbers."""
    try:
        matrix = np.asarray(given.toarray() if hasattr(given, "toarray") else given)
    except ValueError as error:
        raise DataError(Argument("codes"), f": {part!r} is not an array: {error}") from error
    if matrix.ndim != 2 or matrix.shape[0] != n:
        turned = matrix.ndim == 2 and matrix.shape[1] == n
        hint = "; transpose it" if turned else ", in the order of the split"
        raise DataError(
            Argument("codes"),
            f": array {part!r} has shape {matrix.shape}, expected ({n}, {bits or 'bits'}), "
            f"one row a document{hint}",
        )
    if matrix.dtype.kind not in "buif":
        raise DataError(Argument("codes"), f": array {part!r} has dtype {matrix.dtype}, expected 0 and 1")
    return matrix


def _packed(part: str, matrix: NDArray[Any], n_bits: int) -> Codes:
    n, width = matrix.shape
    in_octets = matrix.dtype == np.uint8 and width * OCTET == n_bits
    if width != n_bits and not in_octets:
        packed = f" of 0 and 1, or ({n}, {n_bits // OCTET}) of uint8" if n_bits % OCTET == 0 else ""
        raise DataError(
            Argument("codes"),
            f": array {part!r} has shape {matrix.shape} and dtype {matrix.dtype}, "
            f"expected shape ({n}, {n_bits}){packed}",
        )
    words = np.empty((n, -(-n_bits // WORD_BITS)), dtype=np.uint64)
    for rows, block in row_blocks(matrix):
        bits = np.unpackbits(block, axis=1) if in_octets else _checked_bits(part, block)
        words[rows] = Codes.pack(bits).words
    return Codes(words, n_bits)


def _checked_bits(part: str, matrix: NDArray[Any]) -> NDArray[np.bool_]:
    strange = matrix[(matrix != 0) & (matrix != 1)]
    if strange.size:
        found = strange[0]
        hint = "; codes of -1 and 1 become such by `codes > 0`" if found == -1 else ""
        if matrix.dtype == np.uint8:
            hint = f"; for packed codes give the number of bits, such as {matrix.shape[1] * OCTET}"
        raise DataError(Argument("codes"), f": array {part!r} holds {found}, expected 0 and 1{hint}")
    bits: NDArray[np.bool_] = matrix != 0
    return bits
