"""Hamming distances of 64 documents at a time, in the vector registers of the processor."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

LANES = 64
"""Documents that are compared at a time."""

PACKED = 4
"""Distances, of 16 bits each, in a word of 64."""

Words = NDArray[np.uint64]

_WORD, _LANE, _INDEX = ir.IntType(64), ir.IntType(16), ir.IntType(32)
_WORDS, _LANES = ir.VectorType(_WORD, LANES // PACKED), ir.VectorType(_LANE, LANES)
_intrinsic: Any = intrinsic
_cgutils: Any = cgutils


def in_lanes(words: Words) -> Words:
    """Lay codes out for the kernel.

    Args:
        words: shape (n_documents, n_words).

    Returns:
        Shape (ceil(n_documents / 64), n_words, 64), C-contiguous. Document ``j`` of 64 stands at
        ``16 * (j % 4) + j // 4``, so that four vectors of 16 distances, shifted into each other, hold the 64
        in their order.
    """
    n, n_words = words.shape
    padded = words
    if n % LANES:
        padded = np.zeros((-(-n // LANES) * LANES, n_words), dtype=np.uint64)
        padded[:n] = words
    lanes = padded.reshape(-1, LANES // PACKED, PACKED, n_words).transpose(0, 3, 2, 1)
    return np.ascontiguousarray(lanes).reshape(-1, n_words, LANES)


@_intrinsic
def popcount(typing_context: Any, word: Any) -> Any:  # noqa: ARG001
    """Return the number of ones in a word."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ARG001
        return builder.ctpop(args[0])

    return types.int64(types.uint64), generate


@_intrinsic
def trailing_zeros(typing_context: Any, word: Any) -> Any:  # noqa: ARG001
    """Return the number of zeros below the least one of a word, 64 if there is none."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ARG001
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), generate


@_intrinsic
def measure(
    typing_context: Any,  # noqa: ARG001
    database: Any,
    block: Any,
    one: Any,
    two: Any,
    radius_one: Any,
    radius_two: Any,
    from_one: Any,
    from_two: Any,
    offset: Any,
) -> Any:
    """Write the distances of the 64 documents of a block from two queries, which share the loads.

    Args:
        database: codes as ``in_lanes`` returns them.
        block: index of the block.
        one: words of a query, shape (n_words,).
        two: words of another.
        radius_one: radius about the first query.
        radius_two: radius about the second.
        from_one: distances from the first query, uint16; written from ``offset`` on.
        from_two: distances from the second.
        offset: where they are written.

    Returns:
        Two words, whose bits ``j`` tell whether document ``j`` lies within the radius of the query.
    """
    scalars = {block, radius_one, radius_two, offset}
    assert all(isinstance(kind, types.Integer) for kind in scalars)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        def data(argument: int) -> Any:
            return context.make_array(signature.args[argument])(context, builder, args[argument])

        queries, n_words = (data(2).data, data(3).data), builder.extract_value(data(2).shape, 0)
        start = builder.mul(builder.mul(args[1], n_words), _WORD(LANES))

        def differing(word: Any) -> list[Any]:
            """Return how many bits of a word differ from each query, in vectors of 16 documents."""
            of_queries = [
                _splat(builder, builder.load(builder.gep(query, [word])), _WORDS) for query in queries
            ]
            first, counts = builder.add(start, builder.mul(word, _WORD(LANES))), []
            for part in range(PACKED):
                place = builder.gep(data(0).data, [builder.add(first, _WORD(part * _WORDS.count))])
                documents = _load(builder, place)
                counts += [_ones(builder, builder.xor(documents, query)) for query in of_queries]
            return counts

        totals = [_cgutils.alloca_once_value(builder, count) for count in differing(_WORD(0))]
        with _cgutils.for_range(builder, n_words, start=_WORD(1)) as loop:
            for total, count in zip(totals, differing(loop.index), strict=True):
                builder.store(builder.add(builder.load(total), count), total)
        near = []
        for query in range(2):
            distances = _packed(builder, [builder.load(total) for total in totals[query::2]])
            place = builder.gep(data(6 + query).data, [args[8]])
            builder.store(distances, builder.bitcast(place, _LANES.as_pointer())).align = 2
            radius = _splat(builder, builder.trunc(args[4 + query], _LANE), _LANES)
            near.append(builder.bitcast(builder.icmp_unsigned("<=", distances, radius), _WORD))
        return context.make_tuple(builder, signature.return_type, near)

    arguments = database, types.int64, one, two, types.int64, types.int64, from_one, from_two, types.int64
    pair: Any = types.UniTuple
    return pair(types.uint64, 2)(*arguments), generate


def _splat(builder: Any, value: Any, vector: Any) -> Any:
    """Return a vector whose lanes all hold the value."""
    unset = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(unset, value, _INDEX(0))
    return builder.shuffle_vector(first, unset, ir.Constant(ir.VectorType(_INDEX, vector.count), None))


def _load(builder: Any, place: Any) -> Any:
    words = builder.load(builder.bitcast(place, _WORDS.as_pointer()))
    words.align = 8
    return words


def _ones(builder: Any, words: Any) -> Any:
    kind = ir.FunctionType(_WORDS, [_WORDS])
    count = _cgutils.get_or_insert_function(builder.module, kind, f"llvm.ctpop.v{_WORDS.count}i64")
    return builder.call(count, [words])


def _packed(builder: Any, parts: Any) -> Any:
    """Return four vectors of 16 distances as one of 64, in the order that ``in_lanes`` provides for."""
    packed = parts[0]
    for part in range(1, PACKED):
        shift = ir.Constant(_WORDS, [part * _LANE.width] * _WORDS.count)
        packed = builder.or_(packed, builder.shl(parts[part], shift))
    return builder.bitcast(packed, _LANES)
