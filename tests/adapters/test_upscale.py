"""Upscaling: each kernel against an outside implementation or its own law."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from tests.adapters.helpers import method, psnr, request, run, waves
from vbench_py.adapters.classical import Classical
from vbench_py.adapters.classical.upscale import OPERATIONS, bicubic, bilinear, lanczos, lanczos_sharpened, nearest
from vbench_py.types import UsageError
from vbench_py.video import read

FRAME = waves(1, 18, 26)[0]


def by_torch(mode: str, size: tuple[int, int]) -> np.ndarray:
    pixels = torch.from_numpy(FRAME).permute(2, 0, 1)[None].double()
    options = {} if mode == "nearest-exact" else {"align_corners": False}
    large = torch.nn.functional.interpolate(pixels, size=size, mode=mode, **options)
    return large[0].permute(1, 2, 0).round().clamp(0, 255).byte().numpy()


def test_nearest_repeats_pixels() -> None:
    np.testing.assert_array_equal(nearest(FRAME, (72, 104)), FRAME.repeat(4, axis=0).repeat(4, axis=1))


def test_bilinear_agrees_with_torch_within_one_level() -> None:
    difference = bilinear(FRAME, (72, 104)).astype(int) - by_torch("bilinear", (72, 104))
    assert np.abs(difference).max() <= 1


def test_bicubic_is_keys_cubic_of_minus_a_half_within_two_levels_of_pillow() -> None:
    from PIL import Image

    theirs = np.asarray(Image.fromarray(FRAME).resize((104, 72), Image.Resampling.BICUBIC)).astype(int)
    ours = bicubic(FRAME, (72, 104)).astype(int)
    # Both round between the axes, in opposite order; borders differ: MATLAB mirrors, Pillow renormalises.
    assert np.abs(ours - theirs)[8:-8, 8:-8].max() <= 2


def test_bicubic_is_not_opencv_cubic() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    theirs = cv2.resize(noise, (64, 64), interpolation=cv2.INTER_CUBIC).astype(int)
    assert np.abs(bicubic(noise, (64, 64)).astype(int) - theirs).max() > 3


@pytest.mark.parametrize("size", [(72, 104), (37, 53)])
def test_a_flat_frame_stays_flat(size: tuple[int, int]) -> None:
    flat = np.full((18, 26, 3), (10, 128, 250), np.uint8)
    for enlarge in (nearest, bilinear, bicubic, lanczos):
        np.testing.assert_array_equal(enlarge(flat, size), np.broadcast_to(flat[0, 0], (*size, 3)))


def test_smooth_kernels_beat_nearest_on_a_smooth_texture() -> None:
    truth = waves(1, 96, 128, detail=0.5)[0]
    small = cv2.resize(truth, (32, 24), interpolation=cv2.INTER_AREA)
    worst = psnr(nearest(small, (96, 128)), truth)
    assert min(psnr(enlarge(small, (96, 128)), truth) for enlarge in (bilinear, bicubic, lanczos)) > worst + 3


def test_sharpening_raises_contrast_of_fine_detail() -> None:
    size = (72, 104)
    plain, sharp = lanczos(FRAME, size), lanczos_sharpened(FRAME, size, sigma=1.5, amount=0.6)
    assert cv2.Laplacian(sharp, cv2.CV_64F).std() > 1.2 * cv2.Laplacian(plain, cv2.CV_64F).std()


def test_a_requested_size_wins_over_the_scale(tmp_path: Path) -> None:
    card = method("bicubic")
    asked = request("vsr", {"source": waves(2)}, tmp_path / "in", width=50, height=41)
    (made,) = run(Classical(card, card.defaults), [asked], tmp_path / "out")
    assert read(made.outputs["video"]).shape == (2, 41, 50, 3)


def test_a_width_alone_keeps_the_shape(tmp_path: Path) -> None:
    card = method("bilinear")
    asked = request("vsr", {"source": waves(2)}, tmp_path / "in", width=64)
    (made,) = run(Classical(card, card.defaults), [asked], tmp_path / "out")
    assert read(made.outputs["video"]).shape == (2, 48, 64, 3)


def test_the_scale_is_an_option(tmp_path: Path) -> None:
    asked = request("vsr", {"source": waves(2)}, tmp_path / "in")
    (made,) = run(Classical(method("lanczos"), {"scale": 2}), [asked], tmp_path / "out")
    assert read(made.outputs["video"]).shape == (2, 48, 64, 3)


def test_a_length_that_the_source_cannot_give_is_unsupported(tmp_path: Path) -> None:
    card = method("nearest")
    asked = request("vsr", {"source": waves(2)}, tmp_path / "in", frames=9)
    (made,) = run(Classical(card, card.defaults), [asked], tmp_path / "out")
    assert (made.status, str(made.error)) == ("unsupported", "frames: source.mkv has 2 frames and gives 2, not 9")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scales": 2}, r"unknown option 'scales'; known options: operation, scale"),
        ({"scale": 0}, "give a whole number of 1 or more"),
        ({"scale": 2.5}, "must be of type int"),
        ({"operation": "upscale-magic"}, "unknown operation 'upscale-magic'"),
    ],
)
def test_wrong_options_are_refused_at_once(options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Classical(method("nearest"), options)


def test_every_operation_has_a_card() -> None:
    names = {operation.removeprefix("upscale-") for operation in OPERATIONS}
    assert {method(name).defaults["operation"] for name in names} == set(OPERATIONS)
