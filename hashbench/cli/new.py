"""``hashbench new``: a complete plugin to start from."""

from __future__ import annotations

import re
from pathlib import Path

import click

KINDS = ("hasher", "neural-hasher", "featurizer", "dataset", "metric")


@click.command()
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("name")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Where its folder is made.  [default: here]",
)
@click.option("--author", default=None, metavar="NAME", help="Whom the licence names.")
def new(kind: str, name: str, folder: Path, author: str | None) -> None:
    """Write a complete plugin: a package hashbench-NAME that works, to be changed into yours.

    NAME is what the plugin will be called on the command line: lower-case letters and digits, in groups
    joined by hyphens. The package has an entry point, a small class or function, tests that run the checks of
    hashbench, a README, a licence and a workflow for GitHub.

    \b
    Examples:
      hashbench new hasher nearest-centroid
      hashbench new metric success
    """
    from hashbench.plugin_template import write_plugin

    root = write_plugin(kind, name, folder, author)
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        click.echo(path)
    command = "check" if kind != "dataset" else "data fetch"
    quoted = str(root) if re.fullmatch(r"[\w./-]+", str(root)) else f"'{root}'"
    click.echo(f"Next: pip install -e {quoted} and `hashbench {command} {name}`", err=True)
