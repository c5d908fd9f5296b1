"""Stories of held crops: as many shots as asked for, cut where they should be."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.adapters.helpers import method, request, run, waves
from vbench_py.adapters.classical import Classical
from vbench_py.adapters.classical.shots import crop, shots_of
from vbench_py.types import Sample, UsageError
from vbench_py.video import read

IMAGE = waves(1, 48, 64)


def told(folder: Path, facts: dict[str, Any], **rest: Any) -> np.ndarray:
    asked = request("storytelling", {"reference": IMAGE}, folder / "in", **rest)
    asked = replace(asked, sample=replace(asked.sample, facts=facts))
    (made,) = run(Classical(method("cut-and-hold"), {}), [asked], folder / "out")
    assert made.error is None
    return read(made.outputs["video"])


@pytest.mark.parametrize(("shots", "cuts"), [(1, []), (3, [3, 6]), (4, [2, 5, 7])])
def test_cuts_stand_at_equal_distances_and_nothing_moves_between(shots: int, cuts: list[int], tmp_path: Path) -> None:
    clip = told(tmp_path, {"shots": shots}, frames=10)
    changes = [index for index, (a, b) in enumerate(pairwise(clip), start=1) if not np.array_equal(a, b)]
    assert changes == cuts


def test_the_first_shot_is_the_whole_image(tmp_path: Path) -> None:
    np.testing.assert_array_equal(told(tmp_path, {"shots": 2}, frames=4)[0], IMAGE[0])


def test_more_shots_than_frames_are_as_many_as_frames(tmp_path: Path) -> None:
    assert len(told(tmp_path, {"shots": 9}, frames=4)) == 4


def test_every_shot_shows_another_part() -> None:
    image = np.arange(48 * 64 * 3).reshape(48, 64, 3)
    corners = {int(crop(image, shot, 0.6)[0, 0, 0]) for shot in range(8)}
    assert len(corners) == 8


@pytest.mark.parametrize(
    ("sample", "shots"),
    [
        (Sample("s", "storytelling", facts={"shots": 5}), 5),
        (Sample("s", "storytelling", prompt_schedule=((0, "a"), (8, "b"))), 2),
        (Sample("s", "storytelling"), 3),
    ],
)
def test_the_number_of_shots_comes_from_the_sample(sample: Sample, shots: int) -> None:
    assert shots_of(sample, 3) == shots


@pytest.mark.parametrize("options", [{"share": 1.0}, {"share": 0.0}, {"shots": 0}])
def test_wrong_options_are_refused_at_once(options: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        Classical(method("cut-and-hold"), options)
