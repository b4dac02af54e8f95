"""What tuning found: recipes, a table and a JSON document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hashbench.reporting.cells import two_digits
from hashbench.reporting.table import Table
from hashbench.specs import Tuning
from hashbench.tuning.elsewhere import Elsewhere
from hashbench.tuning.recipe_file import TUNED, TUNED_ELSEWHERE, FoundCase
from hashbench.tuning.study import Found, Study, Tried


@dataclass(frozen=True, eq=False)
class TuningResults:
    """What tuning found.

    Attributes:
        found: the studies, one a method, code length and dataset.
        elsewhere: what the settings that the other datasets choose give on each; none of a single dataset.
        trials: the number of trials of each study.
        recipes: the file of recipes.
    """

    found: Sequence[Found]
    elsewhere: Sequence[Elsewhere]
    trials: int
    recipes: Path

    @property
    def failed(self) -> list[Found]:
        """The studies in which every trial failed; they have no recipe."""
        return [each for each in self.found if each.best is None]

    def cases(self) -> Iterator[FoundCase]:
        """Yield the values that were found, as cases of recipes."""
        for found in self.found:
            if found.best is not None:
                datasets = (found.study.dataset_name,)
                tuning = Tuning(self.trials, "validation", datasets, _cents(found.cpu_seconds))
                yield _case(TUNED, found.study, found.best, tuning)
        for chosen in self.elsewhere:
            tuning = Tuning(self.trials, "validation", chosen.corpora, _cents(chosen.cpu_seconds))
            yield _case(TUNED_ELSEWHERE, chosen.study, chosen.tried, tuning)

    def table(self) -> Table:
        """Return P@100 with the default, with what was found, and with what the other datasets choose."""
        header = ["method", "dataset", "bits", "default", "tuned", "gain", "CPU s of fit"]
        if self.elsewhere:
            header[6:6] = ["elsewhere"]
        chosen = {id(each.study): each for each in self.elsewhere}
        rows = []
        for found in self.found:
            study, default = found.study, found.default.score
            best = found.best.score if found.best else None
            gain = "-" if default is None or best is None else f"{best - default:+.3f}"
            bits = "-" if study.bits is None else str(study.bits)
            row = [study.tuned.name, study.dataset_name, bits, _score(default), _score(best), gain]
            if self.elsewhere:
                other = chosen.get(id(study))
                row.append(_score(other.tried.score if other else None))
            rows.append([*row, "-" if found.cpu_seconds is None else two_digits(found.cpu_seconds)])
        title = f"P@100 of validation documents, {self.trials} trials of each method"
        return Table(title, header, rows, text_columns=2)

    def document(self) -> dict[str, Any]:
        """Return all of it as a JSON object."""
        chosen = {id(each.study): each for each in self.elsewhere}
        return {
            "schema": 1,
            "trials": self.trials,
            "labels": "validation",
            "recipes": str(self.recipes),
            "studies": [_document(found, chosen.get(id(found.study))) for found in self.found],
        }


def _case(recipe: str, study: Study, tried: Tried, tuning: Tuning) -> FoundCase:
    tuned = study.tuned
    return FoundCase(tuned.name, recipe, tuned.case_of(tried.setting, study.dataset_name, study.bits, tuning))


def _document(found: Found, elsewhere: Elsewhere | None) -> dict[str, Any]:
    study, best = found.study, found.best
    return {
        "method": study.tuned.name,
        "dataset": study.dataset_name,
        "bits": study.bits,
        "default": found.default.score,
        "tuned": best and best.score,
        "setting": best and _setting(best),
        "cpu_seconds": found.cpu_seconds,
        "elsewhere": elsewhere
        and {
            "score": elsewhere.tried.score,
            "found_on": elsewhere.source,
            "setting": _setting(elsewhere.tried),
            "cpu_seconds": elsewhere.cpu_seconds,
        },
        "tried": [
            {"key": each.record.key, "score": each.score, "setting": _setting(each)} for each in found.tried
        ],
    }


def _setting(tried: Tried) -> dict[str, Any]:
    return {"method": dict(tried.setting.method), "input": dict(tried.setting.features)}


def _score(value: float | None) -> str:
    return "failed" if value is None else f"{value:.3f}"


def _cents(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 2)
