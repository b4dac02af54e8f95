import hashlib
import io
import tarfile
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from hashbench.data.dataset_files import dataset_with_files, datasets_with_files, download_size, missing_files
from hashbench.data.download import fetch, verify
from hashbench.data.home import locate
from hashbench.errors import DataError, HashbenchError, UnknownNameError
from hashbench.registry import Plugin, Registry
from hashbench.specs import DatasetFile, DatasetSpec

CONTENT = b"the documents " * 10_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Serves /good, breaks /cut off half way, and knows nothing else."""

    def do_GET(self):
        self.server.asked.append(self.path)
        if self.path not in ("/good", "/cut"):
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT if self.path == "/good" else CONTENT[: len(CONTENT) // 2])

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server(monkeypatch):
    """A local server; its ``asked`` lists the paths that were asked for."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HASHBENCH_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


PAGE = "https://example.org/letters"
LETTERS = DatasetSpec("letters", "letters:load", "Letters to the editor", folder="letters1", page=PAGE)


def dataset(server, *mirrors, sha256=SHA256, **changes):
    """A dataset of one file on mirrors such as "good"."""
    urls = tuple(f"http://127.0.0.1:{server.server_port}/{mirror}" for mirror in mirrors)
    return replace(LETTERS, files=(DatasetFile("docs.txt", urls, sha256, len(CONTENT)),), **changes)


def contents(home):
    return {path.name: path.read_bytes() for path in home.rglob("*") if path.is_file()}


def refusal(dataset):
    with pytest.raises(DataError) as error:
        fetch(dataset)
    assert len(str(error.value).splitlines()) == 1
    return str(error.value)


def test_a_file_is_downloaded_once_and_readable_by_all(server, home):
    letters = dataset(server, "good")
    assert fetch(letters) == [home / "letters1" / "docs.txt"]
    assert fetch(letters) == [home / "letters1" / "docs.txt"]
    assert contents(home) == {"docs.txt": CONTENT}
    assert (home / "letters1" / "docs.txt").stat().st_mode & 0o777 == 0o644
    assert server.asked == ["/good"]


@pytest.mark.parametrize("sha256", [SHA256, None])
@pytest.mark.parametrize("first", ["gone", "cut"])
def test_the_next_mirror_is_asked_where_one_fails(server, home, first, sha256):
    fetch(dataset(server, first, "good", sha256=sha256))
    assert contents(home) == {"docs.txt": CONTENT}
    assert server.asked == [f"/{first}", "/good"]


@pytest.mark.parametrize(
    ("mirror", "sha256", "reason"),
    [
        ("gone", SHA256, "127.0.0.1: 404 Not Found"),
        ("cut", SHA256, "127.0.0.1: broken off"),
        ("cut", None, "127.0.0.1: broken off"),
        ("good", "0" * 64, "127.0.0.1: wrong checksum"),
    ],
)
def test_what_is_not_the_whole_official_file_leaves_nothing_behind(server, home, mirror, sha256, reason):
    message = refusal(dataset(server, mirror, sha256=sha256))
    assert reason in message
    for expected in ("docs.txt", PAGE, str(home / "letters1"), "data fetch letters"):
        assert expected in message
    assert contents(home) == {}


def test_without_a_network_the_message_says_what_belongs_where(home):
    urls = ("http://127.0.0.1:9/docs.txt",)
    message = refusal(replace(LETTERS, files=(DatasetFile("docs.txt", urls),)))
    assert "127.0.0.1: no connection" in message
    assert str(home / "letters1") in message
    assert "hashbench data fetch letters" in message


@pytest.mark.parametrize(("content", "reason"), [(b"other", "wrong checksum"), (None, "No such file")])
def test_a_file_url_is_copied_if_the_checksum_is_right(home, tmp_path, content, reason):
    (tmp_path / "good copy").write_bytes(CONTENT)
    if content is not None:
        (tmp_path / "first").write_bytes(content)
    good, first = ((tmp_path / name).as_uri() for name in ("good copy", "first"))
    assert f"{first}: {reason}" in refusal(
        replace(LETTERS, files=(DatasetFile("docs.txt", (first,), SHA256),))
    )
    assert contents(home) == {}
    fetch(replace(LETTERS, files=(DatasetFile("docs.txt", (first, good), SHA256),)))
    assert contents(home) == {"docs.txt": CONTENT}


def test_a_file_that_is_there_stays_as_it_is(server, home):
    (home / "letters1").mkdir(parents=True)
    (home / "letters1" / "docs.txt").write_bytes(b"my own")
    fetch(dataset(server, "good"))
    assert contents(home) == {"docs.txt": b"my own"}
    assert server.asked == []


def test_files_that_the_loader_can_do_with_instead_save_the_download(server, home):
    letters = dataset(server, "good", alternatives=(DatasetFile("a.txt"), DatasetFile("b.txt")))
    (home / "letters1").mkdir(parents=True)
    (home / "letters1" / "a.txt").write_bytes(b"a")
    assert [file.name for file in missing_files(letters)] == ["docs.txt"]
    (home / "letters1" / "b.txt").write_bytes(b"b")
    assert fetch(letters) == [home / "letters1" / "a.txt", home / "letters1" / "b.txt"]
    assert server.asked == []


def test_what_needs_a_login_is_explained_and_not_tried(home):
    files = (DatasetFile("train.csv"), DatasetFile("test.csv"))
    letters = replace(LETTERS, files=files, needs="an account")
    message = refusal(letters)
    for expected in ("train.csv, test.csv", "an account", PAGE, str(home / "letters1")):
        assert expected in message
    assert not home.exists()
    (home / "letters1").mkdir(parents=True)
    for file in files:
        (home / "letters1" / file.name).write_bytes(b"")
    assert len(fetch(letters)) == 2


def test_a_folder_that_cannot_be_written_is_named(server, home):
    home.write_bytes(b"a file")
    message = refusal(dataset(server, "good"))
    assert str(home / "letters1") in message
    assert "HASHBENCH_DATA" in message
    assert server.asked == []


def archive(home, members):
    """A dataset whose archive is there already."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        for name, text in members.items():
            member = tarfile.TarInfo(f"letters_csv/{name}")
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text))
    (home / "letters1").mkdir(parents=True)
    (home / "letters1" / "letters.tgz").write_bytes(content.getvalue())
    urls = ("http://127.0.0.1:9/letters.tgz",)
    return replace(
        LETTERS,
        files=(DatasetFile("letters.tgz", urls, hashlib.sha256(content.getvalue()).hexdigest()),),
        unpacked=(DatasetFile("train.csv"), DatasetFile("test.csv")),
    )


def test_an_archive_is_unpacked_where_the_loader_needs_its_files(home):
    letters = archive(home, {"train.csv": b"train", "test.csv": b"test", "readme.txt": b"read me"})
    assert [file.name for file in missing_files(letters)] == ["train.csv", "test.csv"]
    assert [path.name for path in fetch(letters)] == ["letters.tgz", "train.csv", "test.csv"]
    assert (home / "letters1" / "train.csv").read_bytes() == b"train"
    assert not (home / "letters1" / "readme.txt").exists()
    assert [(found.path.name, found.state) for found in verify(letters)] == [
        ("letters.tgz", "official"),
        ("train.csv", "unknown"),
        ("test.csv", "unknown"),
    ]


def test_an_archive_without_a_file_of_the_dataset_is_refused(home):
    assert "lacks test.csv" in refusal(archive(home, {"train.csv": b"train"}))


def test_the_progress_of_a_download_reaches_its_bar(server, home):
    class Bar:
        total = done = 0
        closed = False

        def update(self, n):
            self.done += n

        def reset(self):
            self.done = 0

        def close(self):
            self.closed = True

    bars = {}

    def start(file):
        bars[file.name] = Bar()
        return bars[file.name]

    fetch(dataset(server, "good"), start)
    assert (bars["docs.txt"].total, bars["docs.txt"].done) == (len(CONTENT), len(CONTENT))
    assert bars["docs.txt"].closed


def test_files_are_told_by_their_checksums(home):
    known = {hashlib.sha256(b"sample").hexdigest(): "a sample"}
    files = (
        DatasetFile("official.txt", sha256=SHA256, copies=known),
        DatasetFile("copy.txt", sha256=SHA256, copies=known),
        DatasetFile("other.txt", sha256=SHA256, copies=known),
        DatasetFile("unknown.txt", copies=known),
        DatasetFile("missing.txt", sha256=SHA256),
    )
    letters = replace(LETTERS, files=files, needs="an account")
    (home / "letters1").mkdir(parents=True)
    for name, content in (("official", CONTENT), ("copy", b"sample"), ("other", b"x"), ("unknown", b"x")):
        (home / "letters1" / f"{name}.txt").write_bytes(content)
    found = {result.path.stem: result for result in verify(letters)}
    assert {name: result.state for name, result in found.items()} == {
        "official": "official",
        "copy": "known copy",
        "other": "differs",
        "unknown": "unknown",
        "missing": "missing",
    }
    assert found["copy"].remark == "a sample"
    assert found["other"].sha256 == hashlib.sha256(b"x").hexdigest()
    assert found["missing"].sha256 is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": ""}, "plain file name"),
        ({"name": ".."}, "plain file name"),
        ({"name": "letters1/docs.txt"}, "plain file name"),
        ({"name": "letters1\\docs.txt"}, "plain file name"),
        ({"urls": ("ftp://example.org/docs.txt",)}, "ftp://example.org/docs.txt"),
        ({"urls": ("docs.txt",)}, "begin with http://"),
        ({"sha256": SHA256[1:]}, "64 digits"),
        ({"sha256": SHA256.upper()}, "64 digits"),
        ({"copies": {"": "a sample"}}, "64 digits"),
    ],
)
def test_a_file_that_is_declared_wrongly_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        replace(DatasetFile("docs.txt"), **changes)


DOCS = DatasetFile("docs.txt", ("https://example.org/docs.txt",))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"folder": "../letters"}, "folder '../letters'"),
        ({"page": "", "files": (DOCS,)}, "page"),
        ({"files": (DOCS, DatasetFile("more.txt"))}, "more.txt has no URL; needs"),
        ({"unpacked": (DOCS,)}, "one archive, not from 0"),
        ({"files": (DOCS, DOCS), "unpacked": (DatasetFile("a.txt"),)}, "one archive, not from 2"),
    ],
)
def test_a_dataset_whose_files_are_declared_wrongly_is_refused(changes, message):
    with pytest.raises(ValueError, match=f"dataset letters: .*{message}"):
        replace(LETTERS, **changes)


def test_the_folder_is_named_like_the_dataset_unless_the_spec_says_otherwise(home):
    letters = replace(LETTERS, folder="", files=(DOCS,))
    with pytest.raises(DataError, match="docs.txt or b.txt is not in .*/data/letters; .*fetch letters"):
        locate(letters, "docs.txt", "b.txt")
    (home / "letters").mkdir(parents=True)
    (home / "letters" / "b.txt").write_bytes(b"")
    assert locate(letters, "docs.txt", "b.txt") == home / "letters" / "b.txt"


def test_sizes_add_up_where_all_are_known():
    files = (replace(DOCS, size=3), DatasetFile("more.txt", DOCS.urls, size=4))
    assert download_size(replace(LETTERS, files=files)) == 7
    assert download_size(replace(LETTERS, files=(*files, DOCS))) is None


def test_registered_datasets_that_declare_files_are_found_by_name():
    letters = replace(LETTERS, files=(DOCS,))
    plain = DatasetSpec("plain", "letters:plain", "Without files")
    known = Registry([Plugin("stranger", "stranger", "1", "ok", specs=(plain, letters))])
    assert datasets_with_files(known) == {"letters": letters}
    assert dataset_with_files("letters", known) is letters
    with pytest.raises(HashbenchError, match="dataset plain has no files"):
        dataset_with_files("plain", known)
    with pytest.raises(UnknownNameError, match="did you mean 'letters'"):
        dataset_with_files("leters", known)
