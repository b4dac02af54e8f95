"""What is generated in the README, which ``python -m tests.readme`` writes anew.

The leaderboard, the figures and the output of commands come from the stored records, the methods from the
registry.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from click.testing import CliRunner

from hashbench.cli import cli
from hashbench.experiment.store import ResultStore
from hashbench.registry import OWN_DISTRIBUTION, registry
from hashbench.reporting.board import boards, requested
from hashbench.reporting.catalogue import Catalogue
from hashbench.reporting.table import Table

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
RESULTS = ResultStore(ROOT / "leaderboards" / "results")


def generated(text: str) -> str:
    """Return the README with what is generated between its marks."""
    for mark, table in (("leaderboard", leaderboard()), ("methods", methods())):
        marks = re.compile(rf"(<!-- {mark} -->\n).*?(<!-- /{mark} -->)", flags=re.DOTALL)
        rows = table.to_markdown().split("\n\n", 1)[1]
        text, replaced = marks.subn(lambda found, rows=rows: f"{found[1]}\n{rows}\n{found[2]}", text)
        assert replaced == 1, mark
    marks = re.compile(r"(<!-- output: hashbench (.*) -->\n).*?(<!-- /output -->)", flags=re.DOTALL)
    return marks.sub(lambda found: f"{found[1]}\n{output(found[2])}\n{found[3]}", text)


def output(command: str) -> str:
    """Return what a command prints about the committed results."""
    done = CliRunner().invoke(cli, [*shlex.split(command), "--results", str(RESULTS.root)])
    assert done.exit_code == 0, command
    return done.stdout.replace("\n### ", "\n#### ").replace("### ", "#### ", 1)


def leaderboard() -> Table:
    """Return P@100 on the docstrings with tf-idf, of the methods that see no labels."""
    records = [
        record
        for record in RESULTS.records()[0]
        if record.trial.dataset == "docstrings" and requested(record)[0] == "tfidf"
    ]
    (board,) = boards(records, Catalogue(registry(), marks=False))
    table = board.precision_table("p@100", "P@100")
    assert table is not None
    return table


def methods() -> Table:
    """Return the methods that hashbench registers, with their papers; † for those that learn from labels."""
    rows = [
        [
            f"`{component.name}`{' †' if component.spec.supervised else ''}",
            component.spec.summary,
            f"{component.spec.citation.authors} ({component.spec.citation.year})",
        ]
        for component in registry().components("method")
        if component.plugin.distribution == OWN_DISTRIBUTION and component.spec.citation
    ]
    return Table("Methods", ["name", "what it does", "paper"], rows)


def figures(text: str) -> list[list[str]]:
    """Return the arguments of the commands that draw the figures of the README; the last is the file."""
    commands = re.findall(r"^\$ hashbench (figure .*--results leaderboards/results .*)$", text, flags=re.M)
    assert commands, "the README has lost its figures"
    return [shlex.split(command) for command in commands]


def main() -> None:
    """Write the README and its figures."""
    text = generated(README.read_text(encoding="utf-8"))
    README.write_text(text, encoding="utf-8")
    for arguments in figures(text):
        cli.main(arguments, standalone_mode=False)


if __name__ == "__main__":
    main()
