"""Folders and archives: splits, hidden files, pipes and links."""

import gzip
import io
import os
import socket
import tarfile
import zipfile

import numpy as np
import pytest

from hashbench.data.split import make_split
from hashbench.data.user_files import load_file
from hashbench.errors import DataError
from tests.unit.own_files import tree, written
from tests.unit.test_files import EXPECTED, ROWS, TEXTS, labels_by_text, refused, write_csv, write_jsonl

OFFICIAL = [f"{split}/{label}/{n}.txt" for split in ("train", "test") for label in "ab" for n in range(6)]


def test_official_splits_in_folders(tmp_path):
    corpus = load_file(tree(tmp_path / "docs", [*OFFICIAL, "val/a/1.txt", "README"]))
    split = make_split(corpus)
    assert [len(rows) for rows in split.rows.values()] == [12, 1, 12]
    assert corpus.label_names == ("a", "b")
    assert corpus.ids[split.test[0]] == "test/a/0.txt"
    assert corpus.notes == ("files beside the class folders, ignored: 1",)


def test_train_and_test_without_classes_are_no_labels(tmp_path):
    corpus = load_file(tree(tmp_path / "docs", [f"{s}/{n}.txt" for s in ("train", "test") for n in range(9)]))
    assert not corpus.has_labels
    assert corpus.recipe.kind == "official"
    assert "the folders train and test are taken for the split, not for classes" in corpus.notes


def test_a_folder_of_files_is_a_corpus_without_labels(tmp_path):
    corpus = load_file(tree(tmp_path / "docs", [f"{n}.txt" for n in range(20)]))
    assert (len(corpus), corpus.has_labels, corpus.ids[0]) == (20, False, "0.txt")
    assert "there are no class folders: every file is a document, without a label" in corpus.notes


def test_a_folder_of_tables_is_no_folder_of_documents(tmp_path):
    assert "name the file itself" in refused(tree(tmp_path / "docs", ["train.csv", "test.csv"]))
    assert "name the file itself" in refused(tree(tmp_path / "more", ["train.jsonl.gz", "test.jsonl.gz"]))


CLASSES = [f"{label}/{n}.txt" for label in ("sport", "arts") for n in range(10)]
HIDDEN = [".DS_Store", "sport/.DS_Store", "sport/._1.txt", "__MACOSX/sport/._1.txt", "arts/Thumbs.db"]


@pytest.mark.parametrize("kind", ["folder", "zip", "tar", "tar.gz", "tgz", "zip with a top folder"])
def test_hidden_files_are_left_out_with_a_count_on_disk_and_in_archives(tmp_path, kind):
    folder = tree(tmp_path / "docs", [*CLASSES, *HIDDEN])
    path = tmp_path / f"docs.{kind.split()[0]}"
    top = "top/" if "top" in kind else ""
    names = [*CLASSES, *HIDDEN]
    if kind == "folder":
        path = folder
    elif "zip" in kind:
        with zipfile.ZipFile(path, "w") as archive:
            for name in names:
                archive.write(folder / name, top + name)
    else:
        with tarfile.open(path, "w:gz" if kind != "tar" else "w") as archive:
            for name in names:
                archive.add(folder / name, name)
    corpus = load_file(path)
    assert corpus.name == "docs"
    assert corpus.notes == ("hidden files and folders, left out: 5",)
    assert corpus.ids == tuple(sorted(CLASSES))


def test_pipes_and_sockets_are_left_out_of_folders_and_refused_by_name(tmp_path, monkeypatch):
    folder = tree(tmp_path / "docs", CLASSES)
    os.mkfifo(folder / "sport" / "pipe.txt")
    monkeypatch.chdir(folder / "sport")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("socket")
        assert load_file(folder).notes == ("pipes, sockets and devices, left out: 2",)
    os.mkfifo(tmp_path / "docs.jsonl")
    assert "is a pipe" in refused(tmp_path / "docs.jsonl")
    with pytest.raises(DataError, match="is a pipe, a socket or a device"):
        load_file("/dev/zero")
    with pytest.raises(DataError, match="standard input"):
        load_file("-")


def test_links_are_followed_and_those_to_nowhere_refused(tmp_path):
    folder = tree(tmp_path / "docs", CLASSES)
    (tmp_path / "elsewhere.txt").write_text("linked text")
    (folder / "sport" / "link.txt").symlink_to(tmp_path / "elsewhere.txt")
    assert "linked text" in load_file(folder).texts
    (folder / "arts" / "nowhere.txt").symlink_to(tmp_path / "nowhere")
    assert "nowhere.txt is a link that leads nowhere" in refused(folder)
    (folder / "arts" / "nowhere.txt").unlink()
    (folder / "arts" / "loop").symlink_to(folder)
    assert "a folder within a class folder" in refused(folder)


def test_archives_of_other_systems_and_with_a_name_twice(tmp_path):
    with zipfile.ZipFile(tmp_path / "docs.zip", "w") as archive:
        for number in range(20):
            member = zipfile.ZipInfo(f"{'ab'[number % 2]}\\{number:02}.txt")
            member.create_system = 0
            archive.writestr(member, f"text {number}")
    assert load_file(tmp_path / "docs.zip").label_names == ("a", "b")
    with tarfile.open(tmp_path / "docs.tar", "w") as archive:
        for text in (b"old", b"new"):
            for name in CLASSES:
                member = tarfile.TarInfo(name)
                member.size = 3
                archive.addfile(member, io.BytesIO(text))
    corpus = load_file(tmp_path / "docs.tar")
    assert set(corpus.texts) == {"new"}
    assert "files in the archive that a later one of their name replaces: 20" in corpus.notes


def test_archives_that_cannot_be_used(tmp_path):
    (tmp_path / "docs.zip").write_bytes(b"PK")
    assert "cannot read" in refused(tmp_path / "docs.zip")
    with tarfile.open(tmp_path / "docs.tar", "w") as archive:
        member = tarfile.TarInfo("../a/1.txt")
        member.size = 4
        archive.addfile(member, io.BytesIO(b"text"))
    assert "outside its folder" in refused(tmp_path / "docs.tar")


@pytest.mark.parametrize("name", ["docs.JSONL", "DOCS.Csv", "docs.TSV", "docs.CSV.GZ"])
def test_suffixes_in_capitals_are_known(tmp_path, name):
    plain = (write_jsonl if "JSONL" in name else write_csv)(tmp_path / "plain", ROWS)
    if "TSV" in name:
        plain = write_csv(tmp_path / "plain", ROWS, "\t")
    content = plain.read_bytes()
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("GZ") else content)
    assert labels_by_text(load_file(tmp_path / name)) == EXPECTED


def test_names_that_are_too_long_are_refused(tmp_path):
    with pytest.raises(DataError, match="cannot read|does not exist"):
        load_file(tmp_path / ("x" * 300 + ".csv"))


def test_an_empty_label_matrix_has_a_fingerprint_of_its_own(tmp_path):
    bare = load_file(written(tmp_path / "a.csv", "text\n" + "".join(f"{text}\n" for text in TEXTS)))
    labelled = load_file(write_csv(tmp_path / "b.csv", ROWS))
    assert bare.fingerprint == labelled.fingerprint
    assert bare.label_fingerprint != labelled.label_fingerprint
    assert np.array_equal(make_split(bare).train, make_split(load_file(tmp_path / "a.csv")).train)
