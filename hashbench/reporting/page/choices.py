"""In words: how the parameters of a row were chosen, whose recipe they are, which labels it saw."""

from __future__ import annotations

from collections.abc import Mapping

from hashbench.experiment.external import EXTERNAL
from hashbench.recipes import DEFAULT, PUBLISHED, recipes_of
from hashbench.registry import Component
from hashbench.reporting.catalogue import Catalogue
from hashbench.reporting.rows import Row, listed_settings
from hashbench.specs import Recipe

LABELS = {
    "none": "none",
    "training": "those of training documents, to learn from",
    "validation": "those of validation documents, to choose an epoch by",
    "training and validation": "those of training documents, to learn from, and of validation documents, "
    "to choose an epoch by",
}


def how_chosen(row: Row, catalogue: Catalogue) -> str:
    """Return how the parameters of a row were chosen: whose recipe, on which corpora, and what was set."""
    record = row.first
    trial = record.trial
    if trial.recipe == EXTERNAL:
        return "the codes were made elsewhere; how is not known"
    component = catalogue.component("method", trial.method)
    recipe = recipes_of(component).get(trial.recipe) if component else None
    if component is None or recipe is None:
        parts = [f"recipe {trial.recipe}, which is not installed where this was written"]
    else:
        parts = [f"recipe {trial.recipe}: {whose(component, trial.recipe)}", *_found(recipe)]
        parts += [recipe.source[""]] if recipe.source.get("") else []
    if earlier := catalogue.earlier_values(record):
        parts.append(f"the recipe gives other values now; the row has {listed_settings(earlier)}")
    if removed := catalogue.removed(record):
        parts.append(f"the method no longer has {listed_settings(removed)}")
    if overrides := record.overrides.get("method"):
        parts.append(f"set by whoever ran it: {listed_settings(overrides)}")
    return "; ".join(parts)


def whose(component: Component, recipe: str) -> str:
    """Return whose recipe one of a method is."""
    if recipe == PUBLISHED:
        return "what the paper prescribes and, where it is silent, its authors' code"
    maker = component.plugin.distribution
    if recipe == DEFAULT:
        return f"the setting of {maker} for all corpora and code lengths"
    return f"a setting of {maker}"


def origins_of_values(recipe: Recipe) -> list[str]:
    """Return where the values of a recipe come from, a line each, and what one should know about it."""
    sources: Mapping[str, str] = recipe.source
    named = [f"{name}: {source}" for name, source in sorted(sources.items()) if name]
    rest = [f"all other values: {sources['']}" if named else sources[""]] if sources.get("") else []
    return [*named, *rest, *_found(recipe), *([recipe.notes] if recipe.notes else [])]


def _found(recipe: Recipe) -> list[str]:
    return [f"found on {', '.join(recipe.found_on)}"] if recipe.found_on else []
