"""The hooks a plugin implements. Each returns light records; the code behind them is imported on use.

A plugin is an installed distribution with an entry point in the group ``hashbench`` that points to a module
with functions decorated by ``hookimpl``. Keep that module light: import nothing but ``hashbench.hookspecs``
and ``hashbench.specs``.

    # pyproject.toml
    [project.entry-points.hashbench]
    mypackage = "mypackage.hashbench_plugin"

A single file is a plugin as well: ``--plugin FILE.py``, see ``hashbench.plugin_files``.

The hooks and specs have a version, ``INTERFACE_VERSION``. A module may name the version that it was written
for in ``HASHBENCH_INTERFACE``; a plugin that was written for a later one is not loaded.
``hashbench new hasher NAME`` writes a complete plugin.
"""

from __future__ import annotations

import pluggy

from hashbench.specs import DatasetSpec, FeaturizerSpec, HasherSpec, MetricSpec

ENTRY_POINT_GROUP = "hashbench"
INTERFACE_VERSION = 1
"""Version of the hooks and specs; raised when plugins written for it would not load in an older hashbench."""
INTERFACE_NAME = "HASHBENCH_INTERFACE"

hookspec = pluggy.HookspecMarker("hashbench")
hookimpl = pluggy.HookimplMarker("hashbench")


@hookspec
def hashbench_datasets() -> list[DatasetSpec]:  # type: ignore[empty-body]
    """Return the datasets of this plugin.

    The target is a function of keyword options that returns a ``hashbench.Corpus``; its annotations say which
    values an option may have, see ``hashbench.ranges``. Files that the spec declares can be listed, fetched
    and verified with ``hashbench data``, and ``hashbench.data.home.locate`` finds them::

        @hookimpl
        def hashbench_datasets():
            return [
                DatasetSpec(
                    "letters",
                    "mypackage.letters:load",
                    "Letters to the editor, 12 topics",
                    page="https://example.org/letters",
                    files=(DatasetFile("letters.csv", ("https://example.org/letters.csv",)),),
                )
            ]
    """


@hookspec
def hashbench_featurizers() -> list[FeaturizerSpec]:  # type: ignore[empty-body]
    """Return the featurizers of this plugin.

    The target is a scikit-learn transformer from documents to vectors, see ``hashbench.features``::

        @hookimpl
        def hashbench_featurizers():
            return [FeaturizerSpec("bigrams", "mypackage.bigrams:Bigrams", "tf-idf of word pairs")]
    """


@hookspec
def hashbench_hashers() -> list[HasherSpec]:  # type: ignore[empty-body]
    """Return the hashing methods of this plugin.

    The target is a scikit-learn transformer from vectors to codes, see ``hashbench.hashing``::

        @hookimpl
        def hashbench_hashers():
            return [HasherSpec("coin", "mypackage.coin:Coin", "One coin toss a word", supervised=False)]
    """


@hookspec
def hashbench_metrics() -> list[MetricSpec]:  # type: ignore[empty-body]
    """Return the metrics of this plugin, computed when ``--metrics`` names them.

    The target is a function of one ``EvaluationInput``, see ``hashbench.evaluation.metrics``::

        @hookimpl
        def hashbench_metrics():
            return [MetricSpec("mean-distance", "mypackage.metrics:mean_distance", "Mean Hamming distance")]
    """
