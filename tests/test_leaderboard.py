"""Which runs share a table, who is ranked, and what is marked."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from tests.record_fixtures import LPIPS, PSNR, run, steady
from vbench_py.leaderboard import leaderboard
from vbench_py.records import MetricFacts, OutputRecord, ScoreRecord
from vbench_py.types import UsageError


def _order(board_runs: list, **options: object) -> list[tuple[str, str]]:
    return [(row.name, row.rank_text) for row in leaderboard(board_runs, **options).tables[0].rows]  # type: ignore[arg-type]


def test_more_psnr_ranks_first() -> None:
    runs = [run("worse", {"psnr": steady(25)}), run("better", {"psnr": steady(30)})]
    assert _order(runs) == [("better", "1"), ("worse", "2")]


def test_less_lpips_ranks_first() -> None:
    levels = {"worse": 0.5, "better": 0.2}
    runs = [run(name, {"lpips": steady(level, 0.01)}, primary="lpips") for name, level in levels.items()]
    assert _order(runs) == [("better", "1"), ("worse", "2")]


def test_methods_that_do_not_differ_share_a_rank() -> None:
    runs = [
        run("a", {"psnr": [30, 31, 29, 30, 31, 29, 30, 30]}),
        run("b", {"psnr": [31, 30, 30, 29, 30, 30, 29, 31]}),
        run("c", {"psnr": steady(20)}),
    ]
    assert [rank for _, rank in _order(runs)] == ["1=", "1=", "3"]


def test_a_method_below_full_coverage_is_not_ranked() -> None:
    runs = [run("whole", {"psnr": steady(25)}), run("holey", {"psnr": steady(30)}, failed=[3])]
    assert _order(runs) == [("whole", "1"), ("holey", "–")]


def test_coverage_stands_beside_the_mean() -> None:
    row = leaderboard([run("holey", {"psnr": steady(30)}, failed=[3])]).tables[0].rows[0]
    assert (row.scored, row.expected, row.unranked) == (7, 8, "7 of 8 outputs have psnr")


def test_common_restricts_every_row_to_shared_samples() -> None:
    runs = [run("a", {"psnr": steady(25)}, failed=[0]), run("b", {"psnr": steady(30)}, failed=[1])]
    table = leaderboard(runs, common=True).tables[0]
    assert [(row.cells["psnr"].estimate.n, row.rank) for row in table.rows] == [(6, 1), (6, 2)]


def test_common_is_labelled() -> None:
    runs = [run("a", {"psnr": steady(25)}, failed=[0]), run("b", {"psnr": steady(30)})]
    table = leaderboard(runs, common=True).tables[0]
    assert table.common == 7 and "7 outputs" in table.notes[0]


def test_a_method_without_scores_does_not_empty_the_common_view() -> None:
    runs = [run("a", {"psnr": steady(25)}), run("dead", {"psnr": steady(0)}, failed=range(8))]
    table = leaderboard(runs, common=True).tables[0]
    assert [(row.name, row.rank_text) for row in table.rows] == [("a", "1"), ("dead", "–")]


def test_a_partial_run_is_ranked_only_under_common() -> None:
    runs = [run("a", {"psnr": steady(25)}, partial=True)]
    assert (_order(runs), _order(runs, common=True)) == ([("a", "–")], [("a", "1")])


def test_controls_are_listed_and_not_ranked() -> None:
    runs = [
        run("method", {"psnr": steady(30)}),
        run("truth", {"psnr": steady(60)}, control="ceiling"),
        run("noise", {"psnr": steady(8)}, control="floor"),
    ]
    assert _order(runs) == [("method", "1"), ("truth", "–"), ("noise", "–")]


def test_a_metric_that_contradicts_the_controls_is_marked() -> None:
    runs = [
        run("truth", {"psnr": steady(60), "lpips": steady(0.4, 0.01)}, control="ceiling"),
        run("noise", {"psnr": steady(8), "lpips": steady(0.1, 0.01)}, control="floor"),
    ]
    columns = {column.id: column.unordered for column in leaderboard(runs).tables[0].columns}
    assert columns == {"psnr": "", "lpips": "noise 0.1000 no worse than truth 0.4000"}


def test_of_several_contradictions_the_worst_is_told() -> None:
    values = {"truth": ("ceiling", 0.4), "noise": ("floor", 0.1), "frozen": ("floor", 0.3)}
    runs = [run(name, {"lpips": steady(level, 0)}, control=kind) for name, (kind, level) in values.items()]
    (column,) = leaderboard(runs).tables[0].columns
    assert column.unordered.startswith("noise 0.1") and "frozen" not in column.unordered


def test_cost_is_not_held_against_the_controls() -> None:
    facts = {"seconds": MetricFacts("Seconds", "1", "lower", family="cost")}
    runs = [
        run("truth", {"seconds": steady(2)}, metrics=facts, control="ceiling"),
        run("noise", {"seconds": steady(1)}, metrics=facts, control="floor"),
    ]
    assert leaderboard(runs).tables[0].columns[0].unordered == ""


def test_methods_left_unranked_for_one_reason_share_a_line() -> None:
    runs = [run(name, {"psnr": steady(25)}, partial=True) for name in "abc"]
    assert leaderboard(runs).tables[0].notes == ("not ranked: every method: only a part of the suite was run",)


def test_videos_without_a_suite_are_not_ranked() -> None:
    table = leaderboard([run("folder", {"psnr": steady(25)}, task="videos")]).tables[0]
    assert (table.has_ranks, table.notes) == (False, ())


def test_the_bootstrap_is_named_and_changes_intervals_only() -> None:
    runs = [run("a", {"psnr": steady(25, 2)}), run("b", {"psnr": steady(30, 2)})]
    hall, bootstrap = leaderboard(runs).tables[0], leaderboard(runs, interval="bootstrap").tables[0]
    cells = [table.rows[0].cells["psnr"].estimate for table in (hall, bootstrap)]
    assert cells[0].mean == cells[1].mean and cells[0].low != cells[1].low and "bootstrap" in bootstrap.facts[-1]


def test_an_unknown_interval_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="hall, bootstrap"):
        leaderboard([run("a", {"psnr": steady(25)})], interval="jackknife")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"suite_version": "2.0"}, "suite version"),
        ({"prompt_policy": "list:abc"}, "prompt policy"),
        ({"encoding": "h264-crf18"}, "encoding"),
        ({"metrics": {"psnr": replace(PSNR, protocol="other")}}, "protocol"),
        ({"metrics": {"psnr": replace(PSNR, version="2")}}, "version"),
    ],
)
def test_unlike_runs_never_share_a_table_and_are_told_why(changes: dict, why: str) -> None:
    board = leaderboard([run("a", {"psnr": steady(30)}), run("b", {"psnr": steady(30)}, **changes)])
    assert len(board.tables) == 2 and all(why in table.why for table in board.tables)


def test_lossless_encodings_share_a_table() -> None:
    runs = [run("a", {"psnr": steady(30)}, encoding="png"), run("b", {"psnr": steady(30)}, encoding="ffv1")]
    assert len(leaderboard(runs).tables) == 1


def test_controls_join_every_prompt_policy() -> None:
    runs = [
        run("a", {"psnr": steady(30)}),
        run("b", {"psnr": steady(30)}, prompt_policy="list:abc"),
        run("noise", {"psnr": steady(8)}, control="floor"),
    ]
    assert [[row.name for row in table.rows] for table in leaderboard(runs).tables] == [["b", "noise"], ["a", "noise"]]


def test_a_mean_of_fewer_outputs_is_not_marked_best() -> None:
    easy = run("easy", {"psnr": steady(25), "lpips": steady(0.1, 0.01)})
    easy = replace(easy, scores=[s for s in easy.scores if (s.metric, s.sample) != ("lpips", "clip-003")])
    whole = run("whole", {"psnr": steady(30), "lpips": steady(0.2, 0.01)})
    rows = leaderboard([easy, whole]).tables[0].rows
    assert [row.name for row in rows if row.cells["lpips"].best] == ["whole"]


def test_the_best_is_marked_among_ranked_rows_only() -> None:
    runs = [
        run("a", {"psnr": steady(25)}),
        run("b", {"psnr": steady(24)}),
        run("holey", {"psnr": steady(30)}, failed=[0]),
        run("truth", {"psnr": steady(60)}, control="ceiling"),
    ]
    rows = leaderboard(runs).tables[0].rows
    assert [row.name for row in rows if row.cells["psnr"].best] == ["a"]


def test_a_descriptive_primary_ranks_nobody() -> None:
    facts = {"motion": MetricFacts("Motion", "1", "descriptive")}
    runs = [run(name, {"motion": steady(3)}, metrics=facts, primary="motion") for name in "ab"]
    assert [rank for _, rank in _order(runs)] == ["–", "–"]


def _with_set_metric(name: str, value: float) -> object:
    facts = {"fvd": MetricFacts("FVD", "1", "lower", decimals=1)}
    made = run(name, {}, primary="fvd")
    return replace(made, metrics=facts, scores=[ScoreRecord("", -1, "", "fvd", value=value)])


def test_a_set_metric_ranks_by_its_one_number() -> None:
    assert _order([_with_set_metric("a", 90.0), _with_set_metric("b", 80.0)]) == [("b", "1"), ("a", "2")]


def test_a_set_metric_counts_its_outputs_as_scored() -> None:
    row = leaderboard([_with_set_metric("a", 90.0)]).tables[0].rows[0]  # type: ignore[list-item]
    assert (row.scored, row.expected) == (8, 8)


def test_metrics_pick_and_order_columns() -> None:
    board = leaderboard([run("a", {"psnr": steady(30), "lpips": steady(0.2, 0.01)})], metrics=["lpips", "psnr"])
    assert [column.id for column in board.tables[0].columns] == ["lpips", "psnr"]


def test_an_unknown_metric_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match=r"psrn.*known here: lpips, psnr"):
        leaderboard([run("a", {"psnr": steady(30), "lpips": steady(0.2)})], metrics=["psrn"])


def test_frame_has_a_row_per_method_and_metric() -> None:
    runs = [run(name, {"psnr": steady(30), "lpips": steady(0.2, 0.01)}) for name in "ab"]
    frame = leaderboard(runs).frame()
    assert sorted(zip(frame["name"], frame["metric"], strict=True)) == [(n, m) for n in "ab" for m in ("lpips", "psnr")]


def test_the_order_of_runs_and_rows_changes_nothing() -> None:
    runs = [run(name, {"psnr": steady(30 + number), "lpips": steady(0.2, 0.01)}) for number, name in enumerate("abc")]
    turned = [replace(it, scores=it.scores[::-1], outputs=it.outputs[::-1]) for it in runs[::-1]]
    assert leaderboard(runs).frame().to_csv() == leaderboard(turned).frame().to_csv()


def test_suites_stand_in_the_order_of_their_runs() -> None:
    runs = [replace(run("a", {"psnr": steady(30)}), suite=suite) for suite in ("second", "first")]
    assert [table.suite for table in leaderboard(runs).tables] == ["second", "first"]


def test_failed_and_nan_scores_are_not_numbers() -> None:
    made = run("a", {"psnr": steady(30)})
    scores = [replace(made.scores[0], status="failed", reason="x"), replace(made.scores[1], value=float("nan"))]
    board = leaderboard([replace(made, scores=[*scores, *made.scores[2:]])])
    assert board.tables[0].rows[0].scored == 6


def test_columns_of_one_metric_are_told_apart_by_title() -> None:
    facts = {"psnr": PSNR, "psnr:baseline": replace(PSNR, protocol="b")}
    made = run("a", {"psnr": steady(30), "psnr:baseline": steady(40)}, metrics=facts)
    assert [column.title for column in leaderboard([made]).tables[0].columns] == ["PSNR", "PSNR:baseline"]


def test_no_runs_give_no_tables() -> None:
    assert leaderboard([]).tables == () and leaderboard([]).frame().empty


def test_two_hundred_thousand_scores_take_seconds() -> None:
    facts = {f"m{number}": LPIPS for number in range(20)}
    outputs = [OutputRecord(f"s{n // 4}", n % 4, f"s{n // 4}", frames=16) for n in range(10_000)]
    scores = [ScoreRecord(o.sample, o.seed, o.group, m, value=o.seed / 4) for o in outputs for m in facts]
    made = replace(run("a", {}), outputs=outputs, scores=scores, metrics=facts, primary="m0", expected=10_000)
    start = time.process_time()
    leaderboard([made])
    assert time.process_time() - start < 4.0


def test_an_interval_ends_where_the_range_ends() -> None:
    facts = {"ssim": MetricFacts("SSIM", "1", "higher", range=(0.0, 1.0))}
    made = run("a", {"ssim": [0.99, 1, 1, 1, 1, 0.98, 1, 1]}, metrics=facts, primary="ssim")
    assert leaderboard([made]).tables[0].rows[0].cells["ssim"].estimate.high <= 1.0


def test_a_primary_metric_that_is_not_shown_still_ranks_and_is_named() -> None:
    runs = [run(name, {"psnr": steady(level), "lpips": steady(0.2, 0.01)}) for name, level in (("a", 20), ("b", 30))]
    table = leaderboard(runs, metrics=["lpips"]).tables[0]
    assert [row.name for row in table.rows] == ["b", "a"] and "ranked by PSNR" in " ".join(table.notes)
