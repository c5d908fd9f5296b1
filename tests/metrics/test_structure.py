"""Drift, seams and loops on videos whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from tests.metrics.clips import blurred, noisy, texture
from tests.metrics.running import score
from vbench_py.metrics.extractors.frame_stats import FrameStatistics, Thumbnail
from vbench_py.types import Chunk, Score, Unsupported


def greys(levels: np.ndarray) -> np.ndarray:
    """(T, 16, 16, 3) uint8 frames of one level each."""
    return np.broadcast_to(levels.astype(np.uint8)[:, None, None, None], (len(levels), 16, 16, 3))


def test_statistics_of_known_frames() -> None:
    half = np.zeros((1, 1, 8, 8, 3), np.uint8)
    half[0, 0, :, 4:] = 200
    red = np.zeros((1, 1, 8, 8, 3), np.uint8)
    red[..., 0] = 255
    made = FrameStatistics({}, {})(np.concatenate([half, red]))
    assert (made["luma"][0], made["contrast"][0], made["chroma"][0]) == (100, 100, 0)
    # Two columns of 8 jump by 200: +200 on the dark side, -200 on the bright.
    assert made["sharpness"][0] == pytest.approx(200**2 / 4)
    assert (made["contrast"][1], made["sharpness"][1]) == (0, 0)
    # BT.601: Y = 76, Cr = 255 (clipped), Cb = 85.
    assert made["luma"][1] == 76 and made["chroma"][1] == pytest.approx(np.hypot(127, 43), abs=0.7)


def test_thumbnail_is_the_mean_of_areas() -> None:
    frame = np.arange(32 * 32, dtype=np.uint8).reshape(32, 32)
    made = Thumbnail({"side": 16}, {})(np.repeat(frame[None, None, :, :, None], 3, axis=4))["thumbnail"]
    np.testing.assert_allclose(made[0], frame.reshape(16, 2, 16, 2).mean(axis=(1, 3)).reshape(-1), atol=1e-4)


def test_drift_of_a_known_ramp() -> None:
    made = score("drift-luma", {"video": greys(100 - 2 * np.arange(20))}, facts={"fps": 10.0})
    # 15 % of 20 frames are 3: 98 against 64.
    assert made.value == 34 and made.details["difference"] == -34
    assert made.details["slope_per_second"] == pytest.approx(-20)
    assert made.curve is not None and len(made.curve.values) == 20
    assert made.details["worst_second"] == pytest.approx(np.mean(made.curve.values[10:]))


def test_drift_of_two_frames_without_a_frame_rate() -> None:
    made = score("drift-luma", {"video": greys(np.array([10, 30]))})
    assert made.value == 20 and set(made.details) == {"difference", "first", "last"}


def test_exposure_drift_of_a_known_ramp() -> None:
    for levels, slope in ((100 - 2 * np.arange(20), -20), (50 + np.arange(20), 10)):
        made = score("exposure-drift", {"video": greys(levels)}, facts={"fps": 10.0})
        assert made.value == pytest.approx(abs(slope)) and made.details["slope"] == pytest.approx(slope)
        assert made.details["residual"] == pytest.approx(0, abs=1e-12)


def test_exposure_that_comes_and_goes_does_not_drift() -> None:
    there = 100 + 4 * np.arange(10)
    made = score("exposure-drift", {"video": greys(np.concatenate([there, there[::-1]]))}, facts={"fps": 10.0})
    assert made.value == pytest.approx(0, abs=1e-9) and made.details["residual"] > 5


def test_exposure_drift_needs_a_frame_rate() -> None:
    with pytest.raises(Unsupported, match="no frame rate"):
        score("exposure-drift", {"video": greys(np.arange(4))})


@pytest.mark.parametrize("statistic", ["luma", "chroma", "contrast", "sharpness"])
def test_drift_of_a_still_video_is_none(statistic: str) -> None:
    made = score(f"drift-{statistic}", {"video": np.repeat(texture(1, 32, 40), 4, axis=0)}, facts={"fps": 2.0})
    assert made.value == 0 and made.details["worst_second"] == 0


def test_drift_of_chroma_and_contrast_sees_colours_fade() -> None:
    clip = texture(8, 32, 40)
    weight = np.linspace(1, 0.2, 8)[:, None, None, None]
    faded = (128 + (clip.astype(np.float64) - 128) * weight).astype(np.uint8)
    for name in ("drift-chroma", "drift-contrast"):
        assert score(name, {"video": faded}).value > 3 * score(name, {"video": clip}).value


def test_drift_of_sharpness_grows_with_the_blur_of_the_end() -> None:
    clip = noisy(texture(8, 48, 64), 10)
    steps = [
        score("drift-sharpness", {"video": np.concatenate([clip[:4], blurred(clip[4:], radius)])}).value
        for radius in (0, 1, 3)
    ]
    assert steps == sorted(steps) and steps[0] < 0.5 < 2 < steps[1]


def seam(video: np.ndarray, firsts: tuple[int, ...] = (0, 4)) -> Score:
    ends = (*firsts[1:], len(video))
    timeline = tuple(Chunk(first, end - 1, float(i)) for i, (first, end) in enumerate(zip(firsts, ends, strict=True)))
    return score("seam-score", {"video": video}, facts={"fps": 4.0, "timeline": timeline})


def test_a_still_video_has_no_seam() -> None:
    assert seam(np.repeat(texture(1, 64, 80), 8, axis=0)).value == 1


def test_a_jump_in_brightness_is_a_seam() -> None:
    clip = texture(8, 64, 80) // 2
    jump = clip.copy()
    jump[4:] += 25
    made = seam(jump)
    assert made.value > 20 * seam(clip).value
    assert (made.details["seams"], made.details["worst_seam_frame"]) == (1, 4)
    assert made.details["worst_seam"] == made.value and made.details["worst_second"] > 1


def test_a_timeline_from_a_row_is_read_too() -> None:
    clip = texture(6, 64, 80)
    rows = [{"first": 0, "last": 2, "emitted_at": 1.0}, {"first": 3, "last": 5, "emitted_at": 2.0}]
    assert score("seam-score", {"video": clip}, facts={"timeline": rows}).details["seams"] == 1


def test_a_video_without_chunks_has_no_seam_score() -> None:
    for facts in ({}, {"timeline": ()}, {"timeline": (Chunk(0, 5, 1.0),)}):
        with pytest.raises(Unsupported, match="timeline"):
            score("seam-score", {"video": texture(6, 64, 80)}, facts=facts)


def test_a_video_whose_every_pair_is_a_seam_has_no_seam_score() -> None:
    with pytest.raises(Unsupported, match="no pair with another frame"):
        seam(texture(3, 64, 80), (0, 1, 2))


def test_a_loop_is_found_with_its_length() -> None:
    there = greys(np.arange(0, 200, 20))
    made = score("loop-score", {"video": np.concatenate([there, there])}, facts={"fps": 5.0})
    assert made.value == 0.5 and made.details["seconds_back"] == 2
    assert made.curve is not None and made.curve.values.tolist() == [0.0] * 10 + [1.0] * 10
    assert made.details["worst_second"] == 1


@pytest.mark.parametrize("levels", [np.full(20, 50), np.arange(0, 200, 10)], ids=["still", "onward"])
def test_a_video_that_stands_still_or_moves_on_has_no_loop(levels: np.ndarray) -> None:
    assert score("loop-score", {"video": greys(levels)}, facts={"fps": 5.0}).value == 0


def test_a_quick_return_is_no_loop() -> None:
    back = greys(np.array([50, 50, 90, 50, 50, 50]))
    assert score("loop-score", {"video": back}, facts={"fps": 6.0}).value == 0
    assert score("loop-score", {"video": back}, facts={"fps": 2.0}).value > 0


def test_loops_need_a_frame_rate() -> None:
    with pytest.raises(Unsupported, match="fps"):
        score("loop-score", {"video": greys(np.arange(5))})
