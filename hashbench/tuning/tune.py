"""``hashbench tune`` from Python."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hashbench.arguments import execution, names, numbers
from hashbench.codes import MAX_BITS
from hashbench.errors import Argument, DataError, HashbenchError
from hashbench.experiment.choices import choose_datasets
from hashbench.experiment.executors import Execution
from hashbench.experiment.grid import check_argument, dataset_components
from hashbench.experiment.loaded import LoadedDataset, load_dataset
from hashbench.experiment.store import ResultStore
from hashbench.progress_bars import progress_bars
from hashbench.ranges import Whole
from hashbench.registry import registry
from hashbench.tuning.elsewhere import Elsewhere, leave_one_out
from hashbench.tuning.outcome import TuningResults
from hashbench.tuning.recipe_file import FILE, read_own_recipes, write_recipes
from hashbench.tuning.settings import methods_to_tune
from hashbench.tuning.study import Found, Study, Trials, Tried, optuna_or_advice, search


def tune(
    methods: str | Sequence[str],
    datasets: str | Path | Sequence[str | Path],
    bits: int | Sequence[int] = 32,
    *,
    out: str | Path,
    trials: int = 12,
    seed: int = 0,
    featurizer: str = "tfidf",
    jobs: int = 1,
    timeout: float | None = None,
    progress: bool = False,
) -> TuningResults:
    """Tune methods on validation documents, each with the same number of trials, and write recipes.

    For every method, dataset and code length the first trial is the default setting; the others are chosen by
    Optuna within the spaces of the method and of its input. Documents of the test split are never queries.
    Trials are stored in the folder, so that a call that was interrupted goes on where it stopped. With
    several datasets, the setting that the others choose for each is tried on it as well.

    Args:
        methods: names of methods.
        datasets: names of datasets, or paths of files or folders.
        bits: code lengths, 1 to 4096.
        out: folder for the trials and for the recipes, ``recipes.toml``.
        trials: settings that are tried for each method, dataset and code length.
        seed: seed of the methods and of the search.
        featurizer: what makes the vectors; its options are tuned with those of the method.
        jobs: studies at a time, in processes of their own.
        timeout: seconds that a trial may take.
        progress: show progress on standard error, if that is a terminal.

    Raises:
        HashbenchError: an argument is of the wrong type or out of range, a name is unknown, a dataset has no
            labels, Optuna is not installed, or the file of recipes cannot be read. Nothing was run then.
    """
    check_argument("trials", trials, Whole(1))
    check_argument("seed", seed, Whole(0, 2**32 - 1))
    check_argument("jobs", jobs, Whole(1))
    lengths = numbers("bits", bits)
    for length in lengths:
        check_argument("bits", length, Whole(1, MAX_BITS))
    optuna_or_advice()
    run_by = execution(1, timeout=timeout)
    tuned = methods_to_tune(names("methods", methods), featurizer, registry())
    given = [str(each) for each in ([datasets] if isinstance(datasets, str | Path) else datasets)]
    loaded = [_labelled(each, run_by) for each in dict.fromkeys(given)]
    store = ResultStore(Path(out).expanduser())
    store.check_writable()
    path = store.root / FILE
    read_own_recipes(path, registry())
    store.prepare()
    studies = [
        Study(each, asked, dataset, length)
        for each in tuned
        for length in (lengths if each.takes_bits else (None,))
        for asked, dataset in zip(dict.fromkeys(given), loaded, strict=True)
    ]
    with progress_bars(progress) as bars:
        task = bars.add_task("Trials", total=len(studies) * (trials + len(loaded) - 1))
        runs = Trials(
            store, seed, run_by, lambda record: bars.update(task, advance=1, description=f"{record.trial}")
        )
        found = []
        for each in _searched(studies, runs, trials, seed, jobs):
            found.append(each)
            bars.update(task, completed=len(found) * trials)
        elsewhere = _left_out(found, runs) if len(loaded) > 1 else []
    results = TuningResults(tuple(found), tuple(elsewhere), trials, path)
    write_recipes(path, results.cases(), registry())
    return results


def _labelled(given: str, run_by: Execution) -> LoadedDataset:
    """Load a dataset whose documents have labels, by which settings are compared."""
    (choice,) = choose_datasets((), dataset_components([given], registry()))
    try:
        return load_dataset(choice, isolate=run_by.isolate, limits=run_by.limits)
    except DataError as error:
        why = f": {error}; tune compares settings by the labels of validation documents"
        raise HashbenchError(Argument("datasets", given), why) from None


def _searched(studies: Sequence[Study], runs: Trials, budget: int, seed: int, jobs: int) -> Iterator[Found]:
    """Yield what each study finds, in their order."""
    if jobs == 1:
        yield from (search(study, runs, budget, seed) for study in studies)
        return
    from joblib import Parallel, delayed

    alone = Trials(runs.store, runs.seed, runs.execution)
    parallel: Any = Parallel(n_jobs=jobs, backend="loky", return_as="generator")
    tried = parallel(delayed(_tried)(study, alone, budget, seed) for study in studies)
    yield from (Found(study, each) for study, each in zip(studies, tried, strict=True))


def _tried(study: Study, runs: Trials, budget: int, seed: int) -> tuple[Tried, ...]:
    """Return the trials of a study alone: its corpus need not come back from another process."""
    return search(study, runs, budget, seed).tried


def _left_out(found: Sequence[Found], runs: Trials) -> list[Elsewhere]:
    by_method: defaultdict[tuple[str, int | None], list[Found]] = defaultdict(list)
    for each in found:
        by_method[each.study.tuned.name, each.study.bits].append(each)
    return [chosen for group in by_method.values() for chosen in leave_one_out(group, runs)]
