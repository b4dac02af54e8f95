from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

from hashbench.data.corpus import Corpus, indicator
from hashbench.data.split import Split, SplitRecipe
from hashbench.reporting.corpus_summary import summarise

N, LABELS = 60, 5


def several_labels(seed=0):
    generator = np.random.default_rng(seed)
    dense = generator.random((N, LABELS)) < 0.3
    dense[:4] = False
    return Corpus(
        "letters",
        csr_array(dense),
        tuple("abcde"),
        texts=["word " * (number % 7) for number in range(N)],
        coarse=generator.integers(0, 3, N),
        coarse_names=("x", "y", "z"),
    )


def split(corpus):
    rows = np.random.default_rng(1).permutation(len(corpus))
    return Split(*map(np.sort, np.split(rows, [40, 48])), recipe=SplitRecipe("random"))


def test_chance_is_the_mean_share_of_relevant_documents():
    corpus = several_labels()
    parts = split(corpus)
    dense = corpus.labels.toarray()
    shares = [
        np.mean([(dense[q] & dense[d]).any() for d in parts.train]) for q in parts.test if dense[q].any()
    ]
    assert len(shares) < len(parts.test)
    coarse = [np.mean(corpus.coarse[parts.train] == corpus.coarse[q]) for q in parts.test]
    found = summarise(corpus, parts)
    assert found.fine.chance == pytest.approx(np.mean(shares))
    assert found.coarse.chance == pytest.approx(np.mean(coarse))


def test_chance_of_single_labels():
    corpus = several_labels()
    labels = corpus.coarse
    single = replace(corpus, labels=indicator(labels, 3), label_names=corpus.coarse_names, coarse=None)
    found = summarise(single, split(corpus))
    assert found.fine == summarise(corpus, split(corpus)).coarse
    assert found.coarse is None


def test_counts_of_documents_words_and_labels():
    corpus = several_labels()
    found = summarise(corpus, split(corpus))
    dense = corpus.labels.toarray()
    words = [number % 7 for number in range(N)]
    assert found.documents == N
    assert found.split_sizes == {"train": 40, "validation": 8, "test": 12}
    assert (found.mean_words, found.median_words) == (np.mean(words), np.median(words))
    assert found.fine.classes == LABELS
    assert found.fine.labels_per_document == pytest.approx(dense.sum() / N)
    assert found.fine.unlabelled == (~dense.any(axis=1)).sum() > 3
    assert found.fine.largest_share == dense.sum(axis=0).max() / N


def test_words_of_counts_and_of_vectors():
    corpus = several_labels()
    counts = csr_array(np.random.default_rng(2).integers(0, 3, (N, 9)))
    of_counts = summarise(replace(corpus, texts=None, counts=counts), split(corpus))
    assert of_counts.mean_words == pytest.approx(counts.sum() / N)
    of_vectors = summarise(replace(corpus, texts=None, vectors=counts / 2), split(corpus))
    assert of_vectors.mean_words == pytest.approx(counts.nnz / N)


def test_there_is_no_chance_where_no_test_document_has_a_label():
    corpus = several_labels()
    parts = Split(np.arange(4, N), np.arange(3, 4), np.arange(3), recipe=SplitRecipe("random"))
    assert summarise(corpus, parts).fine.chance is None
