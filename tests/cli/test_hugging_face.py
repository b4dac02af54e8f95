"""Datasets of the Hugging Face Hub, from the offline cache of the package that reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hashbench.data.hugging_face import hugging_face_component
from hashbench.errors import DataError
from tests.conftest import Run

datasets = pytest.importorskip("datasets")
pytestmark = pytest.mark.filterwarnings("ignore")

REVISION = "0123456789abcdef0123456789abcdef01234567"


def cached(cache: Path, name: str, splits: dict[str, dict[str, list[Any]]], features: Any) -> None:
    """Write a dataset as the package keeps what it has downloaded."""
    from datasets.arrow_writer import ArrowWriter

    folder = cache / f"owner___{name}" / "default" / "0.0.0" / REVISION
    folder.mkdir(parents=True)
    stored = {}
    for split, columns in splits.items():
        path = folder / f"{name}-{split}.arrow"
        with ArrowWriter(features=features, path=str(path)) as writer:
            for row in zip(*columns.values(), strict=True):
                writer.write(dict(zip(columns, row, strict=True)))
            writer.finalize()
        size = {"num_bytes": path.stat().st_size, "num_examples": len(columns["text"])}
        stored[split] = {"name": split, "dataset_name": name, **size}
    version = {"version_str": "0.0.0", "major": 0, "minor": 0, "patch": 0}
    about = {"builder_name": "json", "dataset_name": name, "config_name": "default", "version": version}
    info = {**about, "features": features.to_dict(), "splits": stored}
    (folder / "dataset_info.json").write_text(json.dumps(info))


def rows(n: int, first: str) -> dict[str, list[Any]]:
    return {
        "text": [f"{first} {i} {'yes' if i % 2 else 'no'}" for i in range(n)],
        "label": [i % 2 for i in range(n)],
    }


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables with which two cached datasets are found, and nothing else."""
    home = tmp_path_factory.mktemp("hub")
    named = datasets.Features(
        {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["negative", "positive"])}
    )
    splits = {"train": rows(40, "train"), "test": rows(20, "test"), "unsupervised": rows(8, "other")}
    cached(home / "datasets", "reviews", splits, named)
    several = datasets.Features({"text": datasets.Value("string"), "tags": [datasets.Value("string")]})
    tags = {
        "text": [f"note {i}" for i in range(60)],
        "tags": [["a"] if i % 3 else ["a", "b"] for i in range(60)],
    }
    cached(home / "datasets", "notes", {"train": tags}, several)
    return {"HF_HUB_OFFLINE": "1", "HF_HOME": str(home), "HF_DATASETS_CACHE": str(home / "datasets")}


def test_labels_have_their_names_and_the_split_is_the_official_one(command: Run, hub: dict[str, str]) -> None:
    found = command("data", "info", "hf:owner/reviews", "--json", **hub)
    assert found.code == 0, found.err
    document = found.document
    assert document["name"] == "hf-owner-reviews"
    assert document["split_sizes"] == {"train": 40, "validation": 10, "test": 10}
    assert document["split"] == "official, seed 0"
    assert document["fine"]["classes"] == 2
    assert "split unsupervised left out: 8 documents" in document["notes"]


def test_several_labels_are_read_from_the_column_that_is_named(command: Run, hub: dict[str, str]) -> None:
    options = ("--set", "hf-owner-notes.labels_column=tags")
    found = command("data", "info", "hf:owner/notes", "--json", *options, **hub)
    assert found.code == 0, found.err
    assert found.document["documents"] == 60
    assert found.document["fine"]["labels_per_document"] == pytest.approx(80 / 60)
    without = command("data", "info", "hf:owner/notes", **hub)
    assert without.code == 0, without.err
    assert "no document has a label, among the columns" in without.out + without.err


def test_what_is_not_in_the_cache_is_named(command: Run, hub: dict[str, str]) -> None:
    found = command("data", "info", "hf:owner/nothing", **hub)
    assert found.code == 2
    assert "hf:owner/nothing cannot be loaded" in found.err


@pytest.mark.slow
def test_it_is_a_dataset_of_a_run(command: Run, hub: dict[str, str]) -> None:
    done = command(
        *(
            "run",
            "--datasets",
            "hf:owner/reviews",
            "--methods",
            "lsh",
            "--bits",
            "8",
            "--seeds",
            "1",
            "--json",
        ),
        *("--set", "tfidf.min_df=1", "--text-column", "text"),
        **hub,
    )
    assert done.code == 0, done.err
    assert done.events[0]["trial"]["dataset"] == "hf-owner-reviews"


@pytest.mark.parametrize("text", ["hf:", "hf:owner/", "hf:a/b/c", "hf:some where"])
def test_a_name_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="write hf:OWNER/NAME"):
        hugging_face_component(text)
