"""The contract of a dataset, over every registered one whose files are in the data home."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from hashbench import load_dataset, make_split
from hashbench.data.dataset_files import missing_files
from hashbench.registry import OWN_DISTRIBUTION, registry

DATASETS = [c.name for c in registry().components("dataset") if c.plugin.distribution == OWN_DISTRIBUTION]

loaded = cache(load_dataset)


def slow_if_it_has_files(name):
    return name if name == "docstrings" else pytest.param(name, marks=pytest.mark.slow)


@pytest.fixture(params=map(slow_if_it_has_files, DATASETS))
def corpus(request):
    if request.param == "mat":
        pytest.skip("its file is one that the user names")
    if missing_files(registry().get("dataset", request.param).spec):
        pytest.skip(f"not in the data home; `hashbench data fetch {request.param}`")
    return loaded(request.param)


def test_no_split_is_empty_and_none_have_documents_in_common(corpus):
    split = make_split(corpus).rows
    rows = np.concatenate(list(split.values()))
    assert list(split) == ["train", "validation", "test"]
    assert min(map(len, split.values())) > 0
    assert len(np.unique(rows)) == len(rows)
    assert set(rows) <= set(range(len(corpus)))


def test_every_label_has_a_name_of_its_own_and_documents(corpus):
    assert len(set(corpus.label_names)) == len(corpus.label_names) >= 2
    assert corpus.labels.sum(axis=0).min() > 0
    if corpus.coarse is not None:
        assert len(set(corpus.coarse_names)) == len(corpus.coarse_names)
        np.testing.assert_array_equal(np.unique(corpus.coarse), np.arange(len(corpus.coarse_names)))


def test_documents_have_content(corpus):
    if corpus.form == "text":
        lengths = np.array([len(text.strip()) for text in corpus.texts])
    else:
        lengths = np.diff(corpus.documents.indptr)
    assert (lengths > 0).mean() > 0.99


def test_it_says_where_it_comes_from(corpus):
    assert corpus.description.strip()
