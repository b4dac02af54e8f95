"""AMMI, which maximises mutual information against a distribution of codes that is trained to bound it.

Its recipes are in the module ``recipes``.
"""

from __future__ import annotations

from hashbench_methods.adversarial import recipes, spaces

from hashbench.hookspecs import hookimpl
from hashbench.specs import Citation, HasherSpec

AMMI = Citation(
    "Stratos and Wiseman",
    "Learning discrete structured representations by adversarially maximizing mutual information",
    "International Conference on Machine Learning (ICML)",
    2020,
    "https://proceedings.mlr.press/v119/stratos20a.html",
)
CHEAP = {"epochs": 10, "batch_size": 50}


@hookimpl
def hashbench_hashers() -> list[HasherSpec]:
    """Return the method of this package."""
    return [
        HasherSpec(
            "ammi",
            "hashbench_methods.adversarial.ammi:AMMI",
            "An encoder that maximises the mutual information of codes and documents, without a decoder",
            citation=AMMI,
            licence="MIT",
            validation=True,
            space=spaces.AMMI,
            recipes={"default": recipes.DEFAULT, "published": recipes.PUBLISHED},
            check_params=CHEAP,
        ),
    ]
