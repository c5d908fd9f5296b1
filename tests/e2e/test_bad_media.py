"""Broken and odd videos: each gives a number or a row with its reason, and never stops the others."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.e2e.world import World, h264, lossless, sample
from tests.video_fixtures import encode, moving_texture


def _score(world: World, folder: Path, *more: str) -> tuple[int, dict[str, str], str]:
    """Exit code, reason by sample of what failed, standard error of `score` on a folder."""
    told = world.vb("score", folder, "--metrics", "temporal-flickering", *more)
    missing = world.missing(folder.name)
    return told.code, {row["sample"]: row["reason"] for row in missing}, told.err


def _truncated(path: Path) -> None:
    whole = h264(path.with_name("whole.mp4"), frames=24, height=96, width=128)
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    whole.unlink()


BROKEN = {
    "truncated": ("clip.mp4", _truncated, "truncated"),
    "zero bytes": ("clip.mp4", lambda path: path.touch(), "is empty (0 bytes)"),
    "text": ("clip.mp4", lambda path: path.write_text("This is no video.\n" * 40), "is text, not a video"),
    "noise": ("clip.mkv", lambda path: path.write_bytes(np.random.default_rng(0).bytes(4096)), "no video"),
    "link to nowhere": ("clip.mp4", lambda path: path.symlink_to("gone.mp4"), "does not exist"),
    "damaged npz": ("clip.npz", lambda path: path.write_bytes(b"PK\x03\x04 broken"), "clip.npz"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_a_failed_row_with_its_reason(name: str, world: World) -> None:
    file, make, reason = BROKEN[name]
    folder = world.folder / "clips"
    h264(folder / "good.mp4")
    make(folder / file)
    code, reasons, err = _score(world, folder)
    assert code == 1
    assert list(reasons) == ["clip"]
    assert reason in reasons["clip"]
    assert reasons["clip"] in err
    assert ("good", "temporal-flickering") in world.scores("clips")


def _ten_bit(path: Path) -> None:
    encode(path, moving_texture(6), pixel_format="yuv420p10le")


def _alpha(path: Path) -> None:
    encode(path, moving_texture(6), codec="qtrle", pixel_format="argb")


def _variable_rate(path: Path) -> None:
    encode(path, moving_texture(6), times=[0, 40, 200, 240, 900, 1000])


def _rotated(path: Path) -> None:
    import imageio_ffmpeg

    flat = h264(path.with_name("flat.mp4"))
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-display_rotation", "90", "-i", str(flat), "-c", "copy"]
    subprocess.run([*command, str(path)], check=True)
    flat.unlink()


ODD = {
    "10-bit": ("clip.mp4", _ten_bit),
    "alpha": ("clip.mov", _alpha),
    "variable frame rate": ("clip.mkv", _variable_rate),
    "rotated": ("clip.mp4", _rotated),
    "odd size": ("clip.mkv", lambda path: lossless(path, height=33, width=47)),
    "no clock": ("clip.npz", lambda path: np.savez(path, moving_texture(6))),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_file_is_scored(name: str, world: World) -> None:
    file, make = ODD[name]
    folder = world.folder / "clips"
    folder.mkdir()
    make(folder / file)
    code, reasons, err = _score(world, folder)
    assert (code, reasons) == (0, {}), err
    assert 0.5 < float(world.scores("clips")["clip", "temporal-flickering"]) <= 1


def test_one_frame_is_too_few_for_a_metric_of_pairs_and_says_so(world: World) -> None:
    folder = world.folder / "clips"
    lossless(folder / "still.mkv", frames=1)
    told = world.vb("score", folder, "--metrics", "temporal-flickering")
    (row,) = world.missing("clips")
    assert told.code == 0, "not being able to is no failure"
    assert row["status"] == "unsupported"
    assert row["reason"] == "frames: temporal-flickering needs 2 frames, the video has 1"


def test_a_folder_of_gifs_with_a_stray_file_and_an_empty_one(world: World) -> None:
    folder = world.folder / "gifs"
    folder.mkdir()
    for index in range(5):
        encode(folder / f"g{index}.gif", moving_texture(4, seed=index), codec="gif", pixel_format="rgb8")
    (folder / "empty.gif").touch()
    (folder / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    told = world.vb("score", folder, "--metrics", "temporal-flickering")
    assert told.code == 1
    assert sorted(world.scores("gifs")) == [(f"g{i}", "temporal-flickering") for i in range(5)]
    (row,) = world.missing("gifs")
    assert (row["sample"], row["status"]) == ("empty", "failed")
    assert "0 bytes" in row["reason"]
    assert ".DS_Store: passed over: hidden file" in told.err
    assert (world.run_folder("gifs") / "protocol.json").is_file()


def test_a_name_that_is_not_utf8_is_a_row(world: World) -> None:
    import os

    folder = world.folder / "clips"
    good = lossless(folder / "good.mkv")
    try:
        os.link(good, os.fsencode(folder) + b"/caf\xe9.mkv")
    except OSError:
        pytest.skip("this file system refuses names that are not UTF-8")
    code, reasons, _ = _score(world, folder)
    assert code == 1
    assert list(reasons) == [r"caf\xe9"]
    assert "rename it" in reasons[r"caf\xe9"]


def test_a_fixed_file_is_scored_by_the_same_command(world: World) -> None:
    folder = world.folder / "clips"
    h264(folder / "good.mp4")
    (folder / "late.mp4").touch()
    assert _score(world, folder)[0] == 1
    h264(folder / "late.mp4", seed=1)
    assert _score(world, folder)[:2] == (0, {})


def test_a_broken_reference_costs_only_the_numbers_that_need_it(world: World) -> None:
    world.make_suite(count=2)
    assert world.vb("run", world.suite, "-m", "bicubic", "--no-controls", "--no-report").code == 0
    (world.suite / "c1.mkv").write_text("no video")
    told = world.vb("score", world.run_folder("bicubic"))
    assert told.code == 1
    scores = world.scores("bicubic")
    assert scores["c1", "temporal-flickering"]
    (row,) = world.missing("bicubic")
    assert (row["sample"], row["metric"], row["status"]) == ("c1", "psnr-rgb", "failed")


def test_an_input_that_is_gone_is_a_row_and_the_others_are_made(world: World) -> None:
    world.make_suite(count=2)
    (world.suite / "c1.mkv").unlink()
    told = world.vb("run", world.suite, "-m", "bicubic", "--no-controls", "--no-report")
    assert told.code == 1
    assert ("c0", "psnr-rgb") in world.scores("bicubic")
    (row,) = world.missing("bicubic")
    assert row["sample"] == "c1"
    assert "c1.mkv: does not exist" in row["reason"]


@pytest.fixture
def unequal(world: World) -> World:
    """Ready-made outputs: one fits, one is shorter, one has another size."""
    rows = []
    for name in ("fits", "short", "small"):
        lossless(world.folder / "suite" / f"{name}.mkv", seed=1)
        rows.append(sample(name, f"{name}.mkv"))
    world.make_suite(rows, metrics=["psnr-rgb"])
    lossless(world.folder / "made" / "fits.mkv", seed=2)
    lossless(world.folder / "made" / "short.mkv", seed=2, frames=4)
    lossless(world.folder / "made" / "small.mkv", seed=2, height=16, width=24)
    return world


def _run_made(world: World, *more: str) -> int:
    made = ["-m", "precomputed", "--set", f"videos={world.folder / 'made'}", "--name", "made", "--no-controls"]
    return world.vb("run", world.suite, *made, "--no-report", *more).code


def test_unequal_size_or_length_is_refused_with_the_mend(unequal: World) -> None:
    assert _run_made(unequal) == 1
    reasons = {row["sample"]: row["reason"] for row in unequal.missing("made")}
    assert "4 frames, target has 6; pass --align trim" in reasons["short"]
    assert "24x16 pixels, target has 48x32; pass --align resize" in reasons["small"]


@pytest.mark.parametrize(("align", "left"), [("trim", ["small"]), ("resize", ["short"]), ("trim+resize", [])])
def test_aligning_is_a_column_of_its_own(align: str, left: list[str], unequal: World) -> None:
    assert _run_made(unequal, "--align", align) == (1 if left else 0)
    assert [row["sample"] for row in unequal.missing("made")] == left
    assert {metric for _, metric in unequal.scores("made")} == {f"psnr-rgb[align={align}]"}


def test_a_video_without_a_clock_can_be_scored_as_encoded(world: World) -> None:
    folder = world.folder / "clips"
    folder.mkdir()
    np.savez(folder / "clip.npz", moving_texture(6))
    code, reasons, err = _score(world, folder, "--encode-as", "h264-crf30")
    assert (code, reasons) == (0, {}), err
