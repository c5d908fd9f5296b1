"""Leaderboards as terminal text, Markdown, CSV and JSON."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pandas
import pytest
from rich.console import Console

from tests.record_fixtures import PSNR, run, steady
from vbench_py.leaderboard import Board, leaderboard
from vbench_py.records import MetricFacts, RunRecords
from vbench_py.report import render
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


def test_terminal_shows_every_metric_once(runs: list[RunRecords]) -> None:
    facts = {f"m{n}": MetricFacts(f"Title{n:02d}", "1", "higher") for n in range(12)}
    text = _text(leaderboard([run("many", {name: steady(1) for name in facts}, metrics=facts, primary="m7")]))
    assert [text.count(f"Title{n:02d}") for n in range(12)] == [1] * 12


def test_terminal_shows_the_primary_metric_first(runs: list[RunRecords]) -> None:
    text = _text(leaderboard([replace(it, primary="lpips") for it in runs]))
    assert text.index("LPIPS") < text.index("PSNR")


def test_terminal_shows_mean_interval_and_coverage(runs: list[RunRecords]) -> None:
    line = next(line for line in _text(leaderboard(runs)).splitlines() if "holey" in line)
    assert "7/8" in line and "31.0" in line and "±" in line


def test_terminal_shows_direction_unit_and_control_mark(runs: list[RunRecords]) -> None:
    text = _text(leaderboard(runs))
    assert all(part in text for part in ("PSNR\N{NO-BREAK SPACE}↑", "dB", "†", "noise (floor)"))


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
