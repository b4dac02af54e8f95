"""The whole suite: its checks and scikit-learn's, run one after the other or handed to pytest."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from textwrap import shorten
from typing import Any, Literal
from unittest import SkipTest

from sklearn.utils.estimator_checks import estimator_checks_generator

from hashbench.boundary import boundary
from hashbench.errors import HashbenchError
from hashbench.progress import track
from hashbench.registry import registry
from hashbench.specs import HasherSpec
from hashbench.testing import (
    code_checks,
    dataset_checks,
    devices,
    document_checks,
    featurizer_checks,
    item,
    label_checks,
    metric_checks,
    processes,
    recipe_checks,
    side_effects,
    state_checks,
    what_it_says,
)
from hashbench.testing.subject import ConformanceWarning, Subject, conformance_check
from hashbench.testing.toy_inputs import with_inputs_of_its_own

CHECKS: tuple[Callable[[Any], None], ...] = (
    what_it_says.check_interface,
    what_it_says.check_tags,
    what_it_says.check_metadata,
    what_it_says.check_space,
    processes.check_light_registration,
    code_checks.check_codes_dtype_and_shape,
    code_checks.check_codes_of_few_features,
    code_checks.check_codes_not_degenerate,
    code_checks.check_better_than_random,
    code_checks.check_query_tables,
    document_checks.check_repeated_transform,
    document_checks.check_batch_size_invariance,
    document_checks.check_row_order_equivariance,
    document_checks.check_sparse_dense_agree,
    document_checks.check_unseen_documents,
    document_checks.check_other_features_refused,
    label_checks.check_label_blind,
    label_checks.check_supervised_tag,
    side_effects.check_inputs_unchanged,
    side_effects.check_read_only_input,
    side_effects.check_parameters_unchanged,
    side_effects.check_nothing_learned_at_transform,
    side_effects.check_rng_state_untouched,
    processes.check_seed_reproducible_across_processes,
    processes.check_seed_changes_codes,
    processes.check_pickle_new_process,
    state_checks.check_state_round_trip,
    devices.check_cpu_cuda_agree,
)
LONGEST_REASON = 200


_OF_KIND: Mapping[str, tuple[Callable[[Any], None], ...]] = {
    "featurizer": (*item.OF_EACH, item.check_parameters, *featurizer_checks.CHECKS),
    "dataset": (*item.OF_EACH, item.check_parameters, *dataset_checks.CHECKS),
    "metric": (*item.OF_EACH, *metric_checks.CHECKS),
    "recipe": recipe_checks.CHECKS,
}


@dataclass(frozen=True)
class Check:
    """A check with its name, callable with whatever ``Subject.of`` takes.

    Attributes:
        name: the function without ``check_``.
        origin: whose check it is.
        function: what it runs.
    """

    name: str
    origin: Literal["hashbench", "scikit-learn"]
    function: Callable[[Any], None]

    @property
    def id(self) -> str:
        """The name, with a mark if it is scikit-learn's."""
        return self.name if self.origin == "hashbench" else f"sklearn-{self.name}"

    def __call__(self, hasher: Any) -> None:
        """Run it.

        Raises:
            AssertionError: the check failed.
            SkipTest: it does not apply.
            Exception: what the hasher raised.

        Warns:
            ConformanceWarning: it passed, but something is missing that fails no check.
        """
        self.function(hasher)


@dataclass(frozen=True)
class Outcome:
    """How one check ended, with the reason in one line if it did not pass."""

    check: str
    origin: Literal["hashbench", "scikit-learn"]
    status: Literal["passed", "failed", "warned", "skipped"]
    reason: str = ""


def checks_of(hasher: Any, kind: str = "method") -> list[Check]:
    """Return hashbench's checks and, of a hasher, scikit-learn's.

    Args:
        hasher: an unfitted estimator, the name of a registered method, or a ``Subject``; of another kind, the
            name of a registered component.
        kind: "method", "featurizer", "dataset", "metric" or "recipe", which is named METHOD@RECIPE.

    Returns:
        hashbench's, then those of scikit-learn that the tags ask for, with ``HasherSpec.check_bits`` bits (1
        where there is no spec). A registered method that cannot be constructed has one check, which fails.

    Raises:
        UnknownNameError: nobody registered the name.
    """
    return _prepared(hasher, kind)[1]


def run_checks(hasher: Any, kind: str = "method") -> list[Outcome]:
    """Run all checks of a hasher or another component; what it raises or warns of becomes a reason.

    Args:
        hasher: as in ``checks_of``.
        kind: as in ``checks_of``.

    Raises:
        UnknownNameError: nobody registered the name.
    """
    prepared, checks = _prepared(hasher, kind)
    return [_outcome(check, prepared) for check in track(checks, "Checks")]


def parametrize_with_checks(hashers: Iterable[Any], kind: str = "method") -> Any:
    """Decorate a pytest function of ``hasher`` and ``check``, to be run for every check of every hasher.

    Of another kind the function has the kind as its first argument, such as ``featurizer`` and ``check``.

    A check that does not apply is a skipped test with the reason. One that only warns is a passed test, and
    pytest shows the warning.

    Args:
        hashers: unfitted estimators, names of registered methods, or ``Subject`` objects; of another kind,
            names of registered components.
        kind: as in ``checks_of``.

    Raises:
        UnknownNameError: nobody registered a name.
    """
    import pytest

    params = []
    for hasher in hashers:
        prepared, checks = _prepared(hasher, kind)
        name = hasher if isinstance(hasher, str) else prepared.name
        params += [pytest.param(prepared, check, id=f"{name}-{check.id}") for check in checks]
    return pytest.mark.parametrize(("hasher" if kind == "method" else kind, "check"), params)


def _prepared(hasher: Any, kind: str) -> tuple[Any, list[Check]]:
    """Return a subject, or the name of one that cannot be constructed, and its checks."""
    if kind != "method":
        return item.item_of(hasher, kind), list(map(_own, _OF_KIND[kind]))
    if isinstance(hasher, str):
        component = registry().get("method", hasher)
        try:
            with boundary():
                subject = Subject.registered(component)
        except HashbenchError as error:
            return hasher, [Check("construct", "hashbench", partial(_raise, error))]
    else:
        subject = Subject.of(hasher)
    return subject, [*map(_own, CHECKS), *_estimator_checks(subject)]


def _own(function: Callable[[Any], None]) -> Check:
    return Check(function.__name__.removeprefix("check_"), "hashbench", function)


def _estimator_checks(subject: Subject) -> list[Check]:
    """Return scikit-learn's checks, or one that is skipped where they do not apply."""
    if subject.ranker:
        return [_skipped_estimator_checks("a ranker is no transformer")]
    if subject.missing_interface():
        return [_skipped_estimator_checks("it is no estimator yet, see check_interface")]
    if subject.spec and subject.spec.row_layout:
        return [_skipped_estimator_checks(f"its rows are {subject.spec.row_layout}")]
    generated = [check for _, check in estimator_checks_generator(_toy_estimator(subject))]
    names = Counter(_name(check) for check in generated)
    return [
        Check(_name(check, bound=names[_name(check)] > 1), "scikit-learn", _on_toy_data(check))
        for check in generated
    ]


def _skipped_estimator_checks(reason: str) -> Check:
    return Check("estimator_checks", "scikit-learn", partial(_raise, SkipTest(reason)))


def _toy_estimator(subject: Subject) -> Any:
    """Return the estimator that scikit-learn checks on data of few features."""
    spec = subject.spec
    estimator = subject.new(n_bits=spec.check_bits if spec else HasherSpec.check_bits)
    return with_inputs_of_its_own(estimator, spec.inputs) if spec and spec.inputs else estimator


def _on_toy_data(check: Callable[[Any], object]) -> Callable[[Any], None]:
    def run(subject: Subject) -> None:
        check(_toy_estimator(subject))

    return conformance_check(run)


def _name(check: Any, *, bound: bool = False) -> str:
    """Return the name of one of scikit-learn's checks, with its bound arguments or without."""
    arguments = "".join(f"({name}={value})" for name, value in check.keywords.items()) if bound else ""
    return f"{check.func.__name__.removeprefix('check_')}{arguments}"


def _outcome(check: Check, prepared: Any) -> Outcome:
    with warnings.catch_warnings(record=True) as told:
        try:
            with boundary(SkipTest, AssertionError):
                check(prepared)
        except SkipTest as reason:
            return Outcome(check.name, check.origin, "skipped", _in_one_line(reason))
        except (HashbenchError, AssertionError) as error:
            return Outcome(check.name, check.origin, "failed", _in_one_line(error))
    advice = [str(each.message) for each in told if issubclass(each.category, ConformanceWarning)]
    return Outcome(check.name, check.origin, "warned" if advice else "passed", "; ".join(advice))


def _in_one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    named = text if isinstance(error, AssertionError | SkipTest | HashbenchError) and text else None
    return shorten(named or f"{type(error).__name__}: {text}".removesuffix(": "), LONGEST_REASON)


def _raise(error: Exception, hasher: Any) -> None:  # noqa: ARG001 - called as every check is
    raise error
