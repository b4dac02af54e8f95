"""Write 20 Newsgroups without its shortest and longest documents, as the published vectors have it.

Usage: HASHBENCH_DATA=FOLDER python benchmarks/published_documents.py FILE.jsonl

Published tables rest on vectors of 18,351 of the 18,828 documents; how these were chosen was not published.
Later scripts by authors of VDSH leave out documents with at most 5 or over 500 words of the vocabulary,
counted with repetitions; here these are the counts of the featurizer ``counts``. The split stays that of the
corpus, so that the two can be compared by ``search.py --datasets 20newsgroups FILE.jsonl``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from hashbench import load_dataset, make_split
from hashbench.registry import registry

FEWEST_WORDS = 6
MOST_WORDS = 500


def main() -> None:
    """Write the documents that are kept, and print how many there are."""
    parser = argparse.ArgumentParser(description="Write 20 Newsgroups with the documents of print.")
    parser.add_argument("file", type=Path)
    file = parser.parse_args().file
    corpus = load_dataset("20newsgroups")
    assert corpus.texts is not None
    split = make_split(corpus).rows
    counts = registry().get("featurizer", "counts").spec.load()()
    counts.fit([corpus.texts[row] for row in split["train"]])
    n_words = np.asarray(counts.transform(corpus.texts).sum(axis=1)).ravel()
    long = n_words > MOST_WORDS
    kept = (n_words >= FEWEST_WORDS) & ~long
    with file.open("w", encoding="utf-8") as lines:
        for part, rows in split.items():
            for row in rows[kept[rows]]:
                label = corpus.label_names[corpus.labels[[row]].indices[0]]
                lines.write(json.dumps({"text": corpus.texts[row], "label": label, "split": part}) + "\n")
    sizes = ", ".join(f"{kept[rows].sum():,} {part}" for part, rows in split.items())
    left_out = f"{n_words[long].sum() / n_words.sum():.0%} of all words were in {long.sum():,} long documents"
    print(f"{kept.sum():,} of {len(kept):,} documents ({sizes}); {left_out}")


if __name__ == "__main__":
    main()
