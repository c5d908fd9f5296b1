"""Other cameras on the same moments: the clip repeated, and its points carried over."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.adapters.helpers import method, request, run, waves
from vbench_py.adapters.classical import Classical
from vbench_py.adapters.classical.reproject import filled, splat
from vbench_py.types import BadMedia, Generated, Unsupported
from vbench_py.video import read, write_camera, write_depth

CLIP = waves(3, 48, 64, detail=0.3)
INNER = np.array([[64.0, 0, 32], [0, 64, 24], [0, 0, 1]])
HERE = np.tile(np.eye(4), (3, 1, 1))
BESIDE = HERE.copy()
BESIDE[:, 0, 3] = -0.25
"""A quarter of a metre to the right: a wall 2 m away slides 8 pixels to the left."""


def seen(folder: Path, name: str, *, depth: np.ndarray | None = None, unit: Any = "metres", **facts: Any) -> Generated:
    asked = request("novel_view_4d", {"source": CLIP}, folder / "in")
    paths = {role: folder / "in" / f"{role}.npz" for role in ("source_depth", "source_camera", "camera")}
    wall = np.full((3, 48, 64), 2, np.float32) if depth is None else depth
    write_depth(paths["source_depth"], wall, unit=unit)
    write_camera(paths["source_camera"], INNER, HERE)
    write_camera(paths["camera"], INNER, np.stack([HERE, BESIDE]), views=("0", "1"))
    asked = replace(asked, media={**asked.media, **paths}, sample=replace(asked.sample, facts=facts))
    (made,) = run(Classical(method(name), {}), [asked], folder / "out")
    return made


@pytest.mark.parametrize("name", ["nearest-view", "depth-reprojection"])
def test_views_are_called_after_their_azimuths(name: str, tmp_path: Path) -> None:
    made = seen(tmp_path, name, azimuths=[0, 29.6])
    assert made.error is None and list(made.outputs) == ["view/000", "view/030"]


def test_without_azimuths_the_camera_file_names_them(tmp_path: Path) -> None:
    assert list(seen(tmp_path, "nearest-view").outputs) == ["view/0", "view/1"]


def test_the_nearest_view_is_the_clip(tmp_path: Path) -> None:
    for path in seen(tmp_path, "nearest-view").outputs.values():
        np.testing.assert_array_equal(read(path), CLIP)


def test_a_wall_slides_as_the_camera_moves(tmp_path: Path) -> None:
    made = seen(tmp_path, "depth-reprojection")
    same, moved = (read(made.outputs[f"view/{name}"]) for name in "01")
    np.testing.assert_array_equal(same, CLIP)
    np.testing.assert_array_equal(moved[:, :, :-8], CLIP[:, :, 8:])


def test_the_nearer_surface_hides_the_farther() -> None:
    frame = np.full((48, 64, 3), 50, np.uint8)
    depth = np.full((48, 64), 4.0)
    frame[:, 32:], depth[:, 32:] = 200, 2.0
    made, hit = splat(frame, depth, (INNER, HERE[0]), (INNER, BESIDE[0]))
    # The near half begins 8 pixels farther left, the far half moved by 4 only.
    assert (made[:, 25:55][hit[:, 25:55]] == 200).all() and (made[:, :23][hit[:, :23]] == 50).all()
    assert not hit[:, 57:].any()


def test_unknown_depth_falls_nowhere_and_holes_take_the_nearest_colour() -> None:
    frame = np.full((48, 64, 3), 50, np.uint8)
    frame[:, 40:] = 200
    depth = np.full((48, 64), 2.0)
    depth[:, 30:] = np.nan
    made, hit = splat(frame, depth, (INNER, HERE[0]), (INNER, HERE[0]))
    np.testing.assert_array_equal(hit, np.isfinite(depth))
    assert (filled(made, hit) == 50).all()


def test_a_view_of_nothing_is_the_mean_colour(tmp_path: Path) -> None:
    made = seen(tmp_path, "depth-reprojection", depth=np.full((3, 48, 64), np.nan, np.float32))
    frame = read(made.outputs["view/1"])[0]
    np.testing.assert_array_equal(frame[0, 0], np.rint(CLIP[0].mean(axis=(0, 1))).astype(np.uint8))


def test_depth_that_is_not_in_metres_is_unsupported(tmp_path: Path) -> None:
    made = seen(tmp_path, "depth-reprojection", unit="disparity")
    assert made.status == "unsupported" and isinstance(made.error, Unsupported)
    assert made.error.field == "source_depth"


def test_counts_that_do_not_agree_are_named(tmp_path: Path) -> None:
    short = np.full((2, 48, 64), 2, np.float32)
    assert isinstance(seen(tmp_path / "a", "depth-reprojection", depth=short).error, BadMedia)
    assert isinstance(seen(tmp_path / "b", "nearest-view", azimuths=[0, 30, 60]).error, BadMedia)
