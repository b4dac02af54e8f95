from __future__ import annotations

import numpy as np
import pytest

from hashbench.codes import MAX_BITS, Codes, QuantiserCodes

WIDTHS = (1, 8, 13, 63, 64, 65, 128, 255, 256, 300, MAX_BITS)


def random_bits(n, n_bits, seed=0):
    return np.random.default_rng(seed).integers(0, 2, (n, n_bits), dtype=np.uint8)


@pytest.mark.parametrize("n_bits", WIDTHS)
@pytest.mark.parametrize("dtype", [np.uint8, np.bool_, np.int64])
def test_unpacking_gives_the_packed_bits_back(n_bits, dtype):
    bits = random_bits(5, n_bits)
    unpacked = Codes.pack(bits.astype(dtype)).unpack()
    assert unpacked.dtype == np.uint8
    np.testing.assert_array_equal(unpacked, bits)


@pytest.mark.parametrize("n_bits", WIDTHS)
def test_bit_j_is_bit_j_modulo_64_of_word_j_over_64(n_bits):
    bits = random_bits(3, n_bits)
    codes = Codes.pack(bits)
    words = [[0] * -(-n_bits // 64) for _ in bits]
    for document, bit in zip(*np.nonzero(bits), strict=True):
        words[document][bit // 64] |= 1 << int(bit % 64)
    assert codes.words.tolist() == words


def test_packing_accepts_any_memory_layout():
    bits = random_bits(6, 70)
    np.testing.assert_array_equal(Codes.pack(np.asfortranarray(bits)).unpack(), bits)
    np.testing.assert_array_equal(Codes.pack(bits[::2, ::-1]).unpack(), bits[::2, ::-1])


def test_rows_are_chosen_by_slice_index_and_mask():
    bits = random_bits(6, 70)
    codes = Codes.pack(bits)
    for rows in (slice(1, 4), np.array([5, 0]), np.arange(6) % 2 == 0):
        assert codes[rows] == Codes.pack(bits[rows])
    assert len(codes[:2]) == 2


def test_codes_are_equal_if_bits_and_width_are():
    bits = random_bits(4, 10)
    longer = np.pad(bits, ((0, 0), (0, 1)))
    assert Codes.pack(bits) == Codes.pack(bits.astype(bool))
    assert Codes.pack(bits) != Codes.pack(1 - bits)
    assert Codes.pack(bits) != Codes.pack(longer)
    assert Codes.pack(bits) != bits.tolist()


@pytest.mark.parametrize(
    ("bits", "message"),
    [
        (np.zeros(4, np.uint8), "shape"),
        (np.zeros((2, 3, 4), np.uint8), "shape"),
        (np.zeros((2, 0), np.uint8), "1 to 4096 bits"),
        (np.zeros((2, MAX_BITS + 1), np.uint8), "1 to 4096 bits"),
        (np.zeros((2, 4), np.float32), "dtype float32"),
        (np.array([["0", "1"]]), "dtype"),
        (np.array([[0, 2]]), "found 2"),
        (np.array([[1, -1]]), "found -1"),
    ],
)
def test_packing_refuses_what_is_no_code(bits, message):
    with pytest.raises(ValueError, match=message):
        Codes.pack(bits)


@pytest.mark.parametrize(
    ("words", "n_bits"),
    [
        (np.zeros((2, 1), np.uint64), 0),
        (np.zeros((2, 65), np.uint64), MAX_BITS + 1),
        (np.zeros((2, 1), np.uint64), 65),
        (np.zeros((2, 1), np.int64), 64),
        (np.zeros(2, np.uint64), 64),
    ],
)
def test_words_must_fit_the_number_of_bits(words, n_bits):
    with pytest.raises(ValueError, match="bits"):
        Codes(words, n_bits)


def test_bits_of_quantiser_codes_are_those_of_their_indices():
    for n_books, n_centroids, n_bits in [(8, 256, 64), (16, 16, 64), (5, 2, 5), (3, 8, 9)]:
        codes = QuantiserCodes(np.zeros((7, n_books), np.uint8), n_centroids)
        assert (len(codes), codes.n_books, codes.n_bits) == (7, n_books, n_bits)


def test_quantiser_codes_of_some_documents():
    codes = QuantiserCodes(np.arange(12, dtype=np.uint8).reshape(4, 3), 16)
    for rows in (slice(1, 3), np.array([3, 0]), np.array([True, False, False, True])):
        assert codes[rows] == QuantiserCodes(codes.indices[rows], 16)
    assert codes != QuantiserCodes(codes.indices, 32)


@pytest.mark.parametrize(
    ("indices", "n_centroids", "reason"),
    [
        (np.zeros((2, 3), np.uint8), 3, "power of two from 2 to 256"),
        (np.zeros((2, 3), np.uint8), 512, "power of two from 2 to 256"),
        (np.zeros((2, 3), np.int64), 16, "uint8 indices"),
        (np.zeros(3, np.uint8), 16, "uint8 indices"),
        (np.full((2, 3), 16, np.uint8), 16, "found index 16"),
        (np.zeros((2, 0), np.uint8), 16, "1 to 4096 bits"),
        (np.zeros((2, 513), np.uint8), 256, "1 to 4096 bits"),
    ],
)
def test_what_are_no_quantiser_codes(indices, n_centroids, reason):
    with pytest.raises(ValueError, match=reason):
        QuantiserCodes(indices, n_centroids)
