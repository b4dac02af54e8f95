"""``hashbench completion``: tab completion of commands, options and names."""

from __future__ import annotations

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
