"""What would end the program is tried in a copy of it first."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from hashbench import crash_guard
from hashbench.crash_guard import exit_in_words, import_well_known, imported, try_in_a_copy
from hashbench.errors import HashbenchError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="nothing is tried elsewhere")


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda: os._exit(0), "exited with code 0"),
        (lambda: os._exit(7), "exited with code 7"),
        (os.abort, "was ended by SIGABRT"),
        (lambda: ctypes.string_at(0), "was ended by SIGSEGV, an invalid memory access"),
        (lambda: os.kill(os.getpid(), signal.SIGINT), "was ended by SIGINT"),
        (lambda: os.killpg(0, signal.SIGTERM), "was ended by SIGTERM"),
    ],
)
def test_what_ends_the_copy_is_refused(call, reason):
    with pytest.raises(HashbenchError, match=f"^this would end this program: a copy of it {reason}$"):
        try_in_a_copy(call, "this")


@pytest.mark.parametrize("raised", [ValueError, SystemExit, KeyboardInterrupt, GeneratorExit])
def test_exceptions_are_left_to_the_real_call(raised):
    def call():
        raise raised

    try_in_a_copy(call, "raising")


def test_the_copy_prints_nothing_and_leaves_nothing_behind(capfd):
    def call():
        os.write(1, b"printed")
        sys.stdout.write("printed")
        sys.stdout.flush()
        subprocess.Popen(["sleep", "971.5"])

    try_in_a_copy(call, "printing")
    assert capfd.readouterr() == ("", "")
    commands = (process.info["cmdline"] for process in psutil.process_iter(["cmdline"]))
    assert ["sleep", "971.5"] not in commands


def test_a_copy_that_forks_counts_once():
    try_in_a_copy(os.fork, "forking")


def test_a_copy_that_hangs_is_ended_and_proves_nothing(monkeypatch):
    monkeypatch.setattr(crash_guard, "MOST_SECONDS", 0.2)
    start = time.monotonic()
    try_in_a_copy(lambda: time.sleep(60), "sleeping")
    assert time.monotonic() - start < 10


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package on the path whose module exits when it is imported."""
    folder = tmp_path / "guarded_package"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "exits.py").write_text("import os\nos._exit(3)\n")
    (folder / "fine.py").write_text("import os\nPROCESS = os.getpid()\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.startswith("guarded_package")]:
        del sys.modules[name]


def test_a_module_is_imported_here_unless_it_ends_the_copy(package):
    with pytest.raises(HashbenchError, match="exited with code 3"):
        imported("guarded_package.exits")
    assert "guarded_package.exits" not in sys.modules
    assert os.getpid() == imported("guarded_package.fine").PROCESS
    with pytest.raises(ModuleNotFoundError):
        imported("guarded_package.missing")


def test_our_own_modules_and_loaded_ones_are_not_tried(monkeypatch):
    monkeypatch.setattr(crash_guard, "try_in_a_copy", lambda *_: pytest.fail("it was tried"))
    monkeypatch.delitem(sys.modules, "hashbench.printable")
    assert imported("hashbench.printable").__name__ == "hashbench.printable"
    assert imported("json").__name__ == "json"


def test_well_known_packages_are_imported_before_the_copy_is_made():
    source = (
        b"import scipy.fftpack\nimport this\nfrom numpy.missing import x\ndef f():\n    import scipy.odr\n"
    )
    code = f"from hashbench.crash_guard import import_well_known; import_well_known({source!r})"
    shown = "; import sys; print(*(name in sys.modules for name in ('scipy.fftpack', 'this', 'scipy.odr')))"
    done = subprocess.run([sys.executable, "-c", code + shown], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False", "False"]
    import_well_known(b"this is no Python")


@pytest.mark.parametrize(
    ("code", "words"), [(0, "exited with code 0"), (-9, "was ended by SIGKILL, perhaps for want of memory")]
)
def test_exit_in_words(code, words):
    assert exit_in_words(code) == words
    assert exit_in_words(-250) == "was ended by signal 250"
