"""Extra inputs of made-up documents, for methods that ask for more than a matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from unittest import SkipTest

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.utils import check_array

from hashbench.features.extra_inputs import COMPUTED

VIEW_NOISE = 0.05


def extra_inputs(names: Sequence[str], vectors: Any, counts: csr_array) -> dict[str, Any]:
    """Return inputs of the form that ``hashbench.features.extra_inputs`` describes, by name.

    Args:
        names: what the spec of a method asks for.
        vectors: the training documents, CSR or dense of shape (n, n_features).
        counts: their word counts, CSR with a row a document.

    Raises:
        SkipTest: an input that a featurizer of some plugin provides.
    """
    inputs = {}
    for name in names:
        if name in COMPUTED:
            inputs[name] = COMPUTED[name](vectors if COMPUTED[name].reads == "vectors" else counts)
        elif name == "views":
            inputs[name] = _views(vectors)
        else:
            raise SkipTest(f"its input {name!r} comes from a featurizer, and no made-up one is known")
    return inputs


def with_inputs_of_its_own(estimator: Any, names: Sequence[str]) -> Any:
    """Return an estimator that makes up its extra inputs, for the checks of scikit-learn.

    It is of a class derived from that of the estimator, with the same name and parameters. Neighbours are
    those by cosine, whatever they should be.
    """
    return _derived(type(estimator), tuple(names))(**estimator.get_params(deep=False))


def _derived(original: Any, names: tuple[str, ...]) -> Any:
    class WithInputs(original):
        def fit(self, X: Any, y: Any = None, **more: Any) -> Any:
            return super().fit(X, y, **_inputs_of_anything(X, names), **more)

        def __reduce__(self) -> Any:
            return _blank, (original, names), self.__getstate__()

    WithInputs.__name__ = WithInputs.__qualname__ = original.__name__
    WithInputs.__module__ = original.__module__
    return WithInputs


def _blank(original: Any, names: tuple[str, ...]) -> Any:
    derived = _derived(original, names)
    return derived.__new__(derived)


def _inputs_of_anything(X: Any, names: tuple[str, ...]) -> Mapping[str, Any]:
    """Return inputs; where X is no matrix of numbers and will be refused, any."""
    try:
        vectors = check_array(X, accept_sparse="csr", dtype=np.float32)
    except (TypeError, ValueError):
        vectors = np.zeros((1, 1), dtype=np.float32)
    by_cosine = COMPUTED["neighbours"]
    return {name: by_cosine(vectors) if name in COMPUTED else _views(vectors) for name in names}


def _views(vectors: Any) -> NDArray[np.float32]:
    """Return each vector twice, with a little noise, shape (n, 2, n_features)."""
    dense: Any = csr_array(vectors).toarray()
    noise = np.random.default_rng(0).standard_normal((dense.shape[0], 2, dense.shape[1]))
    return (dense[:, None, :] + VIEW_NOISE * noise).astype(np.float32)
