"""``python -m hashbench`` is ``hashbench``."""

from hashbench.cli import main

main()
