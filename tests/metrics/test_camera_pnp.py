"""Poses from pictures: on a rendered world whose cameras are known, and where there is nothing to find."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from tests.metrics.running import build, metric
from vbench_py.metrics.extractors.camera import Cameras
from vbench_py.types import BadMedia, Facts, Score, Series, Unsupported
from vbench_py.video.cameras import write_camera
from vbench_py.video.dense_write import write_depth
from vbench_py.world import WorldParameters, cameras, depth, rgb

FRAMES = 8
ROLES = ("video", "depth_target", "camera")
Truth = Mapping[str, np.ndarray]


@pytest.fixture(scope="module")
def orbit() -> Truth:
    """An orbit of eight frames about a scene that stands still."""
    asked = WorldParameters(scene=3, frames=FRAMES, camera="orbit", still=True)
    intrinsics, poses = cameras(asked)
    return {
        "video": np.stack(list(rgb(asked))),
        "depth": np.stack(list(depth(asked))),
        "intrinsics": intrinsics,
        "poses": poses,
    }


def written(folder: Path, truth: Truth, video: np.ndarray | None = None, unit: str = "metres") -> tuple[Path, ...]:
    """Files of video, depth and cameras."""
    paths = tuple(folder / f"{role}.npz" for role in ROLES)
    np.savez(paths[0], video=truth["video"] if video is None else video)
    write_depth(paths[1], truth["depth"], unit=unit)  # type: ignore[arg-type]
    write_camera(paths[2], truth["intrinsics"], truth["poses"])
    return paths


def scored(name: str, paths: tuple[Path, ...], poses: np.ndarray) -> Score:
    judge = metric(name)
    found = dict(build(judge.needs["made"])(*paths))
    asked = Series(np.arange(len(poses)), {"world_to_camera": poses[:, :3]})
    return judge.score({"made": Series(found.pop("index"), found), "asked": asked}, Facts({}))  # type: ignore[no-any-return]


def test_true_pictures_give_the_true_poses(orbit: Truth, tmp_path: Path) -> None:
    paths = written(tmp_path, orbit)
    turn, step = (scored(name, paths, orbit["poses"]) for name in ("rot-err-pnp", "trans-err-pnp"))
    assert turn.value < 0.2 and step.value < 0.03, "degrees, metres; the path is 1.6 m long"
    assert turn.details["failed_frames"] == 0


def test_a_camera_that_stands_still_is_seen_to(orbit: Truth, tmp_path: Path) -> None:
    still = np.broadcast_to(orbit["video"][:1], orbit["video"].shape)
    paths = written(tmp_path, orbit, still)
    assert scored("rot-err-pnp", paths, np.broadcast_to(orbit["poses"][:1], orbit["poses"].shape)).value < 1e-3
    assert scored("trans-err-pnp", paths, orbit["poses"]).value > 0.3


def test_the_further_from_the_asked_path_the_worse(orbit: Truth, tmp_path: Path) -> None:
    found = []
    for slow in (1, 2, 4):
        order = np.arange(FRAMES) // slow
        paths = written(tmp_path, orbit, orbit["video"][order])
        found.append([scored(name, paths, orbit["poses"]).value for name in ("rot-err-pnp", "trans-err-pnp")])
    assert (np.diff(np.array(found), axis=0) > 0).all(), found


def test_twice_is_the_same(orbit: Truth, tmp_path: Path) -> None:
    paths = written(tmp_path, orbit)
    made = build(metric("rot-err-pnp").needs["made"])
    np.testing.assert_array_equal(made(*paths)["world_to_camera"], made(*paths)["world_to_camera"])


def test_frames_of_something_else_have_no_pose(orbit: Truth, tmp_path: Path) -> None:
    video = orbit["video"].copy()
    video[5] = 128
    paths = written(tmp_path, orbit, video)
    kept = scored("rot-err-pnp", paths, orbit["poses"])
    assert kept.details["failed_frames"] == 1 and kept.details["frames"] == FRAMES - 1
    video[2:] = 128
    with pytest.raises(Unsupported, match="6 of 8 poses are unknown"):
        scored("rot-err-pnp", written(tmp_path, orbit, video), orbit["poses"])


def test_a_first_frame_without_points_is_refused(orbit: Truth, tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="0 points of known depth"):
        scored("rot-err-pnp", written(tmp_path, orbit, np.full_like(orbit["video"], 90)), orbit["poses"])


def test_what_does_not_belong_together_is_refused(orbit: Truth, tmp_path: Path) -> None:
    longer = np.concatenate([orbit["video"], orbit["video"][:1]])
    for video, unit, message in ((longer, "metres", "more than the 8 frames"), (None, "relative", "depth in relative")):
        with pytest.raises(BadMedia, match=message):
            scored("rot-err-pnp", written(tmp_path, orbit, video, unit), orbit["poses"])
    with pytest.raises(BadMedia, match="depth of 192x128"):
        scored("rot-err-pnp", written(tmp_path, orbit, orbit["video"][:, :-2]), orbit["poses"])


def test_the_camera_stream_is_taken_apart() -> None:
    frames = np.arange(2 * 21, dtype=np.float64).reshape(2, 1, 3, 7, 1)
    made = Cameras({}, {})(frames)
    np.testing.assert_array_equal(made["intrinsics"], frames[:, 0, :, :3, 0])
    np.testing.assert_array_equal(made["world_to_camera"], frames[:, 0, :, 3:, 0])
