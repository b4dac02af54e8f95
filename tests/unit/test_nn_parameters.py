"""Declared ranges of the neural methods, and the declarations that a parameter has no effect."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from hashbench_methods.generative.bmsh import BMSH
from hashbench_methods.generative.gmsh import GMSH
from hashbench_methods.generative.nash import NASH
from hashbench_methods.generative.vdsh import VDSH
from hashbench_methods.hierarchical.hierhash import HierHash
from scipy.sparse import csr_array

from hashbench.errors import HashbenchError
from hashbench.experiment.environment import limited_threads
from hashbench.hashing.nn.hasher import NeuralHasher
from hashbench.parameters import default_parameters, full_parameters
from hashbench.ranges import declared_ranges, effective_parameters
from hashbench.registry import OWN_DISTRIBUTION, registry

NEURAL = {
    component.name: component
    for component in registry().components("method")
    if component.plugin.distribution == OWN_DISTRIBUTION and issubclass(component.spec.load(), NeuralHasher)
}
N, N_TRAIN = 360, 300
SMALL = {
    "n_bits": 8,
    "epochs": 3,
    "batch_size": 50,
    "lr": 0.02,
    "hidden": 16,
    "min_epochs": 1,
    "random_state": 0,
}
HIERARCHY = {
    **SMALL,
    "epochs": 2,
    "lr": 1e-2,
    "decoder_hidden": 8,
    "n_fine": 8,
    "n_coarse": 3,
    "self_epochs": 2,
    "self_lr": 1e-3,
    "fine_target_temperature": 1.0,
    "fine_confidence": 0.15,
    "coarse_confidence": 0.4,
}
GAUSSIAN = {"prior": "gaussian", "coarse_weight": 0.0, "fine_weight": 0.0, "self_epochs": 0}
LONG = {"epochs": 8, "start": "random", "patience": 8}
LAST_STAGE_IMPROVES = {"epochs": 1, "self_epochs": 6, "fine_confidence": 0.1, "coarse_confidence": 0.1}
LAST_STAGE_WORSENS = {"epochs": 6, "self_epochs": 1, "self_lr": 1.0}

# Method, parameter, another value of it, and settings with which the value makes a difference.
EFFECTS = [
    (NASH, "lr_decay_docs", 40, {}),
    (NASH, "patience", 0, LONG),
    (NASH, "min_epochs", 8, {**LONG, "patience": 0}),
    (NASH, "eval_every", 7, LONG),
    (NASH, "hidden", 12, {"n_layers": 1}),
    (NASH, "dropout", 0.1, {"n_layers": 1}),
    (NASH, "target_power", 2.5, {}),
    (NASH, "kl_warmup_docs", 1000, {}),
    (NASH, "noise_std", 2.0, {"noise": "fixed"}),
    (NASH, "noise_hidden", 4, {"noise": "data"}),
    (BMSH, "share_trunk", False, {}),
    (GMSH, "label_weight", 1.0, {"supervised": True}),
    (GMSH, "label_warmup_docs", 1000, {"supervised": True}),
    (GMSH, "classifier_hidden", 7, {"supervised": True}),
    (HierHash, "n_fine", 5, {}),
    (HierHash, "n_coarse", 2, {}),
    (HierHash, "temperature", 1.0, {}),
    (HierHash, "fine_temperature", 3.0, {}),
    (HierHash, "coarse_temperature", 2.0, {}),
    (HierHash, "prototype_variance", 2.0, {}),
    (HierHash, "gumbel_temperature", 0.3, {}),
    (HierHash, "entropy_weight", 1.0, {}),
    (HierHash, "fine_probs", "clean", {}),
    (HierHash, "learnt_variance", True, {}),
    (HierHash, "kmeans_start", "cold", {}),
    (HierHash, "unit_z", True, {}),
    (HierHash, "contrast_on", "sample", {}),
    (HierHash, "keep_stage", "last", LAST_STAGE_WORSENS),
    (HierHash, "split_negatives", False, {}),
    (HierHash, "warmup_epochs", 2, {"prototype_update": "grad_reinit", "warmup_epochs": 1}),
    (HierHash, "self_lr", 1e-2, {}),
    (HierHash, "self_patience", 0, LAST_STAGE_IMPROVES),
    (HierHash, "self_mi", False, {}),
    (HierHash, "fine_confidence", 1.5, {}),
    (HierHash, "coarse_confidence", 1.5, {}),
    (HierHash, "fine_target_temperature", 3.0, {}),
    (HierHash, "coarse_target_temperature", 3.0, {}),
    (HierHash, "prediction_temperature", 1.0, {}),
]
NEEDS_SELECTION = ("patience", "min_epochs", "eval_every", "self_patience", "keep_stage")


@pytest.fixture(autouse=True)
def one_thread():
    with limited_threads(1):
        yield


@cache
def documents(sparse):
    rng = np.random.default_rng(0)
    clusters = rng.integers(4, size=N)
    if not sparse:
        centres = 2 * rng.standard_normal((4, 16))
        return (centres[clusters] + rng.standard_normal((N, 16))).astype(np.float32), clusters
    counts = rng.poisson(np.where(np.arange(64) % 4 == clusters[:, None], 1.0, 0.3))
    return csr_array(counts.astype(np.float32)), clusters


@cache
def embedding(method, selection, settings):
    X, labels = documents(method is not HierHash)
    base = HIERARCHY if method is HierHash else SMALL
    hasher = method(**{**base, **dict(settings)})
    given = {"X_val": X[N_TRAIN:], "y_val": labels[N_TRAIN:]} if selection else {}
    return hasher.fit(X[:N_TRAIN], labels[:N_TRAIN], **given).embed(X)


def equal(method, selection, settings, changed):
    one, other = (embedding(method, selection, tuple(sorted(s.items()))) for s in (settings, changed))
    return np.array_equal(one, other)


@pytest.mark.parametrize("name", NEURAL)
def test_every_parameter_has_a_range_and_its_default_is_inside(name):
    component = NEURAL[name]
    declared = declared_ranges(component.spec.load())
    defaults = default_parameters(component)
    assert set(defaults) - set(declared) == {"device"}
    for parameter, value in defaults.items():
        if parameter in declared:
            declared[parameter].check(parameter, value)


def test_a_changed_default_keeps_the_range():
    @dataclass(eq=False, repr=False)
    class Narrow(VDSH):
        n_layers: int = 0
        code_std: float | None = None
        target: str = "binary"

    assert Narrow().n_layers == 0
    base, found = declared_ranges(VDSH), declared_ranges(Narrow)
    for name in ("n_layers", "code_std", "target", "threshold"):
        assert str(found[name]) == str(base[name])
    found["code_std"].check("code_std", None)
    with pytest.raises(HashbenchError, match="n_layers is a whole number from 0 on, got -1"):
        Narrow(8, n_layers=-1).fit(documents(True)[0])


@pytest.mark.parametrize("name", NEURAL)
def test_values_out_of_range_are_refused_before_anything_is_computed(name):
    with pytest.raises(HashbenchError, match=f"method {name}: epochs is a whole number from [01] on, got -1"):
        full_parameters(NEURAL[name], {"epochs": -1})
    with pytest.raises(HashbenchError, match=f"method {name}: lr is a number above 0, got 'fast'"):
        full_parameters(NEURAL[name], {"lr": "fast"})


@pytest.mark.parametrize("name", [name for name in NEURAL if "select_by" in NEURAL[name].spec.introduced])
def test_selection_by_validation_is_what_stored_results_were_made_with(name):
    spec = NEURAL[name].spec
    assert spec.introduced["select_by"] == "validation"
    assert default_parameters(NEURAL[name])["select_by"] == "validation"


@pytest.mark.slow
@pytest.mark.parametrize(("method", "parameter", "value", "settings"), EFFECTS)
def test_a_parameter_has_no_effect_where_that_is_declared(method, parameter, value, settings):
    selection = parameter in NEEDS_SELECTION
    changed = {parameter: value}
    assert not equal(method, selection, settings, settings | changed)
    for unless in declared_ranges(method)[parameter].unless:
        for idle in unless.values:
            off = settings | ({unless.parameter: idle} if idle != "gaussian" else GAUSSIAN)
            assert parameter not in effective_parameters(method, off)
            assert equal(method, selection, off, off | changed), (unless.parameter, idle)


def test_every_declaration_of_no_effect_is_tested():
    tested = {parameter for _, parameter, _, _ in EFFECTS}
    methods = {method for method, _, _, _ in EFFECTS}
    declared = {
        name
        for component in NEURAL.values()
        if component.spec.load() in methods
        for name, each in declared_ranges(component.spec.load()).items()
        if each.unless
    }
    assert declared == tested
