"""The commands that give stored results again."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hashbench.experiment.external import EXTERNAL
from hashbench.experiment.grid import DEFAULT_AT, DEFAULT_METRICS, HEADLINE_N
from hashbench.experiment.label_use import labels_used
from hashbench.experiment.record import TrialRecord
from hashbench.experiment.search import SYMMETRIC
from hashbench.printable import printable, printable_line
from hashbench.recipes import DEFAULT, recipes_of
from hashbench.reporting.catalogue import Catalogue
from hashbench.reporting.rows import Row, listed_settings
from hashbench.specs import HasherSpec

_FILE = re.compile(r"Documents of (.+)", re.DOTALL)
_OF_HUB = re.compile(r"(\S+/\S+) of the Hugging Face Hub")
"""What corpora that are no registered datasets say they are, see ``hashbench.data``."""


@dataclass
class _Grid:
    """One `hashbench run`: what its trials share, and the methods with their settings.

    Attributes:
        shared: options that all trials have in common.
        bits: code lengths; empty where no method of it has one.
        seeds: seeds; empty where no method of it draws at random.
        settings: parameters by ``method@recipe``.
    """

    shared: tuple[str, ...]
    bits: tuple[int, ...]
    seeds: tuple[int, ...]
    settings: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def takes(self, other: _Grid) -> bool:
        """Tell whether one run can do what two do, and no more."""
        same = self.shared == other.shared
        bits = not self.bits or not other.bits or self.bits == other.bits
        seeds = not self.seeds or not other.seeds or self.seeds == other.seeds
        twice = any(
            self.settings.get(name, settings) != settings for name, settings in other.settings.items()
        )
        return same and bits and seeds and not twice

    def add(self, other: _Grid) -> None:
        """Do what another does as well."""
        self.bits, self.seeds = self.bits or other.bits, self.seeds or other.seeds
        self.settings |= other.settings

    def command(self) -> str:
        """Return it as a line for a shell."""
        words = ["hashbench", "run", "--methods", ",".join(_method(name) for name in self.settings)]
        words += self.shared
        words += ["--bits", ",".join(map(str, self.bits))] if self.bits else []
        words += ["--seeds", _seeds(self.seeds)] if self.seeds else []
        for name, settings in self.settings.items():
            for parameter, value in sorted(settings.items()):
                words += ["--set", f"{name}.{parameter}={json.dumps(value)}"]
        return " ".join(map(quoted, words))


def commands_of(rows: Iterable[Row], catalogue: Catalogue) -> list[str]:
    """Return the commands that give the cells of rows again, as few as their settings allow.

    What was made elsewhere, or has a parameter that its method no longer has, is a comment, which begins
    with "#".

    Args:
        rows: rows of one board.
        catalogue: what is known of the installed components.
    """
    rows = list(rows)
    remarks = {row: _no_command(row, catalogue) for row in rows}
    single = [grid for row in rows if not remarks[row] for grid in _grids_of(row, catalogue)]
    grids: list[_Grid] = []
    for grid in sorted(single, key=lambda grid: (not grid.bits) + (not grid.seeds)):
        takers = [each for each in grids if each.takes(grid)]
        if takers:
            max(takers, key=lambda each: len(each.settings)).add(grid)
        else:
            grids.append(grid)
    return [*(grid.command() for grid in grids), *(printable_line(each) for each in remarks.values() if each)]


def command_of(row: Row, bits: int | None, catalogue: Catalogue) -> str:
    """Return the command that gives one cell again."""
    return commands_of([Row(row.label, {bits: row.records[bits]})], catalogue)[0]


def quoted(word: str) -> str:
    """Return a word as a shell reads it, in characters that can be printed."""
    if printable(word) == word and "\n" not in word:
        return shlex.quote(word)
    escaped = (_escaped(character) for character in word)
    return f"$'{''.join(escaped)}'"


def _escaped(character: str) -> str:
    if printable(character) == character and character not in "\n'\\":
        return character
    of_file_name = "\udc80" <= character <= "\udcff"
    data = character.encode("utf-8", "surrogateescape" if of_file_name else "surrogatepass")
    return "".join(f"\\x{byte:02x}" for byte in data)


def _grids_of(row: Row, catalogue: Catalogue) -> list[_Grid]:
    """Return the runs of one row: one for all code lengths that have the same seeds."""
    name = f"{row.first.trial.method}@{row.first.trial.recipe}"
    found: list[_Grid] = []
    for bits, records in row.records.items():
        seeds = tuple(sorted(record.trial.seed for record in records if record.trial.seed is not None))
        record = records[0]
        settings = {**catalogue.earlier_values(record), **record.overrides.get("method", {})}
        grid = _Grid(_shared(records, catalogue), () if bits is None else (bits,), seeds, {name: settings})
        same = next((each for each in found if (each.shared, each.seeds) == (grid.shared, grid.seeds)), None)
        if same is None:
            found.append(grid)
        else:
            same.bits = tuple(sorted((*same.bits, *grid.bits)))
    return found


def _shared(records: Sequence[TrialRecord], catalogue: Catalogue) -> tuple[str, ...]:
    """Return the options of a run that are not about single methods, bits or seeds."""
    record = records[0]
    trial, task = record.trial, record.task
    featurizer = trial.requested or trial.featurizer
    words = ["--datasets", _dataset(record, catalogue), "--featurizers", featurizer]
    for part, name in (("dataset", trial.dataset), ("featurizer", featurizer)):
        for parameter, value in sorted(record.overrides.get(part, {}).items()):
            words += ["--set", f"{name}.{parameter}={json.dumps(value)}"]
    words += ["--queries", task.queries] if task.queries != "test" else []
    words += ["--search", task.search] if task.search != SYMMETRIC else []
    words += ["--threads", str(record.threads)] if record.threads > 1 else []
    words += ["--no-validation-labels"] if _withheld(record, catalogue) else []
    words += _metrics(records) + _cutoffs(records) + _files(record, catalogue)
    return tuple(words)


def _dataset(record: TrialRecord, catalogue: Catalogue) -> str:
    """Return a dataset as --datasets takes it; of a file its name, for its folder is not in the record."""
    name = record.trial.dataset
    if catalogue.is_registered("dataset", name):
        return name
    if found := _FILE.fullmatch(record.description):
        return found[1]
    found = _OF_HUB.match(record.description)
    return f"hf:{found[1]}" if found else f"PATH/OF/{name}"


def _metrics(records: Sequence[TrialRecord]) -> list[str]:
    names = list(dict.fromkeys(name for record in records for name in record.metrics))
    return [] if set(names) <= set(DEFAULT_METRICS) else ["--metrics", ",".join(names)]


def _cutoffs(records: Sequence[TrialRecord]) -> list[str]:
    """Return the option --at where a record has an N that is not among those of every run."""
    ns = {int(name.partition("@")[2]) for record in records for name in record.scores}
    return [] if ns <= {*DEFAULT_AT, HEADLINE_N} else ["--at", ",".join(map(str, sorted(ns)))]


def _files(record: TrialRecord, catalogue: Catalogue) -> list[str]:
    """Return the options of files that a run needs besides what is installed."""
    parts = ("method", "featurizer", "dataset")
    origins = [record.origins[part].distribution for part in parts if part in record.origins]
    words = [word for name in dict.fromkeys(origins) if name.endswith(".py") for word in ("--plugin", name)]
    component = catalogue.component("method", record.trial.method)
    if component and record.trial.recipe not in recipes_of(component):
        words += ["--recipes", record.recipe_file or "FILE.toml"]
    return words


def _withheld(record: TrialRecord, catalogue: Catalogue) -> bool:
    component = catalogue.component("method", record.trial.method)
    if component is None or not isinstance(component.spec, HasherSpec):
        return False
    return labels_used(component.spec, record.trial.params, True)[0] != record.labels


def _no_command(row: Row, catalogue: Catalogue) -> str:
    """Return why no command gives a row again, with what comes nearest; empty where one does."""
    record = row.first
    if record.trial.recipe == EXTERNAL:
        words = ["hashbench", "score", "--codes", "CODES.npz", "--dataset", record.trial.dataset]
        words += ["--name", record.trial.method, "--labels", record.labels]
        return f"# {row.label}: made elsewhere; {' '.join(map(quoted, words))}"
    if removed := catalogue.removed(record):
        return f"# {row.label}: {record.trial.method} no longer has {listed_settings(removed)}"
    return ""


def _method(name: str) -> str:
    return name.removesuffix(f"@{DEFAULT}")


def _seeds(seeds: Sequence[int]) -> str:
    """Return seeds as --seeds takes them: one seed is written with a comma behind it."""
    return ",".join(map(str, seeds)) + ("," if len(seeds) == 1 else "")
