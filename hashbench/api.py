"""Components by name, for use from Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hashbench.data.files import dataset_component
from hashbench.parameters import full_parameters, signature_parameters
from hashbench.registry import registry

if TYPE_CHECKING:
    from hashbench.data.corpus import Corpus


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
