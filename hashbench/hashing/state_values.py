"""Python values as JSON and arrays, and back, without pickle.

None, booleans, finite floats, integers and strings stand for themselves. Everything else is an object of one
key that says what it is:

* ``array``, ``scalar``, ``tensor``, ``bytes``, ``strings``: the name of an array
* ``csr``: the names of its data, indices and indptr, and its shape
* ``list``, ``tuple``, ``dict``: values
* ``float``: "nan", "inf" or "-inf"
* ``dataclass``: a class and its fields
* ``module``: a class of torch modules, what its instance holds, and whether its parameters are trained

A class is named by module and qualified name. It has to be of the packages that are given to the reader, so
that a file cannot have anything else imported.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from pkgutil import resolve_name
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from hashbench.errors import HashbenchError

_ALWAYS = frozenset({"hashbench", "torch"})


def class_path(cls: type) -> str:
    """Return the name of a class, ``package.module:Class``."""
    return f"{cls.__module__}:{cls.__qualname__}"


def packages_of(cls: type) -> frozenset[str]:
    """Return the packages whose classes the state of a class may hold: its own, its bases', and torch."""
    return _ALWAYS | {each.__module__.partition(".")[0] for each in cls.__mro__} - {"builtins"}


class StateWriter:
    """Writes values.

    Args:
        packages: packages whose classes may be named.

    Attributes:
        arrays: the arrays that what was written refers to, by name.
    """

    def __init__(self, packages: frozenset[str]) -> None:
        self.arrays: dict[str, NDArray[Any]] = {}
        self._packages = packages

    def written(self, value: Any, name: str) -> Any:
        """Return a value as JSON.

        Args:
            value: what is written.
            name: where it is, such as "encoder_.layers", for messages and names of arrays.

        Raises:
            HashbenchError: the value is of another type, or a class of another package.
        """
        if value is None or type(value) in (bool, int, str):
            return value
        if type(value) is float:
            return value if math.isfinite(value) else {"float": repr(value)}
        if isinstance(value, np.ndarray):
            return self._written_array(value, name)
        if isinstance(value, np.generic):
            return {"scalar": self._kept(np.asarray(value), name)}
        if isinstance(value, bytes):
            return {"bytes": self._kept(np.frombuffer(value, dtype=np.uint8), name)}
        if isinstance(value, csr_array):
            parts = {part: getattr(value, part) for part in ("data", "indices", "indptr")}
            kept = {part: self._kept(array, f"{name}.{part}") for part, array in parts.items()}
            return {"csr": {**kept, "shape": list(map(int, value.shape))}}
        return self._written_composite(value, name)

    def _written_array(self, value: NDArray[Any], name: str) -> dict[str, Any]:
        if value.dtype != object:
            if value.dtype.hasobject:
                raise self._refused(value, name)
            return {"array": self._kept(np.asarray(value), name)}
        if value.ndim != 1 or not all(isinstance(each, str) for each in value):
            raise self._refused(value, name)
        return {"strings": self._kept(value.astype(np.str_), name)}

    def _written_composite(self, value: Any, name: str) -> dict[str, Any]:
        if type(value) in (list, tuple):
            kind = type(value).__name__
            return {kind: [self.written(each, f"{name}[{place}]") for place, each in enumerate(value)]}
        if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
            return {"dict": self._written_fields(value, name)}
        torch = sys.modules.get("torch")
        if torch is not None and isinstance(value, torch.nn.Module):
            return {"module": self._written_module(value, name)}
        if torch is not None and isinstance(value, torch.Tensor):
            return {"tensor": self._kept(value.detach().cpu().numpy(), name)}
        if is_dataclass(value) and not isinstance(value, type):
            held = {each.name: getattr(value, each.name) for each in fields(value)}
            return {
                "dataclass": {"class": self._named(value, name), "fields": self._written_fields(held, name)}
            }
        raise self._refused(value, name)

    def _written_fields(self, held: Mapping[str, Any], name: str) -> dict[str, Any]:
        return {key: self.written(value, f"{name}.{key}") for key, value in held.items()}

    def _written_module(self, module: Any, name: str) -> dict[str, Any]:
        """Return what a torch module holds: parameters, buffers, modules and its other attributes."""
        import torch

        of_every_module = vars(torch.nn.Module())
        if hooked := [key for key, value in vars(module).items() if key.endswith("_hooks") and value]:
            raise HashbenchError(f"{name}.{hooked[0]} cannot be saved without pickle: remove the hooks first")
        others = {key: value for key, value in vars(module).items() if key not in of_every_module}
        return {
            "class": self._named(module, name),
            "training": module.training,
            "parameters": self._written_fields(module._parameters, name),
            "buffers": self._written_fields(module._buffers, name),
            "modules": self._written_fields(module._modules, name),
            "attributes": self._written_fields(others, name),
        }

    def _kept(self, array: NDArray[Any], name: str) -> str:
        """Keep an array under a name that is not taken, and return it."""
        name = name.replace("/", "|")
        while name in self.arrays:
            name += "'"
        self.arrays[name] = array
        return name

    def _named(self, value: Any, name: str) -> str:
        cls = type(value)
        if "<locals>" in cls.__qualname__ or cls.__module__.partition(".")[0] not in self._packages:
            raise self._refused(value, name)
        return class_path(cls)

    def _refused(self, value: Any, name: str) -> HashbenchError:
        cls = type(value)
        return HashbenchError(
            f"{name} cannot be saved without pickle: it is a {cls.__module__}.{cls.__qualname__}; "
            "override _state_attributes and _restore_attributes, see hashbench.hashing.state"
        )


class StateReader:
    """Reads what ``StateWriter`` wrote.

    Args:
        arrays: the arrays by name.
        packages: packages whose classes may be named.
    """

    def __init__(self, arrays: Mapping[str, NDArray[Any]], packages: frozenset[str]) -> None:
        self._arrays = arrays
        self._packages = packages

    def read(self, value: Any) -> Any:
        """Return the value of which this is the JSON.

        Raises:
            HashbenchError: a class of another package is named.
            KeyError, TypeError, ValueError, AttributeError, ImportError: it is not what a writer wrote, or
                a class is not there any more.
        """
        if not isinstance(value, dict):
            return value
        ((kind, content),) = value.items()
        return self._readers[kind](self, content)

    def _array(self, name: str) -> NDArray[Any]:
        return self._arrays[name]

    def _csr(self, parts: Mapping[str, Any]) -> csr_array:
        data, indices, indptr = (self._arrays[parts[part]] for part in ("data", "indices", "indptr"))
        return csr_array((data, indices, indptr), shape=tuple(parts["shape"]))

    def _tensor(self, name: str) -> Any:
        import torch

        array = self._arrays[name]
        return torch.from_numpy(array if array.flags.writeable else array.copy())

    def _fields(self, held: Mapping[str, Any]) -> dict[str, Any]:
        return {key: self.read(value) for key, value in held.items()}

    def _dataclass(self, content: Mapping[str, Any]) -> Any:
        cls = self._class(content["class"])
        if not is_dataclass(cls):
            raise TypeError(f"{content['class']} is no dataclass")
        made: Any = object.__new__(cls)
        for name, value in self._fields(content["fields"]).items():
            object.__setattr__(made, name, value)
        return made

    def _module(self, content: Mapping[str, Any]) -> Any:
        import torch

        cls = self._class(content["class"])
        if not issubclass(cls, torch.nn.Module):
            raise TypeError(f"{content['class']} is no module of torch")
        module = cls.__new__(cls)
        torch.nn.Module.__init__(module)
        module.training = bool(content["training"])
        for name, value in self._fields(content["parameters"]).items():
            parameter = None if value is None else torch.nn.Parameter(value, requires_grad=False)
            module.register_parameter(name, parameter)
        for name, value in self._fields(content["buffers"]).items():
            module.register_buffer(name, value)
        for name, value in self._fields(content["modules"]).items():
            module.add_module(name, value)
        vars(module).update(self._fields(content["attributes"]))
        return module

    def _class(self, path: str) -> type:
        if path.partition(":")[0].partition(".")[0] not in self._packages:
            raise HashbenchError(
                f"the state names {path}, of another package than {', '.join(sorted(self._packages))}"
            )
        cls = resolve_name(path)
        if not isinstance(cls, type):
            raise TypeError(f"{path} is no class")
        return cls

    _readers: Mapping[str, Callable[[StateReader, Any], Any]] = {
        "float": lambda _, text: float(text),
        "array": _array,
        "scalar": lambda self, name: self._arrays[name][()],
        "bytes": lambda self, name: self._arrays[name].tobytes(),
        "strings": lambda self, name: self._arrays[name].astype(object),
        "csr": _csr,
        "tensor": _tensor,
        "list": lambda self, content: [self.read(each) for each in content],
        "tuple": lambda self, content: tuple(self.read(each) for each in content),
        "dict": _fields,
        "dataclass": _dataclass,
        "module": _module,
    }
