"""A plugin that misspells a hook."""

from hashbench.hookspecs import hookimpl


@hookimpl
def hashbench_hasher():
    return []
