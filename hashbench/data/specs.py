"""The datasets that come with hashbench. Importing this loads nothing heavy."""

from __future__ import annotations

from hashbench.specs import DatasetSpec

DATASETS = [
    DatasetSpec(
        "docstrings",
        "hashbench.data.docstrings:load",
        "Docstrings of seven scientific Python packages, by package and sub-package; no download",
        licence="BSD-3-Clause, LGPL-2.1 (gensim) and the matplotlib licence, read from your installation",
    ),
]
