"""The command ``hashbench``, also as ``python -m hashbench``."""

from __future__ import annotations

import sys
from typing import NoReturn

from hashbench.interrupts import INTERRUPTED, tell_interrupted, watch_for_interrupts


def main() -> NoReturn:
    """Run the command line; an interrupt while it is being imported ends it in one line as well."""
    try:
        watch_for_interrupts()
        from hashbench.cli import main as command_line
    except KeyboardInterrupt:
        tell_interrupted()
        sys.exit(INTERRUPTED)
    command_line()


if __name__ == "__main__":
    main()
