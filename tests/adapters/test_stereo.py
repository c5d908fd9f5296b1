"""Motion stereo: known scenes through known cameras give their depth back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.adapters.helpers import method, request, run
from vbench_py.adapters.classical import Classical
from vbench_py.adapters.classical.stereo import partners
from vbench_py.adapters.classical.sweep import Camera, homography, parallax
from vbench_py.types import BadMedia, Generated, Unsupported, UsageError
from vbench_py.video import read, write_camera

HEIGHT, WIDTH, FRAMES = 64, 96, 5
INNER = np.array([[80.0, 0, 48], [0, 80, 32], [0, 0, 1]])
NEAR_WALL, FAR_WALL = 2.0, 4.0


def cameras(step: float = 0.1, turn: float = 0.01) -> np.ndarray:
    """World-to-camera of a camera that slides right by `step` metres a frame and turns a little: (T, 4, 4)."""
    world = np.tile(np.eye(4), (FRAMES, 1, 1))
    for index in range(FRAMES):
        rotation = cv2.Rodrigues(np.array([0, turn * index, 0]))[0]
        world[index, :3, :3] = rotation
        world[index, :3, 3] = -rotation @ [step * index, 0, 0]
    return world


def texture(seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).random((400, 600)).astype(np.float32)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 1.5), None, 0, 255, cv2.NORM_MINMAX)  # type: ignore[call-overload,no-any-return]


def scene(world: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A wall at 4 m and before its right half one at 2 m, drawn by rays: frames (T, H, W, 3) uint8, depth (T, H, W)."""
    walls = [(NEAR_WALL, texture(1), 0.2), (FAR_WALL, texture(2), -np.inf)]
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH] + 0.5
    rays = np.linalg.inv(INNER) @ np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
    frames, depths = [], []
    for pose in world:
        directions, place = pose[:3, :3].T @ rays, -pose[:3, :3].T @ pose[:3, 3]
        grey, depth = np.zeros(x.size, np.float32), np.full(x.size, np.nan)
        for distance, image, left in walls:
            along = (distance - place[2]) / directions[2]
            point = place[:, None] + along * directions
            where = np.stack([point[0] * 80 + 300, point[1] * 80 + 200]).astype(np.float32)
            seen = cv2.remap(image, where[0][None], where[1][None], cv2.INTER_LINEAR)[0]
            hit = np.isnan(depth) & (point[0] > left)
            grey[hit], depth[hit] = seen[hit], along[hit]
        frames.append(np.rint(grey).reshape(HEIGHT, WIDTH, 1).repeat(3, axis=2).astype(np.uint8))
        depths.append(depth.reshape(HEIGHT, WIDTH))
    return np.stack(frames), np.stack(depths)


def estimated(folder: Path, frames: np.ndarray, world: np.ndarray) -> Generated:
    asked = request("depth", {"source": frames}, folder / "in")
    write_camera(folder / "in" / "camera.npz", INNER, world)
    asked = replace(asked, media={**asked.media, "camera": folder / "in" / "camera.npz"})
    (made,) = run(Classical(method("motion-stereo-depth"), {}), [asked], folder / "out")
    return made


def test_depth_of_two_walls_is_found(tmp_path: Path) -> None:
    frames, truth = scene(cameras())
    made = estimated(tmp_path, frames, cameras())
    assert made.error is None
    error = np.abs(read(made.outputs["depth"])[..., 0] - truth) / truth
    assert np.median(error) < 0.01 and np.mean(error) < 0.06


def test_a_camera_that_only_turns_is_unsupported(tmp_path: Path) -> None:
    still = cameras(step=0.0)
    made = estimated(tmp_path, scene(still)[0], still)
    assert made.status == "unsupported" and isinstance(made.error, Unsupported) and made.error.field == "camera"


def test_another_number_of_cameras_is_named(tmp_path: Path) -> None:
    made = estimated(tmp_path, scene(cameras())[0], cameras()[:3])
    assert isinstance(made.error, BadMedia) and "camera.npz" in str(made.error)


def test_a_point_of_the_plane_lands_where_the_other_camera_sees_it() -> None:
    world = cameras()
    first, second = Camera(INNER, world[1]), Camera(INNER, world[4])
    point = np.array([0.3, -0.2, 2.5, 1.0])
    local = world[1] @ point
    seen = [(INNER @ (pose @ point)[:3]) for pose in (world[1], world[4])]
    indices = [np.array([*(one[:2] / one[2] - 0.5), 1]) for one in seen]
    mapped = homography(first, second, 1 / local[2]) @ indices[0]
    np.testing.assert_allclose(mapped / mapped[2], indices[1], atol=1e-9)


def test_parallax_of_a_slide_is_focal_length_times_way_over_depth() -> None:
    world = cameras(turn=0.0)
    assert parallax(Camera(INNER, world[0]), Camera(INNER, world[3]), 2.0, (HEIGHT, WIDTH)) == pytest.approx(12.0)


def test_a_turn_has_no_parallax() -> None:
    world = cameras(step=0.0)
    assert parallax(Camera(INNER, world[0]), Camera(INNER, world[3]), 2.0, (HEIGHT, WIDTH)) < 1e-9


def test_partners_stand_on_both_sides_about_the_parallax_away() -> None:
    assert partners({2: 6.0, 3: 4.0, 5: 2.0, 6: 3.5}, 4, 4.0) == [3, 6]
    assert partners({1: 0.1, 3: 4.0}, 2, 4.0) == [3]


@pytest.mark.parametrize("options", [{"near": 5.0, "far": 2.0}, {"planes": 2}, {"parallax": 0.0}, {"reach": 0}])
def test_wrong_options_are_refused_at_once(options: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        Classical(method("motion-stereo-depth"), options)
