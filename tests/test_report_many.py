"""Many metrics, metrics over sets, and metrics that could not be computed, in every format."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from tests.many_metrics import FACTS, FAMILIES, PLACE, WEIGHTS, lacking, many
from vbench_py.curves import write_curves
from vbench_py.leaderboard import Board, leaderboard
from vbench_py.records import RunRecords
from vbench_py.report import json_text, render, render_videos, write_flat, write_report
from vbench_py.report.curves import lines
from vbench_py.report.tex import tex
from vbench_py.report.text import markdown
from vbench_py.types import Curve


@pytest.fixture
def runs() -> list[RunRecords]:
    return [many("one", 0.5), many("another", 0.6), many("noise", 0.1, control="floor")]


def _terminal(board: Board) -> str:
    stream = io.StringIO()
    render(board, Console(file=stream, width=80, color_system=None))
    return stream.getvalue()


def _videos(made: RunRecords) -> str:
    stream = io.StringIO()
    render_videos(made, Console(file=stream, width=80, color_system=None))
    return stream.getvalue()


def _page(made: list[RunRecords], folder: Path) -> str:
    return write_report(made, folder, formats=("html",), previews=False).read_text("utf-8").split("<body>")[1]


def test_terminal_keeps_to_eighty_columns(runs: list[RunRecords]) -> None:
    assert max(map(len, _terminal(leaderboard(runs)).splitlines())) <= 80


def test_terminal_blocks_name_their_families(runs: list[RunRecords]) -> None:
    titles = [line for line in _terminal(leaderboard(runs)).splitlines() if set(line.split(" · ")) <= {*FAMILIES}]
    assert {name for line in titles for name in line.split(" · ")} == {*FAMILIES}


def test_terminal_names_no_family_where_one_block_holds_all(runs: list[RunRecords]) -> None:
    board = leaderboard(runs, metrics=["consistency-first", "temporal-first"])
    assert "temporal\n" not in _terminal(board)


def test_a_number_of_a_set_has_its_count_and_its_own_interval(runs: list[RunRecords]) -> None:
    row = next(line for line in markdown(leaderboard(runs)).splitlines() if line.startswith("| 1 |") and "n=4" in line)
    assert "600.0 (480–780) n=4" in row and "6.0000 n=4" in row


@pytest.mark.parametrize("write", [_terminal, markdown, tex])
def test_a_number_without_an_interval_has_no_margin(runs: list[RunRecords], write: object) -> None:
    assert callable(write) and "nan" not in write(leaderboard(runs))


def test_a_number_over_groups_says_of_how_many(runs: list[RunRecords]) -> None:
    assert "4 groups" in markdown(leaderboard(runs))


def test_what_a_number_stands_for_is_noted(runs: list[RunRecords]) -> None:
    assert "fvd, kvd: one number for all outputs together" in leaderboard(runs).tables[0].notes


def test_a_lone_run_has_its_sets_apart_from_its_videos() -> None:
    by_video, together = _videos(many("folder", task="videos")).split("Of all videos together")
    assert "fvd" not in by_video and re.search(r"fvd ↓ +500\.0 +400–650 +n=4", together)


def test_a_number_over_a_group_is_not_shown_as_its_first_videos() -> None:
    assert "diversity" not in _videos(many("folder", task="videos")).split("Of all videos together")[0]


def test_a_set_that_failed_is_told_with_its_reason() -> None:
    made = many("folder", task="videos")
    failed = [replace(s, status="failed", reason="broken", value=None) if s.metric == "fvd" else s for s in made.scores]
    assert "fvd: broken" in _videos(replace(made, scores=failed))


def test_the_page_has_a_head_for_each_family(runs: list[RunRecords], tmp_path: Path) -> None:
    spans = re.findall(r'scope="colgroup" colspan="(\d+)" data-of="(\w+)"', _page(runs, tmp_path))
    assert spans == [*(("5", family) for family in FAMILIES), ("2", "set"), ("1", "diversity")]


def test_the_page_shows_every_metric_once(runs: list[RunRecords], tmp_path: Path) -> None:
    heads = re.findall(r'<button type="button" title="[^"]*">([a-z-]+)', _page(runs, tmp_path))
    assert Counter(heads) == Counter([*FACTS, "cost"])


def test_one_method_with_many_metrics_stands_upright(tmp_path: Path) -> None:
    text = _page([many("only")], tmp_path)
    assert 'class="listing"' in text and 'class="leaderboard' not in text


def test_a_set_is_no_sample_of_the_page(tmp_path: Path) -> None:
    assert _page([many("only")], tmp_path).count('<article class="sample"') == 4


def test_a_curve_of_a_set_is_plotted_apart_from_samples(tmp_path: Path) -> None:
    made = many("only", folder=tmp_path)
    write_curves(made.folder / "set.npz", {"fvd": Curve(np.arange(0, 32, 16), np.array([9.0, 12.0]))})
    scores = [replace(s, curve="set.npz") if s.metric == "fvd" else s for s in made.scores]
    text = _page([replace(made, scores=scores)], tmp_path / "page")
    script = (tmp_path / "page" / "curves" / "0-all.js").read_text("utf-8")
    assert 'data-key="0-all"' in text and '"t": [0.0, 2.0], "v": [9.0, 12.0]' in script


def test_a_curve_of_a_set_that_is_gone_stops_nothing(tmp_path: Path) -> None:
    made = many("only", folder=tmp_path)
    scores = [replace(s, curve="gone.npz") if s.metric == "fvd" else s for s in made.scores]
    assert 'data-key="0-all"' not in _page([replace(made, scores=scores)], tmp_path / "page")


def test_the_worst_second_begins_at_a_value_of_the_curve(tmp_path: Path) -> None:
    made = many("only", folder=tmp_path)
    values = np.where(np.arange(32) < 20, 1.0, 0.0)
    write_curves(made.folder / "c.npz", {"text-first": Curve(np.arange(32), values)})
    score = replace(made.scores[0], metric="text-first", curve="c.npz")
    column = next(column for column in leaderboard([made]).tables[0].columns if column.id == "text-first")
    plot = lines(column, [(made, 0, "c0", 7.9602, score)])
    assert plot is not None and plot["lines"][0]["worst"][0] in plot["lines"][0]["t"]


def test_metrics_that_lack_one_file_share_a_line(runs: list[RunRecords]) -> None:
    board = leaderboard([lacking(made, "text-first", "text-second") for made in runs])
    assert [it.text for it in board.tables[0].absent] == [
        "text-first, text-second: needs dino.pth (Apache-2.0 (a/dino), 343 MB)"
    ]


def test_a_run_that_lacks_what_others_have_is_named(runs: list[RunRecords]) -> None:
    (absent,) = leaderboard([lacking(runs[0], "text-first"), *runs[1:]]).tables[0].absent
    assert (absent.metrics, absent.runs) == (("text-first",), ("one",))


def test_what_was_computed_since_is_not_told_as_absent(runs: list[RunRecords]) -> None:
    board = leaderboard([replace(made, unavailable={"fvd": WEIGHTS}) for made in runs])
    assert board.tables[0].absent == ()


def test_a_metric_that_every_output_refused_is_no_column_but_a_reason() -> None:
    reason = "prompt: text-first reads the prompt, and this sample has none"
    made = many("only")
    refused = [
        replace(s, status="unsupported", value=None, reason=reason) if s.metric == "text-first" else s
        for s in made.scores
    ]
    (table,) = leaderboard([replace(made, scores=refused)]).tables
    told = [it.text for it in table.absent]
    assert told == ["text-first: reads the prompt, and this sample has none"]
    assert "text-first" not in [column.id for column in table.shown]


@pytest.mark.parametrize("write", [_terminal, markdown])
def test_text_says_what_was_not_computed(runs: list[RunRecords], write: object) -> None:
    assert callable(write)
    text = write(leaderboard([lacking(made, "text-first") for made in runs]))
    assert "text-first: needs dino.pth" in text.split("Not computed here")[1]


def test_a_lone_run_says_what_was_not_computed() -> None:
    assert "text-first: needs dino.pth" in _videos(lacking(many("folder", task="videos"), "text-first"))


def test_the_page_says_what_was_not_computed(runs: list[RunRecords], tmp_path: Path) -> None:
    text = _page([lacking(made, "text-first", "text-second") for made in runs], tmp_path)
    assert "Not computed here: 2" in text and "needs dino.pth (Apache-2.0 (a/dino), 343 MB)</dd>" in text


def test_no_place_on_a_machine_reaches_a_report(runs: list[RunRecords]) -> None:
    board = leaderboard([lacking(made, "text-first") for made in runs])
    assert not [text for text in (_terminal(board), markdown(board), tex(board)) if PLACE in text]


def test_json_lists_what_was_not_computed_in_full(runs: list[RunRecords]) -> None:
    made = [lacking(runs[0], "text-first"), *runs[1:]]
    told = json.loads(json_text(leaderboard(made), made))["unavailable"]
    assert told == [{"run": "one", "suite": "demo", "metric": "text-first", "reason": WEIGHTS}]


def test_markdown_has_tables_of_eight_metrics_at_most(runs: list[RunRecords]) -> None:
    heads = [line for line in markdown(leaderboard(runs)).splitlines() if line.startswith("| rank")]
    assert len(heads) > 1 and max(line.count("|") for line in heads) <= 8 + 4


def test_markdown_lists_the_metrics_of_one_method() -> None:
    text = markdown(leaderboard([many("only")]))
    assert "| set | fvd ↓ | 500.0 (400–650) n=4 |" in text and "| rank" not in text


def test_tex_cuts_a_wide_table_into_tabulars(runs: list[RunRecords]) -> None:
    text = tex(leaderboard(runs))
    widths = [len(found) for found in re.findall(r"\\begin\{tabular\}\{l(r+)\}", text)]
    assert sum(widths) == len(FACTS) and max(widths) <= 6 and text.count("{") == text.count("}")


def test_scores_keep_the_empty_sample_and_the_interval_of_a_set(tmp_path: Path) -> None:
    made = many("only", folder=tmp_path)
    write_flat(made)
    with (made.folder / "scores.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["metric"] == "fvd"]
    assert [(row["sample"], row["seed"], row["low"], row["high"]) for row in rows] == [("", "-1", "400.0", "650.0")]
