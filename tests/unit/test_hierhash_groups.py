"""Fit diagnostics: stored in the record and with the codes, and compared with the labels."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.metrics import mutual_info_score

import hashbench.hashing
from hashbench import Corpus
from hashbench.codes import Codes
from hashbench.experiment.record import Seconds, TrialRecord
from hashbench.experiment.returned import checked_fit_diagnostics
from hashbench.experiment.store import ResultStore, StoredCodes
from hashbench.hashing.fit_diagnostics import FitDiagnostics, Groups
from hashbench.reporting.groups import describe_groups
from tests.conftest import Run
from tests.unit.records import make_record

TEXTS = (
    ["apple banana fruit"] * 3 + ["apple cherry fruit"] * 2 + ["wolf lion animal"] * 3 + ["lion bear animal"]
)
LABELS = np.array([0, 0, 0, 1, 1, 2, 2, 2, 3])
COARSE_MEMBERS = np.array([1, 1, 1, 1, 1, 0, 0, 0, 0])
FINE_MEMBERS = np.array([0, 0, 0, 3, 3, 1, 1, 3, 1])
PARENTS = np.array([1, 0, -1, 1])


def corpus(**changes):
    given = {"texts": TEXTS, "coarse": LABELS // 2, "coarse_names": ("plants", "animals")} | changes
    labels = csr_array(LABELS[:, None] == np.arange(4))
    return Corpus(name="zoo", labels=labels, label_names=("a", "b", "c", "d"), **given)


def levels():
    return (Groups("coarse", COARSE_MEMBERS), Groups("fine", FINE_MEMBERS, PARENTS))


def stored_codes(fit_diagnostics):
    codes = Codes.pack(np.eye(9, 8, dtype=np.uint8))
    return StoredCodes(
        {"train": codes}, {"train": np.arange(9)}, {"train": 0}, Seconds(fit=1.0), 5.0, fit_diagnostics
    )


@pytest.fixture
def store(tmp_path: Path) -> ResultStore:
    made = ResultStore(tmp_path / "results")
    made.prepare()
    return made


def test_fit_diagnostics_are_stored_with_the_codes(store: ResultStore) -> None:
    store.save_codes("key", stored_codes(FitDiagnostics({"stage": "last", "share": 0.5}, levels())))
    found = store.find_codes("key")
    assert found is not None
    assert found.fit_diagnostics.values == {"stage": "last", "share": 0.5}
    for read, written in zip(found.fit_diagnostics.groups, levels(), strict=True):
        assert read.name == written.name
        np.testing.assert_array_equal(read.members, written.members)
    assert found.fit_diagnostics.groups[0].parents is None
    np.testing.assert_array_equal(found.fit_diagnostics.groups[1].parents, PARENTS)


def test_records_without_fit_diagnostics_can_be_read() -> None:
    record = make_record(fit_diagnostics={"stage": "last"})
    document = json.loads(record.to_json())
    assert TrialRecord.from_json(json.dumps(document)).fit_diagnostics == {"stage": "last"}
    del document["fit_diagnostics"], document["digest"]
    assert TrialRecord.from_json(json.dumps(document)).fit_diagnostics == {}


@pytest.mark.parametrize(
    ("fit_diagnostics", "message"),
    [
        ({"stage": "last"}, "fit_diagnostics_ is a dict"),
        (FitDiagnostics({"loss": math.nan}), "fit_diagnostics_: 'loss' is nan"),
        (FitDiagnostics({"losses": [1.0]}), "fit_diagnostics_: 'losses'"),
        (FitDiagnostics({}, levels()), "groups 'coarse' of 9 documents, expected 8"),
    ],
)
def test_fit_diagnostics_that_cannot_be_stored_are_named(fit_diagnostics: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        checked_fit_diagnostics(fit_diagnostics, 8)


def test_groups_are_checked() -> None:
    with pytest.raises(ValueError, match="'g': a document is in group 3, parents has 2 entries"):
        Groups("g", np.array([0, 3]), np.array([0, 0]))
    with pytest.raises(ValueError, match="'g': members is an array"):
        Groups("g", np.array([0, -1]))


def test_fit_diagnostics_are_offered_to_plugins() -> None:
    assert hashbench.hashing.FitDiagnostics is FitDiagnostics
    assert hashbench.hashing.Groups is Groups


def test_the_tree_has_every_group_below_its_own() -> None:
    report = describe_groups(corpus(), np.arange(9), levels())
    order = [(group.level, group.number, group.documents) for group in report.groups]
    assert order == [
        ("coarse", 1, 5),
        ("fine", 0, 3),
        ("fine", 3, 3),
        ("coarse", 0, 4),
        ("fine", 1, 3),
        ("fine", 2, 0),
    ]
    named = {(group.level, group.number): (group.label, group.label_share) for group in report.groups}
    assert named["coarse", 1] == ("plants", 1.0)
    assert named["fine", 0] == ("a", 1.0)
    assert named["fine", 3] == ("b", pytest.approx(2 / 3))
    assert named["fine", 2] == (None, None)


def test_terms_of_a_group_are_those_that_distinguish_it() -> None:
    report = describe_groups(corpus(), np.arange(9), levels())
    terms = {(group.level, group.number): group.terms for group in report.groups}
    shares = {"apple": (1.0, 5 / 9), "banana": (1.0, 3 / 9), "fruit": (1.0, 5 / 9)}
    weights = {word: p * math.log(p / q) for word, (p, q) in shares.items()}
    assert list(terms["fine", 0]) == sorted(weights, key=lambda word: (-weights[word], word))
    assert set(terms["coarse", 0]) == {"wolf", "lion", "bear", "animal"}
    assert terms["fine", 2] == ()


def test_agreement_with_labels_has_its_closed_forms() -> None:
    report = describe_groups(corpus(), np.arange(9), levels())
    found = {(each.groups, each.labels): each for each in report.agreements}
    assert found["coarse", "coarse"].nmi == pytest.approx(1.0)
    assert found["coarse", "coarse"].purity == 1.0
    fine = found["fine", "fine"]
    assert (fine.n_groups, fine.n_labels) == (3, 4)
    assert fine.purity == pytest.approx((3 + 2 + 2) / 9)
    entropies = [-sum(p * math.log(p) for p in np.bincount(x) / 9 if p) for x in (LABELS, FINE_MEMBERS)]
    assert fine.nmi == pytest.approx(mutual_info_score(LABELS, FINE_MEMBERS) / np.mean(entropies))


def test_rows_of_the_training_documents_choose_their_labels() -> None:
    rows = np.arange(9)[::-1]
    turned = (Groups("coarse", COARSE_MEMBERS[::-1]), Groups("fine", FINE_MEMBERS[::-1], PARENTS))
    assert describe_groups(corpus(), rows, turned) == describe_groups(corpus(), np.arange(9), levels())


def test_counts_have_terms_where_the_vocabulary_is_known() -> None:
    counts = csr_array(np.array([[2, 0, 1]] * 5 + [[0, 1, 1]] * 4, dtype=np.float32))
    known = corpus(texts=None, counts=counts, words=("x", "y", "z"))
    groups = describe_groups(known, np.arange(9), levels()[:1]).groups
    assert [group.terms for group in groups] == [("x",), ("y",)]
    unknown = corpus(texts=None, counts=counts)
    assert {group.terms for group in describe_groups(unknown, np.arange(9), levels()[:1]).groups} == {()}


def test_documents_with_several_labels_have_no_agreement_but_a_label() -> None:
    labels = csr_array(np.array([[1, 1]] + [[1, 0]] * 8, dtype=bool))
    several = Corpus(name="zoo", texts=TEXTS, labels=labels, label_names=("a", "b"))
    report = describe_groups(several, np.arange(9), levels()[:1])
    assert report.agreements == ()
    assert [group.label for group in report.groups] == ["a", "a"]


def test_tables_leave_empty_groups_out() -> None:
    agreement, tree = describe_groups(corpus(), np.arange(9), levels()).tables()
    assert len(agreement.rows) == 4
    assert [row[0] for row in tree.rows] == ["coarse 1", "  fine 0", "  fine 3", "coarse 0", "  fine 1"]


def test_show_prints_fit_diagnostics_and_groups(hashbench: Run, tmp_path: Path) -> None:
    options = ["lsa.n_components=20", *(f"hierhash.{name}" for name in ("epochs=3", "self_epochs=1"))]
    options += [f"hierhash.{name}" for name in ("n_fine=6", "n_coarse=3", "hidden=32", "batch_size=20")]
    sets = [word for option in options for word in ("--set", option)]
    grid = ["--methods", "hierhash,lsh", "--datasets", "toy", "--featurizers", "lsa", "--bits", "8"]
    done = hashbench("run", *grid, "--seeds", "1", "--quiet", *sets)
    assert (done.code, done.err) == (0, "")
    keys = {
        json.loads(path.read_text())["trial"]["method"]: path.stem
        for path in Path(tmp_path).glob("results/records/*")
    }
    shown = hashbench("show", keys["hierhash"])
    assert "effective_fine=" in shown.out
    groups = hashbench("show", keys["hierhash"], "--groups")
    assert (groups.code, groups.err) == (0, "")
    assert "NMI" in groups.out
    assert "| coarse" in groups.out
    document = hashbench("show", keys["hierhash"], "--groups", "--json").document
    assert document["key"] == keys["hierhash"]
    by_level = {"coarse": 0, "fine": 0}
    for group in document["groups"]:
        by_level[group["level"]] += group["documents"]
    database = json.loads((tmp_path / f"results/records/{keys['hierhash']}.json").read_text())["counts"][
        "database"
    ]
    assert by_level == {"coarse": database, "fine": database}
    none = hashbench("show", keys["lsh"], "--groups")
    assert none.code == 2
    assert "has no groups" in none.err
