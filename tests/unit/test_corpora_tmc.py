import numpy as np
import pytest

from hashbench.corpora.tmc.safety_reports import LABELS, load
from hashbench.data.split import make_split
from hashbench.errors import DataError, HashbenchError
from tests.unit.made_up_files import write

TRAIN_LABELS = [{0, 21}, {1}, {2}, set(), {0, 1, 2}]
TEST_LABELS = [{0}, {1}, {21}]
WORDS = ("engine", "runway", "wing")
UNLABELLED = "documents without a label: 1"
TRAIN_WORDS = [{0, 2}, set(), {1}, {0}, {0, 1, 2}]
TEST_WORDS = [{1}, {2}, {0, 1}]


def matrix(labels, no="-1", end="\r\n") -> str:
    return "".join(",".join("1" if c in row else no for c in range(22)) + end for row in labels)


def write_texts(home, train_labels=TRAIN_LABELS, **lines: str) -> None:
    for name, n in (("TrainingData.txt", 5), ("TestData.txt", 3)):
        content = "".join(f"{number}~text {number}~of {name}\n" for number in range(1, n + 1))
        write(home / "tmc" / name, lines.get(name.removesuffix(".txt"), content))
    write(home / "tmc" / "TrainCategoryMatrix.csv", matrix(train_labels))
    write(home / "tmc" / "TestTruth.csv", matrix(TEST_LABELS, no="0"))


def arff(words, labels, names=WORDS) -> str:
    attributes = "".join(f"@attribute {name} {{0,1}}\n" for name in (*names, *LABELS))
    rows = [
        sorted(row) + sorted(label + len(names) for label in row_labels)
        for row, row_labels in zip(words, labels, strict=True)
    ]
    data = "".join("{" + ",".join(f"{column} 1" for column in row) + "}\n" for row in rows)
    return f"% comment\n@relation tmc\n\n{attributes}\n@data\n{data}"


def write_bags(home, train: str | None = None, test: str | None = None) -> None:
    write(home / "tmc" / "tmc2007-500-train.arff", train or arff(TRAIN_WORDS, TRAIN_LABELS))
    write(home / "tmc" / "tmc2007-500-test.arff", test or arff(TEST_WORDS, TEST_LABELS))


def sets_of(matrix) -> list[set[int]]:
    return [set(matrix[[row]].indices.tolist()) for row in range(matrix.shape[0])]


def test_texts_and_labels_of_the_raw_files(data_home):
    write_texts(data_home)
    corpus = load(form="text")
    assert corpus.texts[0] == "text 1~of TrainingData.txt"
    assert corpus.texts[5:] == [f"text {number}~of TestData.txt" for number in (1, 2, 3)]
    assert sets_of(corpus.labels) == TRAIN_LABELS + TEST_LABELS
    assert corpus.label_names == LABELS
    assert corpus.description.endswith("raw texts")


def test_words_and_labels_of_the_bags(data_home):
    write_bags(data_home)
    corpus = load(form="counts")
    assert sets_of(corpus.counts) == TRAIN_WORDS + TEST_WORDS
    assert corpus.counts.dtype == np.float32
    assert set(corpus.counts.data) == {1}
    assert corpus.words == WORDS
    assert sets_of(corpus.labels) == TRAIN_LABELS + TEST_LABELS
    assert corpus.description.endswith("binary bag of 3 words")


@pytest.mark.parametrize("form", ["text", "counts"])
def test_the_split_is_official_and_both_forms_have_the_same_labels(data_home, form):
    write_texts(data_home)
    write_bags(data_home)
    corpus = load(form=form)
    split = make_split(corpus)
    assert split.train.tolist() == [0, 1, 2, 3, 4]
    assert (len(split.validation), len(split.test)) == (1, 2)
    assert corpus.label_fingerprint == load(form="counts").label_fingerprint
    assert corpus.notes == (UNLABELLED,)


def test_auto_takes_the_texts_if_there_is_one_for_each_row_of_labels(data_home):
    write_bags(data_home)
    notes = ("the raw texts are not complete here; read as a bag of 500 words", UNLABELLED)
    assert (load().form, load().notes) == ("counts", notes)
    write_texts(data_home, TrainingData="1~the only text\n")
    assert (load().form, load().notes) == ("counts", notes)
    write_texts(data_home)
    assert (load().form, load().notes) == ("text", (UNLABELLED,))
    (data_home / "tmc" / "TestTruth.csv").unlink()
    assert load().form == "counts"


def test_texts_that_are_not_utf8_are_read_as_cp1252_with_a_note(data_home):
    write_texts(data_home, TestData="1~café\n2~b\n3~c\n".encode("cp1252"))
    corpus = load(form="text")
    assert corpus.texts[5] == "café"
    assert corpus.notes == ("TestData.txt is not UTF-8 and was read as cp1252", UNLABELLED)


def test_a_label_of_test_documents_alone_is_noted(data_home):
    write_texts(data_home, train_labels=[{0}, {1}, {2}, {2}, {2}])
    assert load().notes == ("labels without a training document, official, seed 0: class22 (documents: 1)",)


def test_too_few_texts_are_refused_where_texts_are_asked_for(data_home):
    write_texts(data_home, TrainingData="1~the only text\n")
    with pytest.raises(DataError, match=r"TrainingData\.txt has 1 texts, .*TrainCategoryMatrix\.csv 5 rows"):
        load(form="text")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("TestData.txt", "1~a\nno id\n3~c\n", "line 2: no text after an id and a tilde"),
        ("TestData.txt", "1~a\n2~ \n3~c\n", "line 2: no text after an id and a tilde"),
        ("TestData.txt", "", "is empty"),
        ("TestTruth.csv", "1,0\n", "line 1: 2 columns instead of 22"),
        ("TestTruth.csv", matrix(TEST_LABELS, no="2"), "line 1: the label value '2' is not -1, 0 or 1"),
    ],
)
def test_bad_raw_files_are_refused_with_their_line(data_home, name, content, message):
    write_texts(data_home)
    write(data_home / "tmc" / name, content)
    with pytest.raises(DataError, match=f"{name}.*{message}"):
        load(form="text")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("attribute wing", "attribute tail", "have different words"),
        ("class22", "class23", "the last 22 attributes are not class01 to class22"),
        ("engine {0,1}", "engine numeric", "line 4: neither an @attribute"),
        ("{1 1,", "{1 2,", "line 31: neither an @attribute"),
        ("{1 1,", "1,0,", "line 31: neither an @attribute"),
        ("{1 1,", "{25 1,", "line 31: attribute 25 of 25"),
        ("24 1}\n", "24 1", "line 33: neither an @attribute"),
    ],
)
def test_bad_arff_files_are_refused_with_their_line(data_home, old, new, message):
    content = arff(TEST_WORDS, TEST_LABELS)
    assert content.count(old) == 1
    write_bags(data_home, test=content.replace(old, new))
    with pytest.raises(DataError, match=message):
        load()


def test_the_form_is_one_of_three(data_home):
    with pytest.raises(HashbenchError, match="form is one of auto, text, counts, got 'arff'"):
        load(form="arff")


def test_missing_files_name_the_command_that_fetches_them(data_home):
    with pytest.raises(DataError, match="hashbench data fetch tmc"):
        load()
