import pytest

from hashbench.corpora.newsgroups.usenet_posts import load, load_bydate, shortened
from hashbench.data.split import make_split
from hashbench.errors import DataError, HashbenchError
from tests.unit.made_up_files import write_archive

GROUPS = ("comp.graphics", "comp.os.misc", "sci.space")
POST = """From: kim@uni.edu (Kim Lee)
Subject: Re: orbit
Lines: 7

In article <1@x>, sam@x.org (Sam) writes:
> What is an orbit?
| And where?

A path.
Sam said: not so.
--
Kim Lee
----------
University"""


def posts(folder: str, n: int = 10) -> dict[str, str]:
    return {
        f"{folder}/{group}/{number}": f"From: a@b\n\nabout {group} {number}"
        for group in GROUPS
        for number in range(n)
    }


def write_18828(home, members) -> None:
    write_archive(home / "20news-18828" / "20news-18828.tar.gz", members)


def write_bydate(home, members) -> None:
    write_archive(home / "20news-bydate" / "20news-bydate.tar.gz", members)


def bydate_posts(text: str | None = None) -> dict[str, str]:
    members = posts("20news-bydate-train", 4) | posts("20news-bydate-test", 6)
    return members if text is None else dict.fromkeys(members, text)


def test_the_group_is_the_label_and_its_prefix_the_coarse_label(data_home):
    write_18828(data_home, posts("20news-18828"))
    corpus = load()
    assert (corpus.label_names, corpus.coarse_names) == (GROUPS, ("comp", "sci"))
    for text, label, coarse in zip(corpus.texts, corpus.single_label, corpus.coarse, strict=True):
        assert f"about {GROUPS[label]} " in text
        assert GROUPS[label].startswith(corpus.coarse_names[coarse])
    assert str(make_split(corpus).recipe) == "stratified 60/20/20, seed 0"
    assert corpus.notes == ()


def test_the_order_of_the_archive_does_not_matter(data_home):
    members = posts("20news-18828")
    write_18828(data_home, members)
    first = load()
    write_18828(data_home, dict(reversed(members.items())))
    assert load().fingerprint == first.fingerprint


def test_one_number_in_two_groups_is_two_documents_and_bytes_are_latin_1(data_home):
    members = posts("20news-18828") | {
        "20news-18828/comp.graphics/99": b"From: x\n\nna\xefve\r\nCR \x85",
        "20news-18828/sci.space/99": b"From: x\n\nsecond",
    }
    write_18828(data_home, members)
    corpus = load()
    assert len(corpus) == 32
    assert "From: x\n\nnaïve\r\nCR \x85" in corpus.texts


def test_files_outside_the_groups_are_ignored_with_a_note(data_home):
    outside = {
        "20news-18828/README": "x",
        "LICENSE": "x",
        "20news-18828/sci.space/old/1": "x",
        "other/a/1": "x",
    }
    write_18828(data_home, posts("20news-18828") | outside)
    corpus = load()
    assert len(corpus) == 30
    assert corpus.notes == ("files outside the folders of the groups, ignored: 4",)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"elsewhere/sci.space/1": "x"}, "has no documents 20news-18828/GROUP/NUMBER"),
        ({"20news-18828/sci.space/1": " \n"}, "20news-18828/sci.space/1 has no text"),
        ({"20news-18828/sci.space/1": "x"}, "at least two labels"),
        ({"20news-18828/../../1": "x"}, "would lie outside its folder"),
    ],
)
def test_bad_archives_are_refused(data_home, members, message):
    write_18828(data_home, members)
    with pytest.raises(DataError, match=message):
        load()


def test_bydate_has_the_official_split_with_validation_documents_from_half_of_its_test_split(data_home):
    write_bydate(data_home, bydate_posts())
    corpus = load_bydate()
    assert {name: len(rows) for name, rows in corpus.official_split.items()} == {"train": 12, "test": 18}
    split = make_split(corpus)
    assert split.train.tolist() == corpus.official_split["train"].tolist()
    assert (len(split.validation), len(split.test)) == (9, 9)


def test_bydate_needs_both_halves(data_home):
    write_bydate(data_home, posts("20news-bydate-train"))
    with pytest.raises(DataError, match="has no documents 20news-bydate-test/GROUP/NUMBER"):
        load_bydate()


def test_bydate_keeps_posts_as_they_are_unless_told_otherwise(data_home):
    text = "From: x\r\n\n > quoted \x0b\n--\nme\n\n"
    write_bydate(data_home, bydate_posts(text))
    assert set(load_bydate().texts) == {text}
    assert load_bydate(headers=False).texts[0] == "> quoted \x0b\n--\nme"
    assert load_bydate().fingerprint != load_bydate(footers=False).fingerprint


def test_posts_of_which_nothing_is_left_stay_with_a_note(data_home):
    write_bydate(
        data_home, bydate_posts() | {"20news-bydate-train/sci.space/0": "From: x\nSubject: y\n\n> z"}
    )
    corpus = load_bydate(headers=False, quotes=False)
    assert len(corpus) == 30
    assert corpus.texts.count("") == 1
    assert corpus.notes == ("posts of which nothing is left: 1",)


@pytest.mark.parametrize("option", ["headers", "quotes", "footers"])
def test_options_are_true_or_false(data_home, option):
    with pytest.raises(HashbenchError, match=f"{option} is one of True, False, got 'no'"):
        load_bydate(**{option: "no"})


def test_headers_end_at_the_first_blank_line():
    assert shortened(POST, False, True, True) == POST.partition("\n\n")[2]
    assert shortened("no header here\n\nrest", False, True, True) == "no header here\n\nrest"
    assert shortened("From: x\nSubject: y", False, True, True) == ""
    assert shortened("From: x\r\n\r\nbody: a\n\nb", False, True, True) == "body: a\n\nb"


def test_quotes_are_quoted_lines_and_the_lines_that_announce_them():
    kept = shortened(POST, True, False, True)
    assert kept == POST.replace(
        "In article <1@x>, sam@x.org (Sam) writes:\n> What is an orbit?\n| And where?\n", ""
    )
    assert (
        shortened("a > b\nHe wrote: yes\n  > quote\nshe wrote :  ", True, False, True)
        == "a > b\nHe wrote: yes"
    )


def test_a_signature_starts_at_the_first_rule_of_the_last_ten_lines():
    assert shortened(POST, True, True, False) == POST.partition("\n--\n")[0]
    long = "--\n" + "\n".join(f"line {number}" for number in range(10))
    assert shortened(long, True, True, False) == long
    assert shortened(long.removesuffix("\nline 9"), True, True, False) == ""
    assert shortened("text\n-\n- -\n-- x", True, True, False) == "text\n-\n- -\n-- x"


def test_all_three_together():
    assert shortened(POST, False, False, False) == "A path.\nSam said: not so."
