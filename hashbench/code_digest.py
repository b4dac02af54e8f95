"""The digest of the code behind a component: evidence of what made a result, kept in its record.

Modules are found and parsed, never run. Docstrings, comments, layout and the annotations of functions do not
count; annotations in the bodies of classes do, since dataclasses read them. One source gives one digest under
every version of Python that can parse it. A compiled module counts with its bytes.
"""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import json
import os
import sysconfig
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.machinery import BYTECODE_SUFFIXES, EXTENSION_SUFFIXES, SOURCE_SUFFIXES, ModuleSpec
from importlib.metadata import Distribution, distributions
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname

from hashbench.errors import HashbenchError
from hashbench.syntax_tree import ALL_BELOW, canonical, imported_names, parsed

DIGEST_LENGTH = 20
OWN_PACKAGE = "hashbench"
SHARED_KIT = "hashbench.hashing"
_SUFFIXES = (*EXTENSION_SUFFIXES, *SOURCE_SUFFIXES, *BYTECODE_SUFFIXES)


@cache
def code_digest(target: str) -> str:
    """Return the digest of all modules that a target reaches, 20 hexadecimal digits.

    Args:
        target: ``"package.module:Object"``.

    Raises:
        HashbenchError: the module cannot be found, or is imported from a zip archive.
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
    hashbench itself only the sub-package that holds the target counts besides. Where a module may import what
    cannot be read in it, because it is compiled without a source beside it or computes the name of a module,
    all modules of its top-level package count.

    Args:
        target: ``"package.module:Object"``.

    Raises:
        HashbenchError: the module cannot be found, or is imported from a zip archive.
    """
    start = target.partition(":")[0]
    start_file = _module_file(start)
    if start_file is None:
        raise _not_found(target, start)
    origins = _origins(start, start_file)
    digests: dict[str, str] = {}
    waiting = [start]
    seen = set()
    while waiting:
        module = waiting.pop()
        if module in seen:
            continue
        seen.add(module)
        package = module.removesuffix(ALL_BELOW)
        file = _module_file(package)
        if package != module:
            if package == OWN_PACKAGE or _counts(package, file or start_file, start, origins):
                waiting += _modules_below(package)
        elif file is not None and _counts(module, file, start, origins):
            digests[module], imported = _read(module, file)
            waiting += [*_parents(module), *imported]
    return digests


def _not_found(target: str, module: str) -> HashbenchError:
    spec = _top_level_spec(module.partition(".")[0])
    for folder in _folders_around(spec):
        if archive := next((path for path in (folder, *folder.parents) if path.is_file()), None):
            return HashbenchError(f"{target} is imported from the archive {archive}: install it unpacked")
    return HashbenchError(f"cannot find the source of {target}")


def _read(module: str, file: Path) -> tuple[str, tuple[str, ...]]:
    """Return the digest of a module, and the names of what it imports; some may be no modules."""
    stem = file.name.partition(".")[0]
    package = module if stem == "__init__" else module.rpartition(".")[0]
    source = file.with_name(f"{stem}.py")
    if not source.is_file():
        return _digest_of_bytes(file), (module.partition(".")[0] + ALL_BELOW,)
    digest, imported = _read_source(source.read_bytes(), package)
    return (digest if file == source and digest else _digest_of_bytes(file)), imported


@cache
def _read_source(source: bytes, package: str) -> tuple[str, tuple[str, ...]]:
    """Return the digest and the imports of a source; nothing of one that cannot be parsed."""
    tree = parsed(source)
    if tree is None:
        return "", ()
    return combined_digest("".join(canonical(tree))), tuple(dict.fromkeys(imported_names(tree, package)))


def _digest_of_bytes(file: Path) -> str:
    with file.open("rb") as content:
        return combined_digest(hashlib.file_digest(content, "sha256").hexdigest())


def _parents(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]


def _counts(module: str, file: Path, start: str, origins: set[str]) -> bool:
    if module.partition(".")[0] == OWN_PACKAGE:
        own = ".".join(start.split(".")[:2]) if start.startswith(f"{OWN_PACKAGE}.") else SHARED_KIT
        return any(module == kept or module.startswith(f"{kept}.") for kept in (own, SHARED_KIT))
    return bool(origins & _origins(module, file))


def _origins(module: str, file: Path) -> set[str]:
    """Return what a module came with, as names that its neighbours share.

    These are the distributions that installed it, the project of an editable installation that it lies in or,
    for sources that are only on the path, its top-level package and the folders around that.
    """
    top = module.partition(".")[0]
    spec = _top_level_spec(top)
    installed = _distributions_by_package().get(top, {})
    shared = len(installed) > 1 or (spec is not None and spec.origin is None)
    listing = {name for name, dist in installed.items() if shared and file in _files(dist)}
    if listing or (installed and not shared):
        return listing or set(installed)
    if project := _project_around(file):
        return {project}
    if installed:
        return set(installed)
    folders = {str(folder) for folder in _folders_around(spec) if not _is_installation_folder(folder)}
    return {f"package {top}", *folders}


@cache
def _distributions_by_package() -> Mapping[str, Mapping[str, Distribution]]:
    """Return the distributions that install something under the name of a top-level package or module.

    ``importlib.metadata.packages_distributions`` does not know of compiled modules before Python 3.12.
    """
    found: defaultdict[str, dict[str, Distribution]] = defaultdict(dict)
    for distribution in distributions():
        stated = (distribution.read_text("top_level.txt") or "").split()
        files = () if stated else (distribution.files or ())
        listed = [
            file.parts[0] if len(file.parts) > 1 else inspect.getmodulename(file.name) for file in files
        ]
        for name in {*stated, *listed}:
            if name and name.isidentifier():
                found[name].setdefault(distribution.name, distribution)
    return found


def _files(distribution: Distribution) -> set[Path]:
    return {Path(str(distribution.locate_file(file))).resolve() for file in distribution.files or ()}


@cache
def _editable_projects() -> Mapping[Path, str]:
    """Return the distributions that are installed as editable, by the folder of their project."""
    projects = {}
    for distribution in distributions():
        origin = json.loads(distribution.read_text("direct_url.json") or "{}")
        if origin.get("dir_info", {}).get("editable"):
            folder = Path(url2pathname(urlparse(origin["url"]).path)).resolve()
            projects[folder] = distribution.name
    return projects


def _project_around(file: Path) -> str | None:
    """Return the innermost editable project that holds a file, unless the file is installed inside it."""
    projects = _editable_projects()
    for folder in file.parents:
        if _is_installation_folder(folder):
            return None
        if folder in projects:
            return projects[folder]
    return None


def _is_installation_folder(folder: Path) -> bool:
    return folder.name in ("site-packages", "dist-packages") or folder in _standard_library()


@cache
def _standard_library() -> set[Path]:
    return {Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib")}


def _top_level_spec(top: str) -> ModuleSpec | None:
    try:
        return importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return None


def _folders_around(spec: ModuleSpec | None) -> list[Path]:
    """Return the folders on the path that hold a top-level module: several for a namespace package."""
    if spec is None:
        return []
    places = spec.submodule_search_locations or ([spec.origin] if spec.has_location and spec.origin else [])
    return [Path(place).resolve().parent for place in places]


def _module_file(module: str) -> Path | None:
    """Find a module below its top-level package by path, since ``find_spec`` would run its parents.

    A namespace package, a folder without ``__init__.py``, has no file.
    """
    top, *parts = module.split(".")
    spec = _top_level_spec(top)
    if not parts:
        origin = Path((spec and spec.has_location and spec.origin) or "")
        return origin.resolve() if origin.is_file() else None
    folders = _folders_of_package(top, *parts[:-1])
    return next((file for folder in folders if (file := _file_in(folder, parts[-1]))), None)


def _folders_of_package(top: str, *parts: str) -> list[Path]:
    """Return the folders of a package: several for a namespace package, none for a module."""
    spec = _top_level_spec(top)
    folders = [Path(place).resolve() for place in (spec and spec.submodule_search_locations) or ()]
    for part in parts:
        files = [file for folder in folders if (file := _file_in(folder, part))]
        below = [folder / part for folder in folders if part in _names_in(folder)]
        folders = [files[0].parent] if files and files[0].name.startswith("__init__.") else below
    return folders


def _file_in(folder: Path, name: str) -> Path | None:
    """Return the file that Python imports under a name from a folder.

    A package comes before a module and, of both, a compiled file before a source. Names are compared with
    those listed, since some file systems do not tell ``Coin.py`` from ``coin.py``.
    """
    listed = _names_in(folder)
    places = ([(folder / name, "__init__")] if name in listed else []) + [(folder, name)]
    for place, stem in places:
        present = _names_in(place)
        for suffix in _SUFFIXES:
            if f"{stem}{suffix}" in present:
                return place / f"{stem}{suffix}"
    return None


def _names_in(folder: Path) -> set[str]:
    try:
        return set(os.listdir(folder))
    except OSError:
        return set()


def _modules_below(package: str) -> Iterator[str]:
    """Yield the names of all modules below a package."""
    for folder in _folders_of_package(*package.split(".")):
        for file in folder.rglob("*"):
            name = inspect.getmodulename(file.name) or ""
            parts = (*file.parent.relative_to(folder).parts, *([] if name == "__init__" else [name]))
            if name and all(part.isidentifier() for part in parts):
                yield ".".join((package, *parts))
