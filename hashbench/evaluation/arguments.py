"""Checks of what a user passes to the evaluation."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hashbench.codes import WORD_BITS, Codes
from hashbench.errors import HashbenchError
from hashbench.evaluation.mapped_files import row_blocks


def as_codes(codes: Codes | ArrayLike, name: str) -> Codes:
    """Return ``codes`` packed, shape (n, n_bits) with n >= 1.

    Raises:
        HashbenchError: not codes (see `Codes.pack`), or none.
    """
    if not isinstance(codes, Codes):
        try:
            codes = _packed(np.asarray(codes))
        except ValueError as error:
            raise HashbenchError(f"{name}: {error}") from None
    if not len(codes):
        raise HashbenchError(f"{name} is empty; pass at least one code")
    return codes


def _packed(bits: NDArray[Any]) -> Codes:
    """Pack an array of 0 and 1, a large one in blocks: it may be on disk, and larger than memory."""
    if bits.ndim != 2 or not bits.size:
        return Codes.pack(bits)
    n, n_bits = bits.shape
    words = np.empty((n, -(-n_bits // WORD_BITS)), dtype=np.uint64)
    for rows, block in row_blocks(bits):
        words[rows] = Codes.pack(block).words
    return Codes(words, n_bits)


def as_code_pair(query_codes: Codes | ArrayLike, database_codes: Codes | ArrayLike) -> tuple[Codes, Codes]:
    """Return both packed.

    Raises:
        HashbenchError: not codes, none, or codes of different width.
    """
    queries, database = as_codes(query_codes, "query_codes"), as_codes(database_codes, "database_codes")
    if queries.n_bits != database.n_bits:
        raise HashbenchError(
            f"query_codes have {queries.n_bits} bits and database_codes {database.n_bits}; "
            "encode both with the same fitted hasher"
        )
    return queries, database


def as_positive_int(value: object, name: str) -> int:
    """Return ``value`` as an int.

    Raises:
        HashbenchError: not an integer, or less than 1.
    """
    try:
        number = 0 if isinstance(value, bool) else operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = 0
    if number < 1:
        raise HashbenchError(f"{name} takes positive integers, got {value!r}")
    return number


def as_cutoffs(at: Iterable[int]) -> tuple[int, ...]:
    """Return the distinct values of N in the order asked for.

    Raises:
        HashbenchError: not a sequence, empty, or with a value that is not a positive integer.
    """
    if isinstance(at, str) or not isinstance(at, Iterable):
        raise HashbenchError(f"at is a sequence of positive integers such as at=(100,), got {at!r}")
    cutoffs = tuple(dict.fromkeys(as_positive_int(n, "at") for n in at))
    if not cutoffs:
        raise HashbenchError("at is empty; name at least one N such as at=(100,)")
    return cutoffs
