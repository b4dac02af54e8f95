"""The leaderboard in the README: ``python -m tests.readme`` writes it anew from the stored records."""

from __future__ import annotations

import re
from pathlib import Path

from hashbench.experiment.store import ResultStore
from hashbench.reporting.leaderboard import boards

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
RESULTS = ResultStore(ROOT / "leaderboards" / "results")
MARKS = re.compile(r"(<!-- leaderboard -->\n).*?(<!-- /leaderboard -->)", flags=re.DOTALL)


def with_leaderboard(text: str) -> str:
    """Return the README with P@100 on the docstrings between its marks."""
    records = [record for record in RESULTS.records()[0] if record.trial.dataset == "docstrings"]
    table = boards(records)[0].precision_table("p@100", "P@100")
    assert table is not None
    rows = table.to_markdown().split("\n\n", 1)[1]
    return MARKS.sub(lambda marks: f"{marks[1]}\n{rows}\n{marks[2]}", text)


if __name__ == "__main__":
    README.write_text(with_leaderboard(README.read_text(encoding="utf-8")), encoding="utf-8")
