import json

import pytest

from hashbench.data.user_files import FileSpec, dataset_component, file_component, looks_like_path
from hashbench.errors import DataError, UnknownNameError
from hashbench.experiment.choices import choose_datasets
from hashbench.parameters import Assignment, default_parameters, full_parameters
from hashbench.registry import Plugin, Registry
from hashbench.specs import DatasetSpec

REGISTRY = Registry(
    [Plugin("test", "test", "1", "ok", specs=(DatasetSpec("reuters", "test:load", "Registered"),))]
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("docs.jsonl", "docs"),
        ("My  Docs_v1.2.csv.gz", "my-docs-v1-2"),
        ("Café.tsv", "cafe"),
        ("a--b_.csv", "a-b"),
    ],
)
def test_the_name_of_the_dataset_is_the_stem_in_the_form_of_names(tmp_path, name, expected):
    (tmp_path / name).write_bytes(b"")
    component = file_component(str(tmp_path / name))
    assert component.name == component.spec.name == expected
    assert component.spec.kind == "dataset"


def test_a_folder_lends_its_whole_name_however_it_is_written(tmp_path, monkeypatch):
    (tmp_path / "docs.v1").mkdir()
    monkeypatch.chdir(tmp_path / "docs.v1")
    for text in (".", "../docs.v1", "../docs.v1/"):
        component = file_component(text)
        assert (component.name, component.spec.summary) == ("docs-v1", "Documents of docs.v1")


def test_the_path_is_no_parameter_but_the_columns_are(tmp_path):
    path = tmp_path / "docs.jsonl"
    path.write_text('{"body": "one", "label": "a"}\n{"body": "two", "label": "b"}\n' * 10)
    component = file_component(str(path))
    (choice,) = choose_datasets([Assignment.parse("docs.text_column=body")], [component])
    overrides = choice.overrides
    params = full_parameters(component, overrides)
    assert set(params) == {
        "text_column", "label_column", "labels_column", "labels_separator", "coarse_column", "split_column",
        "id_column", "encoding", "delimiter", "quoting", "drop_empty", "drop_duplicates",
    }  # fmt: skip
    assert str(tmp_path) not in json.dumps(default_parameters(component))
    assert list(component.spec.load()(**params).texts) == ["one", "two"] * 10


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("reuters.jsonl", "called 'reuters'"),
        ("文档.jsonl", "rename it"),
        ("docs.pkl", "is a pickle"),
        ("docs.json", "cannot tell how to read"),
    ],
)
def test_paths_that_make_no_dataset_are_refused(tmp_path, name, message):
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(DataError, match=message):
        dataset_component(str(tmp_path / name), REGISTRY)
    with pytest.raises(DataError, match="does not exist"):
        dataset_component(str(tmp_path / "none.jsonl"), REGISTRY)


def test_a_registered_name_wins_over_a_folder_of_that_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("reuters", "mine"):
        (tmp_path / folder).mkdir()
    assert not isinstance(dataset_component("reuters", REGISTRY).spec, FileSpec)
    assert isinstance(dataset_component("mine", REGISTRY).spec, FileSpec)
    with pytest.raises(UnknownNameError, match="did you mean 'reuters'"):
        dataset_component("reuter", REGISTRY)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("docs.jsonl", True),
        ("docs.csv.gz", True),
        ("docs.pkl", True),
        ("folder/docs", True),
        ("folder/", True),
        ("./docs", True),
        ("..", True),
        ("docs", False),
        ("plugin:docs", False),
        ("docs*", False),
        ("reuters", False),
    ],
)
def test_what_looks_like_a_path(tmp_path, monkeypatch, text, expected):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reuters").mkdir()
    assert looks_like_path(text, ["reuters"]) is expected
