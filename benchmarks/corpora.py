"""Time to read and vectorise the corpora of the data home, and to open their features from the cache.

Usage: HASHBENCH_DATA=FOLDER python benchmarks/corpora.py [DATASET ...]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile

DEFAULT = ("docstrings", "reuters", "20newsgroups", "20newsgroups-bydate", "tmc", "agnews", "dbpedia")
SCRIPT = """
import sys, time
from hashbench.data.split import make_split
from hashbench.experiment.environment import limited_threads, peak_memory_mib, reset_peak_memory
from hashbench.features.build import load_or_build_features
from hashbench.parameters import default_parameters
from hashbench.registry import registry

dataset, featurizer = registry().get("dataset", sys.argv[1]), registry().get("featurizer", "tfidf")
params = default_parameters(featurizer)
loader = dataset.spec.load()
featurizer.spec.load()
loader()  # imports and, for docstrings, the cache of the corpus
start = time.perf_counter()
corpus = loader()
loaded = time.perf_counter()
split = make_split(corpus)
with limited_threads(1):
    taken = []
    for _ in range(2):
        features = None
        reset_peak_memory()
        before, begun = peak_memory_mib(), time.perf_counter()
        features = load_or_build_features(corpus, split, featurizer.spec, params, distribution="hashbench")
        total = sum(float(getattr(features, part).sum()) for part in ("train", "validation", "test"))
        taken.append((time.perf_counter() - begun, peak_memory_mib() - before))
matrices = [features.train, features.validation, features.test]
size = sum(m.data.nbytes + m.indices.nbytes + m.indptr.nbytes for m in matrices) / 2**20
print(f"{sys.argv[1]:20} {len(corpus):10,} {loaded - start:7.1f} {taken[0][0]:9.1f} {taken[1][0]:9.3f} "
      f"{size:11.1f} {taken[1][1]:11.1f}")
"""


def main() -> None:
    """Measure each corpus in a process of its own."""
    parser = argparse.ArgumentParser(description="Time to read and vectorise the corpora of the data home.")
    parser.add_argument("datasets", nargs="*", default=DEFAULT)
    datasets = parser.parse_args().datasets
    heads = ("dataset", "documents", "load s", "tf-idf s", "cached s", "matrix MiB", "cached MiB")
    print("{:20} {:>10} {:>7} {:>9} {:>9} {:>11} {:>11}".format(*heads))
    with tempfile.TemporaryDirectory() as cache:
        for dataset in datasets:
            environment = {**os.environ, "HASHBENCH_CACHE": cache}
            subprocess.run([sys.executable, "-c", SCRIPT, dataset], env=environment, check=True)


if __name__ == "__main__":
    main()
