"""Extra inputs for hashers: what a method may ask for besides the matrix of its training documents.

Some are computed here, whatever the featurizer; others come from the featurizer, which names them under
``provides``. The spec of a method asks for them by name, and what no method asks for is not computed.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from hashbench.errors import HashbenchError
from hashbench.fingerprint import content_key, source_fingerprint
from hashbench.specs import FeaturizerSpec


@dataclass(frozen=True)
class ComputedInput:
    """An extra input that needs no featurizer.

    Attributes:
        target: ``"package.module:function"``; the function returns an array with a row a training document.
        reads: what it is given of the training documents: their vectors, or their texts or word counts.
    """

    target: str
    reads: Literal["vectors", "words"]

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


def input_key(features_key: str, name: str) -> str:
    """Return the content hash of all that an extra input depends on.

    Args:
        features_key: content hash of the features it belongs to.
        name: name of the input.
    """
    source = source_fingerprint(COMPUTED[name].target) if name in COMPUTED else None
    return content_key({"features": features_key, "input": name, "source": source})
