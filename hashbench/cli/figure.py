"""``hashbench figure``: figures of stored results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from hashbench.cli.completion import complete_keys, complete_names
from hashbench.cli.figure_files import (
    best_rows,
    bits_option,
    board_options,
    check_files,
    methods_option,
    output_options,
    path_of,
    store_and_board,
    store_board_and_rows,
    warn_of_missing,
    write_figure,
)
from hashbench.cli.options import NumberList, data_home_option, joined, loaded_registry
from hashbench.cli.rank_figure import ranks
from hashbench.errors import HashbenchError
from hashbench.progress_bars import progress_bars

if TYPE_CHECKING:
    from hashbench.experiment.record import TrialRecord
    from hashbench.experiment.store import ResultStore, StoredCodes
    from hashbench.reporting.rows import Row


@click.group()
def figure() -> None:
    """Draw figures of stored results.

    Every figure is written as SVG, PNG or PDF by the suffix of its file.
    """


figure.add_command(ranks)


@figure.command()
@board_options
@methods_option("  [default: the best eight and the references; '*' draws all]")
@bits_option
@click.option(
    "--metric",
    type=click.Choice(["p@n", "coarse-p@n"]),
    default="p@n",
    show_default=True,
    help="Precision by fine or by coarse labels.",
)
@click.option(
    "--at",
    type=NumberList(1, 10**9),
    multiple=True,
    callback=joined,
    help="The Ns; those that a record lacks are computed from its codes.  [default: those of the records]",
)
@data_home_option
@output_options
def curve(**options: Any) -> None:
    """P@N over N, of all methods at one code length.

    Lines are means over seeds, bands one standard deviation; the line `chance` is a random ranking.

    \b
    Example:
      hashbench figure curve --bits 64 --out curve.svg
    """
    from hashbench.reporting.figures.drawing import precision_curve
    from hashbench.reporting.figures.lines import chance_of, lines_over_n
    from hashbench.reporting.record_selection import choose_bits

    check_files(options["files"])
    store, board, rows = store_board_and_rows(options)
    bits = choose_bits(board, options["bits"])
    if not options["methods"]:
        rows = best_rows(rows, f"{options['metric'].removesuffix('n')}100", (bits, None))
    if options["at"]:
        rows = _rescored(rows, bits, store, options)
    prefix = options["metric"].removesuffix("n")
    lines = lines_over_n(rows, bits, prefix, options["at"])
    if not lines:
        raise HashbenchError(
            f"no record {board.where} has {options['metric']} at {bits} bits; `hashbench leaderboard` shows "
            "what there is"
        )
    warn_of_missing(rows, [line.label for line in lines], f"{options['metric']} at {bits} bits")
    for line in lines:
        if missing := sorted(set(options["at"]) - set(line.x)):
            listed = ", ".join(map(str, missing))
            click.echo(f"Warning: {line.label} has no codes to compute N = {listed} from", err=True)
    level = prefix.removesuffix("@")
    chance = chance_of(rows, level)
    title = _title(options, f"{bits} bits {board.where}")
    write_figure(precision_curve(lines, options["metric"], chance, title), options["files"])


@figure.command()
@board_options
@methods_option("  [default: the best eight and the references; '*' draws all]")
@click.option("--metric", default="p@100", show_default=True, help="A metric that the records hold.")
@output_options
def bits(**options: Any) -> None:
    """A metric over code lengths, one line a method.

    Lines are means over seeds, bands one standard deviation. References are dark lines without markers.

    \b
    Example:
      hashbench figure bits --dataset reuters --out bits.svg --out bits.png
    """
    from hashbench.reporting.figures.drawing import metric_over_bits
    from hashbench.reporting.figures.lines import check_metric, lines_over_bits

    check_files(options["files"])
    _, board, rows = store_board_and_rows(options)
    check_metric(rows, options["metric"])
    if not options["methods"]:
        rows = best_rows(rows, options["metric"], board.bits)
    lines = lines_over_bits(rows, options["metric"])
    if not lines:
        raise HashbenchError(
            "the methods that are chosen have no code lengths; add one that has to --methods"
        )
    warn_of_missing(rows, [line.label for line in lines], options["metric"])
    title = _title(options, board.where.removeprefix("on "))
    write_figure(metric_over_bits(lines, options["metric"], title), options["files"])


@figure.command()
@board_options
@click.option(
    "--method",
    required=True,
    metavar="NAME",
    shell_complete=complete_names,
    help="Method whose parameter varies.",
)
@click.option("--parameter", required=True, metavar="NAME", help="Parameter that varies.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="PARAMETER=VALUE",
    help="Value of another parameter that is not at its default; may be repeated.",
)
@click.option("--metric", default="p@100", show_default=True, help="A metric that the records hold.")
@output_options
def sweep(**options: Any) -> None:
    """A metric over the values of one parameter, one line a code length.

    Draws the records of a method whose other parameters are at their defaults, or as --set says. The values
    are equally spaced. Lines are means over seeds, bands one standard deviation.

    \b
    Example:
      hashbench run --methods itq --set itq.n_iter=5
      hashbench run --methods itq --set itq.n_iter=20
      hashbench figure sweep --method itq --parameter n_iter --out n_iter.svg
    """
    from hashbench.reporting.figures.drawing import parameter_sweep
    from hashbench.reporting.figures.lines import sweep_lines

    check_files(options["files"])
    _, board = store_and_board(options)
    method, parameter = options["method"], options["parameter"]
    found = sweep_lines(board, method, parameter, _settings(method, options["settings"]), options["metric"])
    if found.left_out:
        click.echo(
            f"Warning: left out {found.left_out} records of {method} by older code or other threads", err=True
        )
    title = _title(options, f"{method} {board.where}")
    write_figure(parameter_sweep(found, parameter, options["metric"], title), options["files"])


@figure.command()
@click.argument("keys", nargs=-1, metavar="[KEY...]", shell_complete=complete_keys)
@board_options
@methods_option()
@bits_option
@click.option(
    "--labels",
    type=click.Choice(["coarse", "fine"]),
    help="Labels that give the colour.  [default: coarse, where there are some]",
)
@click.option(
    "--points", type=click.IntRange(10), default=2000, show_default=True, help="Training documents to draw."
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    default=0,
    show_default=True,
    help="Seed of sample and t-SNE.",
)
@data_home_option
@output_options
def tsne(keys: tuple[str, ...], **options: Any) -> None:
    """t-SNE of the training codes of one or several trials.

    The trials are named by KEY, which may be shortened, or by --methods, each with its first seed. Codes are
    vectors of 0 and 1; the perplexity is 100, or less for fewer than 301 points. The twelve most frequent
    classes have a colour; a document of several labels has that of the most frequent.

    \b
    Example:
      hashbench figure tsne --methods lsh,itq --bits 64 --out tsne.png
    """
    from hashbench.experiment.stored import open_corpus, stored_codes
    from hashbench.reporting.figures.map import classes_of, code_map, sample_rows

    check_files(options["files"])
    if bool(keys) == bool(options["methods"]):
        raise click.UsageError("name trials either by KEY or by --methods")
    store, records = _mapped_trials(keys, options)
    codes = [_binary_codes(record, stored_codes(record, store)) for record in records]
    with progress_bars(True):
        corpus = open_corpus(records[0], loaded_registry(), path_of(options["dataset"]))
        level = options["labels"] or ("fine" if corpus.coarse is None else "coarse")
        rows = sample_rows([stored.rows["train"] for stored in codes], options["points"], options["seed"])
        classes = classes_of(corpus, rows, level)
        panels = _panels(records, codes, rows, options["seed"])
    title = _title(options, f"t-SNE of codes of {len(rows):,} documents of {records[0].trial.dataset}")
    write_figure(code_map(panels, classes, f"{level} labels", title), options["files"])


def _binary_codes(record: TrialRecord, stored: StoredCodes) -> StoredCodes:
    """Return what is stored of a trial with binary codes; raise a HashbenchError for another one."""
    if record.kind != "bits" or record.trial.bits is None:
        raise HashbenchError(
            f"trial {record.key[:8]} ({record.trial}) ranks by {record.ranked_by} and has no binary codes to "
            "map; name a method with binary codes"
        )
    return stored


def _mapped_trials(
    keys: Sequence[str], options: Mapping[str, Any]
) -> tuple[ResultStore, Sequence[TrialRecord]]:
    from hashbench.experiment.store import ResultStore
    from hashbench.reporting.record_selection import choose_bits

    if keys:
        store = ResultStore(options["results"])
        records = [store.find_prefix(key) for key in dict.fromkeys(keys)]
        if len({(record.task.documents, record.task.labels) for record in records}) > 1:
            raise HashbenchError("the trials are of several corpora; name trials of one")
        return store, records
    store, board, rows = store_board_and_rows(options)
    bits = choose_bits(board, options["bits"])
    records = [row.successes(bits)[0] for row in rows if row.successes(bits)]
    warn_of_missing(rows, [row.label for row in rows if row.successes(bits)], f"codes of {bits} bits")
    if not records:
        raise HashbenchError(f"none of the methods has codes of {bits} bits; name others with --methods")
    return store, records


def _panels(records: Sequence[TrialRecord], codes: Sequence[Any], rows: Any, seed: int) -> list[Any]:
    import numpy as np

    from hashbench.experiment.environment import limited_threads
    from hashbench.progress import track
    from hashbench.reporting.board import boards
    from hashbench.reporting.figures.map import Panel, tsne

    panels = []
    with limited_threads(1):
        for record, stored in track(list(zip(records, codes, strict=True)), "t-SNE"):
            chosen = np.searchsorted(stored.rows["train"], rows)
            title = f"{boards([record])[0].rows[0].label}, {record.trial.bits} bits"
            panels.append(Panel(title, tsne(stored.codes["train"][chosen], seed)))
    return panels


def _rescored(rows: Iterable[Row], bits: int, store: ResultStore, options: Mapping[str, Any]) -> list[Row]:
    """Return the rows with scores at the Ns of --at, at one code length; those without codes as they are."""
    from hashbench.experiment.stored import holds, open_corpus, rescored
    from hashbench.progress import track
    from hashbench.reporting.rows import Row

    rows, at = list(rows), options["at"]
    waiting = [record for row in rows for record in row.successes(bits) if not holds(record, at)]
    if not waiting:
        return rows
    if max(at) > waiting[0].counts["database"]:
        raise HashbenchError(f"--at {max(at)}: the database has {waiting[0].counts['database']} documents")
    with progress_bars(True):
        corpus = open_corpus(waiting[0], loaded_registry(), path_of(options["dataset"]))
        done = {record.key: rescored(record, store, corpus, at) for record in track(waiting, "Scoring")}
    return [
        Row(
            row.label,
            {length: [done.get(r.key, r) for r in records] for length, records in row.records.items()},
        )
        for row in rows
    ]


def _settings(method: str, settings: Iterable[str]) -> dict[str, Any]:
    from hashbench.parameters import Assignment

    assignments = [Assignment.parse(f"{method}.{text.removeprefix(f'{method}.')}") for text in settings]
    return {assignment.parameter: assignment.value for assignment in assignments}


def _title(options: Mapping[str, Any], default: str) -> str:
    return default if options["title"] is None else options["title"]
