"""What a method stores of documents: binary codes packed into 64-bit words, or indices of a quantiser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

MAX_BITS = 4096
WORD_BITS = 64
CENTROIDS = (2, 4, 8, 16, 32, 64, 128, 256)
"""How many centroids a book of a quantiser may have."""


@dataclass(frozen=True, eq=False)
class Codes:
    """Packed binary codes of ``n`` documents.

    Attributes:
        words: uint64 array of shape (n, ceil(n_bits / 64)), C-contiguous. Bit ``j`` of a document is bit
            ``j % 64`` (counted from the least significant) of word ``j // 64``; unused bits are zero.
        n_bits: length of a code, 1 to 4096.

    Raises:
        ValueError: the words have another shape or dtype, or ``n_bits`` is out of range.
    """

    words: NDArray[np.uint64]
    n_bits: int

    def __post_init__(self) -> None:
        if not 1 <= self.n_bits <= MAX_BITS:
            raise ValueError(f"codes have 1 to {MAX_BITS} bits, got {self.n_bits}")
        n_words = -(-self.n_bits // WORD_BITS)
        if self.words.dtype != np.uint64 or self.words.ndim != 2 or self.words.shape[1] != n_words:
            raise ValueError(
                f"{self.n_bits} bits are {n_words} uint64 words a document, "
                f"got {self.words.dtype} of shape {self.words.shape}"
            )

    @classmethod
    def pack(cls, bits: ArrayLike) -> Codes:
        """Pack an array of 0 and 1.

        Args:
            bits: bool or integer array of shape (n, n_bits).

        Raises:
            ValueError: not two-dimensional, no or too many bits, a dtype that is not bool or integer,
                or a value other than 0 and 1.
        """
        array = np.asarray(bits)
        if array.ndim != 2:
            raise ValueError(f"codes are an array of shape (n, n_bits), got shape {array.shape}")
        if array.dtype.kind not in "bui":
            raise ValueError(f"codes are uint8 or bool arrays of 0 and 1, got dtype {array.dtype}")
        n, n_bits = array.shape
        if not 1 <= n_bits <= MAX_BITS:
            raise ValueError(f"codes have 1 to {MAX_BITS} bits, got {n_bits}")
        if array.dtype.kind != "b" and array.size and (array.min() < 0 or array.max() > 1):
            strange = array[(array != 0) & (array != 1)][0]
            raise ValueError(f"codes hold only 0 and 1, found {strange}")
        packed = np.zeros((n, -(-n_bits // WORD_BITS) * 8), dtype=np.uint8)
        packed[:, : -(-n_bits // 8)] = np.packbits(array.astype(bool), axis=1, bitorder="little")
        return cls(packed.view("<u8").astype(np.uint64, copy=False), n_bits)

    def unpack(self) -> NDArray[np.uint8]:
        """Return the codes as a uint8 array of 0 and 1, shape (n, n_bits)."""
        octets = self.words.astype("<u8", copy=False).view(np.uint8)
        return np.unpackbits(octets, axis=1, bitorder="little", count=self.n_bits)

    def __len__(self) -> int:
        return int(self.words.shape[0])

    def __getitem__(self, rows: Any) -> Codes:
        """Return the codes of some documents, chosen by slice, index array or mask."""
        return Codes(np.ascontiguousarray(self.words[rows]), self.n_bits)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Codes):
            return NotImplemented
        return self.n_bits == other.n_bits and np.array_equal(self.words, other.words)

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, eq=False)
class QuantiserCodes:
    """Product-quantiser codes of ``n`` documents: for each book, the index of one of its centroids.

    Attributes:
        indices: uint8 array of shape (n, n_books), C-contiguous, each less than ``n_centroids``.
        n_centroids: number of centroids in each book, a power of two from 2 to 256.

    Raises:
        ValueError: the indices have another shape or dtype or are too large, ``n_centroids`` is no such
            number, or the code is longer than 4096 bits.
    """

    indices: NDArray[np.uint8]
    n_centroids: int

    def __post_init__(self) -> None:
        if self.n_centroids not in CENTROIDS:
            raise ValueError(
                f"a book has a power of two from {CENTROIDS[0]} to {CENTROIDS[-1]} of centroids, "
                f"got {self.n_centroids}"
            )
        if self.indices.dtype != np.uint8 or self.indices.ndim != 2:
            raise ValueError(
                f"quantiser codes are uint8 indices of shape (n, n_books), "
                f"got {self.indices.dtype} of shape {self.indices.shape}"
            )
        if not 1 <= self.n_bits <= MAX_BITS:
            raise ValueError(f"codes have 1 to {MAX_BITS} bits, got {self.n_bits}")
        if self.indices.size and self.indices.max() >= self.n_centroids:
            raise ValueError(f"found index {self.indices.max()} in books of {self.n_centroids} centroids")

    @property
    def n_books(self) -> int:
        """Number of books, the indices of a document."""
        return int(self.indices.shape[1])

    @property
    def n_bits(self) -> int:
        """Bits that are stored of a document: n_books * log2(n_centroids)."""
        return self.n_books * (self.n_centroids.bit_length() - 1)

    def __len__(self) -> int:
        return int(self.indices.shape[0])

    def __getitem__(self, rows: Any) -> QuantiserCodes:
        """Return the codes of some documents, chosen by slice, index array or mask."""
        return QuantiserCodes(np.ascontiguousarray(self.indices[rows]), self.n_centroids)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, QuantiserCodes):
            return NotImplemented
        return self.n_centroids == other.n_centroids and np.array_equal(self.indices, other.indices)

    __hash__ = None  # type: ignore[assignment]
