"""``hashbench completion``: tab completion of commands, options and names."""

from __future__ import annotations

from pathlib import Path

import click
from click.shell_completion import CompletionItem, get_completion_class

SHELLS = ("bash", "fish", "zsh")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print the script that gives SHELL tab completion.

    \b
    For bash, add to ~/.bashrc:
      eval "$(hashbench completion bash)"
    """
    from hashbench.cli import cli

    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(cli, {}, "hashbench", "_HASHBENCH_COMPLETE").source())


def complete_names(
    context: click.Context,  # noqa: ARG001 - click passes it
    parameter: click.Parameter,
    incomplete: str,
) -> list[CompletionItem]:
    """Complete a comma-separated list of registered names; the kind is the singular of the option's name."""
    from hashbench.registry import registry

    done, comma, last = incomplete.rpartition(",")
    kind = (parameter.name or "").removesuffix("s")
    names = registry().names(kind)
    return [CompletionItem(f"{done}{comma}{name}") for name in names if name.startswith(last)]


def complete_keys(
    context: click.Context,
    parameter: click.Parameter,  # noqa: ARG001 - click passes it
    incomplete: str,
) -> list[CompletionItem]:
    """Complete the key of a record in the folder of --results."""
    from hashbench.experiment.committed import committed_keys

    results = Path(context.params.get("results") or "results")
    keys = sorted({*(path.stem for path in results.glob("records/*.json")), *committed_keys(results)})
    return [CompletionItem(key) for key in keys if key.startswith(incomplete)]
