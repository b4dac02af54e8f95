"""How the built-in corpora are laid out: one folder each, with spec, files and loader."""

import json
import pkgutil
import subprocess
import sys
from importlib import import_module

import pytest

from hashbench import corpora
from hashbench.registry import OWN_DISTRIBUTION, registry
from hashbench.specs import DatasetSpec

FOLDERS = [module.name for module in pkgutil.iter_modules(corpora.__path__) if module.ispkg]


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_loader_of_a_corpus_is_in_the_folder_of_its_spec(folder):
    package = import_module(f"hashbench.corpora.{folder}")
    specs = [value for value in vars(package).values() if isinstance(value, DatasetSpec)]
    assert specs
    for spec in specs:
        module, _, _ = spec.target.partition(":")
        assert module.rpartition(".")[0] == package.__name__
        assert callable(spec.load())
        assert spec in corpora.DATASETS


def test_all_built_in_datasets_are_in_such_folders():
    own = [each for each in registry().components("dataset") if each.plugin.distribution == OWN_DISTRIBUTION]
    assert sorted(each.spec.target for each in own) == sorted(spec.target for spec in corpora.DATASETS)
    assert all(spec.target.split(".")[2] in FOLDERS for spec in corpora.DATASETS)


def test_the_specs_import_nothing_heavy():
    script = "import json, sys, hashbench.corpora; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert {"numpy", "scipy", "pandas", "sklearn"}.isdisjoint(json.loads(done.stdout))


def test_a_downloaded_file_can_be_compared_with_an_official_checksum_except_for_mat():
    downloaded = [(spec.name, file) for spec in corpora.DATASETS for file in spec.files if file.urls]
    assert {name for name, file in downloaded if file.sha256 is None} == {"mat"}
