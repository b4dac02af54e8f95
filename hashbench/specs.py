"""What a plugin registers: light records that name a component and say where its code is.

A spec costs nothing to create: its target, ``"package.module:Object"``, is imported only when a run needs it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, ClassVar, Literal

from hashbench.boundary import PluginError, boundary, described, traceback_of
from hashbench.crash_guard import imported
from hashbench.errors import HashbenchError
from hashbench.spaces import Space, check_dimensions

DocumentForm = Literal["text", "counts", "vectors"]

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_TARGET = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
_FILE_NAME = re.compile(r"(?!\.\.?$)[^/\\]+")
_SHA256 = re.compile(r"[0-9a-f]{64}")


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
    """What a component says about itself.

    Attributes:
        name: what a user types: lower-case letters and digits, in groups joined by hyphens.
        target: ``"package.module:Object"``, the class or function behind the name.
        summary: one line for tables.
        params: arguments that this name presets; a variant of a method is a second spec of the same target.
        version: to be raised when equal input, parameters and seed give another output: stored results of
            another version are not reused.
        introduced: for each parameter that was added later, the value with which the component does what it
            did before. While a parameter has that value it is no part of the key of a result, so that a new
            option leaves stored results valid.
        retired: for each parameter that was removed, the value at which the component does what it does now.
            It stays in the key of a result at that value, so that removing it leaves stored results valid.
            Results of another value keep their key and are of a parameter that there is no longer.
        citation: the publication, where there is one.
        licence: licence of the code, or terms of use of the data.

    Raises:
        ValueError: the name or the target is not of that form, the summary is empty, or the version is not
            a whole number from 1 on.
    """

    kind: ClassVar[str] = "component"

    name: str
    target: str
    summary: str
    _: KW_ONLY
    params: Mapping[str, Any] = field(default_factory=dict)
    version: int = 1
    introduced: Mapping[str, Any] = field(default_factory=dict)
    retired: Mapping[str, Any] = field(default_factory=dict)
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
        if not isinstance(self.version, int) or self.version < 1:
            raise ValueError(
                f"{self.kind} {self.name}: version {self.version!r} is not a whole number from 1 on"
            )

    def load(self) -> Any:
        """Import the target and return it.

        Raises:
            PluginError: the module cannot be imported, whatever it does, or has no such object.
        """
        module_name, _, attribute = self.target.partition(":")
        try:
            with boundary():
                return getattr(imported(module_name), attribute)
        except HashbenchError as error:
            reason = f"{self.kind} {self.name}: cannot import {self.target}: {described(error)}"
            raise PluginError(reason, traceback_of(error)) from None


@dataclass(frozen=True)
class DatasetFile:
    """A file of a dataset.

    Attributes:
        name: its name in the folder of the dataset.
        urls: where it can be downloaded (http, https or file), the first choice first; empty where it has to
            be got by hand.
        sha256: checksum of the official file, lower-case hexadecimal, where it is known.
        size: size of the official file in bytes, where it is known.
        copies: a remark on every other file of that name that is known, by its checksum.

    Raises:
        ValueError: the name is a path, or a URL or a checksum is not of that form.
    """

    name: str
    urls: tuple[str, ...] = ()
    sha256: str | None = None
    size: int | None = None
    copies: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not _FILE_NAME.fullmatch(self.name):
            raise ValueError(f"file {self.name!r}: give a plain file name, without a folder")
        for url in self.urls:
            if not url.startswith(("http://", "https://", "file://")):
                raise ValueError(
                    f"file {self.name}: {url!r} does not begin with http://, https:// or file://"
                )
        for checksum in (*self.copies, *([self.sha256] if self.sha256 is not None else [])):
            if not _SHA256.fullmatch(checksum):
                raise ValueError(f"file {self.name}: checksum {checksum!r} is not 64 digits of 0-9 and a-f")


@dataclass(frozen=True)
class DatasetSpec(Spec):
    """A dataset; the target is a function of keyword options that returns a ``Corpus``.

    The files that it declares are what ``hashbench data`` lists, fetches and verifies; its loader finds them
    with ``hashbench.data.home.locate``.

    Attributes:
        files: the files as they are published; empty for a dataset that reads none.
        folder: their folder in the data home; by default the name of the dataset.
        page: web page about the files.
        needs: what it takes to get files that have no URL, such as "a Kaggle account".
        alternatives: other files, all of which together the loader reads in place of ``files``.
        unpacked: files that the loader reads and ``hashbench data fetch`` takes out of the archive, the only
            one of ``files``.

    Raises:
        ValueError: as ``Spec``; or the folder is a path, files lack their page, a file has neither a URL nor
            a word on what is needed to get it, or ``unpacked`` goes without its one archive.
    """

    kind: ClassVar[str] = "dataset"

    _: KW_ONLY
    files: tuple[DatasetFile, ...] = ()
    folder: str = ""
    page: str = ""
    needs: str = ""
    alternatives: tuple[DatasetFile, ...] = ()
    unpacked: tuple[DatasetFile, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.folder and not _FILE_NAME.fullmatch(self.folder):
            raise ValueError(f"dataset {self.name}: folder {self.folder!r} is not the name of one folder")
        if self.files and not self.page:
            raise ValueError(f"dataset {self.name}: page should name the web page about its files")
        by_hand = [file.name for file in self.files if not file.urls]
        if by_hand and not self.needs:
            raise ValueError(
                f"dataset {self.name}: {by_hand[0]} has no URL; needs should say what it takes to get it"
            )
        if self.unpacked and len(self.files) != 1:
            raise ValueError(
                f"dataset {self.name}: files to be unpacked come from one archive, not from {len(self.files)}"
            )


@dataclass(frozen=True)
class FeaturizerSpec(Spec):
    """A featurizer; the target is a class as described in ``hashbench.features``.

    Attributes:
        accepts: the forms of documents it reads: texts, word counts, finished vectors.
        provides: names of extra inputs for hashers that it computes besides the matrix.
        space: what ``hashbench tune`` may try of its parameters, the same for all methods.

    Raises:
        ValueError: as ``Spec``; or the space has more than eight dimensions, or two of one parameter.
    """

    kind: ClassVar[str] = "featurizer"

    accepts: tuple[DocumentForm, ...] = ("text",)
    provides: tuple[str, ...] = ()
    space: Space = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        check_dimensions(f"featurizer {self.name}", self.space)


@dataclass(frozen=True)
class FeaturesOf:
    """The featurizer that a recipe asks for, whatever featurizer a run names.

    Attributes:
        name: a registered featurizer.
        params: parameters of it that differ from their defaults.
    """

    name: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Tuning:
    """How ``hashbench tune`` chose the values of a recipe.

    Attributes:
        trials: settings that were tried on each corpus that the values were chosen on.
        labels: the labels that the settings were compared with.
        datasets: those corpora.
        cpu_seconds: CPU seconds of fitting in all these trials; None where a trial does not tell.
    """

    trials: int
    labels: Literal["validation"]
    datasets: tuple[str, ...]
    cpu_seconds: float | None = None

    def __str__(self) -> str:
        spent = "unknown" if self.cpu_seconds is None else f"{float(f'{self.cpu_seconds:.2g}'):g}"
        where = ", ".join(self.datasets)
        return f"{self.trials} trials each on {where}, {self.labels} labels, {spent} CPU s of fit"


@dataclass(frozen=True)
class Case:
    """Values of a recipe for some datasets or code lengths, where its source sets them so.

    Attributes:
        params: parameters of the method.
        datasets: names of datasets it holds for; empty for all.
        bits: code lengths it holds for; empty for all.
        features: the featurizer it needs; None takes that of the recipe.
        tuning: how its values were chosen, where ``hashbench tune`` chose them.
    """

    params: Mapping[str, Any]
    datasets: tuple[str, ...] = ()
    bits: tuple[int, ...] = ()
    features: FeaturesOf | None = None
    tuning: Tuning | None = None

    def applies(self, dataset: str, bits: int | None) -> bool:
        """Tell whether it holds for a dataset and a code length."""
        return (not self.datasets or dataset in self.datasets) and (not self.bits or bits in self.bits)


@dataclass(frozen=True)
class Recipe:
    """A named setting of a method: ``--methods sth@published`` runs the recipe ``published`` of ``sth``.

    Attributes:
        params: parameters that differ from the defaults of the method.
        source: where each value comes from, by parameter, "features" for the featurizer and "" for all that
            is not named, such as "section 4.1" or "the authors' code".
        features: the featurizer it needs; None takes the one that the run names.
        cases: values by dataset and code length; of several that apply, the later ones win.
        varies: parameters that the source sweeps: set to another value, the row still is of this recipe.
        notes: what one should know about it, such as what the source leaves open.
        found_on: datasets on which its values were chosen.
        file: the file that it was read from, as the user named it; empty for one that comes with a method.
    """

    params: Mapping[str, Any] = field(default_factory=dict)
    source: Mapping[str, str] = field(default_factory=dict)
    features: FeaturesOf | None = None
    cases: tuple[Case, ...] = ()
    varies: tuple[str, ...] = ()
    notes: str = ""
    found_on: tuple[str, ...] = ()
    file: str = ""

    def params_for(self, dataset: str, bits: int | None) -> dict[str, Any]:
        """Return its parameters for a dataset and a code length."""
        applying = [case.params for case in self._applying(dataset, bits)]
        return {name: value for params in (self.params, *applying) for name, value in params.items()}

    def features_for(self, dataset: str, bits: int | None) -> FeaturesOf | None:
        """Return the featurizer it needs for a dataset and a code length; None takes that of the run."""
        given = [case.features for case in self._applying(dataset, bits) if case.features is not None]
        return given[-1] if given else self.features

    def tuning_for(self, dataset: str, bits: int | None) -> Tuning | None:
        """Return how its values for a dataset and a code length were tuned; None where they were not."""
        applying = self._applying(dataset, bits)
        return applying[-1].tuning if applying else None

    def covers(self, dataset: str, bits: int | None) -> bool:
        """Tell whether it has values: one that was tuned has some for the datasets it names alone."""
        tuned = any(case.tuning is not None for case in self.cases)
        return not tuned or bool(self._applying(dataset, bits))

    def _applying(self, dataset: str, bits: int | None) -> list[Case]:
        return [case for case in self.cases if case.applies(dataset, bits)]


@dataclass(frozen=True)
class HasherSpec(Spec):
    """A hashing method; the target is a class as described in ``hashbench.hashing``.

    Attributes:
        supervised: it is given the labels of the training documents.
        validation: it is given the validation documents and, unless its parameter ``select_by`` says
            otherwise, their labels, to select a model on.
        inputs: names of extra inputs that ``fit`` takes by keyword, see ``hashbench.features.extra_inputs``.
        recipes: its recipes by name. Without one called "default", that is the method with its defaults.
            "published" is what its paper prescribes and, where the paper is silent, its authors' code.
        no_published_recipe: why a method with a citation has no recipe "published".
        reference: it is a baseline such as random codes, not a method.
        quantiser: its codes are product-quantiser indices, ranked by asymmetric distance: the target has
            ``query_tables``, see ``hashbench.hashing``.
        ranker: it has no codes: the target ranks by a similarity of its own. It has code lengths if its
            constructor takes ``n_bits``, the bits that it stores of a document.
        row_layout: what a row holds where it is no plain vector, such as "vectors of tokens"; the checks of
            scikit-learn, whose rows are vectors of a few features, do not apply to such a method.
        check_bits: code length with which scikit-learn's checks run on their toy data of few features.
        check_params: parameters that make the method cheap to check, such as few epochs, and of a ranker
            ``n_bits`` where it does not take every length; see ``hashbench.testing``.
        space: what ``hashbench tune`` may try of its parameters, beside those of the featurizer.

    Raises:
        ValueError: as ``Spec``; or it is a quantiser and a ranker, or the space has more than eight
            dimensions, or two of one parameter.
    """

    kind: ClassVar[str] = "method"

    supervised: bool = False
    validation: bool = False
    inputs: tuple[str, ...] = ()
    recipes: Mapping[str, Recipe] = field(default_factory=dict)
    no_published_recipe: str = ""
    reference: bool = False
    quantiser: bool = False
    ranker: bool = False
    row_layout: str = ""
    check_bits: int = 1
    check_params: Mapping[str, Any] = field(default_factory=dict)
    space: Space = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        check_dimensions(f"method {self.name}", self.space)
        if self.quantiser and self.ranker:
            raise ValueError(f"method {self.name}: it is a quantiser or a ranker, not both")

    def selects_on_labels(self, params: Mapping[str, Any]) -> bool:
        """Tell whether it selects its model on labels of validation documents, with these parameters."""
        return self.validation and params.get("select_by", "validation") == "validation"


@dataclass(frozen=True)
class MetricSpec(Spec):
    """A metric; the target is a function that returns finite numbers by name.

    Attributes:
        reads: what the function is given. "codes": an ``EvaluationInput`` of
            ``hashbench.evaluation.metrics``; methods without codes have no value. "ranking": a ``Ranking`` of
            ``hashbench.evaluation.tie_groups``, which methods without codes have as well.
        k: for a metric of the first k documents, the k that its name alone stands for: ``map`` is
            ``map@100``. The function takes ``k``.
        diagnostic: it describes codes and measures no quality: leaderboards have no table of it.
        needs_labels: it uses labels, and is left out for a corpus without.
        needs_vectors: it is given the vectors of the documents as well: an ``EvaluationWithVectors`` or a
            ``RankingWithVectors`` of ``hashbench.evaluation.cosine_recall``.
    """

    kind: ClassVar[str] = "metric"

    reads: Literal["codes", "ranking"] = "codes"
    k: int | None = None
    diagnostic: bool = False
    needs_labels: bool = field(default=True, kw_only=True)
    needs_vectors: bool = field(default=False, kw_only=True)
