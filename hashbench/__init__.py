"""hashbench: a plugin-based benchmarking toolkit for document hashing.

Importing it loads nothing heavy; every public name is imported on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hashbench.api import load_dataset, load_features, load_results, make_hasher, run, score
    from hashbench.codes import Codes
    from hashbench.data.corpus import Corpus
    from hashbench.data.split import Split, SplitRecipe, make_split
    from hashbench.errors import HashbenchError
    from hashbench.evaluation.diagnostics import diagnostics
    from hashbench.evaluation.evaluator import evaluate, nearest
    from hashbench.evaluation.scores import Scores
    from hashbench.experiment.record import Trial, TrialRecord
    from hashbench.features.features import Features
    from hashbench.results import Results
    from hashbench.tuning.tune import tune

_MODULES = {
    "Codes": "hashbench.codes",
    "Corpus": "hashbench.data.corpus",
    "Features": "hashbench.features.features",
    "HashbenchError": "hashbench.errors",
    "Results": "hashbench.results",
    "Scores": "hashbench.evaluation.scores",
    "Split": "hashbench.data.split",
    "SplitRecipe": "hashbench.data.split",
    "Trial": "hashbench.experiment.record",
    "TrialRecord": "hashbench.experiment.record",
    "diagnostics": "hashbench.evaluation.diagnostics",
    "evaluate": "hashbench.evaluation.evaluator",
    "load_dataset": "hashbench.api",
    "load_features": "hashbench.api",
    "load_results": "hashbench.api",
    "make_hasher": "hashbench.api",
    "make_split": "hashbench.data.split",
    "nearest": "hashbench.evaluation.evaluator",
    "run": "hashbench.api",
    "score": "hashbench.api",
    "tune": "hashbench.tuning.tune",
}

__all__ = [
    "Codes",
    "Corpus",
    "Features",
    "HashbenchError",
    "Results",
    "Scores",
    "Split",
    "SplitRecipe",
    "Trial",
    "TrialRecord",
    "diagnostics",
    "evaluate",
    "load_dataset",
    "load_features",
    "load_results",
    "make_hasher",
    "make_split",
    "nearest",
    "run",
    "score",
    "tune",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
