"""The published recipes of the classical methods: every parameter with its value and where it comes from.

"Not re-read" marks a value that is known from the literature but was not checked against the text of the
paper. Code is named by its repository and file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hashbench.specs import FeaturesOf, Recipe


def _recipe(values: Mapping[str, tuple[Any, str]], *, features_source: str = "", **others: Any) -> Recipe:
    """Return a recipe, given the value and the source of each parameter."""
    source = {name: where for name, (_, where) in values.items()}
    if features_source:
        source["features"] = features_source
    return Recipe({name: value for name, (value, _) in values.items()}, source, **others)


LSH = _recipe(
    {
        "projection": ("gaussian", "Charikar (2002), section 3: normally distributed directions"),
        "center": (False, "Charikar (2002), section 3: the hyperplanes pass through the origin"),
        "threshold": ("zero", "Charikar (2002), section 3: the side of the hyperplane"),
    },
    notes="Baselines called LSH in papers on document hashing are this one, whatever they cite: bayesquant/"
    "VDSH, train_LSH.py uses random hyperplanes with normal entries and threshold 0.",
)

ITQ = _recipe(
    {"n_iter": (50, "authors' code, ITQ.m: 50 is usually enough; ZJULearning/MatlabFunc, ITQ_learn.m: 50")},
    notes="The documents are centred, as the paper says; ITQ_learn.m uses the axes of centred documents but "
    "does not centre what it projects. The code does not stop early; iterations that lower the error by less "
    "than a millionth are left out here.",
)

PCAH = Recipe(
    source={"": "Wang, Kumar and Chang (2012): signs of the centred principal components, nothing to choose"},
)

SPH = _recipe(
    {
        "box": ("minmax", "authors' code, trainSH.m: minimum and maximum; its percentiles are overwritten"),
        "clip": (False, "authors' code, compressSH.m"),
        "threshold": ("zero", "Weiss, Torralba and Fergus (2008): the sign of the eigenfunction"),
    },
)

_STH_CODE = "authors' code as in WUT-IDEA/domain-ner, STH-ML/sth-ml"
STH = _recipe(
    {
        "n_neighbors": (25, f"{_STH_CODE}/_readme_.txt: prepare_dataset(dataset, 25)"),
        "weight": ("cosine", f"{_STH_CODE}/prepare_dataset.m: metric Cosine for documents"),
        "bandwidth": (1.0, f"{_STH_CODE}/STH_learn.m: t = 1, with the heat kernel only"),
        "C": (1.0, f"{_STH_CODE}/STH_learn.m: the default of LIBLINEAR"),
        "intercept": (False, f"{_STH_CODE}/STH_learn.m: the default of LIBLINEAR"),
        "database": ("spectral", "Zhang et al. (2010), section 3; STH_learn.m returns the spectral bits"),
        "exact_up_to": (
            50_000,
            f"{_STH_CODE}/STH_learn.m: exact; the corpora of the paper have fewer documents",
        ),
    },
    notes="Eigenvectors are those of the largest connected component; the paper does not say what to do with "
    "several components. The authors weigh terms by (1 + ln tf) ln(n / df) and scale documents to length 1.",
)

_SRBM_PAPER = "Salakhutdinov and Hinton (2009), not re-read"
_SRBM_CODE = "authors' code for deep autoencoders (2006), rbm.m"
SRBM = _recipe(
    {
        "hidden": ([500, 500], f"{_SRBM_PAPER}: 2000-500-500 and the code units"),
        "n_words": (0, "the featurizer keeps the 2,000 terms"),
        "document_length": (0.0, f"{_SRBM_PAPER}: term counts as they are"),
        "visible": ("constrained_poisson", f"{_SRBM_PAPER}: section on the constrained Poisson model"),
        "pretrain_epochs": (50, f"{_SRBM_PAPER}: 50 passes for each layer"),
        "word_lr": (0.1, f"{_SRBM_PAPER}: 0.1"),
        "unit_lr": (0.1, f"{_SRBM_PAPER}: 0.1; {_SRBM_CODE}: 0.1"),
        "momentum": (0.9, f"{_SRBM_PAPER}: 0.9; {_SRBM_CODE}: 0.5 in the first five epochs"),
        "weight_decay": (2e-4, f"{_SRBM_PAPER}: 0.0002; {_SRBM_CODE}: 0.0002"),
        "weight_std": (0.1, f"{_SRBM_PAPER}: variance 0.01; {_SRBM_CODE}: 0.1"),
        "noise_std": (4.0, f"{_SRBM_PAPER}: variance 16"),
        "noise": ("fixed", "lecture slides of Hinton: the noise of each training case is fixed"),
        "threshold": (0.1, f"{_SRBM_PAPER}: 0.1, since activations are biased towards 0"),
        "epochs": (50, f"{_SRBM_PAPER}: 50 epochs of fine-tuning"),
        "batch_size": (100, f"{_SRBM_PAPER}: 100 documents in pre-training; fine-tuning has 1,000"),
        "lr": (1e-3, "Adam instead of the conjugate gradients of the paper"),
        "lr_schedule": ("steps", "Adam at a constant rate"),
        "lr_decay_docs": (0, "Adam at a constant rate"),
        "averaging": (0.0, "none in the paper"),
        "grad_clip": (1e6, "none in the paper"),
        "select_by": ("last", "the weights of the last epoch are kept, as in the paper"),
    },
    features=FeaturesOf(
        "counts", {"max_features": 2000, "min_df": 1, "max_df": 1.0, "stop_words": "english"}
    ),
    features_source=f"{_SRBM_PAPER}: counts of the 2,000 most frequent terms that are no stop words",
    notes="Fine-tuning is by Adam; the paper has conjugate gradients with three line searches on batches of "
    "1,000 documents. The paper stems the terms.",
)

SRBM_DEFAULT = _recipe(
    {"select_by": ("last", "our own: no label is looked at; the other values are those of validated")}
)
SRBM_VALIDATED = _recipe(
    {"select_by": ("validation", "our own: the epoch with the best precision on validation documents")}
)

_KSH_CODE = "authors' code, ColumbiaDVMM/Supervised-Hashing-with-Kernels, KSH_demo.m"
KSH = _recipe(
    {
        "n_anchors": (300, f"{_KSH_CODE}: m = 300, which README.md calls fixed"),
        "n_labeled": (2000, f"{_KSH_CODE}: trn = 2000"),
        "sampling": ("uniform", "Liu et al. (2012): uniformly at random; the code loads its samples"),
        "kernel": ("rbf", f"{_KSH_CODE}: exp(-d^2 / (2 sigma))"),
        "sigma": (None, f"{_KSH_CODE}: the mean squared distance of documents from anchors"),
        "n_steps": (500, f"{_KSH_CODE}: 500 iterations"),
        "tol": (1e-2, "authors' code, OptProjectionFast.m: 1e-2 per labelled document"),
        "ridge": (1e-6, "none in the code; just enough for the eigenproblem to be solvable"),
    },
    varies=("n_labeled",),
    notes="The code has single labels; two documents that share one of several labels count as similar here.",
)

_BRE_CODE = "authors' code as in ZJULearning/MatlabFunc, ANNS/Hashing/Unsupervised/BRE.m"


def _bre(supervised: bool) -> Recipe:
    return _recipe(
        {
            "supervised": (supervised, "Kulis and Darrell (2009): distances of vectors, or of labels"),
            "n_samples": (1000, f"{_BRE_CODE}: n = 1000; BRE_learn.m: 1000"),
            "n_anchors": (50, "Kulis and Darrell (2009), not re-read: 50; BRE_learn.m: 20"),
            "pair_fraction": (0.05, f"{_BRE_CODE}: 5 % of the sample for each document"),
            "n_components": (0, "Kulis and Darrell (2009), not re-read: centred vectors of length 1"),
            "max_sweeps": (1000, f"{_BRE_CODE}: no limit"),
            "tol": (0.0, f"{_BRE_CODE}: no relative tolerance"),
            "atol": (1.0, f"{_BRE_CODE}: until f changes by no more than 1"),
            "n_init": (1, f"{_BRE_CODE}: one search"),
        },
        notes="The code divides distances by their maximum over all pairs of the sample, here over the pairs "
        "that are used.",
    )


BRE = _bre(supervised=False)
BRE_S = _bre(supervised=True)

_SHTTM_PAPER = "Wang, Zhang and Si (2013), not re-read"
_SHTTM_HERE = "the value is that of a grid of powers of ten on the validation documents of Reuters, 32 bits"
SHTTM = _recipe(
    {
        "n_passes": (20, "the paper does not say how topics are learnt; 20 passes of online inference"),
        "missing_weight": (0.01, f"{_SHTTM_PAPER}: 1 for present and 0.01 for missing tags"),
        "alpha": (
            1.0,
            f"{_SHTTM_PAPER}: chosen on validation data; here 1, not compared with others",
        ),
        "gamma": (1e-3, f"{_SHTTM_PAPER}: chosen on validation data; {_SHTTM_HERE}"),
        "n_sweeps": (30, f"{_SHTTM_PAPER}: coordinate descent to convergence"),
        "target": ("latent", f"{_SHTTM_PAPER}: a linear map from documents to their latent vectors"),
        "weighting": ("tfidf", f"{_SHTTM_PAPER}: the hash function reads tf-idf weights"),
        "ridge": (10.0, f"{_SHTTM_PAPER}: chosen on validation data; {_SHTTM_HERE}"),
        "database": ("latent", f"{_SHTTM_PAPER}: bits of the latent vectors"),
    },
    features=FeaturesOf(
        "counts", {"max_features": 10_000, "min_df": 3, "max_df": 0.8, "stop_words": "english"}
    ),
    features_source=f"{_SHTTM_PAPER}: topics are learnt from term counts; the vocabulary is that of tf-idf",
    varies=("alpha", "gamma", "ridge"),
    found_on=("reuters",),
    notes="There is no public code. The bits of queries are cut at the medians of the predictions for the "
    "training documents.",
)
