"""Extra inputs for hashers: what a method may ask for besides the matrix of its training documents.

Some are computed here, whatever the featurizer; others come from the featurizer, which names them under
``provides``. The spec of a method asks for them by name, and what no method asks for is not computed.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from hashbench.code_digest import code_digest
from hashbench.errors import HashbenchError
from hashbench.specs import FeaturizerSpec


@dataclass(frozen=True)
class ComputedInput:
    """An extra input that needs no featurizer.

    Attributes:
        target: ``"package.module:function"``; the function returns an array with a row a training document.
        reads: what it is given of the training documents: their vectors, or their texts or word counts.
        version: to be raised when equal documents give another input.
    """

    target: str
    reads: Literal["vectors", "words"]
    version: int = 1

    def __call__(self, given: Any) -> Any:
        """Import the function and call it."""
        module, _, function = self.target.partition(":")
        return getattr(importlib.import_module(module), function)(given)


COMPUTED: Mapping[str, ComputedInput] = {
    "neighbours": ComputedInput("hashbench.features.neighbour_inputs:cosine_neighbours", "vectors"),
    "bm25_neighbours": ComputedInput("hashbench.features.neighbour_inputs:bm25_neighbours", "words"),
}


def available_inputs(spec: FeaturizerSpec) -> frozenset[str]:
    """Return the names of the extra inputs that methods can have beside the vectors of a featurizer.

    Raises:
        HashbenchError: the featurizer provides a name that belongs to an input computed here.
    """
    if taken := sorted(COMPUTED.keys() & set(spec.provides)):
        raise HashbenchError(
            f"featurizer {spec.name} provides {', '.join(taken)}, which hashbench computes itself: "
            "its plugin has to choose another name"
        )
    return frozenset(COMPUTED) | frozenset(spec.provides)


def input_version(name: str) -> int:
    """Return the version of an extra input, which is part of the keys of codes that are made with it."""
    return COMPUTED[name].version if name in COMPUTED else 1


def input_name(name: str) -> str:
    """Return the name of the folder of an extra input beside the features it belongs to."""
    if name not in COMPUTED:
        return name
    return f"{name}-{COMPUTED[name].version}-{code_digest(COMPUTED[name].target)}"
