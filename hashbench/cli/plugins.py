"""``hashbench plugins``: what is installed and what became of it."""

from __future__ import annotations

import json
from collections import Counter

import click

from hashbench.cli.output import echo_table
from hashbench.registry import Plugin, registry
from hashbench.reporting.table import Table


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def plugins(as_json: bool) -> None:
    """List the installed plugins: version, state, what they register, and what is wrong with them.

    \b
    States:
      ok       loaded
      clash    loaded, but a name of it is taken: ask for distribution:name
      failed   not loaded; nothing of it is registered
      blocked  switched off: HASHBENCH_PLUGINS=a,b allows only those beside hashbench's own
    """
    found = registry().plugins
    if as_json:
        fields = ("name", "distribution", "version", "state", "error")
        document = [
            {field: getattr(plugin, field) for field in fields} | {"registers": _counts(plugin)}
            for plugin in found
        ]
        click.echo(json.dumps({"schema": 1, "plugins": document}, indent=1))
        return
    header = ["name", "distribution", "version", "state", "registers", "error"]
    rows = [
        [
            plugin.name,
            plugin.distribution,
            plugin.version,
            plugin.state,
            ", ".join(f"{n} {kind}{'s' if n > 1 else ''}" for kind, n in _counts(plugin).items()),
            plugin.error or "",
        ]
        for plugin in found
    ]
    echo_table(Table("plugins", header, rows))


def _counts(plugin: Plugin) -> dict[str, int]:
    return dict(Counter(spec.kind for spec in plugin.specs))
