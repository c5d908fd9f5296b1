"""Resized frames are those of the library that the view names."""

from __future__ import annotations

import math
from itertools import product

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2.functional import center_crop, resize

from tests.metrics.clips import texture
from tests.metrics.parity import agree, resize_of
from vbench_py.features.geometry import apply, resized_size
from vbench_py.types import Geometry, Unsupported

SHAPES = [(72, 96), (97, 61), (224, 400), (300, 224)]
MODES = {"bilinear": InterpolationMode.BILINEAR, "bicubic": InterpolationMode.BICUBIC}


def clip(shape: tuple[int, int]) -> np.ndarray:
    return texture(2, *shape)


def tensor(frames: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(frames).permute(0, 3, 1, 2)


@pytest.mark.parametrize(("shape", "kernel", "antialias"), list(product(SHAPES, MODES, (False, True))))
def test_torch_pixels_are_those_of_torchvision_on_tensors(shape: tuple[int, int], kernel: str, antialias: bool) -> None:
    frames = clip(shape)
    geometry = Geometry((64,), "short", kernel, antialias, crop=(64, 64))  # type: ignore[arg-type]
    expected = center_crop(resize(tensor(frames).float(), [64], MODES[kernel], antialias=antialias), [64, 64])
    made = apply(geometry, frames)
    theirs = expected.permute(0, 2, 3, 1)
    agree(made, theirs, of=resize_of(geometry), against="torchvision tensors", stage="resize", atol=1e-4, rtol=1e-7)


@pytest.mark.parametrize(("shape", "kernel"), list(product(SHAPES, MODES)))
def test_pil_pixels_are_those_of_torchvision_on_images(shape: tuple[int, int], kernel: str) -> None:
    frames = clip(shape)
    geometry = Geometry((64,), "short", kernel, library="pil", crop=(64, 64))  # type: ignore[arg-type]
    expected = [center_crop(resize(Image.fromarray(frame), [64], MODES[kernel]), [64, 64]) for frame in frames]
    made = apply(geometry, frames)
    assert made.dtype == np.uint8
    theirs = np.stack([np.asarray(image) for image in expected])
    agree(made, theirs, of=resize_of(geometry), against="torchvision images", stage="resize")


@pytest.mark.parametrize("shape", SHAPES)
def test_float_pil_pixels_are_those_of_clean_fid(shape: tuple[int, int]) -> None:
    from cleanfid.resize import build_resizer

    frames = clip(shape)
    geometry = Geometry((299, 299), "exact", "bicubic", library="pil-float", clip=True)
    expected = np.stack([build_resizer("clean")(frame) for frame in frames])
    against = "clean-fid==0.1.35"
    agree(apply(geometry, frames), expected, of=resize_of(geometry), against=against, stage="resize")


@pytest.mark.parametrize("shape", SHAPES)
def test_tf1_pixels_are_those_of_torch_fidelity(shape: tuple[int, int]) -> None:
    from torch_fidelity.interpolate_compat_tensorflow import interpolate_bilinear_2d_like_tensorflow1x as like_tf1

    frames = clip(shape)
    expected = like_tf1(tensor(frames).float(), size=(224, 224), align_corners=False).permute(0, 2, 3, 1).numpy()
    geometry, against = Geometry((224, 224), library="tf1"), "torch-fidelity==0.4.0"
    made = apply(geometry, frames)
    agree(made, expected, of=resize_of(geometry), against=against, stage="resize", atol=2e-4, rtol=1e-7)


@pytest.mark.parametrize("shape", SHAPES)
def test_ceil_is_videogpts_rule(shape: tuple[int, int]) -> None:
    """Its shorter side is 64, the other rounded up; the square starts at half the rest, rounded down."""
    height, width = shape
    scale = 64 / min(shape)
    target = (64, math.ceil(width * scale)) if height < width else (math.ceil(height * scale), 64)
    whole = torch.nn.functional.interpolate(tensor(clip(shape)).float(), target, mode="bilinear", align_corners=False)
    top, left = (target[0] - 64) // 2, (target[1] - 64) // 2
    expected = whole[:, :, top : top + 64, left : left + 64].permute(0, 2, 3, 1).numpy()
    geometry = Geometry((64,), "short", crop=(64, 64), ceil=True)
    made, against = apply(geometry, clip(shape)), "the rule of wilson1yan/VideoGPT with torch"
    agree(made, expected, of=resize_of(geometry), against=against, stage="resize", atol=1e-4, rtol=1e-7)


def test_opencv_pixels_are_those_of_opencv() -> None:
    frames = clip((72, 96))
    expected = np.stack([cv2.resize(frame, (48, 27), interpolation=cv2.INTER_AREA) for frame in frames])
    geometry = Geometry((27, 48), kernel="area", library="cv2")
    agree(apply(geometry, frames), expected, of=resize_of(geometry), against="opencv", stage="resize")


@pytest.mark.parametrize(
    ("geometry", "shape", "expected"),
    [
        (Geometry((224,), "short"), (480, 832), (224, 388)),
        (Geometry((224,), "short"), (832, 480), (388, 224)),
        (Geometry((512,), "long", only_shrink=True), (480, 832), (295, 512)),
        (Geometry((512,), "long", only_shrink=True), (256, 256), (256, 256)),
        (Geometry((8,), "floor"), (101, 203), (96, 200)),
        (Geometry((299, 299)), (101, 203), (299, 299)),
    ],
)
def test_sizes_follow_the_fit(geometry: Geometry, shape: tuple[int, int], expected: tuple[int, int]) -> None:
    assert resized_size(geometry, *shape) == expected


def test_a_crop_that_does_not_fit_is_refused() -> None:
    with pytest.raises(Unsupported, match="does not fit"):
        apply(Geometry((32, 32), crop=(64, 64)), clip((72, 96)))


def test_without_a_geometry_frames_pass_unchanged() -> None:
    frames = clip((72, 96))
    assert apply(None, frames) is frames
