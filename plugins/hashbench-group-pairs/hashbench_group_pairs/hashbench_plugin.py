"""What this package registers. It is imported by every command, so it imports nothing heavy."""

from hashbench.hookspecs import hookimpl
from hashbench.specs import HasherSpec

HASHBENCH_INTERFACE = 1


@hookimpl
def hashbench_hashers():
    return [
        HasherSpec(
            "group-pairs",
            "hashbench_group_pairs.hasher:GroupPairs",
            "Which of two random groups of documents is nearer, for each bit",
            licence="MIT",
        )
    ]
