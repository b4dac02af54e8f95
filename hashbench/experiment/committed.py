"""Committed results: the records of a release in a form that is small and that people can review.

A folder of them holds one file a dataset and method, ``DATASET/METHOD.jsonl``, with one trial a line. What
many trials of a dataset share stands once in ``DATASET/_shared.jsonl``, one block a line, and the lines of
trials refer to it by name. A block is what a trial says of its corpus and task, its features, its method, its
code, or its machine. Lines are sorted by dataset, features, recipe, code length and seed.

Scores, seconds and the like are rounded to six significant digits; of the default Ns of P@N, 200 to 900 are
left out, apart from 500; tracebacks are left out. Everything else comes back as it was, see
``committed_form``. Trials that the same code made share the evidence about it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, asdict, fields, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from hashbench.atomic import write_atomically
from hashbench.experiment.record import SCHEMA, Origin, Score, Seconds, Task, Trial, TrialRecord
from hashbench.fingerprint import content_key
from hashbench.specs import Tuning

SHARED_FILE = "_shared.jsonl"
_BLOCKS: Mapping[str, tuple[str, ...]] = {
    "board": ("dataset", "dataset_params", "task", "description", "notes", "chance", "counts"),
    "features": ("requested", "requested_params", "featurizer", "featurizer_params", "features_key"),
    "method": ("method", "recipe", "params", "overrides", "changed", "labels", "reference"),
    "code": ("origins", "code"),
    "machine": ("machine", "versions", "threads"),
}
_SEAL = b', "digest": "'
_LONGEST_NAME = 120
_LEFT_OUT_NS = frozenset({200, 300, 400, 600, 700, 800, 900})
_ROUNDED = ("scores", "metrics", "fit_diagnostics", "seconds", "peak_rss_mib")
_OF_TRIAL = frozenset(each.name for each in fields(Trial))
_IN_BLOCKS = frozenset(name for names in _BLOCKS.values() for name in names)
_IN_LINES = tuple(
    name
    for name in (
        *("key", "bits", "seed", "status", "error", "finished", "codes_key", "scores"),
        *sorted({each.name for each in fields(TrialRecord)} - {"by_query", "trial", "traceback", "schema"}),
        "by_query",
    )
    if name not in _IN_BLOCKS
)
_READ: Mapping[str, Callable[[Any], Any]] = {
    "task": lambda value: Task(**value),
    "notes": tuple,
    "origins": lambda value: {part: Origin(**origin) for part, origin in value.items()},
    "code": lambda value: {part: tuple(digests) for part, digests in value.items()},
    "seconds": lambda value: Seconds(**value),
}
_NUMBER = (float, int)
Block = Mapping[str, Any]
Damage = tuple[Path, str]
"""A file, and what cannot be read in it."""


def committed_form(record: TrialRecord) -> TrialRecord:
    """Return a record as it comes back from the committed form."""
    return replace(
        record,
        scores={name: Score(**_rounded(vars(score))) for name, score in _kept_scores(record).items()},
        metrics=_rounded(record.metrics),
        fit_diagnostics=_rounded(record.fit_diagnostics),
        seconds=Seconds(**_rounded(vars(record.seconds))),
        peak_rss_mib=_rounded(record.peak_rss_mib),
        code={part: (*digests[:1], *sorted(set(digests[1:]))) for part, digests in record.code.items()},
        traceback=None,
    )


def read_committed(root: Path, prefix: str = "") -> tuple[list[TrialRecord], list[Damage]]:
    """Return the committed records in a folder, and what cannot be read.

    Args:
        root: the folder; one without committed results gives no records.
        prefix: the beginning of the keys to read; the others are passed over.
    """
    records: list[TrialRecord] = []
    damaged: list[Damage] = []
    for folder in _folders(root):
        blocks = _read_lines(folder / SHARED_FILE, _read_block, damaged)
        shared = dict(blocks)
        if shared.pop("schema", None) != SCHEMA:
            reason = f"is missing, or is not of schema {SCHEMA}: the trials beside it cannot be read"
            damaged.append((folder / SHARED_FILE, reason))
            continue
        for path in sorted(folder.glob("*.jsonl")):
            if path.name != SHARED_FILE:
                records += _read_lines(path, partial(_read_trial, shared=shared), damaged, prefix)
    return records, damaged


def committed_keys(root: Path) -> set[str]:
    """Return the keys of the committed records in a folder, without reading more of them."""
    return {
        key.decode()
        for folder in _folders(root)
        for path in folder.glob("*.jsonl")
        for key in re.findall(rb'^\{"key": "(\w+)"', path.read_bytes(), flags=re.M)
    }


def write_committed(root: Path, records: Iterable[TrialRecord]) -> list[Path]:
    """Write records in the committed form, and return the files that changed.

    Files of a dataset that has records are written whole: pass all records of it. Each file is replaced at
    once, and what the lines refer to is there before them.
    """
    by_folder: defaultdict[Path, list[TrialRecord]] = defaultdict(list)
    for record in records:
        by_folder[root / _file_name(record.trial.dataset)].append(record)
    return [path for folder in sorted(by_folder) for path in _write_folder(folder, by_folder[folder])]


def _write_folder(folder: Path, records: Iterable[TrialRecord]) -> Iterator[Path]:
    blocks: dict[str, dict[str, Any]] = {}
    lines: defaultdict[Path, list[tuple[Any, str]]] = defaultdict(list)
    for record in map(committed_form, records):
        document = _document(record)
        references = {kind: _reference(kind, document) for kind in _BLOCKS}
        for kind, reference in references.items():
            block = {name: document[name] for name in _BLOCKS[kind]}
            found = blocks.setdefault(f"{kind} {reference}", block)
            if kind == "code":
                found["code"] = _joined_evidence(found["code"], block["code"])
        path = folder / f"{_file_name(record.trial.method)}.jsonl"
        lines[path].append((_order(references, record), _line(document, references)))
    schema = _sealed({"block": "schema", "schema": SCHEMA})
    shared = [schema, *(_sealed({"block": name, **blocks[name]}) for name in sorted(blocks))]
    folder.mkdir(parents=True, exist_ok=True)
    before = _lines_of(folder / SHARED_FILE)
    _write(folder / SHARED_FILE, [*shared, *(line for line in before if line not in set(shared))])
    changed = [path for path in sorted(lines) if _write(path, [line for _, line in sorted(lines[path])])]
    _write(folder / SHARED_FILE, shared)
    yield from ([folder / SHARED_FILE] if shared != before else [])
    yield from changed


def _document(record: TrialRecord) -> dict[str, Any]:
    """Return the fields of a record and of its trial as JSON values."""
    document = {**asdict(record), "task": record.task.to_json()}
    document |= document.pop("trial")
    document["scores"] = {
        name: [score.expected, score.worst, score.best] for name, score in record.scores.items()
    }
    document["seconds"] = {name: value for name, value in vars(record.seconds).items() if value is not None}
    return document


def _reference(kind: str, document: Mapping[str, Any]) -> str:
    """Return the name of a block: what it is in a word or two, and a digest."""
    content = {name: document[name] for name in _BLOCKS[kind]}
    if kind == "code":
        content["code"] = {part: digests[:1] for part, digests in content["code"].items()}
    words = {
        "board": (document["dataset"], document["task"]["queries"]),
        "features": (document["requested"] or document["featurizer"],),
        "method": (document["method"], document["recipe"]),
    }
    return " ".join((*words.get(kind, ()), content_key(content)[:12]))


def _joined_evidence(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, list[str]]:
    return {part: [*digests[:1], *sorted({*digests[1:], *other[part][1:]})] for part, digests in one.items()}


def _order(references: Mapping[str, str], record: TrialRecord) -> tuple[Any, ...]:
    trial = record.trial
    numbers = (trial.bits is None, trial.bits or 0, -1 if trial.seed is None else trial.seed)
    return (
        *(references[kind] for kind in ("board", "features", "method")),
        numbers,
        record.finished,
        record.key,
    )


def _line(document: Mapping[str, Any], references: Mapping[str, str]) -> str:
    """Return the line of a trial: its key, the names of its blocks, and its own fields but for defaults."""
    own = {name: document[name] for name in _IN_LINES if document[name] != _defaults().get(name, MISSING)}
    return _sealed({"key": own.pop("key"), **references, **own})


def _sealed(document: Mapping[str, Any]) -> str:
    """Return a line of JSON that ends with a digest of what stands before it."""
    body = json.dumps(document, allow_nan=False)[:-1]
    return f'{body}{_SEAL.decode()}{_digest(body.encode())}"}}'


def _digest(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=6).hexdigest()


def _opened(line: bytes) -> dict[str, Any]:
    """Return the JSON object of a line.

    Raises:
        ValueError: it is not complete JSON, or differs from its digest.
    """
    document: dict[str, Any] = json.loads(line)
    body, _, seal = line.rpartition(_SEAL)
    if seal != f'{_digest(body)}"}}'.encode():
        raise ValueError("it differs from its digest: it was damaged or changed by hand")
    del document["digest"]
    return document


@cache
def _defaults() -> Mapping[str, Any]:
    """Return the defaults of the fields that are left out of a line."""
    return {
        each.name: {} if each.default_factory is not MISSING else each.default
        for each in fields(TrialRecord)
        if each.default_factory is not MISSING or each.default is not MISSING
    }


def _read_lines(
    path: Path, read: Callable[[dict[str, Any]], Any], damaged: list[Damage], prefix: str = ""
) -> list[Any]:
    """Read the lines of a file; note in ``damaged`` those that cannot be read."""
    found = []
    wanted = f'"{prefix}'.encode() if prefix else b""
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    except OSError as error:
        damaged.append((path, f"cannot be read: {error}"))
        return []
    for number, line in enumerate(lines, 1):
        if line and wanted in line:
            try:
                document = _opened(line)
                if not prefix or document["key"].startswith(prefix):
                    found.append(read(document))
            except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
                damaged.append((path, f"line {number} is not complete JSON: {error}"))
            except (KeyError, TypeError, AttributeError, ValueError) as error:
                damaged.append((path, f"line {number} is not as merge writes it: {_said(error)}"))
    return found


def _read_block(document: dict[str, Any]) -> tuple[str, Any]:
    name = document.pop("block")
    if name == "schema":
        return name, document["schema"]
    kind = name.partition(" ")[0]
    if set(document) != set(_BLOCKS[kind]):
        raise TypeError(f"a block {kind} has the fields {', '.join(_BLOCKS[kind])}")
    values = {field: _READ.get(field, _same)(value) for field, value in document.items()}
    of_trial = {field: values.pop(field) for field in _OF_TRIAL & set(values)}
    return name, (of_trial, values)


def _read_trial(document: dict[str, Any], shared: Mapping[str, tuple[Block, Block]]) -> TrialRecord:
    of_trial = {"bits": document.pop("bits"), "seed": document.pop("seed")}
    values: dict[str, Any] = {}
    for kind in _BLOCKS:
        trial_part, record_part = shared[f"{kind} {document.pop(kind)}"]
        of_trial.update(trial_part)
        values.update(record_part)
    scores = {name: _read_score(values) for name, values in document.pop("scores", {}).items()}
    if document["status"] not in ("ok", "failed"):
        raise TypeError(f"its status is {document['status']!r}")
    if not all(isinstance(document[name], str) for name in ("key", "codes_key", "finished")):
        raise TypeError("its key or its time is not text")
    document["seconds"] = Seconds(**document.get("seconds", {}))
    if (tuning := document.get("tuning")) is not None:
        document["tuning"] = Tuning(**{**tuning, "datasets": tuple(tuning["datasets"])})
    return TrialRecord(trial=Trial(**of_trial), scores=scores, **values, **document)


def _read_score(values: Any) -> Score:
    expected, worst, best = values
    if not (isinstance(expected, _NUMBER) and isinstance(worst, _NUMBER) and isinstance(best, _NUMBER)):
        raise TypeError("a score is not a number")
    return Score(expected, worst, best)


def _same(value: Any) -> Any:
    return value


def _said(error: Exception) -> str:
    return f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)


def _folders(root: Path) -> list[Path]:
    return sorted({path.parent for path in root.glob("*/*.jsonl")})


def _lines_of(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").split("\n")[:-1] if path.exists() else []


def _write(path: Path, lines: Iterable[str]) -> bool:
    """Write a file unless it has that content; tell whether it was written."""
    data = "".join(f"{line}\n" for line in lines).encode("ascii")
    if path.exists() and path.read_bytes() == data:
        return False
    write_atomically(path, data)
    return True


def _file_name(name: str) -> str:
    """Return a name as that of a file; a long one is cut and ends in a digest."""
    plain = re.sub(r"[^A-Za-z0-9-]+", "-", name)
    return plain if len(plain) <= _LONGEST_NAME else f"{plain[:_LONGEST_NAME]}-{content_key(name)[:8]}"


def _kept_scores(record: TrialRecord) -> dict[str, Score]:
    ns = {name: int(name.rpartition("@")[2]) for name in record.scores}
    left_out = _LEFT_OUT_NS if set(ns.values()) >= _LEFT_OUT_NS else frozenset()
    return {name: score for name, score in record.scores.items() if ns[name] not in left_out}


def _rounded(value: Any) -> Any:
    """Return a value with six significant digits in every float."""
    if isinstance(value, Mapping):
        return {name: _rounded(each) for name, each in value.items()}
    return float(f"{value:.6g}") if isinstance(value, float) else value
