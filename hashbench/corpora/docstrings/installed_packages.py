"""Loader of the default corpus: docstrings of the scientific Python packages that hashbench depends on.

The packages are found and parsed, never imported. A docstring of a module, class, function or method is a
document; its coarse label is the package and its fine label is ``package.member``, where the member is a
sub-package or a module at the top of the package.

Left out, in this order:

1. the top module itself, which belongs to no member, and members whose name starts with an underscore.
   Private modules, classes and functions inside a public member stay: scipy and scikit-learn keep nearly all
   that they publish in such modules, and the subject of a docstring does not depend on who may call the
   function;
2. tests, and copies of other projects (``TESTS`` and ``COPIES``);
3. docstrings of under ``MIN_WORDS`` words;
4. texts equal but for white space: the first one stays, in the order of package and path, and in a file from
   the outside in;
5. fine classes of under ``MIN_DOCUMENTS`` documents.
"""

from __future__ import annotations

import ast
import gzip
import importlib.metadata
import importlib.util
import inspect
import json
import logging
import re
import sys
import warnings
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from filelock import FileLock

from hashbench.atomic import storing, write_atomically
from hashbench.data.corpus import Corpus, indicator
from hashbench.data.home import cache_folder, cache_home
from hashbench.data.split import SplitRecipe
from hashbench.errors import DataError
from hashbench.fingerprint import content_key
from hashbench.progress import track

DISTRIBUTIONS = {
    "gensim": "gensim",
    "matplotlib": "matplotlib",
    "numpy": "numpy",
    "pandas": "pandas",
    "scipy": "scipy",
    "sklearn": "scikit-learn",
    "torch": "torch",
}
MIN_WORDS = 20
MIN_DOCUMENTS = 50
TESTS = re.compile(r"_?(test|tests|testing|testutils|conftest|test_.*)")
COPIES = frozenset(
    {
        "_vendor",
        "array_api_compat",
        "array_api_extra",
        "clipboard",  # pandas.io: pyperclip
        "extern",
        "externals",
        "third_party",
        "unification",  # torch.fx.experimental: unification, multipledispatch and toolz
        "vendored",
    }
)
logger = logging.getLogger(__name__)

BUILDER_VERSION = 1
"""To be raised whenever the same packages would give other documents or labels."""


class Docstrings(NamedTuple):
    """The documents of the corpus, the fine label of each, and what was left out."""

    texts: list[str]
    labels: list[str]
    notes: list[str]


def load() -> Corpus:
    """Return the corpus: on first use it is read from the installed packages, and then from the cache.

    Raises:
        DataError: a package is missing.
        StorageError: it is not in the cache, and the cache folder cannot be written.
    """
    versions = {name: _version(name) for name in DISTRIBUTIONS}
    key = content_key([BUILDER_VERSION, sys.version_info[:2], versions])
    path = cache_folder() / "docstrings" / f"{key}.json.gz"
    with storing(path):
        found = _read(path)
        if found is None:
            cache_home()
            path.parent.mkdir(exist_ok=True)
            with FileLock(path.with_suffix(".lock")):
                found = _read(path)
                if found is None:
                    found = collect({name: _root(name) for name in DISTRIBUTIONS})
                    write_atomically(path, gzip.compress(json.dumps(found).encode()))
    return to_corpus(found, versions)


def collect(roots: Mapping[str, Path]) -> Docstrings:
    """Read docstrings by the rules above.

    Args:
        roots: folder of each package, by its name.
    """
    dropped: Counter[str] = Counter()
    labels_by_text: dict[str, str] = {}
    seen: set[str] = set()
    for label, path in track(list(_sources(roots)), "Reading docstrings"):
        try:
            docstrings = list(_docstrings(path.read_bytes()))
        except SyntaxError:
            dropped[f"files that Python {sys.version_info[0]}.{sys.version_info[1]} cannot parse"] += 1
            continue
        for text in docstrings:
            words = text.split()
            normalised = " ".join(words)
            if len(words) < MIN_WORDS:
                dropped[f"docstrings of under {MIN_WORDS} words"] += 1
            elif normalised in seen:
                dropped["duplicates"] += 1
            else:
                seen.add(normalised)
                labels_by_text[text] = label
    sizes = Counter(labels_by_text.values())
    kept = {text: label for text, label in labels_by_text.items() if sizes[label] >= MIN_DOCUMENTS}
    dropped[f"documents in classes of under {MIN_DOCUMENTS}"] = len(labels_by_text) - len(kept)
    notes = [f"left out {what}: {count:,}" for what, count in sorted(dropped.items()) if count]
    return Docstrings(list(kept), list(kept.values()), notes)


def to_corpus(docstrings: Docstrings, versions: Mapping[str, str]) -> Corpus:
    """Return the documents as a corpus with two levels of labels.

    Args:
        docstrings: the documents.
        versions: version of each package, for the description.
    """
    label_names, labels = np.unique(docstrings.labels, return_inverse=True)
    coarse_names, coarse = np.unique([name.partition(".")[0] for name in label_names], return_inverse=True)
    packages = ", ".join(f"{DISTRIBUTIONS[name]} {version}" for name, version in sorted(versions.items()))
    return Corpus(
        name="docstrings",
        texts=docstrings.texts,
        labels=indicator(labels.astype(np.int64), len(label_names)),
        label_names=tuple(label_names.tolist()),
        coarse=coarse[labels].astype(np.int64),
        coarse_names=tuple(coarse_names.tolist()),
        recipe=SplitRecipe("stratified", (0.8, 0.1, 0.1), seed=0),
        description=f"Docstrings of {packages}",
        notes=tuple(docstrings.notes),
    )


def _sources(roots: Mapping[str, Path]) -> Iterator[tuple[str, Path]]:
    """Yield the fine label and the path of every file to read, in the order of package and path."""
    for package, root in sorted(roots.items()):
        for relative in sorted(path.relative_to(root).as_posix() for path in root.rglob("*.py")):
            parts = relative.removesuffix(".py").removesuffix("/__init__").split("/")
            if parts[0].startswith("_") or any(name in COPIES or TESTS.fullmatch(name) for name in parts):
                continue
            yield f"{package}.{parts[0]}", root / relative


def _docstrings(source: bytes) -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the packages' own code, such as invalid escape sequences
        tree = ast.parse(source)
    waiting: list[ast.AST] = [tree]
    for node in waiting:
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = ast.get_docstring(node, clean=False)
            if docstring is not None:
                yield inspect.cleandoc(docstring)
        for block in ("body", "handlers", "orelse", "finalbody", "cases"):
            waiting += getattr(node, block, ())


def _version(package: str) -> str:
    distribution = DISTRIBUTIONS[package]
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError as error:
        raise DataError(
            f"corpus docstrings reads the installed package {distribution}, which is missing: "
            f"pip install {distribution}"
        ) from error


def _root(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise DataError(f"corpus docstrings: package {package} has no source folder; install it again")
    return Path(spec.origin).parent


def _read(path: Path) -> Docstrings | None:
    """Read the cached documents; None where there are none, or their checksum tells that they are damaged."""
    try:
        return Docstrings(*json.loads(gzip.decompress(path.read_bytes())))
    except FileNotFoundError:
        return None
    except (OSError, EOFError, ValueError, TypeError, zlib.error) as error:
        logger.warning(
            "the cached docstrings in %s are damaged (%s): read anew from the packages", path, error
        )
        return None
