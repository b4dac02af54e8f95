"""Codes or lists of a trial as an .npz file that knows its name and holds a digest of its content."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hashbench.codes import Codes, QuantiserCodes
from hashbench.errors import DataError
from hashbench.evaluation.similarity import RankedLists
from hashbench.experiment.record import Seconds
from hashbench.hashing.fit_diagnostics import FitDiagnostics, Groups


@dataclass(frozen=True, eq=False)
class StoredCodes:
    """Codes of the three splits of a corpus, or the lists of a ranker, with what it cost to make them.

    Attributes:
        codes: codes by "train", "validation" and "test"; none of a ranker.
        rows: rows of the corpus behind them, int64, by split.
        empty: documents without a feature, left out, by split.
        seconds: seconds of features, fit and encode.
        peak_rss_mib: peak resident memory during fit and encode, in MiB; None where it is not known.
        fit_diagnostics: what the hasher tells beside its codes.
        queries: what queries are searched with beside their codes, float32, by "validation" and "test": the
            lookup tables of a quantiser, (n, n_books, n_centroids), or for asymmetric search the real values
            behind bits, (n, n_bits).
        lists: the nearest documents of queries by the similarity of a ranker, by split of the queries.
        memory_bits: bits that a ranker stores of a document, where it says so.
    """

    codes: Mapping[str, Codes | QuantiserCodes]
    rows: Mapping[str, NDArray[np.int64]]
    empty: Mapping[str, int]
    seconds: Seconds
    peak_rss_mib: float | None
    fit_diagnostics: FitDiagnostics = field(default_factory=FitDiagnostics)
    queries: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    lists: Mapping[str, RankedLists] = field(default_factory=dict)
    memory_bits: float | None = None


def codes_to_bytes(stored: StoredCodes, codes_name: str) -> bytes:
    """Return the content of the file of some codes.

    Args:
        stored: the codes.
        codes_name: see ``TrialRecord.codes_name``.
    """
    about = {
        "name": codes_name,
        **_about_codes(stored),
        "empty": dict(stored.empty),
        "seconds": vars(stored.seconds),
        "peak_rss_mib": stored.peak_rss_mib,
        "fit_diagnostics": dict(stored.fit_diagnostics.values),
        "groups": [level.name for level in stored.fit_diagnostics.groups],
    }
    arrays: dict[str, Any] = dict(_code_array(split, codes) for split, codes in stored.codes.items())
    arrays |= {f"queries_{split}": values for split, values in stored.queries.items()}
    for split, lists in stored.lists.items():
        parts = {"documents": lists.documents, "similarities": lists.similarities, "starts": lists.starts}
        arrays |= {f"{part}_{split}": array for part, array in parts.items()}
    arrays |= {f"rows_{split}": rows for split, rows in stored.rows.items()}
    for level in stored.fit_diagnostics.groups:
        arrays[f"members_{level.name}"] = level.members
        if level.parents is not None:
            arrays[f"parents_{level.name}"] = level.parents
    arrays["about"] = np.array(json.dumps(about))
    buffer = io.BytesIO()
    np.savez(buffer, digest=np.array(_digest(arrays)), **arrays)
    return buffer.getvalue()


def codes_from_bytes(content: bytes, codes_name: str | None) -> StoredCodes:
    """Return the codes in the content of a file.

    Args:
        content: what ``codes_to_bytes`` returned.
        codes_name: the name that the codes have to have; None for codes of earlier releases, which have
            neither name nor digest.

    Raises:
        DataError: the content was changed, or is that of codes of another name.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            arrays = dict(file)
        about = json.loads(str(arrays["about"]))
        if codes_name is not None:
            digest = str(arrays.pop("digest"))
            if digest != _digest(arrays):
                raise DataError("differs from its digest")
            if about["name"] != codes_name:
                raise DataError(f"holds the codes {about['name']}")
        return _stored_codes(about, arrays)
    except DataError:
        raise
    except KeyError as error:
        raise DataError(f"has no {error}, like codes of earlier releases") from error
    except Exception as error:  # the readers of damaged archives and arrays raise almost anything
        raise DataError(f"is damaged: {type(error).__name__}: {error}") from error


def _stored_codes(about: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> StoredCodes:
    groups = tuple(
        Groups(name, arrays[f"members_{name}"], arrays.get(f"parents_{name}"))
        for name in about.get("groups", ())
    )
    return StoredCodes(
        {split: Codes(words, about["n_bits"]) for split, words in _by_split(arrays, "words").items()}
        | {
            split: QuantiserCodes(indices, about["n_centroids"])
            for split, indices in _by_split(arrays, "indices").items()
        },
        _by_split(arrays, "rows"),
        about["empty"],
        Seconds(**about["seconds"]),
        about["peak_rss_mib"],
        FitDiagnostics(about.get("fit_diagnostics", about.get("facts", {})), groups),
        _by_split(arrays, "queries"),
        {
            split: RankedLists(
                documents,
                arrays[f"similarities_{split}"],
                arrays[f"starts_{split}"],
                about["n_database"],
                about["depths"][split],
            )
            for split, documents in _by_split(arrays, "documents").items()
        },
        about.get("memory_bits"),
    )


def _about_codes(stored: StoredCodes) -> dict[str, Any]:
    """Return what is to be known of codes or lists beside their arrays."""
    if stored.lists:
        return {
            "n_database": len(stored.rows["train"]),
            "depths": {split: lists.depth for split, lists in stored.lists.items()},
            "memory_bits": stored.memory_bits,
        }
    codes = stored.codes["train"]
    return {"n_bits": codes.n_bits} if isinstance(codes, Codes) else {"n_centroids": codes.n_centroids}


def _code_array(split: str, codes: Codes | QuantiserCodes) -> tuple[str, NDArray[Any]]:
    if isinstance(codes, Codes):
        return f"words_{split}", codes.words
    return f"indices_{split}", codes.indices


def _by_split(arrays: Mapping[str, NDArray[Any]], part: str) -> dict[str, NDArray[Any]]:
    prefix = f"{part}_"
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def _digest(arrays: Mapping[str, NDArray[Any]]) -> str:
    """Return a hash of arrays by name: of their types, shapes and values."""
    hashed = hashlib.blake2b(digest_size=16)
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        hashed.update(json.dumps([name, array.dtype.str, arrays[name].shape]).encode())
        hashed.update(array.tobytes())
    return hashed.hexdigest()
