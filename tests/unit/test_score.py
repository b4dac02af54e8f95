"""``hashbench.score`` and ``hashbench score``: codes that were made elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.io import savemat
from scipy.sparse import csc_array

import hashbench
from hashbench import Codes, HashbenchError, TrialRecord, evaluate, load_dataset, make_split
from hashbench.cli import main
from hashbench.codes import QuantiserCodes
from hashbench.data.corpus import Corpus
from hashbench.evaluation import mapped_files
from hashbench.evaluation.evaluator import evaluate_tables
from hashbench.experiment.store import ResultStore
from hashbench.experiment.stored import rescored

pytestmark = pytest.mark.usefixtures("toy")

BITS = 32


@pytest.fixture
def corpus() -> Corpus:
    return load_dataset("toy")


@pytest.fixture
def codes(corpus: Corpus) -> dict[str, NDArray[Any]]:
    """Random codes of all documents of the split, with a bit that knows the class."""
    generator = np.random.default_rng(0)
    assert corpus.single_label is not None
    found = {}
    for part, rows in make_split(corpus).rows.items():
        bits = generator.integers(0, 2, (len(rows), BITS), dtype=np.uint8)
        bits[:, 0] = corpus.single_label[rows] % 2
        found[part] = bits
    return found


def stored(record: TrialRecord, folder: Path) -> dict[str, Codes]:
    found = ResultStore(folder).find_codes(record.codes_name)
    assert found is not None
    return dict(found.codes)


def test_codes_of_a_trial_score_as_the_trial_does_and_stand_beside_it(tmp_path: Path) -> None:
    results = hashbench.run("lsh", "toy", bits=BITS, seeds=1, jobs=1, out=tmp_path)
    (trial,) = results
    arrays = {part: codes.unpack() for part, codes in stored(trial, tmp_path).items()}
    said: dict[str, Any] = {"name": "mine", "labels": "training", "seed": 7}
    record = hashbench.score(arrays, "toy", featurizer="tfidf", out=tmp_path, **said)
    for name in ("scores", "metrics", "by_query", "chance", "task", "counts"):
        assert getattr(record, name) == getattr(trial, name), name
    assert (record.trial.method, record.trial.recipe, record.trial.seed) == ("mine", "external", 7)
    assert (record.labels, record.trial.bits, record.trial.requested) == ("training", BITS, None)
    assert record.origins["method"].distribution == "external"
    assert any("made elsewhere" in note for note in record.notes)
    assert (record.seconds.fit, record.peak_rss_mib) == (None, None)
    alone = hashbench.load_results(tmp_path).beside(record)[1:].to_frame()
    assert alone["seconds_fit"].dtype == alone["peak_memory_mib"].dtype == float
    assert ResultStore(tmp_path).find(record.key) == record
    found = hashbench.load_results(tmp_path)
    assert [each.trial.method for each in found.beside(record)] == ["lsh", "mine"]
    board = (tmp_path / "leaderboards/toy.md").read_text()
    assert "| mine (external) † | training |" in board


def test_codes_with_input_of_their_own_are_of_all_documents_and_score_as_evaluate_says(
    corpus: Corpus, codes: dict[str, NDArray[Any]], tmp_path: Path
) -> None:
    split = make_split(corpus)
    record = hashbench.score(
        codes, corpus_named(corpus), name="mine", labels="none", at=[5, 100], out=tmp_path
    )
    expected = evaluate(
        codes["test"],
        codes["train"],
        corpus.labels[split.test],
        corpus.labels[split.train],
        at=(5, 100),
        query_coarse=corpus.coarse[split.test] if corpus.coarse is not None else None,
        database_coarse=corpus.coarse[split.train] if corpus.coarse is not None else None,
    )
    for n in (5, 100):
        score = record.scores[f"p@{n}"]
        assert (score.expected, score.worst, score.best) == pytest.approx(
            (expected.expected[n], expected.worst[n], expected.best[n])
        )
        assert expected.coarse is not None
        assert record.scores[f"coarse-p@{n}"].expected == pytest.approx(expected.coarse.expected[n])
    assert (record.trial.featurizer, record.trial.requested) == ("external", "tfidf")
    assert stored(record, tmp_path) == {part: Codes.pack(bits) for part, bits in codes.items()}
    again = rescored(record, ResultStore(tmp_path), corpus, at=[10])
    assert list(again.scores) == ["p@10", "coarse-p@10"]


def corpus_named(corpus: Corpus) -> Corpus:
    """Return the corpus under a name that is not registered."""
    from dataclasses import replace

    return replace(corpus, name="elsewhere")


def test_every_form_of_the_same_codes_gives_the_same_record(
    codes: dict[str, NDArray[Any]], tmp_path: Path
) -> None:
    np.savez(tmp_path / "codes.npz", other=np.ones(3), **codes)
    savemat(tmp_path / "doubles.mat", {part: bits.astype(float) for part, bits in codes.items()})
    savemat(tmp_path / "sparse.mat", {part: csc_array(bits.astype(float)) for part, bits in codes.items()})
    forms: list[Any] = [
        codes,
        {part: bits.astype(bool) for part, bits in codes.items()},
        {part: bits.tolist() for part, bits in codes.items()},
        {part: np.packbits(bits, axis=1) for part, bits in codes.items()},
        tmp_path / "codes.npz",
        str(tmp_path / "doubles.mat"),
        tmp_path / "sparse.mat",
    ]
    keys = {
        hashbench.score(form, "toy", name="mine", labels="none", bits=BITS, out=tmp_path).key
        for form in forms
    }
    assert len(keys) == 1
    other = hashbench.score(codes, "toy", name="mine", labels="validation", out=tmp_path)
    assert other.key not in keys


def test_validation_codes_are_needed_only_for_validation_queries(
    codes: dict[str, NDArray[Any]], tmp_path: Path
) -> None:
    two = {part: codes[part] for part in ("train", "test")}
    record = hashbench.score(two, "toy", name="mine", labels="none", out=tmp_path)
    assert record.counts["encoded"] == len(two["train"]) + len(two["test"])
    with pytest.raises(
        HashbenchError, match="no array 'validation', of shape .24, bits. .there: 'train', 'test'"
    ):
        hashbench.score(two, "toy", name="mine", labels="none", queries="validation", out=tmp_path)


@pytest.mark.parametrize(
    ("change", "arguments", "message"),
    [
        ({"train": None}, {}, "no array 'train', of shape .192, bits."),
        ({"test": lambda a: a[:-1]}, {}, r"'test' has shape \(23, 32\), expected \(24, bits\), one row a"),
        ({"train": lambda a: a.T}, {}, r"'train' has shape \(32, 192\), expected \(192, bits\).*transpose"),
        ({"train": lambda a: a[:, 0]}, {}, r"'train' has shape \(192,\), expected \(192, bits\)"),
        (
            {"test": lambda a: a[:, :8]},
            {},
            r"'test' has shape \(24, 8\) and dtype uint8, expected .*\(24, 32\)",
        ),
        (
            {},
            {"bits": 64},
            r"'train' has shape \(192, 32\) .*expected shape \(192, 64\).*\(192, 8\) of uint8",
        ),
        ({"train": lambda a: 2 * a.astype(np.int8) - 1}, {}, "'train' holds -1, .*codes > 0"),
        ({"train": lambda a: np.packbits(a, axis=1)}, {}, "'train' holds .*number of bits, such as 32"),
        ({"test": lambda a: np.where(a, np.nan, 0)}, {}, "'test' holds nan, expected 0 and 1"),
        ({"test": lambda a: a.astype(str)}, {}, "'test' has dtype <U3, expected 0 and 1"),
        ({"train": lambda a: [[0], [0, 1]]}, {}, "'train' is not an array"),
        ({"train": lambda a: a[:, :0]}, {}, "'train' has 0 columns"),
        ({}, {"name": "My codes"}, "name='My codes': use lower-case letters"),
        ({}, {"labels": "all"}, "labels='all': give one of none, training"),
        ({}, {"bits": 0}, "bits=0: give a whole number from 1 to 4096"),
        ({}, {"seed": -1}, "seed=-1: give a whole number from 0"),
        ({}, {"board": "tfdif"}, "unknown featurizer 'tfdif'; did you mean 'tfidf'"),
        ({}, {"metrics": "diagnostic"}, "unknown metric"),
        ({}, {"dataset": "toyy"}, "unknown dataset"),
        ({}, {"params": {"lsh": {"x": 1}}}, r"params\['lsh'\]\['x'\]: 'lsh' is not selected"),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_stored(
    codes: dict[str, NDArray[Any]],
    tmp_path: Path,
    change: dict[str, Any],
    arguments: dict[str, Any],
    message: str,
) -> None:
    given: dict[str, Any] = dict(codes)
    for part, changed in change.items():
        given[part] = None if changed is None else changed(codes[part])
    given = {part: array for part, array in given.items() if array is not None}
    with pytest.raises(HashbenchError, match=message):
        hashbench.score(
            given, **{"dataset": "toy", "name": "mine", "labels": "none", "out": tmp_path, **arguments}
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("codes.txt", b"0 1", "name a .npz or .mat file"),
        ("codes.npz", None, "No such file"),
        ("codes.npz", b"PK\x03\x04", "cannot be read"),
        ("codes.npz", b"", "cannot be read"),
        ("codes.mat", b"nothing of MATLAB", "cannot be read"),
        (
            "codes.mat",
            b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + bytes(64),
            "save it with the option -v7",
        ),
    ],
)
def test_files_that_cannot_be_read_are_named(
    tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(HashbenchError, match=f"codes={path}: .*{message}"):
        hashbench.score(path, "toy", name="mine", labels="none", out=tmp_path / "results")


@pytest.mark.parametrize("packed", [False, True])
def test_a_folder_of_npy_files_is_read_in_blocks(
    codes: dict[str, NDArray[Any]], packed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapped_files, "BLOCK_ROWS", 7)
    said: dict[str, Any] = {"name": "mine", "labels": "none"}
    record = hashbench.score(codes, "toy", **said, out=tmp_path / "one")
    for part, bits in codes.items():
        np.save(tmp_path / f"{part}.npy", np.packbits(bits, axis=1) if packed else bits)
    of_files = hashbench.score(tmp_path, "toy", **said, bits=BITS, out=tmp_path / "other")
    assert (of_files.scores, of_files.by_query) == (record.scores, record.by_query)
    assert stored(of_files, tmp_path / "other") == stored(record, tmp_path / "one")


def test_a_damaged_file_in_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "train.npy").write_bytes(b"nothing")
    with pytest.raises(HashbenchError, match=f"codes={tmp_path}: cannot be read"):
        hashbench.score(tmp_path, "toy", name="mine", labels="none", out=tmp_path / "results")


def test_the_command_puts_codes_on_a_board(
    codes: dict[str, NDArray[Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.savez(tmp_path / "codes.npz", **codes)
    out = str(tmp_path / "results")
    arguments = ["--dataset", "toy", "--name", "mine", "--labels", "none", "--out", out]
    with pytest.raises(SystemExit) as ended:
        main(["score", "--codes", str(tmp_path / "codes.npz"), *arguments])
    printed = capsys.readouterr()
    assert ended.value.code == 0
    (record,) = hashbench.load_results(out)
    assert f"| mine (external) | none   | external |   {record.scores['p@100'].expected:.3f} |" in printed.out
    assert record.key in printed.err
    assert "| mine (external) " in (tmp_path / "results/leaderboards/toy.md").read_text()

    for wrong, message in (
        (["--bits", "64"], "Error: --codes: array 'train' has shape (192, 32) and dtype uint8"),
        (["--board", "tfdif"], "Error: unknown featurizer 'tfdif'"),
        (["--set", "lsh.x=1"], "Error: --set lsh.x: 'lsh' is not selected"),
        (["--name", "A"], "Error: --name 'A': use lower-case letters"),
    ):
        with pytest.raises(SystemExit) as ended:
            main(["score", "--codes", str(tmp_path / "codes.npz"), *arguments, *wrong])
        printed = capsys.readouterr()
        assert (ended.value.code, printed.out) == (2, "")
        assert printed.err.startswith(message)
        assert len(printed.err.splitlines()) == 1


def quantised(corpus: Corpus) -> dict[str, NDArray[Any]]:
    """Return indices of the training documents, and tables of the test documents."""
    generator = np.random.default_rng(0)
    rows = make_split(corpus).rows
    indices = generator.integers(0, 16, (len(rows["train"]), 5))
    return {"train": indices, "test_tables": generator.random((len(rows["test"]), 5, 16)).round(1)}


def test_indices_and_tables_are_ranked_by_asymmetric_distance(corpus: Corpus, tmp_path: Path) -> None:
    arrays = quantised(corpus)
    np.savez(tmp_path / "mine.npz", **arrays)
    said: dict[str, Any] = {"name": "mine", "labels": "none", "at": [10, 100], "out": tmp_path}
    record = hashbench.score(tmp_path / "mine.npz", "toy", **said)
    assert (record.kind, record.trial.bits, record.status) == ("quantiser", 20, "ok")
    assert corpus.single_label is not None
    rows = make_split(corpus).rows
    labels = corpus.single_label[rows["test"]], corpus.single_label[rows["train"]]
    codes = QuantiserCodes(arrays["train"].astype(np.uint8), 16)
    expected = evaluate_tables(arrays["test_tables"], codes, *labels, (10, 100))
    for n in (10, 100):
        assert record.scores[f"p@{n}"].expected == expected.expected[n]
    again = rescored(record, ResultStore(tmp_path), corpus, (10, 100))
    assert again.scores == record.scores
    assert hashbench.score(arrays, "toy", **said).key == record.key
    arrays["test_tables"][0, 0, 0] += 1
    assert hashbench.score(arrays, "toy", **said).key != record.key


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"test_tables": np.zeros((3, 5, 16))}, "test_tables: float64 of shape (3, 5, 16), expected floats"),
        ({"test_tables": np.zeros((3, 5, 15))}, "power of two"),
        ({"train": np.zeros((3, 5), np.uint8)}, "expected indices of shape"),
        ({"train": None}, "array 'train': none"),
        ({"bits": 40}, "5 books of 16 are 20 bits, not 40"),
    ],
)
def test_indices_and_tables_that_do_not_fit_are_named(
    corpus: Corpus, tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    arrays = {**quantised(corpus), **changes}
    bits = arrays.pop("bits", None)
    arrays = {name: array for name, array in arrays.items() if array is not None}
    with pytest.raises(HashbenchError) as raised:
        hashbench.score(arrays, "toy", name="mine", labels="none", bits=bits, out=tmp_path)
    assert message in str(raised.value)


def test_an_index_beyond_the_centroids_is_named(corpus: Corpus, tmp_path: Path) -> None:
    arrays = quantised(corpus)
    arrays["train"][3, 2] = 16
    with pytest.raises(HashbenchError, match="'train' holds 16, expected indices from 0 to 15"):
        hashbench.score(arrays, "toy", name="mine", labels="none", out=tmp_path)
