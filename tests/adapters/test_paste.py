"""Pasted references: the subject is found, kept as it looks, and moves; the background stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.adapters.helpers import method, request, run
from vbench_py.adapters.classical import Classical
from vbench_py.adapters.classical.paste import cut_out, pasted, without
from vbench_py.types import BadMedia, Generated, UsageError
from vbench_py.video import read

Y, X = np.mgrid[0:48, 0:64]
DISC = np.hypot(X - 32, Y - 24) < 12
RED = np.array([200, 30, 30], np.uint8)
GREY = 150 + (8 * np.sin(X / 3 + Y / 5))[..., None].repeat(3, axis=2)
REFERENCE = np.where(DISC[..., None], RED, GREY).astype(np.uint8)
MEADOW = np.full((1, 48, 64, 3), (40, 160, 60), np.uint8)
MASK = (DISC[None, ..., None] * np.uint8(255)).repeat(3, axis=3)


def customised(folder: Path, media: dict[str, np.ndarray], **options: Any) -> Generated:
    asked = request("customization", {"reference": REFERENCE[None], **media}, folder / "in", frames=5)
    (made,) = run(Classical(method("reference-paste"), options), [asked], folder / "out")
    return made


def red(frame: np.ndarray) -> np.ndarray:
    return (frame[..., 0] > 170) & (frame[..., 1] < 80)


def test_the_subject_is_found_without_a_mask() -> None:
    found = cut_out(REFERENCE)
    assert (found & DISC).sum() / (found | DISC).sum() > 0.95


def test_finding_it_twice_gives_the_same() -> None:
    np.testing.assert_array_equal(cut_out(REFERENCE), cut_out(REFERENCE))


@pytest.mark.parametrize("shape", [(1, 1), (3, 40), (48, 64)])
def test_an_image_of_one_colour_gives_its_middle(shape: tuple[int, int]) -> None:
    found = cut_out(np.full((*shape, 3), 90, np.uint8))
    assert found.shape == shape and found[shape[0] // 2, shape[1] // 2]


def test_the_background_keeps_nothing_of_the_subject() -> None:
    assert not red(without(REFERENCE, DISC)).any()


def test_the_subject_drifts_from_left_to_right_over_the_first_image(tmp_path: Path) -> None:
    clip = read(customised(tmp_path, {"first": MEADOW, "reference_mask": MASK}).outputs["video"])
    places = [np.nonzero(red(frame))[1].mean() for frame in clip]
    assert all(np.diff(places) > 2) and np.mean(places) == pytest.approx(31.5, abs=1)
    np.testing.assert_array_equal(clip[:, 0, 0], np.broadcast_to(MEADOW[0, 0, 0], (5, 3)))


def test_the_subject_has_the_size_asked_for(tmp_path: Path) -> None:
    clip = read(customised(tmp_path, {"first": MEADOW, "reference_mask": MASK}, size=0.8).outputs["video"])
    rows = np.nonzero(red(clip[2]))[0]
    assert np.ptp(rows) + 1 == pytest.approx(0.8 * 48, abs=2)


def test_a_whole_paste_at_a_whole_pixel_is_exact() -> None:
    over = pasted(MEADOW[0], REFERENCE[10:20, 10:20], np.ones((10, 10), np.float32), (3, 4))
    np.testing.assert_array_equal(over[4:14, 3:13], REFERENCE[10:20, 10:20])


@pytest.mark.parametrize("mask", [MASK // 2, MASK[:, :20], np.zeros_like(MASK)], ids=["soft", "missized", "empty"])
def test_a_wrong_mask_is_named(mask: np.ndarray, tmp_path: Path) -> None:
    made = customised(tmp_path, {"reference_mask": mask})
    assert made.status == "failed" and isinstance(made.error, BadMedia) and "reference_mask" in str(made.error)


@pytest.mark.parametrize("options", [{"size": 0.0}, {"drift": 1.5}])
def test_wrong_options_are_refused_at_once(options: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        Classical(method("reference-paste"), options)
