"""The state of a fitted hasher as arrays and JSON, and the file that holds it. Nothing is pickled."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from hashbench.atomic import write_atomically
from hashbench.errors import DataError, HashbenchError
from hashbench.hashing.state_values import StateReader, StateWriter, class_path, packages_of

FORMAT = 1
_VALUES = "values.json"


@dataclass(frozen=True, eq=False)
class HasherState:
    """What a fitted hasher needs to encode documents.

    Attributes:
        values: JSON values: the class, the parameters of its constructor, and the fitted attributes, in which
            arrays are referred to by name. See ``hashbench.hashing.state_values``.
        arrays: arrays of numbers and text by name.
    """

    values: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the state to one ``.npz`` file, which ``numpy.load`` reads without pickle.

        Raises:
            HashbenchError: the file cannot be written.
        """
        document = np.frombuffer(json.dumps(self.values, allow_nan=False).encode(), dtype=np.uint8)
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, array in ((_VALUES, document), *self.arrays.items()):
                entry = zipfile.ZipInfo(f"{name}.npy")
                entry.compress_type = zipfile.ZIP_DEFLATED
                with archive.open(entry, "w", force_zip64=True) as file:
                    np.lib.format.write_array(file, np.asanyarray(array), allow_pickle=False)
        try:
            write_atomically(Path(path), buffer.getvalue())
        except OSError as error:
            raise HashbenchError(f"{path} cannot be written: {error.strerror}; name another file") from error

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read what ``save`` wrote.

        Raises:
            DataError: there is no such file, or it is no state of a hasher.
        """
        try:
            with np.load(Path(path), allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            values = json.loads(arrays.pop(_VALUES).tobytes())
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
        except (KeyError, TypeError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise DataError(f"{path} is not the state of a hasher: {error}") from error
        if not isinstance(values, dict) or values.get("format") != FORMAT:
            raise DataError(f"{path} is not the state of a hasher in format {FORMAT}")
        return cls(values, arrays)


class Stateful(BaseEstimator):
    """An estimator that gives its fitted state as arrays and JSON, and is made again from it.

    The state is the parameters of the constructor and the attributes of the instance whose names end with an
    underscore. They may be None, booleans, numbers, strings, bytes, numpy arrays and scalars, CSR arrays,
    tensors and modules of torch, dataclasses, and lists, tuples and dictionaries of these. Modules and
    dataclasses may come from torch and from the packages of the estimator and of hashbench, and are made anew
    without their constructors, from what they hold.

    A class with anything else in its state overrides ``_state_attributes`` and ``_restore_attributes``.
    """

    def state(self) -> HasherState:
        """Return the fitted state; ``type(self).from_state`` makes an equal hasher of it.

        Arrays are not copied: they change with the hasher.

        Raises:
            NotFittedError: ``fit`` has not been called.
            HashbenchError: an attribute or a parameter is of a type that cannot be kept, which is named.
        """
        check_is_fitted(self)
        writer = StateWriter(packages_of(type(self)))
        params = self.get_params(deep=False)
        values = {
            "format": FORMAT,
            "class": class_path(type(self)),
            "params": {name: writer.written(value, name) for name, value in params.items()},
            "attributes": {
                name: writer.written(value, name) for name, value in self._state_attributes().items()
            },
        }
        return HasherState(values, writer.arrays)

    @classmethod
    def from_state(cls, state: HasherState) -> Self:
        """Return a fitted hasher that encodes as the one whose state it is, bit for bit.

        It shares the arrays of the state. A neural one cannot be trained further.

        Raises:
            HashbenchError: it is the state of another class, or refers to what is not there.
        """
        if state.values.get("class") != class_path(cls):
            raise HashbenchError(
                f"this is the state of {state.values.get('class')}, not of {class_path(cls)}; "
                "call from_state of the class that it is of"
            )
        reader = StateReader(state.arrays, packages_of(cls))
        try:
            params, attributes = (
                {name: reader.read(value) for name, value in state.values[part].items()}
                for part in ("params", "attributes")
            )
            hasher = cls(**params)
        except HashbenchError:
            raise
        except (KeyError, TypeError, ValueError, AttributeError, ImportError) as error:
            raise HashbenchError(f"the state of {class_path(cls)} cannot be read: {error!r}") from error
        hasher._restore_attributes(attributes)
        return hasher

    def _state_attributes(self) -> dict[str, Any]:
        """Return the fitted attributes by name."""
        return {name: value for name, value in vars(self).items() if name.endswith("_")}

    def _restore_attributes(self, attributes: Mapping[str, Any]) -> None:
        """Set the fitted attributes that ``_state_attributes`` returned."""
        for name, value in attributes.items():
            setattr(self, name, value)
