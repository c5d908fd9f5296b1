"""Temporal metrics on motion whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from tests.metrics.clips import noisy, texture
from tests.metrics.running import score
from vbench_py.metrics.extractors.flow import flow_function, grey
from vbench_py.metrics.extractors.warping import WarpingError, consistent
from vbench_py.types import Unsupported


def test_flickering_of_a_known_jump() -> None:
    video = np.stack([np.full((8, 8, 3), level, np.uint8) for level in (10, 20, 40)])
    assert score("temporal-flickering", {"video": video}).value == pytest.approx(1 - 15 / 255, abs=1e-12)


def test_flickering_of_a_single_frame_is_unsupported() -> None:
    with pytest.raises(Unsupported, match="at least 2 frames"):
        score("temporal-flickering", {"video": texture(1, 16, 16)})


@pytest.mark.parametrize("name", ["farneback", "dis"])
def test_flow_finds_a_known_translation(name: str) -> None:
    clip = texture(2, 96, 128)
    flow = flow_function(name)(grey(clip[0]), grey(clip[1]))
    assert np.median(flow.reshape(-1, 2), axis=0) == pytest.approx([-2, -1], abs=0.15)


@pytest.mark.parametrize("name", ["tof", "tof-dis"])
def test_tof_of_a_video_without_motion_is_the_length_of_the_motion(name: str) -> None:
    target = texture(8, 96, 128)
    video = np.repeat(target[:1], 8, axis=0)
    assert score(name, {"video": video, "target": target}).value == pytest.approx(np.hypot(1, 2), rel=0.1)


def test_tof_is_the_plain_formula_to_the_last_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    # Functions that round otherwise at the ends of unaligned arrays make it depend on where the flow lies in memory.
    flows = np.random.RandomState(0).standard_normal((2, 33, 47, 2)).astype(np.float32)
    answers = iter(flows)
    monkeypatch.setattr(
        "vbench_py.metrics.extractors.flow_difference.flow_function", lambda name: lambda first, second: next(answers)
    )
    clip = texture(2, 33, 47)
    x, y = np.moveaxis(flows[0] - flows[1], 2, 0)
    expected = np.mean(np.sqrt(np.square(x) + np.square(y)), dtype=np.float64)
    assert score("tof-dis", {"video": clip, "target": clip}).value == expected


def test_warping_error_of_smooth_motion_is_small() -> None:
    made = score("warping-error-dis", {"video": texture(4, 96, 128)})
    assert made.value < 1e-4
    assert made.details["valid_share"] > 0.9


def test_warping_error_of_flicker_is_about_its_variance() -> None:
    video = np.repeat(texture(1, 96, 128), 2, axis=0)
    video[0], video[1] = video[0] // 2, video[0] // 2 + 51
    assert score("warping-error-dis", {"video": video}).value == pytest.approx(0.2**2, rel=0.05)


def test_warping_error_agrees_with_the_formula_of_lai_on_the_same_flow_and_mask() -> None:
    first, second = noisy(texture(2, 64, 80), 10)
    flow = flow_function("dis")
    forward, backward = flow(grey(first), grey(second)), flow(grey(second), grey(first))
    rows, columns = np.mgrid[:64, :80]
    places = [rows + forward[..., 1], columns + forward[..., 0]]
    warped = np.stack([map_coordinates(second[..., c] / 255, places, order=1, mode="nearest") for c in range(3)], -1)
    mask = np.repeat(consistent(forward, backward)[..., None], 3, axis=2)
    expected = np.sum(np.square((warped - first / 255) * mask)) / np.sum(mask)
    made = WarpingError({"flow": "dis"}, {})(np.stack([first, second])[None])
    # OpenCV's remap rounds positions to 1/32 pixel.
    assert made["value"][0] == pytest.approx(expected, rel=0.02)


def test_a_pair_without_valid_pixels_is_left_out_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    clip = texture(3, 32, 32)
    answers = iter([True, True, False, False])

    def flow(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        inside = next(answers)
        return np.full((32, 32, 2), 0.0 if inside else 99.0, np.float32)

    monkeypatch.setattr("vbench_py.metrics.extractors.warping.flow_function", lambda name: flow)
    made = score("warping-error-dis", {"video": clip})
    assert made.details["pairs_without_valid_pixels"] == 1
    assert made.curve is not None and len(made.curve.values) == 1


def test_a_video_without_valid_pixels_is_unsupported(monkeypatch: pytest.MonkeyPatch) -> None:
    far = np.full((32, 32, 2), 99.0, np.float32)
    monkeypatch.setattr("vbench_py.metrics.extractors.warping.flow_function", lambda name: lambda first, second: far)
    with pytest.raises(Unsupported, match="no window"):
        score("warping-error-dis", {"video": texture(2, 32, 32)})
