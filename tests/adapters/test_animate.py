"""Animations of one image."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.adapters.helpers import method, request, run, waves
from vbench_py.adapters.classical import Classical
from vbench_py.adapters.classical.animate import slow_zoom
from vbench_py.adapters.frames import cover
from vbench_py.types import UsageError
from vbench_py.video import probe, read


def animated(identifier: str, folder: Path, **rest: Any) -> Path:
    card = method(identifier)
    asked = request("i2v", {"first": waves(1)}, folder / "in", **rest)
    (made,) = run(Classical(card, card.defaults), [asked], folder / "out")
    assert made.error is None
    return made.outputs["video"]


def test_still_repeats_the_image_exactly(tmp_path: Path) -> None:
    made = read(animated("still", tmp_path, frames=5))
    np.testing.assert_array_equal(made, np.broadcast_to(waves(1), (5, 24, 32, 3)))


def test_an_image_file_serves_as_first(tmp_path: Path) -> None:
    from dataclasses import replace

    from PIL import Image

    Image.fromarray(waves(1)[0]).save(tmp_path / "first.png")
    asked = replace(request("i2v", {}, tmp_path), media={"first": tmp_path / "first.png"}, frames=3, fps=24.0)
    (made,) = run(Classical(method("still"), {}), [asked], tmp_path / "out")
    info = probe(made.outputs["video"])
    assert (made.status, info.frames, info.fps) == ("ok", 3, pytest.approx(24.0))


def test_without_a_request_there_are_16_frames_at_8_a_second(tmp_path: Path) -> None:
    info = probe(animated("slow-zoom", tmp_path))
    assert (info.frames, info.fps) == (16, pytest.approx(8.0))


def test_a_zoom_begins_with_the_image(tmp_path: Path) -> None:
    np.testing.assert_array_equal(read(animated("slow-zoom", tmp_path, frames=4))[0], waves(1)[0])


def test_a_zoom_magnifies_about_the_centre() -> None:
    y, x = np.mgrid[0:49, 0:65]
    disc = np.repeat((np.hypot(x - 32, y - 24) < 10)[..., None] * np.uint8(255), 3, axis=2)
    area = (slow_zoom(disc, 1.0, zoom=1.5) > 127).sum() / (disc > 127).sum()
    assert area == pytest.approx(1.5**2, rel=0.05)


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 9, 3), (9, 1, 3)])
def test_a_side_of_one_pixel_can_be_zoomed(shape: tuple[int, int, int]) -> None:
    image = np.full(shape, 90, np.uint8)
    for progress in (0.5, 1.0):
        np.testing.assert_array_equal(slow_zoom(image, progress, zoom=1.2), image)


def test_a_zoom_moves_at_sub_pixel_steps() -> None:
    image = waves(1, 64, 64, detail=0.5)[0]
    steps = [slow_zoom(image, progress, zoom=1.1) for progress in np.linspace(0, 1, 33)]
    changes = [np.abs(b.astype(int) - a).mean() for a, b in pairwise(steps[1:])]
    assert max(changes) < 2 * min(changes)


def test_another_shape_is_covered_and_cropped_about_the_centre() -> None:
    image = waves(1, 40, 80)[0]
    np.testing.assert_array_equal(cover(image, 40, 40), image[:, 20:60])


def test_covering_shrinks_without_aliasing() -> None:
    board = np.indices((64, 64)).sum(axis=0)[..., None] % 2 * np.ones(3) * 255
    assert np.ptp(cover(board.astype(np.uint8), 16, 16)) <= 1


def test_a_zoom_of_nothing_is_refused_at_once() -> None:
    with pytest.raises(UsageError, match="zoom is 0"):
        Classical(method("slow-zoom"), {"zoom": 0})
