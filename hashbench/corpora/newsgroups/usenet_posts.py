"""Loaders of 20 Newsgroups, Usenet posts of 1993 from twenty groups, in two of its official versions.

Documents are read as latin-1 and ordered by folder, group and file name; the same file name occurs in several
groups. The label is the group, the coarse label the part of its name before the first dot.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hashbench.corpora.newsgroups import NEWSGROUPS, NEWSGROUPS_BYDATE
from hashbench.data.archives import read_archive
from hashbench.data.corpus import Corpus
from hashbench.data.home import locate
from hashbench.data.loaders import (
    OFFICIAL,
    numbered,
    rows_by_split,
    single_labels,
    with_unseen_labels,
)
from hashbench.data.split import SplitRecipe
from hashbench.errors import DataError
from hashbench.progress import track
from hashbench.ranges import OneOf, checks_arguments
from hashbench.specs import DatasetSpec

SIGNATURE_LINES = 10
_HEADER = re.compile(r"[A-Za-z][\w-]*:")
_QUOTE = re.compile(r"\s*(>|\||In article\b)|.*\b(writes|wrote|says|said)\s*:\s*$")
_RULE = re.compile(r"\s*[-_=*~]{2,}\s*")


class Posts(NamedTuple):
    """The documents of an archive, and the number of its other files.

    Attributes:
        folders: top folder of each document.
        groups: group of each document.
        texts: the documents.
        n_ignored: files that do not lie in the folder of a group.
    """

    folders: tuple[str, ...]
    groups: tuple[str, ...]
    texts: tuple[str, ...]
    n_ignored: int


def load() -> Corpus:
    """Load the version without duplicates (18,828 posts with their From and Subject lines).

    It is read from 20news-18828.tar.gz in the folder 20news-18828, and split 60/20/20, stratified by group.

    Raises:
        DataError: the archive is missing or damaged, or lacks what it should hold.
    """
    posts = read_posts(NEWSGROUPS, ("20news-18828",))
    return _corpus(NEWSGROUPS, posts, recipe=SplitRecipe("stratified", (0.6, 0.2, 0.2), seed=0))


@checks_arguments
def load_bydate(
    headers: Annotated[bool, OneOf(True, False)] = True,
    quotes: Annotated[bool, OneOf(True, False)] = True,
    footers: Annotated[bool, OneOf(True, False)] = True,
) -> Corpus:
    """Load the version split by date (11,314 + 7,532 posts), from 20news-bydate.tar.gz in 20news-bydate.

    Institutions and hosts in its headers give the group away, which is why headers, quotes and footers can be
    left out. The rules are not those of scikit-learn.

    Args:
        headers: keep the lines before the first blank one of a post that starts with ``Word:``.
        quotes: keep lines that start with ``>``, ``|`` or ``In article``, or end in ``writes:``, ``wrote:``,
            ``says:`` or ``said:``.
        footers: keep a signature: among the last 10 lines, the first one of nothing but two or more of the
            characters ``-_=*~``, and what follows it.

    Raises:
        HashbenchError: an option is neither true nor false.
        DataError: the archive is missing or damaged, or lacks what it should hold.
    """
    folders = {"20news-bydate-train": "train", "20news-bydate-test": "test"}
    posts = read_posts(NEWSGROUPS_BYDATE, tuple(folders))
    texts = tuple(shortened(text, headers, quotes, footers) for text in posts.texts)
    return _corpus(
        NEWSGROUPS_BYDATE,
        posts._replace(texts=texts),
        recipe=OFFICIAL,
        official_split=rows_by_split([folders[folder] for folder in posts.folders]),
    )


def read_posts(spec: DatasetSpec, top_folders: tuple[str, ...]) -> Posts:
    """Read the posts of the archive of a dataset.

    Args:
        spec: the dataset.
        top_folders: folders of the archive that hold the groups.

    Raises:
        DataError: the archive is missing or damaged, a top folder holds no post, or a post is empty.
    """
    path = locate(spec, spec.files[0].name)
    texts: dict[tuple[str, ...], str] = {}
    n_ignored = 0
    for name, content in track(read_archive(spec.name, path), f"Reading {spec.name}"):
        if len(name.parts) != 3 or name.parts[0] not in top_folders:
            n_ignored += 1
            continue
        text = content.decode("latin-1")
        if not text.strip():
            raise DataError(f"{path}: {name} has no text")
        texts[name.parts] = text
    if missing := set(top_folders) - {parts[0] for parts in texts}:
        raise DataError(f"{path} has no documents {min(missing)}/GROUP/NUMBER")
    places = sorted(texts)
    return Posts(
        tuple(folder for folder, _, _ in places),
        tuple(group for _, group, _ in places),
        tuple(texts[place] for place in places),
        n_ignored,
    )


def shortened(text: str, headers: bool, quotes: bool, footers: bool) -> str:
    """Return a post without what is not to be kept, by the rules of ``load_bydate``."""
    if headers and quotes and footers:
        return text
    lines = text.strip().split("\n")
    if not headers and _HEADER.match(lines[0]):
        blank = next((number for number, line in enumerate(lines) if not line.strip()), len(lines))
        lines = lines[blank:]
    if not footers:
        first = max(0, len(lines) - SIGNATURE_LINES)
        rules = (number for number in range(first, len(lines)) if _RULE.fullmatch(lines[number]))
        lines = lines[: next(rules, len(lines))]
    if not quotes:
        lines = [line for line in lines if not _QUOTE.match(line)]
    return "\n".join(lines).strip()


def _corpus(
    spec: DatasetSpec,
    posts: Posts,
    recipe: SplitRecipe,
    official_split: Mapping[str, NDArray[np.int64]] | None = None,
) -> Corpus:
    labels, label_names = single_labels(f"dataset {spec.name}", posts.groups)
    coarse, coarse_names = numbered([group.partition(".")[0] for group in posts.groups])
    counts = {
        "files outside the folders of the groups, ignored": posts.n_ignored,
        "posts of which nothing is left": sum(not text for text in posts.texts),
    }
    corpus = Corpus(
        name=spec.name,
        texts=posts.texts,
        labels=labels,
        label_names=label_names,
        coarse=coarse,
        coarse_names=coarse_names,
        recipe=recipe,
        official_split=official_split,
        description=f"20 Newsgroups, {' and '.join(sorted(set(posts.folders)))}",
        notes=tuple(f"{what}: {count:,}" for what, count in counts.items() if count),
    )
    return with_unseen_labels(corpus)
