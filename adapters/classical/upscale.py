"""Upscaling of single frames by interpolation kernels: the baselines of video super-resolution."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import cv2
import numpy as np

from vbench_py.adapters.classical.job import Job, Stream
from vbench_py.derive.imresize import imresize
from vbench_py.types import UsageError


def nearest(frame: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Each output pixel copies the input pixel under its centre. (H, W, 3) uint8 -> (height, width, 3) uint8."""
    return cv2.resize(frame, size[::-1], interpolation=cv2.INTER_NEAREST_EXACT)


def bilinear(frame: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Linear interpolation at pixel centres, border pixels repeated (OpenCV INTER_LINEAR)."""
    return cv2.resize(frame, size[::-1], interpolation=cv2.INTER_LINEAR)


def bicubic(frame: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Keys' cubic with a = -0.5, as MATLAB's imresize: the baseline in super-resolution papers (OpenCV has -0.75)."""
    return imresize(frame, size=size)


def lanczos(frame: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Lanczos window of four lobes over 8 x 8 neighbours (OpenCV INTER_LANCZOS4)."""
    return cv2.resize(frame, size[::-1], interpolation=cv2.INTER_LANCZOS4)


def lanczos_sharpened(frame: np.ndarray, size: tuple[int, int], *, sigma: float, amount: float) -> np.ndarray:
    """`lanczos`, then an unsharp mask: plus `amount` times the difference to a Gaussian of `sigma` output pixels."""
    large = lanczos(frame, size).astype(np.float32)
    detail = large - cv2.GaussianBlur(large, (0, 0), sigma)
    return np.clip(np.rint(large + amount * detail), 0, 255).astype(np.uint8)


OPERATIONS: Mapping[str, Callable[..., np.ndarray]] = {
    "upscale-nearest": nearest,
    "upscale-bilinear": bilinear,
    "upscale-bicubic": bicubic,
    "upscale-lanczos": lanczos,
    "upscale-lanczos-sharpened": lanczos_sharpened,
}


def check(parameters: Mapping[str, Any]) -> None:
    """Raises `UsageError` unless `scale` is 1 or more, and `sigma` positive where there is one."""
    if parameters["scale"] < 1:
        raise UsageError(f"scale is {parameters['scale']}; give a whole number of 1 or more")
    if parameters.get("sigma", 1.0) <= 0:
        raise UsageError(f"sigma is {parameters['sigma']}; give a number of output pixels above 0")


def stream(operation: str, job: Job, parameters: Mapping[str, Any]) -> Stream:
    """The source's frames, each brought to the request's size or to `scale` times its own."""
    geometry = job.geometry("source", scale=parameters["scale"])
    rest = {name: value for name, value in parameters.items() if name != "scale"}
    enlarge, size = OPERATIONS[operation], (geometry.height, geometry.width)

    def frames() -> Iterator[np.ndarray]:
        for frame in job.frames("source"):
            yield enlarge(frame, size, **rest)

    return Stream(frames(), geometry.fps)
