import re

from hashbench.hookspecs import hookimpl
from hashbench.specs import DatasetSpec, FeaturizerSpec, HasherSpec, MetricSpec

METHODS = (
    "Exits",
    "ExitsInTransform",
    "ExitsHard",
    "Interrupts",
    "EndsGenerators",
    "RaisesBase",
    "RaisesMute",
    "RaisesMuch",
    "Crashes",
    "Kills",
    "Forks",
    "LeavesAChild",
    "Prints",
    "PatchesNumpy",
    "StrangeDiagnostics",
    "ReturnsLists",
    "Sleeps",
    "Hoards",
)


def named(method):
    return "rotten" + re.sub("([A-Z])", r"-\1", method).lower()


@hookimpl
def hashbench_hashers():
    return [
        *(HasherSpec(named(name), f"rotten.methods:{name}", "Rotten") for name in METHODS),
        HasherSpec("rotten-syntax", "rotten.syntax:Method", "Its module is no Python"),
        HasherSpec("rotten-oserror", "rotten.raises_oserror:Method", "Its module raises"),
        HasherSpec("rotten-ends-import", "rotten.exits_hard_when_imported:Method", "Its module exits"),
        HasherSpec("rotten-missing", "rotten.missing:Method", "Its module is not there"),
    ]


@hookimpl
def hashbench_metrics():
    names = ("exits", "nan", "array", "float32", "prints")
    return [MetricSpec(f"rotten-{name}", f"rotten.metrics:{name}", "Rotten") for name in names]


@hookimpl
def hashbench_featurizers():
    return [
        FeaturizerSpec("rotten-exits", "rotten.others:ExitingFeaturizer", "Exits"),
        FeaturizerSpec("rotten-crashes", "rotten.others:CrashingFeaturizer", "Crashes"),
        FeaturizerSpec("rotten-ends-import", "rotten.exits_hard_when_imported:Method", "Its module exits"),
        FeaturizerSpec("rotten-syntax", "rotten.syntax:Featurizer", "Its module is no Python"),
    ]


@hookimpl
def hashbench_datasets():
    return [
        DatasetSpec("rotten-exits", "rotten.others:exits", "Exits"),
        DatasetSpec("rotten-exits-hard", "rotten.others:exits_hard", "Exits at once"),
        DatasetSpec("rotten-crashes", "rotten.others:crashes", "Reads memory that is not its own"),
        DatasetSpec("rotten-ends-import", "rotten.exits_hard_when_imported:load", "Its module exits"),
        DatasetSpec("rotten-list", "rotten.others:returns_list", "Returns no corpus"),
        DatasetSpec("rotten-syntax", "rotten.syntax:load", "Its module is no Python"),
    ]
