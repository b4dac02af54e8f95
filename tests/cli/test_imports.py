"""What may be imported when: commands that only tell must start fast."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {"torch", "sklearn", "pandas", "gensim", "scipy", "numba", "matplotlib"}
SCRIPT = """
import json, sys
sys.argv = ["hashbench", *{arguments!r}]
try:
    from hashbench.cli import main
    main()
except SystemExit as end:
    code = end.code
print(json.dumps([code, sorted(set(sys.modules))]), file=sys.stderr)
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["run", "--help"],
        ["score", "--help"],
        ["figure", "--help"],
        ["report", "--help"],
        ["compare", "--help"],
        ["claims", "--help"],
        ["neighbours", "--help"],
        ["check", "--help"],
        ["list"],
        ["list", "--json"],
        ["plugins"],
        ["--version"],
        ["completion", "bash"],
    ],
)
def test_commands_that_only_tell_import_nothing_heavy(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(arguments=arguments)], capture_output=True, text=True, check=True
    )
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code == 0
    assert HEAVY.isdisjoint(modules)


def test_the_package_imports_nothing_heavy_and_has_what_it_promises() -> None:
    script = "import json, sys, hashbench; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert HEAVY.isdisjoint(json.loads(done.stdout))
    import hashbench

    assert sorted(hashbench.__all__) == hashbench.__all__ == sorted(hashbench._MODULES)
    for name in hashbench.__all__:
        assert getattr(hashbench, name).__name__ == name
    with pytest.raises(AttributeError, match="nothing"):
        _ = hashbench.nothing
