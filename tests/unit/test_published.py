"""Figures of papers: the file, the names, and single figures against the printed tables."""

from __future__ import annotations

import csv
from collections import Counter
from importlib.resources import files

import pytest

from hashbench.registry import registry
from hashbench.reporting.published import DATASETS, FEATURES, METHODS, published_figures

ROWS = list(csv.DictReader(files("hashbench.reporting").joinpath("published.csv").read_text().splitlines()))


@pytest.mark.parametrize(
    ("dataset", "features", "metric", "method", "bits", "value", "source"),
    [
        ("tmc", "tfidf", "p@100", "lsh", 16, 0.4393, "Dong et al. (2019), table 1"),
        ("20newsgroups", "tfidf", "p@100", "srbm", 128, 0.0642, "Dong et al. (2019), table 1"),
        ("reuters", "tfidf", "p@100", "bmsh-s", 32, 0.9640, "Dong et al. (2019), table 2"),
        ("20newsgroups", "tfidf", "p@100", "shttm", 64, 0.1411, "Dong et al. (2019), table 2"),
        ("nyt", "tfidf", "p@100", "corrsh", 128, 0.7839, "Zhang et al. (2024), table 2"),
        ("dbpedia", "tfidf", "coarse-p@100", "wish", 64, 0.8704, "Zhang et al. (2024), table 5"),
    ],
)
def test_figures_are_those_of_the_printed_tables(dataset, features, metric, method, bits, value, source):
    figure = published_figures(dataset, features, metric)[method][bits]
    assert (figure.value, figure.source) == (pytest.approx(value), source)


def test_no_figure_is_lost_on_the_way_from_the_file():
    boards = {(DATASETS[row["dataset"]], FEATURES[row["features"]], row["metric"]) for row in ROWS}
    read = sum(len(bits) for board in boards for bits in published_figures(*board).values())
    assert read == len(ROWS) == 564


def test_every_figure_is_a_share_at_a_length_that_papers_report():
    assert all(0 < float(row["value"]) < 1 for row in ROWS)
    assert {int(row["bits"]) for row in ROWS} == {16, 32, 64, 128}
    series = Counter(
        (row["paper"], row["table"], row["dataset"], row["method"], row["features"]) for row in ROWS
    )
    assert set(series.values()) == {4}


def test_datasets_and_featurizers_of_the_papers_exist_here():
    for kind, names in (("dataset", DATASETS), ("featurizer", FEATURES)):
        assert set(names.values()) <= {component.name for component in registry().components(kind)}
    assert len(set(METHODS.values())) == len(METHODS)
    assert {row["method"] for row in ROWS} == set(METHODS)


def test_nothing_is_published_for_other_datasets():
    assert published_figures("docstrings", "tfidf", "p@100") == {}
