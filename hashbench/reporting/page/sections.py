"""The sections of a report about methods, datasets and the protocol."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from hashbench.experiment.record import TrialRecord
from hashbench.recipes import recipes_of
from hashbench.registry import Component
from hashbench.reporting.board import Board
from hashbench.reporting.catalogue import Catalogue
from hashbench.reporting.page.choices import LABELS, origins_of_values, whose
from hashbench.reporting.page.html import Markup, element, facts, joined
from hashbench.reporting.rows import OTHER_CODE, OTHER_VERSION
from hashbench.reporting.table import INSEPARABLE
from hashbench.specs import Citation, DatasetSpec

PROTOCOL = (
    "Every method of a table gets the same documents, split, features and relevance rule. The database is "
    "the training documents, ranked for each query document. Labels of test documents reach no method.",
    "A code of m bits has m + 1 distances, so that most queries have ties. A value is the exact expectation "
    "over random orders of the documents at equal distance; the details of a cell give what the worst and "
    "the best order would make of it.",
    "A cell gives the mean over seeds ± its standard deviation. Italics mark references, which are "
    f"baselines; † marks supervised methods; {OTHER_CODE} marks rows that other code of the same version "
    f"made, {OTHER_VERSION} rows of another version.",
    f"{INSEPARABLE} marks the best P@100 of a column and all that cannot be told apart from it, where values "
    "by query are kept: no other row of the table is significantly better, by a max-T test at 5 % for all "
    "rows together that is paired by query and counts the variance between seeds.",
    "Costs are medians over seeds of wall-clock times, measured on machines that may have run other trials "
    "at the same time, on a processor unless a cell says otherwise. Fit and encode run on one thread unless "
    'a row says otherwise. A cost "run alone" was measured '
    "on one thread without another trial beside it.",
    "Reported figures are those of papers, which split and preprocess the corpora in their own ways. They "
    'stand beside unchanged rows of the recipe "published" alone.',
)


def board_facts(board: Board) -> Markup:
    """Return the protocol of one board: task, sizes, chance level, notes."""
    task = board.first.task
    done = [record for record in board.records if record.status == "ok"]
    notes = dict.fromkeys(note for record in done for note in record.notes)
    return facts(
        [
            ("features", board.features),
            ("task", task.fingerprint),
            ("split", task.split),
            ("queries", f"the {task.queries} documents"),
            ("relevant", f"a document that {task.relevance}"),
            ("ties", task.ties),
            ("search", task.search),
            ("evaluator", f"version {task.evaluator}"),
            ("documents", _counts(done)),
            ("chance", _chance(done)),
            ("notes", "; ".join(notes)),
        ]
    )


def methods_section(boards: Sequence[Board], catalogue: Catalogue) -> Markup:
    """Return who made each method: citation, licence, recipes, labels."""
    labels: defaultdict[str, set[str]] = defaultdict(set)
    origins: dict[str, str] = {}
    for record in (record for board in boards for record in board.records):
        labels[record.trial.method].add(record.labels)
        origin = record.origins["method"]
        origins[record.trial.method] = f"{origin.distribution} {origin.release}"
    parts = [_method(name, catalogue, labels[name], origins[name]) for name in sorted(labels)]
    return element("section", element("h2", "Methods"), *parts, id="methods")


def method_id(name: str) -> str:
    """Return the identifier of the section of a method."""
    return f"method-{name}"


def datasets_section(boards: Iterable[Board], catalogue: Catalogue) -> Markup:
    """Return the provenance of each dataset, and the protocol and chance level of its boards."""
    by_name: defaultdict[str, list[Board]] = defaultdict(list)
    for board in boards:
        by_name[board.first.trial.dataset].append(board)
    parts = [_dataset(name, its_boards, catalogue) for name, its_boards in sorted(by_name.items())]
    return element("section", element("h2", "Datasets"), *parts, id="datasets")


def protocol_section() -> Markup:
    """Return what every table has in common."""
    paragraphs = (element("p", text) for text in PROTOCOL)
    return element("section", element("h2", "Protocol"), *paragraphs, id="protocol")


def _method(name: str, catalogue: Catalogue, labels: set[str], origin: str) -> Markup:
    component = catalogue.component("method", name)
    used = "; ".join(LABELS[each] for each in sorted(labels))
    if component is None:
        listed = facts(
            [("made by", origin), ("labels", used), ("more", "not installed where this was written")]
        )
        return element("article", element("h3", name), listed, class_="method", id=method_id(name))
    spec = component.spec
    recipes = [
        element("li", element("strong", recipe), f": {whose(component, recipe)}", _sources(component, recipe))
        for recipe in recipes_of(component)
    ]
    listed = facts(
        [
            ("what it does", spec.summary),
            ("paper", _citation(spec.citation)),
            (
                "code",
                f"{component.plugin.distribution} {component.plugin.version}, plugin {component.plugin.name}",
            ),
            ("licence", spec.licence or "not stated"),
            ("labels", used),
            ("recipes", element("ul", *recipes)),
        ]
    )
    return element("article", element("h3", name), listed, class_="method", id=method_id(name))


def _sources(component: Component, recipe: str) -> Markup:
    said = origins_of_values(recipes_of(component)[recipe])
    if not said:
        return Markup("")
    listed = element("ul", *(element("li", each) for each in said))
    return element("details", element("summary", "where its values come from"), listed)


def _dataset(name: str, boards: Sequence[Board], catalogue: Catalogue) -> Markup:
    component = catalogue.component("dataset", name)
    spec = component.spec if component else None
    records = [record for board in boards for record in board.records]
    page = spec.page if isinstance(spec, DatasetSpec) else ""
    listed = facts(
        [
            ("what it is", spec.summary if spec else ""),
            ("provenance", "; ".join(dict.fromkeys(r.description for r in records if r.description))),
            ("paper", _citation(spec.citation) if spec else ""),
            ("terms of use", spec.licence if spec else ""),
            ("page", _link(page) if page else ""),
        ]
    )
    protocols = (joined([element("h4", f"With {board.features}"), board_facts(board)]) for board in boards)
    return element("article", element("h3", name), listed, *protocols, class_="dataset", data_name=name)


def _citation(citation: Citation | None) -> object:
    if citation is None:
        return "none"
    return joined([str(citation), " ", _link(citation.url)]) if citation.url else str(citation)


def _link(url: str) -> object:
    return element("a", url, href=url) if url.startswith(("https://", "http://")) else url


def _counts(done: Sequence[TrialRecord]) -> str:
    if not done:
        return ""
    return ", ".join(f"{name} {number:,}" for name, number in sorted(done[0].counts.items()))


def _chance(done: Sequence[TrialRecord]) -> str:
    chance = done[0].chance if done else {}
    named = {"p": "fine labels", "coarse-p": "coarse labels"}
    return ", ".join(f"{value:.3f} ({named.get(name, name)})" for name, value in sorted(chance.items()))
