"""The digest of the code behind a component: what counts, what does not, and what is found to be code."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from hashbench.code_digest import code_digest, combined_digest, reached_modules
from hashbench.registry import OWN_DISTRIBUTION, registry
from tests.unit.conftest import Write

ROOT = Path(__file__).parents[2]
COMPILED = EXTENSION_SUFFIXES[0]


def test_several_strings_never_give_the_digest_of_others() -> None:
    assert combined_digest("ab", "c") != combined_digest("a", "bc") != combined_digest("abc")
    assert len(combined_digest()) == 20


PLAIN = '''
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

SCALE = 2.0

@dataclass
class Options:
    rate: float = 0.1

class Coin:
    """Tosses."""

    def fit(self, X, y=None, *, times=3):
        total = 0
        if times:
            total = X.sum() * SCALE
        return f"{total:.{times}f}", os.sep
'''


def digest_of(write: Write, source: str) -> str:
    write({"acme.py": source})
    return code_digest("acme:Coin")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""Tosses."""', '"""Tosses coins."""'),
        ('    """Tosses."""\n', "    pass\n"),
        ("SCALE = 2.0", "# The scale.\nSCALE   =  2.0  # twice"),
        ("SCALE = 2.0", 'SCALE = 2.0\n"""What X is multiplied by."""'),
        ("SCALE = 2.0", "SCALE: float = 2.0"),
        ("SCALE = 2.0", "SCALE = 2.00\n\n\n"),
        ("SCALE = 2.0", "SCALE = 2.0\nother: int"),
        ("\nimport os", "'''A module.'''\nimport os"),
        ("fit(self, X, y=None, *, times=3)", "fit(self, X: list, y=None, *, times: int = 3) -> str"),
        ("        total = 0\n", "        total: float = 0\n"),
        ("        total = 0\n", "        pass\n        'start'\n        total = 0\n"),
        ("SCALE = 2.0", "SCALE = 2.0\nif TYPE_CHECKING:\n    import acme.x"),
        ("X.sum() * SCALE", "(\n            X.sum()\n            * SCALE\n        )"),
        ("return f\"{total:.{times}f}\"", "return f'{total:.{times}f}'"),
        ('return f"{total', 'return f"" f"{total'),
    ],
)  # fmt: skip
def test_what_has_no_effect_does_not_count(write: Write, old: str, new: str) -> None:
    changed = PLAIN.replace(old, new)
    assert changed != PLAIN
    assert digest_of(write, changed) == digest_of(write, PLAIN)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("SCALE = 2.0", "SCALE = 2"),
        ("SCALE = 2.0", "SCALE = -2.0"),
        ("SCALE = 2.0", "SCALE = 2.0\nOTHER = None"),
        ("rate: float = 0.1", "rate: int = 0.1"),
        ("rate: float = 0.1", "rate: float = 0.1\n    steps: int"),
        ("rate: float = 0.1", "if SCALE:\n        rate: int = 0.1"),
        ("@dataclass", "@dataclass()"),
        ("class Coin:", "class Coin(Options):"),
        ("times=3", "times=4"),
        ("y=None, *, times=3", "y=None, times=3"),
        ("y=None", "y=0"),
        ("X.sum() * SCALE", "SCALE * X.sum()"),
        ("X.sum()", "X.max()"),
        ("        if times:\n            total", "        if not times:\n            total"),
        ("        if times:\n            total", "        while times:\n            total"),
        ("        if times:\n            total", "        total"),
        ("{total:.{times}f}", "{total:.{times}e}"),
        ("{total:.{times}f}", "{total!r:.{times}f}"),
        ("{total:.{times}f}", "{total}"),
        ("def fit", "async def fit"),
        ("def fit", "@staticmethod\n    def fit"),
        ("import os\n", "import os\nimport sys\n"),
    ],
)
def test_every_real_change_counts(write: Write, old: str, new: str) -> None:
    changed = PLAIN.replace(old, new)
    assert changed != PLAIN
    assert digest_of(write, changed) != digest_of(write, PLAIN)


def test_the_annotations_of_fields_below_a_condition_count(write: Write) -> None:
    source = "class Coin:\n    if True:\n        rate: {} = 1\n"
    assert digest_of(write, source.format("int")) != digest_of(write, source.format("float"))
    source = "class Coin:\n    def fit(self):\n        rate: {} = 1\n"
    assert digest_of(write, source.format("int")) == digest_of(write, source.format("float"))


def test_annotations_that_singledispatch_reads_count(write: Write) -> None:
    source = "@dense.register\ndef Coin(X: {}, n=3): ...\n"
    assert digest_of(write, source.format("list")) != digest_of(write, source.format("tuple"))
    source = source.replace("@dense.register", "@dense.other")
    assert digest_of(write, source.format("list")) == digest_of(write, source.format("tuple"))


@pytest.mark.parametrize("condition", ["TYPE_CHECKING", "typing.TYPE_CHECKING"])
def test_the_other_branch_of_a_block_for_type_checkers_counts(write: Write, condition: str) -> None:
    source = f"import typing\nif {condition}:\n    SEEN = {{}}\nelse:\n    RUN = {{}}\n"
    assert digest_of(write, source.format(1, 2)) == digest_of(write, source.format(3, 2))
    assert digest_of(write, source.format(1, 2)) != digest_of(write, source.format(1, 3))


@pytest.mark.parametrize("condition", ["options.TYPE_CHECKING", "not TYPE_CHECKING", "CHECKING"])
def test_other_conditions_are_no_blocks_for_type_checkers(write: Write, condition: str) -> None:
    source = f"if {condition}:\n    SEEN = {{}}\n"
    assert digest_of(write, source.format(1)) != digest_of(write, source.format(2))


@pytest.mark.parametrize(
    "literal", ["0x" + "f" * 5000, "1e999", "'\\ud800'", "'🫨'", "b'\\xff'", "...", " + ".join(["1"] * 900)]
)
def test_no_literal_is_too_much(write: Write, literal: str) -> None:
    assert digest_of(write, f"VALUE = {literal}\n") != digest_of(write, "VALUE = 0\n")


def test_a_source_that_warns_is_read_as_it_is_elsewhere(write: Write) -> None:
    warning = digest_of(write, 'PATTERN = "\\d+"  # not a raw string\n')
    assert warning == digest_of(write, 'PATTERN = r"\\d+"\n')


def test_a_module_with_a_syntax_error_counts_with_its_bytes(write: Write) -> None:
    broken = digest_of(write, "def broken(:\n")
    assert broken != digest_of(write, "def broken(:\n# a comment\n")
    write({"acme.py": "import acme_kit\n", "acme_kit.py": "def broken(:\n"})
    assert set(reached_modules("acme:Coin")) == {"acme", "acme_kit"}


AWKWARD = r'''
# coding: utf-8
"""Whose syntax trees or their text differ between versions of Python."""
from __future__ import annotations
import re

w, x, d = 5, 3.14159, {"a": 1}
nested = f"{x:>{w}}" f"a{x!r:{w}.{w}}b" f"{x:{''}}" f"{d['a']:>{'1' + '0'}}"
pieces = "a" f"{x}" "b" u"c" f"" f"{{}}{{{x}}}" rf"\d{x}\{w}" f"\N{EM DASH}\x41"
debugged = f"{x=} {x = !s:^{w}} {x=:.2f} {x!a:=^10}"
lines = f"""{
x
=}"""
empty = f"{x:}" f""
pattern = re.compile("\d+\.")
new_characters = "🫨🪿", "\U0001fae8", "é", "\ud800"
numbers = 0xFFFF_FFFF, 1e999, -0.0, 1j, 0o17, b"\xff" b"a", ...

if (n := len(d)) > 1 or not (lambda *a, k=None, **b: k)(*[], **d):
    pass

@(lambda decorated: decorated)
class Point[]:
    rate: "int | None" = None

def positional(a, /, b, *, c: int = 3) -> None:
    global w
    match d:
        case {"a": 1, **rest} if rest: ...
        case [1, *_] | (2 | 3 as y) | None | -1: pass
        case str(real=z): return [i for i in range(3) if i async for j in k]
        case _: del x
    with (open("a") as f, open("b")): yield
    try: ...
    except* ValueError as error: raise KeyError from error
    else: assert x, "message"
    finally: lambda: (yield)
    return x[1:2, ::3], {*d}, {**d}, not x < 3 <= w, x if w else d, await_
'''.replace("class Point[]:", "class Point:").replace(" if i async for j in k", " if i")  # fmt: skip

PRINT_DIGESTS = """
import sys, warnings
warnings.simplefilter("error")
from hashbench.code_digest import code_digest
for target in sys.argv[1:]:
    print(target, code_digest(target))
"""


@cache
def other_pythons() -> dict[str, str]:
    """Return interpreters of other versions that really run, by their version."""
    found: dict[str, str] = {}
    siblings = Path(sys.base_prefix).parent
    for version in ("3.11", "3.12", "3.13"):
        named = [shutil.which(f"python{version}"), *sorted(siblings.glob(f"{version}*/bin/python{version}"))]
        for python in filter(None, named):
            script = "import sys; print(*sys.version_info[:2], sep='.')"
            done = subprocess.run([python, "-c", script], capture_output=True, text=True, check=False)
            if done.stdout.strip() == version != ".".join(map(str, sys.version_info[:2])):
                found.setdefault(version, str(python))
    return found


OWN_TARGETS = sorted(
    {
        component.spec.target
        for kind in ("method", "featurizer", "metric")
        for component in registry().components(kind)
        if component.plugin.distribution == OWN_DISTRIBUTION
    }
)


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_the_digest_is_the_same_under_every_version_of_python(write: Write, version: str) -> None:
    if version not in (pythons := other_pythons()):
        pytest.skip(f"this is Python {version}, or there is none here")
    place = write({"awkward.py": AWKWARD})
    assert "awkward" in reached_modules("awkward:Point")
    done = subprocess.run(
        [pythons[version], "-c", PRINT_DIGESTS, "awkward:Point", *OWN_TARGETS],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (place, ROOT, ROOT / "plugins")))},
        capture_output=True,
        text=True,
        check=True,
    )
    there = dict(line.split() for line in done.stdout.splitlines())
    assert there == {target: code_digest(target) for target in ("awkward:Point", *OWN_TARGETS)}


def test_the_awkward_source_is_parsed_and_not_read_as_bytes(write: Write) -> None:
    assert digest_of(write, AWKWARD) == digest_of(write, AWKWARD + "# a comment\n")
