"""Which check of the conformance suite fails each wrong hasher."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hashbench.spaces import FloatDimension
from hashbench.testing import Subject
from tests.unit import wrong_hashers as wrong
from tests.unit import wrong_quantisers


@dataclass(frozen=True)
class Wrong:
    """A wrong hasher and the one check that fails it."""

    name: str
    hasher: Any
    caught_by: str


def _classes(caught_by: str, *classes: type) -> list[Wrong]:
    return [Wrong(made.__name__, made(), caught_by) for made in classes]


WRONG = [
    *_classes("interface", wrong.OnlyLooksLikeOne, wrong.OtherNameForBits),
    *_classes("tags", wrong.NoSparseTag, wrong.PromisesDtype, wrong.SkipsEstimatorChecks),
    *_classes(
        "codes_dtype_and_shape",
        wrong.Packed,
        wrong.Ternary,
        wrong.PlusMinus,
        wrong.Floats,
        wrong.SparseCodes,
        wrong.HalfTheBits,
    ),
    *_classes("codes_of_few_features", wrong.BitAFeature, wrong.RefusesWithoutReason),
    *_classes("codes_not_degenerate", wrong.Constant, wrong.Padded),
    *_classes("better_than_random", wrong.HashOfTheDocument),
    *_classes("query_tables", wrong_quantisers.TablesOfABatch, wrong_quantisers.TablesInWholeNumbers),
    *_classes("repeated_transform", wrong.Sampled),
    *_classes("batch_size_invariance", wrong.BatchMedian),
    *_classes("row_order_equivariance", wrong.StoredByPosition),
    *_classes("sparse_dense_agree", wrong.CentredIfDense, wrong.TakesIndicesAsSorted),
    *_classes("unseen_documents", wrong.RefusesEmptyDocuments, wrong.EmptyDocumentsByPosition),
    *_classes("other_features_refused", wrong.Cuts),
    *_classes("label_blind", wrong.LeaksLabels),
    *_classes("supervised_tag", wrong.NeedsLabelsSilently, wrong.SaysItNeedsLabels),
    Wrong("SpecSaysSupervised", wrong.registered(supervised=True), "supervised_tag"),
    *_classes("inputs_unchanged", wrong.NormalisesInPlace, wrong.ScalesInPlaceAtTransform),
    *_classes("read_only_input", wrong.AsksForWriteableArrays, wrong.ClustersInBatches),
    *_classes("parameters_unchanged", wrong.ChangesItsArgument),
    *_classes("nothing_learned_at_transform", wrong.RunningMean, wrong.CountsDocuments),
    *_classes("rng_state_untouched", wrong.SeedsGlobally),
    *_classes("seed_reproducible_across_processes", wrong.Unseeded, wrong.SeedsByStringHash),
    *_classes("seed_changes_codes", wrong.IgnoresItsSeed),
    *_classes("pickle_new_process", wrong.KeepsALambda, wrong.KeepsItsStateOutside),
    *_classes("state_round_trip", wrong.ForgetsPartOfItsState, wrong.KeepsWhatOnlyPickleSaves),
    Wrong("NoLicence", wrong.registered(licence=""), "metadata"),
    Wrong("NoCitation", wrong.registered(citation=None), "metadata"),
    Wrong("SpaceOfNoParameter", wrong.registered(space=(FloatDimension("rate", 0.1, 1.0),)), "space"),
    Wrong(
        "HeavyPlugin",
        Subject(wrong.PlainHyperplanes(), wrong.registered().spec, "hashbench.testing.code_checks"),
        "light_registration",
    ),
]
