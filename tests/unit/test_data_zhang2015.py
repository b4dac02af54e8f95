import pytest

from hashbench.corpora.agnews import news_articles
from hashbench.corpora.dbpedia14 import dbpedia_ontology
from hashbench.data.split import make_split
from hashbench.errors import DataError, HashbenchError
from tests.unit.made_up_files import write

CLASSES = ("World", "Sports", "Sci/Tech")


def row(label: int | str, title: str, text: str) -> str:
    return ",".join('"' + str(field).replace('"', '""') + '"' for field in (label, title, text)) + "\n"


def rows(split: str, n: int) -> str:
    return "".join(
        row(label, f"{split} title {number}", f"about {CLASSES[label - 1]}")
        for number in range(n)
        for label in (1, 2, 3)
    )


def write_set(home, name="agnews", classes="World\nSports\nSci/Tech\n\n", **files) -> None:
    write(home / name / "classes.txt", classes)
    for split, n in (("train", 16), ("test", 4)):
        write(home / name / f"{split}.csv", files.get(split, rows(split, n)))


@pytest.mark.parametrize(
    ("name", "load", "size"),
    [("agnews", news_articles.load, "127,600"), ("dbpedia14", dbpedia_ontology.load, "630,000")],
)
def test_both_sets_are_read_from_the_folder_of_their_name(data_home, name, load, size):
    write_set(data_home, name)
    corpus = load()
    assert (corpus.name, len(corpus), corpus.label_names) == (name, 60, CLASSES)
    for text, label in zip(corpus.texts, corpus.single_label, strict=True):
        assert text.endswith(f"about {CLASSES[label]}")
    assert str(make_split(corpus).recipe) == "stratified 80/10/10, seed 0"
    assert corpus.notes == (f"a sample: 60 of the {size} published documents",)


def test_the_official_split_takes_the_two_files(data_home):
    write_set(data_home)
    corpus = news_articles.load(split="official")
    split = make_split(corpus)
    assert all(corpus.texts[document].startswith("train title") for document in split.train)
    assert (len(split.train), len(split.validation), len(split.test)) == (48, 6, 6)
    assert corpus.fingerprint == news_articles.load().fingerprint


def test_a_document_is_title_and_text_as_they_stand(data_home):
    first = (
        row(1, 'A "title", #39;', r"second\team &lt;b&gt;")
        + row(2, "", " text alone ")
        + row(3, "title alone", "")
    )
    write_set(data_home, train=first + rows("train", 10))
    assert news_articles.load().texts[:3] == [
        r'A "title", #39; second\team &lt;b&gt;',
        "text alone",
        "title alone",
    ]


def test_titles_are_those_of_the_same_documents(data_home):
    first = row(1, ' A "title"', "text") + row(2, " ", "text alone") + row(3, "title alone", "")
    write_set(data_home, train=first + rows("train", 10))
    full, titles = news_articles.load(), news_articles.load(text="title")
    assert titles.texts[:4] == ['A "title"', "", "title alone", "train title 0"]
    assert titles.notes == (*full.notes, "documents without a title, kept as empty ones: 1")
    assert titles.label_fingerprint == full.label_fingerprint
    assert make_split(titles).fingerprint == make_split(full).fingerprint
    assert news_articles.load(text="full").fingerprint == full.fingerprint


def test_a_file_without_titles_is_left_out_where_titles_are_asked_for(data_home):
    untitled = "".join(row(label, "", "text") for label in (1, 2, 3) for _ in range(10))
    write_set(data_home, train=untitled)
    titles = news_articles.load(text="title")
    assert (len(news_articles.load()), len(titles)) == (42, 12)
    assert "train.csv has no titles, documents left out: 30" in titles.notes
    with pytest.raises(DataError, match="train.csv: no document has a title, .* fetch agnews"):
        news_articles.load(split="official", text="title")
    write_set(data_home, train=untitled, test=untitled)
    with pytest.raises(DataError, match="no document has a title"):
        news_articles.load(text="title")


def test_other_bytes_than_utf8_are_read_as_cp1252_with_a_note(data_home):
    write_set(data_home, train=(row(1, "café", "x") + rows("train", 10)).encode("cp1252"))
    corpus = news_articles.load()
    assert corpus.texts[0] == "café x"
    assert corpus.notes[1:] == ("train.csv is not UTF-8 and was read as cp1252",)


def test_a_class_that_train_lacks_is_kept_with_a_note(data_home):
    train = "".join(row(label, "t", "x") for label in (1, 2) for _ in range(20))
    write_set(data_home, train=train)
    corpus = news_articles.load(split="official")
    assert corpus.label_names == CLASSES
    assert corpus.notes[1:] == (
        "labels without a training document, official, seed 0: Sci/Tech (documents: 4)",
    )


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"train": row(1, "a", "b") + row(4, "a", "b")},
            "train.csv, line 2: class '4' is not a number from 1 to 3",
        ),
        ({"train": row(0, "a", "b")}, "line 1: class '0'"),
        ({"train": row("²", "a", "b")}, "line 1: class '²'"),
        ({"train": row("World", "a", "b")}, "line 1: class 'World'"),
        ({"train": row(1, "", " ")}, "line 1: no text"),
        ({"train": '"1","a"\n'}, "line 1: 2 columns instead of 3"),
        ({"test": rows("test", 3)[:-9]}, "test.csv, line 9: unexpected end of data"),
        ({"test": ""}, "test.csv is empty"),
        ({"classes": "World\n"}, "classes.txt: ranking needs at least two labels"),
    ],
)
def test_bad_files_are_refused_with_their_line(data_home, files, message):
    write_set(data_home, **files)
    with pytest.raises(DataError, match=message):
        news_articles.load()


def test_a_wrong_split_names_the_allowed_ones(data_home):
    with pytest.raises(HashbenchError, match="^split is one of random, official, got 'train'$"):
        dbpedia_ontology.load(split="train")


def test_a_wrong_text_names_the_allowed_ones(data_home):
    with pytest.raises(HashbenchError, match="^text is one of full, title, got 'body'$"):
        news_articles.load(text="body")


def test_missing_files_name_the_command_that_fetches_them(data_home):
    with pytest.raises(DataError, match="hashbench data fetch agnews"):
        news_articles.load()
