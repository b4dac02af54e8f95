"""Labels reach those hashers that ask for them, and no others."""

from __future__ import annotations

from unittest import SkipTest

import numpy as np

from hashbench.testing.subject import Subject, conformance_check, expect
from hashbench.testing.toy_corpus import planted_corpus


@conformance_check
def check_label_blind(subject: Subject) -> None:
    """An unsupervised hasher gives the same codes without labels, with the right ones and with shuffled ones.

    Catches labels that leak into codes of a method that is compared with unsupervised ones.
    """
    if subject.ranker:
        raise SkipTest("a ranker is never given labels")
    subject.require_estimator()
    if subject.supervised:
        raise SkipTest("a supervised method may look at labels")
    corpus = planted_corpus()
    codes = subject.encode(subject.require_repeatable(corpus), corpus.X)
    if _refuses_to_fit_without_labels(subject):
        raise SkipTest("it does not fit without labels, see check_supervised_tag")
    shuffled = np.random.default_rng(0).permutation(corpus.clusters)
    for what, labels in (("labels", corpus.clusters), ("shuffled labels", shuffled)):
        with_labels = subject.encode(subject.fit_with(subject.new(), corpus, labels), corpus.X)
        share = (with_labels != codes).mean()
        expect(not share, f"given {what}, {share:.1%} of the bits change")


@conformance_check
def check_supervised_tag(subject: Subject) -> None:
    """A hasher that needs labels says so in its tags and refuses to fit without; any other fits without.

    Catches a missing ``tags.target_tags.required``, which scikit-learn's checks cannot see because they
    always pass labels, and a spec whose ``supervised`` says something else than the tags.
    """
    if subject.ranker:
        raise SkipTest("a ranker is never given labels")
    subject.require_estimator()
    tagged = subject.tagged_supervised
    if subject.spec:
        expect(
            subject.spec.supervised == tagged,
            f"its spec says supervised={subject.spec.supervised}, but tags.target_tags.required is {tagged}",
        )
    refuses = _refuses_to_fit_without_labels(subject)
    if tagged:
        expect(refuses, "tags.target_tags.required is True, but it fits without labels")
    else:
        expect(not refuses, "it does not fit without labels: set tags.target_tags.required = True")


def _refuses_to_fit_without_labels(subject: Subject) -> bool:
    corpus = planted_corpus()
    try:
        subject.fit_with(subject.new(), corpus)
    except (TypeError, ValueError):
        return True
    return False
