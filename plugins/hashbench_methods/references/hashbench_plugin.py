"""References: marks on the scale that methods are measured against."""

from __future__ import annotations

from hashbench.hookspecs import hookimpl
from hashbench.specs import HasherSpec


@hookimpl
def hashbench_hashers() -> list[HasherSpec]:
    """Return the references of this package."""
    return [
        HasherSpec(
            "random",
            "hashbench_methods.references.random_codes:RandomCodes",
            "Random codes, equal for equal documents",
            licence="MIT",
            reference=True,
            check_bits=16,
        ),
        HasherSpec(
            "cosine",
            "hashbench_methods.references.cosine:Cosine",
            "Exact cosine search on the uncompressed features",
            licence="MIT",
            reference=True,
            ranker=True,
        ),
    ]
