"""Loader of the MATLAB files of Chaidaroon and Fang (2017), which many papers on semantic hashing use.

A file holds sparse matrices of tf-idf weights, ``train``, ``cv`` and ``test``, and 0/1 matrices of labels,
``gnd_train``, ``gnd_cv`` and ``gnd_test``; ``cv`` has the validation documents. To weight such vectors again
would be wrong, so that only the featurizer ``given`` reads them.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from scipy.io import loadmat
from scipy.io.matlab import MatReadError
from scipy.sparse import csr_array, vstack

from hashbench.corpora.mat import MAT
from hashbench.data.corpus import Corpus
from hashbench.data.home import dataset_folder
from hashbench.data.loaders import OFFICIAL, check_classes, rows_by_split, unlabelled_note, with_unseen_labels
from hashbench.errors import DataError
from hashbench.ranges import Text, checks_arguments

SPLITS = {"train": "train", "cv": "validation", "test": "test"}


@checks_arguments
def load(file: Annotated[str, Text(empty=False)] = "ng20.tfidf.mat") -> Corpus:
    """Load a file of ready-made vectors with its official split.

    Args:
        file: name of a file in the folder mat of the data home, or a path with a folder.

    Raises:
        HashbenchError: the file name is empty or not a string.
        DataError: the file is missing, damaged or not of this form.
    """
    path = _path(file)
    matrices = _read(path)
    vectors, labels = [], []
    for name in SPLITS:
        vectors.append(_vectors(f"{path}: {name}", matrices[name]))
        labels.append(_labels(f"{path}: gnd_{name}", matrices[f"gnd_{name}"]))
        if vectors[-1].shape[0] != labels[-1].shape[0]:
            raise DataError(
                f"{path}: {name} has {vectors[-1].shape[0]} rows, gnd_{name} {labels[-1].shape[0]}"
            )
    for what, three in (("columns", vectors), ("labels", labels)):
        if len(widths := {matrix.shape[1] for matrix in three}) > 1:
            raise DataError(f"{path}: its matrices have different numbers of {what}, {sorted(widths)}")
    label_names = tuple(f"label {number}" for number in range(1, labels[0].shape[1] + 1))
    check_classes(path, label_names)
    indicator = vstack(labels, format="csr")
    corpus = Corpus(
        name="mat",
        vectors=vstack(vectors, format="csr"),
        labels=indicator,
        label_names=label_names,
        recipe=OFFICIAL,
        official_split=rows_by_split(
            np.repeat(list(SPLITS.values()), [matrix.shape[0] for matrix in vectors])
        ),
        description=f"Ready-made tf-idf vectors of {path.name}",
        notes=unlabelled_note(indicator),
    )
    return with_unseen_labels(corpus)


def _path(file: str) -> Path:
    given = Path(file).expanduser()
    folder = dataset_folder(MAT)
    path = folder / given if given.name == file else given
    if not path.is_file():
        raise DataError(
            f"dataset mat: there is no file {path}; set mat.file to the name of one in {folder} or to a path"
        )
    return path


def _read(path: Path) -> dict[str, Any]:
    names = [variable for name in SPLITS for variable in (name, f"gnd_{name}")]
    try:
        matrices: dict[str, Any] = loadmat(path, variable_names=names)
    except NotImplementedError as error:
        raise DataError(f"{path} is of MATLAB's format 7.3; save it again with -v7") from error
    except (MatReadError, OSError, EOFError, ValueError, TypeError, IndexError, zlib.error) as error:
        raise DataError(f"{path} is damaged or no MATLAB file ({error})") from error
    if missing := [name for name in names if name not in matrices]:
        raise DataError(f"{path} has no variable {', '.join(missing)}")
    return matrices


def _vectors(where: str, matrix: Any) -> csr_array:
    vectors = _numbers(where, matrix, np.float32)
    if not np.isfinite(vectors.data).all():
        raise DataError(f"{where} has values that are not finite")
    return vectors


def _labels(where: str, matrix: Any) -> csr_array:
    labels = _numbers(where, matrix, np.float64)
    if not (labels.data == 1).all():
        raise DataError(f"{where} has values other than 0 and 1")
    return labels.astype(bool)


def _numbers(where: str, matrix: Any, dtype: Any) -> csr_array:
    """Return a matrix as CSR with sorted indices that stores neither duplicates nor zeros."""
    if matrix.ndim != 2 or 0 in matrix.shape or matrix.dtype.kind not in "biuf":
        raise DataError(f"{where} is not a matrix of numbers with rows and columns")
    if getattr(matrix, "format", None) == "csc":
        try:
            matrix.check_format(full_check=True)  # a row number beyond the matrix would crash the conversion
        except ValueError as error:
            raise DataError(f"{where} is damaged ({error})") from error
    numbers: csr_array = csr_array(matrix, dtype=dtype)
    numbers.sum_duplicates()
    numbers.eliminate_zeros()
    return numbers
