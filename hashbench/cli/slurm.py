"""``hashbench slurm``: a script that runs a grid as an array of jobs on a cluster."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from hashbench.cli.run import planned_grid, run

if TYPE_CHECKING:
    from hashbench.experiment.runner import Plan

SCRIPT = """\
#!/bin/bash
#SBATCH --job-name=hashbench
#SBATCH --array=1-{parts}
#SBATCH --cpus-per-task=1
#SBATCH --mem=8G
#SBATCH --time=04:00:00
# {trials} trials in {parts} jobs. The jobs share the folder of results; a job that was stopped goes on where
# it was when it is submitted again. The tests of hashbench run what a job runs, not Slurm itself.
set -euo pipefail
hashbench run {arguments} --shard "$SLURM_ARRAY_TASK_ID/{parts}" --jobs 1 --quiet
"""
OWN_OPTIONS = ("--shard", "--jobs", "--quiet", "--dry-run", "--json", "--executor", "--scheduler")


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    options_metavar="[--trials-per-job N] GRID...",
)
@click.option(
    "--trials-per-job", type=click.IntRange(1), default=20, show_default=True, help="Trials of a job, about."
)
@click.argument("grid", nargs=-1, type=click.UNPROCESSED)
def slurm(trials_per_job: int, grid: tuple[str, ...]) -> None:
    """Print a script for Slurm that runs a grid as an array of jobs.

    GRID are the options of `hashbench run`. Every job runs one part of the grid, see `hashbench run --shard`;
    all write to the folder that --out names, which they have to share. Where they do not, give each its own
    and join the folders with `hashbench merge`.

    \b
    hashbench slurm --trials-per-job 20 --methods itq,nash --datasets reuters > job.sh
    sbatch job.sh
    """
    given = next((option for option in OWN_OPTIONS if option in grid), None)
    if given is not None:
        raise click.UsageError(f"{given} is set by the script: leave it out")
    n_trials = _size(planned_grid(run.make_context("run", [*grid]).params))
    parts = max(1, -(-n_trials // trials_per_job))
    click.echo(SCRIPT.format(parts=parts, trials=n_trials, arguments=shlex.join(grid)), nl=False)


def _size(plan: Plan) -> int:
    return plan.n_todo + plan.n_stored
