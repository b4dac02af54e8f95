"""What a hasher says about itself: methods, tags, citation, licence."""

from __future__ import annotations

import datetime
from unittest import SkipTest

from hashbench.errors import HashbenchError
from hashbench.parameters import check_space as check_space_of
from hashbench.registry import OWN_DISTRIBUTION, Component, Plugin
from hashbench.specs import Spec
from hashbench.testing.subject import Subject, advise, conformance_check, expect

FIRST_YEAR = 1900


@conformance_check
def check_interface(subject: Subject) -> None:
    """It is a scikit-learn transformer with a constructor argument ``n_bits``.

    Catches classes that only look like one: without ``get_params`` nobody can clone them or record how they
    were set. The other checks are skipped until this one passes.
    """
    missing = subject.missing_interface()
    expect(missing is None, f"{subject.name} {missing}")


@conformance_check
def check_tags(subject: Subject) -> None:
    """The tags say that it takes sparse documents and does not keep their dtype, and leave no check out.

    Catches tags that make scikit-learn test something else than what hashbench does with a hasher, or, with
    ``_skip_test``, nothing at all while everything looks green.
    """
    if subject.ranker:
        raise SkipTest("a ranker is no transformer")
    subject.require_estimator()
    tags = subject.estimator.__sklearn_tags__()
    expect(not tags._skip_test, "tags._skip_test makes scikit-learn leave out its checks")
    expect(tags.input_tags.sparse, "tags.input_tags.sparse is False, but features are sparse: set it to True")
    kept = tags.transformer_tags.preserves_dtype if tags.transformer_tags else None
    expect(kept == [], f"tags.transformer_tags.preserves_dtype is {kept}: codes are uint8, set it to []")


@conformance_check
def check_metadata(subject: Subject) -> None:
    """A registered method names its licence and, unless it is a reference, the publication with its year.

    Catches rows of a leaderboard that nobody can trace to a paper. A method of hashbench itself fails without
    them; that of another distribution is told with a ``ConformanceWarning``.
    """
    spec = subject.spec
    if spec is None:
        raise SkipTest("a class by itself has no metadata")
    expect_metadata(spec, subject.distribution, citation=not spec.reference)


@conformance_check
def check_space(subject: Subject) -> None:
    """The search space of a registered method holds allowed values, its default and those of its recipes.

    Catches dimensions of a parameter that there is not, bounds that ``hashbench tune`` could not set, and
    spaces in which neither the default nor what the paper prescribes could be found again.
    """
    if subject.spec is None or not subject.spec.space:
        raise SkipTest("it has no search space")
    expect_space(subject.spec)


def expect_space(spec: Spec) -> None:
    """Fail unless the search space of a spec is as ``hashbench.parameters.check_space`` asks for."""
    try:
        check_space_of(Component(spec.name, spec, Plugin(spec.name, "", "", "ok")))
    except HashbenchError as error:
        raise AssertionError(str(error)) from error


def expect_metadata(spec: Spec, distribution: str | None, *, citation: bool) -> None:
    """Fail unless a spec names a licence and, if asked for, a citation; warn where it is not hashbench's."""
    demand = expect if distribution == OWN_DISTRIBUTION else advise
    demand(spec.licence.strip(), 'its spec names no licence: add licence="..."')
    demand(spec.citation or not citation, "its spec has no citation: add citation=Citation(...)")
    if spec.citation is None:
        return
    year, last = spec.citation.year, datetime.datetime.now(datetime.UTC).year + 1
    expect(FIRST_YEAR <= year <= last, f"the citation is of the year {year}")
