"""Components by name, for use from Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from hashbench.data.user_files import dataset_component
from hashbench.parameters import full_parameters, signature_parameters
from hashbench.registry import registry

if TYPE_CHECKING:
    from hashbench.data.corpus import Corpus
    from hashbench.data.split import Split
    from hashbench.features.features import Features
    from hashbench.specs import FeaturizerSpec


def load_dataset(name: str, **options: Any) -> Corpus:
    """Load the corpus of a registered dataset, or of a file or folder.

    Args:
        name: as ``hashbench list datasets`` shows it, or a path.
        options: options of the dataset.

    Raises:
        HashbenchError: the name or an option is unknown, or the corpus cannot be loaded.
    """
    component = dataset_component(name, registry())
    corpus: Corpus = component.spec.load()(**full_parameters(component, options))
    return corpus


def load_features(
    corpus: Corpus,
    featurizer: str = "tfidf",
    *,
    split: Split | None = None,
    inputs: Sequence[str] = (),
    **params: Any,
) -> Features:
    """Compute the vectors of a corpus, or open them from the cache where they were computed before.

    Args:
        corpus: the documents.
        featurizer: as ``hashbench list featurizers`` shows it.
        split: the split; by default that of ``make_split``.
        inputs: names of what a method asks for beside the vectors, see ``hashbench.features.extra_inputs``.
        params: parameters of the featurizer.

    Raises:
        HashbenchError: the name, a parameter or an input is unknown, or the featurizer does not read this
            corpus.
        DataError: all training, validation or test documents have vectors of zeros, or the cached files are
            damaged.
    """
    from hashbench.data.split import make_split
    from hashbench.features.build import load_or_build_features

    component = registry().get("featurizer", featurizer)
    return load_or_build_features(
        corpus,
        split or make_split(corpus),
        cast("FeaturizerSpec", component.spec),
        full_parameters(component, params),
        distribution=component.plugin.distribution,
        inputs=inputs,
    )


def make_hasher(name: str, n_bits: int | None = None, random_state: int | None = None, **params: Any) -> Any:
    """Construct a registered hashing method, a scikit-learn transformer from vectors to codes.

    Args:
        name: as ``hashbench list methods`` shows it.
        n_bits: length of the codes; the method's default where it is None.
        random_state: seed; None draws a different one each time.
        params: other parameters of the method.

    Raises:
        HashbenchError: the name or a parameter is unknown, or a value is of the wrong type.
    """
    component = registry().get("method", name)
    given = {"n_bits": n_bits, "random_state": random_state}
    taken = signature_parameters(component)
    reserved = {key: value for key, value in given.items() if value is not None and key in taken}
    return component.spec.load()(**full_parameters(component, params), **reserved)
