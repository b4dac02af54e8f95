"""``hashbench run``, on tiny corpora of an installed plugin."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import COMMAND, Finished, Run

TOY = ("--datasets", "toy", "--bits", "8,16", "--seeds", "2")


def stored(folder: Path) -> dict[str, Any]:
    """Return the records below a folder by key."""
    return {path.stem: json.loads(path.read_text()) for path in (folder / "records").glob("*.json")}


def timeless(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record without what differs from one run to the next.

    It tells of the machine what torch does there where torch is imported: runs to compare need processes of
    their own.
    """
    differs = ("seconds", "peak_rss_mib", "finished", "digest")
    return {name: value for name, value in record.items() if name not in differs}


def wait_for_a_record(folder: Path, seconds: float = 60) -> None:
    """Wait until the first trial is stored."""
    end = time.monotonic() + seconds
    while not any((folder / "records").glob("*.json")):
        assert time.monotonic() < end
        time.sleep(0.05)


def interruptible() -> None:
    """Undo that a shell makes its background jobs, and the tests among them, ignore an interrupt."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def statuses(done: Finished) -> list[str]:
    return [event["status"] for event in done.events]


def test_a_grid_ends_in_records_codes_and_leaderboards(command: Run, tmp_path: Path) -> None:
    done = command("run", "--methods", "random,lsh,itq,cosine", *TOY)
    assert (done.code, "failed" in done.err) == (0, False), done.err
    records = stored(tmp_path / "results")
    assert len(records) == 3 * 2 * 2 + 1
    cosine = [record for record in records.values() if record["trial"]["method"] == "cosine"]
    assert [(r["trial"]["bits"], r["trial"]["seed"]) for r in cosine] == [(None, None)]
    means = {
        method: [r["scores"]["p@100"]["expected"] for r in records.values() if r["trial"]["method"] == method]
        for method in ("random", "lsh", "itq", "cosine")
    }
    assert max(means["random"]) < 0.2 < min(means["itq"])
    for record in records.values():
        assert record["scores"]["p@100"]["worst"] <= record["scores"]["p@100"]["expected"]
        assert record["scores"]["coarse-p@100"]["expected"] >= record["scores"]["p@100"]["expected"]
    assert len(list((tmp_path / "results/codes").glob("*.npz"))) == 12 + 1
    board = (tmp_path / "results/leaderboards/toy.md").read_text()
    assert "### P@100 on toy with tfidf" in done.out
    for line in done.out.splitlines():
        assert not line or line in board


def test_json_is_one_object_a_line_and_a_second_run_reuses_all(hashbench: Run, tmp_path: Path) -> None:
    arguments = ("run", "--methods", "itq,lsh", *TOY, "--json", "--out", "there")
    first = hashbench(*arguments)
    assert first.code == 0, first.err
    assert statuses(first) == ["ok"] * 8
    event = first.events[0]
    assert list(event) == [
        "schema",
        "key",
        "status",
        "trial",
        "labels",
        "scores",
        "metrics",
        "seconds",
        "peak_rss_mib",
        "error",
    ]
    assert event["peak_rss_mib"] > 10
    assert {"p@1", "p@10", "p@50", "p@100"} <= set(event["scores"])
    before = {path: path.read_bytes() for path in (tmp_path / "there").rglob("*.json")}
    second = hashbench(*arguments)
    assert (second.code, statuses(second)) == (0, ["reused"] * 8)
    assert {path: path.read_bytes() for path in (tmp_path / "there").rglob("*.json")} == before
    by_key = {event["key"]: event["scores"] for event in first.events}
    assert {event["key"]: event["scores"] for event in second.events} == by_key


def test_jobs_and_processes_change_no_bit(command: Run, tmp_path: Path) -> None:
    arguments = ("run", "--methods", "itq,toy-blas", *TOY, "--json")
    for jobs in ("1", "2"):
        assert command(*arguments, "--jobs", jobs, "--out", jobs).code == 0
    alone, together = stored(tmp_path / "1"), stored(tmp_path / "2")
    assert {k: timeless(r) for k, r in alone.items()} == {k: timeless(r) for k, r in together.items()}
    import numpy as np

    for path in (tmp_path / "1/codes").glob("*.npz"):
        with np.load(path) as one, np.load(tmp_path / "2/codes" / path.name) as two:
            for part in ("words_train", "words_validation", "words_test"):
                assert np.array_equal(one[part], two[part])


def test_failures_are_rows_and_the_others_come_out(hashbench: Run, tmp_path: Path) -> None:
    methods = "toy-raises,toy-ternary,toy-half,toy-sign"
    missing = hashbench("run", "--methods", "toy-missing", *TOY, "--json", "--out", "missing")
    assert missing.code == 1
    assert {"cannot import" in event["error"] for event in missing.events} == {True}
    done = hashbench("run", "--methods", methods, *TOY, "--json", "--jobs", "2")
    assert done.code == 1
    reasons = {event["trial"]["method"]: event["error"] for event in done.events}
    assert reasons == {
        "toy-raises": "fit: RuntimeError: no convergence after 7 steps",
        "toy-ternary": "encode: ValueError: transform returned int8, expected uint8 codes of 0 and 1",
        "toy-half": reasons["toy-half"],
        "toy-sign": None,
    }
    assert "expected (192, 8)" in reasons["toy-half"] or "expected (192, 16)" in reasons["toy-half"]
    assert "failed: toy-raises 8 bits seed 0 on toy/tfidf: fit: RuntimeError: no convergence" in done.err
    failed = next(event for event in done.events if event["trial"]["method"] == "toy-raises")
    record = stored(tmp_path / "results")[failed["key"]]
    assert "Traceback" in record["traceback"]
    assert "raise RuntimeError" in record["traceback"]
    board = (tmp_path / "results/leaderboards/toy.md").read_text()
    assert "| toy-raises | none | failed" in " ".join(board.split())

    shown = hashbench("show", failed["key"][:12])
    assert shown.code == 0
    assert "no convergence" in shown.out


def test_failed_trials_are_run_again_only_on_request(hashbench: Run) -> None:
    arguments = ("run", "--methods", "toy-raises,toy-sign", *TOY, "--json")
    assert statuses(hashbench(*arguments, "--jobs", "1")).count("ok") == 4
    again = hashbench(*arguments)
    assert again.code == 1
    assert sorted(statuses(again)) == ["failed"] * 4 + ["reused"] * 4
    assert "0 to run" in again.err
    assert "4 to run" in hashbench(*arguments, "--retry-failed").err
    assert "8 to run" in hashbench(*arguments, "--overwrite", "always").err


def test_a_process_that_dies_takes_no_other_trial_along(hashbench: Run) -> None:
    done = hashbench("run", "--methods", "toy-dies,toy-sign,lsh", *TOY, "--json", "--jobs", "2")
    assert done.code == 1, done.err
    by_method: dict[str, set[str]] = {}
    for event in done.events:
        by_method.setdefault(event["trial"]["method"], set()).add(event["status"])
    assert by_method == {"toy-dies": {"failed"}, "toy-sign": {"ok"}, "lsh": {"ok"}}
    assert len(done.events) == 12
    assert all(
        "was ended by SIGKILL" in event["error"] for event in done.events if event["status"] == "failed"
    )


def test_a_featurizer_that_raises_fails_its_rows_alone(hashbench: Run) -> None:
    done = hashbench("run", "--methods", "lsh", *TOY, "--featurizers", "toy-raises,tfidf", "--json")
    assert done.code == 1
    outcome = {(event["trial"]["featurizer"], event["status"]) for event in done.events}
    assert outcome == {("toy-raises", "failed"), ("tfidf", "ok")}
    assert "features: RuntimeError: no vectors today" in done.err


def test_an_interrupted_run_goes_on_and_ends_like_an_undisturbed_one(
    command: Run, environment: dict[str, str], tmp_path: Path
) -> None:
    arguments = ("run", "--methods", "toy-slow", "--datasets", "toy", "--bits", "8", "--seeds", "8")
    arguments = (*arguments, "--jobs", "2", "--json")
    assert command(*arguments, "--out", "undisturbed").code == 0
    for sent, wanted in ((signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, 130)):
        folder = tmp_path / sent.name
        with (tmp_path / "errors").open("w") as errors:
            running = subprocess.Popen(
                [COMMAND, *arguments, "--out", str(folder)],
                env={**environment, "TOY_GATE": "closed"},
                cwd=tmp_path,
                stderr=errors,
                preexec_fn=interruptible,
            )
        wait_for_a_record(folder)
        running.send_signal(sent)
        assert running.wait(timeout=60) == wanted
        assert "Traceback" not in (tmp_path / "errors").read_text()
        finished_early = len(stored(folder))
        assert 1 <= finished_early <= 4
        done = command(*arguments, "--out", folder)
        assert done.code == 0
        assert statuses(done).count("reused") >= finished_early
        undisturbed = {k: timeless(r) for k, r in stored(tmp_path / "undisturbed").items()}
        assert {k: timeless(r) for k, r in stored(folder).items()} == undisturbed


def test_two_runs_into_one_folder_lose_nothing(
    environment: dict[str, str], hashbench: Run, tmp_path: Path
) -> None:
    runs = [
        subprocess.Popen(
            [COMMAND, "run", "--methods", methods, *TOY, "--jobs", "1", "--quiet"],
            env=environment,
            cwd=tmp_path,
            stderr=subprocess.PIPE,
        )
        for methods in ("lsh,toy-sign", "toy-sign,random")
    ]
    assert [running.wait(timeout=120) for running in runs] == [0, 0]
    for running in runs:
        running.communicate()
    assert len(stored(tmp_path / "results")) == 12
    check = hashbench("leaderboard", "--check")
    assert (check.code, check.out) == (0, "")


def test_a_new_evaluation_of_stored_codes_trains_nothing(hashbench: Run, tmp_path: Path) -> None:
    arguments = ("run", "--methods", "toy-sign,lsh", *TOY, "--json")
    first = hashbench(*arguments)
    codes = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "results/codes").glob("*.npz")}
    second = hashbench(*arguments, "--at", "5,100", "--metrics", "toy-metric")
    assert statuses(second) == ["ok"] * 8
    assert {
        path.name: path.stat().st_mtime_ns for path in (tmp_path / "results/codes").glob("*.npz")
    } == codes
    assert len(stored(tmp_path / "results")) == 16
    old = {json.dumps(event["trial"]): event["scores"]["p@100"] for event in first.events}
    for event in second.events:
        assert event["scores"]["p@100"] == old[json.dumps(event["trial"])]
        assert set(event["scores"]) == {"p@5", "p@100", "coarse-p@5", "coarse-p@100"}
        record = stored(tmp_path / "results")[event["key"]]
        assert 0.2 < record["metrics"]["toy-metric"]["share-of-ones"] < 0.8


def test_validation_queries_are_another_task(hashbench: Run, tmp_path: Path) -> None:
    arguments = ("run", "--methods", "lsh", "--datasets", "toy", "--bits", "16", "--seeds", "1", "--quiet")
    assert hashbench(*arguments).code == 0
    assert hashbench(*arguments, "--queries", "validation").code == 0
    test, validation = sorted(stored(tmp_path / "results").values(), key=lambda r: r["task"]["queries"])
    assert test["codes_key"] == validation["codes_key"]
    assert (tmp_path / "results/leaderboards/toy.md").read_text().count("### P@100 on toy with tfidf") == 2


def test_parameters_enter_the_trial_and_a_row_of_their_own(hashbench: Run, tmp_path: Path) -> None:
    done = hashbench(
        "run", "--methods", "itq,lsh", *TOY, "--set", "itq.n_iter=3", "--set", "tfidf.min_df=2", "--json"
    )
    assert done.code == 0
    assert {event["trial"]["params"].get("n_iter") for event in done.events} == {3, None}
    assert {event["trial"]["featurizer_params"]["min_df"] for event in done.events} == {2}
    board = (tmp_path / "results/leaderboards/toy.md").read_text()
    assert "itq (default, changed: n_iter=3)" in board
    assert "tfidf (min_df=2)" in board


def test_several_labels_and_unlabelled_queries(hashbench: Run, tmp_path: Path) -> None:
    done = hashbench(
        "run",
        "--methods",
        "lsh,cosine,toy-labels",
        "--datasets",
        "toy-multi",
        "--bits",
        "16",
        "--seeds",
        "1",
        "--json",
    )
    assert done.code == 1
    ok = [event for event in done.events if event["status"] == "ok"]
    assert {event["trial"]["method"] for event in ok} == {"lsh", "cosine"}
    for event in ok:
        counts = stored(tmp_path / "results")[event["key"]]["counts"]
        assert counts["unlabelled-queries"] > 0
        assert counts["queries"] + counts["unlabelled-queries"] + counts["empty-queries"] == 24


def test_a_supervised_method_sees_training_labels(hashbench: Run) -> None:
    done = hashbench("run", "--methods", "toy-labels", *TOY, "--json")
    assert [event["trial"]["seed"] for event in done.events] == [None, None]
    assert all(event["scores"]["p@10"]["expected"] > 0.8 for event in done.events)


def test_a_method_is_given_the_extra_inputs_it_asks_for(hashbench: Run) -> None:
    done = hashbench("run", "--methods", "toy-neighbours,toy-sign", *TOY, "--json")
    assert (done.code, set(statuses(done))) == (0, {"ok"}), done.err


def test_dry_run_writes_nothing_and_says_what_it_would_do(hashbench: Run, tmp_path: Path) -> None:
    arguments = ("run", "--methods", "lsh,toy-sign", *TOY)
    dry = hashbench(*arguments, "--dry-run")
    assert dry.code == 0
    assert not (tmp_path / "results").exists()
    assert dry.out.count("to run") == 8
    assert hashbench("run", "--methods", "lsh", *TOY, "--quiet").code == 0
    assert [
        json.loads(line)["status"] for line in hashbench(*arguments, "--dry-run", "--json").out.splitlines()
    ] == [*["reused"] * 4, *["to run"] * 4]


def test_a_truncated_record_is_named_skipped_and_kept(hashbench: Run, tmp_path: Path) -> None:
    arguments = ("run", "--methods", "lsh", *TOY, "--json")
    assert hashbench(*arguments).code == 0
    path = min((tmp_path / "results/records").glob("*.json"))
    path.write_text(path.read_text()[:99])
    board = hashbench("leaderboard")
    assert board.code == 0
    assert f"{path.name} is not complete JSON" in board.err
    never = hashbench(*arguments, "--overwrite", "never")
    assert (never.code, sorted(statuses(never))) == (1, ["failed", *["reused"] * 3])
    assert len(path.read_text()) == 99
    again = hashbench(*arguments)
    assert (again.code, sorted(statuses(again))) == (0, ["ok", *["reused"] * 3])
    assert len(path.with_suffix(".json.unreadable").read_text()) == 99


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--methods", "lhs"], "unknown method 'lhs'; did you mean 'lsh'?"),
        (["--methods", "toy-needy"], "method toy-needy needs views"),
        (["--datasets", "docstring"], "did you mean 'docstrings'?"),
        (["--featurizers", "tfidff"], "did you mean 'tfidf'?"),
        (["--metrics", "diagnostic"], "did you mean 'diagnostics'?"),
        (["--set", "lsh.n_iter=3"], "lsh has no parameter 'n_iter'"),
        (["--set", "itq.n_iter=3"], "'itq' is not selected"),
        (["--set", "lsh.center=maybe"], "center is one of False, True, got 'maybe'"),
        (["--set", "lsh.n_bits=3"], "set by --bits"),
        (["--bits", "0"], "'0' is not a whole number from 1 to 4096"),
        (["--bits", "-8"], "'-8' is not a whole number"),
        (["--bits", "many"], "'many' is not a whole number"),
        (["--bits", "4097"], "'4097' is not a whole number from 1 to 4096"),
        (["--bits", ""], "'--bits'"),
        (["--methods", ""], "empty name"),
        (["--datasets", "toy,"], "empty name"),
        (["--seeds", "0"], "'0' is not a whole number"),
        (["--seeds", "-1"], "'--seeds'"),
        (["--seeds", "some"], "'some' is not a whole number"),
        (["--jobs", "0"], "'--jobs'"),
        (["--threads", "0"], "'--threads'"),
        (["--at", "0"], "'--at'"),
        (["--overwrite", "maybe"], "'maybe'"),
        (["--overwrite", "never", "--retry-failed"], "give one of them"),
        (["--datasets", "toy-one-class"], "at least two"),
        (["--datasets", "toy-raises"], "toy-raises cannot be loaded: OSError: the archive is gone"),
        (["--out", "a-file"], "is a file"),
        (["--out", "/proc/nowhere"], "name another folder"),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_wrong_usage_is_one_line_and_nothing_written(
    hashbench: Run, tmp_path: Path, arguments: list[str], message: str
) -> None:
    (tmp_path / "a-file").write_text("content")
    defaults = ["--methods", "lsh", "--datasets", "toy", "--bits", "8", "--seeds", "1"]
    taken = [
        a
        for pair in zip(defaults[::2], defaults[1::2], strict=True)
        if pair[0] not in arguments
        for a in pair
    ]
    done = hashbench("run", *taken, *arguments)
    assert done.code == 2
    assert message in done.err
    assert len(done.err.splitlines()) == 1
    assert done.out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["a-file"]
    assert (tmp_path / "a-file").read_text() == "content"


def test_a_folder_that_was_removed_is_one_line(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    done = subprocess.run(
        f"rmdir ../gone; {COMMAND} run --methods lsh --datasets toy --jobs 2",
        shell=True,
        env=environment,
        cwd=tmp_path / "gone",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        done.stderr == "Error: the current folder cannot be used (No such file or directory): go to another\n"
    )
