"""The state of fitted hashers as arrays and JSON, without pickle."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array, random_array
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from torch import nn

from hashbench.errors import DataError, HashbenchError
from hashbench.hashing import Hasher, HasherState
from hashbench.hashing.nn.layers import BatchNormalisation, Encoder
from hashbench.hashing.state_values import StateReader, StateWriter
from hashbench.registry import registry

PACKAGES = frozenset({"hashbench", "torch", "tests"})
X = random_array((60, 30), density=0.3, format="csr", dtype=np.float32, rng=np.random.default_rng(0))


@dataclass(frozen=True)
class Pair:
    """A dataclass whose constructor changes a field: a copy that is made by it would be another one."""

    name: str
    values: Mapping[str, Any]

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", f"{self.name} made")


class Keeps(Hasher):
    """Keeps whatever it is given among its fitted attributes."""

    def __init__(self, n_bits: int = 4, *, kept: Any = None) -> None:
        self.n_bits = n_bits
        self.kept = kept

    def _fit(self, X: Any) -> None:
        self.normals_ = np.random.default_rng(0).normal(size=(X.shape[1], self.n_bits)).astype(np.float32)
        self.kept_ = self.kept

    def _embed(self, X: Any) -> Any:
        return X @ self.normals_


class KeepsAModel(Keeps):
    """Has two hooks for what the state cannot hold by itself."""

    def _fit(self, X: Any) -> None:
        super()._fit(X)
        self.model_ = LogisticRegression().fit([[0.0], [1.0]], [0, 1])

    def _state_attributes(self) -> dict[str, Any]:
        attributes = super()._state_attributes()
        model = attributes.pop("model_")
        return {**attributes, "coef": model.coef_, "intercept": model.intercept_}

    def _restore_attributes(self, attributes: Mapping[str, Any]) -> None:
        rest = dict(attributes)
        self.model_ = LogisticRegression()
        self.model_.coef_, self.model_.intercept_ = rest.pop("coef"), rest.pop("intercept")
        super()._restore_attributes(rest)


def round_trip(value: Any) -> Any:
    writer = StateWriter(PACKAGES)
    document = json.loads(json.dumps(writer.written(value, "it_"), allow_nan=False))
    return StateReader(writer.arrays, PACKAGES).read(document)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -(10**30),
        0.1,
        math.inf,
        "Zürich",
        b"\x00\xff",
        [1, [None, "a"], (2.5, ())],
        {"a": {"b": [1]}, "class": "c"},
        Pair("pair", {"a": 1, "b": (2,)}),
        np.float32(0.1),
        np.int64(3),
        np.bool_(True),
    ],
    ids=repr,
)
def test_values_come_back_with_their_types(value: Any) -> None:
    found = round_trip(value)
    assert (type(found), found) == (type(value), value)


def test_nan_and_read_only_mappings_come_back() -> None:
    assert math.isnan(round_trip(math.nan))
    assert round_trip(MappingProxyType({"a": 1})) == {"a": 1}


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.int16).reshape(2, 3),
        np.asfortranarray(np.ones((2, 3), dtype=np.float32)),
        np.array(2.5),
        np.array(["a", "bc"]),
        np.array(["a", "bc"], dtype=object),
        np.empty((0, 3)),
    ],
    ids=["integers", "columns first", "no dimension", "text", "objects of text", "empty"],
)
def test_arrays_come_back_with_dtype_and_layout(array: np.ndarray[Any, Any], tmp_path: Path) -> None:
    hasher = Keeps(kept=array).fit(X)
    hasher.state().save(tmp_path / "state.npz")
    found = Keeps.from_state(HasherState.load(tmp_path / "state.npz")).kept_
    assert (found.dtype, found.flags.f_contiguous) == (array.dtype, array.flags.f_contiguous)
    np.testing.assert_array_equal(found, array)


def test_sparse_matrices_come_back_as_they_are() -> None:
    found = round_trip(X)
    assert isinstance(found, csr_array)
    for part in ("data", "indices", "indptr"):
        np.testing.assert_array_equal(getattr(found, part), getattr(X, part))
    assert (found.shape, found.indices.dtype) == (X.shape, X.indices.dtype)


def test_modules_come_back_without_their_constructors(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = torch.Generator().manual_seed(0)
    encoder = Encoder(5, {"code": 3}, hidden=4, dropout=0.5, generator=generator)
    encoder.add_module("norm", BatchNormalisation(3, 2.0))
    encoder.get_submodule("norm")(torch.randn(7, 3, generator=generator), training=True)
    encoder.register_parameter("absent", None)
    encoder.eval()
    monkeypatch.setattr(Encoder, "__init__", None)
    found = round_trip(encoder)
    documents = torch.randn(2, 5, generator=generator)
    assert torch.equal(found(documents)["code"], encoder(documents)["code"])
    assert found.state_dict().keys() == encoder.state_dict().keys()
    assert all(torch.equal(found.state_dict()[name], value) for name, value in encoder.state_dict().items())
    assert (found.training, found.dropout, found.absent, str(found)) == (False, 0.5, None, str(encoder))
    assert not any(parameter.requires_grad for parameter in found.parameters())


def hooked() -> nn.Module:
    module = nn.Linear(2, 2)
    module.register_forward_hook(lambda *_: None)
    return module


def with_a_function() -> nn.Module:
    module = nn.Linear(2, 2)
    module.activation = torch.relu
    return nn.Sequential(module)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (print, "kept_ cannot be saved without pickle: it is a builtins.builtin_function_or_method"),
        ([1, {"a": {2}}], r"kept_\[1\].a cannot be saved without pickle: it is a builtins.set"),
        ({1: 2}, "kept_ cannot .* builtins.dict"),
        (np.array([1, None], dtype=object), "kept_ cannot .* numpy.ndarray"),
        (LogisticRegression(), "kept_ cannot .* sklearn"),
        (with_a_function(), "kept_.0.activation cannot be saved without pickle"),
        (hooked(), "kept_._forward_hooks cannot be saved without pickle: remove the hooks"),
    ],
    ids=["function", "set", "keys", "objects", "estimator", "in a module", "hooks"],
)
def test_what_only_pickle_could_save_is_named(value: Any, message: str) -> None:
    hasher = Keeps().fit(X)
    hasher.kept_ = value
    with pytest.raises(HashbenchError, match=message):
        hasher.state()


def test_a_parameter_that_cannot_be_saved_is_named() -> None:
    random_codes = registry().get("method", "random").spec.load()
    hasher = random_codes(n_bits=8, random_state=np.random.RandomState(0)).fit(X)
    with pytest.raises(HashbenchError, match="random_state cannot be saved without pickle"):
        hasher.state()


def test_a_class_with_something_else_overrides_two_hooks(tmp_path: Path) -> None:
    hasher = KeepsAModel().fit(X)
    hasher.state().save(tmp_path / "state.npz")
    found = KeepsAModel.from_state(HasherState.load(tmp_path / "state.npz"))
    np.testing.assert_array_equal(found.model_.coef_, hasher.model_.coef_)
    np.testing.assert_array_equal(found.transform(X), hasher.transform(X))


def test_a_neural_hasher_comes_back_with_what_it_says_of_its_training(tmp_path: Path) -> None:
    nash = registry().get("method", "nash").spec.load()
    hasher = nash(n_bits=4, epochs=2, random_state=0).fit(X)
    hasher.state().save(tmp_path / "state.npz")
    found = nash.from_state(HasherState.load(tmp_path / "state.npz"))
    np.testing.assert_array_equal(found.embed(X), hasher.embed(X))
    assert found.fit_diagnostics_.values == hasher.fit_diagnostics_.values
    assert found.get_params() == hasher.get_params()


def test_the_file_holds_no_pickle_and_is_the_same_for_equal_states(tmp_path: Path) -> None:
    for name in ("a.npz", "b.npz"):
        Keeps(kept=(1, "x")).fit(X).state().save(tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
        assert {"normals_", "threshold_"} < set(file.files)
        assert all(file[name].dtype != object for name in file.files)


def test_names_that_are_equal_in_the_file_stay_apart() -> None:
    first, second = np.arange(2), np.arange(3)
    found = round_trip({"a/b": first, "a|b": second, "a": {"b": first}, "a.b": second})
    np.testing.assert_array_equal(found["a/b"], first)
    np.testing.assert_array_equal(found["a|b"], second)
    np.testing.assert_array_equal(found["a"]["b"], first)
    np.testing.assert_array_equal(found["a.b"], second)


def test_a_state_is_of_its_class_and_of_a_fitted_hasher() -> None:
    with pytest.raises(NotFittedError):
        Keeps().state()
    state = Keeps().fit(X).state()
    with pytest.raises(HashbenchError, match="is the state of .*:Keeps, not of .*:KeepsAModel"):
        KeepsAModel.from_state(state)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"module": {"class": "subprocess:Popen"}}, "names subprocess:Popen, of another package than"),
        ({"module": {"class": "tests.conftest:Finished"}}, "is no module of torch"),
        ({"dataclass": {"class": "torch.nn:Linear"}}, "is no dataclass"),
        ({"dataclass": {"class": "tests.conftest:COMMAND"}}, "is no class"),
        ({"dataclass": {"class": "tests.conftest:Gone"}}, "Gone"),
        ({"array": "nowhere"}, "nowhere"),
        ({"unknown": 1}, "unknown"),
        ({}, "cannot be read"),
    ],
)
def test_a_state_that_names_what_is_not_there_is_refused(value: Any, message: str) -> None:
    state = Keeps().fit(X).state()
    values = {**state.values, "attributes": {**state.values["attributes"], "kept_": value}}
    with pytest.raises(HashbenchError, match=message):
        Keeps.from_state(replace(state, values=values))


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("no archive")
    (tmp_path / "empty.npz").write_bytes(b"")
    np.savez(tmp_path / "other.npz", a=np.arange(3))
    np.save(tmp_path / "array.npy", np.arange(3))
    for name in ("text.npz", "empty.npz", "other.npz", "array.npy", "nowhere.npz"):
        with pytest.raises(DataError, match=name):
            HasherState.load(tmp_path / name)
    with pytest.raises(HashbenchError, match="cannot be written"):
        Keeps().fit(X).state().save(tmp_path / "text.npz" / "state.npz")
