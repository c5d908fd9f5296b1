"""A story told in stills: shots with hard cuts between, each a held crop of one image."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from vbench_py.adapters.classical.job import Job, Stream
from vbench_py.adapters.frames import cover
from vbench_py.types import Sample, UsageError

OPERATIONS = ("shots-cut-and-hold",)
SPREAD = (0.7548776662466927, 0.5698402909980532)
"""Steps of a sequence that spreads points evenly over a square: Roberts, Unreasonable effectiveness of quasirandom
sequences, 2018 (inverse powers of the plastic number)."""


def crop(image: np.ndarray, shot: int, share: float) -> np.ndarray:
    """The part of `image` (H, W, 3) that a shot shows: all of it in shot 0, then windows of `share` of both sides."""
    if shot == 0:
        return image
    height, width = image.shape[:2]
    rows, columns = max(1, round(height * share)), max(1, round(width * share))
    right, down = (shot * step % 1 for step in SPREAD)
    left, top = round(right * (width - columns)), round(down * (height - rows))
    return image[top : top + rows, left : left + columns]


def shots_of(sample: Sample, otherwise: int) -> int:
    """How many shots are asked for: the fact `shots` (a number), else the prompts of the schedule, else `otherwise`."""
    asked = sample.facts.get("shots", len(sample.prompt_schedule) or otherwise)
    return max(1, int(asked))


def check(parameters: Mapping[str, Any]) -> None:
    """Raises `UsageError` for a share outside (0, 1) or less than one shot."""
    if not 0 < parameters["share"] < 1:
        raise UsageError(f"share is {parameters['share']}; give a share of the image's sides between 0 and 1")
    if parameters["shots"] < 1:
        raise UsageError(f"shots is {parameters['shots']}; give 1 or more")


def stream(operation: str, job: Job, parameters: Mapping[str, Any]) -> Stream:
    """Shots of equal length, as near as whole frames allow: shot k of n begins at frame floor(k frames / n).

    The image is `reference`; length and size are the request's (else 16 frames of the image's size).
    """
    geometry = job.geometry("reference")
    shots = min(shots_of(job.request.sample, parameters["shots"]), geometry.frames)

    def frames() -> Iterator[np.ndarray]:
        image = job.image("reference")
        for shot in range(shots):
            frame = cover(crop(image, shot, parameters["share"]), geometry.width, geometry.height)
            for _ in range(shot * geometry.frames // shots, (shot + 1) * geometry.frames // shots):
                yield frame

    return Stream(frames(), geometry.fps)
