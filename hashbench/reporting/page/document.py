"""The whole page: one file that needs no network."""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.metadata import version
from importlib.resources import files

from hashbench.experiment.record import TrialRecord
from hashbench.reporting.board import Board, boards
from hashbench.reporting.catalogue import Catalogue
from hashbench.reporting.leaderboard import file_name
from hashbench.reporting.page.details import details
from hashbench.reporting.page.figures import figures_of
from hashbench.reporting.page.html import Markup, element
from hashbench.reporting.page.sections import (
    board_facts,
    datasets_section,
    methods_section,
    protocol_section,
)
from hashbench.reporting.page.tables import table_section
from hashbench.reporting.summary import SummaryTable, summarised

FILTERS = ("dataset", "recipe", "labels", "family")


def page(
    records: Iterable[TrialRecord], catalogue: Catalogue | None = None, title: str = "hashbench report"
) -> str:
    """Return a page with every table, figure, method and dataset of stored records.

    The same records give the same bytes, in any order of the records.

    Args:
        records: stored records.
        catalogue: what is known of the installed components; by default nothing.
        title: heading of the page.
    """
    return page_of_boards(boards(records, catalogue), title)


def page_of_boards(made: Sequence[Board], title: str) -> str:
    """Return a page about some boards."""
    tables = [(board, summarised(board)) for board in made]
    catalogue = made[0].catalogue
    n_records = sum(len(board.records) for board in made)
    style, script = _packaged("page.css"), _packaged("page.js")
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_policy(style, script)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("link", rel="icon", href="data:,"),
        element("title", title),
        element("style", Markup(style)),
    )
    body = element(
        "body",
        element("a", "Skip to the tables", href="#tables", class_="skip"),
        element(
            "header",
            element("h1", title),
            element("p", f"{n_records:,} stored trials; written by hashbench {version('hashbench')}."),
            _contents(made),
        ),
        _filters(tables),
        element("main", *(_board_section(*each) for each in tables), id="tables"),
        methods_section(made, catalogue),
        datasets_section(made, catalogue),
        protocol_section(),
        element("script", Markup(script)),
    )
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"


def pages(made: Iterable[Board]) -> dict[str, str]:
    """Return a page a dataset, by file name."""
    by_dataset: defaultdict[str, list[Board]] = defaultdict(list)
    for board in made:
        by_dataset[board.first.trial.dataset].append(board)
    return {
        file_name(dataset, ".html"): page_of_boards(its_boards, f"Leaderboard: {dataset}")
        for dataset, its_boards in by_dataset.items()
    }


def _board_section(board: Board, tables: Sequence[SummaryTable]) -> Markup:
    return element(
        "section",
        element("h2", f"{board.dataset} with {board.features}", *_search(board)),
        element("details", element("summary", "Task, documents and chance level"), board_facts(board)),
        *map(table_section, tables),
        figures_of(board),
        *details(tables),
        id=_board_id(board),
        class_="board",
        data_dataset=board.first.trial.dataset,
    )


def _search(board: Board) -> list[str]:
    search = board.first.task.search
    return [] if search == "symmetric" else [f", {search} search"]


def _board_id(board: Board) -> str:
    return f"board-{min(record.key for record in board.records)[:16]}"


def _contents(made: Sequence[Board]) -> Markup:
    links = [
        element("a", f"{board.dataset} with {board.features}", *_search(board), href=f"#{_board_id(board)}")
        for board in made
    ]
    links += [element("a", name, href=f"#{name.lower()}") for name in ("Methods", "Datasets", "Protocol")]
    return element("nav", element("ul", *(element("li", link) for link in links)), aria_label="Contents")


def _filters(tables: Sequence[tuple[Board, Sequence[SummaryTable]]]) -> Markup:
    rows = [row for _, its_tables in tables for table in its_tables for row in table.rows]
    values: dict[str, set[str]] = {
        "dataset": {board.first.trial.dataset for board, _ in tables},
        "recipe": {row.row.first.trial.recipe for row in rows},
        "labels": {row.row.first.labels for row in rows},
        "family": {row.family for row in rows},
    }
    choices = [_choice(name, sorted(values[name])) for name in FILTERS]
    method = element("label", "method ", element("input", type="search", name="method", autocomplete="off"))
    return element(
        "form",
        method,
        *choices,
        element("button", "Show all", type="reset"),
        element("p", role="status", id="shown"),
        id="filters",
        class_="needs-js",
        aria_label="Filters",
    )


def _choice(name: str, values: Iterable[str]) -> Markup:
    options = [element("option", "all", value="")]
    options += [element("option", value, value=f"={value}") for value in values]
    return element("label", f"{name} ", element("select", *options, name=name))


def _policy(style: str, script: str) -> str:
    """Return a content security policy: nothing from the network, and no script but that of the page."""
    return f"default-src 'none'; img-src data:; style-src {_digest(style)}; script-src {_digest(script)}"


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _packaged(name: str) -> str:
    return files("hashbench.reporting.page").joinpath(name).read_text(encoding="utf-8")
