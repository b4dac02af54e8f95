"""Results of a run, or of a folder of results, as records, as a data frame and as tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from hashbench.arguments import names, numbers
from hashbench.errors import HashbenchError
from hashbench.experiment.grid import HEADLINE_N
from hashbench.experiment.record import TrialRecord
from hashbench.experiment.store import UnreadableRecord
from hashbench.registry import registry
from hashbench.reporting.board import Board, boards, requested
from hashbench.reporting.catalogue import Catalogue
from hashbench.reporting.comparison import judged_boards
from hashbench.reporting.rows import listed_settings, place_of_score
from hashbench.reporting.summary import SummaryTable, summarise
from hashbench.reporting.table import Table

if TYPE_CHECKING:
    import pandas as pd

    from hashbench.reporting.claims import Outcome
    from hashbench.reporting.method_comparison import MethodComparison


@dataclass(frozen=True, eq=False)
class Results(Sequence[TrialRecord]):
    """Trial records, in the order of dataset, featurizer, method, recipe, settings, bits and seed.

    ``len`` is their number, and iteration is over them.

    Attributes:
        records: the records, those of failed trials included.
        folder: where they are stored, with their codes.
        unreadable: files in it that should be records and cannot be read.
    """

    records: Sequence[TrialRecord]
    folder: Path
    unreadable: Sequence[UnreadableRecord] = ()

    @classmethod
    def of(
        cls, records: Iterable[TrialRecord], folder: Path, unreadable: Sequence[UnreadableRecord] = ()
    ) -> Results:
        """Return records in their order."""
        return cls(tuple(sorted(records, key=_place)), folder, tuple(unreadable))

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[TrialRecord]:
        return iter(self.records)

    @overload
    def __getitem__(self, place: int) -> TrialRecord: ...

    @overload
    def __getitem__(self, place: slice) -> Results: ...

    def __getitem__(self, place: int | slice) -> TrialRecord | Results:
        if isinstance(place, slice):
            return Results(self.records[place], self.folder, self.unreadable)
        return self.records[place]

    def __repr__(self) -> str:
        failed = f", {len(self.failures)} failed" if self.failures else ""
        return f"<Results: {len(self)} trials{failed}, in {self.folder}>"

    @property
    def failures(self) -> list[TrialRecord]:
        """The records of trials that failed; ``error`` and ``traceback`` of each say why."""
        return [record for record in self.records if record.status == "failed"]

    def to_frame(self) -> pd.DataFrame:
        """Return one row a trial, in the order of the records.

        Columns:
            dataset, featurizer, method, recipe: names; the featurizer is what made the vectors of the method.
            board: the featurizer that the run named, and by which leaderboards group; another one than
                ``featurizer`` where a recipe has its own.
            dataset_settings, featurizer_settings, settings: parameters of the dataset, the featurizer and the
                method that were set, as text, such as "n_iter=30"; else an empty string.
            changed: whether the row is not what its recipe prescribes.
            labels: which labels the method was given.
            bits, seed: integers; missing for methods without codes, or without randomness.
            status: "ok" or "failed".
            p@N, coarse-p@N: mean precision over queries, expected under random order of ties; a column for
                each N that some record has.
            p@100 worst, p@100 best: with ties in the worst and in the best order; coarse-p@100 likewise.
            METRIC NAME: values of the other metrics, such as "diagnostics distinct-codes"; NAME alone where
                it is that of the metric, such as "map@100" with "map@100 worst" and "map@100 best".
            seconds_features, seconds_fit, seconds_encode, seconds_evaluate: wall-clock seconds.
            seconds_fit_cpu: CPU seconds of fit.
            seconds_search: wall-clock seconds of the search for one query, where the cost was measured.
            peak_memory_mib: peak resident memory during fit and encode.
            queries: "test" or "validation".
            task: fingerprint of the task; scores of different tasks are not comparable.
            error: one-line reason of a failure, else missing.
            key: the key under which the record is stored.
        """
        import pandas as pd

        frame = pd.DataFrame([_row(record) for record in self.records], columns=self._columns())
        measured = [name for name in _COSTS if name.startswith(("seconds", "peak"))]
        return frame.astype({"bits": "Int64", "seed": "Int64", **dict.fromkeys(measured, float)})

    def beside(self, record: TrialRecord) -> Results:
        """Return the records that share dataset, task and board with one, and that one itself."""
        wanted = (record.trial.dataset, record.task.fingerprint, requested(record))
        found = (
            each
            for each in self.records
            if (each.trial.dataset, each.task.fingerprint, requested(each)) == wanted
        )
        return Results(tuple(found), self.folder, self.unreadable)

    def tables(self, *, bounds: bool = False) -> list[Table]:
        """Return the tables of the leaderboards, as ``hashbench run`` prints them.

        Args:
            bounds: whether there are tables of the worst and the best order of tied documents as well.
        """
        return [
            table
            for board in boards(self.records, Catalogue(registry()))
            for table in (*board.tables(), *(board.bound_tables() if bounds else ()))
        ]

    def cost_tables(self) -> list[Table]:
        """Return the tables of measured costs, one a board on which some were measured."""
        tables = (board.measured_cost_table() for board in boards(self.records, Catalogue(registry())))
        return [table for table in tables if table]

    def summary(self) -> list[SummaryTable]:
        """Return the tables of metrics with their cells as numbers, and the commands that give them again."""
        return summarise(self.records, Catalogue(registry()))

    def compare(
        self,
        a: str,
        b: str,
        *,
        datasets: str | Sequence[str] = (),
        featurizers: str | Sequence[str] = (),
        bits: int | Sequence[int] = (),
    ) -> MethodComparison:
        """Tell whether method ``a`` is better than method ``b``, as ``hashbench compare`` does.

        Args:
            a: a method, whose default recipe is meant, or ``method@recipe``.
            b: another one.
            datasets: names of datasets; by default all.
            featurizers: names of featurizers; by default all.
            bits: code lengths; by default all that have values by query, 32 and 64.

        Returns:
            Comparisons, one a dataset, featurizer and code length, with ``sentence``, ``notes``,
            ``tables()``, ``to_frame()`` and ``to_json()``.

        Raises:
            UnknownNameError: no record is of a method, dataset or featurizer that is named.
            HashbenchError: nothing has values by query of both methods.
        """
        from hashbench.reporting.method_comparison import compare

        lengths = numbers("bits", bits) if bits != () else ()
        return compare(self._judged(datasets, featurizers), a, b, lengths)

    def claims(
        self, *, datasets: str | Sequence[str] = (), featurizers: str | Sequence[str] = ()
    ) -> list[Outcome]:
        """Hold what the two papers say against the records, as ``hashbench claims`` does.

        Args:
            datasets: names of datasets; by default all.
            featurizers: names of featurizers; by default all.

        Raises:
            UnknownNameError: no record is of a dataset or featurizer that is named.
        """
        from hashbench.reporting.claims import outcomes

        return outcomes(self._judged(datasets, featurizers))

    def _judged(self, datasets: str | Sequence[str], featurizers: str | Sequence[str]) -> list[Board]:
        known = boards(self.records, Catalogue(registry(), marks=False))
        named = {"datasets": datasets, "featurizers": featurizers}
        wanted = {name: names(name, given) if given != () else () for name, given in named.items()}
        return judged_boards(known, **wanted)

    def report(self, title: str = "hashbench report") -> str:
        """Return the page that ``hashbench report`` writes.

        Raises:
            HashbenchError: there are no records.
        """
        from hashbench.reporting.page.document import page

        if not self.records:
            raise HashbenchError(f"no records in {self.folder} to report on")
        return page(self.records, Catalogue(registry()), title)

    def leaderboard(self) -> str:
        """Return the tables of the leaderboards as Markdown."""
        return "\n".join(table.to_markdown() for table in self.tables())

    def _columns(self) -> list[str]:
        scores, metrics = _found(self.records, _scores), _found(self.records, _metrics)
        return [*_DESCRIBED, *sorted(scores, key=place_of_score), *metrics, *_COSTS]


_DESCRIBED = (
    "dataset",
    "dataset_settings",
    "featurizer",
    "featurizer_settings",
    "board",
    "method",
    "recipe",
    "settings",
    "changed",
    "labels",
    "bits",
    "seed",
    "status",
)
_COSTS = (
    "seconds_features",
    "seconds_fit",
    "seconds_encode",
    "seconds_evaluate",
    "seconds_fit_cpu",
    "seconds_search",
    "peak_memory_mib",
    "queries",
    "task",
    "error",
    "key",
)


def _row(record: TrialRecord) -> dict[str, Any]:
    trial = record.trial
    settings = {part: listed_settings(given) for part, given in record.overrides.items()}
    own_input = trial.requested is not None
    return {
        "dataset": trial.dataset,
        "dataset_settings": settings.get("dataset", ""),
        "featurizer": trial.featurizer,
        "featurizer_settings": "" if own_input else settings.get("featurizer", ""),
        "board": requested(record)[0],
        "method": trial.method,
        "recipe": trial.recipe,
        "settings": settings.get("method", ""),
        "changed": record.changed,
        "labels": record.labels,
        "bits": trial.bits,
        "seed": trial.seed,
        "status": record.status,
        **_scores(record),
        **_metrics(record),
        **{f"seconds_{phase}": seconds for phase, seconds in asdict(record.seconds).items()},
        "peak_memory_mib": record.peak_rss_mib,
        "queries": record.task.queries,
        "task": record.task.fingerprint,
        "error": record.error,
        "key": record.key,
    }


def _scores(record: TrialRecord) -> Mapping[str, float]:
    found = {name: score.expected for name, score in record.scores.items()}
    for name in (f"p@{HEADLINE_N}", f"coarse-p@{HEADLINE_N}"):
        if name in record.scores:
            score = record.scores[name]
            found |= {f"{name} worst": score.worst, f"{name} best": score.best}
    return found


def _metrics(record: TrialRecord) -> Mapping[str, float]:
    return {
        (name if name.removeprefix("coarse-").split(" ")[0] == metric else f"{metric} {name}"): value
        for metric, values in record.metrics.items()
        for name, value in values.items()
    }


def _found(records: Iterable[TrialRecord], values: Any) -> list[str]:
    """Return the names of all values that some record has, each once."""
    return list(dict.fromkeys(name for record in records for name in values(record)))


def _place(record: TrialRecord) -> tuple[Any, ...]:
    trial = record.trial
    return (
        trial.dataset,
        *map(str, requested(record)),
        trial.method,
        trial.recipe,
        listed_settings(record.overrides.get("method", {})),
        float("inf") if trial.bits is None else trial.bits,
        -1 if trial.seed is None else trial.seed,
        record.task.fingerprint,
        record.key,
    )
