"""An image that follows tracks: as far as asked, and no farther."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tests.adapters.helpers import method, request, run, waves
from vbench_py.adapters.classical import Classical
from vbench_py.adapters.classical.follow import mean_motion
from vbench_py.video import read, write_tracks

IMAGE = waves(1, 48, 64, detail=0.3)


def tracks(shifts: np.ndarray) -> np.ndarray:
    """(T, 2, 3): two points that move by `shifts` (T, 2), always seen."""
    points = np.array([[10.0, 12.0], [30.0, 20.0]]) + shifts[:, None]
    return np.concatenate([points, np.ones((*points.shape[:2], 1))], axis=2)


def followed(folder: Path, shifts: np.ndarray, **rest: Any) -> np.ndarray:
    asked = request("motion_control", {"first": IMAGE}, folder / "in", **rest)
    path = folder / "in" / "tracks.npz"
    write_tracks(path, tracks(shifts)[..., :2], np.ones((len(shifts), 2), bool))
    asked = replace(asked, media={**asked.media, "tracks": path})
    (made,) = run(Classical(method("pan-by-tracks"), {}), [asked], folder / "out")
    assert made.error is None
    return read(made.outputs["video"])


def test_it_begins_with_the_image_and_moves_by_whole_pixels_exactly(tmp_path: Path) -> None:
    made = followed(tmp_path, np.array([[0, 0], [3, 0], [6, -2]]))
    np.testing.assert_array_equal(made[0], IMAGE[0])
    np.testing.assert_array_equal(made[2][:-2, 6:], IMAGE[0][2:, :-6])


def test_after_the_tracks_end_it_stands(tmp_path: Path) -> None:
    made = followed(tmp_path, np.array([[0, 0], [4, 0]]), frames=4)
    np.testing.assert_array_equal(made[1], made[3])


def test_at_twice_the_size_it_moves_twice_as_far(tmp_path: Path) -> None:
    made = followed(tmp_path, np.array([[0, 0], [4, 0]]), width=128, height=96)
    np.testing.assert_array_equal(made[1][:, 8:], made[0][:, :-8])


def test_a_hidden_point_does_not_count() -> None:
    points = tracks(np.array([[0.0, 0], [2, 0], [4, 0]]))
    points[1:, 1, :2] += 50
    points[1:, 1, 2] = 0
    np.testing.assert_allclose(mean_motion(points), [[0, 0], [2, 0], [4, 0]])


def test_a_step_without_any_point_adds_none() -> None:
    points = tracks(np.array([[0.0, 0], [2, 0], [4, 0]]))
    points[1, :, 2] = 0
    np.testing.assert_allclose(mean_motion(points), np.zeros((3, 2)))
