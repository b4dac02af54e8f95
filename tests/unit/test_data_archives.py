import gzip
import io
import random
import tarfile

import pytest

from hashbench.data.archives import read_archive
from hashbench.errors import DataError
from tests.unit.made_up_files import write, write_archive

MEMBERS = {"b/2": "two", "a/1": b"\xff\x00one", "c": ""}
NOISE = random.Random(0).randbytes(20_000)


def read(path):
    return [(str(name), content) for name, content in read_archive("toy", path)]


def test_names_and_contents_come_in_the_order_of_the_archive(tmp_path):
    path = write_archive(tmp_path / "a.tar.gz", MEMBERS)
    assert read(path) == [("b/2", b"two"), ("a/1", b"\xff\x00one"), ("c", b"")]
    assert list(tmp_path.iterdir()) == [path]


def test_folders_and_links_are_skipped(tmp_path):
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        for name, kind in (("dir", tarfile.DIRTYPE), ("soft", tarfile.SYMTYPE), ("hard", tarfile.LNKTYPE)):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
        archive.addfile(tarfile.TarInfo("file"), io.BytesIO())
    assert read(tmp_path / "a.tar.gz") == [("file", b"")]


@pytest.mark.parametrize("name", ["/etc/passwd", "../secret", "a/../../secret"])
def test_a_member_outside_its_folder_is_refused(tmp_path, name):
    path = write_archive(tmp_path / "a.tar.gz", {"fine": "x", name: "y"})
    with pytest.raises(DataError, match=rf"a\.tar\.gz: member {name} would lie outside"):
        read(path)


@pytest.mark.parametrize("share", [0, 0.001, 0.3, 0.5, 0.9, 0.999])
def test_a_truncated_archive_names_itself_and_the_command_that_fetches_it(tmp_path, share):
    whole = write_archive(tmp_path / "whole.tar.gz", {"a": NOISE, "b": NOISE}).read_bytes()
    path = write(tmp_path / "cut.tar.gz", whole[: int(share * len(whole))])
    with pytest.raises(DataError, match=r"cut\.tar\.gz is damaged.*data fetch toy"):
        read(path)


def test_every_changed_byte_of_the_compressed_content_is_noticed(tmp_path):
    whole = write_archive(tmp_path / "whole.tar.gz", {"a": NOISE[:3000], "b": "text " * 100}).read_bytes()
    for place in random.Random(1).sample(range(10, len(whole)), 200):
        changed = bytearray(whole)
        changed[place] ^= 0x55
        with pytest.raises(DataError, match="changed"):
            read(write(tmp_path / "changed.tar.gz", bytes(changed)))


@pytest.mark.parametrize("content", [b"plain text", gzip.compress(b"no archive", mtime=0)])
def test_something_else_than_an_archive_is_refused(tmp_path, content):
    with pytest.raises(DataError, match=r"a\.tar\.gz is damaged"):
        read(write(tmp_path / "a.tar.gz", content))
