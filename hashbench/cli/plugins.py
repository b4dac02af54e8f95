"""``hashbench plugins``: what is installed and what became of it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence

import click

from hashbench.cli.output import echo_table
from hashbench.hookspecs import INTERFACE_VERSION
from hashbench.registry import Plugin, registry
from hashbench.reporting.table import Table

MOST_NAMED = 4


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def plugins(as_json: bool) -> None:
    """List the plugins: version, state, what they provide, seconds to import, and what is wrong with them.

    \b
    States:
      ok       loaded
      clash    loaded, but a name of it is taken: ask for distribution:name
      failed   not loaded; nothing of it is registered
      blocked  switched off by --no-plugins or by HASHBENCH_PLUGINS
    """
    found = registry().plugins
    if as_json:
        fields = ("name", "distribution", "version", "state", "error", "module")
        document = [
            {field: getattr(plugin, field) for field in fields}
            | {"provides": _provided(plugin), "seconds": round(plugin.seconds, 4)}
            for plugin in found
        ]
        click.echo(json.dumps({"schema": 2, "interface": INTERFACE_VERSION, "plugins": document}, indent=1))
        return
    header = ["name", "distribution", "state", "import", "provides"]
    rows = [
        [
            plugin.name,
            f"{plugin.distribution} {plugin.version}",
            plugin.state,
            "" if plugin.state == "blocked" else f"{1000 * plugin.seconds:.0f} ms",
            _listed(_provided(plugin)),
        ]
        for plugin in found
    ]
    echo_table(Table("plugins", header, rows))
    for plugin in found:
        if plugin.error:
            click.echo(f"{plugin.name} ({plugin.state}): {plugin.error}", err=True)


def _provided(plugin: Plugin) -> dict[str, list[str]]:
    """Return the names that a plugin registers, by kind."""
    provided: defaultdict[str, list[str]] = defaultdict(list)
    for spec in plugin.specs:
        provided[spec.kind].append(spec.name)
    return dict(provided)


def _listed(provided: Mapping[str, Sequence[str]]) -> str:
    """Return names by kind; of many names their number."""
    parts = []
    for kind, names in provided.items():
        several = "s" if len(names) > 1 else ""
        listed = f" {', '.join(names)}" if len(names) <= MOST_NAMED else ""
        parts.append(f"{kind}{several}{listed}" if listed else f"{len(names)} {kind}{several}")
    return "; ".join(parts)
