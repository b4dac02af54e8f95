"""A newcomer with the README and the help of the commands, in an empty folder.

They put a nearest-centroid method, a metric and a corpus of their own on a leaderboard. Where they stumbled
at first, and what was done about it:

* one file could not be run, only checked: ``--plugin FILE.py``;
* the metric was computed and stood in no table: leaderboards show what ``--metrics`` asks for;
* methods without codes had no metric at all: metrics of rankings are computed for them as well;
* ``check`` told one AttributeError 28 times: one reason is one row;
* ``check`` knew methods alone: it takes every kind, and a file with hooks is checked as a plugin;
* the method read ``X`` as if it were always sparse: the README says that it may be dense;
* ``--methods mine.py`` said "unknown method": the error names ``--plugin``;
* tables of metrics came in another order after a run than from ``hashbench leaderboard``: now by name.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from tests.third_party.conftest import Fresh

TOPICS = {
    "music": ("guitar", "chord", "drum", "melody", "singer", "album", "rhythm", "choir"),
    "sport": ("goal", "match", "team", "league", "coach", "referee", "player", "stadium"),
    "food": ("bread", "recipe", "oven", "butter", "garlic", "onion", "sauce", "pepper"),
}
COMMON = ("people", "city", "year", "day", "week", "good", "long")

MINE = '''
import numpy as np
from hashbench.hashing import Hasher
from hashbench.hookspecs import hookimpl
from hashbench.specs import HasherSpec, MetricSpec
from sklearn.utils import check_random_state


@hookimpl
def hashbench_hashers():
    return [
        HasherSpec(
            "nearest-centroid", "mine:NearestCentroid", "The code of the nearest class", supervised=True
        )
    ]


@hookimpl
def hashbench_metrics():
    return [MetricSpec("first-group", "mine:first_group", "Size of the nearest group", reads="ranking")]


class NearestCentroid(Hasher):
    """Each class has a random code; a document has the code of the nearest class centroid."""

    supervised = True

    def __init__(self, n_bits=32, *, random_state=None):
        self.n_bits = n_bits
        self.random_state = random_state

    def _fit(self, X, y):
        sums = y.T.astype(np.float64) @ X
        centroids = sums.toarray() if hasattr(sums, "toarray") else np.asarray(sums)
        norms = np.linalg.norm(centroids, axis=1, keepdims=True)
        self.centroids_ = centroids / np.where(norms > 0, norms, 1)
        generator = check_random_state(self.random_state)
        self.codes_ = generator.choice([-1.0, 1.0], size=(y.shape[1], self.n_bits))

    def _embed(self, X):
        return self.codes_[np.argmax(X @ self.centroids_.T, axis=1)]


def first_group(ranking):
    """Return the mean number of documents at the smallest distance."""
    sizes = [groups.documents.sum(axis=1) for groups in ranking.groups(1)]
    return {"first-group": float(np.concatenate(sizes).mean())}
'''


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a corpus and one file of code."""
    empty = tmp_path_factory.mktemp("empty")
    draw = random.Random(0)
    with (empty / "letters.jsonl").open("w", encoding="utf-8") as lines:
        for number in range(240):
            topic = list(TOPICS)[number % 3]
            words = draw.choices(TOPICS[topic], k=5) + draw.choices(COMMON, k=5)
            lines.write(json.dumps({"text": " ".join(words), "label": topic}) + "\n")
    (empty / "mine.py").write_text(MINE, encoding="utf-8")
    return empty


@pytest.mark.slow
def test_the_help_names_what_the_newcomer_types(fresh: Fresh, folder: Path) -> None:
    for command, words in {
        "run": ("--plugin", "--metrics", "--datasets", "paths of your own documents"),
        "check": ("FILE.py", "--kind"),
        "new": ("hasher", "metric", "dataset"),
    }.items():
        done = fresh.run("hashbench", command, "--help", cwd=folder)
        assert done.code == 0
        for word in words:
            assert word in " ".join(done.out.split()), (command, word)


@pytest.mark.slow
def test_the_file_passes_its_checks(fresh: Fresh, folder: Path) -> None:
    done = fresh.run("hashbench", "check", "mine.py", cwd=folder)
    assert done.code == 0, done.out + done.err
    assert "Conformance of method nearest-centroid" in done.out
    assert "Conformance of metric first-group" in done.out


@pytest.mark.slow
def test_a_file_among_the_methods_is_told_what_to_type(fresh: Fresh, folder: Path) -> None:
    done = fresh.run("hashbench", "run", "--methods", "mine.py", cwd=folder)
    assert done.code == 2
    assert "--plugin mine.py" in done.err


@pytest.mark.slow
def test_method_metric_and_corpus_are_on_a_leaderboard(fresh: Fresh, folder: Path) -> None:
    done = fresh.run(
        *("hashbench", "run", "--plugin", "mine.py", "--datasets", "letters.jsonl", "--jobs", "2"),
        *("--methods", "nearest-centroid,itq,random,cosine", "--bits", "8,16", "--seeds", "2"),
        *("--metrics", "first-group,map@10"),
        cwd=folder,
    )
    assert done.code == 0, done.err
    assert max(map(len, done.out.splitlines())) <= 100
    board = (folder / "results" / "leaderboards" / "letters.md").read_text(encoding="utf-8")
    for title in ("### P@100, supervised methods, on letters", "### first-group on letters", "### map@10 on"):
        assert title in board
    (row,) = [
        line for line in board.split("### first-group on letters")[1].splitlines() if "*cosine*" in line
    ][:1]
    assert row.rstrip("| ").split("|")[-1].strip() not in ("", "-")
    again = fresh.run("hashbench", "leaderboard", "--plugin", "mine.py", cwd=folder)
    assert [line for line in again.out.splitlines() if line.startswith("#")] == [
        line for line in done.out.splitlines() if line.startswith("#")
    ]
    figure = fresh.run(
        *("hashbench", "figure", "bits", "--metric", "map@10", "--out", "map.svg"),
        cwd=folder,
    )
    assert figure.code == 0, figure.err
    assert (folder / "map.svg").is_file()
