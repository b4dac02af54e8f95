"""The files of the datasets: downloaded, and told by their checksums."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol
from urllib.parse import urlsplit

from hashbench.atomic import write_atomically
from hashbench.data.archives import read_archive
from hashbench.data.remote import RemoteDataset, RemoteFile
from hashbench.errors import DataError

TIMEOUT_SECONDS = 30
READABLE_BY_ALL = 0o644


class ProgressBar(Protocol):
    """What pooch tells the progress of a download to; ``total`` and all steps are in bytes."""

    total: int

    def update(self, n: int) -> None:
        """Go on by n."""

    def reset(self) -> None:
        """Go back to the start."""

    def close(self) -> None:
        """End."""


@dataclass(frozen=True)
class Verified:
    """What a file of a dataset turned out to be.

    Attributes:
        path: the file.
        state: "official": it has the official checksum; "known copy": see ``remark``; "differs": it is
            neither; "unknown": no official checksum is known; "missing": the loader would miss it.
        sha256: its checksum; None where it is missing.
        remark: what is known about a copy.
    """

    path: Path
    state: Literal["official", "known copy", "differs", "unknown", "missing"]
    sha256: str | None = None
    remark: str = ""


def fetch(
    dataset: RemoteDataset, progress: Callable[[RemoteFile], ProgressBar | None] = lambda _: None
) -> list[Path]:
    """Download what a loader misses of its dataset; files that are there stay as they are.

    Args:
        dataset: the dataset.
        progress: is called before each download and returns what its progress is shown by.

    Returns:
        The files of the dataset that are there now.

    Raises:
        DataError: a file has to be got by hand, or is on no mirror or not what it should be, or the folder
            cannot be written. Files that are complete stay.
    """
    absent = [file for file in dataset.files if not (dataset.path / file.name).is_file()]
    if dataset.missing():
        by_hand = [file.name for file in absent if not file.urls]
        if by_hand:
            raise DataError(
                f"dataset {dataset.name} cannot be downloaded without {dataset.needs}: get "
                f"{', '.join(by_hand)} from {dataset.page} and put them into {dataset.path}"
            )
        _make_folder(dataset.path)
        for file in absent:
            _download(dataset, file, progress(file))
        if dataset.unpacked:
            _unpack(dataset)
    paths = (dataset.path / file.name for file in (*dataset.files, *dataset.instead))
    return [path for path in paths if path.is_file()]


def verify(dataset: RemoteDataset) -> list[Verified]:
    """Compare the files of a dataset with the checksums that are known."""
    missing = dataset.missing()
    found = []
    for file in (*dataset.files, *dataset.instead):
        path = dataset.path / file.name
        if path.is_file():
            found.append(_verified(file, path))
        elif file in missing:
            found.append(Verified(path, "missing"))
    return found


def _verified(file: RemoteFile, path: Path) -> Verified:
    try:
        with path.open("rb") as content:
            sha256 = hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error
    if sha256 == file.sha256:
        return Verified(path, "official", sha256)
    if sha256 in file.copies:
        return Verified(path, "known copy", sha256, file.copies[sha256])
    return Verified(path, "differs" if file.sha256 else "unknown", sha256)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise DataError(
            f"cannot write to {folder} ({error.strerror}): "
            "set HASHBENCH_DATA, or --data-home, to a folder that you can write to"
        ) from error


def _download(dataset: RemoteDataset, file: RemoteFile, progress: ProgressBar | None) -> None:
    import pooch

    pooch.get_logger().setLevel("ERROR")
    reasons = []
    for url in file.urls:
        try:
            path = pooch.retrieve(
                url,
                known_hash=file.sha256 and f"sha256:{file.sha256}",
                fname=file.name,
                path=dataset.path,
                downloader=pooch.HTTPDownloader(timeout=TIMEOUT_SECONDS, progressbar=progress or False),
            )
        except (OSError, ValueError) as error:
            reasons.append(f"{urlsplit(url).hostname}: {_reason(error)}")
        else:
            Path(path).chmod(READABLE_BY_ALL)  # pooch leaves it to its owner alone
            return
    raise DataError(
        f"dataset {dataset.name}: {file.name} cannot be downloaded ({'; '.join(reasons)}); "
        f"run `hashbench data fetch {dataset.name}` again, or get the file from {dataset.page} "
        f"and put it into {dataset.path}"
    )


def _reason(error: OSError | ValueError) -> str:
    from requests import exceptions

    if isinstance(error, exceptions.HTTPError) and error.response is not None:
        return f"{error.response.status_code} {error.response.reason}"
    if isinstance(error, exceptions.Timeout):
        return f"no answer in {TIMEOUT_SECONDS} seconds"
    if isinstance(error, exceptions.ChunkedEncodingError):
        return "broken off"
    if isinstance(error, exceptions.ConnectionError):
        return "no connection"
    if isinstance(error, ValueError) and "does not match the known hash" in str(error):
        return "wrong checksum"
    return " ".join(str(error).split())


def _unpack(dataset: RemoteDataset) -> None:
    archive = dataset.path / dataset.files[0].name
    wanted = {file.name for file in dataset.instead}
    for name, content in read_archive(dataset.name, archive):
        if name.name in wanted:
            write_atomically(dataset.path / name.name, content)
    if missing := dataset.missing():
        raise DataError(
            f"{archive} lacks {', '.join(file.name for file in missing)}; delete it and fetch it again"
        )
