"""Leaderboards as terminal text, Markdown, CSV and JSON."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from typing import Any

import pandas
import pytest
from rich.console import Console

from tests.record_fixtures import LPIPS, PSNR, run, steady
from vbench_py.leaderboard import Board, Column, leaderboard
from vbench_py.records import MetricFacts, RunRecords
from vbench_py.report import render, render_videos
from vbench_py.report.numbers import numbers_of
from vbench_py.report.terminal import header
from vbench_py.report.tex import tex
from vbench_py.report.text import csv, json_text, markdown


@pytest.fixture
def runs() -> list[RunRecords]:
    values = {"psnr": steady(30), "lpips": steady(0.2, 0.01)}
    return [
        run("bicubic", values),
        run("holey", {"psnr": steady(31), "lpips": steady(0.1, 0.01)}, failed=[0]),
        run("a-method-with-a-very-long-name@step=40000", {"psnr": steady(33), "lpips": steady(0.3, 0.01)}),
        run("noise", {"psnr": steady(8), "lpips": steady(0.1, 0.01)}, control="floor"),
        run("truth", {"psnr": steady(60), "lpips": steady(0.2, 0.01)}, control="ceiling"),
    ]


def _text(board: Board, width: int = 80) -> str:
    stream = io.StringIO()
    render(board, Console(file=stream, width=width, color_system=None))
    return stream.getvalue()


def test_terminal_keeps_to_eighty_columns_with_many_metrics(runs: list[RunRecords]) -> None:
    facts = {f"m{n}": MetricFacts(f"Metric number {n}", "1", "higher", unit="grey levels") for n in range(12)}
    many = run("many", {name: steady(1234.5) for name in facts}, metrics=facts, primary="m7")
    lines = _text(leaderboard([*runs, replace(many, suite="other")])).splitlines()
    assert max(map(len, lines)) <= 80


def test_terminal_shows_every_metric_once() -> None:
    facts = {f"metric-{n:02d}": MetricFacts("A title", "1", "higher") for n in range(12)}
    values = {name: steady(1) for name in facts}
    text = _text(leaderboard([run("many", values, metrics=facts, primary="metric-07")]))
    heads = text.split("groups (Hall's)")[1]
    assert sorted(re.findall(r"metric-\d+", heads)) == sorted(facts)


def test_terminal_shows_the_primary_metric_first(runs: list[RunRecords]) -> None:
    heads = _text(leaderboard([replace(it, primary="lpips") for it in runs])).split("groups (Hall's)")[1]
    assert heads.index("lpips") < heads.index("psnr")


def test_four_metrics_stand_side_by_side_in_eighty_columns() -> None:
    names = ("lpips-alex", "ssim-y", "tof", "vmaf-v0.6.1")
    facts = {name: MetricFacts(name, "1", "lower", range=(0, 1)) for name in names}
    rising = {name: lambda number: 0.01 * 2**number / 8 for name in facts}
    text = _text(leaderboard([run("lanczos-sharpened", rising, metrics=facts, primary="tof")]))
    assert len([line for line in text.splitlines() if "lanczos-sharpened" in line]) == 1


def test_header_wraps_an_id_after_its_hyphens() -> None:
    column = Column("seconds-per-frame", MetricFacts("Seconds per frame", "1", "lower", unit="s"))
    assert header(column, 9) == "seconds-\nper-frame\n↓ s"


def test_a_skewed_interval_is_told_by_its_ends() -> None:
    facts = {"lpips": replace(LPIPS, range=(0.0, 1.0))}
    made = run("a", {"lpips": [0.01, 0.01, 0.02, 0.01, 0.35, 0.01, 0.02, 0.09]}, metrics=facts, primary="lpips")
    cell = leaderboard([made]).tables[0].rows[0].cells["lpips"].estimate
    text = _text(leaderboard([made]))
    assert "±" not in text and f"{cell.low:.2f}–{cell.high:.2f}" in text


def test_an_even_interval_is_told_by_its_margin(runs: list[RunRecords]) -> None:
    line = next(line for line in _text(leaderboard(runs)).splitlines() if "holey" in line)
    assert re.search(r"31\.\d+ ±0\.\d\d\b", line)


def test_an_interval_is_written_with_two_significant_digits() -> None:
    made = run("a", {"psnr": steady(30, 5)}, metrics={"psnr": replace(PSNR, decimals=6)})
    row = leaderboard([made]).tables[0].rows[0]
    assert re.fullmatch(r"±\d\.\d", numbers_of(Column("psnr", PSNR), [row]).margin(row.cells["psnr"].estimate))


def test_terminal_shows_direction_unit_and_control_mark(runs: list[RunRecords]) -> None:
    text = _text(leaderboard(runs))
    assert "↑ dB" in text and "lpips†" in text and re.search(r"noise.*\n\s+floor", text)


def _folder(samples: int, **changes: Any) -> RunRecords:
    return run("folder", {"psnr": steady(30)}, samples=samples, task="videos", **changes)


def _videos(made: RunRecords) -> str:
    stream = io.StringIO()
    render_videos(made, Console(file=stream, width=80, color_system=None))
    return stream.getvalue()


def test_a_lone_run_shows_each_video_and_the_mean() -> None:
    text = _videos(_folder(3))
    assert re.search(r"clip-000 +29\.80", text) and re.search(r"clip-002 +\d", text) and "mean of 3" in text


def test_a_lone_run_has_no_rank() -> None:
    assert "rank" not in _videos(_folder(3))


def test_a_lone_run_of_many_videos_is_cut_after_forty() -> None:
    text = _videos(_folder(45))
    assert text.count("clip-") == 40 and "and 5 more in" in text


def test_a_video_that_failed_is_told_with_its_reason() -> None:
    text = _videos(_folder(3, failed=[1]))
    assert re.search(r"clip-001 +—", text) and "clip-001 · failed: CUDA out of memory" in text


def test_terminal_does_not_read_names_as_markup(runs: list[RunRecords]) -> None:
    assert "[red]x[/red]" in _text(leaderboard([replace(runs[0], name="[red]x[/red]")]))


def test_terminal_says_when_there_are_no_runs() -> None:
    assert _text(leaderboard([])) == "No runs.\n"


def test_markdown_has_a_line_per_method(runs: list[RunRecords]) -> None:
    lines = [line for line in markdown(leaderboard(runs)).splitlines() if line.startswith("|")]
    assert len(lines) == 2 + len(runs) and len({line.replace("\\|", "").count("|") for line in lines}) == 1


def test_markdown_sets_the_best_in_bold(runs: list[RunRecords]) -> None:
    line = next(line for line in markdown(leaderboard(runs)).splitlines() if "a-method" in line)
    assert "**33.0" in line


def test_markdown_escapes_names(runs: list[RunRecords]) -> None:
    text = markdown(leaderboard([replace(runs[0], name="a|b<script>*c*")]))
    assert "a\\|b&lt;script&gt;\\*c\\*" in text


def test_csv_reads_back_as_the_frame(runs: list[RunRecords]) -> None:
    board = leaderboard(runs)
    back = pandas.read_csv(io.StringIO(csv(board)))
    assert list(back["mean"]) == list(board.frame()["mean"])


def test_json_is_strict_and_lists_what_is_missing(runs: list[RunRecords]) -> None:
    infinite = run("exact", {"psnr": lambda _: float("inf")}, metrics={"psnr": replace(PSNR, protocol="p1")})

    def refuse(name: str) -> None:
        raise AssertionError(name)

    told = json.loads(json_text(leaderboard([*runs, infinite]), [*runs, infinite]), parse_constant=refuse)
    assert [line["reason"] for line in told["missing"]] == ["CUDA out of memory"]


def test_json_has_a_row_per_method_and_metric(runs: list[RunRecords]) -> None:
    told = json.loads(json_text(leaderboard(runs), runs))
    assert len(told["rows"]) == 2 * len(runs)


def test_json_of_a_lone_run_has_every_video() -> None:
    made = _folder(3)
    told = json.loads(json_text(leaderboard([made]), [made]))
    assert [line["video"] for line in told["videos"]] == ["clip-000", "clip-001", "clip-002"]


def test_tex_sets_the_best_in_bold_in_a_balanced_table(runs: list[RunRecords]) -> None:
    text = tex(leaderboard(runs))
    line = next(line for line in text.splitlines() if line.startswith("a-method"))
    assert "\\textbf{33." in line and text.count("{") == text.count("}") and "\\toprule" in text


def test_tex_escapes_what_latex_would_read(runs: list[RunRecords]) -> None:
    assert r"50\%\_a\&b\textbackslash{}input\{x\}" in tex(leaderboard([replace(runs[0], name="50%_a&b\\input{x}")]))
