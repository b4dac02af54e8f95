"""The recipes of the generative methods.

``published`` gives every parameter with its value and where it comes from; "not re-read" marks a value that
is known from the literature but was not checked against the text of the paper. Code is named by its
repository and file. ``default`` is ours and uses no label unless the method is supervised; ``validated`` is
ours with the epoch selected on validation labels.

Schedules that a source counts in steps are counted in documents here: steps times documents of a batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hashbench.specs import Case, Recipe

Values = dict[str, tuple[Any, str]]
"""The value and the source of each parameter."""

FOUND_ON = ("reuters", "20newsgroups", "tmc")
PUBLISHED_FOUND_ON = ("reuters", "20newsgroups")
"""Where values were chosen that the sources of a published recipe leave open."""
OURS = {"": "our own setting, benchmarks/search.md"}

LABEL_FREE: Mapping[str, Any] = {"select_by": "last", "epochs": 20, "n_layers": 0, "tied": True}
"""What the default of every unsupervised method sets; the rest are the defaults of its class."""
FOR_GAUSSIAN_LATENTS: Mapping[str, Any] = {"lr": 2e-4, "averaging": 0.3, "threshold": "zero"}
"""What it also sets where the latent vectors are Gaussian."""
LABEL_FREE_NOTES = (
    "tied and epochs were compared by P@100 of validation documents, for nash and vdsh on reuters, its "
    "titles, 20newsgroups and docstrings; {}the other values are those of the recipe validated."
)
GAUSSIAN_NOTES = (
    "lr, averaging and threshold for vdsh on the same and for gmsh on reuters, so that training does not "
    "lose precision there, and after the figures of agnews and dbpedia were known; "
)


def label_free(*, gaussian: bool) -> Recipe:
    """Return our recipe of an unsupervised method, which needs no labels."""
    return Recipe(
        {**LABEL_FREE, **(FOR_GAUSSIAN_LATENTS if gaussian else {})},
        OURS,
        notes=LABEL_FREE_NOTES.format(GAUSSIAN_NOTES if gaussian else ""),
        found_on=(*FOUND_ON, "docstrings"),
    )


def with_labels(notes: str) -> Recipe:
    """Return our recipe of a supervised method; the notes say which values were compared for itself."""
    return Recipe({}, OURS, notes=notes, found_on=FOUND_ON)


def validated(notes: str) -> Recipe:
    """Return our recipe of an unsupervised method that selects the epoch on validation labels."""
    return Recipe({"select_by": "validation"}, OURS, notes=notes, found_on=FOUND_ON)


def _recipe(*groups: Values, **others: Any) -> Recipe:
    values = {name: value for group in groups for name, value in group.items()}
    params = {name: value for name, (value, _) in values.items()}
    return Recipe(params, {name: source for name, (_, source) in values.items()}, **others)


VDSH_CODE = "authors' code, unsuthee/VariationalDeepSemanticHashing"
LATER_CODE = "authors' later code, bayesquant/VDSH"
NASH_PAPER = "Shen et al. (2018), not re-read"
PAPER = "Dong et al. (2019)"
PUBLIC = "J-zin/Semantic-Hashing-Models"

NOT_IN_THE_PAPER: Values = {
    "averaging": (0.0, "none in the paper or in public code"),
    "word_dropout": (0.0, "none in the paper or in public code"),
    "code_dropout": (0.0, "none in the paper or in public code"),
    "code_std": (None, "none in the paper or in public code"),
    "equal_norms": (False, "none in the paper or in public code"),
    "start": ("random", "all weights are drawn"),
    "tied": (False, "encoder and decoder have weights of their own"),
    "encoder_input": ("values", f"{PAPER}, section 4.1: the tf-idf features, as in VDSH and NASH"),
    "norm": (15.0, "dense vectors are not in the paper; it does nothing to sparse documents"),
}
ARCHITECTURE: Values = {
    "hidden": (500, f"{PAPER}, section 4.1: 500 units, as in VDSH and NASH"),
    "n_layers": (2, f"{PAPER}, section 4.1: two layers, as in VDSH and NASH"),
    "decoder_bias": ("zero", f"{VDSH_CODE}, VDSH.py, and {PUBLIC}, model/BMSH.py"),
}

VDSH: Values = {
    **NOT_IN_THE_PAPER,
    **ARCHITECTURE,
    "dropout": (0.1, f"{VDSH_CODE}, Run_Experiment_Unsupervised.ipynb: keep_prob 0.9"),
    "encoder_range": (None, f"{VDSH_CODE}, VDSH.py: the default of Keras"),
    "decoder_std": (0.102, f"{LATER_CODE}, models/VDSH.py: the default of torch.nn.Linear, by the bits"),
    "target": ("binary", f"{VDSH_CODE}, VDSH.py: the terms that occur, whatever their values"),
    "logvar": ("sigmoid", f"{VDSH_CODE}, VDSH.py"),
    "kl_weight": (1.0, f"{VDSH_CODE}, Run_Experiment_Unsupervised.ipynb: from 0 to 1"),
    "kl_warmup_docs": (5000 * 64, f"{VDSH_CODE} and {LATER_CODE}: by 1/5000 a step"),
    "private": (False, "Chaidaroon and Fang (2017): of VDSH-SP only"),
    "supervised": (False, "Chaidaroon and Fang (2017): of VDSH-S and VDSH-SP only"),
    "threshold": ("median", f"{VDSH_CODE}, utils.py: the median of the training documents"),
    "epochs": (25, f"{VDSH_CODE}, Run_Experiment_Unsupervised.ipynb; {LATER_CODE}, train_VDSH.py"),
    "batch_size": (64, f"{LATER_CODE}, train_VDSH.py; {VDSH_CODE}: 1"),
    "lr": (1e-3, f"{VDSH_CODE}, Run_Experiment_Unsupervised.ipynb"),
    "lr_schedule": ("steps", f"{VDSH_CODE}, Run_Experiment_Unsupervised.ipynb"),
    "lr_decay_docs": (10_000 * 64, f"{VDSH_CODE}, Run_Experiment_Unsupervised.ipynb: 10,000 steps"),
    "grad_clip": (1e6, "none in the authors' code"),
    "select_by": ("last", f"{VDSH_CODE} and {LATER_CODE}: the last weights"),
}
VDSH_LABELS: Values = {
    "supervised": (True, "Chaidaroon and Fang (2017)"),
    "classifier_hidden": (0, f"{VDSH_CODE}, VDSH_S.py: one linear layer"),
    "label_weight": (250.0, f"{LATER_CODE}, train_VDSH_SP.py: rises to 250 at most"),
    "label_warmup_docs": (250 * 1000 * 64, f"{LATER_CODE}, train_VDSH_SP.py: by 1/1000 a step"),
    "target": ("values", f"{LATER_CODE}, models/VDSH_S.py and VDSH_SP.py: the values of the terms"),
}
PRIVATE: Values = {"private": (True, "Chaidaroon and Fang (2017)")}

SCHEDULE: Values = {
    "epochs": (100, f"{PUBLIC}, model/base_model.py: at most 100"),
    "batch_size": (32, f"{PUBLIC}, model/BMSH.py and NASH.py: 32"),
    "lr": (1e-3, f"{PAPER}, section 4.1: 1e-3"),
    "lr_schedule": ("steps", f"{PAPER}, section 4.1: a decay rate of 0.96"),
    "lr_decay_docs": (10_000 * 32, f"{PAPER}, section 4.1: every 10,000 iterations"),
    "grad_clip": (10.0, f"{PUBLIC}, model/base_model.py: 10"),
    "select_by": ("validation", f"{PUBLIC}, model/base_model.py: precision of validation documents"),
    "patience": (7, f"{PUBLIC}, model/base_model.py: stops at the seventh epoch without a better one"),
    "min_epochs": (1, f"{PUBLIC}, model/base_model.py: none"),
    "eval_every": (1, f"{PUBLIC}, model/base_model.py: every epoch"),
    "kl_weight": (1.0, f"{PAPER}, equation 6"),
    "kl_warmup_docs": (0, f"{PAPER}, equation 6: the same weight throughout"),
    "target": ("binary", f"{PUBLIC}, model/BMSH.py and NASH.py: the terms that occur"),
    "supervised": (False, f"{PAPER}, section 2.4: of the variants with labels only"),
}

BITS: Values = {
    "sampling": ("stochastic", f"{PAPER}, equation 10; {NASH_PAPER}: better than deterministic"),
    "threshold": ("zero", f"{PUBLIC}, model/BMSH.py and NASH.py: a probability of 1/2"),
}
NASH: Values = {
    **NOT_IN_THE_PAPER,
    **ARCHITECTURE,
    **SCHEDULE,
    **BITS,
    "dropout": (0.1, f"{NASH_PAPER}: keeps 0.7, 0.8 or 0.9, chosen on validation documents; here 0.9"),
    "encoder_range": (None, "not in the paper; as in the authors' code of VDSH"),
    "decoder_std": (0.0577, f"not in the paper; the variance of the weights in {PUBLIC}, model/BMSH.py"),
    "ste_scale": (1.0, f"{NASH_PAPER}: the gradient passes unchanged; {PUBLIC}, model/NASH.py"),
    "learn_prior": (False, f"{PUBLIC}, model/NASH.py: probabilities of 1/2"),
    "noise": ("none", f"{NASH_PAPER}: NASH has no noise"),
}
FIXED_NOISE: Values = {
    "noise": ("fixed", f"{NASH_PAPER}: noise of fixed variance"),
    "noise_std": (0.5, "not known from the paper; the start of the learnt noise in public code"),
}
LEARNT_NOISE: Values = {"noise": ("trunk", f"{NASH_PAPER}: its variance is one layer on the encoder")}

LABELS: Values = {
    "supervised": (True, f"{PAPER}, section 2.4"),
    "classifier_hidden": (500, f"{PAPER}, sections 2.4 and 4.1: two layers, 500 units"),
    "label_weight": (100.0, f"{PAPER}, section 4.1: chosen on validation documents, as here"),
    "label_warmup_docs": (0, f"{PAPER}, equation 11: the same weight throughout"),
}
MIXTURE: Values = {
    "n_components": (20, f"{PAPER}, table 3: the value of each dataset that gives the figure of table 1"),
    "posterior_c": ("network", f"{PAPER}, section 2.2 and equation 9"),
    "prior_init": ("random", "not in the paper; drawn in public code"),
}
GMSH: Values = {
    **NOT_IN_THE_PAPER,
    **ARCHITECTURE,
    **SCHEDULE,
    **MIXTURE,
    "dropout": (0.1, f"{PAPER}, section 4.1: the networks of VDSH; {VDSH_CODE}: 0.1"),
    "encoder_range": (None, f"{PAPER}, section 4.1: the networks of VDSH; {VDSH_CODE}, VDSH.py"),
    "decoder_std": (0.0577, f"not in the paper; the variance of the weights in {PUBLIC}, model/BMSH.py"),
    "logvar": ("sigmoid", f"{PAPER}, section 4.1: the networks of VDSH; {VDSH_CODE}, VDSH.py"),
    "share_trunk": (True, "the paper does not say; here one network with several heads"),
    "threshold": ("median", f"{PAPER}, section 2.2: the median"),
}
BMSH: Values = {
    **NOT_IN_THE_PAPER,
    **ARCHITECTURE,
    **SCHEDULE,
    **BITS,
    **MIXTURE,
    "dropout": (0.0, f"{PUBLIC}, model/BMSH.py: none"),
    "encoder_range": (0.1, f"{PUBLIC}, model/base_model.py: uniform between -0.1 and 0.1"),
    "decoder_std": (0.0577, f"{PUBLIC}, model/BMSH.py: uniform between -0.1 and 0.1, of this deviation"),
    "ste_scale": (0.5, f"{PAPER}, after equation 10"),
    "noise": ("data", f"{PAPER}, section 2.3: data-dependent; {PUBLIC}, model/BMSH.py: from the bits"),
    "noise_hidden": (400, f"{PUBLIC}, model/BMSH.py: one hidden layer of 400 units"),
    "share_trunk": (False, f"{PUBLIC}, model/BMSH.py: a network of its own"),
}

_VDSH_NOTES = (
    "The authors' first code takes one document a step, which takes hours; batches, and the start of the "
    "decoder, are those of their later code, the layers those of the first. The paper was not re-read."
)
_NOTES = (
    "There is no code of the authors. Training stops as in the most used public code, by the precision of "
    "validation documents: there they are queries to the training documents, here to one another."
)
_NASH_NOTES = (
    f"{_NOTES} The decoder starts as that of BMSH in the same code, whose NASH has weights of variance 1: "
    "with those P@100 of validation documents was lower by 0.04 on reuters and 0.05 on 20newsgroups."
)
_VDSH_CASES = tuple(
    Case({"decoder_std": std}, bits=(bits,))
    for bits, std in {16: 0.144, 32: 0.102, 64: 0.0722, 128: 0.051}.items()
)
_GMSH_CASES = (
    Case({"n_components": 40}, datasets=("tmc",)),
    Case({"n_components": 90}, datasets=("reuters",)),
)
_BMSH_CASES = (Case({"n_components": 40}, datasets=("tmc",)),)

PUBLISHED: Mapping[str, Recipe] = {
    "vdsh": _recipe(VDSH, cases=_VDSH_CASES, notes=_VDSH_NOTES),
    "vdsh-s": _recipe(VDSH, VDSH_LABELS, cases=_VDSH_CASES, varies=("label_weight",), notes=_VDSH_NOTES),
    "vdsh-sp": _recipe(
        VDSH, VDSH_LABELS, PRIVATE, cases=_VDSH_CASES, varies=("label_weight",), notes=_VDSH_NOTES
    ),
    "nash": _recipe(NASH, varies=("dropout",), notes=_NASH_NOTES, found_on=PUBLISHED_FOUND_ON),
    "nash-n": _recipe(
        NASH, FIXED_NOISE, varies=("dropout", "noise_std"), notes=_NASH_NOTES, found_on=PUBLISHED_FOUND_ON
    ),
    "nash-dn": _recipe(
        NASH, LEARNT_NOISE, varies=("dropout",), notes=_NASH_NOTES, found_on=PUBLISHED_FOUND_ON
    ),
    "nash-dn-s": _recipe(
        NASH,
        LEARNT_NOISE,
        LABELS,
        varies=("dropout", "label_weight"),
        notes=_NASH_NOTES,
        found_on=PUBLISHED_FOUND_ON,
    ),
    "gmsh": _recipe(GMSH, cases=_GMSH_CASES, varies=("n_components",), notes=_NOTES),
    "gmsh-s": _recipe(
        GMSH,
        LABELS,
        cases=_GMSH_CASES,
        varies=("n_components", "label_weight"),
        notes=_NOTES,
        found_on=PUBLISHED_FOUND_ON,
    ),
    "bmsh": _recipe(BMSH, cases=_BMSH_CASES, varies=("n_components",), notes=_NOTES),
    "bmsh-s": _recipe(
        BMSH,
        LABELS,
        cases=_BMSH_CASES,
        varies=("n_components", "label_weight"),
        notes=_NOTES,
        found_on=PUBLISHED_FOUND_ON,
    ),
}
