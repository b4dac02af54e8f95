"""What a setting that was found on other corpora gives on one: leave one corpus out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from hashbench.tuning.study import Found, Study, Trials, Tried, cpu_seconds


@dataclass(frozen=True, eq=False)
class Elsewhere:
    """The setting that the other corpora choose for one, and what it gives there.

    Attributes:
        study: the method on the corpus that was left out.
        source: the corpus whose best setting it is.
        corpora: all the corpora that chose it.
        tried: the setting and its trial on the corpus that was left out.
        cpu_seconds: CPU seconds of fit of all trials that chose it; None where one does not tell.
    """

    study: Study
    source: str
    corpora: tuple[str, ...]
    tried: Tried
    cpu_seconds: float | None


def leave_one_out(found: Sequence[Found], trials: Trials) -> list[Elsewhere]:
    """Return what the other corpora choose for each, of one method at one code length.

    The best setting of each corpus is tried on all others. For the corpus that is left out, the others choose
    among their own best settings the one whose score is highest in the mean over them, each score divided by
    that of the default on the same corpus. No document of the corpus that is left out takes part in it.

    Args:
        found: the studies, one a corpus.
        trials: runs a setting.
    """
    best = {each.study.dataset_name: each.best for each in found if each.best is not None}
    by_name = {each.study.dataset_name: each for each in found}
    crossed = {
        (source, target): tried if source == target else trials.run(by_name[target].study, tried.setting)
        for source, tried in best.items()
        for target in by_name
    }
    chosen = []
    for name, left_out in by_name.items():
        others = [each for each in by_name if each != name]
        candidates = [each for each in others if each in best]
        if not candidates:
            continue
        gains = {each: _mean_gain(each, others, crossed, by_name) for each in candidates}
        source = max(candidates, key=lambda each: gains[each])
        records = [
            *(each.record for other in others for each in by_name[other].tried),
            *(crossed[one, other].record for one in candidates for other in others),
        ]
        chosen.append(
            Elsewhere(left_out.study, source, tuple(others), crossed[source, name], cpu_seconds(records))
        )
    return chosen


def _mean_gain(
    source: str,
    corpora: Sequence[str],
    crossed: Mapping[tuple[str, str], Tried],
    by_name: Mapping[str, Found],
) -> float:
    """Return the mean over corpora of the score of a setting, divided by that of the default."""
    return fmean(_gain(crossed[source, each], by_name[each].default) for each in corpora)


def _gain(tried: Tried, default: Tried) -> float:
    if tried.score is None:
        return 0.0
    return tried.score / default.score if default.score else 1.0
