"""Docstrings of scientific Python packages: the default corpus, which needs no download."""

from __future__ import annotations

from hashbench.specs import DatasetSpec

DOCSTRINGS = DatasetSpec(
    "docstrings",
    "hashbench.corpora.docstrings.installed_packages:load",
    "Docstrings of seven scientific Python packages, by package and sub-package; no download",
    licence="BSD-3-Clause, LGPL-2.1 (gensim) and the matplotlib licence, read from your installation",
)
