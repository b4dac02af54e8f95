"""``hashbench neighbours``: what a stored trial retrieves for single queries."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hashbench.cli.completion import complete_keys
from hashbench.cli.options import NumberList, data_home_option, joined, loaded_registry
from hashbench.cli.output import echo_table
from hashbench.errors import HashbenchError
from hashbench.progress_bars import progress_bars
from hashbench.reporting.table import Table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hashbench.data.corpus import Corpus
    from hashbench.experiment.record import TrialRecord
    from hashbench.reporting.case_study import Document, Neighbour

DISTANCES = (5, 10, 20, 30)
NEAREST = 10


@click.command()
@click.argument("key", shell_complete=complete_keys)
@click.option(
    "--query",
    "queries",
    type=click.IntRange(0),
    multiple=True,
    metavar="ROW",
    help="Row of a query in the corpus; may be repeated.  [default: queries drawn at random]",
)
@click.option(
    "--text-contains",
    "words",
    metavar="WORDS",
    help="Draw among the queries whose text contains all the words, in any case.",
)
@click.option(
    "--count", type=click.IntRange(1), default=2, show_default=True, help="How many queries to draw."
)
@click.option(
    "--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Seed of the draw."
)
@click.option(
    "--distances",
    type=NumberList(0, 4096),
    multiple=True,
    callback=joined,
    help="Hamming distances at which a document is drawn.  [default: 5,10,20,30]",
)
@click.option(
    "--nearest",
    type=click.IntRange(1),
    metavar="K",
    help="Show the K nearest documents instead.  [default without Hamming distances: 10]",
)
@click.option(
    "--dataset",
    "path",
    metavar="PATH",
    help="The file or folder behind a dataset of your own documents.",
)
@data_home_option
@click.option(
    "--results",
    type=click.Path(path_type=Path),
    default=Path("results"),
    show_default=True,
    help="Folder that `run` wrote to.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def neighbours(key: str, results: Path, path: str | None, as_json: bool, **options: Any) -> None:
    """Show what a trial retrieves for single queries. KEY may be shortened to its first characters.

    For each query: a document of the database at each of some Hamming distances, drawn among those there,
    and how many of them share a label with the query. Where no document has a distance, the nearest distance
    that some have is taken.

    \b
    Example:
      hashbench neighbours 3f2a --text-contains "oil price" --distances 2,8,16
    """
    if options["nearest"] and options["distances"]:
        raise click.UsageError("--nearest and --distances are two ways to choose: give one of them")
    if options["queries"] and options["words"]:
        raise click.UsageError("--query and --text-contains are two ways to choose: give one of them")
    from hashbench.experiment.store import ResultStore
    from hashbench.experiment.stored import open_corpus, ranked, stored_codes
    from hashbench.reporting.case_study import Ranking, describe

    store = ResultStore(results)
    record = store.find_prefix(key)
    stored = stored_codes(record, store)
    by_hamming = record.ranked_by == "Hamming distance"
    if options["distances"] and not by_hamming:
        raise HashbenchError(
            f"--distances: trial {record.key[:8]} ranks by {record.ranked_by}, not by Hamming distance: "
            "give --nearest K"
        )
    with progress_bars(not as_json):
        corpus = open_corpus(record, loaded_registry(), path)
    split = record.task.queries
    found = []
    for query in _queries(record, corpus, stored.rows[split], options):
        position = int((stored.rows[split] == query).argmax())
        documents, distances = ranked(record, stored, position)
        ranking = Ranking(corpus, query, stored.rows["train"][documents], distances)
        if k := options["nearest"] or (None if by_hamming else NEAREST):
            near = ranking.nearest(k)
        else:
            near = ranking.at_distances(options["distances"] or DISTANCES, options["seed"])
        found.append((describe(corpus, query), near))
    if as_json:
        click.echo(json.dumps(_document(record, found), indent=1))
    else:
        for document, near in found:
            echo_table(_table(record, document, near))


def _queries(
    record: TrialRecord, corpus: Corpus, rows: NDArray[np.int64], options: dict[str, Any]
) -> Sequence[int]:
    from hashbench.reporting.case_study import draw_queries, rows_with_words

    for query in options["queries"]:
        if query not in rows:
            shown = ", ".join(map(str, rows[:5]))
            raise HashbenchError(
                f"--query {query}: no query of trial {record.key[:8]}, whose queries are "
                f"{record.task.queries} documents, such as {shown}"
            )
    if options["queries"]:
        return options["queries"]
    if options["words"]:
        rows = rows_with_words(corpus, rows, options["words"])
    return draw_queries(corpus, rows, options["count"], options["seed"])


def _document(record: TrialRecord, found: Sequence[tuple[Document, Sequence[Neighbour]]]) -> dict[str, Any]:
    return {
        "schema": 1,
        "key": record.key,
        "trial": asdict(record.trial),
        "queries": [
            {**asdict(query), "neighbours": [_flat(neighbour) for neighbour in near]} for query, near in found
        ],
    }


def _flat(neighbour: Neighbour) -> dict[str, Any]:
    values = asdict(neighbour)
    return {**values.pop("document"), **values}


def _table(record: TrialRecord, query: Document, near: Sequence[Neighbour]) -> Table:
    has_coarse = query.coarse is not None
    header = [
        "distance",
        "relevant there",
        "row",
        "relevant",
        *(["coarse"] if has_coarse else []),
        "fine",
        "text",
    ]
    rows = [["query", "", *_cells(query, "", has_coarse)]]
    for one in near:
        instead = one.asked not in (None, one.distance)
        rows.append(
            [
                f"{one.distance} (none at {one.asked})" if instead else f"{one.distance:.6g}",
                f"{one.relevant_at_distance:,} of {one.at_distance:,}",
                *_cells(one.document, one.relevant, has_coarse),
            ]
        )
    return Table(f"Query {query.row} of {record.trial}", header, rows)


def _cells(document: Document, relevant: str, has_coarse: bool) -> list[str]:
    coarse = [document.coarse or ""] if has_coarse else []
    return [str(document.row), relevant, *coarse, ", ".join(document.labels), document.text]
