"""Codes of a trial as the bytes of an .npz file that knows its name and holds a digest of its content."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hashbench.codes import Codes
from hashbench.errors import DataError
from hashbench.experiment.record import Seconds
from hashbench.hashing.fit_diagnostics import FitDiagnostics, Groups


@dataclass(frozen=True, eq=False)
class StoredCodes:
    """Codes of the three splits of a corpus, with what it cost to make them.

    Attributes:
        codes: codes by "train", "validation" and "test".
        rows: rows of the corpus behind them, int64, by split.
        empty: documents without a feature, left out, by split.
        seconds: seconds of features, fit and encode.
        peak_rss_mib: peak resident memory during fit and encode, in MiB; None where it is not known.
        fit_diagnostics: what the hasher tells beside its codes.
        ids: what names each document, by split; empty where the corpus has no ids.
    """

    codes: Mapping[str, Codes]
    rows: Mapping[str, NDArray[np.int64]]
    empty: Mapping[str, int]
    seconds: Seconds
    peak_rss_mib: float | None
    fit_diagnostics: FitDiagnostics = field(default_factory=FitDiagnostics)
    ids: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def named(self, ids: Sequence[str] | None) -> StoredCodes:
        """Return the codes with the ids of their documents.

        Args:
            ids: the ids of all documents of the corpus, or None.
        """
        if ids is None:
            return self
        return replace(
            self, ids={split: tuple(ids[row] for row in rows) for split, rows in self.rows.items()}
        )


def codes_to_bytes(stored: StoredCodes, codes_name: str) -> bytes:
    """Return the content of the file of some codes.

    Args:
        stored: the codes.
        codes_name: see ``TrialRecord.codes_name``.
    """
    about = {
        "name": codes_name,
        "n_bits": stored.codes["train"].n_bits,
        "empty": dict(stored.empty),
        "seconds": vars(stored.seconds),
        "peak_rss_mib": stored.peak_rss_mib,
        "fit_diagnostics": dict(stored.fit_diagnostics.values),
        "groups": [level.name for level in stored.fit_diagnostics.groups],
    }
    arrays: dict[str, Any] = {f"words_{split}": codes.words for split, codes in stored.codes.items()}
    arrays |= {f"rows_{split}": rows for split, rows in stored.rows.items()}
    for split, ids in stored.ids.items():
        arrays[f"ids_{split}"] = np.frombuffer(json.dumps(ids).encode(), dtype=np.uint8)
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
    splits = [name.removeprefix("words_") for name in arrays if name.startswith("words_")]
    groups = tuple(
        Groups(name, arrays[f"members_{name}"], arrays.get(f"parents_{name}"))
        for name in about.get("groups", ())
    )
    return StoredCodes(
        {split: Codes(arrays[f"words_{split}"], about["n_bits"]) for split in splits},
        {split: arrays[f"rows_{split}"] for split in splits},
        about["empty"],
        Seconds(**about["seconds"]),
        about["peak_rss_mib"],
        FitDiagnostics(about.get("fit_diagnostics", about.get("facts", {})), groups),
        {
            name.removeprefix("ids_"): tuple(json.loads(array.tobytes()))
            for name, array in arrays.items()
            if name.startswith("ids_")
        },
    )


def _digest(arrays: Mapping[str, NDArray[Any]]) -> str:
    """Return a hash of arrays by name: of their types, shapes and values."""
    hashed = hashlib.blake2b(digest_size=16)
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        hashed.update(json.dumps([name, array.dtype.str, arrays[name].shape]).encode())
        hashed.update(array.tobytes())
    return hashed.hexdigest()
