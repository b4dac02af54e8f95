"""What a plugin registers: light records that name a component and say where its code is.

A spec costs nothing to create: its target, ``"package.module:Object"``, is imported only when a run needs it.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, ClassVar, Literal

from hashbench.errors import HashbenchError

DocumentForm = Literal["text", "counts", "vectors"]

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_TARGET = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


@dataclass(frozen=True)
class Citation:
    """The publication a component comes from."""

    authors: str
    title: str
    venue: str
    year: int
    url: str = ""

    def __str__(self) -> str:
        return f"{self.authors} ({self.year}). {self.title}. {self.venue}."


@dataclass(frozen=True)
class Spec:
    """What every component tells about itself.

    Attributes:
        name: what a user types: lower-case letters and digits, in groups joined by hyphens.
        target: ``"package.module:Object"``, the class or function behind the name.
        summary: one line for tables.
        params: arguments that this name presets; a variant of a method is a second spec of the same target.
        citation: the publication, where there is one.
        licence: licence of the code, or terms of use of the data.

    Raises:
        ValueError: the name or the target is not of that form, or the summary is empty.
    """

    kind: ClassVar[str] = "component"

    name: str
    target: str
    summary: str
    _: KW_ONLY
    params: Mapping[str, Any] = field(default_factory=dict)
    citation: Citation | None = None
    licence: str = ""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(
                f"{self.kind} name {self.name!r}: use lower-case letters, digits and single hyphens"
            )
        if not _TARGET.fullmatch(self.target):
            raise ValueError(
                f"{self.kind} {self.name}: target {self.target!r} is not 'package.module:Object'"
            )
        if not self.summary.strip():
            raise ValueError(f"{self.kind} {self.name}: the summary is empty")

    def load(self) -> Any:
        """Import the target and return it.

        Raises:
            HashbenchError: the module cannot be imported, or has no such object.
        """
        module_name, _, attribute = self.target.partition(":")
        try:
            return getattr(importlib.import_module(module_name), attribute)
        except (ImportError, AttributeError) as error:
            raise HashbenchError(f"{self.kind} {self.name}: cannot import {self.target}: {error}") from error


@dataclass(frozen=True)
class DatasetSpec(Spec):
    """A dataset; the target is a function of keyword options that returns a ``Corpus``."""

    kind: ClassVar[str] = "dataset"


@dataclass(frozen=True)
class FeaturizerSpec(Spec):
    """A featurizer; the target is a class as described in ``hashbench.features``.

    Attributes:
        accepts: the forms of documents it reads: texts, word counts, finished vectors.
        provides: names of extra inputs for hashers that it computes besides the matrix.
    """

    kind: ClassVar[str] = "featurizer"

    accepts: tuple[DocumentForm, ...] = ("text",)
    provides: tuple[str, ...] = ()


@dataclass(frozen=True)
class HasherSpec(Spec):
    """A hashing method; the target is a class as described in ``hashbench.hashing``.

    Attributes:
        supervised: it is given the labels of the training documents.
        validation: it is given the validation documents and their labels, to select a model on.
        inputs: names of extra inputs that ``fit`` takes by keyword, see ``hashbench.features.inputs``.
        reference: it is no method but a mark on the scale, such as random codes.
        ranker: it has no codes and no bits: the target ranks by a similarity of its own.
        check_bits: code length with which scikit-learn's checks run on their toy data of few features.
        check_params: parameters that make the method cheap to check, such as few epochs; see
            ``hashbench.testing``.
    """

    kind: ClassVar[str] = "method"

    supervised: bool = False
    validation: bool = False
    inputs: tuple[str, ...] = ()
    reference: bool = False
    ranker: bool = False
    check_bits: int = 1
    check_params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class MetricSpec(Spec):
    """A metric; the target is a function as described in ``hashbench.evaluation.metrics``."""

    kind: ClassVar[str] = "metric"
