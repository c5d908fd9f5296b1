"""Flags that change what is scored, and what every verb answers to machines."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from tests.e2e.world import World, lossless
from vbench_py.video import probe


def _run(world: World, *more: str | Path, method: str = "bicubic", report: bool = False) -> int:
    texts = ["run", world.suite, "-m", method, "--no-controls", *([] if report else ["--no-report"])]
    return world.vb(*texts, *more).code


def _files(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


@pytest.fixture
def small(world: World) -> World:
    world.make_suite(count=2)
    return world


def test_dry_run_and_plan_write_nothing(small: World) -> None:
    before = _files(small.folder)
    videos = small.folder / "suite"
    assert _run(small, "--dry-run") == 0
    assert small.vb("generate", small.suite, "-m", "bicubic", "--dry-run").code == 0
    assert small.vb("plan", small.suite, "-m", "bicubic").code == 0
    assert small.vb("score", videos / "c0.mkv", "--dry-run", "--metrics", "temporal-flickering").code == 0
    assert _files(small.folder) == before


def test_limit_marks_the_run_partial_and_a_full_run_ends_that(small: World) -> None:
    assert _run(small, "--limit", "1") == 0
    file = small.run_folder("bicubic") / "run.json"
    assert json.loads(file.read_text())["partial"] is True
    assert _run(small) == 0
    assert json.loads(file.read_text())["partial"] is False
    assert len(small.rows("bicubic", "generated")) == 2


def test_every_is_a_column_of_its_own(small: World) -> None:
    assert _run(small, "--every", "2") == 0
    assert {metric for _, metric in small.scores("bicubic")} == {"psnr-rgb[every=2]", "temporal-flickering[every=2]"}


def test_every_scores_frames_at_that_distance(small: World) -> None:
    from vbench_py.curves import read_curve

    assert _run(small, "--every", "4") == 0
    row = next(row for row in small.rows("bicubic", "scores") if row["metric"] == "psnr-rgb[every=4]")
    curve = read_curve(small.run_folder("bicubic") / row["curve"], row["metric"])
    assert curve is not None
    assert curve.index.tolist() == [0, 4]


def test_another_run_is_the_baseline(small: World) -> None:
    assert _run(small) == 0
    baseline = small.run_folder("bicubic")
    assert _run(small, "--metrics", "psnr-rgb:baseline", "--reference-run", baseline, method="bilinear") == 0
    assert _run(small, "--metrics", "psnr-rgb:baseline", "--reference-run", baseline) == 0
    values = [float(small.scores(name)["c0", "psnr-rgb:baseline"]) for name in ("bicubic", "bilinear")]
    assert values[0] == 100.0
    assert 20 < values[1] < 100


def test_a_baseline_output_that_changed_is_refused(small: World) -> None:
    assert _run(small) == 0
    baseline = small.run_folder("bicubic")
    lossless(baseline / "videos" / "c0__s0" / "video.mkv", seed=5)
    assert _run(small, "--metrics", "psnr-rgb:baseline", "--reference-run", baseline, method="bilinear") == 1
    (row,) = small.missing("bilinear")
    assert "output of the reference run is not the file that was made" in row["reason"]


def test_without_a_reference_run_the_metric_says_what_to_give(small: World) -> None:
    assert _run(small, "--metrics", "psnr-rgb:baseline") == 0
    assert {row["status"] for row in small.missing("bicubic")} == {"unsupported"}
    assert "--reference-run" in small.missing("bicubic")[0]["reason"]


def test_encode_as_scores_a_copy_in_that_encoding(small: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VBENCH_PY_CACHE", str(small.folder / "cache"))
    assert _run(small) == 0
    lossless_score = float(small.scores("bicubic")["c0", "psnr-rgb"])
    assert _run(small, "--encode-as", "h264-crf40") == 0
    values = [row for row in small.rows("bicubic", "scores") if row["sample"] == "c0" and row["metric"] == "psnr-rgb"]
    assert [row["encode_as"] for row in values] == ["", "h264-crf40"]
    assert values[1]["value"] < lossless_score - 1
    copies = sorted((small.folder / "cache" / "encoded").iterdir())
    assert [copy.suffix for copy in copies] == [".mp4", ".mp4"]
    info = probe(copies[0])
    assert (info.codec, info.frames, info.fps) == ("h264", 6, 24.0)


def test_encoded_and_lossless_numbers_share_no_table(small: World) -> None:
    assert _run(small) == 0
    assert _run(small, "--encode-as", "h264-crf30") == 0
    protocol = json.loads((small.run_folder("bicubic") / "protocol.json").read_text())
    assert set(protocol["encodings"]) == {"lossless", "h264-crf30"}


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--encode-as", "h265"), "encoding 'h265' is unknown"),
        (("--encode-as", "png"), "keeps no frame rate"),
        (("--align", "stretch"), "must be none, or some of trim"),
        (("--every", "0"), "must be 1 or more"),
        (("--limit", "0"), "must be 1 or more"),
        (("--shard", "3/2"), "expected i/n"),
        (("--fail-on-error", "-1"), "expected a count"),
        (("--fail-on-error", "nan"), "expected a count"),
        (("--metrics", "psnr-rbg"), "did you mean 'psnr-rgb'"),
        (("--method", "bicubik"), "did you mean 'bicubic'"),
        (("--set", "kernel"), "expected key=value"),
        (("--set", "kernle=3"), "unknown option 'kernle'"),
        (("--reference-run", "nowhere", "--metrics", "psnr-rgb:baseline"), "this is not a run folder"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_written(flags: tuple[str, ...], said: str, small: World) -> None:
    told = small.vb("run", small.suite, "-m", "bicubic", *flags)
    assert told.code == 2
    assert said in told.err
    assert "Traceback" not in told.err
    assert not small.results.exists()


@pytest.mark.parametrize("what", ["list", "show psnr-rgb", "plan SUITE -m bicubic", "generate SUITE -m bicubic",
                                  "run SUITE -m bicubic --no-report", "score RUN", "leaderboard"])  # fmt: skip
def test_json_is_json(what: str, small: World) -> None:
    if "RUN" in what or what == "leaderboard":
        assert _run(small) == 0
    run = small.run_folder("bicubic") if "RUN" in what else ""
    words = [word.replace("SUITE", str(small.suite)).replace("RUN", str(run)) for word in what.split()]
    told = small.vb(*words, "--json")
    assert told.code == 0
    assert told.json


@pytest.fixture
def failing(world: World) -> World:
    """Five ready-made outputs, of which the second and fourth are no videos."""
    for index in range(5):
        lossless(world.folder / "suite" / f"c{index}.mkv", seed=index)
        made = lossless(world.folder / "made" / f"c{index}.mkv", seed=index)
        if index in (1, 3):
            made.write_bytes(b"no video")
    rows = [{"id": f"c{i}", "media": {"target": {"path": f"c{i}.mkv"}}} for i in range(5)]
    world.make_suite(rows)
    return world


@pytest.mark.parametrize(
    ("limit", "rows"), [("", 5), ("1", 2), ("2", 4), ("3", 5), ("0.3", 4), ("0.5", 5), ("10%", 2), ("40%", 5)]
)
def test_fail_on_error_stops_at_that_many_outputs(limit: str, rows: int, failing: World) -> None:
    made = ["-m", "precomputed", "--set", f"videos={failing.folder / 'made'}", "--name", "made"]
    told = failing.vb("run", failing.suite, *made, "--no-controls", "--no-report", "--fail-on-error", limit)
    assert told.code == 1
    assert len(failing.rows("made", "generated")) == rows
    stopped = rows < 5
    assert ("--fail-on-error does not allow" in told.err) is stopped
    info = json.loads((failing.run_folder("made") / "run.json").read_text())
    assert info["status"] == ("stopped" if stopped else "done")


def test_a_failing_metric_leaves_the_others(small: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from vbench_py.metrics.pixel import PSNR

    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(PSNR, "score", broken)
    assert _run(small) == 1
    assert {metric for (_, metric), value in small.scores("bicubic").items() if value} == {"temporal-flickering"}
    assert {row["reason"] for row in small.missing("bicubic")} == {"ZeroDivisionError: a bug"}


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_number_that_is_none_is_a_failed_row(value: float, small: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from vbench_py.metrics.pixel import PSNR
    from vbench_py.types import Score

    monkeypatch.setattr(PSNR, "score", lambda *_: Score(value))
    assert _run(small) == 1
    assert {row["status"] for row in small.missing("bicubic")} == {"failed"}


def test_failures_of_a_second_run_count_too(small: World) -> None:
    for method in ("bicubic", "bilinear"):
        assert _run(small, method=method) == 0
    second = small.run_folder("bilinear")
    (second / "videos" / "c0__s0" / "video.mkv").unlink()
    assert small.vb("score", small.run_folder("bicubic"), second, "--metrics", "psnr-y").code == 1
