"""The files that datasets declare: which datasets have some, and which files are there.

Importing this loads nothing heavy.
"""

from __future__ import annotations

from typing import cast

from hashbench.data.home import dataset_folder
from hashbench.errors import HashbenchError
from hashbench.registry import Registry
from hashbench.specs import DatasetFile, DatasetSpec


def datasets_with_files(registry: Registry) -> dict[str, DatasetSpec]:
    """Return the specs of the registered datasets that declare files, by name in alphabetical order."""
    specs = {each.name: cast("DatasetSpec", each.spec) for each in registry.components("dataset")}
    return {name: spec for name, spec in specs.items() if spec.files}


def dataset_with_files(name: str, registry: Registry) -> DatasetSpec:
    """Return the spec of a registered dataset that declares files.

    Raises:
        UnknownNameError: no dataset of that name is registered.
        HashbenchError: it declares no files.
    """
    spec = cast("DatasetSpec", registry.get("dataset", name).spec)
    if not spec.files:
        raise HashbenchError(f"dataset {name} has no files; `hashbench data list` shows the datasets that do")
    return spec


def missing_files(spec: DatasetSpec) -> tuple[DatasetFile, ...]:
    """Return the files that the loader of a dataset would miss."""
    absent = _absent(spec, spec.unpacked or spec.files)
    return absent if not spec.alternatives or _absent(spec, spec.alternatives) else ()


def download_size(spec: DatasetSpec) -> int | None:
    """Return the size of the published files in bytes, or None where that of a file is not known."""
    sizes = [file.size for file in spec.files if file.size is not None]
    return sum(sizes) if len(sizes) == len(spec.files) else None


def _absent(spec: DatasetSpec, files: tuple[DatasetFile, ...]) -> tuple[DatasetFile, ...]:
    folder = dataset_folder(spec)
    return tuple(file for file in files if not (folder / file.name).is_file())
