"""The conformance suite passes right hashers, and each check fails the bug it is there for, alone."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
import warnings
from dataclasses import replace
from unittest import SkipTest

import numpy as np
import pytest
import torch

import hashbench.testing
from hashbench.errors import UnknownNameError
from hashbench.registry import Plugin, Registry
from hashbench.specs import HasherSpec
from hashbench.testing import (
    ConformanceWarning,
    Subject,
    check_cpu_cuda_agree,
    check_label_blind,
    check_metadata,
    checks_of,
    processes,
    run_checks,
)
from hashbench.testing.code_checks import SEPARATION, separation
from hashbench.testing.suite import CHECKS
from tests.unit.wrong_hashers import (
    CITATION,
    ChangesItsArgument,
    OtherBitsOnTheGpu,
    PlainHyperplanes,
    registered,
)
from tests.unit.wrong_hashers_by_check import WRONG

NAMES = [check.__name__.removeprefix("check_") for check in CHECKS]
UNTESTABLE_HERE = {"cpu_cuda_agree"}
IN_A_NEW_PROCESS = {"seed_reproducible_across_processes", "pickle_new_process"}

each_wrong_hasher = pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.name)


def ended(hasher, status):
    """Return hashbench's checks that end so, with their reasons."""
    reasons = {}
    for check in CHECKS:
        try:
            check(hasher)
            how, reason = "passed", ""
        except SkipTest as error:
            how, reason = "skipped", str(error)
        except Exception as error:  # noqa: BLE001 - a wrong hasher may raise anything
            how, reason = "failed", str(error)
        if how == status:
            reasons[check.__name__.removeprefix("check_")] = reason
    return reasons


@pytest.fixture
def this_process_instead_of_a_new_one(monkeypatch, request):
    """Spare bugs that are not about processes the seconds that it takes to start one."""

    def run(script_and_arguments):
        script, *arguments = script_and_arguments
        if script != processes.ENCODE:
            return in_a_new_process(script_and_arguments)
        processes.encode_here(*arguments)
        return subprocess.CompletedProcess([], 0, "", "")

    in_a_new_process = processes._run
    if request.getfixturevalue("wrong").caught_by not in IN_A_NEW_PROCESS:
        monkeypatch.setattr(processes, "_run", run)


@each_wrong_hasher
def test_the_check_fails_the_bug_it_is_there_for(wrong):
    check = next(check for check in CHECKS if check.__name__ == f"check_{wrong.caught_by}")
    with pytest.raises((AssertionError, ValueError)):
        check(wrong.hasher)


@pytest.mark.slow
@pytest.mark.usefixtures("this_process_instead_of_a_new_one")
@each_wrong_hasher
def test_a_bug_fails_one_check_and_no_other(wrong):
    assert list(ended(wrong.hasher, "failed")) == [wrong.caught_by]


def test_every_check_has_a_bug_that_it_alone_fails():
    assert {wrong.caught_by for wrong in WRONG} == set(NAMES) - UNTESTABLE_HERE


def test_a_right_hasher_without_the_base_class_passes_every_check():
    subject = registered()
    not_there = {"cpu_cuda_agree", "query_tables", "space", "state_round_trip"}
    assert (ended(subject, "failed"), ended(subject, "skipped").keys()) == ({}, not_there)


def test_the_gpu_must_agree_up_to_rounding(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    with pytest.raises(AssertionError, match="of the bits differ between cpu and cuda"):
        check_cpu_cuda_agree(OtherBitsOnTheGpu())


def test_without_a_gpu_the_comparison_is_skipped(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SkipTest, match="there is no GPU here"):
        check_cpu_cuda_agree(OtherBitsOnTheGpu())


def hamming(codes):
    return (codes[:, None] != codes).sum(axis=2)


def test_separation_is_the_share_of_pairs_in_order():
    rng = np.random.default_rng(0)
    codes, clusters = rng.integers(2, size=(12, 3)), rng.integers(3, size=12)
    pairs = [(i, j) for i in range(12) for j in range(i)]
    distances = {pair: (codes[pair[0]] != codes[pair[1]]).sum() for pair in pairs}
    within = [distances[i, j] for i, j in pairs if clusters[i] == clusters[j]]
    between = [distances[i, j] for i, j in pairs if clusters[i] != clusters[j]]
    compared = [(near < far) + (near == far) / 2 for near in within for far in between]
    assert separation(hamming(codes), clusters) == pytest.approx(np.mean(compared), rel=1e-12)


def test_random_codes_do_not_separate():
    rng = np.random.default_rng(0)
    shares = [
        separation(hamming(rng.integers(2, size=(100, 32))), rng.integers(4, size=100)) for _ in range(50)
    ]
    assert max(np.abs(np.array(shares) - 0.5)) < SEPARATION - 0.5


def test_cheap_parameters_for_checks_reach_the_hasher():
    subject = Subject(ChangesItsArgument(), HasherSpec("h", "a:B", "c", check_params={"scale": 3.0}))
    assert subject.new().scale == 3.0
    assert subject.estimator.scale == 1.0


def test_a_given_seed_is_kept_and_a_missing_one_is_0():
    assert Subject(PlainHyperplanes(random_state=7)).new().random_state == 7
    assert Subject(PlainHyperplanes()).new().random_state == 0


class Asks(PlainHyperplanes):
    """Needs extra inputs and validation documents, and says so in its spec."""

    validation = False

    def fit(self, X, y=None, *, neighbours, bm25_neighbours, views):
        super().fit(X)
        n, width = len(views), self.n_features_in_
        for found in (neighbours, bm25_neighbours):
            assert found.shape == (n, min(100, n - 1))
            assert not (found == np.arange(n)[:, None]).any()
        assert views.shape == (n, 2, width)
        assert views.dtype == np.float32
        assert (views[:, 0] != views[:, 1]).any()
        return self


INPUTS = ("neighbours", "bm25_neighbours", "views")


def test_a_method_that_asks_for_extra_inputs_is_checked_with_made_up_ones():
    spec = HasherSpec("asks", "a:B", "c", inputs=INPUTS, licence="MIT", citation=CITATION)
    outcomes = run_checks(Subject(Asks(), spec))
    assert [outcome for outcome in outcomes if outcome.status == "failed"] == []
    assert sum(outcome.origin == "scikit-learn" for outcome in outcomes) == 46


@pytest.mark.parametrize("distribution", ["acme", None])
def test_what_a_method_of_others_lacks_is_a_warning_and_not_a_failure(distribution):
    subject = replace(registered(licence="", citation=None), distribution=distribution)
    with pytest.warns(ConformanceWarning) as told:
        check_metadata(subject)
    reasons = [str(warning.message) for warning in told]
    assert [re.match("its spec (?:names|has) (no .*?):", reason)[1] for reason in reasons] == [
        "no licence",
        "no citation",
    ]
    outcomes = {outcome.check: outcome for outcome in run_checks(subject)}
    assert (outcomes["metadata"].status, outcomes["metadata"].reason) == ("warned", "; ".join(reasons))
    assert {outcome.status for name, outcome in outcomes.items() if name != "metadata"} == {
        "passed",
        "skipped",
    }


def test_a_reference_of_others_needs_no_citation_and_a_wrong_year_fails():
    subject = replace(registered(citation=None, reference=True), distribution="acme")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_metadata(subject)
    wrong = replace(registered(citation=replace(CITATION, year=20026)), distribution="acme")
    with pytest.raises(AssertionError, match="the citation is of the year 20026"):
        check_metadata(wrong)


def test_other_warnings_of_a_hasher_are_neither_shown_nor_reasons():
    class Warns(PlainHyperplanes):
        def fit(self, X, y=None):
            warnings.warn("no convergence", stacklevel=1)
            return super().fit(X)

    assert "warned" not in {outcome.status for outcome in run_checks(Warns())}


def test_an_input_that_nobody_can_make_up_skips_the_checks_with_its_name():
    subject = Subject(PlainHyperplanes(), HasherSpec("asks", "a:B", "c", inputs=("tokens",)))
    with pytest.raises(SkipTest, match="'tokens' comes from a featurizer"):
        check_label_blind(subject)


def test_checks_of_scikit_learn_do_not_apply_to_rows_of_a_layout():
    plain, layout = registered(), registered(row_layout="vectors of tokens")
    of_layout = [check for check in checks_of(layout) if check.origin == "scikit-learn"]
    assert len([check for check in checks_of(plain) if check.origin == "scikit-learn"]) > len(of_layout) == 1
    with pytest.raises(SkipTest, match="its rows are vectors of tokens"):
        of_layout[0](layout)


def test_validation_documents_are_handed_over_as_announced():
    class Selects(PlainHyperplanes):
        validation = True

        def fit(self, X, y=None, *, X_val, y_val):
            assert X_val.shape[0] == y_val.shape[0] != X.shape[0]
            return super().fit(X)

    check_label_blind(Selects())


def test_every_check_says_what_it_catches():
    for check in CHECKS:
        assert "Catches " in inspect.getdoc(check)


def test_what_the_hasher_raises_is_the_reason_in_one_line():
    class Raises(PlainHyperplanes):
        def fit(self, X, y=None):
            raise RuntimeError("no convergence\nafter 7 steps")

    reasons = {outcome.check: outcome.reason for outcome in run_checks(Raises())}
    assert reasons["label_blind"] == "RuntimeError: no convergence after 7 steps"


def test_a_method_whose_class_is_not_there_has_one_failing_check(monkeypatch):
    plugin = Plugin(
        "made-up", "made-up", "1", "ok", specs=(HasherSpec("gone", "no_such_module:Gone", "Gone"),)
    )
    monkeypatch.setattr("hashbench.testing.suite.registry", lambda: Registry([plugin]))
    (outcome,) = run_checks("gone")
    assert (outcome.check, outcome.status) == ("construct", "failed")
    assert "cannot import no_such_module:Gone" in outcome.reason
    with pytest.raises(UnknownNameError, match="did you mean 'gone'"):
        run_checks("gonne")


def test_the_package_imports_neither_pytest_nor_anything_heavy_and_has_what_it_promises():
    heavy = "{'pytest', 'numpy', 'sklearn', 'scipy'}"
    script = f"import sys, hashbench.testing; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
    public = hashbench.testing
    assert sorted(public.__all__) == public.__all__ == sorted(public._MODULES)
    assert {f"check_{name}" for name in NAMES} == {n for n in public.__all__ if n.startswith("check_")}
    for name in public.__all__:
        assert getattr(public, name).__name__ == name
    with pytest.raises(AttributeError, match="nothing"):
        _ = public.nothing


def test_the_suite_runs_without_pytest():
    script = """
import sys
sys.modules["pytest"] = None
from hashbench.testing import checks_of
from tests.unit.wrong_hashers import PlainHyperplanes
print(len(checks_of(PlainHyperplanes())))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(done.stdout) == len(CHECKS) + 46


TEST_FILE = """
from hashbench.testing import parametrize_with_checks
from dataclasses import replace
from tests.unit.wrong_hashers import PlainHyperplanes, RefusesEmptyDocuments, registered

theirs = replace(registered(licence=""), distribution="acme")

@parametrize_with_checks([PlainHyperplanes(), RefusesEmptyDocuments(), "cosine", theirs])
def test_hashers(hasher, check):
    check(hasher)
"""


def test_pytest_shows_every_check_by_name_and_skips_with_the_reason(tmp_path):
    (tmp_path / "test_hashers.py").write_text(TEST_FILE)
    chosen = "unseen_documents or fit1d or cpu_cuda or tags or metadata"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-rA", "-p", "no:cacheprovider", "-k", chosen, tmp_path],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, sys.path))},
    )
    results = {
        name: how for how, name in re.findall(r"^(PASSED|FAILED) .*?\[(.*?)\]", done.stdout, flags=re.M)
    }
    assert results["PlainHyperplanes-unseen_documents"] == "PASSED"
    assert results["PlainHyperplanes-sklearn-fit1d"] == "PASSED"
    assert results["RefusesEmptyDocuments-unseen_documents"] == "FAILED"
    assert results["cosine-unseen_documents"] == "PASSED"
    assert results["plain-metadata"] == "PASSED"
    assert "ConformanceWarning: its spec names no licence" in done.stdout
    assert "it takes no device" in done.stdout
    assert "a ranker is no transformer" in done.stdout
