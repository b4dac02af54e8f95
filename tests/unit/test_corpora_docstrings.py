import gzip
import os
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from hashbench.corpora.docstrings import installed_packages
from hashbench.corpora.docstrings.installed_packages import (
    MIN_DOCUMENTS,
    MIN_WORDS,
    Docstrings,
    collect,
    load,
    to_corpus,
)
from hashbench.data.corpus import Corpus
from hashbench.errors import DataError
from hashbench.progress import listening

FILLER = " ".join(f"word{number}" for number in range(MIN_WORDS))


def functions(topic: str, n: int = MIN_DOCUMENTS) -> str:
    return "\n".join(f'def {topic}_{number}():\n    """{topic} {number} {FILLER}"""' for number in range(n))


def write_package(folder: Path, files: dict[str, str]) -> Path:
    for name, source in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    return folder


def collect_one(tmp_path: Path, files: dict[str, str]) -> Docstrings:
    return collect({"pkg": write_package(tmp_path / "pkg", files)})


def topics(found: Docstrings) -> set[str]:
    return {text.split()[0] for text in found.texts}


def install(folder: Path, name: str, version: str, files: dict[str, str]) -> None:
    """Write a package and its metadata, as an installer leaves them."""
    write_package(folder / name, {"__init__.py": "raise RuntimeError('imported')", **files})
    metadata = folder / f"{name}-{version}.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


@pytest.fixture
def site(tmp_path, monkeypatch):
    """An installation of two small packages in place of the real ones, with a cache of its own."""
    folder = tmp_path / "site"
    install(folder, "bench_one", "1.0", {"a.py": functions("alpha"), "b.py": functions("beta")})
    install(folder, "bench_two", "2.0", {"c.py": functions("gamma", 60)})
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(
        installed_packages, "DISTRIBUTIONS", {"bench_one": "bench_one", "bench_two": "bench_two"}
    )
    monkeypatch.setenv("HASHBENCH_CACHE", str(tmp_path / "cache"))
    return folder


def cached_files() -> list[Path]:
    return sorted((Path(os.environ["HASHBENCH_CACHE"]) / "docstrings").glob("*.json.gz"))


def test_labels_are_the_package_and_its_first_part(tmp_path):
    found = collect_one(
        tmp_path,
        {
            "module.py": functions("module"),
            "sub/__init__.py": functions("init", 20),
            "sub/near.py": functions("near", 20),
            "sub/deep/far.py": functions("far", 20),
        },
    )
    assert Counter(found.labels) == {"pkg.module": 50, "pkg.sub": 60}
    assert {text.split()[0]: label for text, label in zip(found.texts, found.labels, strict=True)} == {
        "module": "pkg.module",
        "init": "pkg.sub",
        "near": "pkg.sub",
        "far": "pkg.sub",
    }


def test_docstrings_of_modules_classes_functions_and_methods_are_read_wherever_they_are_defined(tmp_path):
    source = f'''"""module {FILLER}"""
class A:
    """class {FILLER}"""
    value = "string {FILLER}"
    def method(self):
        """method {FILLER}"""
        def inner():
            """inner {FILLER}"""
try:
    import nothing
except ImportError:
    if True:
        async def fallback():
            """fallback {FILLER}"""
else:
    for _ in ():
        def loop():
            r"""loop {FILLER}"""
finally:
    with open("x") as f:
        def last():
            """last {FILLER}"""
match 1:
    case 1:
        def case():
            """case {FILLER}"""
'''
    found = collect_one(tmp_path, {"a.py": source + functions("more")})
    assert topics(found) == {
        "module", "class", "method", "inner", "fallback", "loop", "last", "case", "more"
    }  # fmt: skip


def test_nothing_is_executed_and_bad_escapes_do_not_warn(tmp_path):
    source = (
        'raise RuntimeError("run")\n' + functions("kept") + '\ndef f():\n    """\\d escape ' + FILLER + '"""'
    )
    assert len(collect_one(tmp_path, {"a.py": source}).texts) == 51


def test_the_indentation_of_a_docstring_is_removed(tmp_path):
    body = f'def f():\n    """Summary.\n\n    Parameters\n        {FILLER}\n    """\n'
    assert (
        f"Summary.\n\nParameters\n    {FILLER}"
        in collect_one(tmp_path, {"a.py": body + functions("x")}).texts
    )


@pytest.mark.parametrize(
    "path",
    [
        "__init__.py",
        "_private.py",
        "_private/a.py",
        "tests/a.py",
        "part/tests/a.py",
        "part/test/a.py",
        "part/testing/a.py",
        "part/_testing.py",
        "part/testutils.py",
        "part/test_a.py",
        "part/_test_common/a.py",
        "part/conftest.py",
        "externals/a.py",
        "part/extern/a.py",
        "part/_vendor/a.py",
        "part/vendored/a.py",
        "part/array_api_compat/a.py",
    ],
)
def test_private_parts_tests_and_copies_are_left_out(tmp_path, path):
    found = collect_one(tmp_path, {path: functions("dropped"), "part/kept.py": functions("kept")})
    assert topics(found) == {"kept"}


@pytest.mark.parametrize(
    "path", ["part/_private.py", "part/_private/a.py", "part/_hypotests.py", "latest/a.py", "part/attest.py"]
)
def test_private_modules_of_a_public_part_stay(tmp_path, path):
    assert topics(collect_one(tmp_path, {path: functions("kept")})) == {"kept"}


def test_private_functions_stay(tmp_path):
    source = functions("kept") + f'\ndef _f():\n    """private {FILLER}"""'
    assert topics(collect_one(tmp_path, {"a.py": source})) == {"kept", "private"}


def test_short_docstrings_are_left_out_and_counted(tmp_path):
    short = " ".join(FILLER.split()[1:])
    source = functions("kept") + f'\ndef f():\n    """{short}"""\ndef g():\n    """short {short}"""'
    found = collect_one(tmp_path, {"a.py": source})
    assert topics(found) == {"kept", "short"}
    assert found.notes == [f"left out docstrings of under {MIN_WORDS} words: 1"]


def test_of_equal_texts_the_first_in_the_order_of_package_and_path_stays(tmp_path):
    shared = f'"""shared {FILLER}"""\n'
    respaced = '"""shared\n\n' + FILLER.replace(" ", "   ") + '\n"""\n'
    roots = {
        "zeta": write_package(tmp_path / "zeta", {"a.py": shared + functions("za")}),
        "alpha": write_package(
            tmp_path / "alpha", {"b.py": shared + functions("ab"), "a.py": respaced + functions("aa")}
        ),
    }
    found = collect(roots)
    kept = [label for text, label in zip(found.texts, found.labels, strict=True) if text.startswith("shared")]
    assert kept == ["alpha.a"]
    assert found.notes == ["left out duplicates: 2"]
    assert list(dict.fromkeys(found.labels)) == ["alpha.a", "alpha.b", "zeta.a"]


def test_classes_too_small_once_duplicates_are_gone_are_left_out(tmp_path):
    files = {
        "a.py": functions("a"),
        "b.py": functions("b", 49) + "\n" + functions("a", 1),
        "c.py": functions("c", 49),
    }
    found = collect_one(tmp_path, files)
    assert set(found.labels) == {"pkg.a"}
    assert found.notes == [
        f"left out documents in classes of under {MIN_DOCUMENTS}: 98",
        "left out duplicates: 1",
    ]


def test_files_that_cannot_be_parsed_are_counted(tmp_path):
    found = collect_one(tmp_path, {"a.py": functions("kept"), "b.py": "def broken("})
    assert topics(found) == {"kept"}
    assert found.notes == [
        f"left out files that Python {sys.version_info[0]}.{sys.version_info[1]} cannot parse: 1"
    ]


def test_reading_tells_its_progress(tmp_path):
    seen = []

    def listener(items, description, total):
        seen.append((description, total))
        return iter(items)

    with listening(listener):
        collect_one(tmp_path, {"a.py": functions("a"), "b.py": functions("b"), "tests/c.py": ""})
    assert seen == [("Reading docstrings", 2)]


def test_the_corpus_has_two_levels_of_labels():
    found = Docstrings(["1", "2", "3", "4"], ["torch.nn", "numpy.lib", "torch.fx", "torch.nn"], ["a note"])
    corpus = to_corpus(found, {"torch": "2.9", "numpy": "2.0"})
    assert corpus.label_names == ("numpy.lib", "torch.fx", "torch.nn")
    assert corpus.single_label.tolist() == [2, 0, 1, 2]
    assert corpus.coarse_names == ("numpy", "torch")
    assert corpus.coarse.tolist() == [1, 0, 1, 1]
    assert corpus.description == "Docstrings of numpy 2.0, torch 2.9"
    assert corpus.notes == ("a note",)
    assert str(corpus.recipe) == "stratified 80/10/10, seed 0"


def test_the_fingerprint_does_not_depend_on_the_versions():
    found = Docstrings(["1", "2"], ["torch.nn", "numpy.lib"], [])
    older, newer = (to_corpus(found, {"torch": version}) for version in ("2.4", "2.9"))
    assert older.fingerprint == newer.fingerprint
    assert older.description != newer.description


def test_loading_reads_the_packages_once_and_does_not_import_them(site):
    first = load()
    assert Counter(first.label_names[label] for label in first.single_label) == {
        "bench_one.a": 50,
        "bench_one.b": 50,
        "bench_two.c": 60,
    }
    assert first.description == "Docstrings of bench_one 1.0, bench_two 2.0"
    (site / "bench_two" / "c.py").write_text(functions("delta"))
    again = load()
    assert again.texts == first.texts
    assert again.fingerprint == first.fingerprint
    assert again.label_fingerprint == first.label_fingerprint
    assert not {"bench_one", "bench_two"} & set(sys.modules)
    assert len(cached_files()) == 1


def test_another_version_of_a_package_is_read_anew(site):
    load()
    (site / "bench_two-2.0.dist-info").rename(site / "bench_two-2.1.dist-info")
    (site / "bench_two-2.1.dist-info" / "METADATA").write_text("Name: bench_two\nVersion: 2.1\n")
    (site / "bench_two" / "c.py").write_text(functions("delta"))
    corpus = load()
    assert any(text.startswith("delta") for text in corpus.texts)
    assert "bench_two 2.1" in corpus.description
    assert len(cached_files()) == 2


def test_another_builder_reads_the_packages_anew(site, monkeypatch):
    load()
    monkeypatch.setattr(installed_packages, "BUILDER_VERSION", installed_packages.BUILDER_VERSION + 1)
    (site / "bench_two" / "c.py").write_text(functions("delta"))
    assert any(text.startswith("delta") for text in load().texts)


@pytest.mark.usefixtures("site")
def test_two_that_load_at_once_read_the_packages_once(monkeypatch):
    calls = []

    def slow_collect(roots):
        calls.append(roots)
        time.sleep(0.3)
        return collect(roots)

    monkeypatch.setattr(installed_packages, "collect", slow_collect)
    with ThreadPoolExecutor(2) as pool:
        left, right = (future.result() for future in [pool.submit(load), pool.submit(load)])
    assert len(calls) == 1
    assert left.fingerprint == right.fingerprint


@pytest.mark.parametrize("n_bytes", [-20, 5, 0])
@pytest.mark.usefixtures("site")
def test_a_truncated_cache_is_named_and_made_anew(n_bytes, caplog):
    before = load()
    (path,) = cached_files()
    content = path.read_bytes()
    path.write_bytes(content[:n_bytes])
    assert load().fingerprint == before.fingerprint
    assert f"{path} are damaged" in caplog.text
    assert gzip.decompress(path.read_bytes()) == gzip.decompress(content)


@pytest.mark.usefixtures("site")
def test_a_flipped_bit_in_the_cache_is_noticed(caplog):
    before = load()
    (path,) = cached_files()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert load().fingerprint == before.fingerprint
    assert f"{path} are damaged" in caplog.text


@pytest.mark.usefixtures("site")
def test_a_missing_package_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(installed_packages.DISTRIBUTIONS, "bench_three", "bench-three")
    with pytest.raises(DataError, match="pip install bench-three"):
        load()


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> tuple[Corpus, set[str]]:
    """The corpus of the installed packages, read by a new process, and the modules that this one imported."""
    cache = tmp_path_factory.mktemp("cache")
    loader = "hashbench.corpora.docstrings.installed_packages"
    code = f"import sys; from {loader} import load; load(); print(*sys.modules)"
    environment = {**os.environ, "HASHBENCH_CACHE": str(cache)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HASHBENCH_CACHE", str(cache))
        return load(), set(done.stdout.split())


@pytest.mark.slow
def test_the_installed_packages_are_parsed_and_not_imported(installed):
    _, modules = installed
    assert "numpy" in modules
    assert not {"gensim", "matplotlib", "pandas", "sklearn", "torch"} & modules


@pytest.mark.slow
def test_the_installed_packages_give_a_corpus_of_the_expected_size(installed):
    corpus, _ = installed
    assert 8_000 < len(corpus) < 25_000
    assert corpus.coarse_names == tuple(sorted(installed_packages.DISTRIBUTIONS))
    assert 40 <= len(corpus.label_names) <= 100
    assert np.bincount(corpus.single_label).min() >= MIN_DOCUMENTS
    assert min(len(text.split()) for text in corpus.texts) >= MIN_WORDS
    assert len({" ".join(text.split()) for text in corpus.texts}) == len(corpus)
    assert np.bincount(corpus.coarse).min() > 200
    assert "stats" in {name.partition(".")[2] for name in corpus.label_names if name.startswith("scipy.")}
