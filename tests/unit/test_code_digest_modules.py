"""Which modules count in the digest of the code behind a component, and how they are found."""

from __future__ import annotations

import compileall
import json
import sys
import zipfile
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from hashbench import code_digest as digests
from hashbench.code_digest import code_digest, reached_modules
from hashbench.errors import HashbenchError
from tests.unit.conftest import Write

ROOT = Path(__file__).parents[2]
COMPILED = EXTENSION_SUFFIXES[0]


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
    assert not any(name.startswith(("hashbench_methods.generative", "hashbench.hashing.nn")) for name in itq)
    assert "hashbench.hashing.nn.trainer" in reached_modules("hashbench_methods.generative.nash:NASH")
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
