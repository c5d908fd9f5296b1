"""Edits: the copy changes nothing, the colour edit changes colour and keeps the rest."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.adapters.helpers import method, request, run, waves
from vbench_py.adapters.classical import Classical
from vbench_py.adapters.classical.edit import COLOURS, colour_of, recolour
from vbench_py.types import Sample, UsageError
from vbench_py.video import read

FRAME = waves(1)[0]


def lab(frame: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(frame.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)


def hue(pixels: np.ndarray) -> np.ndarray:
    return np.arctan2(pixels[..., 2], pixels[..., 1])


def test_a_copy_is_exact(tmp_path: Path) -> None:
    clip = waves(3)
    asked = request("editing", {"source": clip}, tmp_path)
    (made,) = run(Classical(method("copy-source"), {}), [asked], tmp_path / "out")
    np.testing.assert_array_equal(read(made.outputs["video"]), clip)


@pytest.mark.parametrize("colour", ["red", "green", "blue", "purple", "brown"])
def test_an_edited_frame_has_the_hue_that_was_asked_for(colour: str) -> None:
    swatch = np.full((1, 1, 3), COLOURS[colour], np.uint8)
    mean = lab(recolour(FRAME, colour, strength=1.0, chroma=20.0)).mean(axis=(0, 1))
    difference = np.angle(np.exp(1j * (hue(mean) - hue(lab(swatch))[0, 0])))
    assert abs(np.degrees(difference)) < 25


def test_an_edit_keeps_the_pattern_of_lightness() -> None:
    before, after = lab(FRAME)[..., 0], lab(recolour(FRAME, "red", strength=1.0, chroma=20.0))[..., 0]
    assert np.corrcoef(before.ravel(), after.ravel())[0, 1] > 0.95


def test_grey_takes_colour_away() -> None:
    assert np.ptp(recolour(FRAME, "grey", strength=1.0, chroma=40.0).astype(int), axis=-1).max() <= 1


def test_black_darkens_and_white_lightens() -> None:
    dark, light = (recolour(FRAME, colour, strength=1.0, chroma=0.0).mean() for colour in ("black", "white"))
    assert dark < FRAME.mean() < light


def test_no_strength_is_no_edit() -> None:
    difference = recolour(FRAME, "red", strength=0.0, chroma=40.0).astype(int) - FRAME
    assert np.abs(difference).max() <= 1


@pytest.mark.parametrize(
    ("prompt", "source_prompt", "colour"),
    [
        ("a Blue car", "a red car", "blue"),
        ("a red car on green grass", "a red car", "green"),
        ("a red car", "a red car", "red"),
        ("a tired man; no colour", "", "pink"),
    ],
)
def test_the_colour_is_the_prompts_new_word(prompt: str, source_prompt: str, colour: str) -> None:
    sample = Sample(id="s", task="editing", prompt=prompt, source_prompt=source_prompt)
    assert colour_of(sample, "pink") == colour


@pytest.mark.parametrize("options", [{"fallback": "mauve"}, {"strength": 2.0}, {"chroma": -1.0}])
def test_wrong_options_are_refused_at_once(options: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        Classical(method("colour-edit"), options)
