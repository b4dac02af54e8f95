"""Plugins that exit, crash, print and hoard cost their own rows and nothing else."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.conftest import COMMAND, Finished, Run, install

pytestmark = pytest.mark.slow

GRID = ("--datasets", "documents.jsonl", "--bits", "8", "--seeds", "1", "--at", "10", "--json")
REASONS = {
    "rotten-exits": "fit: SystemExit: 0",
    "rotten-exits-in-transform": "encode: SystemExit: 0",
    "rotten-exits-hard": "its process exited with code 0 before it had a result",
    "rotten-interrupts": "fit: KeyboardInterrupt: no message",
    "rotten-ends-generators": "fit: GeneratorExit: no message",
    "rotten-raises-base": "fit: BaseException: of no class of its own",
    "rotten-raises-mute": "fit: Mute: its message cannot be read: str() raised SystemExit",
    "rotten-raises-much": r"fit: ValueError: \x1b[2Jmuch much",
    "rotten-crashes": "its process was ended by SIGSEGV, an invalid memory access",
    "rotten-kills": "its process was ended by SIGKILL, perhaps for want of memory",
    "rotten-strange-diagnostics": "fit_diagnostics_: 'loss' is",
    "rotten-patches-numpy": "encode: RuntimeError: patched",
    "rotten-returns-lists": "transform returned int64, expected uint8 codes of 0 and 1",
    "rotten-syntax": "cannot import rotten.syntax:Method: SyntaxError",
    "rotten-oserror": "cannot import rotten.raises_oserror:Method: OSError: [Errno 5] no disk today",
    "rotten-ends-import": "importing rotten.exits_hard_when_imported would end this program",
    "rotten-missing": "cannot import rotten.missing:Method: ModuleNotFoundError",
}
HARMLESS = ("rotten-forks", "rotten-leaves-a-child", "rotten-prints")


@pytest.fixture(scope="module")
def rotten(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the rotten plugin installed."""
    return install(tmp_path_factory.mktemp("rotten"), "rotten")


@pytest.fixture
def run(command: Run, rotten: Path, tmp_path: Path) -> Run:
    """Run the command with the rotten plugin, in a folder with documents."""
    lines = [
        json.dumps({"text": f"word{i % 3} common{i % 7} alpha{i % 3}", "label": "abc"[i % 3]})
        for i in range(120)
    ]
    (tmp_path / "documents.jsonl").write_text("\n".join(lines))

    def started(*arguments: str, **variables: str) -> Finished:
        return command(*arguments, PYTHONPATH=str(rotten), **variables)

    return started


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_every_rotten_method_has_a_row_that_says_what_happened(run: Run, jobs: str) -> None:
    methods = [*REASONS, *HARMLESS, "lsh", "itq"]
    done = run("run", "--methods", ",".join(methods), "--jobs", jobs, *GRID)
    assert done.code == 1, done.err
    events = {event["trial"]["method"]: event for event in done.events}
    assert set(events) == set(methods)
    assert {name for name, event in events.items() if event["status"] == "ok"} == {*HARMLESS, "lsh", "itq"}
    for name, reason in REASONS.items():
        assert reason in events[name]["error"], name
        assert len(events[name]["error"]) < 2500
    assert "\x1b" not in done.err
    assert "printed in fit" in done.err
    shown = run("show", events["rotten-raises-much"]["key"][:8])
    assert (shown.code, len(shown.out) < 30_000) == (0, True)


def test_what_is_imported_costs_nothing_else(run: Run) -> None:
    done = run("plugins", "--json")
    states = {plugin["name"]: plugin for plugin in done.document["plugins"]}
    assert states["rotten-exits"]["error"] == "SystemExit: 0"
    assert states["rotten-ends-import"]["error"] == (
        "importing rotten.exits_hard_when_imported would end this program: a copy of it exited with code 5"
    )
    assert "SIGSEGV, an invalid memory access" in states["rotten-crashes"]["error"]
    assert states["rotten-interrupts"]["error"] == "KeyboardInterrupt: no message"
    assert states["rotten-generator"]["state"] == "failed"
    assert "its message cannot be read" in states["rotten-mute"]["error"]
    assert states["rotten-prints"]["state"] == states["rotten"]["state"] == "ok"
    listed = run("list", "methods", "--parameters", "--json")
    assert listed.code == 0, listed.err
    methods = {method["name"]: method for method in listed.document["methods"]}
    assert "cannot import rotten.syntax:Method: SyntaxError" in methods["rotten-syntax"]["error"]
    assert "would end this program" in methods["rotten-ends-import"]["error"]
    assert methods["lsh"]["parameters"]


def test_metrics_featurizers_and_datasets_cost_their_rows(run: Run) -> None:
    for metric, status in (("exits", "failed"), ("nan", "failed"), ("array", "failed"), ("float32", "ok")):
        done = run("run", "--methods", "lsh", *GRID, "--metrics", f"rotten-{metric}", "--out", metric)
        assert [event["status"] for event in done.events] == [status], done.err
    done = run("run", "--methods", "lsh", *GRID, "--metrics", "rotten-prints", "--out", "prints")
    assert [event["status"] for event in done.events] == ["ok"]
    featurizers = "rotten-exits,rotten-crashes,rotten-syntax,rotten-ends-import,tfidf"
    done = run("run", "--methods", "lsh", *GRID, "--featurizers", featurizers)
    assert done.code == 1
    outcome = {event["trial"]["featurizer"]: event for event in done.events}
    assert {name for name, event in outcome.items() if event["status"] == "ok"} == {"tfidf"}
    assert "features: its process was ended by SIGSEGV" in outcome["rotten-crashes"]["error"]
    assert "exits_hard_when_imported would end this program" in outcome["rotten-ends-import"]["error"]
    assert "features: SystemExit: 0" in outcome["rotten-exits"]["error"]
    datasets = (
        "--datasets",
        "rotten-exits,rotten-exits-hard,rotten-ends-import,rotten-crashes,rotten-list,rotten-syntax",
    )
    done = run("run", "--methods", "lsh", *datasets, *GRID, "--out", "datasets")
    assert (done.code, [event["status"] for event in done.events]) == (1, ["ok"])
    for name, reason in (
        ("exits", "SystemExit: 0"),
        ("exits-hard", "its process exited with code 0 before it had a result"),
        ("crashes", "its process was ended by SIGSEGV, an invalid memory access"),
        ("list", "it returned list, expected a Corpus"),
    ):
        assert f"failed: dataset rotten-{name} cannot be loaded: {reason}" in done.err
    assert "rotten.exits_hard_when_imported would end this program" in done.err


def test_limits_end_a_trial_and_what_it_started(run: Run) -> None:
    mark = "977.25"
    done = run(
        *("run", "--methods", "rotten-sleeps,rotten-hoards,lsh", *GRID, "--jobs", "2"),
        *("--timeout", "20s", "--memory-limit", "1G"),
        ROTTEN_SLEEP=mark,
    )
    assert done.code == 1, done.err
    errors = {event["trial"]["method"]: event.get("error") for event in done.events}
    assert errors["lsh"] is None
    assert errors["rotten-sleeps"] == "it took longer than the limit of 20 s"
    assert "more than the limit of 1,024 MiB" in errors["rotten-hoards"]
    assert running(mark) == []


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_no_process_outlives_the_program(
    run: Run, rotten: Path, environment: dict[str, str], tmp_path: Path, sent: signal.Signals
) -> None:
    mark = f"97{int(sent)}.75"
    variables = {**environment, "PYTHONPATH": str(rotten), "ROTTEN_SLEEP": mark}
    command = [COMMAND, "run", "--methods", "rotten-sleeps", *GRID, "--out", sent.name]
    with (tmp_path / "errors").open("w") as errors:
        program = subprocess.Popen(
            command, env=variables, cwd=tmp_path, stderr=errors, preexec_fn=take_interrupts
        )
    wait_until(lambda: len(running(mark)) == 1)
    started = psutil.Process(program.pid).children(recursive=True)
    program.send_signal(sent)
    assert program.wait(10) == (130 if sent == signal.SIGINT else -sent)
    wait_until(lambda: not any(process.is_running() for process in started))
    wait_until(lambda: running(mark) == [])
    assert "Traceback" not in (tmp_path / "errors").read_text()


def running(mark: str) -> list[int]:
    """Return the processes whose command line ends with a mark, zombies aside."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        if (process.info["cmdline"] or [""])[-1] == mark and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process.pid)
    return found


def take_interrupts() -> None:
    """Undo that a shell makes its background jobs, and the tests among them, ignore an interrupt."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def wait_until(holds: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)
