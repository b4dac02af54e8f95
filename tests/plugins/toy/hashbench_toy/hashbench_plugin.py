"""What the toy plugin registers."""

from pathlib import Path

from hashbench.hookspecs import hookimpl
from hashbench.specs import (
    DatasetFile,
    DatasetSpec,
    FeaturesOf,
    FeaturizerSpec,
    HasherSpec,
    MetricSpec,
    Recipe,
)

LETTERS = DatasetSpec(
    "toy-letters",
    "hashbench_toy.letters:load",
    "Letters to the editor",
    licence="for tests only",
    folder="letters1",
    page="https://example.org/letters",
    files=(
        DatasetFile(
            "letters.csv",
            (Path(__file__).with_name("letters.csv").as_uri(),),
            "11a292af949e12fa3c55b28c0d0694df5b1d71c01867a2f09a6ce13094a932c5",
        ),
    ),
)


@hookimpl
def hashbench_datasets():
    return [
        DatasetSpec("toy", "hashbench_toy.corpora:planted", "Planted clusters on two levels"),
        DatasetSpec("toy-multi", "hashbench_toy.corpora:several_labels", "Several labels a document"),
        DatasetSpec("toy-one-class", "hashbench_toy.corpora:one_class", "A single class"),
        LETTERS,
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
        HasherSpec(
            "toy-recipes",
            "hashbench_toy.methods:Sign",
            "Has a recipe",
            recipes={
                "published": Recipe(
                    {"scale": 2.0},
                    {"scale": "section 3"},
                    features=FeaturesOf("counts", {"min_df": 2}),
                    varies=("sleep",),
                )
            },
        ),
        HasherSpec(
            "toy-validated", "hashbench_toy.methods:Validated", "Looks at validation labels", validation=True
        ),
        HasherSpec(
            "toy-quantiser",
            "hashbench_toy.methods:RandomBooks",
            "Centroids drawn among the documents",
            quantiser=True,
        ),
        HasherSpec("toy-ranker", "hashbench_toy.methods:Rounded", "Rounded random projections", ranker=True),
        HasherSpec("toy-missing", "hashbench_toy.methods:Nowhere", "Its class does not exist"),
    ]


@hookimpl
def hashbench_metrics():
    return [MetricSpec("toy-metric", "hashbench_toy.methods:share_of_ones", "Share of ones")]
