"""Run folders that went through something: torn and corrupt rows, files changed or deleted by hand, older attempts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.world import Gate, World, h264, lossless, sample


def _run(world: World, *more: str | Path) -> int:
    return world.vb("run", world.suite, "-m", "gated-repeat", "--no-controls", "--no-report", *more).code


@pytest.fixture
def done(world: World, gate: Gate) -> World:
    world.make_suite(count=2)
    assert _run(world) == 0
    return world


def _file(world: World, kind: str) -> Path:
    (found,) = world.run_folder("gated-repeat").glob(f"{kind}.*.jsonl")
    return found


def test_a_finished_run_does_nothing_again(done: World, gate: Gate) -> None:
    before, rows = gate.log(), done.rows("gated-repeat", "scores")
    assert _run(done) == 0
    assert gate.log() == before
    assert done.rows("gated-repeat", "scores") == rows


def test_a_torn_last_row_is_ignored_and_its_work_done_again(done: World, gate: Gate) -> None:
    whole = done.scores("gated-repeat")
    file = _file(done, "generated")
    file.write_bytes(file.read_bytes()[:-20])
    assert _run(done) == 0
    assert gate.log()[2:] == ["generate-c1"]
    assert done.scores("gated-repeat") == whole


def test_a_corrupt_row_in_the_middle_is_told_and_its_work_done_again(
    done: World, gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    whole = done.scores("gated-repeat")
    file = _file(done, "generated")
    first, second = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"\0" * (len(first) - 1) + b"\n" + second)
    assert _run(done) == 0
    assert f"{file}:1: not a row, ignored" in caplog.text
    assert gate.log()[2:] == ["generate-c0"]
    assert done.scores("gated-repeat") == whole


@pytest.mark.parametrize("line", [b"12\n", b"[]\n", b"null\n", b'{"status": "ok"}\n'])
def test_json_that_is_no_row_is_ignored(line: bytes, done: World) -> None:
    with _file(done, "scores").open("ab") as file:
        file.write(line)
    assert _run(done) == 0


def test_an_output_deleted_by_hand_is_made_again(done: World, gate: Gate) -> None:
    whole = done.scores("gated-repeat")
    (done.run_folder("gated-repeat") / "videos" / "c0__s0" / "video.mkv").unlink()
    assert _run(done) == 0
    assert gate.log()[2:] == ["generate-c0"]
    assert done.scores("gated-repeat") == whole


def test_scoring_an_output_that_is_gone_is_a_failed_row(done: World) -> None:
    folder = done.run_folder("gated-repeat")
    (folder / "videos" / "c0__s0" / "video.mkv").unlink()
    assert done.vb("score", folder, "--metrics", "psnr-y").code == 1
    (row,) = [row for row in done.missing("gated-repeat") if row["metric"] == "psnr-y"]
    assert "was made and is gone" in row["reason"]
    assert ("c1", "psnr-y") in done.scores("gated-repeat")


def test_scoring_an_output_that_was_changed_by_hand_is_a_failed_row(done: World) -> None:
    folder = done.run_folder("gated-repeat")
    lossless(folder / "videos" / "c0__s0" / "video.mkv", seed=9)
    assert done.vb("score", folder, "--metrics", "psnr-y").code == 1
    (row,) = [row for row in done.missing("gated-repeat") if row["metric"] == "psnr-y"]
    assert "is not the file that was made" in row["reason"]


def test_a_changed_reference_gives_new_numbers_and_going_back_the_old_ones(done: World) -> None:
    whole = done.scores("gated-repeat")
    target = done.suite / "c0.mkv"
    original = target.read_bytes()
    lossless(target, seed=7)
    assert _run(done) == 0
    changed = done.scores("gated-repeat")
    assert changed["c0", "psnr-rgb"] != whole["c0", "psnr-rgb"]
    target.write_bytes(original)
    assert _run(done) == 0
    assert done.scores("gated-repeat") == whole


def test_a_newer_failure_is_not_hidden_by_an_older_success(done: World) -> None:
    lossless(done.suite / "c0.mkv", seed=7, frames=5)
    done.vb("score", done.run_folder("gated-repeat"))
    (row,) = done.missing("gated-repeat")
    assert (row["sample"], row["metric"]) == ("c0", "psnr-rgb")


def test_a_run_that_only_scores_stays_partial(world: World, gate: Gate) -> None:
    world.make_suite(count=3)
    assert _run(world, "--limit", "2") == 0
    folder = world.run_folder("gated-repeat")
    assert json.loads((folder / "run.json").read_text())["partial"] is True
    assert world.vb("score", folder, "--metrics", "psnr-y").code == 0
    info = json.loads((folder / "run.json").read_text())
    assert (info["partial"], info["expected"]) == (True, 2)
    assert world.missing("gated-repeat") == []


def test_dropped_things_of_other_programs_are_left_alone(done: World) -> None:
    folder = done.run_folder("gated-repeat")
    strange = [folder / "videos" / "x.part", folder / "videos" / "a.b.c.part", folder / ".nfs000.part"]
    for path in strange:
        path.mkdir()
    assert _run(done) == 0
    assert all(path.exists() for path in strange)


def test_a_replaced_ready_made_video_is_scored_anew(world: World) -> None:
    for index in range(2):
        lossless(world.folder / "suite" / f"c{index}.mkv", seed=index)
    world.make_suite([sample(f"c{i}", f"c{i}.mkv") for i in range(2)])
    made = world.folder / "made"
    for index in range(2):
        h264(made / f"c{index}.mp4", seed=index + 2)
    command = ["run", world.suite, "-m", "precomputed", "--set", f"videos={made}", "--name", "made", "--no-controls"]
    assert world.vb(*command, "--no-report").code == 0
    before = world.scores("made")
    h264(made / "c0.mp4", seed=0)
    assert world.vb(*command, "--no-report").code == 0
    after = world.scores("made")
    assert float(after["c0", "psnr-rgb"]) > float(before["c0", "psnr-rgb"])
    assert after["c1", "psnr-rgb"] == before["c1", "psnr-rgb"]
    assert len(world.rows("made", "generated")) == 3


def test_a_ready_made_video_that_goes_and_comes_back_counts_again(world: World) -> None:
    lossless(world.folder / "suite" / "c0.mkv")
    world.make_suite([sample("c0", "c0.mkv")])
    video = h264(world.folder / "made" / "c0.mp4", seed=2)
    h264(world.folder / "made" / "other.mp4", seed=3)
    command = ["run", world.suite, "-m", "precomputed", "--set", f"videos={video.parent}", "--name", "made"]
    command += ["--no-controls", "--no-report"]
    assert world.vb(*command).code == 0
    whole = world.scores("made")
    away = video.rename(world.folder / "c0.mp4")
    assert world.vb(*command).code == 0
    assert [row["status"] for row in world.missing("made")] == ["unsupported"]
    away.rename(video)
    assert world.vb(*command).code == 0
    assert (world.scores("made"), world.missing("made")) == (whole, [])
