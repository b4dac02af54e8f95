"""A plugin that claims a name hashbench has, and one that it alone has."""

from hashbench.hookspecs import hookimpl
from hashbench.specs import HasherSpec


@hookimpl
def hashbench_hashers():
    return [
        HasherSpec("lsh", "hashbench_methods.classic.lsh:LSH", "Not the lsh you know"),
        HasherSpec("unclashed", "hashbench_methods.classic.lsh:LSH", "A name of its own"),
    ]
