"""Record goldens: ``python -m tests.golden.record [--accept] [--here]``.

New methods and recipes, and those with other parameters or a raised version, are recorded. Goldens of methods
that are gone are removed, the others stay as they are. A result that changed at equal parameters and version
is refused.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from tests.golden.elsewhere import spreads
from tests.golden.goldens import FILE, Case, Golden, cases, compare, compute, load, save


def record(
    known: Mapping[str, Case],
    file: Path = FILE,
    *,
    accept: bool = False,
    here: bool = False,
    computed: Callable[[Case], Golden] = compute,
    spreads_of: Callable[[Mapping[str, Golden]], Mapping[str, float]] = spreads,
) -> list[str]:
    """Bring a file of goldens up to date, and print what is recorded and removed.

    Args:
        known: all methods and recipes by name.
        file: where the goldens are; it need not exist.
        accept: record results that changed at equal parameters and version as well.
        here: record anew what was recorded with other libraries or on another processor as well.
        computed: computes a golden.
        spreads_of: measures the spreads of goldens.

    Returns:
        Why goldens are refused; these stay as they were.
    """
    old = load(file) if file.exists() else {}
    anew: dict[str, Golden] = {}
    refused = []
    for name, case in known.items():
        now = computed(case)
        difference = compare(name, old.get(name), now)
        moved = here and old.get(name) is not None and old[name].machine != now.machine
        if difference is not None and not difference.meant and not accept:
            refused.append(difference.message)
        elif difference is not None or moved:
            anew[name] = now
    kept = {name: golden for name, golden in old.items() if name in known}
    measured = spreads_of(anew)
    save({**kept, **{name: replace(now, spread=measured[name]) for name, now in anew.items()}}, file)
    for what, names in (("recorded", anew), ("removed", sorted(set(old) - set(known)))):
        for name in names:
            print(f"{what} {name}")  # noqa: T201
    return refused


def main() -> None:
    """Record the goldens of all methods and recipes."""
    parser = argparse.ArgumentParser(prog="python -m tests.golden.record", description=__doc__)
    parser.add_argument("--accept", action="store_true", help="record changed results at equal versions too")
    parser.add_argument("--here", action="store_true", help="record anew what another machine recorded")
    options = parser.parse_args()
    if refused := record(cases(), accept=options.accept, here=options.here):
        sys.exit("\n".join(["Refused; --accept records them all the same:", *refused]))


if __name__ == "__main__":
    main()
