"""Whether the state of a fitted hasher can be kept as arrays and JSON."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import SkipTest

import numpy as np

from hashbench.hashing import HasherState
from hashbench.testing.subject import Subject, conformance_check, expect
from hashbench.testing.toy_corpus import planted_corpus


@conformance_check
def check_state_round_trip(subject: Subject) -> None:
    """A hasher that is made from the saved state of another one gives the same codes, bit for bit.

    Catches fitted attributes whose names do not end with an underscore, and those that only pickle can save.
    """
    corpus, unseen = planted_corpus(), planted_corpus(seed=2)
    hasher = subject.fitted(corpus)
    if not (hasattr(hasher, "state") and hasattr(hasher, "from_state")):
        raise SkipTest("it has no state and from_state; hashbench.hashing.Stateful brings both")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "state.npz"
        hasher.state().save(path)
        restored = type(hasher).from_state(HasherState.load(path))
    for documents in (corpus.X, unseen.X):
        codes = subject.require_pure(hasher, documents)
        try:
            share = (subject.encode(restored, documents) != codes).mean()
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            raise AssertionError(f"made from its saved state, it cannot encode: {reason}") from error
        expect(not share, f"made from its saved state, {share:.1%} of the bits differ")
    given, restored_params = hasher.get_params(), restored.get_params()
    different = [name for name in given if not np.array_equal(given[name], restored_params.get(name))]
    expect(not different, f"made from its saved state, it has another {', '.join(different)}")
