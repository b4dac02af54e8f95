"""A dataset of a grid once its documents are there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hashbench.boundary import PluginError, boundary
from hashbench.data.corpus import Corpus
from hashbench.data.split import Split, make_split
from hashbench.errors import DataError
from hashbench.evaluation.version import EVALUATOR_VERSION
from hashbench.experiment.choices import Choice
from hashbench.experiment.isolation import UNLIMITED, Limits, ProcessEndedError, call_isolated
from hashbench.experiment.record import Task
from hashbench.experiment.search import SYMMETRIC


@dataclass(frozen=True, eq=False)
class LoadedDataset:
    """A dataset of the grid with its corpus and split."""

    choice: Choice
    corpus: Corpus
    split: Split

    def task(self, queries: Literal["test", "validation"], search: str = SYMMETRIC) -> Task:
        """Return the task of ranking its training documents for the documents of another split."""
        return Task(
            documents=self.corpus.fingerprint,
            labels=self.corpus.label_fingerprint,
            split=str(self.split.recipe),
            split_rows=self.split.fingerprint,
            queries=queries,
            evaluator=EVALUATOR_VERSION,
            search=search,
        )


def load_dataset(choice: Choice, *, isolate: bool = False, limits: Limits = UNLIMITED) -> LoadedDataset:
    """Load the corpus of a dataset and split it; one from outside hashbench in a process of its own.

    Args:
        choice: the dataset.
        isolate: load one of hashbench in a process of its own, too.
        limits: what the loader of one from outside may use.

    Raises:
        PluginError: the loader raises something that hashbench does not word itself, returns no corpus, or
            ends its process.
        DataError: the documents cannot be used, or all have one label.
    """
    foreign = choice.component.plugin.foreign
    if not (isolate or foreign):
        return load_here(choice)
    try:
        loaded: LoadedDataset = call_isolated(load_here, choice, limits=limits if foreign else UNLIMITED)
    except ProcessEndedError as error:
        raise PluginError(f"dataset {choice.name} cannot be loaded: {error}") from None
    return loaded


def load_here(choice: Choice) -> LoadedDataset:
    """Load the corpus of a dataset in this process and split it.

    Raises:
        PluginError: the loader raises something that hashbench does not word itself, or returns no corpus.
        DataError: the documents cannot be used, or all have one label.
    """
    try:
        with boundary():
            corpus = choice.component.spec.load()(**choice.params)
    except PluginError as error:
        raise PluginError(f"dataset {choice.name} cannot be loaded: {error}", error.traceback) from None
    if not isinstance(corpus, Corpus):
        kind = type(corpus).__name__
        raise PluginError(f"dataset {choice.name} cannot be loaded: it returned {kind}, expected a Corpus")
    if len(corpus.label_names) == 1:
        raise DataError(f"dataset {choice.name} has 1 class; ranking needs at least two")
    return LoadedDataset(choice, corpus, make_split(corpus))
