"""Clips made long: loops and turns at the right frames."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.adapters.helpers import method, request, run, waves
from vbench_py.adapters.classical import Classical, extend
from vbench_py.video import probe, read


def extended(name: str, folder: Path, clip: np.ndarray, **rest: Any) -> Path:
    asked = request("long_video", {"prefix": clip}, folder / "in", **rest)
    (made,) = run(Classical(method(name), {}), [asked], folder / "out")
    assert made.error is None
    assert made.timeline[-1].last == probe(made.outputs["video"]).frames - 1
    return made.outputs["video"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [("loop", [0, 1, 2, 3, 0, 1, 2, 3, 0, 1]), ("ping-pong", [0, 1, 2, 3, 2, 1, 0, 1, 2, 3])],
)
def test_frames_come_in_the_right_order(name: str, shown: list[int], tmp_path: Path) -> None:
    clip = waves(4)
    np.testing.assert_array_equal(read(extended(name, tmp_path, clip, frames=10)), clip[shown])


def test_going_back_piece_by_piece_gives_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = waves(7)
    monkeypatch.setattr(extend, "CHUNK_BYTES", 2 * 24 * 32 * 3)
    shown = [0, 1, 2, 3, 4, 5, 6, 5, 4, 3, 2, 1, 0, 1]
    np.testing.assert_array_equal(read(extended("ping-pong", tmp_path, clip, frames=14)), clip[shown])


@pytest.mark.parametrize("name", ["loop", "ping-pong"])
def test_one_frame_is_held(name: str, tmp_path: Path) -> None:
    clip = waves(1)
    np.testing.assert_array_equal(read(extended(name, tmp_path, clip, frames=3)), clip[[0, 0, 0]])


def test_a_shorter_request_is_the_start(tmp_path: Path) -> None:
    clip = waves(5)
    np.testing.assert_array_equal(read(extended("loop", tmp_path, clip, frames=3)), clip[:3])


def test_without_a_length_it_is_four_times_as_long_at_the_same_rate(tmp_path: Path) -> None:
    info = probe(extended("ping-pong", tmp_path, waves(3)))
    assert (info.frames, info.fps) == (12, pytest.approx(8.0))


def test_another_size_is_covered(tmp_path: Path) -> None:
    info = probe(extended("loop", tmp_path, waves(2), frames=4, width=16, height=16))
    assert (info.frames, info.width, info.height) == (4, 16, 16)
