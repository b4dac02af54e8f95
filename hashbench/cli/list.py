"""``hashbench list``: what is registered."""

from __future__ import annotations

import json
from typing import Any

import click

from hashbench.cli.options import loaded_registry
from hashbench.cli.output import echo_table
from hashbench.registry import Component
from hashbench.reporting.table import Table
from hashbench.specs import HasherSpec

KINDS = {"methods": "method", "datasets": "dataset", "featurizers": "featurizer", "metrics": "metric"}


@click.command("list")
@click.argument("kind", type=click.Choice(list(KINDS)), required=False)
@click.option("--parameters", is_flag=True, help="Show the parameters that --set takes, with their defaults.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_(kind: str | None, parameters: bool, as_json: bool) -> None:
    """List methods, datasets, featurizers and metrics; all of them unless a kind is named."""
    registry = loaded_registry()
    kinds = [kind] if kind else list(KINDS)
    listed = {name: registry.components(KINDS[name]) for name in kinds}
    if as_json:
        document = {
            name: [_document(component, parameters) for component in components]
            for name, components in listed.items()
        }
        click.echo(json.dumps({"schema": 1, **document}, indent=1))
        return
    for name, components in listed.items():
        header = ["name", "what it is", "source", "plugin", *(["parameters"] if parameters else [])]
        rows = [_row(component, parameters) for component in components]
        echo_table(Table(name, header, rows))


def _row(component: Component, parameters: bool) -> list[str]:
    spec = component.spec
    source = f"{spec.citation.authors} {spec.citation.year}" if spec.citation else ""
    row = [component.name, _summary(component), source, component.plugin.name]
    return [*row, _shown_parameters(component)] if parameters else row


def _summary(component: Component) -> str:
    spec = component.spec
    if not isinstance(spec, HasherSpec):
        return spec.summary
    marks = [name for name in ("supervised", "reference") if getattr(spec, name)]
    return f"{spec.summary} ({', '.join(marks)})" if marks else spec.summary


def _shown_parameters(component: Component) -> str:
    from hashbench.parameters import default_parameters

    return ", ".join(f"{name}={json.dumps(value)}" for name, value in default_parameters(component).items())


def _document(component: Component, parameters: bool) -> dict[str, Any]:
    spec = component.spec
    document: dict[str, Any] = {
        "name": component.name,
        "summary": spec.summary,
        "target": spec.target,
        "plugin": component.plugin.name,
        "distribution": component.plugin.distribution,
        "version": component.plugin.version,
        "licence": spec.licence,
        "citation": vars(spec.citation) if spec.citation else None,
    }
    if isinstance(spec, HasherSpec):
        document |= {"supervised": spec.supervised, "reference": spec.reference, "inputs": spec.inputs}
    if parameters:
        from hashbench.parameters import default_parameters

        document["parameters"] = default_parameters(component)
    return document
