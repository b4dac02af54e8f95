"""A plugin that is a single Python file: ``--plugin ./my_hasher.py``, or HASHBENCH_PLUGIN_FILES.

A file with hooks registers what they return; its targets are of the form ``"my_hasher:MyHasher"``.
A file without hooks registers its hashing methods by themselves: each class with ``fit`` and ``transform``
whose constructor takes ``n_bits``, under the name of the class in lower case with hyphens, ``MyHasher`` as
``my-hasher``. Its summary is the first line of the docstring; its scikit-learn tags say whether it is
supervised.

The folder of the file stays importable, so that its classes can be pickled and reach other processes.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import inspect
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from hashbench.boundary import PluginError, boundary, described, traceback_of
from hashbench.errors import HashbenchError
from hashbench.hookspecs import INTERFACE_NAME
from hashbench.specs import HasherSpec

FILES_VARIABLE = "HASHBENCH_PLUGIN_FILES"
"""Environment variable with paths of files, separated like those in PATH."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]*|[a-z0-9]+")


def imported_file(path: Path) -> ModuleType:
    """Import a file and return its module; a second import returns the same one.

    Raises:
        HashbenchError: the file is not there, cannot be imported, or has the name of another module.
    """
    if not path.is_file():
        raise HashbenchError(f"{path}: there is no such file; name a registered method or a .py file")
    if "." in path.stem:
        raise HashbenchError(f"{path}: a name with a dot cannot be imported; rename the file")
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    loaded = sys.modules.get(path.stem)
    found = getattr(loaded, "__spec__", None) if loaded else importlib.util.find_spec(path.stem)
    if found is None or found.origin is None or Path(found.origin).resolve() != path.resolve():
        raise HashbenchError(f"{path}: another module is called {path.stem!r}; rename the file")
    try:
        with boundary():
            return importlib.import_module(path.stem)
    except HashbenchError as error:
        raise PluginError(f"{path}: cannot be imported: {described(error)}", traceback_of(error)) from None


def has_hooks(module: ModuleType) -> bool:
    """Tell whether a module implements hooks, or has functions that are named like some."""
    return any(
        hasattr(value, "hashbench_impl") or (name.startswith("hashbench_") and callable(value))
        for name, value in vars(module).items()
    )


def hasher_classes(module: ModuleType) -> dict[str, Any]:
    """Return the classes that a module defines and that have ``fit`` and ``transform``, by name."""
    return {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, type)
        and value.__module__ == module.__name__
        and hasattr(value, "fit")
        and hasattr(value, "transform")
    }


def registered_classes(module: ModuleType, path: Path) -> list[HasherSpec]:
    """Return a spec for every hasher that a file without hooks defines.

    Raises:
        HashbenchError: it defines none.
    """
    classes = {
        name: value
        for name, value in hasher_classes(module).items()
        if "n_bits" in inspect.signature(value).parameters
    }
    if not classes:
        raise HashbenchError(
            f"{path} registers nothing: write a class with fit and transform whose constructor takes n_bits, "
            "or hooks, see `hashbench new --help`"
        )
    return [
        HasherSpec(
            spec_name(name),
            f"{module.__name__}:{name}",
            (inspect.getdoc(value) or f"{name} of {path.name}").splitlines()[0].rstrip("."),
            supervised=_needs_labels(value, path),
        )
        for name, value in classes.items()
    ]


def spec_name(class_name: str) -> str:
    """Return the name of a class in lower case with hyphens: "my-hasher" for MyHasher."""
    return "-".join(_WORD.findall(class_name)).lower()


def version_of_file(path: Path) -> str:
    """Return a short digest of the content of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8]


def declared_interface(module: str) -> Any:
    """Return the version of the hook interface that a module names, read from its source; None for none.

    It is read and not imported: a module written for a later interface may import what is not there yet.
    """
    found = importlib.util.find_spec(module)
    source = getattr(found and found.loader, "get_source", lambda _: None)(module)
    for node in ast.parse(source).body if source else ():
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == INTERFACE_NAME for target in targets):
            value = getattr(node, "value", None)
            return value.value if isinstance(value, ast.Constant) else None
    return None


def check_interface(declared: Any, known: int) -> None:
    """Refuse a plugin that was written for a later version of the hook interface.

    Raises:
        HashbenchError: the version is later than the one that is known, or no whole number.
    """
    if declared is None:
        return
    if not isinstance(declared, int) or isinstance(declared, bool):
        raise HashbenchError(f"{INTERFACE_NAME} = {declared!r} is not a whole number")
    if declared > known:
        raise HashbenchError(
            f"it was written for version {declared} of the hook interface, this hashbench has {known}: "
            "update hashbench"
        )


def _needs_labels(hasher: Any, path: Path) -> bool:
    try:
        tags = hasher().__sklearn_tags__() if hasattr(hasher, "__sklearn_tags__") else None
    except Exception as error:
        raise HashbenchError(
            f"{path}: {hasher.__name__}() raises {type(error).__name__}: {error}; "
            "give every argument of its constructor a default"
        ) from error
    return bool(tags and tags.target_tags.required)
