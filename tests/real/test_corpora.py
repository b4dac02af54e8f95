"""The loaders on the official files: figures that the distributions or their users publish."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from hashbench.corpora.agnews import news_articles
from hashbench.corpora.dbpedia import dbpedia_classes
from hashbench.corpora.newsgroups import usenet_posts
from hashbench.corpora.reuters import reuters_sgml
from hashbench.corpora.tmc import safety_reports
from hashbench.data.archives import read_archive
from hashbench.data.corpus import Corpus
from hashbench.data.home import data_home
from hashbench.data.split import make_split
from hashbench.data.tables import TextFile
from hashbench.errors import DataError

BESIDE_THE_PROJECT = Path(__file__).parents[3] / "shared" / "data"
HOME = (
    BESIDE_THE_PROJECT if BESIDE_THE_PROJECT.is_dir() and "HASHBENCH_DATA" not in os.environ else data_home()
)

MODAPTE_SIZES = {
    "earn": 3964,
    "acq": 2369,
    "money-fx": 717,
    "grain": 582,
    "crude": 578,
    "trade": 486,
    "interest": 478,
    "ship": 286,
    "wheat": 283,
    "corn": 237,
}
GROUP_SIZES = {
    "alt.atheism": 799,
    "comp.graphics": 973,
    "comp.os.ms-windows.misc": 985,
    "comp.sys.ibm.pc.hardware": 982,
    "comp.sys.mac.hardware": 961,
    "comp.windows.x": 980,
    "misc.forsale": 972,
    "rec.autos": 990,
    "rec.motorcycles": 994,
    "rec.sport.baseball": 994,
    "rec.sport.hockey": 999,
    "sci.crypt": 991,
    "sci.electronics": 981,
    "sci.med": 990,
    "sci.space": 987,
    "soc.religion.christian": 997,
    "talk.politics.guns": 910,
    "talk.politics.mideast": 940,
    "talk.politics.misc": 775,
    "talk.religion.misc": 628,
}


def needs(file: str) -> pytest.MarkDecorator:
    """Skip a test where the data home does not hold a file."""
    return pytest.mark.skipif(not (HOME / file).is_file(), reason=f"{file} is not in the data home {HOME}")


REUTERS = needs("reuters21578/reuters21578.tar.gz")
NEWS_18828 = needs("20news-18828/20news-18828.tar.gz")
NEWS_BYDATE = needs("20news-bydate/20news-bydate.tar.gz")
TMC = needs("tmc/tmc2007-500-train.arff")
AGNEWS = needs("agnews/train.csv")
DBPEDIA = needs("dbpedia/DBPEDIA_train.csv")


@pytest.fixture(autouse=True)
def chosen_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HASHBENCH_DATA", str(HOME))


modapte = cache(lambda: reuters_sgml.load(split="modapte"))
news_18828 = cache(usenet_posts.load)
news_bydate = cache(usenet_posts.load_bydate)
tmc_bags = cache(lambda: safety_reports.load(form="counts"))
agnews_official = cache(lambda: news_articles.load(split="official"))
dbpedia_official = cache(lambda: dbpedia_classes.load(split="official"))


def label_sizes(corpus: Corpus) -> dict[str, int]:
    return dict(zip(corpus.label_names, corpus.labels.sum(axis=0).tolist(), strict=True))


def coarse_sizes(corpus: Corpus, split: str) -> dict[str, int]:
    counts = np.bincount(corpus.coarse[corpus.official_split[split]], minlength=len(corpus.coarse_names))
    return dict(zip(corpus.coarse_names, counts.tolist(), strict=True))


def split_sizes(corpus: Corpus) -> dict[str, int]:
    return {name: len(rows) for name, rows in make_split(corpus).rows.items()}


@REUTERS
def test_reuters_has_the_documents_and_categories_of_modapte():
    corpus = modapte()
    assert {name: len(rows) for name, rows in corpus.official_split.items()} == {"train": 7770, "test": 3019}
    sizes = label_sizes(corpus)
    assert len(sizes) == 90
    assert dict(sorted(sizes.items(), key=lambda item: -item[1])[:10]) == MODAPTE_SIZES
    assert corpus.notes == (
        "left out documents outside the ModApte split: 8,676",
        "left out documents without a category that has a training and a test document: 2,113",
    )


@REUTERS
def test_reuters_has_the_text_of_documents_without_title_and_body():
    corpus = modapte()
    assert sum(text.startswith("FEDERAL RESERVE WEEKLY REPORT 4 - FEB 26\n") for text in corpus.texts) == 1
    assert min(map(len, corpus.texts)) > 0


@REUTERS
def test_reuters_has_the_text_of_61_documents_without_title_and_body():
    corpus = modapte()
    found = 0
    for name, content in read_archive("reuters", HOME / "reuters21578" / "reuters21578.tar.gz"):
        for document in content.decode("latin-1").split("</REUTERS>") if name.suffix == ".sgm" else ():
            head, unformatted, text = document.partition('<TEXT TYPE="UNPROC">&#2;\n')
            topics = head.partition("<TOPICS>")[2].partition("</TOPICS>")[0]
            if (
                unformatted
                and 'TOPICS="YES"' in head
                and 'LEWISSPLIT="NOT-USED"' not in head
                and set(re.findall("<D>(.*?)</D>", topics)) & set(corpus.label_names)
            ):
                found += 1
                assert text.replace("&lt;", "<").partition("\n&#3;")[0].strip() in corpus.texts
    assert found == 61


@REUTERS
def test_reuters_reads_the_one_byte_that_is_not_ascii_and_all_entities():
    texts = modapte().texts
    assert sum("growth.ü" in text for text in texts) == 1
    assert not any("&lt;" in text or "&#" in text for text in texts)
    assert texts[0].startswith("BAHIA COCOA REVIEW\nShowers continued throughout the week in\n")


@REUTERS
def test_reuters_with_twenty_labels_and_the_random_split():
    corpus = reuters_sgml.load(top_labels=20)
    assert (len(corpus), len(corpus.label_names)) == (9849, 20)
    assert set(MODAPTE_SIZES) < set(corpus.label_names)
    assert corpus.notes[2] == "left out documents without one of the 20 most frequent ones: 940"
    assert split_sizes(corpus) == {"train": 7879, "validation": 985, "test": 985}


@REUTERS
def test_reuters_has_a_title_of_all_documents_but_the_unformatted_ones():
    full, titles = modapte(), reuters_sgml.load(split="modapte", text="title")
    assert titles.notes[2:] == ("documents without a title, kept as empty ones: 61",)
    assert titles.texts[0] == "BAHIA COCOA REVIEW"
    assert all(text.startswith(title) for text, title in zip(full.texts, titles.texts, strict=True))
    assert sum(text == title for text, title in zip(full.texts, titles.texts, strict=True)) == 926
    assert (titles.label_fingerprint, titles.official_split["test"].tolist()) == (
        full.label_fingerprint,
        full.official_split["test"].tolist(),
    )


@NEWS_18828
def test_20newsgroups_has_the_official_figures():
    corpus = news_18828()
    assert (len(corpus), len(corpus.label_names), len(corpus.coarse_names)) == (18828, 20, 7)
    assert label_sizes(corpus) == GROUP_SIZES
    assert corpus.coarse_names == ("alt", "comp", "misc", "rec", "sci", "soc", "talk")
    assert sum(not text.isascii() for text in corpus.texts) == 72
    assert split_sizes(corpus) == {"train": 11296, "validation": 3766, "test": 3766}
    assert corpus.notes == ()


@NEWS_BYDATE
def test_20newsgroups_bydate_has_the_official_halves():
    corpus = news_bydate()
    assert {name: len(rows) for name, rows in corpus.official_split.items()} == {"train": 11314, "test": 7532}
    assert split_sizes(corpus) == {"train": 11314, "validation": 3766, "test": 3766}
    assert (len(corpus.label_names), len(corpus.coarse_names)) == (20, 7)
    assert corpus.notes == ()


@NEWS_18828
@NEWS_BYDATE
def test_all_but_25_documents_of_18828_have_the_body_of_one_of_bydate():
    def bodies(corpus: Corpus) -> list[tuple[int, str]]:
        texts = [text.partition("\n\n")[2].strip() for text in corpus.texts]
        return list(zip(corpus.single_label.tolist(), texts, strict=True))

    known = set(bodies(news_bydate()))
    assert sum(body in known for body in bodies(news_18828())) == 18_803


@NEWS_BYDATE
def test_headers_quotes_and_footers_are_left_out_as_asked():
    whole = news_bydate()
    short = usenet_posts.load_bydate(headers=False, quotes=False, footers=False)
    assert short.label_fingerprint == whole.label_fingerprint
    forwarded = sum(text.startswith("From:") for text in short.texts)
    assert forwarded < 100 < 18_000 < sum(text.startswith("From:") for text in whole.texts)
    assert not any(line.startswith(">") for text in short.texts for line in text.split("\n"))
    assert short.notes == ("posts of which nothing is left: 83",)


@TMC
def test_tmc_has_the_official_figures():
    corpus = tmc_bags()
    train, test = (corpus.official_split[name] for name in ("train", "test"))
    assert (len(train), len(test), corpus.counts.shape[1], len(corpus.label_names)) == (21519, 7077, 500, 22)
    assert round(corpus.labels[train].sum() / len(train), 2) == 2.23
    assert round(corpus.labels[test].sum() / len(test), 2) == 1.95
    assert np.diff(corpus.labels.indptr).min() == 1
    assert int((corpus.counts[train].sum(axis=1) == 0).sum()) == 11
    assert corpus.labels[train].sum(axis=0).max() / len(train) == pytest.approx(0.598, abs=5e-4)


@TMC
def test_tmc_has_the_known_chance_level():
    corpus = tmc_bags()
    bits = corpus.labels.astype(np.int64) @ (1 << np.arange(22))
    (queries, n_queries), (documents, n_documents) = (
        np.unique(bits[corpus.official_split[name]], return_counts=True) for name in ("test", "train")
    )
    relevant = ((queries[:, None] & documents) != 0) @ n_documents
    assert (relevant @ n_queries) / (7077 * 21519) == pytest.approx(0.426, abs=5e-4)


@TMC
@needs("tmc/TrainCategoryMatrix.csv")
def test_the_label_matrix_of_tmc_equals_the_labels_of_its_bags():
    corpus = tmc_bags()
    matrix = safety_reports.read_matrix(HOME / "tmc" / "TrainCategoryMatrix.csv")
    assert (matrix != corpus.labels[corpus.official_split["train"]]).nnz == 0


@TMC
@needs("tmc/TrainingData_small.txt")
def test_the_raw_texts_of_tmc_have_the_words_of_its_bags():
    corpus = tmc_bags()
    texts = safety_reports.read_texts(TextFile.detect(HOME / "tmc" / "TrainingData_small.txt"))
    assert len(texts) == 944
    shares = []
    for text, row in zip(texts, range(len(texts)), strict=True):
        words = {corpus.words[column] for column in corpus.counts[[row]].indices}
        if words:
            shares.append(len(words & set(re.findall("[a-z]+", text.lower()))) / len(words))
    assert np.mean(shares) > 0.9


@AGNEWS
def test_agnews_has_four_classes_and_the_official_test_file():
    corpus = agnews_official()
    assert corpus.label_names == ("World", "Sports", "Business", "Sci/Tech")
    assert len(corpus) in (27_396, 127_600)  # the sample and the whole
    test = corpus.official_split["test"]
    assert corpus.labels[test].sum(axis=0).tolist() == [1900] * 4
    assert corpus.texts[test[0]].startswith("Fears for T N pension after talks Unions representing workers")
    assert r"A second\team of rocketeers" in corpus.texts[test[1]]
    assert split_sizes(corpus) == {"train": len(corpus) - 7600, "validation": 3800, "test": 3800}


@AGNEWS
def test_agnews_has_titles_where_its_files_have_them():
    full = agnews_official()
    if len(full) != 127_600:
        with pytest.raises(DataError, match="train.csv: no document has a title"):
            news_articles.load(split="official", text="title")
        titles = news_articles.load(text="title")
        assert (len(titles), titles.texts[0]) == (7_600, "Fears for T N pension after talks")
        assert "train.csv has no titles, documents left out: 19,796" in titles.notes
        return
    titles = news_articles.load(split="official", text="title")
    assert titles.texts[titles.official_split["test"][0]] == "Fears for T N pension after talks"
    assert all(text.startswith(title) for text, title in zip(full.texts, titles.texts, strict=True))


@AGNEWS
def test_agnews_is_stratified_by_default():
    corpus = news_articles.load()
    assert corpus.fingerprint == agnews_official().fingerprint
    assert str(make_split(corpus).recipe) == "stratified 80/10/10, seed 0"


@DBPEDIA
def test_dbpedia_has_70_classes_in_9():
    corpus = dbpedia_official()
    assert (len(corpus.label_names), len(corpus.coarse_names)) == (70, 9)
    assert len(corpus) in (14_835, 337_739)  # the sample and the whole
    parents = {(fine, coarse) for fine, coarse in zip(corpus.single_label, corpus.coarse, strict=True)}
    assert len(parents) == 70


@DBPEDIA
def test_the_sample_of_dbpedia_has_the_sizes_of_its_classes():
    corpus = dbpedia_official()
    if len(corpus) != 14_835:
        pytest.skip("the whole of dbpedia is here, not the sample")
    assert split_sizes(corpus) == {"train": 4835, "validation": 5000, "test": 5000}
    assert coarse_sizes(corpus, "test") == {
        "Agent": 2572,
        "Device": 7,
        "Event": 397,
        "Place": 948,
        "Species": 457,
        "SportsSeason": 133,
        "TopicalConcept": 14,
        "UnitOfWork": 40,
        "Work": 432,
    }
    note = "labels without a training document, official, seed 0: VolleyballPlayer (documents: 8)"
    sample = "a sample: 14,835 of the 337,739 published documents"
    assert corpus.notes == (sample, note)
    assert dbpedia_classes.load().notes == (
        sample,
        note,
        "split at random and not stratified; documents of the smallest class, Database: 5",
    )
