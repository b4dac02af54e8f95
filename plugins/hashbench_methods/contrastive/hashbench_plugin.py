"""Methods that learn codes by telling documents apart: MICPQ and, of token vectors, DHIM.

The recipes are in the module ``recipes``.
"""

from __future__ import annotations

from hashbench_methods.contrastive import recipes, spaces

from hashbench.hookspecs import hookimpl
from hashbench.specs import Citation, HasherSpec

MICPQ = Citation(
    "Qiu, Su, Yu and Si",
    "Efficient document retrieval by end-to-end refining and quantizing BERT embedding with contrastive "
    "product quantization",
    "EMNLP",
    2022,
    "https://arxiv.org/abs/2210.17170",
)
DHIM = Citation(
    "Ou, Su, Yu, Zhao, Zheng and Chen",
    "Refining BERT embeddings for document hashing via mutual information maximization",
    "Findings of the Association for Computational Linguistics: EMNLP",
    2021,
    "https://arxiv.org/abs/2109.02867",
)


@hookimpl
def hashbench_hashers() -> list[HasherSpec]:
    """Return the methods of this package."""
    return [
        _micpq("micpq", "Contrastive product quantisation of refined vectors, with asymmetric distance"),
        _micpq("micpq-views", "micpq with two views from a sentence encoder", views=True),
        HasherSpec(
            "dhim",
            "hashbench_methods.contrastive.dhim:DHIM",
            "Codes of high mutual information with those of the tokens of a document; reads token vectors",
            citation=DHIM,
            licence="MIT",
            validation=True,
            space=spaces.DHIM,
            recipes={"default": recipes.DHIM_DEFAULT, "published": recipes.DHIM_PUBLISHED},
            row_layout="vectors of tokens",
            check_params={"epochs": 4, "token_width": 8, "batch_size": 50, "lr": 3e-3},
        ),
    ]


def _micpq(name: str, summary: str, *, views: bool = False) -> HasherSpec:
    return HasherSpec(
        name,
        "hashbench_methods.contrastive.micpq:MICPQ",
        summary,
        citation=MICPQ,
        licence="MIT",
        validation=True,
        quantiser=True,
        inputs=("views",) if views else (),
        space=spaces.MICPQ,
        recipes={"default": recipes.MICPQ_DEFAULT, "published": recipes.micpq_published(views=views)},
        check_bits=4,
        check_params={"epochs": 8, "hidden": 64, "width": 8, "lr": 3e-3},
    )
