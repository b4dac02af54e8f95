"""What the papers say of their methods, held against stored records.

Every statement is a list of pairs of methods of which the first is said to be better. It is compared with the
records of one recipe, on every corpus and code length with values by query of both, and the p-values are
corrected by Holm's method for all comparisons of the statement. A pair has held if its first method is
significantly better in half of the comparisons or more and significantly worse in none; it has not held if it
is significantly worse in one, since the papers speak of all corpora and lengths; otherwise its methods are
inseparable. A statement has held if all its pairs have, and has not held if one has not. That longer codes do
not hurt has held where P@100 falls significantly nowhere.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any, Literal

from hashbench.recipes import DEFAULT, PUBLISHED
from hashbench.reporting.board import Board
from hashbench.reporting.by_query import METRIC
from hashbench.reporting.comparison import (
    Comparison,
    comparison_tables,
    corrected,
    counts,
    entries,
    paired,
    row_named,
    signed,
)
from hashbench.reporting.published import PAPERS, published_figures
from hashbench.reporting.table import Table

VALIDATED, TUNED = "validated", "tuned"
RECIPES = (PUBLISHED, DEFAULT, VALIDATED, TUNED)
LENGTHS = (32, 64)
Finding = Literal["held", "not held", "inseparable", "no records"]
Pair = tuple[str, str]


@dataclass(frozen=True)
class Statement:
    """What a paper says.

    Attributes:
        paper: a key of ``published.PAPERS``.
        text: the statement.
        pairs: methods of which the first is said to be better than the second.
        longer: it is about 64 bits against 32 bits of each first method, which should not be worse.
    """

    paper: str
    text: str
    pairs: tuple[Pair, ...]
    longer: bool = False

    @property
    def corpora(self) -> tuple[tuple[str, ...], str]:
        """Datasets and featurizer of the figures in the paper."""
        if self.paper == "dong2019":
            return ("20newsgroups", "reuters", "tmc"), "tfidf"
        return ("nyt", "agnews", "dbpedia"), "simcse"

    def concerns(self, board: Board) -> bool:
        """Tell whether a board has features of the paper's kind: tf-idf, or dense vectors of documents."""
        sparse = board.featurizer in ("tfidf", "counts", "binary", "bm25")
        return sparse == (self.paper == "dong2019")


def _over(best: str, others: str) -> tuple[Pair, ...]:
    return tuple((best, other) for other in others.split())


_DONG, _ZHANG = "dong2019", "zhang2024"
STATEMENTS = (
    Statement(_DONG, "GMSH above VDSH", (("gmsh", "vdsh"),)),
    Statement(_DONG, "BMSH above NASH", (("bmsh", "nash"),)),
    Statement(_DONG, "NASH above VDSH", (("nash", "vdsh"),)),
    Statement(_DONG, "BMSH above GMSH", (("bmsh", "gmsh"),)),
    Statement(_DONG, "BMSH above all unsupervised", _over("bmsh", "lsh srbm sph sth vdsh nash gmsh")),
    Statement(_DONG, "GMSH: 64 bits no worse", (("gmsh", "gmsh"),), longer=True),
    Statement(_DONG, "BMSH: 64 bits no worse", (("bmsh", "bmsh"),), longer=True),
    Statement(_DONG, "GMSH-S above GMSH", (("gmsh-s", "gmsh"),)),
    Statement(_DONG, "BMSH-S above BMSH", (("bmsh-s", "bmsh"),)),
    Statement(_DONG, "BMSH-S above all supervised", _over("bmsh-s", "ksh shttm vdsh-s nash-dn-s gmsh-s")),
    Statement(_ZHANG, "hierarchy above base", (("hierhash-hier", "hierhash-base"),)),
    Statement(_ZHANG, "contrast above hierarchy", (("hierhash-con", "hierhash-hier"),)),
    Statement(_ZHANG, "self-labelling above contrast", (("hierhash", "hierhash-con"),)),
    Statement(_ZHANG, "HierHash above VDSH, NASH, BMSH", _over("hierhash", "vdsh nash bmsh")),
    Statement(_ZHANG, "HierHash: 64 bits no worse", (("hierhash", "hierhash"),), longer=True),
)


@dataclass(frozen=True, eq=False)
class Outcome:
    """What records of one recipe say of a statement.

    Attributes:
        statement: the statement.
        recipe: of the methods; opponents without any record of "validated" take part with "default".
        by_pair: the comparisons of each pair, with corrected p-values.
    """

    statement: Statement
    recipe: str
    by_pair: Mapping[Pair, Sequence[Comparison]]

    @property
    def comparisons(self) -> list[Comparison]:
        """All comparisons."""
        return [each for found in self.by_pair.values() for each in found]

    @property
    def finding(self) -> Finding:
        """Whether the statement has held, see the module."""
        found = [counts(comparisons) for comparisons in self.by_pair.values()]
        if not found:
            return "no records"
        if any(count["worse"] for count in found):
            return "not held"
        if self.statement.longer or all(2 * count["better"] >= sum(count.values()) for count in found):
            return "held"
        return "inseparable"

    @property
    def difference(self) -> float | None:
        """Mean of the differences; None without records."""
        return fmean(each.difference.mean for each in self.comparisons) if self.by_pair else None

    @property
    def missing(self) -> list[Pair]:
        """Pairs without records of both."""
        return [pair for pair in self.statement.pairs if pair not in self.by_pair]

    @property
    def cells(self) -> list[str]:
        """The cells of its row."""
        reported = reported_difference(self.statement)
        pairs = len(self.statement.pairs)
        share = f" {pairs - len(self.missing)}/{pairs}" if self.by_pair and self.missing else ""
        return [
            self.statement.text,
            self.recipe,
            f"{self.finding}{share}",
            "" if reported is None else signed(reported),
            "" if self.difference is None else signed(self.difference),
            "/".join(map(str, counts(self.comparisons).values())) if self.by_pair else "",
            self.seeds,
        ]

    @property
    def seeds(self) -> str:
        """The fewest and the most seeds of its methods, those without randomness apart; empty without."""
        found = {
            entry.sample.n_seeds
            for each in self.comparisons
            for entry in (each.a, each.b)
            if entry.sample.random
        }
        return "-".join(map(str, dict.fromkeys([min(found), max(found)]))) if found else ""

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return {
            "paper": self.statement.paper,
            "statement": self.statement.text,
            "recipe": self.recipe,
            "finding": self.finding,
            "reported": reported_difference(self.statement),
            "difference": self.difference,
            **counts(self.comparisons),
            "without_records": [list(pair) for pair in self.missing],
            "comparisons": [each.to_json() for each in self.comparisons],
        }


def outcomes(boards: Sequence[Board]) -> list[Outcome]:
    """Hold every statement against the records of every recipe.

    Args:
        boards: see ``comparison.judged_boards``.
    """
    return [_outcome(statement, recipe, boards) for statement in STATEMENTS for recipe in RECIPES]


def reported_difference(statement: Statement) -> float | None:
    """Return the mean difference at 32 and 64 bits in the tables of the paper; None without figures."""
    found = []
    datasets, featurizer = statement.corpora
    for dataset in datasets:
        figures = {
            method: {bits: f.value for bits, f in by_bits.items() if f.source.startswith(paper)}
            for paper in [PAPERS[statement.paper]]
            for method, by_bits in published_figures(dataset, featurizer, METRIC).items()
        }
        for first, second in statement.pairs:
            better, worse = figures.get(first, {}), figures.get(second, {})
            lengths = ((64, 32),) if statement.longer else tuple((n, n) for n in LENGTHS)
            found += [better[m] - worse[n] for m, n in lengths if m in better and n in worse]
    return fmean(found) if found else None


def claim_tables(found: Sequence[Outcome]) -> list[Table]:
    """Return a table a paper; statements without records of a recipe have no row."""
    header = ("statement", "recipe", "finding", "reported", "here", "+/-/=", "seeds")
    return [
        Table(
            f"Statements of {name}",
            header,
            [each.cells for each in found if each.statement.paper == paper and each.by_pair],
            text_columns=3,
        )
        for paper, name in PAPERS.items()
    ]


def without_records(found: Sequence[Outcome]) -> str:
    """Return how many statements of each recipe have no records, in words; empty if all have some."""
    missing = Counter(each.recipe for each in found if not each.by_pair)
    return ", ".join(f"{recipe} {number} of {len(STATEMENTS)}" for recipe, number in missing.items())


def detail_tables(outcome: Outcome) -> list[Table]:
    """Return the comparisons behind a finding, a table a pair of methods and featurizer."""
    return [
        replace(table, level=4)
        for comparisons in outcome.by_pair.values()
        for table in comparison_tables(comparisons)
    ]


def _outcome(statement: Statement, recipe: str, boards: Sequence[Board]) -> Outcome:
    concerned = [board for board in boards if statement.concerns(board)]
    found = [
        (pair, comparison)
        for pair in statement.pairs
        for board in concerned
        for comparison in _compared(statement, pair[0], _opponent(pair[1], recipe, concerned), recipe, board)
    ]
    by_pair: defaultdict[Pair, list[Comparison]] = defaultdict(list)
    raised = corrected([comparison for _, comparison in found])
    for (pair, _), comparison in zip(found, raised, strict=True):
        by_pair[pair].append(comparison)
    return Outcome(statement, recipe, by_pair)


def _compared(
    statement: Statement, method: str, opponent: str, recipe: str, board: Board
) -> Iterator[Comparison]:
    first, second = row_named(board, f"{method}@{recipe}"), row_named(board, opponent)
    if first is None or second is None:
        return
    if statement.longer:
        lengths = entries(first, LENGTHS)
        if len(lengths) == len(LENGTHS):
            yield Comparison(board, lengths[64], lengths[32])
        return
    yield from paired(board, first, second, LENGTHS)


def _opponent(method: str, recipe: str, boards: Sequence[Board]) -> str:
    """Return the name of an opponent: of the recipe, or of its default if it has no validated recipe."""
    name = f"{method}@{recipe}"
    if recipe != VALIDATED or any(row_named(board, name) for board in boards):
        return name
    return f"{method}@{DEFAULT}"
