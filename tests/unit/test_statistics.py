"""Intervals, tests and ranks: closed forms, scipy, and coverage on made-up methods."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from hashbench.statistics import Joint, Sample, average_ranks, difference, holm, paired_outcomes


def drawn(
    rng: np.random.Generator,
    mean: float,
    queries: NDArray[np.float64],
    *,
    seeds: int = 1,
    of_seed: float = 0.0,
) -> Sample:
    """Return a method: a mean, how hard each query is, the luck of each seed, and noise of both."""
    luck = rng.normal(0, of_seed, (seeds, 1)) if of_seed else 0.0
    return Sample.of(list(mean + queries + luck + rng.normal(0, 0.1, (seeds, len(queries)))))


def test_with_one_seed_a_difference_is_the_paired_t_test() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.random((2, 50))
    found, expected = difference(Sample.of([a]), Sample.of([b])), stats.ttest_rel(a, b)
    assert found.p == pytest.approx(expected.pvalue)
    assert found.interval == pytest.approx(tuple(expected.confidence_interval()))


def test_seeds_without_queries_to_vary_are_welchs_t_test() -> None:
    a, b = np.array([0.5, 0.52, 0.51]), np.array([0.4, 0.46])
    found = difference(*(Sample.of([np.full(20, value) for value in values]) for values in (a, b)))
    assert found.p == pytest.approx(stats.ttest_ind(a, b, equal_var=False).pvalue)


@pytest.mark.parametrize(("of_seed", "seeds"), [(0.0, 1), (0.02, 3)])
def test_intervals_of_differences_and_means_cover_the_truth(of_seed: float, seeds: int) -> None:
    rng = np.random.default_rng(1)
    covered, of_means, rejected = 0, 0, 0
    for _ in range(400):
        queries = rng.normal(0, 0.2, 200)
        a = drawn(rng, 0.52, queries, seeds=seeds, of_seed=of_seed)
        b = drawn(rng, 0.50, queries, seeds=seeds, of_seed=of_seed)
        low, high = difference(a, b).interval
        covered += low <= 0.02 <= high
        low, high = a.interval(resamples=200)
        of_means += low <= 0.52 <= high
        rejected += difference(a, drawn(rng, 0.52, queries, seeds=seeds, of_seed=of_seed)).p <= 0.05
    assert 0.92 <= covered / 400 <= 0.99
    assert 0.92 <= of_means / 400 <= 0.99
    assert rejected / 400 <= 0.075


def test_a_method_with_one_seed_is_taken_to_vary_like_the_other_one() -> None:
    rng = np.random.default_rng(9)
    covered, kept = 0, 0
    for _ in range(200):
        queries = rng.normal(0, 0.2, 500)
        single = drawn(rng, 0.5, queries, of_seed=0.01)
        several = [drawn(rng, 0.5, queries, seeds=3, of_seed=0.01) for _ in range(4)]
        low, high = difference(single, several[0]).interval
        covered += low <= 0 <= high
        kept += bool(Joint([single, *several], draws=500).possibly_best[0])
    assert min(covered, kept) / 200 >= 0.92


def test_a_method_without_randomness_has_no_variance_between_seeds() -> None:
    rng = np.random.default_rng(10)
    queries = rng.random(100)
    fixed, seeds = Sample.of([queries], random=False), Sample.of([queries + 0.01, queries - 0.02])
    variance = (0.03**2 / 2) / 2
    assert fixed.between_seeds == 0.0
    assert difference(fixed, seeds).p == pytest.approx(2 * stats.t.sf(0.005 / np.sqrt(variance), 1))


def test_averaging_alone_would_reject_equal_methods_whose_seeds_differ() -> None:
    rng = np.random.default_rng(2)
    counted, averaged = 0, 0
    for _ in range(200):
        queries = rng.normal(0, 0.2, 500)
        a, b = (drawn(rng, 0.5, queries, seeds=3, of_seed=0.02) for _ in range(2))
        counted += difference(a, b).p <= 0.05
        averaged += difference(Sample.of([a.by_query]), Sample.of([b.by_query])).p <= 0.05
    assert counted / 200 <= 0.08 < 0.3 <= averaged / 200


def test_the_interval_of_a_mean_is_the_normal_one_for_many_queries() -> None:
    values = np.random.default_rng(3).random(4000)
    low, high = Sample.of([values]).interval()
    reach = 1.96 * values.std() / np.sqrt(4000)
    assert (low, high) == pytest.approx((values.mean() - reach, values.mean() + reach), abs=0.1 * reach)
    assert Sample.of([values]).interval() == (low, high)
    assert Sample.of([np.full(9, 0.25)]).interval() == (0.25, 0.25)


def test_identical_methods_do_not_differ_and_a_constant_difference_is_certain() -> None:
    values = np.random.default_rng(4).random(100)
    a, b = Sample.of([values]), Sample.of([values + 0.125])
    assert difference(a, a) == (0.0, (0.0, 0.0), 1.0)
    assert difference(b, a).p == 0.0
    assert paired_outcomes(a, a) == (0, 0, 100)
    assert paired_outcomes(b, a) == (100, 0, 0)
    joint = Joint([a, a, b, b])
    assert joint.possibly_best.tolist() == [False, False, True, True]
    assert joint.rank_intervals == [(3, 4), (3, 4), (1, 2), (1, 2)]


def test_a_planted_gap_is_found() -> None:
    rng = np.random.default_rng(5)
    queries = rng.normal(0, 0.2, 1000)
    means = (0.50, 0.50, 0.53, 0.53, 0.40)
    joint = Joint([drawn(rng, mean, queries) for mean in means])
    assert joint.possibly_best.tolist() == [False, False, True, True, False]
    assert joint.rank_intervals == [(3, 4), (3, 4), (1, 2), (1, 2), (5, 5)]
    assert joint.against(2)[0].high < 0 < joint.against(2)[3].high


@pytest.mark.parametrize(("of_seed", "seeds", "least"), [(0.0, 1, 0.92), (0.005, 3, 0.92), (0.02, 3, 0.88)])
def test_the_best_is_among_the_possible_ones_and_all_intervals_hold_at_once(
    of_seed: float, seeds: int, least: float
) -> None:
    rng = np.random.default_rng(6)
    means = np.array([0.5, 0.5, 0.5, 0.5, 0.501, 0.49])
    kept, all_hold, ranks_hold = 0, 0, 0
    for _ in range(200):
        queries = rng.normal(0, 0.2, 300)
        samples = [drawn(rng, mean, queries, seeds=seeds, of_seed=of_seed) for mean in means]
        joint = Joint(samples, draws=500)
        kept += bool(joint.possibly_best[4])
        best = int(joint.means.argmax())
        intervals = joint.against(best)
        all_hold += all(
            interval.low <= mean - means[best] <= interval.high
            for interval, mean in zip(intervals, means, strict=True)
        )
        ranks_hold += joint.rank_intervals[4][0] == 1 and joint.rank_intervals[5][1] == 6
    assert min(kept, all_hold, ranks_hold) / 200 >= least


def test_the_critical_values_are_dunnetts_and_tukeys_where_methods_are_independent() -> None:
    rng = np.random.default_rng(7)
    independent = np.linalg.qr(rng.normal(size=(2000, 5)))[0].T
    independent -= independent.mean(axis=1, keepdims=True)
    joint = Joint([Sample.of([row]) for row in independent], draws=40_000)
    tukey = stats.studentized_range.ppf(0.95, 5, np.inf) / np.sqrt(2)
    error = np.sqrt(2 * np.var(independent[0], ddof=1) / 2000)
    reach = joint.against(0)[1].high - (joint.means[1] - joint.means[0])
    assert reach / error == pytest.approx(tukey, rel=0.02)


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_holm_keeps_the_family_wise_error() -> None:
    p = np.random.default_rng(8).random((2000, 7))
    assert np.mean([min(holm(row)) <= 0.05 for row in p]) == pytest.approx(0.05, abs=0.015)


def test_average_ranks_and_the_critical_difference_of_demsars_table() -> None:
    scores = np.array([[0.9, 0.8, 0.8], [0.7, 0.6, 0.5], [0.5, 0.4, 0.3], [0.9, 0.1, 0.2]])
    found = average_ranks(scores)
    assert found.ranks == pytest.approx([1.0, 2.375, 2.625])
    assert found.critical_difference == pytest.approx(2.343 * np.sqrt(3 * 4 / (6 * 4)), abs=1e-3)
    assert found.p == pytest.approx(stats.friedmanchisquare(*scores.T).pvalue)
    assert found.groups == ((0, 2),)
    assert average_ranks(np.tile(scores, (2, 1))).groups == ((1, 2),)
    assert average_ranks(scores[:, :2]).p is None
    assert average_ranks(np.ones((3, 4))).p is None


@pytest.mark.parametrize("wrong", [[], [np.ones(3), np.ones(4)], [np.ones(1)]])
def test_values_that_are_no_sample_are_refused(wrong: list[NDArray[np.float64]]) -> None:
    with pytest.raises(ValueError, match="queries"):
        Sample.of(wrong)


def test_methods_of_other_queries_are_refused() -> None:
    samples = [Sample.of([np.ones(3)]), Sample.of([np.ones(4)])]
    with pytest.raises(ValueError, match="queries"):
        difference(*samples)
    with pytest.raises(ValueError, match="queries"):
        Joint(samples)
    with pytest.raises(ValueError, match="two"):
        average_ranks(np.ones((1, 3)))
