"""Figures as papers print them, and what their methods and datasets are called here.

The papers split and preprocess the corpora in ways of their own and do not say how they break ties. Some
figures cannot be right: those of STH on TMC lie below the chance level, those of S-RBM and of VDSH with 128
bits on 20 Newsgroups at it. "NASH" of Dong et al. is the method without noise.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

PAPERS = {"dong2019": "Dong et al. (2019)", "zhang2024": "Zhang et al. (2024)"}
DATASETS = {
    "20newsgroups": "20newsgroups",
    "agnews": "agnews",
    "dbpedia": "dbpedia",
    "nyt": "nyt",
    "reuters": "reuters",
    "tmc": "tmc",
}
FEATURES = {"tfidf": "tfidf", "bert": "simcse"}
METHODS = {
    "BMSH": "bmsh",
    "BMSH-S": "bmsh-s",
    "CorrSH": "corrsh",
    "DHIM": "dhim",
    "GMSH": "gmsh",
    "GMSH-S": "gmsh-s",
    "HierHash": "hierhash",
    "HierHash/base": "hierhash-base",
    "HierHash/con": "hierhash-con",
    "HierHash/hier": "hierhash-hier",
    "KSH": "ksh",
    "LSH": "lsh",
    "MICPQ": "micpq",
    "NASH": "nash",
    "NASH-DN-S": "nash-dn-s",
    "PairRec": "pairrec",
    "S-RBM": "srbm",
    "SHTTM": "shttm",
    "SMASH": "smash",
    "SNUH": "snuh",
    "STH": "sth",
    "SpH": "sph",
    "VDSH": "vdsh",
    "VDSH-S": "vdsh-s",
    "WISH": "wish",
}


@dataclass(frozen=True)
class Figure:
    """One number of a paper.

    Attributes:
        value: a share, 0 to 1.
        source: the paper and its table.
    """

    value: float
    source: str


def published_figures(dataset: str, features: str, metric: str) -> Mapping[str, Mapping[int, Figure]]:
    """Return the figures of one dataset, featurizer and metric, by method and number of bits.

    Args:
        dataset: name of a dataset in hashbench; methods are returned by their names there as well.
        features: name of a featurizer.
        metric: "p@100" or "coarse-p@100".
    """
    return _figures().get((dataset, features, metric), {})


@cache
def _figures() -> dict[tuple[str, str, str], dict[str, dict[int, Figure]]]:
    figures: dict[tuple[str, str, str], dict[str, dict[int, Figure]]] = {}
    with files("hashbench.reporting").joinpath("published.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            board = DATASETS[row["dataset"]], FEATURES[row["features"]], row["metric"]
            figure = Figure(float(row["value"]), f"{PAPERS[row['paper']]}, table {row['table']}")
            methods = figures.setdefault(board, {})
            methods.setdefault(METHODS[row["method"]], {})[int(row["bits"])] = figure
    return figures
