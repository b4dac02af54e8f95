"""Case studies of corpora without texts and with several labels."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from hashbench.data.corpus import Corpus
from hashbench.errors import HashbenchError
from hashbench.reporting.case_study import Ranking, describe, draw_queries, rows_with_words

LABELS = csr_array(np.array([[1, 1, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]], dtype=bool))
COUNTS = csr_array(np.array([[1, 0, 3], [0, 2, 0], [1, 1, 1], [4, 0, 0]], dtype=np.float32))
CORPUS = Corpus("toy", LABELS, ("x", "y", "z"), counts=COUNTS, words=("ant", "bee", "cat"))


def test_a_document_without_text_is_shown_by_its_most_frequent_words() -> None:
    assert describe(CORPUS, 0).text == "cat ant"
    assert (describe(CORPUS, 0).labels, describe(CORPUS, 0).coarse) == (("x", "y"), None)
    with pytest.raises(HashbenchError, match="no texts to search"):
        rows_with_words(CORPUS, np.arange(4), "cat")


def test_one_shared_label_of_several_is_relevant_and_no_label_is_not() -> None:
    ranking = Ranking(CORPUS, 0, np.array([1, 2, 3]), np.array([1, 3, 4], dtype=np.uint16))
    assert [(n.document.row, n.distance, n.relevant) for n in ranking.nearest(3)] == [
        (1, 1, "yes"),
        (2, 3, "no"),
        (3, 4, "no"),
    ]
    assert [n.distance for n in ranking.at_distances([0, 2, 4, 9], seed=0)] == [1, 1, 4, 4]


def test_queries_are_drawn_among_labelled_documents() -> None:
    assert sorted(draw_queries(CORPUS, np.array([1, 2, 3]), 5, seed=0)) == [1, 2]
    assert draw_queries(CORPUS, np.array([1, 2, 3]), 1, seed=3) == draw_queries(
        CORPUS, np.array([1, 2, 3]), 1, seed=3
    )
