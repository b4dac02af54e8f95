"""The recipes of HierHash and its ablations: every value with where it comes from.

The paper is Zhang, Su, Chen and Song (2024); the authors' code is Emily-zero/HierHash. Where the paper is
silent the value is that of the code. The cases by dataset and code length are the command lines of its
run.sh, which the authors publish "to reproduce the results reported in our paper".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hashbench.specs import Case, FeaturesOf, Recipe

OURS = "our own setting, benchmarks/search.md"

_DEFAULT_NOTES = (
    "The values of the recipe validated, which were chosen with validation labels, but the last epoch is "
    "kept. A falling learning rate was compared with a constant one for hierhash-base and hierhash, at 60 "
    "epochs and 32 bits with one seed, on samples of 10,000 documents of dbpedia and docstrings with lsa. "
    "Those trials are not stored, and hierhash-hier and hierhash-con were not compared."
)
_SELF_MI_NOTES = (
    " self_mi was compared for hierhash with sentence on dbpedia and docstrings at 32 bits, after figures of "
    "test documents of dbpedia had shown that with it the last stage takes precision away there."
)

VALIDATED = Recipe(
    {"select_by": "validation"},
    {"": OURS, "select_by": "the epoch with the best precision on labelled validation documents"},
    notes="kl_weight, view_dropout, coarse_weight, fine_weight and split_negatives of hierhash-con were "
    "compared with other values on a sample of dbpedia with lsa, and kept; the other values were not varied.",
    found_on=("dbpedia",),
)

_RUN = "authors' code, run.sh"
_SETTINGS = "section 4.2"
_NONE = "none in the paper"

_VALUES: Mapping[str, tuple[Any, str]] = {
    "epochs": (100, f"{_RUN}: at most 100, of both stages together"),
    "batch_size": (64, f"{_RUN}: 64"),
    "lr": (5e-4, f"{_SETTINGS}: 5e-4 for NYT and DBpedia, 1e-4 for AG News; {_RUN}: 1e-4 for NYT as well"),
    "lr_schedule": ("steps", f"{_SETTINGS}: a fixed learning rate"),
    "lr_decay_docs": (0, f"{_SETTINGS}: a fixed learning rate"),
    "patience": (10, f"{_RUN}: 10 for AG News and DBpedia; 6, the default of main.py, for NYT"),
    "min_epochs": (1, _NONE),
    "eval_every": (1, "authors' code, Model/unsupBaseModel_bert.py: every epoch"),
    "averaging": (0.0, _NONE),
    "grad_clip": (10.0, "authors' code: norm 10, which by a slip it applies at the first step alone"),
    "select_by": ("validation", "authors' code: precision at 100 on labelled validation documents"),
    "threshold": ("zero", "section 3.3: sign(sigmoid(mu) - 0.5)"),
    "norm": (None, "none in the paper: [CLS] vectors as BERT gives them"),
    "view_dropout": (0.1, f"section 3.3: dropout as in SimCSE, 0.1; {_RUN}: 0.3, which no code reads"),
    "encoder": ("two_layer", f"{_SETTINGS}: two layers; the code has a trunk of two more"),
    "hidden": (1024, f"{_SETTINGS}: 1024"),
    "decoder_hidden": (128, f"{_SETTINGS}: 128"),
    "prior": ("hierarchy", "section 3.1"),
    "n_fine": (100, f"{_SETTINGS}: 100 for NYT and DBpedia, 20 for AG News"),
    "n_coarse": (8, f"{_SETTINGS}: the number of coarse classes; 8 where it is not known is our own"),
    "prototype_variance": (0.5, f"{_RUN}: 0.5 for NYT and DBpedia, 0.7 for AG News, fixed; here the start"),
    "learnt_variance": (True, "appendix A.3: learnable, of each prototype"),
    "prototype_update": ("grad_reinit", "sections 3.1 and 4.2: learnable, set anew by k-means"),
    "kmeans_start": ("cold", "authors' code: kmeans_pytorch, from documents drawn at random"),
    "warmup_epochs": (15, f"{_SETTINGS}: 15"),
    "vae_weight": (1.0, f"equation 20: 1; {_RUN}: 0.5 for DBpedia"),
    "kl_weight": (1.0, "equation 7: 1"),
    "fine_temperature": (1.0, f"{_SETTINGS}: 1.0"),
    "coarse_temperature": (0.2, f"{_SETTINGS}: 0.2; {_RUN}: 1.0, with z left out of KL_y"),
    "unit_z": (True, "appendix A.4: z is scaled to norm 1"),
    "gumbel_temperature": (1.0, f"{_RUN}: 1"),
    "coarse_weight": (1.0, f"{_SETTINGS}: the best of 1, 2, 5 and 10 on validation data; {_RUN}: 1, 2 and 5"),
    "temperature": (0.3, f"{_SETTINGS}: 0.3; {_RUN}: 0.5 for AG News"),
    "split_negatives": (True, "equations 13 to 17"),
    "contrast_on": ("sample", "equation 15: z; the code has the mean"),
    "fine_weight": (
        0.5,
        f"{_SETTINGS}: the best of 0.1, 0.5 and 1 on validation documents; {_RUN}: 0 for NYT",
    ),
    "fine_probs": ("clean", "equation 18: q(s | z); the code has relaxed samples"),
    "entropy_weight": (0.1, f"{_SETTINGS}: 0.1"),
    "self_epochs": (100, f"{_RUN}: at most 100, of both stages together"),
    "self_lr": (5e-4, "authors' code: that of training; its field of 1e-6 has no effect"),
    "self_patience": (10, f"{_RUN}: as patience"),
    "self_mi": (False, "equation 23; the code has it"),
    "fine_confidence": (0.9, "authors' code: 0.9; section 3.4: extremely high"),
    "coarse_confidence": (0.9, "authors' code: 0.9; section 3.4: extremely high"),
    "fine_target_temperature": (5.0, f"{_RUN}: consis_temperature 5"),
    "coarse_target_temperature": (1.0, f"{_RUN}: gumbel_temperature 1"),
    "prediction_temperature": (5.0, f"{_RUN}: consis_temperature 5"),
    "keep_stage": ("last", "authors' code: the best weights are looked for anew in the last stage"),
}

_SLOW = {"lr": 1e-4, "self_lr": 1e-4}
_CASES = (
    Case(
        {**_SLOW, "patience": 6, "self_patience": 6, "n_coarse": 5, "coarse_weight": 1.0, "fine_weight": 0.0},
        datasets=("nyt",),
    ),
    Case(
        {
            **_SLOW,
            "n_fine": 20,
            "n_coarse": 4,
            "coarse_weight": 2.0,
            "temperature": 0.5,
            "prototype_variance": 0.7,
        },
        datasets=("agnews",),
    ),
    Case({"lr": 5e-4, "self_lr": 5e-4}, datasets=("agnews",), bits=(16,)),
    Case({"n_coarse": 9, "coarse_weight": 5.0, "vae_weight": 0.5}, datasets=("dbpedia",)),
)
_SWEPT = (
    "n_fine",
    "n_coarse",
    "coarse_weight",
    "fine_weight",
    "temperature",
    "fine_temperature",
    "coarse_temperature",
)
_ENCODER = (
    "Vectors of a sentence encoder stand in for the [CLS] vectors of a BERT that the paper fine-tunes on "
    "each corpus with SimCSE; the featurizer simcse makes those where a checkpoint of BERT is at hand. "
)
_DROPOUT = (
    "The two views are the vector with dropout; in the paper, and in the form that ends with -views, they "
    "are two passes through the encoder with dropout. "
)
_CODE = (
    "Where run.sh contradicts the paper for a corpus, its value is taken: lr and fine_weight for nyt, lr at "
    "16 bits and temperature for agnews, vae_weight for dbpedia. It does not set n_fine for dbpedia, where "
    "the code has 70 and the paper 100. The paper reports means of five runs."
)


def default(without: Mapping[str, Any]) -> Recipe:
    """Return the recipe that needs no labels; it holds what differs from the defaults of the class.

    Args:
        without: parameters that leave out parts of the method.
    """
    has_last_stage = "self_epochs" not in without
    return Recipe(
        {"select_by": "last", "lr_schedule": "cosine", **({"self_mi": False} if has_last_stage else {})},
        {
            "": OURS,
            "select_by": "no label is looked at",
            "lr_schedule": "compared with a constant rate, see the notes",
        },
        notes=_DEFAULT_NOTES + (_SELF_MI_NOTES if has_last_stage else ""),
        found_on=("dbpedia", "docstrings"),
    )


def published(without: Mapping[str, Any] | None = None, *, views: bool = False) -> Recipe:
    """Return the published recipe of HierHash or of an ablation of it.

    Args:
        without: parameters that leave out parts of the method, see table 3 of the paper.
        views: whether the two views come from the encoder.
    """
    fixed = dict(without or {})
    params = {name: value for name, (value, _) in _VALUES.items()} | fixed
    source = {name: where for name, (_, where) in _VALUES.items()}
    source |= dict.fromkeys(fixed, "section 4.3 and table 3: the ablation without it")
    if fixed.get("prior") == "gaussian":
        params["prototype_update"] = "kmeans_epoch"
        source["prototype_update"] = "without prototypes no warm-up, which grad_reinit would bring"
    source["features"] = "section 4.1: BERT fine-tuned with SimCSE, for which a sentence encoder stands in"
    return Recipe(
        params,
        source,
        FeaturesOf("sentence"),
        cases=tuple(_with_fixed(_CASES, fixed)),
        varies=tuple(name for name in _SWEPT if name not in fixed),
        notes=_ENCODER + ("" if views else _DROPOUT) + _CODE,
        found_on=("nyt", "agnews", "dbpedia"),
    )


def _with_fixed(cases: Iterable[Case], fixed: Mapping[str, Any]) -> Iterable[Case]:
    for case in cases:
        kept = {name: value for name, value in case.params.items() if name not in fixed}
        yield Case(kept, case.datasets, case.bits)
