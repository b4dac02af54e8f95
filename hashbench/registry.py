"""From entry points to specs: which plugins are installed, what they offer, and what went wrong with them.

Every plugin is loaded by itself, so that one that cannot be imported, misspells a hook or claims a name that
is taken is reported by name and takes nothing else down.
"""

from __future__ import annotations

import difflib
import os
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import pluggy

from hashbench import hookspecs
from hashbench.boundary import PluginError, boundary, described
from hashbench.crash_guard import import_well_known, try_in_a_copy
from hashbench.errors import HashbenchError, UnknownNameError
from hashbench.plugin_files import (
    FILES_VARIABLE,
    check_interface,
    declared_interface,
    has_hooks,
    imported_file,
    registered_classes,
    version_of_file,
)
from hashbench.specs import DatasetSpec, FeaturizerSpec, HasherSpec, MetricSpec, Spec

OWN_DISTRIBUTION = "hashbench"
ALLOWED_VARIABLE = "HASHBENCH_PLUGINS"
STRICT_VARIABLE = "HASHBENCH_STRICT_PLUGINS"
LARGEST_K = 10**6

_HOOKS: Mapping[str, type[Spec]] = {
    "hashbench_datasets": DatasetSpec,
    "hashbench_featurizers": FeaturizerSpec,
    "hashbench_hashers": HasherSpec,
    "hashbench_metrics": MetricSpec,
}


@dataclass(frozen=True)
class Plugin:
    """What became of one entry point, or of one file.

    Attributes:
        name: name of the entry point; of a file, its name.
        distribution: the installed distribution it belongs to; of a file, its name.
        version: version of that distribution; of a file, a digest of its content.
        state: "ok"; "failed": nothing of it is registered; "clash": a name of it is taken, see ``error``;
            "blocked": switched off by the environment variable HASHBENCH_PLUGINS.
        error: why the state is not "ok".
        specs: what it registered, in the order of the hooks.
        seconds: how long its import and its hooks took.
        module: the module that holds its hooks.
    """

    name: str
    distribution: str
    version: str
    state: Literal["ok", "failed", "clash", "blocked"]
    error: str | None = None
    specs: tuple[Spec, ...] = ()
    seconds: float = 0.0
    module: str = ""

    @property
    def foreign(self) -> bool:
        """Whether it comes from outside hashbench."""
        return self.distribution != OWN_DISTRIBUTION


@dataclass(frozen=True, eq=False)
class Component:
    """A registered spec, the name under which it can be asked for, and the plugin that brought it."""

    name: str
    spec: Spec
    plugin: Plugin


class Registry:
    """The components of all plugins, by kind and name.

    Where two plugins claim one name, a component of hashbench itself keeps it; the others are reached as
    ``distribution:name``, and the bare name is an error that lists them.
    """

    def __init__(self, plugins: Iterable[Plugin]) -> None:
        claims: defaultdict[tuple[str, str], list[Component]] = defaultdict(list)
        loaded = list(plugins)
        for plugin in loaded:
            for spec in plugin.specs:
                claims[spec.kind, spec.name].append(Component(spec.name, spec, plugin))
        self._components: dict[tuple[str, str], Component] = {}
        self._ambiguous: dict[tuple[str, str], list[str]] = {}
        clashes: defaultdict[str, list[str]] = defaultdict(list)
        for (kind, name), claimants in claims.items():
            self._settle(kind, name, claimants, clashes)
        self.plugins = tuple(
            replace(plugin, state="clash", error="; ".join(clashes[_identity(plugin)]))
            if _identity(plugin) in clashes
            else plugin
            for plugin in loaded
        )

    def _settle(
        self, kind: str, name: str, claimants: list[Component], clashes: defaultdict[str, list[str]]
    ) -> None:
        if len(claimants) == 1:
            self._components[kind, name] = claimants[0]
            return
        own = [claim for claim in claimants if claim.plugin.distribution == OWN_DISTRIBUTION]
        if len(own) == 1:
            self._components[kind, name] = own[0]
        qualified_names = []
        for claim in claimants:
            if own and claim is own[0]:
                continue
            qualified = f"{claim.plugin.distribution}:{name}"
            qualified_names.append(qualified)
            self._components[kind, qualified] = replace(claim, name=qualified)
            others = ", ".join(sorted({c.plugin.distribution for c in claimants if c is not claim}))
            clashes[_identity(claim.plugin)].append(
                f"{kind} {name!r} is also registered by {others}: ask for {qualified!r}"
            )
        if not own:
            self._ambiguous[kind, name] = qualified_names

    def names(self, kind: str) -> list[str]:
        """Return the names of one kind ("dataset", "featurizer", "method", "metric"), sorted."""
        return sorted(name for its_kind, name in self._components if its_kind == kind)

    def components(self, kind: str) -> list[Component]:
        """Return the components of one kind, sorted by name."""
        return [self._components[kind, name] for name in self.names(kind)]

    def get(self, kind: str, name: str) -> Component:
        """Return one component.

        Raises:
            UnknownNameError: nobody registered it; the message gives the nearest names and the plugins
                that failed to load, or the candidates where several plugins claim it.
        """
        if (kind, name) in self._components:
            return self._components[kind, name]
        if (kind, name) in self._ambiguous:
            candidates = " or ".join(self._ambiguous[kind, name])
            raise UnknownNameError(f"several plugins register {kind} {name!r}: ask for {candidates}")
        raise UnknownNameError(f"unknown {kind} {name!r}{self._hint(kind, name)}")

    def metric(self, name: str) -> Component:
        """Return a metric by its name or, for one of the first k documents, as ``NAME@K``.

        The component of such a metric is called ``NAME@K`` and presets ``k``.

        Raises:
            UnknownNameError: nobody registered it.
            HashbenchError: it takes no k, or K is not a whole number from 1 on.
        """
        bare, at, digits = name.partition("@")
        component = self.get("metric", bare)
        default = component.spec.k if isinstance(component.spec, MetricSpec) else None
        if default is None:
            if at:
                raise HashbenchError(f"metric {bare} is not of the first k documents: leave @{digits} out")
            return component
        if at and not (digits.isdecimal() and 0 < int(digits) <= LARGEST_K):
            raise HashbenchError(f"metric {name}: write {bare}@K with K from 1 to {LARGEST_K}")
        k = int(digits) if at else default
        spec = replace(component.spec, params={**component.spec.params, "k": k})
        return replace(component, name=f"{component.name}@{k}", spec=spec)

    def _hint(self, kind: str, name: str) -> str:
        broken = [plugin for plugin in self.plugins if plugin.state in ("failed", "blocked")]
        if name.endswith(".py"):
            return f"; --plugin {name} loads a file, and its classes and hooks name what it provides"
        hint = did_you_mean(name, self.names(kind)) or f"; `hashbench list {kind}s` shows the known ones"
        if broken:
            lost = "; ".join(f"{plugin.name} ({plugin.state}: {plugin.error})" for plugin in broken)
            hint += f". It may belong to a plugin that is not loaded: {lost}"
        return hint


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return "; did you mean 'x'?" for the nearest known name, or an empty string."""
    near = difflib.get_close_matches(name.lower(), list(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else ""


@cache
def registry() -> Registry:
    """Return the components of all installed plugins and of the files that are named, loaded once a process.

    Raises:
        HashbenchError: a file that is named cannot be loaded.
    """
    installed = load_plugins(entry_points(group=hookspecs.ENTRY_POINT_GROUP))
    files = [path for path in os.environ.get(FILES_VARIABLE, "").split(os.pathsep) if path]
    return Registry([*installed, *(load_plugin_file(Path(path)) for path in files)])


def load_plugins(points: Iterable[EntryPoint]) -> list[Plugin]:
    """Load each entry point by itself and return what became of it.

    The environment variable HASHBENCH_PLUGINS, a comma-separated list of entry-point names, switches all
    other plugins off, except hashbench's own. HASHBENCH_STRICT_PLUGINS=1 raises the first error instead of
    noting it.
    """
    allowed = os.environ.get(ALLOWED_VARIABLE)
    unique = {(_distribution(point)[0], point.name, point.value): point for point in points}
    order = sorted(unique, key=lambda identity: (identity[0] != OWN_DISTRIBUTION, identity))
    return [_load_plugin(unique[identity], allowed) for identity in order]


def load_plugin_file(path: Path) -> Plugin:
    """Load a plugin that is a single Python file.

    The file has hooks, or else its classes are registered, see ``hashbench.plugin_files``.

    Raises:
        HashbenchError: it is not there, cannot be imported, or registers nothing.
    """
    try:
        with boundary():
            import_well_known(path.read_bytes() if path.is_file() else b"")
            try_in_a_copy(partial(_specs_of_file, path), f"importing {path}")
            start = time.perf_counter()
            module, specs = _specs_of_file(path)
    except PluginError as error:
        raise PluginError(f"{path}: {error}", error.traceback) from None
    seconds = time.perf_counter() - start
    name = path.name
    return Plugin(name, name, version_of_file(path), "ok", None, tuple(specs), seconds, module.__name__)


def _load_plugin(point: EntryPoint, allowed: str | None) -> Plugin:
    distribution, version = _distribution(point)
    plugin = Plugin(point.name, distribution, version, "ok", module=point.module)
    if allowed is not None and distribution != OWN_DISTRIBUTION and point.name not in _names(allowed):
        return replace(plugin, state="blocked", error=f"not named in {ALLOWED_VARIABLE}={allowed}")
    start = time.perf_counter()
    if os.environ.get(STRICT_VARIABLE, "0") not in ("", "0"):
        specs = _specs(point)
        return replace(plugin, specs=specs, seconds=time.perf_counter() - start)
    try:
        with boundary():
            if plugin.foreign:
                try_in_a_copy(partial(_specs, point), f"importing {point.module}")
                start = time.perf_counter()
            specs = _specs(point)
    except HashbenchError as error:
        return replace(plugin, state="failed", error=described(error), seconds=time.perf_counter() - start)
    return replace(plugin, specs=specs, seconds=time.perf_counter() - start)


def _specs_of_file(path: Path) -> tuple[ModuleType, list[Spec]]:
    module = imported_file(path)
    check_interface(getattr(module, hookspecs.INTERFACE_NAME, None), hookspecs.INTERFACE_VERSION)
    return module, [*(_collect(module) if has_hooks(module) else registered_classes(module, path))]


def _specs(point: EntryPoint) -> tuple[Spec, ...]:
    check_interface(declared_interface(point.module), hookspecs.INTERFACE_VERSION)
    return tuple(_collect(point.load()))


def _collect(module: ModuleType) -> list[Spec]:
    manager = pluggy.PluginManager("hashbench")
    manager.add_hookspecs(hookspecs)
    manager.register(module)
    manager.check_pending()
    _check_decorated(module)
    specs: list[Spec] = []
    for hook, kind in _HOOKS.items():
        for implementation in getattr(manager.hook, hook).get_hookimpls():
            specs += _checked(implementation.function(), hook, kind)
    names = [(spec.kind, spec.name) for spec in specs]
    for kind_name in names:
        if names.count(kind_name) > 1:
            raise ValueError("{} {!r} is registered twice".format(*kind_name))
    return specs


def _check_decorated(module: ModuleType) -> None:
    plain = [
        name
        for name, value in vars(module).items()
        if name.startswith("hashbench_") and callable(value) and not hasattr(value, "hashbench_impl")
    ]
    if plain:
        raise ValueError(f"{plain[0]} is not decorated with hashbench.hookspecs.hookimpl")
    if not any(hasattr(value, "hashbench_impl") for value in vars(module).values()):
        raise ValueError(f"{module.__name__} implements no hook of hashbench")


def _checked(returned: Any, hook: str, kind: type[Spec]) -> list[Spec]:
    if not isinstance(returned, list | tuple):
        raise TypeError(f"{hook} returned {type(returned).__name__}, expected a list of {kind.__name__}")
    for spec in returned:
        if not isinstance(spec, kind):
            raise TypeError(f"{hook} returned a {type(spec).__name__}, expected {kind.__name__}")
    return list(returned)


def _distribution(point: EntryPoint) -> tuple[str, str]:
    """Return name and version of the distribution of an entry point, also where its metadata is broken."""
    try:
        name, version = (point.dist.name, point.dist.version) if point.dist else (None, None)
    except Exception:  # noqa: BLE001 - readers of damaged metadata raise anything
        name, version = None, None
    return name or "unknown", version or "0"


def _identity(plugin: Plugin) -> str:
    return f"{plugin.distribution}:{plugin.name}"


def _names(listed: str) -> set[str]:
    return {name.strip() for name in listed.split(",") if name.strip()}
