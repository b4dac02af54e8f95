"""``hashbench list``: what is registered."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import click

from hashbench.cli.options import loaded_registry
from hashbench.cli.output import LABELS, WIDTH, echo_table, shortened
from hashbench.errors import HashbenchError
from hashbench.recipes import DEFAULT, recipes_of
from hashbench.registry import Component
from hashbench.reporting.table import Table
from hashbench.specs import FeaturizerSpec, HasherSpec, MetricSpec

KINDS = {"methods": "method", "datasets": "dataset", "featurizers": "featurizer", "metrics": "metric"}


@click.command("list")
@click.argument("kind", type=click.Choice(list(KINDS)), required=False)
@click.option("--parameters", is_flag=True, help="Show the parameters that --set takes, with their defaults.")
@click.option(
    "--recipes",
    is_flag=True,
    help="Show the recipes of methods, what they set and by which source.",
)
@click.option("--spaces", is_flag=True, help="Show what `hashbench tune` tries of methods and featurizers.")
@click.option(
    "--wide", is_flag=True, help="Show whole summaries, sources and plugins, however wide the table is."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_(kind: str | None, parameters: bool, recipes: bool, spaces: bool, wide: bool, as_json: bool) -> None:
    """List methods, datasets, featurizers and metrics; all of them unless a kind is named."""
    registry = loaded_registry()
    if recipes and kind not in (None, "methods"):
        raise click.UsageError(f"--recipes is about methods, not about {kind}")
    if spaces and kind not in (None, "methods", "featurizers"):
        raise click.UsageError(f"--spaces is about methods and featurizers, not about {kind}")
    if spaces and not as_json:
        for name in [kind] if kind else ["methods", "featurizers"]:
            echo_table(_space_table(name, registry.components(KINDS[name])))
        return
    if recipes and not as_json:
        for table in map(_recipe_table, registry.components("method")):
            echo_table(table)
        return
    kinds = [kind] if kind else list(KINDS)
    listed = {name: registry.components(KINDS[name]) for name in kinds}
    if as_json:
        document = {
            name: [_document(component, parameters, recipes) for component in components]
            for name, components in listed.items()
        }
        click.echo(json.dumps({"schema": 2, **document}, indent=1))
        return
    for name, components in listed.items():
        labels = ["labels"] if name == "methods" else []
        last = ["source", "plugin"] if wide else []
        header = ["name", "what it is", *labels, *last, *(["parameters"] if parameters else [])]
        rows = [_row(component, parameters) for component in components]
        echo_table(Table(name, header, rows if wide else _short(rows, parameters)))


def _row(component: Component, parameters: bool) -> list[str]:
    spec = component.spec
    source = f"{spec.citation.authors} {spec.citation.year}" if spec.citation else ""
    labels = [_labels(component)] if isinstance(spec, HasherSpec) else []
    row = [component.name, _summary(component), *labels, source, component.plugin.name]
    return [*row, _shown_parameters(component)] if parameters else row


def _short(rows: Sequence[list[str]], parameters: bool) -> list[list[str]]:
    """Return rows of one line: short summaries, without source and plugin."""
    last = 1 if parameters else 0
    rows = [[*row[: len(row) - 2 - last], *row[len(row) - last :]] for row in rows]
    short = [[row[0], row[1], *(LABELS.get(cell, cell) for cell in row[2:])] for row in rows]
    columns = [0, *range(2, len(short[0]) - last)] if short else []
    others = sum(max(len(row[column]) for row in short) + 3 for column in columns)
    return [[name, shortened(summary, WIDTH - 4 - others), *rest] for name, summary, *rest in short]


def _summary(component: Component) -> str:
    spec = component.spec
    is_reference = isinstance(spec, HasherSpec) and spec.reference
    return f"{spec.summary} (reference)" if is_reference else spec.summary


def _labels(component: Component) -> str:
    """Return which labels a method is given with its default recipe."""
    spec = component.spec
    assert isinstance(spec, HasherSpec)
    params = {**spec.params, **recipes_of(component)[DEFAULT].params}
    uses = (("training", spec.supervised), ("validation", spec.selects_on_labels(params)))
    return " and ".join(name for name, used in uses if used) or "none"


def _recipe_table(component: Component) -> Table:
    rows = []
    for name, recipe in recipes_of(component).items():
        about = [recipe.notes, f"found on {', '.join(recipe.found_on)}" if recipe.found_on else ""]
        if recipe.features:
            about.insert(0, f"input: {with_params(recipe.features.name, recipe.features.params)}")
        general = ". ".join(text.rstrip(".") for text in (recipe.source.get("", ""), *about) if text)
        if general or not recipe.params:
            rows.append([name, "", "", general or "the defaults"])
        rows += [[name, key, json.dumps(v), recipe.source.get(key, "")] for key, v in recipe.params.items()]
        for case in recipe.cases:
            where = ", ".join([*case.datasets, *(f"{bits} bits" for bits in case.bits)])
            rows += [
                [name, f"{key} ({where})", json.dumps(value), recipe.source.get(key, "")]
                for key, value in case.params.items()
            ]
    return Table(f"Recipes of {component.name}", ["recipe", "parameter", "value", "source"], rows)


def _space_table(kind: str, components: Sequence[Component]) -> Table:
    rows = [
        [component.name, dimension.name, str(dimension)]
        for component in components
        if isinstance(component.spec, HasherSpec | FeaturizerSpec)
        for dimension in component.spec.space
    ]
    return Table(f"What is tuned of {kind}", ["name", "parameter", "values"], rows)


def with_params(name: str, params: Mapping[str, Any]) -> str:
    """Return a name with parameters in brackets, if there are some."""
    listed = ", ".join(f"{key}={json.dumps(value)}" for key, value in params.items())
    return f"{name} ({listed})" if listed else name


def _shown_parameters(component: Component) -> str:
    """Return the parameters with their defaults, those of a group behind its name; a metric has none.

    Of a component that cannot be imported the reason stands in their place.
    """
    if isinstance(component.spec, MetricSpec):
        return ""
    from hashbench.parameters import default_parameters, parameter_groups

    try:
        defaults = default_parameters(component)
    except HashbenchError as error:
        return f"unknown: {error}"
    groups = {
        group: ", ".join(f"{name}={json.dumps(defaults[name])}" for name in names)
        for group, names in parameter_groups(component).items()
    }
    return "; ".join(f"{group}: {listed}" if group else listed for group, listed in groups.items() if listed)


def _document(component: Component, parameters: bool, recipes: bool) -> dict[str, Any]:
    spec = component.spec
    document: dict[str, Any] = {
        "name": component.name,
        "summary": spec.summary,
        "target": spec.target,
        "plugin": component.plugin.name,
        "distribution": component.plugin.distribution,
        "release": component.plugin.version,
        "version": spec.version,
        "licence": spec.licence,
        "citation": vars(spec.citation) if spec.citation else None,
    }
    if isinstance(spec, HasherSpec):
        document |= {
            "labels": _labels(component),
            "supervised": spec.supervised,
            "reference": spec.reference,
            "inputs": spec.inputs,
            "recipes": list(recipes_of(component)),
        }
        if recipes:
            document["recipes"] = {name: asdict(recipe) for name, recipe in recipes_of(component).items()}
    if isinstance(spec, HasherSpec | FeaturizerSpec):
        document["space"] = [asdict(dimension) for dimension in spec.space]
    if parameters and not isinstance(spec, MetricSpec):
        from hashbench.parameters import default_parameters

        try:
            document["parameters"] = default_parameters(component)
        except HashbenchError as error:
            document["error"] = str(error)
    return document
