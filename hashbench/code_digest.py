"""The digest of the code behind a component: evidence of what made a result, kept in its record.

Modules are found and parsed, never run. Docstrings, comments, layout and the annotations of functions do not
count; annotations in the bodies of classes do, since dataclasses read them. One source gives one digest under
every version of Python that can parse it.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import site
import sysconfig
from collections.abc import Iterator
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.metadata import packages_distributions
from pathlib import Path

from hashbench.errors import HashbenchError

DIGEST_LENGTH = 20
OWN_PACKAGE = "hashbench"
SHARED_KIT = "hashbench.hashing"
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_LAYOUT = {"lineno", "col_offset", "end_lineno", "end_col_offset", "ctx", "kind", "type_comment"}


@cache
def code_digest(target: str) -> str:
    """Return the digest of all modules that a target reaches, 20 hexadecimal digits.

    Args:
        target: ``"package.module:Object"``.

    Raises:
        HashbenchError: the module cannot be found.
    """
    return combined_digest(*(f"{name}\0{digest}" for name, digest in sorted(reached_modules(target).items())))


def combined_digest(*parts: str) -> str:
    """Return one digest of several strings, in their order."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{len(part)}\0{part}".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:DIGEST_LENGTH]


def reached_modules(target: str) -> dict[str, str]:
    """Return the digest of each module that a target can reach, by name.

    These are its own module and all that is imported from there on, lazily or not, with their parent
    packages, as far as they belong to the distribution of the target or to ``hashbench.hashing``. Of
    hashbench itself only the sub-package that holds the target counts besides.

    Args:
        target: ``"package.module:Object"``.

    Raises:
        HashbenchError: the module cannot be found.
    """
    start = target.partition(":")[0]
    if _module_file(start) is None:
        raise HashbenchError(f"cannot find the source of {target}")
    digests: dict[str, str] = {}
    waiting = [start]
    seen = set()
    while waiting:
        module = waiting.pop()
        if module in seen or not _counts(module, start):
            continue
        seen.add(module)
        path = _module_file(module)
        if path is None:
            continue
        waiting += _parents(module)
        content = path.read_bytes()
        tree = _parsed(content) if path.suffix == ".py" else None
        digests[module] = combined_digest(content.hex() if tree is None else "".join(_canonical(tree)))
        if tree is not None:
            waiting += _imports(tree, module if path.name == "__init__.py" else module.rpartition(".")[0])
    return digests


def _parents(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]


def _parsed(content: bytes) -> ast.Module | None:
    try:
        return ast.parse(content)
    except (SyntaxError, ValueError):
        return None


def _counts(module: str, start: str) -> bool:
    top = module.partition(".")[0]
    if top == OWN_PACKAGE:
        own = ".".join(start.split(".")[:2]) if start.startswith(f"{OWN_PACKAGE}.") else SHARED_KIT
        return any(module == kept or module.startswith(f"{kept}.") for kept in (own, SHARED_KIT))
    return top == start.partition(".")[0] or _same_distribution(top, start.partition(".")[0])


@cache
def _same_distribution(top: str, other: str) -> bool:
    """Tell whether two top-level modules come from one distribution, or from one folder of sources."""
    distributions = _distributions()
    if set(distributions.get(top, ())) & set(distributions.get(other, ())):
        return True
    folders = {Path(place).parent for place in _top_level_places(top)}
    sources = folders - _installation_folders()
    return bool(sources & {Path(place).parent for place in _top_level_places(other)})


@cache
def _distributions() -> dict[str, list[str]]:
    return dict(packages_distributions())


@cache
def _installation_folders() -> set[Path]:
    paths = sysconfig.get_paths()
    folders = [paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    return {Path(folder) for folder in [*folders, *site.getsitepackages(), site.getusersitepackages()]}


def _top_level_places(top: str) -> list[str]:
    """Return the files or folders of a top-level module: several for a namespace package."""
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return []
    if spec is None:
        return []
    if spec.submodule_search_locations is not None:
        return list(spec.submodule_search_locations)
    return [spec.origin] if spec.has_location and spec.origin else []


def _module_file(module: str) -> Path | None:
    """Find a module below its top-level package by path, since ``find_spec`` would run its parents.

    A namespace package, a folder without ``__init__.py``, has no file.
    """
    top, *parts = module.split(".")
    places = [Path(place) for place in _top_level_places(top)]
    if not parts:
        files = [place / "__init__.py" if place.is_dir() else place for place in places]
        return next((file for file in files if file.is_file()), None)
    folders = [place for place in places if place.is_dir()]
    for part in parts[:-1]:
        folders = [folder / part for folder in folders if (folder / part).is_dir()]
    endings = (f"{parts[-1]}/__init__.py", *(f"{parts[-1]}{end}" for end in (".py", *EXTENSION_SUFFIXES)))
    candidates = (folder / ending for folder in folders for ending in endings)
    return next((path for path in candidates if path.is_file()), None)


def _imports(tree: ast.Module, package: str) -> Iterator[str]:
    """Yield the absolute names of what a module of that package imports; some may be no modules."""
    for node in _walked(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node.module or "", node.level, package)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and _is_import_call(node):
            name = node.args[0].value  # type: ignore[attr-defined]
            level = len(name) - len(name.lstrip("."))
            yield _absolute(name[level:], level, package)


def _walked(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield all nodes but those that only a type checker sees."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += getattr(node, "orelse", []) if _for_type_checkers(node) else ast.iter_child_nodes(node)


def _for_type_checkers(node: ast.AST) -> bool:
    if not isinstance(node, ast.If):
        return False
    name = node.test.id if isinstance(node.test, ast.Name) else getattr(node.test, "attr", "")
    return bool(name == "TYPE_CHECKING")


def _is_import_call(node: ast.Call) -> bool:
    """Tell whether a call imports a module whose name is written out."""
    function = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    named = bool(node.args) and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str)
    return function in ("import_module", "__import__") and named


def _absolute(name: str, level: int, package: str) -> str:
    if not level:
        return name
    base = ".".join(package.split(".")[: len(package.split(".")) - level + 1])
    return f"{base}.{name}".strip(".")


def _canonical(node: ast.AST, *, in_class: bool = False) -> Iterator[str]:
    """Yield a syntax tree as text that no version of Python and no change without effect alters."""
    if isinstance(node, ast.AnnAssign) and not in_class:
        if node.value is None:
            return
        node = ast.Assign(targets=[node.target], value=node.value)
    if isinstance(node, ast.JoinedStr):
        node = _merged(node)
    skipped = _LAYOUT | ({"returns"} if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else set())
    skipped |= {"annotation"} if isinstance(node, ast.arg) else set()
    yield f"({type(node).__name__}"
    for name in sorted(set(node._fields) - skipped):
        value = getattr(node, name, None)
        if name in ("body", "orelse", "finalbody") and isinstance(value, list):
            value = list(_statements(value))
        if value is None or value == []:
            continue
        yield f" {name}="
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, ast.AST):
                yield from _canonical(item, in_class=isinstance(node, ast.ClassDef))
            else:
                yield f"{type(item).__name__}:{item!r},"
    yield ")"


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that have an effect: neither strings that stand alone nor ``pass``."""
    for statement in body:
        alone = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if isinstance(statement, ast.Pass) or (alone and isinstance(statement.value.value, str)):  # type: ignore[attr-defined]
            continue
        if _for_type_checkers(statement):
            yield from _statements(getattr(statement, "orelse", []))
        else:
            yield statement


def _merged(node: ast.JoinedStr) -> ast.JoinedStr:
    """Join neighbouring pieces of text of an f-string, which versions of Python cut differently."""
    values: list[ast.expr] = []
    for value in node.values:
        if isinstance(value, ast.Constant) and values and isinstance(values[-1], ast.Constant):
            values[-1] = ast.Constant(str(values[-1].value) + str(value.value))
        elif not (isinstance(value, ast.Constant) and value.value == ""):
            values.append(value)
    return ast.JoinedStr(values=values)
