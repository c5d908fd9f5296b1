"""Recolouring inside a mask: the colour that the prompt adds, and nothing beside the mask."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.adapters.helpers import method, request, run, waves
from vbench_py.adapters.classical import Classical
from vbench_py.adapters.classical.recolour import added_colour
from vbench_py.types import BadMedia, Generated, Sample
from vbench_py.video import read

CLIP = waves(3)
INSIDE = np.zeros((3, 24, 32), bool)
for moment in range(3):
    INSIDE[moment, 6:18, 8 + moment : 20 + moment] = True
MASK = np.repeat(INSIDE[..., None], 3, axis=3) * np.uint8(255)


def edited(folder: Path, mask: np.ndarray, prompt: str = "a green car on a road") -> Generated:
    asked = request("editing", {"source": CLIP, "mask": mask}, folder / "in", prompt=prompt)
    asked = replace(asked, sample=replace(asked.sample, source_prompt="a red car on a road"))
    (made,) = run(Classical(method("masked-recolour"), {}), [asked], folder / "out")
    return made


def test_outside_the_mask_nothing_changes_and_inside_it_does(tmp_path: Path) -> None:
    made = read(edited(tmp_path, MASK).outputs["video"])
    np.testing.assert_array_equal(made[~INSIDE], CLIP[~INSIDE])
    assert np.abs(made[INSIDE].astype(int) - CLIP[INSIDE]).mean() > 10


def test_the_inside_has_the_colour_asked_for(tmp_path: Path) -> None:
    red, green, blue = read(edited(tmp_path, MASK).outputs["video"])[INSIDE].mean(axis=0)
    assert green > red + 20 and green > blue + 20


def test_one_frame_of_mask_serves_all(tmp_path: Path) -> None:
    made = read(edited(tmp_path, MASK[:1]).outputs["video"])
    np.testing.assert_array_equal(made[:, ~INSIDE[0]], CLIP[:, ~INSIDE[0]])


def test_a_prompt_that_adds_no_colour_changes_nothing(tmp_path: Path) -> None:
    np.testing.assert_array_equal(read(edited(tmp_path, MASK, "a road").outputs["video"]), CLIP)


@pytest.mark.parametrize("mask", [MASK // 2, MASK[:, :20], MASK[:2]], ids=["soft", "missized", "short"])
def test_a_wrong_mask_is_named(mask: np.ndarray, tmp_path: Path) -> None:
    made = edited(tmp_path, mask)
    assert made.status == "failed" and isinstance(made.error, BadMedia) and "mask.mkv" in str(made.error)


@pytest.mark.parametrize(
    ("prompt", "source_prompt", "colour"),
    [
        ("a blue ball and a blue box", "a red ball and a blue box", "blue"),
        ("a red car, the sky turned pink", "a red car", "pink"),
        ("a blue box", "a red ball and a blue box", None),
        ("a red car", "", "red"),
        ("a car", "", "violet"),
    ],
)
def test_the_colour_is_the_one_that_the_prompt_adds(prompt: str, source_prompt: str, colour: str | None) -> None:
    sample = Sample("s", "editing", prompt=prompt, source_prompt=source_prompt)
    assert added_colour(sample, "violet") == colour
