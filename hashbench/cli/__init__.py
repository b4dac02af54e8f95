"""The command line. Command modules import click; what draws or computes is imported when a command runs."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from importlib.metadata import version
from io import TextIOWrapper
from typing import NoReturn

import click

from hashbench.cli.cache import cache
from hashbench.cli.check import check
from hashbench.cli.claims import claims
from hashbench.cli.compare import compare
from hashbench.cli.completion import completion
from hashbench.cli.data import data
from hashbench.cli.figure import figure
from hashbench.cli.leaderboard import leaderboard
from hashbench.cli.list import list_
from hashbench.cli.merge import merge
from hashbench.cli.neighbours import neighbours
from hashbench.cli.new import new
from hashbench.cli.options import add_plugin_options, option_of
from hashbench.cli.plugins import plugins
from hashbench.cli.report import report
from hashbench.cli.run import run
from hashbench.cli.score import score
from hashbench.cli.show import show
from hashbench.cli.slurm import slurm
from hashbench.cli.tune import tune
from hashbench.cli.upgrade import upgrade
from hashbench.errors import HashbenchError
from hashbench.interrupts import INTERRUPTED, tell_interrupted, watch_for_interrupts
from hashbench.printable import printable

EXIT_CODES = """\b
Exit codes of every command:
  0    fine
  1    some trial failed
  2    wrong usage, unknown name or unusable input
  3    a check failed
  130  interrupted
"""


@click.group(epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("hashbench"), prog_name="hashbench")
def cli() -> None:
    """Benchmark document hashing methods: P@N in Hamming space, ties settled by mathematics.

    Datasets, featurizers and methods are plugins; `hashbench list` shows them.
    """


COMMANDS = (
    run,
    tune,
    score,
    list_,
    show,
    leaderboard,
    report,
    compare,
    claims,
    figure,
    neighbours,
    merge,
    slurm,
    data,
    plugins,
    new,
    check,
    upgrade,
    cache,
    completion,
)
WITHOUT_PLUGINS = (cache, completion, new)

for command in COMMANDS:
    if command not in WITHOUT_PLUGINS:
        add_plugin_options(command)
    cli.add_command(command)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with its code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if threading.current_thread() is threading.main_thread():
        watch_for_interrupts()
    try:
        _check_current_folder()
        code = cli.main(arguments, prog_name="hashbench", standalone_mode=False)
    except click.exceptions.Exit as exit_:
        code = exit_.exit_code
    except click.ClickException as error:
        click.echo(f"Error: {printable(error.format_message())}{_advice(error)}", err=True)
        code = error.exit_code
    except HashbenchError as error:
        click.echo(f"Error: {printable(error.told(option_of))}", err=True)
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        tell_interrupted()
        code = INTERRUPTED
    sys.exit(code or 0)


def _check_current_folder() -> None:
    try:
        os.getcwd()
    except OSError as error:
        raise HashbenchError(f"the current folder cannot be used ({error.strerror}): go to another") from None


def _advice(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return f" (see `{context.command_path} --help`)" if context else ""
