"""Frame interpolation: given frames kept, moving things put where they belong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.adapters.helpers import method, psnr, request, run, waves
from vbench_py.adapters.classical import Classical
from vbench_py.adapters.classical.flow import between, optical_flow
from vbench_py.adapters.classical.interpolate import blend, dis_flow
from vbench_py.types import Generated, UsageError
from vbench_py.video import probe, read

METHODS = ["frame-repeat", "frame-blend", "dis-interpolation"]


def interpolated(identifier: str, clip: np.ndarray, folder: Path, **rest: Any) -> Generated:
    card = method(identifier)
    asked = request("frame_interpolation", {"source": clip}, folder / "in", **rest)
    (made,) = run(Classical(card, card.defaults), [asked], folder / "out")
    return made


def textured(frames: int, speed: float, height: int = 64, width: int = 96) -> np.ndarray:
    """A random smooth texture shifted right by whole pixels: `speed` a frame, no repetition, unlike `waves`."""
    import cv2

    noise = np.random.default_rng(3).integers(0, 256, (height, width + int(speed * frames) + 1, 3)).astype(np.float32)
    blurred = cv2.GaussianBlur(noise, (0, 0), 2)
    wide = np.clip((blurred - 127) * 5 + 127, 0, 255).astype(np.uint8)
    starts = [int(speed * (frames - 1 - index)) for index in range(frames)]
    return np.stack([wide[:, start : start + width] for start in starts])


@pytest.mark.parametrize("identifier", METHODS)
def test_given_frames_are_kept_bit_for_bit_at_even_places(identifier: str, tmp_path: Path) -> None:
    clip = waves(4)
    made = read(interpolated(identifier, clip, tmp_path).outputs["video"])
    np.testing.assert_array_equal(made[::2], clip)


@pytest.mark.parametrize("identifier", METHODS)
def test_n_frames_become_2n_minus_1_in_the_same_time(identifier: str, tmp_path: Path) -> None:
    info = probe(interpolated(identifier, waves(4), tmp_path).outputs["video"])
    assert (info.frames, info.fps) == (7, pytest.approx(16.0))


def test_a_requested_length_sets_the_factor(tmp_path: Path) -> None:
    clip = waves(3)
    made = read(interpolated("frame-blend", clip, tmp_path, frames=9).outputs["video"])
    np.testing.assert_array_equal(made[::4], clip)


def test_a_length_between_factors_is_unsupported(tmp_path: Path) -> None:
    assert interpolated("frame-blend", waves(3), tmp_path, frames=6).status == "unsupported"


def test_one_frame_stays_one_frame(tmp_path: Path) -> None:
    clip = waves(1)
    np.testing.assert_array_equal(read(interpolated("frame-blend", clip, tmp_path).outputs["video"]), clip)


def test_a_blend_at_the_middle_is_the_mean() -> None:
    first, second = np.full((2, 2, 3), 10, np.uint8), np.full((2, 2, 3), 20, np.uint8)
    assert (blend(first, second, [0.5])[0] == 15).all()


@pytest.mark.parametrize("speed", [2, 5])
def test_optical_flow_finds_a_known_shift(speed: int) -> None:
    clip = textured(2, speed)
    flow = optical_flow(clip[0], clip[1], preset="medium")
    assert np.median(flow.reshape(-1, 2), axis=0) == pytest.approx([speed, 0], abs=0.1)


@pytest.mark.parametrize("speed", [2, 4])
def test_dis_interpolation_beats_a_blend_by_ten_decibels_on_a_moving_texture(speed: int) -> None:
    clip = textured(3, speed)
    warped = dis_flow(clip[0], clip[2], [0.5], preset="medium")[0]
    assert psnr(warped, clip[1]) > psnr(blend(clip[0], clip[2], [0.5])[0], clip[1]) + 10


def test_a_square_before_a_still_background_lands_half_way_and_uncovers_the_background() -> None:
    background = textured(1, 0, 128, 192)[0]
    square = 255 - textured(1, 0, 48, 48)[0]
    frames = []
    for left in (60, 64, 68):
        frame = background.copy()
        frame[40:88, left : left + 48] = square
        frames.append(frame)
    warped = between(frames[0], frames[2], [0.5], preset="medium")[0]
    assert psnr(warped, frames[1]) > psnr(blend(frames[0], frames[2], [0.5])[0], frames[1]) + 5


def test_equal_frames_give_that_frame() -> None:
    frame = waves(1)[0]
    difference = between(frame, frame, [0.5], preset="medium")[0].astype(int) - frame
    assert np.abs(difference).max() <= 1


def test_quarters_are_in_order_of_time() -> None:
    clip = textured(5, 2)
    made = between(clip[0], clip[4], [0.25, 0.5, 0.75], preset="medium")
    nearest = [int(np.argmax([psnr(frame, truth) for truth in clip])) for frame in made]
    assert nearest == [1, 2, 3]


@pytest.mark.parametrize("side", [(1, 1), (5, 40), (17, 9)])
def test_frames_smaller_than_a_patch_are_served(side: tuple[int, int]) -> None:
    clip = waves(2, *side)
    assert between(clip[0], clip[1], [0.5], preset="fast")[0].shape == clip[0].shape


def test_an_unknown_preset_is_refused_at_once() -> None:
    with pytest.raises(UsageError, match="choose among ultrafast, fast, medium"):
        Classical(method("dis-interpolation"), {"preset": "best"})
