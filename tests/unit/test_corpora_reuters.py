import numpy as np
import pytest

from hashbench.corpora.reuters import SGML_FILES
from hashbench.corpora.reuters.reuters_sgml import load
from hashbench.data.split import make_split
from hashbench.errors import DataError, HashbenchError
from tests.unit.made_up_files import write, write_archive

TITLE_AND_BODY = "<TEXT>&#2;\n<TITLE>{0}</TITLE>\n<DATELINE> OSLO</DATELINE><BODY>body of {0}</BODY></TEXT>"
SPLITS = ("TRAIN", "TEST")


def document(
    topics: str, split: str = "TRAIN", text: str = "some title", topics_attribute: str = "YES"
) -> str:
    if not text.startswith("<TEXT"):
        text = TITLE_AND_BODY.format(text)
    listed = "".join(f"<D>{topic}</D>" for topic in topics.split())
    return (
        f'<REUTERS TOPICS="{topics_attribute}" LEWISSPLIT="{split}" NEWID="1">\n<TOPICS>{listed}</TOPICS>\n'
        f"<PLACES><D>norway</D></PLACES>\n{text}\n</REUTERS>\n"
    )


def write_reuters(home, *documents: str, files=SGML_FILES) -> None:
    contents = dict.fromkeys(files, '<!DOCTYPE lewis SYSTEM "lewis.dtd">\n')
    contents[files[0]] += "".join(documents)
    archive = {name: content.encode("latin-1") for name, content in contents.items()}
    write_archive(home / "reuters21578" / "reuters21578.tar.gz", {"README.txt": "<REUTERS ", **archive})


def background(n: int = 10) -> list[str]:
    """Return documents of the categories corn and wheat, n of each for training and test."""
    return [document(topic, split) for topic in ("corn", "wheat") for split in SPLITS for _ in range(n)]


def labels_of(corpus, row: int) -> set[str]:
    return {corpus.label_names[column] for column in corpus.labels[[row]].indices}


def test_documents_are_those_of_modapte_with_a_category_in_both_splits(data_home):
    write_reuters(
        data_home,
        document("corn wheat", text="kept"),
        document("corn only-train", text="kept too"),
        document("only-train", text="no shared category"),
        document("", text="no category"),
        document("corn", "NOT-USED", text="not used"),
        document("corn", "TRAIN", text="no topics", topics_attribute="NO"),
        document("corn", "TRAIN", text="bypassed", topics_attribute="BYPASS"),
        document("only-test", "TEST", text="in test alone"),
        *background(),
    )
    corpus = load(split="modapte")
    assert corpus.label_names == ("corn", "wheat")
    assert len(corpus) == 42
    assert [text.splitlines()[0] for text in corpus.texts[:3]] == ["kept", "kept too", "some title"]
    assert (labels_of(corpus, 0), labels_of(corpus, 1)) == ({"corn", "wheat"}, {"corn"})
    assert corpus.notes == (
        "left out documents outside the ModApte split: 3",
        "left out documents without a category that has a training and a test document: 3",
    )


@pytest.mark.parametrize(
    ("element", "text"),
    [
        (TITLE_AND_BODY.format("A &lt;B> &amp;amp; C"), "A <B> &amp; C\nbody of A <B> &amp; C"),
        ('<TEXT TYPE="BRIEF">&#2;\n******<TITLE>ONLY A TITLE</TITLE>\n</TEXT>', "ONLY A TITLE"),
        (
            '<TEXT TYPE="UNPROC">&#2;\nFED REPORT\n  1.5&#31;vs 2 > 1\n&#3;</TEXT>',
            "FED REPORT\n  1.5 vs 2 > 1",
        ),
        ("<TEXT><TITLE>Zürich</TITLE></TEXT>", "Zürich"),
    ],
    ids=["title and body", "title alone", "markup-only", "latin-1"],
)
def test_the_text_of_a_document(data_home, element, text):
    write_reuters(data_home, document("corn", text=element), *background())
    assert load().texts[0] == text


def test_titles_are_those_of_the_same_documents_and_an_unformatted_one_has_none(data_home):
    unformatted = '<TEXT TYPE="UNPROC">&#2;\nFED REPORT\n&#3;</TEXT>'
    brief = '<TEXT TYPE="BRIEF">&#2;\n<TITLE>ONLY A TITLE</TITLE>\n</TEXT>'
    texts = ("A &lt;B>\nand C", unformatted, brief)
    write_reuters(data_home, *(document("corn", text=text) for text in texts), *background())
    full, titles = load(), load(text="title")
    assert titles.texts[:4] == ["A <B>\nand C", "", "ONLY A TITLE", "some title"]
    assert titles.notes == (*full.notes, "documents without a title, kept as empty ones: 1")
    assert titles.label_fingerprint == full.label_fingerprint
    assert make_split(titles).fingerprint == make_split(full).fingerprint
    assert load(text="full").fingerprint == full.fingerprint


def test_modapte_takes_the_official_split_and_random_does_not(data_home):
    write_reuters(data_home, *background(n=20))
    official, random = load(split="modapte"), load()
    assert official.official_split["train"].tolist() == [*range(20), *range(40, 60)]
    assert official.official_split["test"].tolist() == [*range(20, 40), *range(60, 80)]
    assert np.array_equal(make_split(official).train, official.official_split["train"])
    assert str(random.recipe) == "random 80/10/10, seed 0"
    assert official.fingerprint == random.fingerprint


def test_top_labels_keeps_the_most_frequent_categories_and_their_documents(data_home):
    extra = [document(topic, split) for topic in ("oats", "rye") for split in SPLITS]
    write_reuters(data_home, document("corn rye"), document("wheat", text="x"), *background(), *extra)
    assert load().label_names == ("corn", "oats", "rye", "wheat")
    three = load(top_labels=3)
    assert three.label_names == ("corn", "rye", "wheat")
    assert len(three) == 44
    two = load(top_labels=2)
    assert two.label_names == ("corn", "wheat")
    assert (len(two), labels_of(two, 0)) == (42, {"corn"})
    assert two.notes[2] == "left out documents without one of the 2 most frequent ones: 4"


def test_equally_frequent_categories_are_kept_in_alphabetical_order(data_home):
    extra = [document(topic, split) for topic in ("rye", "oats", "barley") for split in SPLITS]
    write_reuters(data_home, *background(), *extra)
    assert load(top_labels=4).label_names == ("barley", "corn", "oats", "wheat")


def test_unpacked_files_give_the_same_corpus(data_home):
    write_reuters(data_home, *background())
    packed = load()
    folder = data_home / "reuters21578"
    (folder / "reuters21578.tar.gz").unlink()
    for name in SGML_FILES:
        write(folder / name, "".join(background()) if name == SGML_FILES[0] else "<!DOCTYPE>\n")
    unpacked = load()
    assert (unpacked.fingerprint, unpacked.label_fingerprint) == (
        packed.fingerprint,
        packed.label_fingerprint,
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "official"}, "split is one of random, modapte, got 'official'"),
        ({"text": "titles"}, "text is one of full, title, got 'titles'"),
        *(({"top_labels": n}, "a whole number from 2 on, or None, got") for n in (1, "20", True, 2.0)),
        ({"top_labels": 3}, "top_labels is at most 2, the number of categories, got 3"),
    ],
)
def test_wrong_options_are_refused_with_the_allowed_values(data_home, options, message):
    write_reuters(data_home, *background())
    with pytest.raises(HashbenchError, match=message):
        load(**options)


@pytest.mark.parametrize(
    ("documents", "message"),
    [
        ([*background(), document("corn").removesuffix("</REUTERS>\n")], "reut2-000.sgm: only 40 of its 41"),
        (
            [document("corn"), document("corn", text="<TEXT>&#3;</TEXT>")],
            "reut2-000.sgm: document 2 has no text",
        ),
        (
            [document("corn"), document("corn", "TEST")],
            "reuters21578.tar.gz: ranking needs at least two labels",
        ),
        ([], "reuters21578.tar.gz: ranking needs at least two labels, not 0"),
    ],
)
def test_bad_content_is_refused(data_home, documents, message):
    write_reuters(data_home, *documents)
    with pytest.raises(DataError, match=message):
        load()


def test_a_missing_file_of_the_archive_is_named(data_home):
    write_reuters(data_home, *background(), files=SGML_FILES[:-1])
    with pytest.raises(DataError, match=r"reuters21578\.tar\.gz lacks reut2-021\.sgm$"):
        load()


def test_a_missing_archive_names_the_command_that_fetches_it(data_home):
    with pytest.raises(DataError, match="hashbench data fetch reuters"):
        load()
