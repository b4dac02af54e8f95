"""Downloading the files that datasets declare, and comparing them with their checksums."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit
from urllib.request import url2pathname

from hashbench.atomic import write_atomically
from hashbench.data.archives import read_archive
from hashbench.data.dataset_files import missing_files
from hashbench.data.home import dataset_folder
from hashbench.errors import DataError
from hashbench.specs import DatasetFile, DatasetSpec

TIMEOUT_SECONDS = 30
READABLE_BY_ALL = 0o644


class ProgressBar(Protocol):
    """The display of a download's progress that pooch drives; ``total`` and all steps are in bytes."""

    total: int

    def update(self, n: int) -> None:
        """Advance by n bytes."""

    def reset(self) -> None:
        """Go back to the start."""

    def close(self) -> None:
        """End."""


@dataclass(frozen=True)
class Verified:
    """How a file of a dataset compares with the checksums that are known.

    Attributes:
        path: the file.
        state: "official": it has the official checksum; "known copy": it has the checksum of another file
            that is known, see ``remark``; "differs": it has neither; "unknown": no official checksum is
            known; "missing": the loader needs the file and it is not there.
        sha256: its checksum; None where it is missing.
        remark: what is known about a copy.
    """

    path: Path
    state: Literal["official", "known copy", "differs", "unknown", "missing"]
    sha256: str | None = None
    remark: str = ""


def fetch(
    spec: DatasetSpec, progress: Callable[[DatasetFile], ProgressBar | None] = lambda _: None
) -> list[Path]:
    """Download the files of a dataset that its loader needs; files that are there stay as they are.

    Args:
        spec: the dataset.
        progress: called before each download; returns the display of its progress.

    Returns:
        The files of the dataset that are there now.

    Raises:
        DataError: a file has to be got by hand, none of its URLs gives the file with the right checksum, or
            the folder cannot be written. Files that are complete stay.
    """
    folder = dataset_folder(spec)
    if missing_files(spec):
        absent = [file for file in spec.files if not (folder / file.name).is_file()]
        if by_hand := [file.name for file in absent if not file.urls]:
            raise DataError(
                f"dataset {spec.name} cannot be downloaded without {spec.needs}: get "
                f"{', '.join(by_hand)} from {spec.page} and put them into {folder}"
            )
        _make_folder(folder)
        for file in absent:
            _download(spec, file, progress(file))
        if spec.unpacked:
            _unpack(spec)
    paths = (folder / file.name for file in _declared(spec))
    return [path for path in paths if path.is_file()]


def verify(spec: DatasetSpec) -> list[Verified]:
    """Compare the files of a dataset with the checksums that are known.

    Raises:
        DataError: a file cannot be read.
    """
    missing = missing_files(spec)
    found = []
    for file in _declared(spec):
        path = dataset_folder(spec) / file.name
        if path.is_file():
            found.append(_verified(file, path))
        elif file in missing:
            found.append(Verified(path, "missing"))
    return found


def _declared(spec: DatasetSpec) -> tuple[DatasetFile, ...]:
    return (*spec.files, *spec.unpacked, *spec.alternatives)


def _verified(file: DatasetFile, path: Path) -> Verified:
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


def _download(spec: DatasetSpec, file: DatasetFile, progress: ProgressBar | None) -> None:
    import pooch

    pooch.get_logger().setLevel("ERROR")
    over_http = pooch.HTTPDownloader(timeout=TIMEOUT_SECONDS, progressbar=progress or False)
    folder = dataset_folder(spec)
    reasons = []
    for url in file.urls:
        try:
            path = pooch.retrieve(
                url,
                known_hash=file.sha256 and f"sha256:{file.sha256}",
                fname=file.name,
                path=folder,
                downloader=_copier(progress) if url.startswith("file:") else over_http,
            )
        except (OSError, ValueError) as error:
            reasons.append(f"{urlsplit(url).hostname or url}: {_reason(error)}")
        else:
            Path(path).chmod(READABLE_BY_ALL)  # pooch leaves it to its owner alone
            return
    raise DataError(
        f"dataset {spec.name}: {file.name} cannot be downloaded ({'; '.join(reasons)}); "
        f"run `hashbench data fetch {spec.name}` again, or get the file from {spec.page} "
        f"and put it into {folder}"
    )


def _copier(progress: ProgressBar | None) -> Callable[[str, str, Any], None]:
    """Return a downloader of file URLs, as pooch calls it: with URL, path, and an object that is not used."""

    def copy(url: str, path: str, _: Any) -> None:
        shutil.copyfile(url2pathname(urlsplit(url).path), path)
        if progress is not None:
            progress.total = Path(path).stat().st_size
            progress.update(progress.total)
            progress.close()

    return copy


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
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(str(error).split())


def _unpack(spec: DatasetSpec) -> None:
    folder = dataset_folder(spec)
    archive = folder / spec.files[0].name
    wanted = {file.name for file in spec.unpacked}
    for name, content in read_archive(spec.name, archive):
        if name.name in wanted:
            write_atomically(folder / name.name, content)
    if missing := missing_files(spec):
        raise DataError(
            f"{archive} lacks {', '.join(file.name for file in missing)}; delete it and fetch it again"
        )
