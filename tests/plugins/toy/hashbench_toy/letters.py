"""A dataset with a file that its spec declares."""

from hashbench import load_dataset
from hashbench.data.home import locate
from hashbench_toy.hashbench_plugin import LETTERS


def load():
    return load_dataset(str(locate(LETTERS, "letters.csv")))
