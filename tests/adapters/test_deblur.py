"""Deblurring: a known blur, undone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from scipy.signal import convolve2d

from tests.adapters.helpers import method, psnr, request, run
from vbench_py.adapters.classical import Classical
from vbench_py.adapters.classical.blur import blur_sigma
from vbench_py.adapters.classical.deblur import point_spread, unsharp_mask, wiener
from vbench_py.types import UsageError
from vbench_py.video import read

GAUSSIAN: dict[str, Any] = {"psf": "gaussian", "sigma": 1.5, "length": 9.0, "angle": 0.0}


def blocks(height: int = 72, width: int = 96) -> np.ndarray:
    """Random flat blocks of 6 pixels: sharp edges everywhere, (H, W, 3) uint8."""
    small = np.random.default_rng(5).integers(40, 216, (height // 6, width // 6, 3), dtype=np.uint8)
    return small.repeat(6, axis=0).repeat(6, axis=1)


def blurred(sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(blocks(), (0, 0), sigma, borderType=cv2.BORDER_REFLECT)


def test_wiener_undoes_a_gaussian_blur_of_known_width_by_three_decibels() -> None:
    restored = wiener(blurred(1.5), **GAUSSIAN, noise_to_signal=0.005)
    assert psnr(restored, blocks()) > psnr(blurred(1.5), blocks()) + 3


@pytest.mark.parametrize("angle", [0.0, 30.0, 90.0])
def test_wiener_undoes_a_linear_blur_of_known_angle_by_two_decibels(angle: float) -> None:
    kernel = point_spread("linear", sigma=1.0, length=9.0, angle=angle)
    moved = cv2.filter2D(blocks(), -1, kernel, borderType=cv2.BORDER_REFLECT)
    restored = wiener(moved, psf="linear", sigma=1.0, length=9.0, angle=angle, noise_to_signal=0.01)
    assert psnr(restored, blocks()) > psnr(moved, blocks()) + 2


def test_wiener_agrees_with_scikit_image_within_one_level_away_from_the_border() -> None:
    from skimage.restoration import wiener as theirs_of

    frame, ratio = blurred(1.5), 0.01
    kernel = point_spread(**GAUSSIAN)
    # Their regulariser is multiplied by a Laplacian's power; an impulse makes it flat, as ours is.
    channel = frame[..., 0].astype(np.float64) / 255
    flat = np.zeros((3, 3))
    flat[1, 1] = 1
    theirs = theirs_of(channel, kernel, ratio, reg=flat, clip=False) * 255 * (1 + ratio)
    ours = wiener(frame, **GAUSSIAN, noise_to_signal=ratio)[..., 0].astype(np.float64)
    inside = (slice(16, -16), slice(16, -16))
    assert np.abs(ours - np.clip(theirs, 0, 255))[inside].max() <= 1


def test_wiener_keeps_the_mean_level() -> None:
    flat = np.full((32, 32, 3), 200, np.uint8)
    np.testing.assert_array_equal(wiener(flat, **GAUSSIAN, noise_to_signal=0.05), flat)


def test_the_gaussian_spread_blurs_as_opencv_does_within_a_thousandth() -> None:
    ours = convolve2d(blocks()[..., 0].astype(np.float64), point_spread(**GAUSSIAN), mode="valid")
    theirs = cv2.GaussianBlur(blocks()[..., 0].astype(np.float64), (13, 13), 1.5)[6:-6, 6:-6]
    np.testing.assert_allclose(ours, theirs, atol=255e-3)


def test_a_horizontal_line_spread_is_a_mean_along_the_row() -> None:
    kernel = point_spread("linear", sigma=1.0, length=9.0, angle=0.0)
    np.testing.assert_allclose(kernel[kernel.shape[0] // 2, 1:-1], np.full(9, 1 / 9), atol=1e-6)


def test_an_angle_turns_the_line_anticlockwise() -> None:
    kernel = point_spread("linear", sigma=1.0, length=9.0, angle=45.0)
    assert np.flipud(kernel).trace() > 0.5 > kernel.trace()


def test_an_unsharp_mask_recovers_part_of_a_blur() -> None:
    assert psnr(unsharp_mask(blurred(1.0), sigma=1.5, amount=1.0), blocks()) > psnr(blurred(1.0), blocks()) + 1


@pytest.mark.parametrize("sigma", [1.0, 1.5, 2.0])
def test_the_blur_is_measured_within_a_third(sigma: float) -> None:
    assert blur_sigma([blurred(sigma)]) == pytest.approx(sigma, rel=1 / 3)


def test_a_frame_without_edges_has_no_blur() -> None:
    assert blur_sigma([np.full((32, 32, 3), 200, np.uint8)]) == 0


def restored(clip: np.ndarray, folder: Path) -> np.ndarray:
    """What `wiener` as its card has it makes of a clip."""
    asked = request("deblurring", {"source": clip}, folder)
    (made,) = run(Classical(method("wiener"), {}), [asked], folder / "out")
    return read(made.outputs["video"])


def test_wiener_measures_the_blur_that_it_undoes_by_two_decibels(tmp_path: Path) -> None:
    made = restored(np.stack([blurred(1.5)] * 2), tmp_path)
    assert psnr(made[0], blocks()) > psnr(blurred(1.5), blocks()) + 2


def test_wiener_leaves_a_sharp_clip_as_it_is(tmp_path: Path) -> None:
    clip = np.stack([blocks()] * 10)
    np.testing.assert_array_equal(restored(clip, tmp_path), clip)


def test_one_measure_serves_the_whole_clip(tmp_path: Path) -> None:
    clip = np.stack([blurred(1.5)] * 8 + [blocks()] * 2)
    assert not np.array_equal(restored(clip, tmp_path)[9], blocks())


def test_size_and_length_stay(tmp_path: Path) -> None:
    clip = np.stack([blurred(1.5)] * 3)
    (made,) = run(
        Classical(method("wiener"), {}), [request("deblurring", {"source": clip}, tmp_path)], tmp_path / "out"
    )
    assert read(made.outputs["video"]).shape == clip.shape


def test_a_size_that_is_insisted_on_is_unsupported(tmp_path: Path) -> None:
    clip = np.stack([blurred(1.5)] * 2)
    asked = request("deblurring", {"source": clip}, tmp_path, width=64, height=64, size_policy="exact")
    (made,) = run(Classical(method("unsharp-mask"), {}), [asked], tmp_path / "out")
    assert (made.status, str(made.error)[:5]) == ("unsupported", "size:")


@pytest.mark.parametrize("options", [{"psf": "disc"}, {"sigma": 0}, {"noise_to_signal": 0.0}, {"length": -1.0}])
def test_wrong_options_are_refused_at_once(options: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        Classical(method("wiener"), options)
