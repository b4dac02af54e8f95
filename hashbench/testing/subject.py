"""The hasher under test, and how checks fit it and encode with it."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from importlib.metadata import entry_points
from typing import Any, Literal
from unittest import SkipTest

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from hashbench.experiment.environment import limited_threads
from hashbench.features.matrices import canonical, read_only
from hashbench.hookspecs import ENTRY_POINT_GROUP
from hashbench.parameters import full_parameters
from hashbench.registry import Component, registry
from hashbench.specs import HasherSpec
from hashbench.testing.toy_corpus import PlantedCorpus, planted_corpus
from hashbench.testing.toy_inputs import extra_inputs

N_BITS = 32

Codes = NDArray[Any]


class ConformanceWarning(UserWarning):
    """Something is missing that a registered method should have, and that fails no check."""


@dataclass(frozen=True, eq=False)
class Subject:
    """A hasher, and what its plugin says about it.

    Attributes:
        estimator: unfitted. Checks work on clones of it, with ``n_bits`` and ``random_state`` set.
        spec: what its plugin registers, None for a class by itself.
        hook_module: the module of its plugin that the entry point names, None for a class by itself.
        distribution: the installed distribution of its plugin, None for a class by itself.
        arrays: whether documents and inputs are handed over in read-only arrays, as in a run, in writeable
            ones, or in read-only ones and, if that fails, in writeable ones.
    """

    estimator: Any
    spec: HasherSpec | None = None
    hook_module: str | None = None
    distribution: str | None = None
    arrays: Literal["read-only", "writeable", "either"] = "either"

    @classmethod
    def of(cls, hasher: Any) -> Subject:
        """Return the subject behind an estimator, the name of a registered method, or a subject.

        Raises:
            HashbenchError: nobody registered the name, or its class cannot be imported or constructed.
        """
        if isinstance(hasher, Subject):
            return hasher
        if isinstance(hasher, str):
            return cls.registered(registry().get("method", hasher))
        return cls(hasher)

    @classmethod
    def registered(cls, component: Component) -> Subject:
        """Return the subject behind a registered method, with its parameters at their defaults."""
        spec = component.spec
        assert isinstance(spec, HasherSpec)
        estimator = spec.load()(**full_parameters(component, {}))
        return cls(estimator, spec, _hook_module(component), component.plugin.distribution)

    @property
    def name(self) -> str:
        """Its registered name, or that of its class."""
        return self.spec.name if self.spec else type(self.estimator).__name__

    @property
    def reference(self) -> bool:
        """Whether it is a mark on the scale and no method."""
        return self.spec is not None and self.spec.reference

    @property
    def ranker(self) -> bool:
        """Whether it has similarities of its own instead of codes."""
        if self.spec:
            return self.spec.ranker
        return hasattr(self.estimator, "similarities") and not hasattr(self.estimator, "transform")

    @property
    def quantiser(self) -> bool:
        """Whether its codes are indices of centroids."""
        if self.spec:
            return self.spec.quantiser
        return hasattr(self.estimator, "query_tables")

    def n_columns(self, hasher: Any, n_bits: int) -> int:
        """Return how many columns the codes of a hasher have: bits, or indices of a quantiser."""
        return n_bits // (int(hasher.n_centroids).bit_length() - 1) if self.quantiser else n_bits

    @property
    def tagged_supervised(self) -> bool:
        """Whether its tags say that it needs labels."""
        return bool(self.estimator.__sklearn_tags__().target_tags.required)

    @property
    def supervised(self) -> bool:
        """Whether its tags or its spec say that it needs labels."""
        return self.tagged_supervised or (self.spec is not None and self.spec.supervised)

    def missing_interface(self) -> str | None:
        """Return what it lacks to be an estimator that can be cloned, fitted and asked for codes."""
        methods = ["get_params", "set_params", "__sklearn_tags__", "fit"]
        methods += ["similarities"] if self.ranker else ["transform"]
        methods += ["query_tables"] if self.quantiser else []
        if absent := [method for method in methods if not callable(getattr(self.estimator, method, None))]:
            return (
                f"has no {', '.join(absent)}: derive it from hashbench.hashing.Hasher, or from "
                "scikit-learn's TransformerMixin and BaseEstimator"
            )
        if not self.ranker and "n_bits" not in self.estimator.get_params():
            return "its constructor takes no n_bits, the length of a code"
        if self.quantiser and not hasattr(self.estimator, "n_centroids"):
            return "has no n_centroids, the number of centroids in each book"
        return None

    def new(self, n_bits: int = N_BITS, **params: Any) -> Any:
        """Return an unfitted hasher with seed 0 and the cheap parameters that its spec names for checks.

        Raises:
            SkipTest: it is no estimator at all, which ``check_interface`` reports.
        """
        self.require_estimator()
        hasher = clone(self.estimator)
        taken = hasher.get_params()
        given = dict(self.spec.check_params) if self.spec else {}
        if "n_bits" in taken:
            given.setdefault("n_bits", n_bits)
        if "random_state" in taken and taken["random_state"] is None:
            given["random_state"] = 0
        return hasher.set_params(**given | params)

    def fit(self, hasher: Any, corpus: PlantedCorpus) -> Any:
        """Fit a hasher to a corpus, with the labels, validation documents and inputs it is promised.

        One that turns out to need labels without saying so is given them, so that ``check_supervised_tag``
        is what fails and not everything.

        Args:
            hasher: as ``new`` returns it.
            corpus: training documents.
        """
        if self.supervised:
            return self.fit_with(hasher, corpus, corpus.clusters)
        try:
            return self.fit_with(hasher, corpus)
        except (TypeError, ValueError):
            if self.ranker or not self.fits_with_labels_alone(corpus):
                raise
            return self.fit_with(hasher, corpus, corpus.clusters)

    def fit_with(self, hasher: Any, corpus: PlantedCorpus, *labels: Any) -> Any:
        """Fit a hasher to a corpus, with the labels named here or none, whatever it is promised."""
        return self._handing_over(
            lambda subject: hasher.fit(subject.handed(corpus.X), *labels, **subject.fit_arguments(corpus))
        )

    def fits_with_labels_alone(self, corpus: PlantedCorpus) -> bool:
        """Return whether labels are all that a failed fit was lacking."""
        try:
            self.fit_with(self.new(), corpus, corpus.clusters)
        except (TypeError, ValueError):
            return False
        return True

    def fit_arguments(self, corpus: PlantedCorpus) -> dict[str, Any]:
        """Return what ``fit`` takes beside the documents and their labels."""
        names = self.spec.inputs if self.spec else ()
        inputs = extra_inputs(names, corpus.X, corpus.counts)
        arguments = {name: self.handed(canonical(value, value.dtype)) for name, value in inputs.items()}
        if self.spec.validation if self.spec else getattr(self.estimator, "validation", False):
            validation = planted_corpus(n=80, n_features=corpus.X.shape[1], seed=1)
            arguments |= {"X_val": self.handed(validation.X), "y_val": validation.clusters}
        return arguments

    def fitted(self, corpus: PlantedCorpus, **params: Any) -> Any:
        """Return a new hasher fitted to a corpus."""
        return self.fit(self.new(**params), corpus)

    def encode(self, hasher: Any, X: Any) -> Codes:
        """Encode with a copy of a fitted hasher, so that no call can be seen by the next one.

        Returns:
            The codes, or the similarities of a ranker, with a row a document.
        """
        return self.encode_in_place(copy.deepcopy(hasher), X)

    def encode_in_place(self, hasher: Any, X: Any) -> Codes:
        """Encode with the hasher itself."""
        if self.ranker:
            return self._handing_over(
                lambda subject: np.concatenate(list(hasher.similarities(subject.handed(X))))
            )
        codes = self.transform(hasher, X)
        return np.asarray(codes.toarray() if hasattr(codes, "toarray") else codes)

    def transform(self, hasher: Any, X: Any) -> Any:
        """Return what the hasher itself returns for documents."""
        return self._handing_over(lambda subject: hasher.transform(subject.handed(X)))

    def tables(self, hasher: Any, X: Any) -> NDArray[Any]:
        """Return the lookup tables of a copy of a fitted quantiser for documents."""
        copied = copy.deepcopy(hasher)
        return np.asarray(self._handing_over(lambda subject: copied.query_tables(subject.handed(X))))

    def handed(self, X: Any) -> Any:
        """Return a matrix or array as it is handed to a hasher, read-only or not."""
        return X if self.arrays == "writeable" else read_only(X)

    def _handing_over(self, call: Callable[[Subject], Any]) -> Any:
        """Call a function of a subject whose arrays are read-only or writeable.

        A hasher that takes only writeable arrays is given them after all, so that ``check_read_only_input``
        is what fails and not everything.
        """
        if self.arrays != "either":
            return call(self)
        try:
            return call(replace(self, arrays="read-only"))
        except Exception:  # noqa: BLE001 - a hasher may raise anything; what it raises here is raised again
            return call(replace(self, arrays="writeable"))

    def require_estimator(self) -> None:
        """Skip a check if there is nothing to clone, fit and ask for codes."""
        if self.missing_interface():
            raise SkipTest("it is no estimator yet, see check_interface")

    def require_codes(self) -> None:
        """Skip a check that is about codes for a ranker."""
        if self.ranker:
            raise SkipTest("a ranker has no codes")

    def require_repeatable(self, corpus: PlantedCorpus) -> Any:
        """Return a fitted hasher, and skip a check that compares fits where two equal ones differ."""
        first, second = self.fitted(corpus), self.fitted(corpus)
        self.require_pure(first, corpus.X)
        if not np.array_equal(self.encode(first, corpus.X), self.encode(second, corpus.X)):
            raise SkipTest("two equal fits differ, see check_seed_reproducible_across_processes")
        return first

    def require_pure(self, hasher: Any, X: Any) -> Codes:
        """Return the codes, and skip a check that compares calls where two equal ones differ."""
        codes = self.encode(hasher, X)
        if not np.array_equal(self.encode(hasher, X), codes):
            raise SkipTest("two equal calls of transform differ, see check_repeated_transform")
        return codes


def conformance_check(function: Callable[[Subject], None]) -> Callable[[Any], None]:
    """Make a check callable with whatever ``Subject.of`` takes, on one thread.

    Of all warnings only ``ConformanceWarning`` gets through.
    """

    @wraps(function)
    def check(hasher: Any) -> None:
        with limited_threads(1), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("always", ConformanceWarning)
            function(Subject.of(hasher))

    return check


def expect(condition: Any, otherwise: str) -> None:
    """Fail a check with a reason unless the condition holds."""
    if not condition:
        raise AssertionError(otherwise)


def advise(condition: Any, otherwise: str) -> None:
    """Warn with a ``ConformanceWarning`` unless the condition holds."""
    if not condition:
        warnings.warn(otherwise, ConformanceWarning, stacklevel=2)


def _hook_module(component: Component) -> str | None:
    points = entry_points(group=ENTRY_POINT_GROUP, name=component.plugin.name)
    modules = [p.module for p in points if p.dist and p.dist.name == component.plugin.distribution]
    return modules[0] if modules else None
