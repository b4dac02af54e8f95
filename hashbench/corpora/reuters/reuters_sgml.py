"""Loader of Reuters-21578, Distribution 1.0: newswire of 1987, read from its SGML files.

The documents are those of the ModApte split (TOPICS="YES" and LEWISSPLIT="TRAIN" or "TEST") with at least one
of the categories that have a training and a test document: 7,770 + 3,019 documents and 90 categories.

A text is the title and the body, or the title alone. An unformatted document has neither: all of it is the
text, and it has no title. The dateline is left out, the closing word "Reuter" stays. The files are latin-1
and not well-formed XML. Control characters, which they write as numeric entities, become blanks.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from pathlib import Path
from typing import Annotated, NamedTuple

from hashbench.corpora.reuters import ARCHIVE, REUTERS, SGML_FILES
from hashbench.data.archives import read_archive
from hashbench.data.corpus import Corpus
from hashbench.data.home import locate
from hashbench.data.loaders import (
    OFFICIAL,
    check_classes,
    rows_by_split,
    several_labels,
    untitled_note,
    with_unseen_labels,
)
from hashbench.data.split import SplitRecipe
from hashbench.errors import DataError, HashbenchError
from hashbench.progress import track
from hashbench.ranges import OneOf, Whole, checks_arguments

SPLITS = {"TRAIN": "train", "TEST": "test"}

_DOCUMENT = re.compile(r"<REUTERS (?P<attributes>[^>]*)>(?P<content>.*?)</REUTERS>", re.DOTALL)
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')
_TOPICS = re.compile(r"<TOPICS>(.*?)</TOPICS>")
_TOPIC = re.compile(r"<D>(.*?)</D>")
_TEXT = re.compile(r"<TEXT[^>]*>(.*?)</TEXT>", re.DOTALL)
_ELEMENT = re.compile(r"<(?P<name>TITLE|BODY)>(?P<content>.*?)</(?P=name)>", re.DOTALL)
_CONTROL_CHARACTER = re.compile(r"&#\d+;")


class Document(NamedTuple):
    """A document of the ModApte split."""

    split: str
    topics: frozenset[str]
    text: str
    title: str


@checks_arguments
def load(
    top_labels: Annotated[int | None, Whole(2)] = None,
    split: Annotated[str, OneOf("random", "modapte")] = "random",
    text: Annotated[str, OneOf("full", "title")] = "full",
) -> Corpus:
    """Load Reuters-21578 from reuters21578.tar.gz, or from its unpacked files, in the folder reuters21578.

    Args:
        top_labels: keep this many categories, those with the most documents (ties in alphabetical order),
            and the documents that have one of them; None keeps all.
        split: "random" for a seeded 80/10/10, "modapte" for the official split.
        text: "full" for title and body, "title" for the title alone. A document without a title stays, as an
            empty one, so that documents, labels and split are those of "full".

    Raises:
        HashbenchError: an option has another value, or there are fewer categories than ``top_labels``.
        DataError: files are missing, damaged or not of that format.
    """
    path = locate(REUTERS, ARCHIVE, SGML_FILES[0])
    modapte, n_others = read_modapte(_files(path))
    categories = _shared_categories(modapte)
    check_classes(path, categories)
    documents = _having(categories, modapte)
    left_out = {
        "outside the ModApte split": n_others,
        "without a category that has a training and a test document": len(modapte) - len(documents),
    }
    if top_labels is not None:
        categories = _most_frequent(categories, documents, top_labels)
        before, documents = documents, _having(categories, documents)
        left_out[f"without one of the {top_labels} most frequent ones"] = len(before) - len(documents)
    texts = [document.title if text == "title" else document.text for document in documents]
    corpus = Corpus(
        name="reuters",
        texts=texts,
        labels=several_labels([document.topics for document in documents], categories),
        label_names=tuple(categories),
        recipe=OFFICIAL if split == "modapte" else SplitRecipe("random", (0.8, 0.1, 0.1), seed=0),
        official_split=rows_by_split([document.split for document in documents]),
        description=f"Reuters-21578, Distribution 1.0, ModApte, from {path.name}",
        notes=(
            *(f"left out documents {which}: {count:,}" for which, count in left_out.items()),
            *untitled_note(texts),
        ),
    )
    return with_unseen_labels(corpus)


def read_modapte(files: Iterable[tuple[str, str]]) -> tuple[list[Document], int]:
    """Return the documents of the ModApte split, and the number of the others.

    Args:
        files: name and content of the SGML files.

    Raises:
        DataError: a document has no end, no text element or no text.
    """
    documents, n_others = [], 0
    for name, sgml in files:
        matches = list(_DOCUMENT.finditer(sgml))
        if len(matches) != sgml.count("<REUTERS "):
            raise DataError(
                f"{name}: only {len(matches)} of its {sgml.count('<REUTERS ')} documents have an end"
            )
        for number, match in enumerate(matches, start=1):
            attributes = dict(_ATTRIBUTE.findall(match["attributes"]))
            split = SPLITS.get(attributes.get("LEWISSPLIT", ""))
            if split and attributes.get("TOPICS") == "YES":
                content = match["content"]
                text, title = _text_and_title(content)
                if not text:
                    raise DataError(f"{name}: document {number} has no text")
                topics = _TOPICS.search(content)
                categories = frozenset(_TOPIC.findall(topics[1] if topics else ""))
                documents.append(Document(split, categories, text, title))
            else:
                n_others += 1
    return documents, n_others


def _files(path: Path) -> Iterator[tuple[str, str]]:
    """Yield name and content of the SGML files, of an archive or beside the first of them."""
    found: Iterable[tuple[str, bytes]]
    if path.name == SGML_FILES[0]:
        place = path.parent
        found = ((name, (place / name).read_bytes()) for name in SGML_FILES if (place / name).is_file())
    else:
        place = path
        found = (
            (name.name, content)
            for name, content in read_archive(REUTERS.name, path)
            if name.name in SGML_FILES
        )
    missing = set(SGML_FILES)
    for name, content in track(found, "Reading reuters", total=len(SGML_FILES)):
        missing.discard(name)
        yield f"{place}, {name}", content.decode("latin-1")
    if missing:
        raise DataError(f"{place} lacks {', '.join(sorted(missing))}")


def _text_and_title(content: str) -> tuple[str, str]:
    """Return the whole text of a document and its title, each empty where there is none."""
    found = _TEXT.search(content)
    if found is None:
        return "", ""
    elements = [(match["name"], match["content"]) for match in _ELEMENT.finditer(found[1])]
    pieces = [piece for _, piece in elements] or [found[1]]
    titles = [piece for name, piece in elements if name == "TITLE"]
    return _plain("\n".join(pieces)), _plain("\n".join(titles))


def _plain(sgml: str) -> str:
    text = _CONTROL_CHARACTER.sub(" ", sgml)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()


def _shared_categories(documents: Sequence[Document]) -> list[str]:
    train, test = (
        {topic for document in documents if document.split == split for topic in document.topics}
        for split in SPLITS.values()
    )
    return sorted(train & test)


def _most_frequent(categories: Sequence[str], documents: Sequence[Document], n: int) -> list[str]:
    if n > len(categories):
        raise HashbenchError(
            f"dataset reuters: top_labels is at most {len(categories)}, the number of categories, got {n}"
        )
    sizes = Counter(topic for document in documents for topic in document.topics)
    return sorted(sorted(categories, key=lambda category: -sizes[category])[:n])


def _having(categories: Sequence[str], documents: Sequence[Document]) -> list[Document]:
    wanted: Set[str] = set(categories)
    return [document for document in documents if document.topics & wanted]
