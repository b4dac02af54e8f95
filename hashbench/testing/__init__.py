"""The conformance suite of hashers: what anyone who writes one can run on it.

With pytest, every check is a test of its own::

    from hashbench.testing import parametrize_with_checks
    from mypackage.coin import Coin

    @parametrize_with_checks([Coin()])
    def test_coin(hasher, check):
        check(hasher)

A hasher is given as an unfitted estimator; as the name of a registered method, which adds the checks of its
metadata and of its plugin; or as a ``Subject``. ``run_checks`` runs the checks without pytest, and so does
``hashbench check`` on the command line. Every ``check_*`` is a function of such a hasher that raises
``AssertionError`` with the reason if it fails, and ``unittest.SkipTest`` if it does not apply; a hasher that
raises lets its own exception through. A method of another distribution than hashbench that names no licence
or no citation passes with a ``ConformanceWarning``.

The checks fit small planted clusters, once or a few times each. Importing this package loads nothing heavy,
and needs no pytest.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hashbench.testing.code_checks import (
        check_better_than_random,
        check_codes_dtype_and_shape,
        check_codes_not_degenerate,
        check_codes_of_few_features,
        check_query_tables,
    )
    from hashbench.testing.devices import check_cpu_cuda_agree
    from hashbench.testing.document_checks import (
        check_batch_size_invariance,
        check_other_features_refused,
        check_repeated_transform,
        check_row_order_equivariance,
        check_sparse_dense_agree,
        check_unseen_documents,
    )
    from hashbench.testing.label_checks import check_label_blind, check_supervised_tag
    from hashbench.testing.processes import (
        check_light_registration,
        check_pickle_new_process,
        check_seed_changes_codes,
        check_seed_reproducible_across_processes,
    )
    from hashbench.testing.side_effects import (
        check_inputs_unchanged,
        check_nothing_learned_at_transform,
        check_parameters_unchanged,
        check_read_only_input,
        check_rng_state_untouched,
    )
    from hashbench.testing.state_checks import check_state_round_trip
    from hashbench.testing.subject import ConformanceWarning, Subject
    from hashbench.testing.suite import Check, Outcome, checks_of, parametrize_with_checks, run_checks
    from hashbench.testing.what_it_says import check_interface, check_metadata, check_space, check_tags

_NAMES = {
    "code_checks": (
        "check_better_than_random",
        "check_codes_dtype_and_shape",
        "check_codes_not_degenerate",
        "check_codes_of_few_features",
        "check_query_tables",
    ),
    "devices": ("check_cpu_cuda_agree",),
    "document_checks": (
        "check_batch_size_invariance",
        "check_other_features_refused",
        "check_repeated_transform",
        "check_row_order_equivariance",
        "check_sparse_dense_agree",
        "check_unseen_documents",
    ),
    "label_checks": ("check_label_blind", "check_supervised_tag"),
    "processes": (
        "check_light_registration",
        "check_pickle_new_process",
        "check_seed_changes_codes",
        "check_seed_reproducible_across_processes",
    ),
    "side_effects": (
        "check_inputs_unchanged",
        "check_nothing_learned_at_transform",
        "check_parameters_unchanged",
        "check_read_only_input",
        "check_rng_state_untouched",
    ),
    "state_checks": ("check_state_round_trip",),
    "subject": ("ConformanceWarning", "Subject"),
    "suite": ("Check", "Outcome", "checks_of", "parametrize_with_checks", "run_checks"),
    "what_it_says": ("check_interface", "check_metadata", "check_space", "check_tags"),
}
_MODULES = {name: f"hashbench.testing.{module}" for module, names in _NAMES.items() for name in names}

__all__ = [
    "Check",
    "ConformanceWarning",
    "Outcome",
    "Subject",
    "check_batch_size_invariance",
    "check_better_than_random",
    "check_codes_dtype_and_shape",
    "check_codes_not_degenerate",
    "check_codes_of_few_features",
    "check_cpu_cuda_agree",
    "check_inputs_unchanged",
    "check_interface",
    "check_label_blind",
    "check_light_registration",
    "check_metadata",
    "check_nothing_learned_at_transform",
    "check_other_features_refused",
    "check_parameters_unchanged",
    "check_pickle_new_process",
    "check_query_tables",
    "check_read_only_input",
    "check_repeated_transform",
    "check_rng_state_untouched",
    "check_row_order_equivariance",
    "check_seed_changes_codes",
    "check_seed_reproducible_across_processes",
    "check_space",
    "check_sparse_dense_agree",
    "check_state_round_trip",
    "check_supervised_tag",
    "check_tags",
    "check_unseen_documents",
    "checks_of",
    "parametrize_with_checks",
    "run_checks",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
