"""Whether the code that made a result is the code of today: evidence, beside the declared version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from hashbench.code_digest import code_digest
from hashbench.errors import HashbenchError
from hashbench.experiment.record import TrialRecord
from hashbench.features.extra_inputs import COMPUTED
from hashbench.registry import Component, Registry

Standing = Literal["current", "other code", "unknown code", "other version", "not installed"]


def differing_parts(record: TrialRecord, code: Mapping[str, str]) -> list[str]:
    """Return the parts of a record that other code made than that of the digests given.

    Args:
        record: a record.
        code: digests of the code of today, by "method", "featurizer", "input NAME" and "metric NAME".
    """
    return [part for part, digest in code.items() if digest not in record.code.get(part, ())]


def with_evidence(record: TrialRecord, code: Mapping[str, str]) -> TrialRecord:
    """Return a record that says of further code that it gives the same; unknown parts stay unknown.

    Args:
        record: a record.
        code: digests of that code, by part.
    """
    known = {part: record.code.get(part, ()) for part in (*record.code, *code)}
    added = {
        part: (*digests, code[part]) if digests and part in code and code[part] not in digests else digests
        for part, digests in known.items()
    }
    return replace(record, code=added)


def installed_code(record: TrialRecord, registry: Registry) -> dict[str, str]:
    """Return the digests of the code that is installed for the parts of a record; none for what is not."""
    found = {}
    for part in (*record.origins, *record.code):
        target = _target(part, record, registry)
        if target is not None and part != "dataset":
            try:
                found[part] = code_digest(target)
            except HashbenchError:
                continue
    return found


def standing(record: TrialRecord, registry: Registry) -> Standing:
    """Compare the code behind a record with what is installed.

    Returns:
        "other version": the spec of the method, the featurizer or a metric declares another version now;
        "not installed": one of them is not there to compare with; "unknown code": nothing is known of the
        code that made the record; "other code": the version is the same and the code is not; else "current".
    """
    missing = False
    for part, origin in record.origins.items():
        component = _component(part, record, registry)
        if part == "dataset":
            continue
        if component is None or component.plugin.distribution != origin.distribution:
            missing = True
        elif component.spec.version != origin.version:
            return "other version"
    if missing:
        return "not installed"
    code = installed_code(record, registry)
    if any(not record.code.get(part) for part in code):
        return "unknown code"
    return "other code" if differing_parts(record, code) else "current"


def _target(part: str, record: TrialRecord, registry: Registry) -> str | None:
    kind, _, name = part.partition(" ")
    if kind == "input":
        return COMPUTED[name].target if name in COMPUTED else None
    component = _component(part, record, registry)
    return component.spec.target if component else None


def _component(part: str, record: TrialRecord, registry: Registry) -> Component | None:
    kind, _, name = part.partition(" ")
    if kind not in ("method", "featurizer", "metric"):
        return None
    if kind == "metric":
        try:
            return registry.metric(name)
        except HashbenchError:
            return None
    wanted = {"method": record.trial.method, "featurizer": record.trial.featurizer}.get(kind, name)
    return next((c for c in registry.components(kind) if c.name == wanted), None)
