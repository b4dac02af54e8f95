"""From bytes to text: one rule for every file of a user's documents.

A byte-order mark decides. Without one the bytes are UTF-8 or, if they are not and could be text of a western
European language, cp1252. Everything else is refused until its encoding is named.
"""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import re
import stat
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from hashbench.errors import Argument, DataError

COMPRESSIONS: Mapping[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
CP1252 = "files read as cp1252, since they are not UTF-8"
CHUNK = 1 << 20
MOST_IN_RUNS = 0.3
"""Largest share of the bytes above 127 that western European text has in runs of three and more."""
MOST_OF_UTF8 = 0.3
"""Largest share of the bytes above 127 that text of one byte a character has in what is UTF-8."""
MOST_CONTROLS = 0.02
"""Largest share of control characters in text; a few backspaces are in what people wrote on terminals."""

_MARKS = (  # the marks of UTF-32 begin with those of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
_SIGNATURES = (
    (b"\x1f\x8b", "a gzip file: give it the suffix .gz"),
    (b"BZh", "a bzip2 file: give it the suffix .bz2"),
    (b"\xfd7zXZ", "an xz file: give it the suffix .xz"),
    (b"PK\x03\x04", "a zip archive, as spreadsheets are too: save it as CSV, or give it the suffix .zip"),
    (b"PAR1", "a Parquet file: give it the suffix .parquet"),
    (b"%PDF", "a PDF file: extract its text"),
    (b"\xd0\xcf\x11\xe0", "an Office file: save its text"),
)
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_RUNS = re.compile(rb"[\x80-\xff]{3,}")
_HIGH = re.compile(rb"[\x80-\xff]")
_UTF8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


@dataclass(frozen=True)
class Encoding:
    """An encoding, and whether the text has a double quote."""

    name: str
    has_quote: bool = True

    @property
    def shown(self) -> str:
        """The encoding for people."""
        names = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16", "utf-32": "UTF-32"}
        return names.get(self.name, self.name)


def check_regular(path: Path) -> None:
    """Refuse what is neither a file nor a folder, before it is opened: reading a pipe would wait for ever.

    Raises:
        DataError: it is a pipe, a socket or a device, or does not exist.
    """
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise DataError(f"cannot read {path}: {error}") from error
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise DataError(f"{path} is a pipe, a socket or a device; write its content to a file and name that")


@contextmanager
def open_bytes(path: Path) -> Iterator[BinaryIO]:
    """Open a file, decompressed if its suffix says that it is compressed.

    Raises:
        DataError: it cannot be read or is damaged.
    """
    check_regular(path)
    opener = COMPRESSIONS.get(path.suffix.lower(), open)
    try:
        with opener(path, "rb") as file:
            yield file
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"cannot read {path}: {reason}") from error


@contextmanager
def open_text(path: Path, encoding: str, newline: str | None = None) -> Iterator[TextIO]:
    """Open a file as text.

    Raises:
        DataError: as ``open_bytes``, or the bytes are not of that encoding.
    """
    with open_bytes(path) as file:
        try:
            yield io.TextIOWrapper(file, encoding=encoding, newline=newline)
        except UnicodeError as error:
            raise DataError(f"{path} is not {encoding}: {error}; set ", Argument("encoding")) from error


def detect(path: Path, given: str = "") -> Encoding:
    """Return the encoding of a file.

    Args:
        path: a file.
        given: the encoding that the user named; "" looks at the bytes.

    Raises:
        DataError: it cannot be told, or there is no such encoding.
    """

    def chunks() -> Iterator[bytes]:
        with open_bytes(path) as file:
            while chunk := file.read(CHUNK):
                yield chunk

    if given:
        return _named(given, next(chunks(), b""), str(path))
    return _detect(chunks, str(path))


def decode(content: bytes, where: str, given: str = "") -> tuple[str, Encoding]:
    """Return the text of some bytes, its line ends as they are, and its encoding.

    Raises:
        DataError: as ``detect``, or the bytes are not of the encoding that the user named.
    """
    encoding = _named(given, content, where) if given else _detect(lambda: iter([content]), where)
    try:
        return content.decode(encoding.name).removeprefix("\ufeff"), encoding
    except UnicodeError as error:
        raise DataError(f"{where} is not {encoding.shown}: {error}; set ", Argument("encoding")) from error


def known_encoding(name: str) -> str:
    """Return the name of an encoding of text.

    Raises:
        DataError: there is none of that name.
    """
    try:
        "".encode(name)
        plain = codecs.lookup(name).name
    except (LookupError, ValueError) as error:
        named = Argument("encoding", repr(name))
        raise DataError(named, ": there is no such encoding; give one such as utf-16-le or cp1251") from error
    return "utf-8-sig" if plain == "utf-8" else plain


def _named(given: str, beginning: bytes, where: str) -> Encoding:
    """Return the encoding that the user named, unless a mark says another one."""
    name = known_encoding(given)
    marked = next((marked for mark, marked in _MARKS if beginning.startswith(mark)), None)
    if marked and not name.startswith(marked.removesuffix("-sig")):
        raise DataError(
            f"{where} begins with the mark of {Encoding(marked).shown}, and not as ",
            Argument("encoding", given),
            " says; leave the encoding out",
        )
    return Encoding(name)


def _detect(chunks: Callable[[], Iterator[bytes]], where: str) -> Encoding:
    beginning = next(chunks(), b"")
    for mark, name in _MARKS:
        if beginning.startswith(mark):
            return _checked(chunks, where, Encoding(name))
    decoder = codecs.getincrementaldecoder("utf-8")()
    has_quote = has_nul = False
    try:
        for chunk in chunks():
            decoder.decode(chunk)
            has_quote = has_quote or b'"' in chunk
            has_nul = has_nul or b"\0" in chunk
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        if any(b"\0" in chunk for chunk in chunks()):
            raise _with_nul(chunks, where, beginning) from error
        if _is_broken_utf8(chunks):
            line = _first_line_not_utf8(chunks)
            raise DataError(
                f"{where}, line {line}: {error.reason}, where the rest is UTF-8; mend the line, or set ",
                Argument("encoding"),
            ) from error
        if _could_be_cp1252(chunks):
            return Encoding("cp1252")
        raise DataError(_unknown(where, beginning), Argument("encoding")) from error
    if has_nul:
        raise _with_nul(chunks, where, beginning)
    return Encoding("utf-8-sig", has_quote)


def _checked(chunks: Callable[[], Iterator[bytes]], where: str, encoding: Encoding) -> Encoding:
    """Decode everything once, so that what the mark promises holds to the end."""
    decoder = codecs.getincrementaldecoder(encoding.name)()
    line = 1
    try:
        for chunk in chunks():
            text = decoder.decode(chunk)
            if "\0" in text:
                line += text[: text.index("\0")].count("\n")
                raise DataError(f"{where} is not a text file: it has a NUL character, in line {line}")
            line += text.count("\n")
        decoder.decode(b"", final=True)
    except UnicodeError as error:
        what = f"begins with the mark of {encoding.shown} and is not, after line {line}"
        raise DataError(f"{where} {what} ({error}); save it as UTF-8") from error
    return encoding


def _with_nul(chunks: Callable[[], Iterator[bytes]], where: str, beginning: bytes) -> DataError:
    kind = _signature(beginning)
    if kind:
        return DataError(f"{where} is not a text file but {kind}")
    sample = beginning[: CHUNK - CHUNK % 4]
    nuls = [sample[place::4].count(0) * 4 / max(1, len(sample)) for place in range(4)]
    likely = {
        "utf-32-le": nuls[2] > 0.9 and nuls[3] > 0.9,
        "utf-32-be": nuls[0] > 0.9 and nuls[1] > 0.9,
        "utf-16-le": nuls[1] + nuls[3] > 4 * (nuls[0] + nuls[2]),
        "utf-16-be": nuls[0] + nuls[2] > 4 * (nuls[1] + nuls[3]),
    }
    name = next((name for name, is_likely in likely.items() if is_likely), None)
    if name and sum(nuls) > 0.1:
        what = (
            f"{where} is not a text file as it stands: it has NUL bytes, as UTF-16 and UTF-32 have, and no "
            f"byte-order mark; if it is {name}, set "
        )
        return DataError(what, Argument("encoding", name))
    line = 1
    for chunk in chunks():
        if b"\0" in chunk:
            line += chunk[: chunk.index(b"\0")].count(b"\n")
            break
        line += chunk.count(b"\n")
    return DataError(f"{where} is not a text file: it has a NUL character, in line {line}")


def _could_be_cp1252(chunks: Callable[[], Iterator[bytes]]) -> bool:
    high = in_runs = 0
    for chunk in chunks():
        try:
            chunk.decode("cp1252")
        except UnicodeDecodeError:
            return False
        if len(_CONTROLS.findall(chunk)) > MOST_CONTROLS * len(chunk):
            return False
        high += len(_HIGH.findall(chunk))
        in_runs += sum(map(len, _RUNS.findall(chunk)))
    return in_runs <= MOST_IN_RUNS * high


def _is_broken_utf8(chunks: Callable[[], Iterator[bytes]]) -> bool:
    high = in_utf8 = 0
    for chunk in chunks():
        high += len(_HIGH.findall(chunk))
        in_utf8 += sum(map(len, _UTF8.findall(chunk)))
    return in_utf8 > MOST_OF_UTF8 * high


def _first_line_not_utf8(chunks: Callable[[], Iterator[bytes]]) -> int:
    decoder = codecs.getincrementaldecoder("utf-8")()
    line = 1
    for chunk in chunks():
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as error:
            return line + chunk[: error.start].count(b"\n")
        line += chunk.count(b"\n")
    return line


def _unknown(where: str, beginning: bytes) -> str:
    kind = _signature(beginning)
    if kind:
        return f"{where} is not a text file but {kind}; or set "
    return f"{where} is neither UTF-8 nor cp1252; save it as UTF-8, or set "


def _signature(beginning: bytes) -> str | None:
    return next((kind for mark, kind in _SIGNATURES if beginning.startswith(mark)), None)
