"""A report in a real browser: sorting, filtering, details, CSV, themes, and a narrow screen."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hashbench.reporting.page.document import page
from tests.browser import ENTER, ESCAPE, MISSING, Browser, browser
from tests.unit.records import make_record

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")

RECORDS = [
    *(make_record("itq", bits, seed, bits / 100 + seed / 50) for bits in (16, 32) for seed in (0, 1)),
    make_record("lsh", 16, 0, 0.7),
    make_record("lsh", 32, 0, None),
    make_record(
        "sth", 32, 0, 0.2, overrides={"method": {"note": '<img src=x onerror="alert(1)">$\x07\ud800'}}
    ),
    make_record("cosine", None, None, 0.4, reference=True),
    make_record("ksh", 16, 0, 0.9, labels="training"),
]
TABLE = "section.table table"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(page(RECORDS), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture
def opened(session: Browser, report: Path) -> Iterator[Browser]:
    session.open(report)
    yield session
    assert session.console() == []


def names(opened: Browser) -> list[str]:
    return [text.split()[0] for text in opened.texts(f"#{first_table(opened)} tbody th")]


def first_table(opened: Browser) -> str:
    return opened.script("return document.querySelector('section.table table').id")


def head(opened: Browser, name: str) -> str:
    place = opened.texts(f"#{first_table(opened)} thead th").index(name) + 1
    return f"#{first_table(opened)} thead th:nth-child({place})"


def test_a_table_is_sorted_by_mouse_and_by_keyboard(opened: Browser) -> None:
    assert names(opened) == ["lsh", "cosine", "itq", "sth"]
    column = head(opened, "32 bits")
    sort = f"return document.querySelector('{column}').getAttribute('aria-sort')"
    assert opened.script(sort) == "none"
    opened.click(f"{column} button")
    assert (names(opened), opened.script(sort)) == (["itq", "sth", "lsh", "cosine"], "descending")
    opened.press(f"{column} button", ENTER)
    assert (names(opened), opened.script(sort)) == (["sth", "itq", "lsh", "cosine"], "ascending")
    opened.click(f"{head(opened, 'method')} button")
    assert names(opened) == ["cosine", "itq", "lsh", "sth"]
    assert opened.script(sort) == "none"
    outline = "return getComputedStyle(document.activeElement).outlineStyle"
    opened.press(f"{column} button", ENTER)
    assert opened.script(outline) == "solid"


def test_rows_are_filtered_and_counted(opened: Browser) -> None:
    assert opened.texts("#shown") == ["5 of 5 rows shown"]
    opened.press("#filters [name=method]", "TQ")
    assert names(opened) == ["itq"]
    assert opened.texts("#shown") == ["1 of 5 rows shown"]
    assert len(opened.texts(TABLE)) == 1
    opened.click("#filters [type=reset]")
    assert opened.texts("#shown") == ["5 of 5 rows shown"]
    choose = (
        "const s = document.querySelector('[name=labels]'); s.value = arguments[0];"
        "s.dispatchEvent(new Event('input', {bubbles: true}))"
    )
    opened.script(choose, "=training")
    assert [text.split()[0] for text in opened.texts("section.table tbody th")] == ["ksh"]


def test_the_csv_holds_what_is_shown(opened: Browser, tmp_path: Path) -> None:
    opened.command("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    opened.press("#filters [name=method]", "itq")
    opened.click(".csv")
    path = tmp_path / f"{first_table(opened)}.csv"
    for _ in range(100):
        if path.exists():
            break
        time.sleep(0.05)
    (row,) = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    assert (row["method"], row["labels"], row["recipe"]) == ("itq", "none", "default")
    assert float(row["16 bits"]) == pytest.approx(0.17)
    assert float(row["16 bits sd"]) == pytest.approx(0.02 / 2**0.5)
    assert row["16 bits seeds"] == "2"


def test_details_open_from_the_cell_and_from_the_address(opened: Browser, report: Path) -> None:
    assert opened.texts(".details") == []
    cell = f"#{first_table(opened)} .cell"
    opened.press(cell, ENTER)
    assert opened.script("return document.activeElement.className") == "details"
    (shown,) = opened.texts(".details")
    for said in ("lsh, 16 bits", "fit 2 s", "hashbench run --methods lsh", "parameters chosen by"):
        assert said in shown
    opened.press(".details:popover-open", ESCAPE)
    assert opened.texts(".details") == []
    assert opened.script(f"return document.activeElement === document.querySelector('{cell}')")
    identifier = opened.script("return document.querySelector('.details[data-row=itq]').id")
    opened.open(report, f"#{identifier}")
    (shown,) = opened.texts(".details")
    assert shown.startswith("itq, 16 bits")


def test_the_page_loads_nothing_and_hostile_labels_stay_text(opened: Browser) -> None:
    assert opened.script("return performance.getEntriesByType('resource').length") == 0
    assert opened.script("return document.images.length") == 0
    assert any('onerror="alert(1)">$\\x07\\ud800' in text for text in opened.texts("tbody th"))


def test_it_is_dark_or_light_and_fits_a_narrow_screen(opened: Browser) -> None:
    background = "return getComputedStyle(document.body).backgroundColor"
    colours = set()
    for scheme in ("light", "dark"):
        wanted = [{"name": "prefers-color-scheme", "value": scheme}]
        opened.command("Emulation.setEmulatedMedia", features=wanted)
        colours.add(opened.script(background))
    assert len(colours) == 2
    opened.command("Emulation.setEmulatedMedia", features=[])
    narrow = {"width": 360, "height": 700, "deviceScaleFactor": 1, "mobile": True}
    opened.command("Emulation.setDeviceMetricsOverride", **narrow)
    width = opened.script("return document.documentElement.scrollWidth")
    opened.command("Emulation.clearDeviceMetricsOverride")
    assert width <= 360
