import pytest

from hashbench.corpora.nyt.weshclass_files import load
from hashbench.errors import DataError
from tests.unit.made_up_files import write

HIERARCHY = "ROOT\tpolitics\tsports\tweather\npolitics\tmilitary\tabortion\nsports\tgolf\ttennis\n"
PARENTS = {"military": "politics", "abortion": "politics", "golf": "sports", "weather": "weather"}


def write_set(home, labels, texts=None, hierarchy=HIERARCHY) -> None:
    texts = [f"about {label}, article {n}" for n, label in enumerate(labels)] if texts is None else texts
    for name, lines in (("dataset.txt", texts), ("labels.txt", labels)):
        write(home / "nyt" / name, "".join(f"{line}\n" for line in lines))
    write(home / "nyt" / "label_hier.txt", hierarchy)


def test_leaves_are_labels_and_their_parents_coarse_labels(data_home):
    write_set(data_home, 20 * list(PARENTS))
    corpus = load()
    assert corpus.label_names == tuple(sorted(PARENTS))
    assert corpus.coarse_names == ("politics", "sports", "weather")
    for text, label, coarse in zip(corpus.texts, corpus.single_label, corpus.coarse, strict=True):
        name = text.split(",")[0].removeprefix("about ")
        assert (corpus.label_names[label], corpus.coarse_names[coarse]) == (name, PARENTS[name])
    assert str(corpus.recipe) == "stratified 80/10/10, seed 0"
    assert corpus.notes == ()


def test_documents_with_an_upper_label_only_are_left_out_with_a_count(data_home):
    write_set(data_home, ["politics", *(20 * ["golf", "military"]), "sports", "politics"])
    corpus = load()
    assert len(corpus) == 40
    assert corpus.texts[0] == "about golf, article 1"
    assert corpus.notes == ("left out documents with a label of the upper level only: 3",)


def test_a_leaf_too_small_to_stratify_makes_the_split_random(data_home):
    write_set(data_home, [*(20 * ["golf", "military"]), "abortion"])
    corpus = load()
    assert corpus.recipe.kind == "random"
    assert "split at random and not stratified; documents of the smallest class, abortion: 1" in corpus.notes


def test_a_hierarchy_without_a_root_line_says_the_same(data_home):
    labels = ["politics", *(20 * ["golf", "military"])]
    write_set(data_home, labels)
    before = load()
    write_set(data_home, labels, hierarchy=HIERARCHY.partition("\n")[2])
    assert load().label_fingerprint == before.label_fingerprint
    assert load().notes == before.notes


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"texts": ["one", "two"]}, r"dataset\.txt has 2 documents, .*labels\.txt 3 labels"),
        ({"texts": ["one", "", "three"]}, r"dataset\.txt, line 2: no text"),
        (
            {"labels": ["golf", "chess", "golf"]},
            r"labels\.txt, line 2: label 'chess' is not in label_hier\.txt",
        ),
        ({"labels": ["golf", "", "golf"]}, r"labels\.txt, line 2: label ''"),
        ({"labels": ["golf", "golf", "politics"]}, "at least two labels"),
        (
            {"hierarchy": HIERARCHY + "weather\tgolf\n"},
            "line 4: class golf has the parents sports and weather",
        ),
        ({"hierarchy": ""}, r"label_hier\.txt is empty"),
    ],
)
def test_bad_files_are_refused(data_home, changes, message):
    write_set(data_home, **{"labels": ["golf", "military", "golf"], **changes})
    with pytest.raises(DataError, match=message):
        load()


def test_missing_files_name_the_command_that_fetches_them(data_home):
    with pytest.raises(DataError, match=r"dataset\.txt.*hashbench data fetch nyt"):
        load()
