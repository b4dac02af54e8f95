"""Generative hashing methods: variational autoencoders of words with short codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hashbench.hookspecs import hookimpl
from hashbench.specs import Citation, HasherSpec

VDSH = Citation(
    "Chaidaroon and Fang",
    "Variational deep semantic hashing for text documents",
    "ACM Conference on Research and Development in Information Retrieval (SIGIR)",
    2017,
    "https://doi.org/10.1145/3077136.3080816",
)
NASH = Citation(
    "Shen, Su, Chapfuwa, Wang, Wang, Carin and Henao",
    "NASH: toward end-to-end neural architecture for generative semantic hashing",
    "Annual Meeting of the Association for Computational Linguistics (ACL)",
    2018,
    "https://doi.org/10.18653/v1/P18-1190",
)
MIXTURES = Citation(
    "Dong, Su, Shen, Xu and Chen",
    "Document hashing with mixture-prior generative models",
    "Conference on Empirical Methods in Natural Language Processing (EMNLP-IJCNLP)",
    2019,
    "https://doi.org/10.18653/v1/D19-1526",
)


CHEAP = {"epochs": 10, "hidden": 64, "batch_size": 50}


@hookimpl
def hashbench_hashers() -> list[HasherSpec]:
    """Return the methods of this package."""
    return [
        _spec("vdsh", "vdsh:VDSH", "Means of a Gaussian latent vector that words are decoded from", VDSH),
        _spec("vdsh-s", "vdsh:SupervisedVDSH", "VDSH that also predicts the labels", VDSH),
        _spec("vdsh-sp", "vdsh:PrivateVDSH", "VDSH-S with a private vector for what labels do not say", VDSH),
        _spec("nash", "nash:NASH", "Bits that words are decoded from, trained straight through", NASH),
        _spec("nash-n", "nash:NASH", "NASH with noise on the bits", NASH, noise="fixed"),
        _spec("nash-dn", "nash:NASH", "NASH with noise that depends on the document", NASH, noise="data"),
        _spec(
            "nash-dn-s",
            "nash:SupervisedNASH",
            "NASH-DN that also predicts the labels",
            NASH,
            noise="data",
        ),
        _spec("gmsh", "gmsh:GMSH", "VDSH with a Gaussian mixture as prior", MIXTURES),
        _spec("gmsh-s", "gmsh:SupervisedGMSH", "GMSH that also predicts the labels", MIXTURES),
        _spec("bmsh", "bmsh:BMSH", "NASH with a mixture of Bernoulli vectors as prior", MIXTURES),
        _spec("bmsh-s", "bmsh:SupervisedBMSH", "BMSH that also predicts the labels", MIXTURES),
    ]


def _spec(name: str, target: str, summary: str, citation: Citation, **params: Any) -> HasherSpec:
    presets: Mapping[str, Any] = params
    return HasherSpec(
        name,
        f"hashbench_methods.generative.{target}",
        summary,
        params=presets,
        citation=citation,
        licence="MIT",
        supervised=name.endswith(("-s", "-sp")),
        validation=True,
        check_params=CHEAP,
    )
