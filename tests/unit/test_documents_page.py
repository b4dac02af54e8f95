"""The page about documents of one's own: every example is read as it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hashbench.cli.reading import FLAGS, TEXT_OPTIONS
from hashbench.data.split import make_split
from hashbench.data.user_files import load_file

PAGE = (Path(__file__).parents[2] / "docs" / "documents.md").read_text(encoding="utf-8")
EXAMPLES = {
    name: (kind, body) for kind, name, body in re.findall(r"```(\w+) (\S+)\n(.*?)```", PAGE, re.DOTALL)
}


def corpus_of(name, folder, monkeypatch):
    monkeypatch.chdir(folder)
    kind, body = EXAMPLES[name]
    if kind == "tree":
        for line in body.split():
            (folder / line).parent.mkdir(parents=True, exist_ok=True)
            (folder / line).write_text(f"the text of {line}")
    elif kind == "python":
        pytest.importorskip("pyarrow", reason="pyarrow is not installed")
        exec(body, {})
    else:
        (folder / name).write_text(body, encoding="utf-8")
    return load_file(folder / name)


@pytest.mark.parametrize(
    ("name", "n", "labels", "split"),
    [
        ("articles.jsonl", 6, ("arts", "economy", "sport"), "random"),
        ("articles.csv", 6, ("arts", "sport"), "official"),
        ("quotes.tsv", 6, ("arts", "sport"), "random"),
        ("lists.csv", 6, ("arts", "economy", "sport"), "random"),
        ("articles.parquet", 20, ("a", "b", "c"), "random"),
        ("articles", 6, ("arts", "sport"), "random"),
        ("official", 6, ("arts", "sport"), "official"),
        ("unlabelled.csv", 6, (), "random"),
    ],
)
def test_every_example_is_read(tmp_path, monkeypatch, name, n, labels, split):
    corpus = corpus_of(name, tmp_path, monkeypatch)
    assert (len(corpus), corpus.label_names, corpus.recipe.kind) == (n, labels, split)
    assert make_split(corpus).test.size


def test_all_examples_are_tested_and_the_texts_are_as_they_stand(tmp_path, monkeypatch):
    assert len(EXAMPLES) == 8
    texts = corpus_of("articles.csv", tmp_path, monkeypatch).texts
    assert texts[:2] == [
        "The match, played in the rain, ended in a draw.",
        'She said "no" and left the stage.',
    ]
    assert (
        corpus_of("quotes.tsv", tmp_path, monkeypatch).texts[0] == '"Yes" and "no" are the shortest answers.'
    )
    assert corpus_of("articles.jsonl", tmp_path, monkeypatch).ids == ("1", "2", "3", "4", "5", "6")
    assert corpus_of("unlabelled.csv", tmp_path, monkeypatch).ids[0] == "a1"


@pytest.mark.parametrize("name", [*TEXT_OPTIONS, *FLAGS])
def test_the_page_names_every_option(name):
    assert f"--{name.replace('_', '-')}" in PAGE
