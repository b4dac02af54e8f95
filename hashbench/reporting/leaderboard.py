"""Leaderboards: Markdown files made of stored records.

A table holds one dataset, one task and one requested featurizer; its rows are methods with their recipes, its
columns code lengths.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from hashbench.experiment.record import Task, TrialRecord
from hashbench.experiment.search import SYMMETRIC, rescoring_factor
from hashbench.fingerprint import content_key
from hashbench.printable import printable
from hashbench.reporting.board import Board, bits_label, boards, requested
from hashbench.reporting.catalogue import Catalogue
from hashbench.reporting.rank_intervals import rank_tables
from hashbench.reporting.rows import OTHER_CODE, OTHER_VERSION, Row, with_settings
from hashbench.reporting.table import INSEPARABLE, Table

LONGEST_NAME = 120
MARK = "<!-- Written by `hashbench leaderboard` from stored records; edits are lost. -->"
_LEGEND = f"""\
A cell gives the mean over seeds ± its standard deviation. *Italics* mark references, † supervised methods.
A method with several recipes names that of the row: *default* is one setting for all corpora, *published*
what the paper and its authors' code prescribe, *tuned* what `hashbench tune` chose for the corpus by labels
of validation documents; *changed* lists parameters with other values than there, *earlier values* those to
which the recipe gives other values now, *removed* those that there are no longer.

The column *labels* says which labels a method was given: it learns from those of training documents, and
those of validation documents choose the epoch its model is taken from, or values of a tuned row. None sees
labels of test documents. Where there is a column *input*, *own* marks features with settings of the row's
own, which the table of methods gives.

{INSEPARABLE} marks the best P@100 of a column and all that cannot be told apart from it, where values by
query are kept (32 and 64 bits): no other row of the table is significantly better, by a max-T test at 5 %
for all rows together that is paired by query and counts the variance between seeds. A row with one seed is
taken to vary between seeds like the median of those with several.

{OTHER_CODE} marks rows that other code of the same version made, or code that is not known;
{OTHER_VERSION} rows of another version. Reported figures are those of papers, which split and preprocess the
corpora in their own ways and do not say how they break ties. Seconds are wall-clock times of
runs that may have shared their machine with others, on a processor unless a cell says otherwise."""
_LIBRARIES = ("python", "numpy", "scipy", "scikit-learn", "torch")


def render(records: Iterable[TrialRecord], catalogue: Catalogue | None = None) -> dict[str, str]:
    """Return the text of every leaderboard file, by file name: one a dataset, and an index.

    Args:
        records: stored records.
        catalogue: what is known of the installed components; by default nothing.
    """
    return render_boards(boards(records, catalogue))


def render_boards(boards_: Iterable[Board]) -> dict[str, str]:
    """Return the text of every leaderboard file of some boards, by file name."""
    by_dataset: defaultdict[str, list[Board]] = defaultdict(list)
    for board in boards_:
        by_dataset[board.first.trial.dataset].append(board)
    files = {
        file_name(dataset): "\n".join(
            [MARK, "", f"# Leaderboard: {dataset}", "", _LEGEND, "", *map(_markdown, its_boards)]
        )
        for dataset, its_boards in by_dataset.items()
    }
    files["README.md"] = _index(by_dataset)
    return {name: printable(text) for name, text in files.items()}


def file_name(dataset: str, suffix: str = ".md") -> str:
    """Return the name of the file of a dataset; that of a long name ends in a digest."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", dataset)
    if len(name) > LONGEST_NAME:
        name = f"{name[:LONGEST_NAME]}-{content_key(dataset)[:8]}"
    return f"{name}{suffix}"


def _markdown(board: Board) -> str:
    costs = (board.cost_table(), board.measured_cost_table())
    tables = [*board.tables(), *(table for table in costs if table)]
    folded = [*board.bound_tables(), *rank_tables(board), board.method_table()]
    parts = [
        _introduction(board),
        *(table.to_markdown() for table in tables),
        *(_folded(table) for table in folded),
        _failures(board),
    ]
    return "\n".join(part for part in parts if part)


def _folded(table: Table) -> str:
    body = table.to_markdown().split("\n\n", 1)[1]
    return f"<details><summary>{table.title}</summary>\n\n{body}\n</details>\n"


def _introduction(board: Board) -> str:
    """Return the paragraphs above the tables: task, sizes and chance level."""
    task = board.first.task
    succeeded = [record for record in board.records if record.status == "ok"]
    has_scores = not succeeded or any(record.scores for record in succeeded)
    relevance = f"a document is relevant if it {task.relevance}; " if has_scores else ""
    lines = [
        f"## {board.dataset} with {board.features}",
        "",
        *([f"{board.first.description}."] if board.first.description else []),
        f"Features: {with_settings(*requested(board.first))}.",
        f"Task `{task.fingerprint}`: split {task.split}; queries are the {task.queries} documents, the "
        f"database is the training documents; {relevance}ties: {task.ties}; "
        f"evaluator {task.evaluator}.{_search(task)}",
    ]
    if succeeded:
        scored = succeeded[0]
        chance = [
            f"{value:.3f} ({'coarse' if 'coarse' in name else 'fine'} labels)"
            for name, value in sorted(scored.chance.items(), reverse=True)
        ]
        random = f"; a random ranking scores {', '.join(chance)}" if chance else ""
        lines.append(
            f"Database {scored.counts['database']:,} documents, {scored.counts['queries']:,} queries"
            f"{random}.{_counts(scored)}"
        )
        lines += [f"Note: {note}." for note in dict.fromkeys(n for r in succeeded for n in r.notes)]
        lines += _several_libraries(succeeded)
    return "\n".join([*lines, ""])


def _search(task: Task) -> str:
    """Return a sentence about the search, empty for the symmetric one."""
    if task.search == SYMMETRIC:
        return ""
    if factor := rescoring_factor(task.search):
        return (
            f" Search {task.search}: for P@N the {factor} N nearest documents by codes, and of them the "
            "N of largest cosine between the features."
        )
    return f" Search {task.search}: real values of the query against the codes of the documents."


def _counts(record: TrialRecord) -> str:
    said = {
        "empty-database": "training documents without a feature, left out",
        "empty-queries": "queries without a feature, counted at chance level",
        "unlabelled-queries": "documents without a label, which are no queries",
    }
    return "".join(
        f" {record.counts[name]:,} {text}." for name, text in said.items() if record.counts.get(name)
    )


def _several_libraries(records: Sequence[TrialRecord]) -> list[str]:
    versions = {
        library: sorted({record.versions[library] for record in records if library in record.versions})
        for library in _LIBRARIES
    }
    several = [f"{library} {' and '.join(found)}" for library, found in versions.items() if len(found) > 1]
    if not several:
        return []
    return [f"Note: the rows were made with several versions: {'; '.join(several)}."]


def _failures(board: Board) -> str:
    """Return a list of what failed and why; empty when nothing did."""
    failed = [
        f"- {record.trial}: {record.error} (`{record.key[:8]}`)"
        for row in board.rows
        for records in row.records.values()
        for record in records
        if record.status == "failed"
    ]
    return "\n".join(["### Failed trials", "", *failed, ""]) if failed else ""


def _index(by_dataset: Mapping[str, Sequence[Board]]) -> str:
    boards_ = [board for its_boards in by_dataset.values() for board in its_boards]
    symmetric = [board for board in boards_ if board.first.task.search == SYMMETRIC]
    tables = [
        _best_table("Best P@100 by code length, references apart", symmetric, supervised=False),
        _best_table("Best P@100 by code length of supervised methods", symmetric, supervised=True),
    ]
    others = [board for board in boards_ if board.first.task.search != SYMMETRIC]
    tables += [
        _best_table(f"Best P@100 by code length, {search} search", found, supervised=False)
        for search in sorted({board.first.task.search for board in others})
        if (found := [board for board in others if board.first.task.search == search])
    ]
    tables += [
        _best_table(
            "Best P@100 by code length of methods without binary codes",
            symmetric,
            supervised=False,
            by_hamming=False,
        )
    ]
    return "\n".join(
        [MARK, "", "# Leaderboards", "", *(table.to_markdown() for table in tables if table.rows)]
    )


def _best_table(title: str, boards_: Sequence[Board], *, supervised: bool, by_hamming: bool = True) -> Table:
    """Return the best method by code length of each board; boards without such methods have no row.

    Unless it is about supervised methods or those without binary codes, all boards have one.
    """
    lengths = sorted({bits for board in boards_ for bits in board.bits if bits})
    rows = []
    for board in boards_:
        rows_ = [r for r in board.rows if r.first.supervised == supervised and r.by_hamming == by_hamming]
        if (supervised or not by_hamming) and not rows_:
            continue
        link = f"[{board.dataset}]({file_name(board.first.trial.dataset)})"
        best = [_best_cell(rows_, bits) for bits in lengths]
        rows.append([link, board.features, f"`{board.first.task.fingerprint}`", *best])
    header = ["dataset", "features", "task", *map(bits_label, lengths)]
    return Table(title, header, rows, level=2)


def _best_cell(rows: Sequence[Row], bits: int) -> str:
    means = [
        (mean, row.label)
        for row in rows
        if not row.first.reference
        if (mean := row.mean_at(bits, "p@100")) is not None
    ]
    if not means:
        return "-"
    value, label = max(means)
    return f"{label} {value:.3f}"
