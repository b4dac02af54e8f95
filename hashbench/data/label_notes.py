"""Notes on labels that may have been read otherwise than meant."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress

import numpy as np
from scipy.sparse import csr_array

_MISSING = ("nan", "none", "null", "n/a", "na", "<na>")
MOST_NAMED = 5


def label_notes(names: Sequence[str], labels: csr_array) -> tuple[str, ...]:
    """Return notes on labels that look like missing values, and on those that differ in little.

    Args:
        names: names of the labels.
        labels: indicator matrix, bool CSR of shape (n, n_labels).
    """
    sizes = np.asarray(labels.sum(axis=0)).ravel()
    notes = [
        f"{name!r} is read as a label, not as none; documents: {size:,}"
        for name, size in zip(names, sizes, strict=True)
        if name.casefold() in _MISSING
    ]
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for name in names:
        alike[" ".join(unicodedata.normalize("NFKC", name).casefold().split())].append(name)
    for name in names:
        with suppress(ValueError):
            alike[f"number {float(name)}"].append(name)
    groups = [" and ".join(map(repr, group)) for group in alike.values() if len(group) > 1]
    if groups:
        more = f" and {len(groups) - MOST_NAMED:,} more" if len(groups) > MOST_NAMED else ""
        named = "; ".join(groups[:MOST_NAMED])
        notes.append(
            f"labels that differ only in case, blanks, Unicode form or how a number is written: {named}{more}"
        )
    return tuple(notes)
