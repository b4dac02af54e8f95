"""Made-up trial records for tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hashbench.experiment.record import Origin, Score, Seconds, Task, Trial, TrialRecord
from hashbench.fingerprint import content_key

TASK = Task(
    documents="d" * 8,
    labels="e" * 8,
    split="stratified 80/10/10, seed 0",
    split_rows="f" * 8,
    queries="test",
    evaluator=1,
)
ORIGINS = {part: Origin("hashbench", "1.0", 1) for part in ("method", "featurizer", "dataset")}
CODE = {"method": ("0123456789abcdef",), "featurizer": ("fedcba9876543210",)}


def make_record(
    method: str = "itq",
    bits: int | None = 16,
    seed: int | None = 0,
    value: float | None = 0.5,
    coarse: float | None = None,
    **changes: Any,
) -> TrialRecord:
    """Return a record that scored ``value``, or one that failed where it is None."""
    trial = Trial("toy", {}, "tfidf", {"min_df": 3}, method, "default", {"n_iter": 50}, bits, seed)
    record = TrialRecord(
        key=content_key([method, bits, seed, str(changes)]),
        codes_key=content_key([method, bits, seed]),
        features_key="a" * 8,
        status="ok",
        trial=trial,
        task=TASK,
        origins=ORIGINS,
        code=CODE,
        finished="2026-01-01T00:00:00+00:00",
    )
    if value is None:
        record = replace(record, status="failed", error="fit: RuntimeError: no", traceback="Traceback ...")
    else:
        scores = {"p@100": Score(value, value - 0.1, value + 0.1)}
        if coarse is not None:
            scores["coarse-p@100"] = Score(coarse, coarse, coarse)
        record = replace(
            record,
            scores=scores,
            chance={"p": 0.05, "coarse-p": 0.2},
            counts={"database": 800, "queries": 100, "encoded": 1000, "empty-queries": 2},
            seconds=Seconds(features=1.0, fit=2.0, encode=0.5, evaluate=0.1),
        )
    return replace(record, **changes)
