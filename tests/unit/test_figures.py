"""Figures: what is drawn, from made-up records and arrays."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.sparse import csr_array

from hashbench.codes import Codes
from hashbench.data.corpus import Corpus
from hashbench.errors import HashbenchError, UnknownNameError
from hashbench.experiment.record import Score, TrialRecord
from hashbench.reporting.board import Board, boards
from hashbench.reporting.figures.drawing import BAND, metric_over_bits, parameter_sweep, precision_curve
from hashbench.reporting.figures.lines import (
    Line,
    check_metric,
    lines_over_bits,
    lines_over_n,
    sweep_lines,
)
from hashbench.reporting.figures.map import OTHER, Classes, Panel, classes_of, code_map, sample_rows, tsne
from hashbench.reporting.figures.style import (
    COLUMN_WIDTH,
    MARKERS,
    OTHER_COLOUR,
    PALETTE,
    REFERENCE_COLOUR,
    SUFFIXES,
    figure_bytes,
    line_style,
)
from hashbench.reporting.record_selection import choose_bits, choose_board, choose_rows
from tests.unit.records import TASK, make_record


def with_curve(record: TrialRecord, **values: float) -> TrialRecord:
    """Return a record with P@N for each ``p10=0.5``, and half of it as coarse P@N."""
    scores = {f"p@{name[1:]}": Score(value, value, value) for name, value in values.items()}
    coarse = {f"coarse-{name}": Score(s.expected / 2, 0.0, 1.0) for name, s in scores.items()}
    return replace(record, scores={**scores, **coarse})


def board_of(*records: TrialRecord) -> Board:
    (board,) = boards(records)
    return board


def legend_of(figure: Figure) -> list[str]:
    (legend,) = figure.legends
    return [text.get_text() for text in legend.get_texts()]


def drawn(axes: Axes) -> dict[str, tuple[list[float], list[float]]]:
    """Return the points of each line by its label."""
    return {
        str(line.get_label()): (list(map(float, line.get_xdata())), list(map(float, line.get_ydata())))  # type: ignore[arg-type]
        for line in axes.lines
    }


CURVES = board_of(
    with_curve(make_record("itq", 16, 0), p10=0.6, p100=0.4, p200=0.2),
    with_curve(make_record("itq", 16, 1), p10=0.8, p100=0.4),
    with_curve(make_record("itq", 32, 0), p10=0.9, p100=0.9),
    with_curve(make_record("lsh", 16, 0), p10=0.3, p100=0.1),
    with_curve(make_record("cosine", None, None, reference=True), p10=0.7, p100=0.5),
    make_record("broken", 16, 0, value=None),
)


def test_a_curve_is_the_mean_over_seeds_at_the_ns_that_all_of_them_hold() -> None:
    lines = {line.label: line for line in lines_over_n(CURVES.rows, 16, "p@")}
    assert set(lines) == {"itq", "lsh", "cosine"}
    assert lines["itq"].x == (10, 100)
    assert lines["itq"].mean == pytest.approx((0.7, 0.4))
    assert lines["itq"].deviation == pytest.approx((0.2 / 2**0.5, 0.0))
    assert lines["lsh"].deviation == (0.0, 0.0)
    assert [line.reference for line in lines.values()] == [line == "cosine" for line in lines]
    (at_32,) = (line for line in lines_over_n(CURVES.rows, 32, "coarse-p@", at=[100]) if line.label == "itq")
    assert (at_32.x, at_32.mean) == ((100,), (0.45,))


def test_a_curve_is_drawn_with_its_band_and_the_chance_line() -> None:
    lines = lines_over_n(CURVES.rows, 16, "p@")
    figure = precision_curve(lines, "p@n", 0.05, "Toy")
    (axes,) = figure.axes
    points = drawn(axes)
    assert points["itq"] == ([10, 100], pytest.approx([0.7, 0.4]))
    assert points["cosine"] == ([10, 100], [0.7, 0.5])
    assert points["chance"][1] == [0.05, 0.05]
    band = axes.collections[0].get_paths()[0].vertices
    at_10 = sorted({round(float(y), 6) for x, y in band if x == 10})
    assert at_10[0] == pytest.approx(0.7 - 0.2 / 2**0.5, abs=1e-6)
    assert at_10[-1] == pytest.approx(0.7 + 0.2 / 2**0.5, abs=1e-6)
    assert sorted(legend_of(figure)) == sorted(["itq", "lsh", "cosine", "chance", BAND])
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("N, number of retrieved documents", "P@N")
    assert axes.get_title() == "Toy"
    assert figure.get_figwidth() == COLUMN_WIDTH


@pytest.mark.parametrize(("ns", "scale"), [((1, 1000), "log"), ((50, 1000), "linear")])
def test_the_axis_of_n_is_logarithmic_over_two_decades(ns: tuple[int, int], scale: str) -> None:
    figure = precision_curve([Line("itq", ns, (0.9, 0.1), (0.0, 0.0))], "coarse-p@n", 0.05)
    (axes,) = figure.axes
    assert axes.get_xscale() == scale
    assert axes.get_ylabel() == "coarse P@N"
    assert legend_of(figure) == ["itq", "chance"]


BITS = board_of(
    make_record("itq", 16, 0, 0.3),
    make_record("itq", 16, 1, 0.5),
    make_record("itq", 64, 0, 0.6, metrics={"diagnostics": {"distinct-codes": 12.0}}),
    make_record("random", 16, 0, 0.1, reference=True),
    make_record("random", 64, 0, 0.1, reference=True),
    make_record("cosine", None, None, 0.7, reference=True),
)


def test_lines_over_bits_and_references_in_styles_of_their_own() -> None:
    figure = metric_over_bits(lines_over_bits(BITS.rows, "p@100"), "p@100")
    (axes,) = figure.axes
    assert drawn(axes) == {
        "itq": ([16, 64], pytest.approx([0.4, 0.6])),
        "random": ([16, 64], [0.1, 0.1]),
        "cosine": ([16, 64], [0.7, 0.7]),
    }
    assert [text.get_text() for text in axes.get_xticklabels()] == ["16", "64"]
    styles = {line.get_label(): (line.get_color(), line.get_marker()) for line in axes.lines}
    assert styles["random"] == styles["cosine"] == (REFERENCE_COLOUR, "None")
    assert styles["itq"] == (PALETTE[0], MARKERS[0])
    dashes = {line.get_label(): line._unscaled_dash_pattern for line in axes.lines}  # type: ignore[attr-defined]
    assert dashes["random"] != dashes["cosine"]
    assert -0.02 <= axes.get_ylim()[0] < 0.1 < 0.7 < axes.get_ylim()[1] <= 1.02


def test_other_metrics_of_the_records_are_drawn_where_they_are() -> None:
    (line,) = lines_over_bits(BITS.rows, "distinct-codes")
    assert (line.label, line.x, line.mean) == ("itq", (64,), (12.0,))
    check_metric(BITS.rows, "distinct-codes")
    with pytest.raises(UnknownNameError, match=r"p@7.*stored: p@100, distinct-codes"):
        check_metric(BITS.rows, "p@7")


def test_styles_of_many_lines_differ_and_follow_the_alphabet() -> None:
    assert len({str(line_style(index)) for index in range(42)}) == 42
    assert len({line_style(index)["color"] for index in range(6)}) == 6
    colours = []
    for names in (("a", "b", "c"), ("c", "a", "b")):
        figure = metric_over_bits([Line(name, (16.0,), (0.5,), (0.0,)) for name in names], "p@100")
        colours.append({line.get_label(): line.get_color() for line in figure.axes[0].lines})
    assert colours[0] == colours[1]
    assert len(set(colours[0].values())) == 3


def test_long_names_are_broken_and_stay_inside_the_figure() -> None:
    name = "itq (" + ", ".join(f"parameter{number}=0.12345" for number in range(9)) + ")"
    figure = metric_over_bits([Line(name, (16.0,), (0.5,), (0.0,))], "p@100", name)
    FigureCanvasAgg(figure).draw()
    assert legend_of(figure)[0].split() == name.split()
    for artist in (figure.legends[0], figure.axes[0].title):
        box = artist.get_window_extent()
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.x1
        assert box.y1 <= figure.bbox.y1


def swept(value: Any, bits: int, seed: int, score: float, **others: Any) -> TrialRecord:
    """Return a record of itq with n_iter, and others, set; None leaves n_iter at its default of 50."""
    overrides = {**({} if value is None else {"n_iter": value}), **others}
    record = make_record("itq", bits, seed, score, overrides={"method": overrides})
    return replace(record, trial=replace(record.trial, params={"n_iter": 50, "scale": 1.0, **overrides}))


SWEEP = board_of(
    swept(5, 16, 0, 0.1),
    swept(5, 16, 1, 0.3),
    swept(100, 16, 0, 0.6),
    swept(None, 16, 0, 0.5),
    swept(5, 32, 0, 0.7),
    swept(100, 32, 0, 0.8),
    swept(7, 16, 0, 0.9, scale=2.0),
)


def test_a_sweep_takes_the_records_that_differ_only_in_its_parameter() -> None:
    sweep = sweep_lines(SWEEP, "itq", "n_iter", {}, "p@100")
    assert sweep.values == (5, 50, 100)
    assert sweep.left_out == 0
    sixteen, thirty_two = sweep.lines
    assert (sixteen.label, sixteen.x) == ("16 bits", (0, 1, 2))
    assert sixteen.mean == pytest.approx((0.2, 0.5, 0.6))
    assert sixteen.deviation == pytest.approx((0.02**0.5, 0, 0))
    assert (thirty_two.label, thirty_two.x, thirty_two.mean) == ("32 bits", (0, 2), (0.7, 0.8))
    figure = parameter_sweep(sweep, "n_iter", "p@100")
    (axes,) = figure.axes
    assert drawn(axes)["32 bits"] == ([0, 2], [0.7, 0.8])
    assert [text.get_text() for text in axes.get_xticklabels()] == ["5", "50", "100"]
    assert axes.get_xlabel() == "n_iter"
    assert legend_of(figure) == ["16 bits", "32 bits", BAND]


def test_a_sweep_leaves_older_code_and_other_threads_out_and_counts_them() -> None:
    newer = {"code": {"method": ("fedc",)}, "finished": "2026-02-02T00:00:00+00:00"}
    records = [replace(swept(value, 16, 0, value / 100), **newer) for value in (5, 10)]
    older = [swept(20, 16, 0, 0.9), replace(swept(30, 16, 0, 0.9), threads=2)]
    sweep = sweep_lines(board_of(*older, *records), "itq", "n_iter", {}, "p@100")
    assert (sweep.values, sweep.left_out) == ((5, 10), 2)


@pytest.mark.parametrize(
    ("method", "parameter", "fixed", "message"),
    [
        ("lsh", "n_iter", {}, "no record .* has it .stored: itq"),
        ("itq", "tau", {}, "no such parameter .it has: n_iter, scale"),
        ("itq", "n_iter", {"scale": 3.0}, "--set scale=2.0; no --set"),
        ("itq", "n_iter", {"scale": 2.0}, "records of one value of n_iter .*n_iter=7"),
        ("itq", "scale", {"n_iter": 5}, "one value of scale"),
    ],
)
def test_a_sweep_says_what_is_stored_instead(
    method: str, parameter: str, fixed: dict[str, Any], message: str
) -> None:
    with pytest.raises(HashbenchError, match=message):
        sweep_lines(SWEEP, method, parameter, fixed, "p@100")


def labelled_corpus(coarse: bool = True) -> Corpus:
    """Return 30 documents: class i of 15 has two, document 0 has the labels 0 and 1, the last has none."""
    labels = np.repeat(np.eye(15, dtype=bool), 2, axis=0)
    labels[0, 1] = True
    labels[-1] = False
    return Corpus(
        name="toy",
        labels=csr_array(labels),
        label_names=tuple(f"class {number}" for number in range(15)),
        texts=[f"text {row}" for row in range(30)],
        coarse=np.arange(30) % 3 if coarse else None,
        coarse_names=("a", "b", "c") if coarse else (),
    )


def test_classes_are_the_most_frequent_ones_and_the_rest_is_other() -> None:
    corpus = labelled_corpus()
    fine = classes_of(corpus, np.arange(30), "fine")
    assert fine.names[0] == "class 1"
    assert len(fine.names) == 12
    assert fine.of[0] == 0
    assert fine.of[4] == fine.of[5] == fine.names.index("class 2")
    assert (fine.of[-6:] == OTHER).all()
    coarse = classes_of(corpus, np.array([2, 5, 0]), "coarse")
    assert coarse.names == ("c", "a")
    assert coarse.of.tolist() == [0, 0, 1]
    with pytest.raises(HashbenchError, match="no coarse labels; ask for --labels fine"):
        classes_of(labelled_corpus(coarse=False), np.arange(3), "coarse")


def test_a_sample_is_of_documents_that_every_trial_has() -> None:
    rows = [np.array([1, 3, 5, 7, 9]), np.array([3, 4, 5, 9])]
    assert sample_rows(rows, 10, seed=0).tolist() == [3, 5, 9]
    drawn_rows = sample_rows([np.arange(0, 1000, 2)], 20, seed=1)
    assert len(set(drawn_rows)) == 20
    assert (np.diff(drawn_rows) > 0).all()
    assert set(drawn_rows) <= set(range(0, 1000, 2))
    assert drawn_rows.tolist() == sample_rows([np.arange(0, 1000, 2)], 20, seed=1).tolist()


def two_clusters(n: int = 30) -> NDArray[np.uint8]:
    """Return 32-bit codes: the first half near all zeros, the second near all ones."""
    bits = (np.random.default_rng(0).random((n, 32)) < 0.1).astype(np.uint8)
    bits[n // 2 :] ^= 1
    return bits


def test_tsne_keeps_clusters_apart_and_repeats() -> None:
    codes = Codes.pack(two_clusters())
    positions = tsne(codes, seed=0)
    assert positions.shape == (30, 2)
    halves = positions[:15], positions[15:]
    spread = max(np.linalg.norm(half - half.mean(axis=0), axis=1).max() for half in halves)
    assert np.linalg.norm(halves[0].mean(axis=0) - halves[1].mean(axis=0)) > spread
    np.testing.assert_array_equal(tsne(codes, seed=0), positions)
    with pytest.raises(HashbenchError, match="1 of 30 codes differ"):
        tsne(Codes.pack(np.zeros((30, 8), dtype=np.uint8)), seed=0)


def test_a_map_has_a_panel_a_trial_and_every_document_in_the_colour_of_its_class() -> None:
    positions = np.arange(12, dtype=np.float32).reshape(6, 2)
    classes = Classes(("sea", "land"), np.array([0, 1, 0, OTHER, 1, 0]))
    panels = [Panel("itq, 16 bits", positions), Panel("lsh, 16 bits", positions[::-1])]
    figure = code_map(panels, classes, "coarse labels", "Toy")
    assert [axes.get_title() for axes in figure.axes] == ["itq, 16 bits", "lsh, 16 bits"]
    assert legend_of(figure) == ["sea", "land", "other"]
    assert figure.legends[0].get_title().get_text() == "coarse labels"
    for axes, panel in zip(figure.axes, panels, strict=True):
        other, land, sea = axes.collections
        np.testing.assert_array_equal(sea.get_offsets(), panel.positions[[0, 2, 5]])
        np.testing.assert_array_equal(land.get_offsets(), panel.positions[[1, 4]])
        np.testing.assert_array_equal(other.get_offsets(), panel.positions[[3]])
        colours = [tuple(points.get_facecolor()[0]) for points in (sea, land, other)]
        assert len(set(colours)) == 3
        left, right = axes.get_xlim()
        bottom, top = axes.get_ylim()
        assert right - left == pytest.approx(top - bottom)
        assert left < panel.positions[:, 0].min() < panel.positions[:, 0].max() < right
    handles = figure.legends[0].legend_handles
    assert handles[-1].get_color() == OTHER_COLOUR  # type: ignore[union-attr]


def test_twelve_classes_look_different() -> None:
    of = np.arange(12)
    positions = np.random.default_rng(0).random((12, 2)).astype(np.float32)
    figure = code_map([Panel("", positions)], Classes(tuple("abcdefghijkl"), of), "fine labels")
    handles = figure.legends[0].legend_handles
    looks = {(handle.get_color(), handle.get_marker()) for handle in handles}  # type: ignore[union-attr]
    assert len(looks) == 12
    assert "other" not in legend_of(figure)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_same_records_give_the_same_bytes(suffix: str) -> None:
    def render() -> bytes:
        lines = lines_over_bits(BITS.rows, "p@100")
        return figure_bytes(metric_over_bits(lines, "p@100", "Toy"), suffix)

    first = render()
    assert render() == first
    assert first.startswith({".svg": b"<?xml", ".png": b"\x89PNG", ".pdf": b"%PDF"}[suffix])


def test_svg_has_its_text_as_text_and_no_date() -> None:
    figure = metric_over_bits(lines_over_bits(BITS.rows, "p@100"), "p@100", "Toy title")
    svg = figure_bytes(figure, ".svg").decode()
    for text in ("Toy title", "cosine", "code length, bits", "P@100"):
        assert f">{text}</text>" in svg
    assert "<dc:date>" not in svg


def test_a_board_is_chosen_by_what_the_records_have() -> None:
    reuters = make_record("itq")
    reuters = replace(
        reuters,
        trial=replace(reuters.trial, dataset="reuters"),
        task=replace(TASK, documents="reuters"),
    )
    validation = make_record("lsh", task=replace(TASK, queries="validation"))
    records = [make_record("itq"), reuters, validation]
    assert choose_board([reuters]).first == reuters
    assert choose_board(records, "reuters").records == [reuters]
    with pytest.raises(HashbenchError, match=r"several datasets: --dataset reuters\|toy"):
        choose_board(records)
    with pytest.raises(UnknownNameError, match=r"--dataset reuter: .*did you mean.*stored: reuters, toy"):
        choose_board(records, "reuter")
    with pytest.raises(UnknownNameError, match="--featurizer lsa: .*stored: tfidf"):
        choose_board(records, "toy", "lsa")
    fingerprint = validation.task.fingerprint
    with pytest.raises(HashbenchError, match=f"several tasks.*{fingerprint}.*validation queries"):
        choose_board(records, "toy")
    assert choose_board(records, "toy", task=fingerprint[:6]).records == [validation]


def test_a_featurizer_stands_for_the_one_with_its_defaults() -> None:
    plain = make_record("itq")
    changed = {
        power: replace(
            plain,
            trial=replace(plain.trial, featurizer_params={**plain.trial.featurizer_params, "power": power}),
            overrides={"featurizer": {"power": power}},
        )
        for power in (1.5, 2.0)
    }
    records = [plain, *changed.values()]
    assert choose_board(records).records == [plain]
    assert choose_board(records, featurizer="tfidf").records == [plain]
    assert choose_board(records, featurizer="tfidf (power=1.5)").records == [changed[1.5]]
    with pytest.raises(HashbenchError, match=r"--featurizer 'tfidf \(power=1.5\)' or --featurizer"):
        choose_board(changed.values())


def test_rows_and_code_lengths_are_chosen_by_what_the_board_has() -> None:
    assert [row.label for row in choose_rows(CURVES, ["l*", "itq"])] == ["itq", "lsh"]
    assert len(choose_rows(CURVES, [])) == 4
    with pytest.raises(UnknownNameError, match=r"'lhs' .*did you mean.*stored: broken, cosine, itq, lsh"):
        choose_rows(CURVES, ["lhs"])
    assert choose_bits(CURVES, 32) == 32
    assert choose_bits(board_of(make_record()), None) == 16
    with pytest.raises(HashbenchError, match=r"--bits .*16, 32"):
        choose_bits(CURVES, None)
    with pytest.raises(HashbenchError, match="--bits 24: no record .*stored: 16, 32"):
        choose_bits(CURVES, 24)
