"""Pixel metrics at the edges: identical frames, tiny errors, small frames, short clips."""

from __future__ import annotations

import numpy as np
import pytest

from tests.metrics.clips import Pair, texture
from tests.metrics.running import score, values
from vbench_py.metrics.extractors.crop import crop
from vbench_py.metrics.extractors.ssim import SSIM
from vbench_py.types import Unsupported


def test_psnr_of_one_wrong_level_does_not_beat_an_identical_frame() -> None:
    target = texture(1, 480, 854)
    video = target.copy()
    video[0, 0, 0, 0] ^= 1
    assert values("psnr-rgb", {"video": video, "target": target})[0] == 100.0


def test_psnr_of_the_mean_error_is_never_above_the_mean_psnr(pair: Pair) -> None:
    video, target = pair
    video = video.copy()
    video[3] = 0
    roles = {"video": video, "target": target}
    assert score("psnr-rgb-mse", roles).value < score("psnr-rgb", roles).value


@pytest.mark.parametrize("fps", [2.0, 24.0])
def test_the_worst_second_of_the_mean_error_is_not_above_the_video(pair: Pair, fps: float) -> None:
    video, target = pair
    video = video.copy()
    video[::2] //= 2
    made = score("psnr-rgb-mse", {"video": video, "target": target}, facts={"fps": fps})
    assert made.details["worst_second"] <= made.value


def test_ssim_does_not_depend_on_the_threads(pair: Pair) -> None:
    options = {"colour": "rgb", "crop": 0, "window": "gaussian11", "peak": 255.0}
    alone, pooled = SSIM(options, {}), SSIM(options, {})
    pooled.load("cpu")
    windows = [clip[:, None] for clip in pair]
    made = pooled(*windows)["value"]
    pooled.close()
    assert np.array_equal(alone(*windows)["value"], made)


@pytest.mark.parametrize(
    ("name", "size"),
    [("ssim-rgb", (10, 40)), ("ms-ssim-rgb", (160, 200)), ("psnr-y-crop8", (16, 40)), ("tof", (40, 90))],
)
def test_frames_that_are_too_small_are_unsupported(name: str, size: tuple[int, int]) -> None:
    clip = texture(6, *size)
    with pytest.raises(Unsupported, match="size"):
        score(name, {"video": clip, "target": clip})


def test_tecogans_ssim_needs_a_prediction_with_contrast() -> None:
    target = texture(5, 64, 64)
    with pytest.raises(Unsupported, match="range"):
        score("ssim-y-tecogan-as-published", {"video": np.full_like(target, 7), "target": target})


@pytest.mark.parametrize(("size", "expected"), [((72, 96), (32, 64)), ((480, 854), (448, 832)), ((63, 64), (32, 32))])
def test_tecogans_crop_leaves_sixteen_pixels_at_least(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert crop(np.zeros(size), "tecogan").shape == expected


def test_trimmed_frames_do_not_count(pair: Pair) -> None:
    video, target = pair
    damaged = video.copy()
    damaged[[0, 1, -2, -1]] = 0
    assert np.array_equal(
        values("tof", {"video": damaged, "target": target}), values("tof", {"video": video, "target": target})
    )


def test_a_clip_that_is_trimmed_away_is_unsupported(pair: Pair) -> None:
    with pytest.raises(Unsupported, match="at least 6 frames"):
        score("tof", {"video": pair[0][:5], "target": pair[1][:5]})
