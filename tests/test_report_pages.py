"""A page a suite and the page that leads to them; rate and distortion; the names of controls."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.record_fixtures import FACTS, run, steady
from vbench_py.leaderboard import leaderboard
from vbench_py.records import MetricFacts, RunRecords
from vbench_py.report import render, write_report
from vbench_py.report.rates import rates
from vbench_py.report.tex import tex
from vbench_py.report.text import markdown
from vbench_py.types import CONTROLS

BITS = MetricFacts("Bits per pixel", "1", "lower", unit="bit", family="cost")
QUALITY = {name: replace(facts, family="fidelity") for name, facts in FACTS.items()} | {"bits-per-pixel": BITS}


def suites(*names: str) -> list[RunRecords]:
    return [
        run(method, {"psnr": steady(level)}, suite=name, suite_title=f"Suite {name}")
        for name in names
        for method, level in (("good", 30), ("poor", 20))
    ]


def pages(made: list[RunRecords], folder: Path) -> dict[str, str]:
    write_report(made, folder, formats=("html",), previews=False)
    return {path.name: path.read_text("utf-8") for path in folder.glob("*.html")}


def test_one_suite_has_one_page(tmp_path: Path) -> None:
    assert set(pages(suites("a"), tmp_path)) == {"index.html"}


def test_several_suites_have_a_page_each_and_one_that_leads_to_them(tmp_path: Path) -> None:
    found = pages(suites("b", "a"), tmp_path)
    assert set(found) == {"index.html", "a.html", "b.html"}
    assert re.findall(r'<a class="entry" href="(.*?)"', found["index.html"]) == ["b.html", "a.html"]


def test_a_page_shows_its_own_suite_only(tmp_path: Path) -> None:
    found = pages(suites("a", "b"), tmp_path)
    assert found["a.html"].count('class="board"') == 1 and "a@1.0" in found["a.html"] and "b@1.0" not in found["a.html"]


def test_a_page_leads_back_and_on(tmp_path: Path) -> None:
    page = pages(suites("a", "b"), tmp_path)["a.html"]
    assert 'href="index.html"' in page and 'href="b.html"' in page and page.count('aria-current="page"') == 1


def test_a_card_names_the_best_its_number_and_the_coverage(tmp_path: Path) -> None:
    index = pages(suites("a", "b"), tmp_path)["index.html"]
    assert "<strong>good</strong><span>psnr 30" in index and "16 of 16 outputs scored" in index


def test_a_card_says_why_nothing_is_ranked(tmp_path: Path) -> None:
    made = [replace(it, partial=True) for it in suites("a", "b")]
    assert "not ranked: only a part of the suite was run" in pages(made, tmp_path)["index.html"]


def test_a_card_marks_missing_outputs(tmp_path: Path) -> None:
    made = [*suites("a"), run("holey", {"psnr": steady(3)}, failed=[1], suite="b")]
    assert '<span class="short">7 of 8 outputs scored</span>' in pages(made, tmp_path)["index.html"]


@pytest.mark.parametrize("name", ["../outside", "index", "A b", "x" * 200, "<b>"])
def test_a_suites_id_from_outside_is_no_path(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "deep" / "report"
    found = pages(suites("a", name), folder)
    assert len(found) == 3 and sum(it.startswith("suite-") for it in found) == 1
    assert {path.name for path in tmp_path.rglob("*.html")} == set(found)


def test_curves_of_all_pages_have_names_of_their_own(tmp_path: Path) -> None:
    found = pages(suites("a", "b"), tmp_path)
    keys = re.findall(r'data-key="(.*?)"', found["a.html"] + found["b.html"])
    assert len(keys) == len(set(keys)) == 16
    assert all((tmp_path / "curves" / f"{key}.js").is_file() for key in keys)


def test_samples_of_further_tables_are_folded(tmp_path: Path) -> None:
    made = [*suites("a"), *(replace(it, encoding="h264-crf18") for it in suites("a"))]
    page = pages(made, tmp_path)["index.html"]
    assert page.count('class="board"') == 2 and page.count("<summary>Samples</summary>") == 1


def test_overviews_are_deterministic_and_escape_what_comes_from_outside(tmp_path: Path) -> None:
    made = [replace(it, suite_title="<script>alert(1)</script>", name=f"<i>{it.name}") for it in suites("a", "b")]
    first = pages(made, tmp_path)["index.html"]
    assert "<script" not in first and "<i>" not in first and pages(made, tmp_path)["index.html"] == first


def coded(name: str, bits: float, quality: float, **changes: Any) -> RunRecords:
    values = {"psnr": steady(quality), "lpips": steady(1 / quality, 0.001), "bits-per-pixel": steady(bits, 0.001)}
    return run(name, values, metrics=QUALITY, task="reconstruction", **changes)


def test_methods_of_one_codec_are_one_line_sorted_by_rate() -> None:
    made = [
        coded("h264-crf23", 0.4, 34),
        coded("h264-crf33", 0.1, 29),
        coded("jpeg-q50", 1.2, 31),
        coded("own", 0.2, 33),
    ]
    plot = rates(leaderboard(made).tables[0])
    assert plot and [it["title"] for it in plot["metrics"]] == ["psnr", "lpips"]
    lines = {line["name"]: [point["name"] for point in line["points"]] for line in plot["metrics"][0]["lines"]}
    assert lines == {"h264": ["h264-crf33", "h264-crf23"], "jpeg": ["jpeg-q50"], "own": ["own"]}


def test_axes_tell_the_rates_of_one_method_apart() -> None:
    made = [coded(f"vae rate={rate}", rate, 30 + rate, method="vae", axes={"rate": rate}) for rate in (1, 2)]
    plot = rates(leaderboard(made).tables[0])
    assert plot and [line["name"] for line in plot["metrics"][0]["lines"]] == ["vae"]


def test_controls_and_codes_of_nothing_have_no_rate() -> None:
    made = [coded("h264-crf23", 0.4, 34), coded("empty", 0, 29), coded("truth", 0.1, 90, control="ceiling")]
    assert rates(leaderboard(made).tables[0]) is None


def test_a_table_without_rates_has_no_such_plot(tmp_path: Path) -> None:
    assert rates(leaderboard(suites("a")).tables[0]) is None
    assert "Rate and distortion" not in pages(suites("a"), tmp_path)["index.html"]


def test_rates_stand_on_the_page_of_codecs(tmp_path: Path) -> None:
    page = pages([coded("h264-crf23", 0.4, 34), coded("h264-crf33", 0.1, 29)], tmp_path)["index.html"]
    assert "Rate and distortion" in page and 'id="rates"' in page


@pytest.fixture
def ladder() -> list[RunRecords]:
    levels = zip(CONTROLS, (90, 40, 30, 20, 5), strict=True)
    controls = [run(f"the {kind}", {"psnr": steady(level)}, control=kind) for kind, level in levels]
    return [run("m", {"psnr": steady(25)}), *controls]


def test_the_ladder_is_called_known_damage_everywhere(ladder: list[RunRecords], tmp_path: Path) -> None:
    board = leaderboard(ladder)
    stream = io.StringIO()
    render(board, Console(file=stream, width=80, color_system=None))
    page = pages(ladder, tmp_path)["index.html"]
    assert stream.getvalue().count("known damage") == 3
    assert markdown(board).count("(known damage)") == tex(board).count("(known damage)") == 3
    assert page.split("<tbody>")[1].split("</tbody>")[0].count("<em>known damage</em>") == 3
    assert "<em>ceiling</em>" in page and "<em>floor</em>" in page
