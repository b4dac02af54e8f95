"""Content hashes: of JSON values, and of the source code that a component can reach."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from hashbench.errors import HashbenchError

KEY_LENGTH = 20


def content_key(value: Any) -> str:
    """Return a short hexadecimal hash of a JSON value, independent of the order of keys.

    Raises:
        TypeError: the value cannot be written as JSON.
    """
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:KEY_LENGTH]


@cache
def source_fingerprint(target: str) -> str:
    """Hash the sources that a target can reach, see ``reachable_sources``.

    Raises:
        HashbenchError: the module cannot be found.
    """
    digest = hashlib.sha256()
    for module, source in sorted(reachable_sources(target).items()):
        digest.update(f"{module}\0{len(source)}\0".encode())
        digest.update(source)
    return digest.hexdigest()[:KEY_LENGTH]


def reachable_sources(target: str) -> dict[str, bytes]:
    """Return the source of a target's module and of all it imports from its own package or from hashbench.

    Modules are found and parsed, not run. Lazy imports inside functions count as well.

    Args:
        target: ``"package.module:Object"``.

    Raises:
        HashbenchError: the module cannot be found.
    """
    start = target.partition(":")[0]
    roots = {start.partition(".")[0], "hashbench"}
    sources: dict[str, bytes] = {}
    waiting = [start]
    while waiting:
        module = waiting.pop()
        path = _module_path(module)
        if path is None and module == start:
            raise HashbenchError(f"cannot find the source of {target}")
        if path is None or module in sources:
            continue
        sources[module] = path.read_bytes()
        waiting += [name for name in _imports(sources[module]) if name.partition(".")[0] in roots]
    return sources


def _imports(source: bytes) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _module_path(module: str) -> Path | None:
    """Find a module below its top-level package by path, since ``find_spec`` would run the parents."""
    top, *parts = module.split(".")
    spec = importlib.util.find_spec(top)
    if spec is None or spec.origin is None:
        return None
    candidates = [Path(spec.origin)]
    for part in parts:
        folder = candidates[0].parent
        if candidates[0].name != "__init__.py":
            return None
        possible = (folder / part / "__init__.py", folder / f"{part}.py")
        candidates = [path for path in possible if path.exists()]
        if not candidates:
            return None
    return candidates[0] if candidates[0].suffix == ".py" else None
