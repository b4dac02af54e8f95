"""A corpus in memory as a dataset of a grid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version

from hashbench.data.corpus import Corpus
from hashbench.errors import Argument, DataError
from hashbench.registry import OWN_DISTRIBUTION, Component, Plugin, Registry
from hashbench.specs import DatasetSpec


@dataclass(frozen=True)
class CorpusSpec(DatasetSpec):
    """A dataset that is a corpus in memory. Its target is never imported.

    Attributes:
        corpus: the corpus.
    """

    corpus: Corpus | None = field(default=None, kw_only=True)

    def load(self) -> Callable[[], Corpus]:
        """Return a function without options that returns the corpus."""

        def given() -> Corpus:
            assert self.corpus is not None
            return self.corpus

        return given


def corpus_component(corpus: Corpus, registry: Registry) -> Component:
    """Return the dataset that a corpus stands for, under its own name.

    Raises:
        DataError: its name has not the form of a dataset's name, or is that of a registered dataset.
    """
    where = Argument("datasets", f"the corpus {corpus.name!r}")
    if corpus.name in registry.names("dataset"):
        raise DataError(where, ": a dataset of that name is registered; give its name, or the corpus another")
    try:
        spec = CorpusSpec(corpus.name, f"{__name__}:Corpus", "A corpus in memory", corpus=corpus)
    except ValueError as error:
        raise DataError(where, f": {error}") from error
    return Component(corpus.name, spec, Plugin("corpora", OWN_DISTRIBUTION, version(OWN_DISTRIBUTION), "ok"))
