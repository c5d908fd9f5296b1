"""A still image made into a video without any model: what image-to-video methods must surpass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import cv2
import numpy as np

from vbench_py.adapters.classical.job import Job, Stream
from vbench_py.adapters.frames import cover
from vbench_py.types import UsageError


def still(image: np.ndarray, progress: float) -> np.ndarray:
    """The image as it is. (H, W, 3) uint8 and progress in [0, 1] -> (H, W, 3) uint8."""
    return image


def slow_zoom(image: np.ndarray, progress: float, *, zoom: float) -> np.ndarray:
    """Magnifies about the centre by `zoom` ** progress, at sub-pixel places: equal steps look equally fast.

    Pixels beyond the border (a zoom below 1) mirror the inside. Shapes as `still`; progress 0 gives the image itself.
    """
    height, width = image.shape[:2]
    factor = zoom**-progress
    shift = ((width - 1) / 2 * (1 - factor), (height - 1) / 2 * (1 - factor))
    inverse = np.array([[factor, 0, shift[0]], [0, factor, shift[1]]])
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    # One pixel has no inside to mirror: OpenCV would look for it for ever.
    border = cv2.BORDER_REPLICATE if 1 in (width, height) else cv2.BORDER_REFLECT_101
    return cv2.warpAffine(image, inverse, (width, height), flags=flags, borderMode=border)


OPERATIONS: Mapping[str, Callable[..., np.ndarray]] = {"animate-still": still, "animate-slow-zoom": slow_zoom}


def check(parameters: Mapping[str, Any]) -> None:
    """Raises `UsageError` unless `zoom` is positive where there is one."""
    if parameters.get("zoom", 1.0) <= 0:
        raise UsageError(f"zoom is {parameters['zoom']}; give a magnification above 0, such as 1.2")


def stream(operation: str, job: Job, parameters: Mapping[str, Any]) -> Stream:
    """The first image, covering the request's size, through the request's number of frames (else 16 at 8 a second)."""
    geometry = job.geometry("first")
    move = OPERATIONS[operation]

    def frames() -> Iterator[np.ndarray]:
        image = cover(job.image("first"), geometry.width, geometry.height)
        for index in range(geometry.frames):
            yield move(image, index / max(1, geometry.frames - 1), **parameters)

    return Stream(frames(), geometry.fps)
