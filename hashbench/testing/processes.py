"""What a hasher does in a new process, and what registering it imports."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import SkipTest

from hashbench.experiment.environment import limited_threads
from hashbench.testing.subject import Codes, Subject, conformance_check, expect
from hashbench.testing.toy_corpus import planted_corpus

HEAVY = ("gensim", "pandas", "scipy", "sklearn", "torch")
OTHER_HASH_SEED = "20021"
ENCODE = "import sys; from hashbench.testing.processes import encode_here; encode_here(*sys.argv[1:])"
LOADED = "import sys, importlib; importlib.import_module(sys.argv[1]); print(*sys.modules)"


@dataclass(frozen=True)
class Transfer:
    """What became of two hashers that were sent to a new process.

    Attributes:
        fitted_there: codes of an unfitted hasher that was fitted there, or why there are none.
        fitted_here: codes there of a hasher that was fitted here, or why there are none.
        expected: its codes here.
    """

    fitted_there: Codes | str
    fitted_here: Codes | str
    expected: Codes


@conformance_check
def check_seed_reproducible_across_processes(subject: Subject) -> None:
    """The same seed gives the same codes in a new process; without ``random_state`` there is one seed.

    Catches generators without a seed, and results that depend on ``hash`` of a string or on the order of a
    set, which are the same within a process only.
    """
    corpus = planted_corpus()
    codes = subject.require_pure(subject.fitted(corpus), corpus.X)
    there = sent_to_a_new_process(subject).fitted_there
    if isinstance(there, str):
        raise SkipTest(f"it does not get into a new process, see check_pickle_new_process: {there}")
    share = (there != codes).mean()
    expect(not share, f"fitted with the same seed in a new process, {share:.1%} of the bits differ")


@conformance_check
def check_seed_changes_codes(subject: Subject) -> None:
    """Another ``random_state`` gives other codes.

    Catches a seed that is accepted and ignored, so that the spread over several seeds is always 0.
    """
    if "random_state" not in subject.new().get_params():
        raise SkipTest("it takes no random_state")
    corpus = planted_corpus()
    first, second = (subject.encode(subject.fitted(corpus, random_state=seed), corpus.X) for seed in (0, 4))
    expect((first != second).any(), "random_state 0 and 4 give the same codes")


@conformance_check
def check_pickle_new_process(subject: Subject) -> None:
    """A fitted hasher that is pickled and loaded in a new process gives the same codes there.

    Catches lambdas, open files and locks among the fitted attributes, and state kept outside of the object.
    """
    corpus = planted_corpus()
    subject.require_pure(subject.fitted(corpus), corpus.X)
    transfer = sent_to_a_new_process(subject)
    there = transfer.fitted_here
    if isinstance(there, str):
        raise AssertionError(f"the fitted hasher does not get into a new process: {there}")
    share = (there != transfer.expected).mean()
    expect(not share, f"loaded in a new process, {share:.1%} of the bits differ")


@conformance_check
def check_light_registration(subject: Subject) -> None:
    """The module with the hooks of the plugin imports none of torch, sklearn, scipy, gensim and pandas.

    Catches a plugin that makes every command of hashbench wait for seconds, ``--help`` included.
    """
    if subject.hook_module is None:
        raise SkipTest("a class by itself has no plugin")
    expect_light_import(subject.hook_module, one_file=(subject.distribution or "").endswith(".py"))


def expect_light_import(module: str, *, one_file: bool) -> None:
    """Fail unless a module with hooks imports nothing heavy in a process of its own.

    Raises:
        SkipTest: the plugin is a single file, which holds its code beside its hooks.
    """
    if one_file:
        raise SkipTest("a plugin of one file holds its code beside its hooks")
    done = _run([LOADED, module])
    expect(not done.returncode, f"{module} cannot be imported: {_last_line(done.stderr)}")
    loaded = [name for name in HEAVY if name in done.stdout.split()]
    expect(not loaded, f"{module} imports {', '.join(loaded)}")


@lru_cache(maxsize=1)
def sent_to_a_new_process(subject: Subject) -> Transfer:
    """Send an unfitted and a fitted hasher to a process with another order of sets and encode there.

    The last result is kept: two checks look at it, and starting a process takes longer than they do.
    """
    corpus = planted_corpus()
    fitted = replace(subject, estimator=subject.fitted(corpus))
    expected = subject.encode(fitted.estimator, corpus.X)
    with TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("unfitted", "fitted")]
        unsent = [_pickled(sent, path) for sent, path in zip((subject, fitted), paths, strict=True)]
        done = _run([ENCODE, *map(str, paths)])
        there = [
            reason or (_last_line(done.stderr) if done.returncode else pickle.loads(path.read_bytes()))
            for reason, path in zip(unsent, paths, strict=True)
        ]
    return Transfer(there[0], there[1], expected)


def encode_here(unfitted: str, fitted: str) -> None:
    """Replace the pickled subjects in two files by the codes they give here, or by why they give none."""
    corpus = planted_corpus()
    for path in map(Path, (unfitted, fitted)):
        if not path.exists():
            continue
        try:
            with limited_threads(1):
                subject = pickle.loads(path.read_bytes())
                hasher = subject.estimator if path.name == "fitted" else subject.fitted(corpus)
                codes = subject.encode_in_place(hasher, corpus.X)
        except Exception as error:  # noqa: BLE001 - the check in the other process says what
            codes = f"{type(error).__name__}: {error}"
        path.write_bytes(pickle.dumps(codes))


def _pickled(subject: Subject, path: Path) -> str:
    """Write a subject to a file; return why it could not be pickled, or an empty string."""
    try:
        path.write_bytes(pickle.dumps(subject))
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _run(script_and_arguments: list[str]) -> subprocess.CompletedProcess[str]:
    importable = os.pathsep.join(path or os.getcwd() for path in sys.path)
    return subprocess.run(
        [sys.executable, "-c", *script_and_arguments],
        env={**os.environ, "PYTHONPATH": importable, "PYTHONHASHSEED": OTHER_HASH_SEED},
        capture_output=True,
        text=True,
        check=False,
    )


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it ended without a message"])[-1]
