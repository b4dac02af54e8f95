"""The boundary around code of plugins."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys

import pytest

from hashbench.boundary import MOST_OF_A_MESSAGE, PluginError, boundary, described, shortened, traceback_of
from hashbench.errors import DataError


class Mute(BaseException):
    def __str__(self) -> str:
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("raised", "message"),
    [
        (ValueError("too\nmany\x1b lines"), r"ValueError: too many\x1b lines"),
        (SystemExit(0), "SystemExit: 0"),
        (GeneratorExit(), "GeneratorExit: no message"),
        (Mute(), "Mute: its message cannot be read: str() raised KeyboardInterrupt"),
    ],
)
def test_whatever_is_raised_becomes_a_plugin_error(raised: BaseException, message: str) -> None:
    with pytest.raises(PluginError) as caught, boundary():
        raise raised
    assert str(caught.value) == message
    assert "Traceback" in caught.value.traceback
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (str(copy), copy.traceback) == (message, caught.value.traceback)


def test_errors_of_hashbench_and_interrupts_pass() -> None:
    with pytest.raises(DataError, match="^no such file$"), boundary():
        raise DataError("no such file")
    with pytest.raises(KeyboardInterrupt), boundary():
        raise KeyboardInterrupt


def test_what_is_printed_goes_to_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    print("before")
    with boundary():
        print("by Python")
        os.write(1, b"by a library\n")
    print("after")
    assert capfd.readouterr().out.split() == ["before", "after"]


def test_it_works_without_a_standard_output() -> None:
    script = "from hashbench.boundary import boundary\nwith boundary(): print('inside')\n"
    done = subprocess.run(
        f'{sys.executable} -c "{script}" >&-', shell=True, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "inside\n")


def test_long_messages_and_tracebacks_are_cut_in_the_middle() -> None:
    assert shortened("abcdef", 6) == "abcdef"
    assert shortened("abcdefgh", 4) == "ab [... 4 characters ...] gh"
    error = ValueError("x" * 10**6)
    assert len(described(error)) < MOST_OF_A_MESSAGE + 50
    assert len(traceback_of(error)) < 21_000
