"""Autoencoders that are regularised by a memory of the codes of the documents seen last.

The recipes are in the module ``recipes``.
"""

from __future__ import annotations

from hashbench_methods.memory_based import recipes, spaces

from hashbench.hookspecs import hookimpl
from hashbench.specs import Citation, HasherSpec


@hookimpl
def hashbench_hashers() -> list[HasherSpec]:
    """Return the methods of this package."""
    return [
        HasherSpec(
            "smash",
            "hashbench_methods.memory_based.smash:SMASH",
            "An autoencoder with noisy copies of documents and bits balanced over a memory of codes",
            citation=Citation(
                "He, Huang, Chen, Liu, Tong, Wang, Lian and Wang",
                "An efficient and robust semantic hashing framework for similar text search",
                "ACM Transactions on Information Systems 41(4)",
                2023,
            ),
            licence="MIT",
            validation=True,
            space=spaces.SMASH,
            recipes={"default": recipes.DEFAULT, "published": recipes.PUBLISHED},
            check_params={"epochs": 6, "hidden": 64, "batch_size": 50, "lr": 3e-3, "balance_start": 2},
        )
    ]
