"""hashbench from Python: components by name, runs, stored results, and codes that were made elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from hashbench.data.user_files import dataset_component
from hashbench.errors import Argument, HashbenchError
from hashbench.parameters import full_parameters, signature_parameters
from hashbench.registry import registry

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from hashbench.data.corpus import Corpus
    from hashbench.data.split import Split
    from hashbench.experiment.record import LabelsUsed, TrialRecord
    from hashbench.experiment.runner import Outcome, Overwrite, Plan
    from hashbench.experiment.store import ResultStore, UnreadableRecord
    from hashbench.features.features import Features
    from hashbench.results import Results
    from hashbench.specs import FeaturizerSpec

Parameters = Mapping[str, Mapping[str, Any]]
"""Parameters of components, by name of the component and of the parameter."""


def load_dataset(name: str, **options: Any) -> Corpus:
    """Load the corpus of a registered dataset, or of a file or folder.

    Args:
        name: as ``hashbench list datasets`` shows it, or a path.
        options: options of the dataset.

    Raises:
        HashbenchError: the name or an option is unknown, or the corpus cannot be loaded.
    """
    component = dataset_component(name, registry())
    corpus: Corpus = component.spec.load()(**full_parameters(component, options))
    return corpus


def load_features(
    corpus: Corpus,
    featurizer: str = "tfidf",
    *,
    split: Split | None = None,
    inputs: Sequence[str] = (),
    **params: Any,
) -> Features:
    """Compute the vectors of a corpus, or open them from the cache where they were computed before.

    Args:
        corpus: the documents.
        featurizer: as ``hashbench list featurizers`` shows it.
        split: the split; by default that of ``make_split``.
        inputs: names of what a method asks for beside the vectors, see ``hashbench.features.extra_inputs``.
        params: parameters of the featurizer.

    Raises:
        HashbenchError: the name, a parameter or an input is unknown, or the featurizer does not read this
            corpus.
        DataError: all training, validation or test documents have vectors of zeros, or the cached files are
            damaged.
    """
    from hashbench.data.split import make_split
    from hashbench.features.build import load_or_build_features

    component = registry().get("featurizer", featurizer)
    return load_or_build_features(
        corpus,
        split or make_split(corpus),
        cast("FeaturizerSpec", component.spec),
        full_parameters(component, params),
        distribution=component.plugin.distribution,
        inputs=inputs,
    )


def make_hasher(name: str, n_bits: int | None = None, random_state: int | None = None, **params: Any) -> Any:
    """Construct a registered hashing method, a scikit-learn transformer from vectors to codes.

    Args:
        name: as ``hashbench list methods`` shows it.
        n_bits: length of the codes; the method's default where it is None.
        random_state: seed; None draws a different one each time.
        params: other parameters of the method.

    Raises:
        HashbenchError: the name or a parameter is unknown, or a value is of the wrong type.
    """
    component = registry().get("method", name)
    given = {"n_bits": n_bits, "random_state": random_state}
    taken = signature_parameters(component)
    reserved = {key: value for key, value in given.items() if value is not None and key in taken}
    return component.spec.load()(**full_parameters(component, params), **reserved)


def run(
    methods: str | Sequence[str] = ("random", "lsh", "itq", "nash", "cosine"),
    datasets: str | Path | Corpus | Sequence[str | Path | Corpus] = "docstrings",
    featurizers: str | Sequence[str] = "tfidf",
    bits: int | Sequence[int] = (16, 32, 64, 128),
    seeds: int | Sequence[int] | None = None,
    params: Parameters | None = None,
    *,
    out: str | Path | None = None,
    jobs: int | None = None,
    at: int | Sequence[int] | None = None,
    metrics: str | Sequence[str] = "diagnostics",
    queries: Literal["test", "validation"] = "test",
    search: str = "symmetric",
    threads: int = 1,
    device: str | None = None,
    recipes: str | Path | Sequence[str | Path] = (),
    validation_labels: bool = True,
    overwrite: Overwrite = "missing",
    retry_failed: bool = False,
    keep_same_version: bool = False,
    isolate: bool = False,
    timeout: float | None = None,
    memory_limit: float | None = None,
    executor: Literal["local", "dask"] = "local",
    scheduler: str | None = None,
    shard: tuple[int, int] | None = None,
    measure_cost: bool = False,
    progress: bool = False,
    dry_run: bool = False,
    on_plan: Callable[[Plan], None] | None = None,
    on_outcome: Callable[[Outcome], None] | None = None,
) -> Results:
    """Run a grid of methods x datasets x featurizers x bits x seeds, as ``hashbench run`` does.

    Every trial is stored as it ends, and what is stored already is reused: a call that was interrupted goes
    on where it stopped. A method that raises is a record that says so, see ``Results.failures``. Nothing is
    printed.

    Args:
        methods: names of methods, ``method`` or ``method@recipe``; ``*`` matches any letters.
        datasets: names of datasets, paths of files or folders, or corpora.
        featurizers: names of featurizers.
        bits: code lengths, 1 to 4096.
        seeds: how many seeds from 0 on, or the seeds; None takes three, and for ``nash`` one where the
            methods are the default ones.
        params: parameters that differ from their defaults, by the name of a selected method, dataset or
            featurizer: ``{"itq": {"n_iter": 30}, "sth@published": {"k": 9}, "tfidf": {"min_df": 2}}``.
        out: folder for records, codes and leaderboards. None keeps records and codes in the cache of
            hashbench, ``results`` in ``$HASHBENCH_CACHE``, and writes no leaderboards.
        jobs: trials at a time, in processes of their own; 1 runs them in this process, None takes as many as
            there are cores.
        at: the Ns of P@N; None takes 100 and those of 1, 10, 50, 200, 300, ... 1000 up to the database.
        metrics: names of metrics beside P@N.
        queries: the split whose documents are the queries.
        search: how codes are searched. "symmetric": by Hamming distance, quantisers by their asymmetric
            distance. "asymmetric": by the real values of the query against the bits of the documents.
            "rescored:R", such as "rescored:4": for P@N the R x N nearest documents by symmetric search, and
            of them the N of largest cosine between the features. Rankers search in their own way in each.
        threads: threads that fit and transform may use.
        device: where featurizers and methods compute that can choose, such as "cuda".
        recipes: TOML files with recipes of one's own.
        validation_labels: whether methods that select a model on validation labels are given them.
        overwrite: "missing" runs the trials without a readable record; "always" runs all of them again;
            "never" runs those without a file and leaves every file as it is.
        retry_failed: run the trials again whose record says failed.
        keep_same_version: reuse records of the declared version though other code made them.
        isolate: run every trial and every featurizer in a process of its own. Those with a component from
            outside hashbench always run so, as do all with a limit.
        timeout: seconds that a trial or a featurizer may take.
        memory_limit: MiB of resident memory that the processes of a trial or a featurizer may hold.
        executor: "local" runs trials on this machine, "dask" on the workers of a Dask cluster, which share
            the folder of results with this machine.
        scheduler: address of the scheduler of the cluster, such as "tcp://10.0.0.1:8786".
        shard: (i, n) runs only the i-th of n parts of the grid, counted from 1. A trial belongs to the same
            part whatever is stored and whatever else is in the grid.
        measure_cost: run each trial by itself, on one thread in a process of its own, and measure its search
            as well; a trial whose cost was not measured so runs again.
        progress: show progress on standard error, if that is a terminal.
        dry_run: run and write nothing; the results are the records of the grid that are stored.
        on_plan: is called with the plan before anything is run.
        on_outcome: is called with the outcome of each trial as it is known.

    Returns:
        The records of the grid, run now or before.

    Raises:
        HashbenchError: an argument is of the wrong type or out of range, a name or a parameter is unknown, or
            a dataset cannot be loaded. Nothing was run then.
    """
    from hashbench.arguments import assignments, datasets_of, execution, names, numbers, recipes_of, seeds_of
    from hashbench.experiment.cost import check_measurable
    from hashbench.experiment.grid import GridRequest, select
    from hashbench.experiment.runner import Plan, RunOptions, Shard, plan_groups
    from hashbench.progress_bars import progress_bars
    from hashbench.results import Results

    request = GridRequest(
        methods=names("methods", methods),
        datasets=datasets_of("datasets", datasets),
        featurizers=names("featurizers", featurizers),
        bits=numbers("bits", bits),
        seeds=None if seeds is None else seeds_of(seeds),
        assignments=assignments(params),
        at=None if at is None else numbers("at", at),
        metrics=names("metrics", metrics),
        queries=queries,
        search=search,
        threads=threads,
        device=device,
        validation_labels=validation_labels,
        own_recipes=recipes_of(recipes, registry()),
    )
    if measure_cost:
        check_measurable(request)
    options = RunOptions(
        execution=execution(
            1 if measure_cost and jobs is None else jobs,
            isolate=isolate or measure_cost,
            timeout=timeout,
            memory_limit=memory_limit,
            executor=executor,
            scheduler=scheduler,
        ),
        shard=None if shard is None else Shard(*shard),
        overwrite=overwrite,
        retry_failed=retry_failed,
        keep_same_version=keep_same_version,
        measure_cost=measure_cost,
    )
    selection = select(request, registry())
    store = _store(out)
    store.check_writable()
    with progress_bars(progress):
        groups, failures = plan_groups(selection, store, options)
    plan = Plan(selection, groups, store, options, failures)
    if not dry_run:
        store.prepare()
    if on_plan is not None:
        on_plan(plan)
    if dry_run:
        return Results.of((record for group in plan.groups for _, record in group.stored), store.root)
    records = []
    with progress_bars(progress) as bars:
        task = bars.add_task("Trials", total=plan.n_todo + plan.n_stored)
        for outcome in plan.outcomes():
            records.append(outcome.record)
            bars.update(task, advance=1, description=f"Trials, last {outcome.record.trial}")
            if on_outcome is not None:
                on_outcome(outcome)
        bars.update(task, description="Trials")
    return Results.of(records, store.root, _write_leaderboards(store) if out is not None else ())


def load_results(folder: str | Path | None = None) -> Results:
    """Return all results of a folder.

    Args:
        folder: what ``run`` was given as ``out``; None is the folder in the cache that it takes without.

    Raises:
        HashbenchError: there are no records. A single record that cannot be read is in ``unreadable``.
    """
    from hashbench.results import Results

    store = _store(folder)
    records, unreadable = store.records()
    if not records and not unreadable:
        why = f": there are no records; name the folder that `hashbench run --out` or {__name__}.run wrote"
        raise HashbenchError(Argument("folder", str(store.root)), why)
    return Results.of(records, store.root, unreadable)


def score(
    codes: str | Path | Mapping[str, ArrayLike],
    dataset: str | Path | Corpus,
    *,
    name: str,
    labels: LabelsUsed,
    bits: int | None = None,
    featurizer: str | None = None,
    board: str = "tfidf",
    seed: int | None = None,
    params: Parameters | None = None,
    at: int | Sequence[int] | None = None,
    metrics: str | Sequence[str] = "diagnostics",
    queries: Literal["test", "validation"] = "test",
    out: str | Path | None = None,
) -> TrialRecord:
    """Score codes that were made elsewhere, as ``hashbench score`` does, and store codes and record.

    The record is of the recipe "external" of a method of that name. Leaderboards show it beside the methods
    of a board, as "NAME (external)".

    Args:
        codes: arrays "train", "test" and, where there are some, "validation", by name, in a ``.npz`` or
            ``.mat`` file, or as ``.npy`` files in a folder, which are read in blocks: one row a document, in
            the order of the rows of ``make_split(corpus)`` or, with ``featurizer``, of
            ``load_features(corpus, featurizer).split``, which leaves out documents without a feature. Either
            0 and 1 in an array of any numeric dtype and shape (n, bits), or 8 bits an octet in uint8 of shape
            (n, bits / 8) with ``bits`` given. Of a product quantiser instead: indices of centroids in
            "train", shape (n, n_books), and lookup tables of the queries in "test_tables" or
            "validation_tables", floats of shape (n_queries, n_books, n_centroids), which are summed up to
            asymmetric distances.
        dataset: name of a dataset, path of a file or folder, or a corpus.
        name: what the leaderboards call it: lower-case letters and digits, in groups joined by hyphens.
        labels: which labels whoever made the codes used: "none", "training", "validation" or "training and
            validation".
        bits: length of a code; None takes the number of columns.
        featurizer: the featurizer of hashbench whose vectors the codes were made from; None for input of
            their own, which leaderboards show as "external".
        board: for codes with input of their own, the featurizer on whose board they stand.
        seed: the seed they were made with, where several are scored.
        params: parameters of the dataset and the featurizer, by name.
        at: as in ``run``, with ``metrics``, ``queries`` and ``out``.

    Raises:
        HashbenchError: an argument is of the wrong type or out of range, a name is unknown, the file cannot
            be read, or an array has another shape or other values than described. Nothing was stored then.
    """
    from hashbench.arguments import assignments, datasets_of, names, numbers
    from hashbench.experiment.code_arrays import read_arrays
    from hashbench.experiment.external import ExternalCodes, score_external
    from hashbench.experiment.grid import GridRequest

    request = GridRequest(
        datasets=datasets_of("dataset", [dataset]),
        featurizers=names("board", [board]) if featurizer is None else names("featurizer", [featurizer]),
        assignments=assignments(params),
        at=None if at is None else numbers("at", at),
        metrics=names("metrics", metrics),
        queries=queries,
    )
    arrays = codes if isinstance(codes, Mapping) else read_arrays(Path(codes))
    given = ExternalCodes(arrays, name, labels, bits, seed, own_input=featurizer is None)
    store = _store(out)
    store.check_writable()
    record = score_external(given, request, registry(), store)
    if out is not None:
        _write_leaderboards(store)
    return record


def _store(folder: str | Path | None) -> ResultStore:
    """Return the store of a folder, or that in the cache."""
    from hashbench.data.home import cache_home
    from hashbench.experiment.store import ResultStore

    return ResultStore(cache_home() / "results" if folder is None else Path(folder).expanduser())


def _write_leaderboards(store: ResultStore) -> list[UnreadableRecord]:
    from hashbench.reporting.catalogue import Catalogue
    from hashbench.reporting.leaderboard_files import write_leaderboards

    return write_leaderboards(store, store.leaderboards_folder, Catalogue(registry()))[1]
