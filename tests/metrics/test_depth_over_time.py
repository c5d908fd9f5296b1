"""Steadiness of depth over time, on scenes and cameras whose answer is known."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from tests.metrics.clips import texture
from tests.metrics.depth_cases import camera_role, cameras, disparity, role, run, truth
from vbench_py.metrics.extractors.depth_reprojection import splatted
from vbench_py.types import BadMedia, Unsupported, UsageError

METRES = {"depth": "metres", "target": "metres"}
METRIC = {"units": METRES, "alignment": "metric"}
TAE = ("tae", "tae-zbuffer")


def towards_a_wall(frames: int = 4) -> dict[str, np.ndarray]:
    """A wall 6 m away that the camera walks up to, half a metre a frame; it looks straight at it."""
    intrinsics, poses = cameras(frames)
    poses = np.tile(np.eye(4), (frames, 1, 1))
    poses[:, 2, 3] = np.arange(frames) / 2
    depth = (
        np.ones((frames, 48, 64, 1), np.float32) * (6 - np.arange(frames, dtype=np.float32) / 2)[:, None, None, None]
    )
    return {"depth": depth, "target": depth, "camera": camera_role(intrinsics, poses)}


@pytest.mark.parametrize("name", TAE)
def test_the_depth_of_a_wall_that_comes_nearer_is_consistent(name: str) -> None:
    made = run(name, towards_a_wall(), **METRIC)
    assert made.value == pytest.approx(0, abs=1e-5)
    assert made.details["empty_share"] == 0 and made.details["overlap"] > 0.5


@pytest.mark.parametrize("name", TAE)
def test_depth_that_flickers_is_worse_the_more_it_does(name: str) -> None:
    roles = towards_a_wall()
    flicker = np.array([1, -1, 1, -1], np.float32)[:, None, None, None]
    steps = [
        run(name, {**roles, "depth": roles["depth"] * (1 + part * flicker)}, **METRIC).value
        for part in (0, 0.01, 0.03, 0.1)
    ]
    assert all(a < b for a, b in pairwise(steps)), steps


def test_a_known_flicker_has_a_known_error() -> None:
    roles = towards_a_wall(2)
    roles["depth"] = roles["depth"] * np.array([1, 1.25], np.float32)[:, None, None, None]
    # The wall is seen at 6 then 6.875: from the first 5.5 |6.875 - 5.5| / 6.875, from the second |6 - 7.375| / 6.
    expected = 100 * (1.375 / 6.875 + 1.375 / 6) / 2
    assert run("tae-zbuffer", roles, **METRIC).value == pytest.approx(expected, rel=1e-6)


def test_the_nearest_point_wins_and_as_published_the_last() -> None:
    depth = np.array([[1.0, 4.0]])
    ahead = np.eye(4)
    intrinsics = np.array([[1e-9, 0, 0], [0, 1e-9, 0], [0, 0, 1]])  # everything falls on the first pixel
    unit = np.diag([1.0, 1.0, 1.0])
    assert splatted(depth, ahead, unit, intrinsics, "nearest").tolist() == [[1, 0]]
    assert splatted(depth, ahead, unit, intrinsics, "last").tolist() == [[4, 0]]


def turned_away() -> dict[str, np.ndarray]:
    roles = towards_a_wall(2)
    poses = np.tile(np.eye(4), (2, 1, 1))
    poses[1, :3, :3] = np.diag([-1, 1, -1])
    return {**roles, "camera": camera_role(cameras(2)[0], poses)}


def test_a_pair_without_overlap_is_perfect_as_published() -> None:
    made = run("tae", turned_away(), **METRIC)
    assert made.value == 0 and made.details["empty_share"] == 1


def test_a_video_without_overlap_has_no_corrected_number() -> None:
    with pytest.raises(BadMedia, match="no pair of frames sees a common point"):
        run("tae-zbuffer", turned_away(), **METRIC)


def test_a_pair_without_overlap_is_left_out_and_reported() -> None:
    roles = towards_a_wall(3)
    roles["camera"] = roles["camera"].copy()
    roles["camera"][2, :, 3:, 0] = turned_away()["camera"][1, :, 3:, 0]
    made = run("tae-zbuffer", roles, **METRIC)
    assert made.value == pytest.approx(0, abs=1e-5) and made.details["empty_share"] == 0.5


@pytest.mark.parametrize("alignment", ["ls-disparity-sequence", "depthcrafter@1", "lad2"])
def test_pairs_are_fitted_as_frames_are(alignment: str) -> None:
    depth = truth()
    roles = {"depth": disparity(depth)[..., None], "target": role(depth), "camera": camera_role(*cameras(len(depth)))}
    units = METRES if alignment == "lad2" else {"depth": "disparity", "target": "metres"}
    if alignment == "lad2":
        roles["depth"] = np.where(depth > 0, depth, 5).astype(np.float32)[..., None] + roles["depth"]
    found = [run(name, roles, units=units, alignment=alignment).details for name in ("abs-rel", "tae-zbuffer")]
    assert (found[0]["scale"], found[0]["shift"]) == (found[1]["scale"], found[1]["shift"])


@pytest.mark.parametrize("name", TAE)
def test_the_size_of_the_chunks_does_not_matter(name: str) -> None:
    depth = truth()
    roles = {"depth": disparity(depth)[..., None], "target": role(depth), "camera": camera_role(*cameras(len(depth)))}
    assert run(name, roles, chunk=1).value == run(name, roles, chunk=4).value == run(name, roles).value


def test_the_camera_moves_with_the_crop_unless_as_published() -> None:
    roles = towards_a_wall()
    crop = {"crop": [0, 0, 20, 0], **METRIC}
    assert run("tae-zbuffer", roles, **crop).details["overlap"] != run("tae", roles, **crop).details["overlap"]


def test_cameras_of_another_shape_are_refused() -> None:
    roles = towards_a_wall()
    with pytest.raises(BadMedia, match=r"\[K \| R t\]"):
        run("tae", {**roles, "camera": roles["camera"][:, :, :6]}, **METRIC)


def test_medians_are_not_offered_over_pairs() -> None:
    with pytest.raises(UsageError, match="alignment 'median' is not offered here"):
        run("tae", towards_a_wall(), units=METRES, alignment="median")


SOURCE = np.repeat(texture(1, 48, 64), 5, axis=0)
STILL = np.repeat(truth(2)[:1, :, :, None] + 1, 5, axis=0).astype(np.float32)


def noise(part: float) -> np.ndarray:
    drawn = np.random.RandomState(0).randn(*STILL.shape).astype(np.float32)
    return STILL + np.float32(part) * drawn


def test_still_depth_of_a_still_video_is_steady() -> None:
    made = run("opw", {"depth": STILL, "source": SOURCE})
    assert made.value == 0 and made.details["weight"] == 1


def test_more_noise_is_less_steady() -> None:
    steps = [run("opw", {"depth": noise(part), "source": SOURCE}).value for part in (0, 0.05, 0.2, 1)]
    assert all(a < b for a, b in pairwise(steps)), steps


def test_scale_and_shift_do_not_matter_to_steadiness() -> None:
    values = [run("opw", {"depth": depth, "source": SOURCE}).value for depth in (noise(0.2), noise(0.2) * 3 - 1)]
    assert values[1] == pytest.approx(values[0], rel=1e-4)


def test_the_bare_definition_is_the_mean_change_where_nothing_moves() -> None:
    depth = noise(0.2)
    made = run("opw", {"depth": depth, "source": SOURCE}, normalisation="none")
    assert made.value == pytest.approx(np.abs(np.diff(depth[..., 0], axis=0)).mean(), rel=1e-5)


def test_what_the_flow_does_not_explain_counts_less() -> None:
    cut = np.concatenate([SOURCE[:2], 255 - SOURCE[2:]])
    whole, part = (run("opw", {"depth": noise(0.2), "source": video}).details["weight"] for video in (SOURCE, cut))
    assert part < whole == 1


def test_depth_of_another_size_is_brought_to_the_videos() -> None:
    made = run("opw", {"depth": STILL[:, ::2, ::2], "source": SOURCE})
    assert made.value == 0


def test_constant_depth_has_no_deviation_to_divide_by() -> None:
    with pytest.raises(Unsupported, match="one value everywhere"):
        run("opw", {"depth": np.full_like(STILL, 2), "source": SOURCE})
