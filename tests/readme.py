"""What is generated in the README, search.md and tuning.md, which ``python -m tests.readme`` writes anew.

Tables of results, figures and the output of commands come from the stored records, the methods from the
registry.
"""

from __future__ import annotations

import json
import re
import shlex
import statistics
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from hashbench.cli import cli
from hashbench.experiment.store import ResultStore
from hashbench.registry import OWN_DISTRIBUTION, registry
from hashbench.reporting.board import boards, requested
from hashbench.reporting.catalogue import Catalogue
from hashbench.reporting.cells import two_digits
from hashbench.reporting.table import Table

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
SEARCH = ROOT / "benchmarks" / "search.md"
TUNING = ROOT / "benchmarks" / "tuning.md"
FOUND = ROOT / "benchmarks" / "tuning" / "found.json"
RESULTS = ResultStore(ROOT / "leaderboards" / "results")


UNSEEN = (("agnews", "full"), ("agnews", "title"), ("dbpedia", None))
"""Datasets with tf-idf, and their parameter ``text``, that took no part in any search."""
BESIDE = ("nash", "bmsh", "vdsh", "gmsh", "sth", "itq")


def generated(text: str) -> str:
    """Return the README with what is generated between its marks."""
    for mark, table in (("leaderboard", leaderboard()), ("methods", methods())):
        text = _between(mark, table, text)
    marks = re.compile(r"(<!-- output: hashbench (.*) -->\n).*?(<!-- /output -->)", flags=re.DOTALL)
    return marks.sub(lambda found: f"{found[1]}\n{output(found[2])}\n{found[3]}", text)


def output(command: str) -> str:
    """Return what a command prints about the committed results."""
    done = CliRunner().invoke(cli, [*shlex.split(command), "--results", str(RESULTS.root)])
    assert done.exit_code == 0, command
    return done.stdout.replace("\n### ", "\n#### ").replace("### ", "#### ", 1)


def generated_search(text: str) -> str:
    """Return search.md with what is generated between its marks."""
    return _between("unseen", unseen_corpora(), text)


def _between(mark: str, table: Table, text: str) -> str:
    marks = re.compile(rf"(<!-- {mark} -->\n).*?(<!-- /{mark} -->)", flags=re.DOTALL)
    rows = table.to_markdown().split("\n\n", 1)[1]
    text, replaced = marks.subn(lambda found: f"{found[1]}\n{rows}\n{found[2]}", text)
    assert replaced == 1, mark
    return text


def generated_tuning(text: str) -> str:
    """Return tuning.md with what is generated between its marks."""
    text = _between("validation", tuned_on_validation_documents(), text)
    return _between("test", tuned_on_test_documents(), text)


def tuned_on_validation_documents() -> Table:
    """Return P@100 of validation documents that ``hashbench tune`` found, from what its --json printed."""
    studies = json.loads(FOUND.read_text(encoding="utf-8"))["studies"]
    datasets = list(dict.fromkeys(study["dataset"] for study in studies))
    by_method: dict[str, dict[str, Any]] = {}
    for study in studies:
        by_method.setdefault(study["method"], {})[study["dataset"]] = study
    rows = []
    for method, found in by_method.items():
        cells = []
        for dataset in datasets:
            study = found[dataset]
            elsewhere = study["elsewhere"]
            scores = [study["default"], study["tuned"], elsewhere and elsewhere["score"]]
            cells.append(" / ".join("-" if score is None else f"{score:.3f}" for score in scores))
        rows.append([method, *cells, two_digits(sum(study["cpu_seconds"] for study in found.values()))])
    header = ["method", *(f"{dataset}: default / tuned / elsewhere" for dataset in datasets), "CPU s of fit"]
    return Table("Validation", header, rows, text_columns=1)


def tuned_on_test_documents() -> Table:
    """Return P@100 of test documents at 32 bits with the default and with what was tuned, seed 0."""
    studies = json.loads(FOUND.read_text(encoding="utf-8"))["studies"]
    datasets = list(dict.fromkeys(study["dataset"] for study in studies))
    figures = {
        (record.trial.method, record.trial.dataset, record.trial.recipe): record.scores["p@100"].expected
        for record in RESULTS.records()[0]
        if record.trial.recipe in ("default", "tuned")
        and requested(record)[0] == "tfidf"
        and not any(record.overrides.get(part) for part in ("dataset", "featurizer", "method"))
        and (record.trial.bits, record.status) == (32, "ok")
        and record.trial.seed in (0, None)
        and record.task.queries == "test"
        and record.task.search == "symmetric"
    }
    rows = []
    for method in dict.fromkeys(study["method"] for study in studies):
        cells, gains = [], []
        for dataset in datasets:
            default, tuned = (figures.get((method, dataset, recipe)) for recipe in ("default", "tuned"))
            cells.append(" / ".join("-" if value is None else f"{value:.3f}" for value in (default, tuned)))
            if default is not None and tuned is not None:
                gains.append(tuned - default)
        gain = f"{statistics.mean(gains):+.3f}" if len(gains) == len(datasets) else "-"
        rows.append([method, *cells, gain])
    header = ["method", *(f"{dataset}: default / tuned" for dataset in datasets), "mean gain"]
    return Table("Test", header, rows, text_columns=1)


def unseen_figures() -> dict[tuple[str, str | None, str, float, int], float]:
    """Return P@100 on the corpora of no search, by dataset, its text, method, power of tf-idf and bits."""
    figures = {}
    for record in RESULTS.records()[0]:
        trial = record.trial
        place = (trial.dataset, trial.dataset_params.get("text"))
        wanted = place in UNSEEN and requested(record)[0] == "tfidf" and trial.recipe == "default"
        if wanted and trial.method in BESIDE and trial.seed in (0, None) and record.status == "ok":
            power = float(trial.featurizer_params.get("power", 1.0))
            figures[*place, trial.method, power, trial.bits] = record.scores["p@100"].expected
    return figures


def unseen_corpora() -> Table:
    """Return the figures of ``unseen_figures`` with their means, methods in the order of ``BESIDE``."""
    figures = unseen_figures()
    places = [(*place, bits) for place in UNSEEN for bits in (16, 32, 64, 128)]
    rows = []
    for method, power in (*((method, 1.0) for method in BESIDE), ("itq", 1.5)):
        found = [figures.get((dataset, text, method, power, bits)) for dataset, text, bits in places]
        mean = f"{statistics.mean(found):.4f}" if None not in found else ""
        cells = ["" if value is None else f"{value:.3f}" for value in found]
        rows.append([method if power == 1 else f"{method}, power=1.5", *cells, mean])
    heads = [f"{dataset}{' titles' if text == 'title' else ''} {bits}" for dataset, text, bits in places]
    return Table("Unseen corpora", ["method", *heads, "mean"], rows, text_columns=1)


def leaderboard() -> Table:
    """Return P@100 on the docstrings with tf-idf, of unsupervised methods; what was tuned for it left out."""
    records = [
        record
        for record in RESULTS.records()[0]
        if record.trial.dataset == "docstrings"
        and record.trial.recipe != "tuned"
        and requested(record)[0] == "tfidf"
        and not record.overrides.get("featurizer")
    ]
    (board,) = boards(records, Catalogue(registry(), marks=False))
    table = board.precision_table("p@100", "P@100")
    assert table is not None
    return table


def methods() -> Table:
    """Return the methods that hashbench registers, with their papers; † for those that learn from labels."""
    rows = [
        [
            f"`{component.name}`{' †' if component.spec.supervised else ''}",
            component.spec.summary,
            f"{component.spec.citation.authors} ({component.spec.citation.year})",
        ]
        for component in registry().components("method")
        if component.plugin.distribution == OWN_DISTRIBUTION and component.spec.citation
    ]
    return Table("Methods", ["name", "what it does", "paper"], rows)


def figures(text: str) -> list[list[str]]:
    """Return the arguments of the commands that draw the figures of the README; the last is the file."""
    commands = re.findall(r"^\$ hashbench (figure .*--results leaderboards/results .*)$", text, flags=re.M)
    assert commands, "the README has lost its figures"
    return [shlex.split(command) for command in commands]


def main() -> None:
    """Write the README and its figures."""
    text = generated(README.read_text(encoding="utf-8"))
    README.write_text(text, encoding="utf-8")
    SEARCH.write_text(generated_search(SEARCH.read_text(encoding="utf-8")), encoding="utf-8")
    TUNING.write_text(generated_tuning(TUNING.read_text(encoding="utf-8")), encoding="utf-8")
    for arguments in figures(text):
        cli.main(arguments, standalone_mode=False)


if __name__ == "__main__":
    main()
