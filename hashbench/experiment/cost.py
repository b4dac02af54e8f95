"""What trials cost that run by themselves, each on one thread."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any, cast

from hashbench.codes import Codes, QuantiserCodes
from hashbench.errors import Argument, HashbenchError
from hashbench.evaluation.evaluator import nearest, nearest_by_tables
from hashbench.evaluation.tables import bit_tables
from hashbench.experiment.codes_file import StoredCodes
from hashbench.experiment.grid import HEADLINE_N, GridRequest
from hashbench.experiment.search import ASYMMETRIC, rescoring_factor

MOST_QUERIES = 1000
ROUNDS = 3


def check_measurable(request: GridRequest) -> None:
    """Raise a HashbenchError unless the cost of the trials of a request can be measured."""
    why: tuple[str | Argument, ...] = (
        " is of one thread: leave out ",
        Argument("threads", f"{request.threads}"),
    )
    if rescoring_factor(request.search) is not None:
        why = (" does not measure rescoring: leave out ", Argument("search", request.search))
    elif request.threads == 1:
        return
    raise HashbenchError(Argument("measure_cost"), *why)


def search_seconds(stored: StoredCodes, split: str, search: str) -> float | None:
    """Return the wall-clock seconds in which the 100 nearest documents of one query are found.

    That is the median of three searches for up to 1,000 queries on one thread, after one that is not counted,
    divided by the number of queries. A ranker searches while it encodes: its time is that of ``encode``.

    Args:
        stored: codes of the documents, with what queries are searched with.
        split: the split whose documents are the queries.
        search: "symmetric" or "asymmetric".
    """
    if stored.lists:
        encode = stored.seconds.encode
        return None if encode is None else encode / max(1, len(stored.rows[split]))
    database = stored.codes["train"]
    k = min(HEADLINE_N, len(database))
    some = slice(0, MOST_QUERIES)
    find: Callable[[], Any]
    if isinstance(database, QuantiserCodes) or search == ASYMMETRIC:
        values = stored.queries[split][some]
        n_queries = len(values)

        def find() -> Any:
            tables = values if isinstance(database, QuantiserCodes) else bit_tables(values)
            return nearest_by_tables(tables, database, k, n_threads=1)
    else:
        queries = cast(Codes, stored.codes[split])[some]
        n_queries = len(queries)

        def find() -> Any:
            return nearest(queries, database, k, n_threads=1)

    find()
    return median(_seconds(find) for _ in range(ROUNDS)) / max(1, n_queries)


def _seconds(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
