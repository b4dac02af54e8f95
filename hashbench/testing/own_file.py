"""A hasher in a Python file that belongs to no package."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hashbench.boundary import PluginError, boundary
from hashbench.errors import HashbenchError, UnknownNameError
from hashbench.plugin_files import imported_file
from hashbench.testing.subject import Subject


def subject_of_file(path: Path, class_name: str | None = None) -> Subject:
    """Import a file and return the hasher it defines, constructed without arguments.

    The folder of the file stays importable, so that the hasher can be pickled.

    Args:
        path: a file whose name ends with ``.py``.
        class_name: which class; None takes the one that has ``fit`` and ``transform``.

    Raises:
        HashbenchError: the file is not there, cannot be imported, has the name of another module, or defines
            no such class or several; or the class cannot be constructed.
    """
    module = imported_file(path)
    defined = {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, type) and value.__module__ == module.__name__
    }
    hasher = _chosen(path, defined, class_name)
    try:
        with boundary():
            return Subject(hasher())
    except PluginError as error:
        raise HashbenchError(
            f"{path}: {hasher.__name__}() raises {error}; give every argument of its constructor a default"
        ) from None


def _chosen(path: Path, defined: dict[str, type], class_name: str | None) -> Any:
    if class_name is not None:
        if class_name not in defined:
            known = ", ".join(defined) or "no class"
            raise UnknownNameError(f"{path} defines no class {class_name!r}; it defines {known}")
        return defined[class_name]
    hashers = [value for value in defined.values() if hasattr(value, "fit") and hasattr(value, "transform")]
    if not hashers:
        raise HashbenchError(f"{path} defines no hasher; write a class with fit and transform in it")
    if len(hashers) > 1:
        names = ", ".join(hasher.__name__ for hasher in hashers)
        raise HashbenchError(
            f"{path} defines several hashers ({names}); name one: "
            f"hashbench check {path}:{hashers[-1].__name__}"
        )
    return hashers[0]
