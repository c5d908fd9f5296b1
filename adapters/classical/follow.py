"""An image moved as tracks ask, all of it alike: what motion control must surpass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import cv2
import numpy as np

from vbench_py.adapters.classical.job import Job, Stream
from vbench_py.adapters.frames import cover
from vbench_py.video import probe

OPERATIONS = ("follow-pan",)


def mean_motion(tracks: np.ndarray) -> np.ndarray:
    """(T, 2) pixels right and down since frame 0, the mean over points; `tracks` (T, N, 3) are x, y and visible.

    The mean over the points seen in both frames of each step is summed up; a step that no point survives adds none.
    """
    shifts = np.zeros((len(tracks), 2))
    for index in range(1, len(tracks)):
        seen = (tracks[index - 1, :, 2] > 0) & (tracks[index, :, 2] > 0)
        if seen.any():
            shifts[index] = (tracks[index, seen, :2] - tracks[index - 1, seen, :2]).astype(np.float64).mean(axis=0)
    summed: np.ndarray = shifts.cumsum(axis=0)
    return summed


def moved(image: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 moved by `shift` = (right, down) pixels, at sub-pixel places; the border mirrors the inside."""
    height, width = image.shape[:2]
    matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float64)
    border = cv2.BORDER_REPLICATE if 1 in (width, height) else cv2.BORDER_REFLECT_101
    return cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=border)


def check(parameters: Mapping[str, Any]) -> None:
    """There is nothing to set."""


def stream(operation: str, job: Job, parameters: Mapping[str, Any]) -> Stream:
    """The image in `first`, following the mean of `tracks`, which are in its pixels, and held after their end.

    Length and size are the request's; else the tracks' length and the image's size.
    """
    given = probe(job.request.media["first"])
    geometry = job.geometry("first")
    count = job.request.frames or probe(job.request.media["tracks"]).frames
    # `cover` scales by the larger ratio.
    scale = max(geometry.width / given.width, geometry.height / given.height)

    def frames() -> Iterator[np.ndarray]:
        image = cover(job.image("first"), geometry.width, geometry.height)
        shifts = scale * mean_motion(np.stack([frame[..., 0] for frame in job.frames("tracks")]))
        for index in range(count):
            yield moved(image, shifts[min(index, len(shifts) - 1)])

    return Stream(frames(), geometry.fps)
