"""Checks of datasets, on the corpus that they load; files that are not there skip them."""

from __future__ import annotations

from typing import Any
from unittest import SkipTest

import numpy as np

from hashbench.data.corpus import Corpus
from hashbench.data.dataset_files import missing_files
from hashbench.data.split import make_split
from hashbench.errors import HashbenchError
from hashbench.registry import OWN_DISTRIBUTION
from hashbench.specs import DatasetSpec
from hashbench.testing.item import Item, expect_documented, item_check
from hashbench.testing.subject import advise, expect


@item_check
def check_interface(item: Item) -> None:
    """The function returns a ``hashbench.Corpus`` when it is called without arguments."""
    expect_documented(item)
    corpus = _corpus(item)
    expect(isinstance(corpus, Corpus), f"it returns a {type(corpus).__name__}, expected a hashbench.Corpus")


@item_check
def check_files(item: Item) -> None:
    """Its files are the official ones, and each file that can be fetched has a checksum.

    Catches a download that was cut off, and a file that changed at its source without anybody noticing.
    """
    from hashbench.data.download import verify

    spec = _spec(item)
    if not spec.files:
        raise SkipTest("its spec declares no files")
    unknown = [file.name for file in spec.files if file.urls and file.sha256 is None]
    if item.component.plugin.distribution != OWN_DISTRIBUTION:
        advise(not unknown, f"no checksum of {', '.join(unknown)}: add sha256=..., which verify prints")
    _require_files(spec)
    different = [file.path.name for file in verify(spec) if file.state == "differs"]
    expect(not different, f"{', '.join(different)} is not the file whose checksum the spec gives")


@item_check
def check_labels(item: Item) -> None:
    """There are at least two labels, each of some document, and not all documents are of one.

    Catches labels that are shifted by a header, and classes that a filter has emptied.
    """
    corpus = _corpus(item)
    expect(len(corpus.label_names) >= 2, f"it has {len(corpus.label_names)} label; ranking needs two or more")
    sizes = np.asarray(corpus.labels.sum(axis=0)).ravel()
    without = [name for name, size in zip(corpus.label_names, sizes, strict=True) if not size]
    expect(not without, f"no document has the label {', '.join(map(repr, without[:3]))}")
    expect(sizes.max() < len(corpus), f"all {len(corpus)} documents have one label")
    expect(len(set(corpus.label_names)) == len(corpus.label_names), "two labels have one name")


@item_check
def check_documents(item: Item) -> None:
    """No document is empty or stands there twice; either is told with a warning.

    A document that is in the training and in the test set makes every method look better.
    """
    corpus = _corpus(item)
    if corpus.texts is None:
        raise SkipTest("its documents are no texts")
    empty = sum(not text.strip() for text in corpus.texts)
    advise(not empty, f"{empty} documents are empty")
    repeated = len(corpus) - len(set(corpus.texts))
    advise(not repeated, f"{repeated} documents have the same text as another one")


@item_check
def check_split(item: Item) -> None:
    """Training, validation and test documents are some of each, and no document is in two of them."""
    corpus = _corpus(item)
    rows = make_split(corpus).rows
    for name, of_split in rows.items():
        expect(len(of_split), f"the {name} split has no documents")
        inside = (of_split >= 0) & (of_split < len(corpus))
        expect(inside.all(), f"the {name} split names documents that are not there")
    everything = np.concatenate(list(rows.values()))
    expect(len(np.unique(everything)) == len(everything), "a document is in two splits, or twice in one")


@item_check
def check_repeatable(item: Item) -> None:
    """Loading it again gives the same documents, labels and split in the same order.

    Catches the order of a set or of a folder, and a shuffle without a seed.
    """
    first, second = _corpus(item), item.new()
    expect(first.fingerprint == second.fingerprint, "a second load gives other documents or another order")
    expect(first.label_fingerprint == second.label_fingerprint, "a second load gives other labels")
    same = make_split(first).fingerprint == make_split(second).fingerprint
    expect(same, "a second load gives another split")


CHECKS = (
    check_interface,
    check_files,
    check_labels,
    check_documents,
    check_split,
    check_repeatable,
)


def _spec(item: Item) -> DatasetSpec:
    spec = item.component.spec
    assert isinstance(spec, DatasetSpec)
    return spec


def _require_files(spec: DatasetSpec) -> None:
    if missing := missing_files(spec):
        names = ", ".join(file.name for file in missing)
        raise SkipTest(f"{names} is not there; `hashbench data fetch {spec.name}` downloads it")


def _corpus(item: Item) -> Any:
    _require_files(_spec(item))
    try:
        return item.once("corpus", item.new)
    except HashbenchError as error:
        raise AssertionError(str(error)) from error
