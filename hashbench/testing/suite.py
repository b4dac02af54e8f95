"""The whole suite: its checks and scikit-learn's, run one after the other or handed to pytest."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from textwrap import shorten
from typing import Any, Literal
from unittest import SkipTest

from sklearn.utils.estimator_checks import estimator_checks_generator

from hashbench.errors import HashbenchError
from hashbench.progress import track
from hashbench.registry import registry
from hashbench.specs import HasherSpec
from hashbench.testing import (
    code_checks,
    devices,
    document_checks,
    label_checks,
    processes,
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


def checks_of(hasher: Any) -> list[Check]:
    """Return hashbench's checks and scikit-learn's of a hasher.

    Args:
        hasher: an unfitted estimator, the name of a registered method, or a ``Subject``.

    Returns:
        hashbench's, then those of scikit-learn that the tags ask for, with ``HasherSpec.check_bits`` bits (1
        where there is no spec). A registered method that cannot be constructed has one check, which fails.

    Raises:
        UnknownNameError: nobody registered the name.
    """
    return _prepared(hasher)[1]


def run_checks(hasher: Any) -> list[Outcome]:
    """Run all checks of a hasher; what it raises or warns of becomes the reason of a check.

    Args:
        hasher: an unfitted estimator, the name of a registered method, or a ``Subject``.

    Raises:
        UnknownNameError: nobody registered the name.
    """
    prepared, checks = _prepared(hasher)
    return [_outcome(check, prepared) for check in track(checks, "Checks")]


def parametrize_with_checks(hashers: Iterable[Any]) -> Any:
    """Decorate a pytest function of ``hasher`` and ``check``, to be run for every check of every hasher.

    A check that does not apply is a skipped test with the reason. One that only warns is a passed test, and
    pytest shows the warning.

    Args:
        hashers: unfitted estimators, names of registered methods, or ``Subject`` objects.

    Raises:
        UnknownNameError: nobody registered a name.
    """
    import pytest

    params = []
    for hasher in hashers:
        prepared, checks = _prepared(hasher)
        name = hasher if isinstance(hasher, str) else prepared.name
        params += [pytest.param(prepared, check, id=f"{name}-{check.id}") for check in checks]
    return pytest.mark.parametrize(("hasher", "check"), params)


def _prepared(hasher: Any) -> tuple[Any, list[Check]]:
    """Return a subject, or the name of one that cannot be constructed, and its checks."""
    if isinstance(hasher, str):
        component = registry().get("method", hasher)
        try:
            subject = Subject.registered(component)
        except Exception as error:  # noqa: BLE001 - a plugin may raise anything; its row says what
            return hasher, [Check("construct", "hashbench", partial(_raise, error))]
    else:
        subject = Subject.of(hasher)
    own = [Check(function.__name__.removeprefix("check_"), "hashbench", function) for function in CHECKS]
    return subject, [*own, *_estimator_checks(subject)]


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
            check(prepared)
        except SkipTest as reason:
            return Outcome(check.name, check.origin, "skipped", _in_one_line(reason))
        except Exception as error:  # noqa: BLE001 - a hasher may raise anything; its row says what
            return Outcome(check.name, check.origin, "failed", _in_one_line(error))
    advice = [str(each.message) for each in told if issubclass(each.category, ConformanceWarning)]
    return Outcome(check.name, check.origin, "warned" if advice else "passed", "; ".join(advice))


def _in_one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    named = text if isinstance(error, AssertionError | SkipTest | HashbenchError) and text else None
    return shorten(named or f"{type(error).__name__}: {text}".removesuffix(": "), LONGEST_REASON)


def _raise(error: Exception, hasher: Any) -> None:  # noqa: ARG001 - called as every check is
    raise error
