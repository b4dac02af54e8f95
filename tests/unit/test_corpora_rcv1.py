"""RCV1-v2, from made-up files of the published form."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from hashbench import load_dataset, make_split
from hashbench.corpora.rcv1 import TEST_FILES, TOPICS_FILE, TRAIN_FILE
from hashbench.errors import DataError

STORIES = {
    TRAIN_FILE: range(100, 120),
    **{name: range(200 + 10 * i, 210 + 10 * i) for i, name in enumerate(TEST_FILES)},
}


def topics_of(number: int) -> list[str]:
    return ["CCAT", "C15"] if number % 2 else ["GCAT", *(["GSPO"] if number % 4 == 0 else [])]


def compressed(path: Path, lines: list[str]) -> None:
    path.write_bytes(gzip.compress("\n".join([*lines, ""]).encode()))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HASHBENCH_DATA", str(tmp_path))
    folder = tmp_path / "rcv1"
    folder.mkdir()
    for name, numbers in STORIES.items():
        compressed(folder / name, [f"{n}  {1 + n % 7}:0.5 47236:0.25" for n in numbers])
    shuffled = [n for numbers in reversed(STORIES.values()) for n in numbers]
    compressed(folder / TOPICS_FILE, [f"{topic} {n} 1" for n in shuffled for topic in topics_of(n)])
    return folder


def test_vectors_and_topics_of_a_story_stand_in_one_row(folder: Path) -> None:
    corpus = load_dataset("rcv1")
    numbers = [n for each in STORIES.values() for n in each]
    assert corpus.label_names == ("C15", "CCAT", "GCAT", "GSPO")
    assert corpus.vectors is not None
    assert corpus.vectors.shape == (60, 47_236)
    for row, number in enumerate(numbers):
        assert corpus.vectors[[row]].indices.tolist() == [number % 7, 47_235]
        labels = {corpus.label_names[label] for label in corpus.labels[[row]].indices}
        assert labels == set(topics_of(number))
    assert corpus.notes[0].startswith("a sample: 60 of the 804,414")


def test_the_official_split_trains_on_the_training_file(folder: Path) -> None:
    split = make_split(load_dataset("rcv1", split="official"))
    assert split.train.tolist() == list(range(20))
    rest = np.sort(np.concatenate([split.validation, split.test]))
    assert rest.tolist() == list(range(20, 60))


def test_the_training_file_alone_needs_no_other_vectors(folder: Path) -> None:
    for name in TEST_FILES:
        (folder / name).unlink()
    assert len(load_dataset("rcv1", documents="training")) == 20
    with pytest.raises(DataError, match="hashbench data fetch rcv1"):
        load_dataset("rcv1")
    with pytest.raises(DataError, match="no official split"):
        load_dataset("rcv1", documents="training", split="official")


def test_a_damaged_file_is_named(folder: Path) -> None:
    (folder / TRAIN_FILE).write_bytes((folder / TRAIN_FILE).read_bytes()[:-20])
    with pytest.raises(DataError, match=f"{TRAIN_FILE} is damaged"):
        load_dataset("rcv1")


def test_a_story_without_a_topic_and_a_line_of_another_form_are_told(folder: Path) -> None:
    compressed(folder / TOPICS_FILE, [f"GCAT {n} 1" for n in range(100, 119)])
    with pytest.raises(DataError, match="no topic of 41 stories, the first of them 119"):
        load_dataset("rcv1")
    compressed(folder / TOPICS_FILE, ["GCAT 100"])
    with pytest.raises(DataError, match="line 1: 'GCAT 100' is not a topic"):
        load_dataset("rcv1")
