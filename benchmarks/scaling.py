"""Time and memory of every phase of a run, over the number of documents.

Usage: python benchmarks/scaling.py [--documents N ...] [--methods NAME ...] [--no-run]
    [--set METHOD.NAME=VALUE ...]

Measures the phases that are not in scaling.jsonl yet, each in a process of its own on one thread, and writes
scaling.md and scaling.svg. The documents are made up: 15 words each, of 50 classes.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scaling_phases import write_documents
from scaling_report import MEASURED, PHASES, Measurement, read, write_report

HERE = Path(__file__).parent
METHODS = ("lsh", "itq", "sth", "nash", "bmsh", "hierhash")
FEATURIZER = {"hierhash": "lsa"}


def main() -> None:
    """Measure what is missing, and write the report."""
    parser = argparse.ArgumentParser(description="Time and memory of the phases of a run.")
    parser.add_argument("--documents", type=int, nargs="+", default=[10_000, 100_000], metavar="N")
    parser.add_argument("--methods", nargs="+", default=METHODS, metavar="NAME")
    parser.add_argument("--set", nargs="*", default=[], metavar="METHOD.NAME=VALUE")
    parser.add_argument("--no-run", action="store_true", help="only write the report")
    arguments = parser.parse_args()
    params: dict[str, dict[str, Any]] = {}
    for method, name, value in (re.split("[.=]", each, maxsplit=2) for each in arguments.set):
        params.setdefault(method, {})[name] = json.loads(value)
    for n in () if arguments.no_run else arguments.documents:
        with tempfile.TemporaryDirectory() as folder:
            _measure_all(n, arguments.methods, params, Path(folder))
    write_report(HERE)


def _measure_all(n: int, methods: Sequence[str], params: Mapping[str, dict[str, Any]], folder: Path) -> None:
    """Measure the phases of some methods over ``n`` documents, those that are stored left out."""
    plan = [
        [Measurement(n, "corpus")],
        *(
            [Measurement(n, "features", featurizer=name)]
            for name in dict.fromkeys(FEATURIZER.get(method, "tfidf") for method in methods)
        ),
        *(
            [
                Measurement(n, phase, method, FEATURIZER.get(method, "tfidf"), params.get(method, {}))
                for phase in ("fit", "encode", "evaluation")
            ]
            for method in methods
        ),
    ]
    stored = {measurement.key for measurement in read(MEASURED)}
    if all(each.key in stored for group in plan for each in group):
        return
    write_documents(folder / "documents.jsonl", n)
    for group in plan:
        is_input = group[0].phase == "features"
        if is_input or any(each.key not in stored for each in group):
            for each in group:
                _measure(each, folder, is_stored=each.key in stored)


def _measure(measurement: Measurement, folder: Path, is_stored: bool) -> None:
    """Run a phase, whose files later ones need, and append its figures unless they are stored."""
    given = [measurement.phase, measurement.method, measurement.featurizer, json.dumps(measurement.params)]
    assert measurement.phase in PHASES
    done = subprocess.run(
        [sys.executable, str(HERE / "scaling_phases.py"), str(folder), *given],
        env={**os.environ, "HASHBENCH_CACHE": str(folder / "cache")},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    line = json.dumps(measurement.identity | json.loads(done.stdout))
    print(line, flush=True)
    if not is_stored:
        with MEASURED.open("a", encoding="utf-8") as file:
            file.write(line + "\n")


if __name__ == "__main__":
    main()
