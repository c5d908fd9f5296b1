"""Pixel metrics against outside implementations, run here or stored by tests/data/make_pixel_references.py."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import pytorch_msssim
import torch
import torchmetrics.functional.image as torchmetrics_image
from skimage.metrics import mean_squared_error, peak_signal_noise_ratio, structural_similarity

from tests.metrics.clips import Pair, noisy, texture
from tests.metrics.parity import agree
from tests.metrics.running import METRICS, score, values

STORED = json.loads((Path(__file__).parents[1] / "data" / "pixel_references.json").read_text(encoding="utf-8"))[
    "values"
]
SKIMAGE = "scikit-image==0.26.0"
FRAMEWISE = [
    "psnr-rgb",
    "psnr-y",
    "psnr-y-crop8",
    "psnr-y-tecogan",
    "ssim-rgb",
    "ssim-y",
    "ssim-y-crop8",
    "ssim-matlab-3d",
    "ssim-y-tecogan-as-published",
]


def roles(pair: Pair) -> dict[str, np.ndarray]:
    return dict(zip(("video", "target"), pair, strict=True))


@pytest.mark.parametrize("name", [*FRAMEWISE, "tof"])
def test_values_agree_with_the_published_code(name: str, pair: Pair) -> None:
    tolerance = METRICS[name].reference.tolerance
    assert tolerance is not None
    # BasicSR's own code, where the card names scikit-image.
    against = "XPixelGroup/BasicSR@8d56e3a" if name == "ssim-rgb" else ""
    agree(values(name, roles(pair)), STORED[name], of=name, against=against, stage="whole", atol=tolerance)


def test_temporal_flickering_agrees_with_vbench(pair: Pair) -> None:
    made = score("temporal-flickering", {"video": pair[0]}).value
    agree(made, STORED["temporal-flickering"][0], of="temporal-flickering", stage="whole", atol=1e-6)


def test_psnr_agrees_with_scikit_image(pair: Pair) -> None:
    expected = [peak_signal_noise_ratio(b, a) for a, b in zip(*pair, strict=True)]
    agree(values("psnr-rgb", roles(pair)), expected, of="psnr-rgb", against=SKIMAGE, stage="whole", atol=1e-9)


def test_psnr_of_the_mean_error_agrees_with_scikit_image(pair: Pair) -> None:
    expected = peak_signal_noise_ratio(pair[1], pair[0])
    agree(score("psnr-rgb-mse", roles(pair)).value, expected, of="psnr-rgb-mse", stage="whole", atol=1e-9)


# torchmetrics takes the logarithm of the data range in float32.
def test_psnr_of_the_mean_error_agrees_with_torchmetrics(pair: Pair) -> None:
    video, target = (torch.from_numpy(clip).double() for clip in pair)
    expected = float(torchmetrics_image.peak_signal_noise_ratio(video, target, data_range=255.0))
    made, against = score("psnr-rgb-mse", roles(pair)).value, "torchmetrics"
    agree(made, expected, of="psnr-rgb-mse", against=against, stage="whole", atol=1e-5)


def test_psnr_grey_agrees_with_scikit_image(pair: Pair) -> None:
    grey = [[cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in clip] for clip in pair]
    expected = [peak_signal_noise_ratio(b, a) for a, b in zip(*grey, strict=True)]
    agree(values("psnr-grey", roles(pair)), expected, of="psnr-grey", stage="whole", atol=1e-9)


def test_the_interpolation_error_is_the_rms_length_of_the_colour_difference(pair: Pair) -> None:
    expected = [
        np.sqrt(sum(mean_squared_error(a[..., c], b[..., c]) for c in range(3))) for a, b in zip(*pair, strict=True)
    ]
    agree(values("ie", roles(pair)), expected, of="ie", stage="whole", atol=1e-9)


def test_the_absolute_interpolation_error_is_the_mean_absolute_difference(pair: Pair) -> None:
    expected = [np.abs(a.astype(float) - b).mean() for a, b in zip(*pair, strict=True)]
    agree(values("ie-l1", roles(pair)), expected, of="ie-l1", against="numpy", stage="whole", atol=1e-9)


@pytest.mark.parametrize(
    "clip", [texture(3, 61, 103), np.full((3, 61, 103, 3), 250, np.uint8)], ids=["texture", "bright"]
)
def test_ssim_agrees_with_scikit_image(clip: np.ndarray) -> None:
    video = noisy(clip, 3)
    gaussian = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    expected = [structural_similarity(a, b, channel_axis=2, **gaussian) for a, b in zip(video, clip, strict=True)]
    made = values("ssim-rgb", {"video": video, "target": clip})
    agree(made, expected, of="ssim-rgb", against=SKIMAGE, stage="whole", atol=1e-5)


def test_ssim_with_a_box_agrees_with_scikit_image(pair: Pair) -> None:
    expected = [structural_similarity(a, b, channel_axis=2) for a, b in zip(*pair, strict=True)]
    agree(values("ssim-rgb-uniform7", roles(pair)), expected, of="ssim-rgb-uniform7", stage="whole", atol=1e-5)


# One scale must be odd: the reference pads odd sizes in its own way.
@pytest.mark.parametrize("size", [(176, 192), (181, 163), (190, 214)])
def test_ms_ssim_agrees_with_pytorch_msssim(size: tuple[int, int]) -> None:
    target = texture(2, *size)
    video = noisy(target, 20)
    tensors = (torch.from_numpy(clip).permute(0, 3, 1, 2).double() for clip in (video, target))
    expected = pytorch_msssim.ms_ssim(*tensors, data_range=255, size_average=False).numpy()
    made = values("ms-ssim-rgb", {"video": video, "target": target})
    agree(made, expected, of="ms-ssim-rgb", stage="whole", atol=1e-5)
