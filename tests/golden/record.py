"""Record goldens: ``python -m tests.golden.record [--accept] [--here]``.

New methods and recipes, and those with other parameters or a raised version, are recorded. Goldens of methods
that are gone are removed, the others stay as they are. A result that changed at equal parameters and version
is refused.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.golden.goldens import FILE, Case, Golden, cases, compare, compute, load, save


def record(
    known: Mapping[str, Case],
    file: Path = FILE,
    *,
    accept: bool = False,
    here: bool = False,
    computed: Callable[..., Golden] = compute,
) -> list[str]:
    """Bring a file of goldens up to date, and print what is recorded and removed.

    Args:
        known: all methods and recipes by name.
        file: where the goldens are; it need not exist.
        accept: record results that changed at equal parameters and version as well.
        here: record anew what was recorded with other libraries or on another processor as well.
        computed: computes a golden.

    Returns:
        Why goldens are refused; these stay as they were.
    """
    old = load(file) if file.exists() else {}
    goldens, refused = {}, []
    for name, case in known.items():
        now = computed(case)
        difference = compare(name, old.get(name), now)
        moved = here and old.get(name) is not None and old[name].machine != now.machine
        if difference is not None and not difference.meant and not accept:
            refused.append(difference.message)
            goldens[name] = old[name]
        elif difference is not None or moved:
            goldens[name] = computed(case, with_spread=True)
            print(f"recorded {name}")  # noqa: T201
        else:
            goldens[name] = old[name]
    for name in sorted(set(old) - set(known)):
        print(f"removed {name}")  # noqa: T201
    save(goldens, file)
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
