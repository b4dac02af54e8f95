"""The mark of what cannot be told apart from the best of its column."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hashbench.experiment.record import TrialRecord, packed_values
from hashbench.reporting.by_query import sample_of
from hashbench.reporting.leaderboard import render
from tests.unit.records import make_record

QUERIES = np.random.default_rng(0).uniform(0.2, 0.8, 400)


def with_queries(
    method: str, values: NDArray[np.float64], bits: int = 32, seed: int = 0, **changes: Any
) -> TrialRecord:
    """Return a record that scored these values by query."""
    packed = {"p@100": packed_values(values)}
    return make_record(method, bits, seed, float(values.mean()), by_query=packed, **changes)


def cells(records: list[TrialRecord], heading: str = "### P@100 on toy") -> dict[str, list[str]]:
    """Return the cells of the table of P@100, by method."""
    section = render(records)["toy.md"].split(heading, 1)[1].split("\n#", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")][2:]
    return {(parts := [cell.strip() for cell in line.strip("|").split("|")])[0]: parts[2:] for line in lines}


def noisy(rng_seed: int, gap: float = 0.0) -> NDArray[np.float64]:
    """Return the queries with noise, and a gap to the others."""
    return QUERIES + gap + np.random.default_rng(rng_seed).normal(0, 0.05, len(QUERIES))


def test_the_best_and_what_is_inseparable_from_it_are_marked_by_column() -> None:
    records = [
        with_queries("itq", noisy(1)),
        with_queries("sth", noisy(2)),
        with_queries("lsh", noisy(3, gap=-0.05)),
        make_record("itq", 16, value=0.5),
        make_record("sth", 16, value=0.5),
    ]
    found = cells(records)
    assert [found[name][1].startswith("★0.") for name in ("itq", "sth", "lsh")] == [True, True, False]
    assert "★" not in found["itq"][0] + found["sth"][0]
    assert render(records) == render(records)
    assert "★ marks the best P@100 of a column" in render(records)["toy.md"]


def test_nothing_is_marked_where_the_best_has_no_values_or_nothing_stands_beside_it() -> None:
    better = make_record("sth", 32, value=0.9)
    assert "★" not in str(cells([with_queries("itq", noisy(1)), with_queries("lsh", noisy(2)), better]))
    assert "★" not in str(cells([with_queries("itq", noisy(1)), make_record("lsh", 32, value=0.1)]))


def test_supervised_methods_are_judged_among_themselves() -> None:
    records = [
        with_queries("itq", noisy(1)),
        with_queries("lsh", noisy(2, gap=-0.1)),
        with_queries("ksh", noisy(3, gap=0.2), labels="training"),
        with_queries("bre-s", noisy(4, gap=0.1), labels="training"),
    ]
    assert cells(records)["itq"][0].startswith("★")
    supervised = cells(records, "### P@100, supervised methods,")
    assert [supervised[f"{name} †"][0].startswith("★") for name in ("ksh", "bre-s")] == [True, False]


def test_a_sample_needs_the_values_of_every_seed() -> None:
    first, second = with_queries("itq", noisy(1)), with_queries("itq", noisy(2), seed=1)
    sample = sample_of([first, second])
    assert sample is not None
    assert (sample.n_seeds, sample.n_queries) == (2, 400)
    assert sample_of([first, make_record("itq", 32, 1)]) is None
    assert sample_of([]) is None


def test_a_folded_table_gives_differences_to_the_best_and_ranks() -> None:
    records = [
        with_queries("itq", noisy(1, gap=0.1)),
        with_queries("sth", noisy(2)),
        with_queries("pcah", noisy(3)),
        make_record("lsh", 32, value=0.1),
    ]
    heading = "<summary>P@100 less that of the best, and ranks"
    section = render(records)["toy.md"].split(heading, 1)[1].split("</details>", 1)[0]
    found = {cells[0]: cells[1] for cells in re.findall(r"^\| (\w+) +\| +(\S.*?) \|$", section, flags=re.M)}
    assert found["itq"] == "rank 1"
    assert re.fullmatch(r"-0\.1\d\d to -0\.0\d\d, rank 2 to 3", found["sth"])
    assert set(found) == {"method", "itq", "sth", "pcah"}
    assert heading not in render([make_record("itq", 32)])["toy.md"]
