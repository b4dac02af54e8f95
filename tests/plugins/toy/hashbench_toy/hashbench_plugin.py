"""What the toy plugin registers."""

from hashbench.hookspecs import hookimpl
from hashbench.specs import DatasetSpec, FeaturizerSpec, HasherSpec, MetricSpec


@hookimpl
def hashbench_datasets():
    return [
        DatasetSpec("toy", "hashbench_toy.corpora:planted", "Planted clusters on two levels"),
        DatasetSpec("toy-multi", "hashbench_toy.corpora:several_labels", "Several labels a document"),
        DatasetSpec("toy-one-class", "hashbench_toy.corpora:one_class", "A single class"),
        DatasetSpec("toy-raises", "hashbench_toy.corpora:raises", "A loader that raises"),
    ]


@hookimpl
def hashbench_featurizers():
    return [FeaturizerSpec("toy-raises", "hashbench_toy.methods:RaisingFeaturizer", "Raises in fit")]


@hookimpl
def hashbench_hashers():
    return [
        HasherSpec(
            "toy-right", "hashbench_toy.methods:Right", "Signs of a random projection, as it should be"
        ),
        HasherSpec("toy-sign", "hashbench_toy.methods:Sign", "Signs of a random projection"),
        HasherSpec("toy-blas", "hashbench_toy.methods:Blas", "Signs of principal components by dense BLAS"),
        HasherSpec("toy-labels", "hashbench_toy.methods:Labels", "Codes of centroids", supervised=True),
        HasherSpec("toy-raises", "hashbench_toy.methods:Raises", "Raises in fit"),
        HasherSpec("toy-ternary", "hashbench_toy.methods:Ternary", "Codes of -1, 0 and 1"),
        HasherSpec("toy-half", "hashbench_toy.methods:Half", "Half the bits"),
        HasherSpec("toy-dies", "hashbench_toy.methods:Dies", "Kills its process"),
        HasherSpec("toy-slow", "hashbench_toy.methods:Sign", "Takes its time", params={"sleep": 0.2}),
        HasherSpec("toy-needy", "hashbench_toy.methods:Sign", "Needs what is not there", inputs=("views",)),
        HasherSpec(
            "toy-neighbours", "hashbench_toy.methods:Neighbours", "Needs neighbours", inputs=("neighbours",)
        ),
        HasherSpec("toy-missing", "hashbench_toy.methods:Nowhere", "Its class does not exist"),
    ]


@hookimpl
def hashbench_metrics():
    return [MetricSpec("toy-metric", "hashbench_toy.methods:share_of_ones", "Share of ones")]
