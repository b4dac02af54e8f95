"""A dataset of a grid once its documents are there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hashbench.data.corpus import Corpus
from hashbench.data.split import Split, make_split
from hashbench.errors import DataError, HashbenchError
from hashbench.evaluation.version import EVALUATOR_VERSION
from hashbench.experiment.choices import Choice
from hashbench.experiment.record import Task


@dataclass(frozen=True, eq=False)
class LoadedDataset:
    """A dataset of the grid with its corpus and split."""

    choice: Choice
    corpus: Corpus
    split: Split

    def task(self, queries: Literal["test", "validation"]) -> Task:
        """Return the task of ranking its training documents for the documents of another split."""
        return Task(
            documents=self.corpus.fingerprint,
            labels=self.corpus.label_fingerprint,
            split=str(self.split.recipe),
            split_rows=self.split.fingerprint,
            queries=queries,
            evaluator=EVALUATOR_VERSION,
        )


def load_dataset(choice: Choice) -> LoadedDataset:
    """Load the corpus of a dataset and split it.

    Raises:
        DataError: the loader fails, or all documents have one label.
    """
    loader = choice.component.spec.load()
    try:
        corpus = loader(**choice.params)
    except HashbenchError:
        raise
    except Exception as error:
        raise DataError(f"dataset {choice.name} cannot be loaded: {type(error).__name__}: {error}") from error
    if len(corpus.label_names) == 1:
        raise DataError(f"dataset {choice.name} has 1 class; ranking needs at least two")
    return LoadedDataset(choice, corpus, make_split(corpus))
