"""Where the processes that run trials get their features from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hashbench.boundary import boundary
from hashbench.experiment import environment
from hashbench.experiment.choices import Choice
from hashbench.experiment.loaded import LoadedDataset, load_here
from hashbench.features.build import load_or_build_features, open_features
from hashbench.features.features import Features
from hashbench.features.storage import DamagedError


@dataclass(frozen=True)
class FeaturesSource:
    """The features of one dataset and featurizer, in the cache or still to be made.

    Attributes:
        name: their name in the cache.
        dataset: the dataset.
        featurizer: what makes them.
        threads: threads that the featurizer may use.
    """

    name: str
    dataset: Choice
    featurizer: Choice
    threads: int

    def __call__(self, inputs: Sequence[str]) -> Features:
        """Open the features with extra inputs by name; a machine without them makes them first.

        Raises:
            HashbenchError: they cannot be made.
        """
        try:
            return open_features(self.name, inputs)
        except DamagedError:
            self.build(inputs, load_here(self.dataset))
            return open_features(self.name, inputs)

    def build(self, inputs: Sequence[str], dataset: LoadedDataset) -> None:
        """Put the features and the extra inputs into the cache, if they are not there.

        Raises:
            HashbenchError: they cannot be made, whatever the featurizer raises.
        """
        with boundary(), environment.limited_threads(self.threads):
            load_or_build_features(
                dataset.corpus,
                dataset.split,
                self.featurizer.featurizer_spec,
                self.featurizer.params,
                distribution=self.featurizer.component.plugin.distribution,
                inputs=[*inputs],
            )
