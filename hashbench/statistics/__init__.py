"""How far measured values can be told apart: intervals, tests and ranks. Pure functions of arrays.

The queries are a sample of the queries that might be asked, the seeds a sample of the trainings that might be
run. A difference between methods is worth reporting if another sample of either would show it too, so both
sources of variation count: values are averaged over the seeds of a query, which gives one value a query and
keeps methods paired by query, and the variance between the means of the seeds is added to that between
queries. Averaging alone would take the luck of a few trainings for a property of the method; resampling seeds
by a bootstrap would understate their variance by a factor of (S - 1) / S, one third with three seeds. What
single queries vary by between seeds is in both parts, which errs towards wider intervals.

A method with one seed is taken to vary like those beside it that have several. Where none has, intervals and
tests are about these trainings, not about the methods: with seeds that vary by .004 and 1,000 queries,
intervals of 95 % cover the difference between the methods in 71 % of simulated cases.
"""

from hashbench.statistics.differences import Difference, difference, holm, paired_outcomes
from hashbench.statistics.joint import Joint
from hashbench.statistics.ranks import AverageRanks, average_ranks
from hashbench.statistics.sample import LEVEL, Interval, Sample

__all__ = [
    "LEVEL",
    "AverageRanks",
    "Difference",
    "Interval",
    "Joint",
    "Sample",
    "average_ranks",
    "difference",
    "holm",
    "paired_outcomes",
]
