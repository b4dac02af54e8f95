import pytest

from hashbench.corpora.dbpedia.dbpedia_classes import FILES, load
from hashbench.data.split import make_split
from hashbench.errors import DataError, HashbenchError
from tests.unit.made_up_files import write

COARSE = {"Boxer": "Agent", "Company": "Agent", "Tower": "Place"}


def table(n: int, *more: str, classes=tuple(COARSE)) -> str:
    rows = [
        f'"{label}, number {number}",{COARSE[label]},{label},' for number in range(n) for label in classes
    ]
    return "\n".join(["text,l1,l2,l3", *rows, *more, ""])


def write_set(home, **files) -> None:
    for (split, name), n in zip(FILES.items(), (16, 2, 2), strict=True):
        write(home / "dbpedia" / name, files.get(split, table(n)))


def test_labels_of_both_levels(data_home):
    write_set(data_home)
    corpus = load()
    assert (corpus.label_names, corpus.coarse_names) == (("Boxer", "Company", "Tower"), ("Agent", "Place"))
    assert len(corpus) == 60
    for text, label, coarse in zip(corpus.texts, corpus.single_label, corpus.coarse, strict=True):
        name = text.partition(",")[0]
        assert (corpus.label_names[label], corpus.coarse_names[coarse]) == (name, COARSE[name])
    assert str(corpus.recipe) == "stratified 80/10/10, seed 0"
    assert corpus.notes == ("a sample: 60 of the 337,739 published documents",)


def test_the_official_split_takes_the_three_files(data_home):
    write_set(data_home)
    corpus = load(split="official")
    split = make_split(corpus)
    assert (split.train.tolist(), split.validation.tolist(), split.test.tolist()) == (
        list(range(48)),
        list(range(48, 54)),
        list(range(54, 60)),
    )
    assert corpus.fingerprint == load().fingerprint


def test_a_class_too_small_to_stratify_makes_the_split_random(data_home):
    write_set(data_home, train=table(16, "a bridge,Place,Bridge,RoadBridge", "another,Place,Bridge,"))
    corpus = load()
    assert str(corpus.recipe) == "random 80/10/10, seed 0"
    assert "split at random and not stratified; documents of the smallest class, Bridge: 2" in corpus.notes


@pytest.mark.parametrize("split", ["random", "official"])
def test_a_class_that_the_train_file_lacks_is_kept_with_one_note(data_home, split):
    write_set(data_home, train=table(40, classes=("Boxer", "Tower")), test=table(20))
    corpus = load(split=split)
    assert "Company" in corpus.label_names
    assert corpus.notes[1:] == (
        "labels without a training document, official, seed 0: Company (documents: 22)",
    )


def test_columns_are_found_by_name_and_the_third_level_is_not_needed(data_home):
    write_set(data_home)
    before = load().fingerprint
    reordered = "\n".join(
        [
            "l2,l1,text",
            *(f'{label},{COARSE[label]},"{label}, number {n}"' for n in range(16) for label in COARSE),
        ]
    )
    write_set(data_home, train=reordered)
    assert load().fingerprint == before


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            table(2).replace("l2", "level2"),
            "DBPEDIA_val.csv, line 1: no column l2 among text, l1, level2, l3",
        ),
        (table(2, " ,Place,Tower,"), "DBPEDIA_val.csv, line 8: column text is blank"),
        (table(2, "x,Place,,"), "line 8: column l2 is blank"),
        (table(2, "x,Place"), "line 8: 2 columns instead of 4"),
        (table(0), "DBPEDIA_val.csv has no rows below its header"),
        ("", "DBPEDIA_val.csv is empty"),
    ],
)
def test_bad_files_are_refused_with_their_line(data_home, content, message):
    write_set(data_home, validation=content)
    with pytest.raises(DataError, match=message):
        load()


def test_one_class_is_refused(data_home):
    write_set(data_home, **{split: table(9, classes=("Tower",)) for split in FILES})
    with pytest.raises(DataError, match="dataset dbpedia: ranking needs at least two labels"):
        load()


def test_a_wrong_split_names_the_allowed_ones(data_home):
    with pytest.raises(HashbenchError, match="split is one of random, official, got 'train'"):
        load(split="train")


def test_missing_files_name_the_command_that_fetches_them(data_home):
    with pytest.raises(DataError, match="DBPEDIA_train.csv.*hashbench data fetch dbpedia"):
        load()
