"""Operators one by one: closed forms, published degradations, laws, and errors that name the mend."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.video_fixtures import moving_texture, numbered_frames
from vbench_py.derive import check, operators
from vbench_py.derive.chain import rate, stream
from vbench_py.derive.operator import Maker
from vbench_py.derive.registry import build
from vbench_py.types import BadMedia, Step, UsageError

CLIP = moving_texture(frames=9, height=48, width=64, seed=3)
BLUR_DOWN = np.load(Path(__file__).parent / "data" / "gaussian_down_reference.npz")

EXAMPLES: dict[str, dict[str, Any]] = {
    "trim": {"start": 2, "frames": 5},
    "first-frame": {},
    "drop-frames": {"keep_every": 2},
    "motion-blur": {"window": 3, "stride": 2, "gamma": 2.2},
    "centre-frames": {"window": 3, "stride": 2},
    "resize": {"width": 32, "height": 24},
    "crop": {"x": 3, "y": 5, "width": 20, "height": 10},
    "center-crop": {"width": 20, "height": 10},
    "modcrop": {"multiple": 5},
    "bicubic-down": {"scale": 4},
    "gaussian-down": {"scale": 4},
    "gaussian-blur": {"sigma": 1.2},
    "noise": {"sigma": 8.0},
    "jpeg": {"quality": 40},
}


def in_chunks(frames: np.ndarray, size: int) -> Iterator[np.ndarray]:
    for start in range(0, len(frames), size):
        yield frames[start : start + size]


def run(operator: str, clip: np.ndarray = CLIP, *, chunk: int = 4, seed: int = 0, **parameters: Any) -> np.ndarray:
    return np.concatenate(list(stream(check([Step(operator, parameters)]), in_chunks(clip, chunk), seed)))


def test_every_operator_has_an_example_here() -> None:
    assert set(EXAMPLES) == {name for name, kind in operators().items() if not issubclass(kind, Maker)}


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("chunk", [1, 2, 9])
def test_chunks_do_not_matter(name: str, chunk: int) -> None:
    np.testing.assert_array_equal(run(name, chunk=chunk, **EXAMPLES[name]), run(name, chunk=4, **EXAMPLES[name]))


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_source_is_left_alone(name: str) -> None:
    frames = CLIP.copy()
    run(name, frames, **EXAMPLES[name])
    np.testing.assert_array_equal(frames, CLIP)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_operator_is_explained(name: str) -> None:
    assert len((operators()[name].__doc__ or "").split()) >= 5


def test_trim_keeps_the_frames_named() -> None:
    np.testing.assert_array_equal(run("trim", start=3, frames=4), CLIP[3:7])


def test_trim_reads_no_more_than_it_needs() -> None:
    source = in_chunks(CLIP, 1)
    list(stream(check([Step("trim", {"frames": 2})]), source, 0))
    np.testing.assert_array_equal(next(source)[0], CLIP[2])


def test_trim_refuses_a_short_source() -> None:
    with pytest.raises(BadMedia, match="frames 5 to 14, the source has 9 frames"):
        run("trim", start=5, frames=10)


def test_first_frame_is_the_first() -> None:
    np.testing.assert_array_equal(run("first-frame"), CLIP[:1])


def test_drop_frames_keeps_every_kth() -> None:
    np.testing.assert_array_equal(run("drop-frames", keep_every=4), CLIP[::4])


def test_seventeen_frames_become_nine() -> None:
    assert len(run("drop-frames", numbered_frames(17), keep_every=2)) == 9


def test_drop_frames_refuses_an_unbounded_end() -> None:
    with pytest.raises(BadMedia, match="frames = 15"):
        run("drop-frames", numbered_frames(16), keep_every=2)


def test_motion_blur_is_the_mean_of_the_window() -> None:
    expected = np.floor(CLIP.reshape(3, 3, *CLIP.shape[1:]).astype(float).mean(axis=1) + 0.5)
    np.testing.assert_array_equal(run("motion-blur", window=3), expected)


def test_motion_blur_with_gamma_averages_light() -> None:
    # Black, white and black: a third of the light, encoded with 1 / 2.2.
    frames = np.stack([np.full((4, 4, 3), level, np.uint8) for level in (0, 255, 0)])
    expected = round(255 * (1 / 3) ** (1 / 2.2))
    np.testing.assert_array_equal(run("motion-blur", frames, window=3, gamma=2.2), np.full((1, 4, 4, 3), expected))


def test_motion_blur_of_a_still_clip_is_the_clip() -> None:
    still = np.repeat(CLIP[:1], 9, axis=0)
    np.testing.assert_array_equal(run("motion-blur", still, window=3, gamma=2.2), still[:3])


def test_overlapping_windows_advance_by_the_stride() -> None:
    assert len(run("motion-blur", window=5, stride=1)) == 5


def test_windows_with_gaps_skip_frames() -> None:
    np.testing.assert_array_equal(run("centre-frames", window=3, stride=5), CLIP[[1, 6]])


def test_the_sharp_target_is_the_centre_of_each_window() -> None:
    np.testing.assert_array_equal(run("centre-frames", window=3), CLIP[[1, 4, 7]])


def test_blurred_and_sharp_have_equal_length() -> None:
    blurred, sharp = run("motion-blur", window=5, stride=2), run("centre-frames", window=5, stride=2)
    assert len(blurred) == len(sharp)


def test_a_window_longer_than_the_clip_is_refused() -> None:
    with pytest.raises(BadMedia, match="window of 11"):
        run("motion-blur", window=11)


def test_rates_follow_the_frames() -> None:
    steps = [Step("drop-frames", {"keep_every": 2}), Step("motion-blur", {"window": 3})]
    assert rate(check(steps), 24.0) == pytest.approx(4.0)


def test_center_crop_takes_the_middle() -> None:
    np.testing.assert_array_equal(run("center-crop", width=62, height=45), CLIP[:, 1:46, 1:63])


def test_crop_outside_the_frame_is_refused() -> None:
    with pytest.raises(BadMedia, match="does not fit frames of 64x48"):
        run("crop", x=60, y=0, width=10, height=10)


def test_modcrop_keeps_the_top_left() -> None:
    np.testing.assert_array_equal(run("modcrop", multiple=5), CLIP[:, :45, :60])


def test_area_resize_by_two_is_the_mean_of_four_pixels() -> None:
    blocks = CLIP.reshape(9, 24, 2, 32, 2, 3).astype(float).mean(axis=(2, 4))
    assert np.abs(run("resize", width=32, height=24) - blocks).max() <= 0.5


def test_bicubic_down_divides_the_sides() -> None:
    assert run("bicubic-down", scale=4).shape == (9, 12, 16, 3)


@pytest.mark.parametrize("name", ["bicubic-down", "gaussian-down"])
def test_a_rest_is_refused_with_the_mend(name: str) -> None:
    with pytest.raises(BadMedia, match="modcrop with multiple = 4"):
        run(name, CLIP[:, :47], scale=4)


@pytest.mark.parametrize(("protocol", "scale"), [("duf", 2), ("duf", 3), ("duf", 4), ("basicvsr", 4)])
def test_gaussian_down_equals_its_reference(protocol: str, scale: int) -> None:
    expected = np.floor(np.clip(BLUR_DOWN[f"{protocol}_{scale}"], 0, 255) + 0.5)
    made = run("gaussian-down", BLUR_DOWN["image"][None], scale=scale, protocol=protocol)
    np.testing.assert_array_equal(made[0], expected)


def test_the_two_blur_protocols_are_a_pixel_and_a_half_apart() -> None:
    ramp = np.broadcast_to(np.arange(0, 256, 2, dtype=np.uint8)[None, None, :, None], (1, 32, 128, 3))
    duf, basicvsr = (run("gaussian-down", ramp, protocol=name).astype(int) for name in ("duf", "basicvsr"))
    np.testing.assert_array_equal((basicvsr - duf)[:, :, 4:-4], 3)


def test_noise_depends_on_the_seed() -> None:
    assert not np.array_equal(run("noise", sigma=8.0, seed=1), run("noise", sigma=8.0, seed=2))


def test_noise_has_the_deviation_asked_for() -> None:
    grey = np.full((2, 200, 200, 3), 128, np.uint8)
    # 240 000 draws: the standard error of the deviation is 0.012; rounding to levels adds 1/12 to the variance.
    assert run("noise", grey, sigma=8.0).std() == pytest.approx((64 + 1 / 12) ** 0.5, abs=0.06)


def test_noise_of_two_steps_is_independent() -> None:
    grey = np.full((1, 100, 100, 3), 128, np.uint8)
    twice = np.concatenate(list(stream(check([Step("noise", {"sigma": 8.0})] * 2), iter([grey]), 0)))
    assert twice.std() == pytest.approx(8 * 2**0.5, rel=0.05)


def test_gaussian_blur_keeps_the_mean_level() -> None:
    assert run("gaussian-blur", sigma=2.0).mean() == pytest.approx(CLIP.mean(), abs=1.0)


def test_lower_jpeg_quality_is_further_from_the_source() -> None:
    errors = [np.abs(run("jpeg", quality=quality).astype(int) - CLIP).mean() for quality in (95, 50, 10)]
    assert errors == sorted(errors)


@pytest.mark.parametrize(
    ("operator", "parameters", "message"),
    [
        ("bicubc-down", {"scale": 4}, "did you mean 'bicubic-down'"),
        ("zzz", {}, "known: bicubic-down"),
        ("bicubic-down", {}, "parameter 'scale' is missing"),
        ("bicubic-down", {"scal": 4}, "unknown parameter 'scal', did you mean 'scale'"),
        ("bicubic-down", {"scale": 5}, "scale = 5"),
        ("motion-blur", {"window": 4}, "must be odd"),
        ("gaussian-down", {"scale": 2, "protocol": "basicvsr"}, "scale 4 only"),
        ("noise", {"sigma": -1}, "sigma = -1"),
        ("trim", {"start": 0}, "parameter 'frames' is missing"),
    ],
)
def test_mistakes_are_named_before_work_starts(operator: str, parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        check([Step(operator, parameters)])


@pytest.mark.parametrize("what", ["flow", "tracks", "centres"])
def test_a_grid_of_the_world_has_no_flow_tracks_or_centres(what: str) -> None:
    with pytest.raises(UsageError, match=f"{what} is of one view"):
        build(Step("world", {"scene": 7, "what": what, "azimuths": (0, 30)}))


@pytest.mark.parametrize(("what", "suffix"), [("rgb", ""), ("depth", ""), ("edit-mask", ""), ("camera", ".npz")])
def test_a_grid_of_the_world_is_a_folder_but_for_its_cameras(what: str, suffix: str) -> None:
    made = build(Step("world", {"scene": 7, "what": what, "azimuths": (0, 30)}))
    assert isinstance(made, Maker)
    assert made.suffix == suffix
