"""The digest of the code behind a component: what counts, what does not, and what is found to be code."""

from __future__ import annotations

import compileall
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from hashbench import code_digest as digests
from hashbench.code_digest import code_digest, combined_digest, reached_modules
from hashbench.errors import HashbenchError
from hashbench.registry import OWN_DISTRIBUTION, registry

ROOT = Path(__file__).parents[2]
COMPILED = EXTENSION_SUFFIXES[0]

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Write files into a folder that is on the path, and forget what was known of them."""

    def write(files: Mapping[str, str | bytes], folder: str = "source") -> Path:
        place = tmp_path / folder
        for name, content in files.items():
            file = place / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        if str(place) not in sys.path:
            monkeypatch.syspath_prepend(str(place))
        code_digest.cache_clear()
        return place

    yield write
    code_digest.cache_clear()


@pytest.fixture
def install(write: Write) -> Iterator[Write]:
    """Write files together with what pip writes beside them, and forget which distributions were known."""

    def install(name: str, files: Mapping[str, str], folder: str = "site-packages", **more: str) -> None:
        info = f"{name}-1.0.dist-info"
        metadata = {"METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", **more}
        written = {**files, **{f"{info}/{file}": content for file, content in metadata.items()}}
        write({**written, f"{info}/RECORD": "".join(f"{file},,\n" for file in written)}, folder)
        forget_distributions()

    yield install
    forget_distributions()


def forget_distributions() -> None:
    digests._distributions_by_package.cache_clear()
    digests._editable_projects.cache_clear()


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


PACKAGE = {
    "acme/__init__.py": "",
    "acme/unrelated.py": "raise RuntimeError\n",
    "acme/coin/__init__.py": "",
    "acme/coin/core.py": "raise RuntimeError\nweights = 1\n",
    "acme/coin/deep.py": "",
    "acme/kit.py": "",
}


@pytest.mark.parametrize(
    ("statement", "reached"),
    [
        ("from .core import weights", {"acme.coin.core"}),
        ("from . import core, deep", {"acme.coin.core", "acme.coin.deep"}),
        ("from ..kit import anything", {"acme.kit"}),
        ("from .. import kit", {"acme.kit"}),
        ("import acme.coin.core as core", {"acme.coin.core"}),
        ("from acme.coin import core", {"acme.coin.core"}),
        ("def fit():\n    from acme import kit", {"acme.kit"}),
        ("import importlib\ncore = importlib.import_module('acme.coin.core')", {"acme.coin.core"}),
        ("core = import_module('.core', __package__)", {"acme.coin.core"}),
        ("kit = import_module('..kit', package=__package__)", {"acme.kit"}),
        ("kit = import_module('.kit', 'acme')", {"acme.kit"}),
        ("core = import_module(name='acme.coin.core')", {"acme.coin.core"}),
        ("core = __import__('acme.coin.core')", {"acme.coin.core"}),
        ("try:\n    import acme.kit\nexcept ImportError:\n    pass", {"acme.kit"}),
        ("if TYPE_CHECKING:\n    import acme.kit\nelse:\n    import acme.coin.deep", {"acme.coin.deep"}),
        ("from .core import weights as w\nimport numpy, json, acme.missing", {"acme.coin.core"}),
        ("from ..... import kit", set()),
        ("import acme.unrelated", {"acme.unrelated"}),
        ("from acme.coin.core import *", {"acme.coin.core"}),
    ],
)
def test_imports_are_followed_and_nothing_is_run(write: Write, statement: str, reached: set[str]) -> None:
    write({**PACKAGE, "acme/coin/method.py": f"{statement}\n"})
    assert set(reached_modules("acme.coin.method:Coin")) == {
        "acme",
        "acme.coin",
        "acme.coin.method",
        *reached,
    }
    assert not any(name.partition(".")[0] == "acme" for name in sys.modules)


def test_a_change_in_what_is_reached_counts_and_in_nothing_else(write: Write) -> None:
    write({**PACKAGE, "acme/coin/method.py": "from .core import weights\n"})
    before = code_digest("acme.coin.method:Coin")
    for file, counts in (
        ("acme/coin/core.py", True),
        ("acme/__init__.py", True),
        ("acme/coin/__init__.py", True),
        ("acme/unrelated.py", False),
    ):
        write({file: PACKAGE[file] + "changed = True\n"})
        assert (code_digest("acme.coin.method:Coin") != before) == counts, file
        write({file: PACKAGE[file]})
    assert code_digest("acme.coin.method:Coin") == before


def test_what_a_parent_package_imports_is_reached(write: Write) -> None:
    write({**PACKAGE, "acme/coin/__init__.py": "from acme.kit import x\n", "acme/coin/method.py": ""})
    assert "acme.kit" in reached_modules("acme.coin.method:Coin")


@pytest.mark.parametrize(
    "statement", ["import_module(f'acme.{name}')", "import_module(name)", "from acme import *"]
)
def test_where_the_names_of_modules_are_computed_the_whole_package_counts(
    write: Write, statement: str
) -> None:
    write({**PACKAGE, "acme/coin/method.py": statement})
    everything = {"acme", "acme.unrelated", "acme.kit"} | {
        f"acme.coin{module}" for module in ("", ".core", ".deep", ".method")
    }
    assert set(reached_modules("acme.coin.method:Coin")) == everything


def test_modules_that_import_each_other_are_read_once(write: Write) -> None:
    write(
        {"acme/__init__.py": "from acme import a", "acme/a.py": "import acme.b", "acme/b.py": "import acme.a"}
    )
    assert set(reached_modules("acme.a:A")) == {"acme", "acme.a", "acme.b"}


def test_a_namespace_package_has_modules_in_several_folders(write: Write) -> None:
    write({"acme/coin/method.py": "from acme.kit import core\nfrom . import near\n"}, "one")
    write({"acme/kit/core.py": "x = 1\n", "acme/coin/near.py": ""}, "two")
    assert set(reached_modules("acme.coin.method:Coin")) == {
        "acme.coin.method",
        "acme.coin.near",
        "acme.kit.core",
    }
    before = code_digest("acme.coin.method:Coin")
    write({"acme/kit/core.py": "x = 2\n"}, "two")
    assert code_digest("acme.coin.method:Coin") != before


def test_a_package_comes_before_the_namespace_of_another_folder(write: Write) -> None:
    write({"acme/kit/core.py": "namespace = 1\n", "acme/method.py": "import acme.kit.core\n"}, "two")
    write({"acme/method.py": "import acme.kit.core\n", "acme/kit/other.py": ""}, "one")
    write({"acme/kit/__init__.py": "", "acme/kit/core.py": "package = 1\n"}, "three")
    before = reached_modules("acme.method:Coin")
    assert "acme.kit" in before
    write({"acme/kit/core.py": "namespace = 2\n"}, "two")
    assert reached_modules("acme.method:Coin") == before
    write({"acme/kit/core.py": "package = 2\n"}, "three")
    assert reached_modules("acme.method:Coin") != before


def test_a_compiled_module_counts_with_its_bytes(write: Write) -> None:
    compiled = f"acme/core{COMPILED}"
    write({"acme/__init__.py": "", "acme/method.py": "from .core import weights\n", compiled: b"\x7fELF 1"})
    before = reached_modules("acme.method:Coin")
    assert set(before) == {"acme", "acme.method", "acme.core"}
    write({compiled: b"\x7fELF 2"})
    assert reached_modules("acme.method:Coin") != before


def test_where_a_compiled_module_has_no_source_the_whole_package_counts(write: Write) -> None:
    write(
        {"acme/__init__.py": "", f"acme/core{COMPILED}": b"\x7fELF", "acme/kit.py": "", "acme/data.txt": ""}
    )
    assert set(reached_modules("acme.core:Coin")) == {"acme", "acme.core", "acme.kit"}
    write({"acme/core.py": "import json\n"})
    assert set(reached_modules("acme.core:Coin")) == {"acme", "acme.core"}
    write({"acme/core.py": "from . import kit\n"})
    assert set(reached_modules("acme.core:Coin")) == {"acme", "acme.core", "acme.kit"}


def test_python_prefers_the_compiled_module_and_so_does_the_digest(write: Write) -> None:
    write({"acme/__init__.py": "", "acme/core.py": "x = 1\n", f"acme/core{COMPILED}": b"\x7fELF"})
    before = code_digest("acme.core:Coin")
    write({"acme/core.py": "x = 2\n"})
    assert code_digest("acme.core:Coin") == before


def test_a_compiled_module_of_another_python_is_not_found(write: Write) -> None:
    write(
        {
            "acme/__init__.py": "",
            "acme/core.cpython-27-vax.so": b"\x7fELF",
            "acme/method.py": "import acme.core",
        }
    )
    assert set(reached_modules("acme.method:Coin")) == {"acme", "acme.method"}


def test_a_package_that_ships_no_sources_counts_with_its_bytecode(write: Write) -> None:
    place = write({"acme/__init__.py": "", "acme/core.py": "x = 1\n", "acme/kit.py": ""})
    compileall.compile_dir(place, quiet=2, legacy=True)
    for source in place.rglob("*.py"):
        source.unlink()
    before = reached_modules("acme.core:Coin")
    assert set(before) == {"acme", "acme.core", "acme.kit"}
    write({"acme/core.pyc": b"other"})
    assert reached_modules("acme.core:Coin") != before


def test_names_are_told_apart_by_case_on_every_file_system(write: Write) -> None:
    place = write({"acme/__init__.py": "from acme import Coin\n", "acme/coin.py": ""})
    assert digests._file_in(place / "acme", "coin") == (place / "acme/coin.py").resolve()
    assert digests._file_in(place / "acme", "Coin") is None


def test_two_packages_of_one_distribution_count_together(install: Write) -> None:
    files = {
        "acme/__init__.py": "import acme_kit, _acme, other\n",
        "acme_kit.py": "",
        f"_acme{COMPILED}": "compiled",
    }
    install("acme_coin", files)
    install("other", {"other/__init__.py": ""})
    assert set(reached_modules("acme:Coin")) == {"acme", "acme_kit", "_acme"}


def test_a_file_may_say_what_the_packages_of_a_distribution_are(install: Write, write: Write) -> None:
    write({"acme.py": "import acme_kit, other", "acme_kit.py": "", "other.py": ""}, "site-packages")
    install("acme_coin", {}, **{"top_level.txt": "acme\nacme_kit\n"})
    assert set(reached_modules("acme:Coin")) == {"acme", "acme_kit"}


def test_distributions_that_share_a_namespace_package_do_not_count_together(install: Write) -> None:
    imports = "import acme.coin.near, acme.other.core\n"
    install("acme_coin", {"acme/coin/method.py": imports, "acme/coin/near.py": ""})
    install("acme_other", {"acme/other/core.py": ""})
    assert set(reached_modules("acme.coin.method:Coin")) == {"acme.coin.method", "acme.coin.near"}


def test_two_packages_in_one_folder_of_sources_count_together(write: Write) -> None:
    write({"acme/__init__.py": "import acme_kit, acme_else, json\n", "acme_kit.py": ""}, "one")
    write({"acme_else.py": ""}, "two")
    assert set(reached_modules("acme:Coin")) == {"acme", "acme_kit"}


def editable(project: Path) -> dict[str, str]:
    return {"direct_url.json": json.dumps({"url": project.as_uri(), "dir_info": {"editable": True}})}


def test_two_packages_of_one_editable_project_count_together(
    install: Write, write: Write, tmp_path: Path
) -> None:
    write({"acme/__init__.py": "import acme_kit, acme_else, acme_sub\n"}, "project/src")
    write({"acme_kit.py": ""}, "project/more")
    write({"acme_sub.py": ""}, "project/plugins/sub")
    write({"acme_else.py": ""}, "elsewhere")
    install("acme_coin", {}, **editable(tmp_path / "project"))
    install("acme_sub", {}, **editable(tmp_path / "project/plugins/sub"))
    assert set(reached_modules("acme:Coin")) == {"acme", "acme_kit"}


def test_what_is_installed_inside_an_editable_project_is_not_part_of_it(
    install: Write, write: Write, tmp_path: Path
) -> None:
    write({"acme.py": "import other\n"}, "project")
    write({"other.py": ""}, "project/.venv/lib/site-packages")
    install("acme_coin", {}, **editable(tmp_path / "project"))
    assert set(reached_modules("acme:Coin")) == {"acme"}


def test_of_hashbench_the_shared_kit_counts_and_nothing_else(write: Write) -> None:
    write(
        {
            "acme.py": "import hashbench.errors, hashbench.progress, hashbench.evaluation.precision\n"
            "import hashbench.reporting.leaderboard\nfrom hashbench.hashing import pca, Hasher\n"
        }
    )
    reached = set(reached_modules("acme:Coin"))
    assert {"acme", "hashbench.hashing", "hashbench.hashing.pca", "hashbench.hashing.base"} <= reached
    assert {name for name in reached if not name.startswith("hashbench.hashing")} == {"acme"}


def test_the_methods_and_featurizers_of_hashbench_reach_their_own_code() -> None:
    itq = set(reached_modules("hashbench_methods.classic.itq:ITQ"))
    assert {"hashbench_methods.classic.itq", "hashbench.hashing.base", "hashbench.hashing.pca"} <= itq
    assert "hashbench_methods.classic.lsh" not in itq
    assert not any(name.startswith("hashbench_methods.generative") for name in itq)
    tfidf = set(reached_modules("hashbench.features.tfidf:Tfidf"))
    assert {"hashbench.features.tfidf", "hashbench.features.bag_of_words"} <= tfidf
    assert not any(name.startswith(("hashbench.evaluation", "hashbench.errors")) for name in tfidf)


@pytest.mark.parametrize("target", ["nowhere.method:Class", "hashbench.nowhere:Class", "acme.gone:Coin"])
def test_a_module_that_is_not_there_is_named(write: Write, target: str) -> None:
    write({"acme/__init__.py": ""})
    with pytest.raises(HashbenchError, match=f"^cannot find the source of {target}$"):
        code_digest(target)


@pytest.mark.parametrize("member", ["acme/core.py", "acme/__init__.py"])
def test_a_package_in_a_zip_archive_is_told_to_be_unpacked(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, member: str
) -> None:
    with zipfile.ZipFile(tmp_path / "acme.zip", "w") as archive:
        archive.mkdir("acme")
        archive.writestr(member, "class Coin: ...\n")
    monkeypatch.syspath_prepend(str(tmp_path / "acme.zip"))
    with pytest.raises(HashbenchError, match=r"acme\.zip: install it unpacked"):
        code_digest("acme.core:Coin")


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
