"""Documents without labels, ids, empty documents and duplicates."""

import pytest

from hashbench.data.split import make_split
from hashbench.data.user_files import load_file
from tests.unit.test_files import EXPECTED, ROWS, TEXTS, labels_by_text, refused, write_csv, write_jsonl


def test_documents_without_labels_are_a_corpus(tmp_path):
    rows = [{"id": f"d{n}", "text": text, "title": "x"} for n, text in enumerate(TEXTS)]
    corpus = load_file(write_jsonl(tmp_path / "docs.jsonl", rows))
    assert (corpus.has_labels, corpus.labels.shape, corpus.single_label) == (False, (40, 0), None)
    assert corpus.notes == ("no document has a label, among the columns 'id', 'text', 'title'",)
    assert corpus.recipe.kind == "random"
    assert corpus.ids == tuple(f"d{n}" for n in range(40))
    assert not load_file(write_csv(tmp_path / "docs.csv", ROWS), label_column="", labels_column="").has_labels


def test_coarse_labels_alone_are_refused_with_a_way_out(tmp_path):
    rows = [{"text": row["text"], "coarse": row["label"]} for row in ROWS]
    path = write_csv(tmp_path / "docs.csv", rows)
    assert "set label_column='coarse' and coarse_column=''" in refused(path)
    assert labels_by_text(load_file(path, label_column="coarse", coarse_column="")) == EXPECTED


def test_a_single_label_is_refused_with_a_way_out(tmp_path):
    path = write_csv(tmp_path / "docs.csv", [{**row, "label": "x"} for row in ROWS])
    assert "label_column='' and labels_column=''" in refused(path)


def test_ids_are_strings_or_numbers_and_of_all_documents(tmp_path):
    rows = [{**row, "key": n} for n, row in enumerate(ROWS)]
    path = write_jsonl(tmp_path / "docs.jsonl", rows)
    assert load_file(path, id_column="key").ids == tuple(map(str, range(40)))
    assert load_file(path).ids is None
    del rows[3]["key"]
    corpus = load_file(write_jsonl(tmp_path / "docs.jsonl", rows), id_column="key")
    assert corpus.ids is None
    assert "ids left out, since documents have none: 1" in corpus.notes
    rows = [{**row, "id": n // 2} for n, row in enumerate(ROWS)]
    corpus = load_file(write_csv(tmp_path / "docs.csv", rows))
    assert "ids that an earlier document has: 20" in corpus.notes
    rows[5]["id"] = ["x"]
    assert "line 6: the id ['x'] is neither" in refused(write_jsonl(tmp_path / "docs.jsonl", rows))


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_empty_documents_are_dropped_on_request_with_a_count(tmp_path, suffix):
    rows = [{"text": " \n", "label": "arts"}, *ROWS, {"text": "", "label": "rare"}]
    path = (write_csv if suffix == ".csv" else write_jsonl)(tmp_path / f"docs{suffix}", rows)
    assert "2 documents have no text" in refused(path)
    corpus = load_file(path, drop_empty=True)
    assert labels_by_text(corpus) == EXPECTED
    assert corpus.label_names == ("arts", "sport")
    assert any("without text, left out" in note and note.endswith(": 2") for note in corpus.notes)
    assert corpus.understood["empty texts"].startswith("2, the first in line ")


def test_duplicates_are_counted_and_dropped_on_request(tmp_path):
    splits = ["test"] * 8 + ["validation"] * 2 + ["train"] * 30
    rows = [{**row, "split": splits[n], "id": f"d{n}"} for n, row in enumerate(ROWS)]
    rows[12]["text"] = rows[0]["text"]  # a test document among the training documents, with its label
    rows[15]["text"] = rows[14]["text"]  # with another label
    path = write_csv(tmp_path / "docs.csv", rows)
    assert load_file(path).notes == (
        "documents whose text an earlier document has: 2, with other labels than that: 1; "
        "test documents whose text a training document has: 1",
    )
    corpus = load_file(path, drop_duplicates=True)
    assert len(corpus) == len(set(corpus.texts)) == 38
    assert corpus.notes == ("documents left out since another one has their text: 2",)
    split = make_split(corpus)
    assert "d12" in [corpus.ids[row] for row in split.train]
    assert {"d0", "d15"}.isdisjoint(corpus.ids)
