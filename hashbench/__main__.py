"""The command ``hashbench``, also as ``python -m hashbench``."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from hashbench.interrupts import INTERRUPTED, tell_interrupted, watch_for_interrupts


def main() -> NoReturn:
    """Run the command line; an interrupt while it is being imported ends it in one line as well."""
    try:
        _open_closed_streams()
        watch_for_interrupts()
        from hashbench.cli import main as command_line
    except KeyboardInterrupt:
        tell_interrupted()
        sys.exit(INTERRUPTED)
    command_line()


def _open_closed_streams() -> None:
    """Let standard streams that the caller closed lead nowhere, so that no file takes their place."""
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(descriptor)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
        if getattr(sys, name) is None:
            setattr(sys, name, open(descriptor, "w" if descriptor else "r", encoding="utf-8"))  # noqa: SIM115


if __name__ == "__main__":
    main()
