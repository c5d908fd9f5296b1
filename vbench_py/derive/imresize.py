"""Bicubic resizing equal to MATLAB's `imresize`, with which super-resolution benchmarks make their inputs."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from vbench_py.types import UsageError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_SUPPORT = 4.0


def imresize(
    image: np.ndarray, *, scale: float | None = None, size: tuple[int, int] | None = None, antialias: bool = True
) -> np.ndarray:
    """Resizes (H, W) or (H, W, C) uint8 or float pixels by `scale`, or to `size` (height, width); same dtype out.

    Kernel: Keys' cubic with a = -0.5, stretched by 1 / scale where an axis shrinks and `antialias` is set; weights of
    each output pixel sum to one; borders mirror with the edge pixel repeated; pixel centres align. With `scale` the
    output has ceil(scale * side) pixels. The axis that shrinks more goes first, rows before columns when equal.

    uint8 is clipped and rounded (half away from zero) after each axis, as MATLAB does for that class. Floats are
    neither clipped nor rounded; benchmarks that convert to double first (im2double) round once: `imresize_double`.
    Arithmetic is float64, summed from the first tap to the last, so the result is the same on every run.

    Raises UsageError unless exactly one of `scale` and `size` is given, positive, and the pixels are as above.

    Source: Keys 1981 (doi:10.1109/TASSP.1981.1163711) and the documentation of MATLAB's imresize. Agreement:
    - MATLAB's own outputs: uint8 exactly, double to 1e-13;
    - Octave 7.3, image 2.14: double at scales 1/2, 1/3, 1/4, 1/8 to 5e-16 of full scale;
    - fatheral/matlab_imresize@d7cc04f26f87: double to 4e-16; uint8 exactly but for exact halves, which it rounds to
      even (0.4 % of the pixels of noise at scale 1/2, by one level; none at 1/3, 1/4 and 1/8).
    """
    if (scale is None) == (size is None):
        raise UsageError("imresize: give either scale or size", mend="for example scale=1/4 or size=(180, 320)")
    if image.ndim not in (2, 3) or not (image.dtype == np.uint8 or np.issubdtype(image.dtype, np.floating)):
        raise UsageError(f"imresize: got {image.dtype} of shape {image.shape}", mend="give (H, W[, C]) uint8 or float")
    height, width = image.shape[:2]
    if size is not None:
        sides, scales = size, (size[0] / height, size[1] / width)
    else:
        assert scale is not None
        sides, scales = (math.ceil(scale * height), math.ceil(scale * width)), (scale, scale)
    if min(sides) < 1:
        raise UsageError(f"imresize: {height}x{width} would become {sides[0]}x{sides[1]}", mend="use a larger size")
    for axis in sorted((0, 1), key=lambda axis: scales[axis]):
        weights, taken = _weights(image.shape[axis], sides[axis], scales[axis], antialias)
        image = _along(image, axis, weights, taken)
    return image


def imresize_double(image: np.ndarray, *, scale: float) -> np.ndarray:
    """(H, W, C) uint8 resized as float64, then clipped and rounded half up once: MATLAB's im2double, imresize, imwrite.

    The route of the data scripts of BasicSR, EDVR and BasicVSR (XPixelGroup/BasicSR@8d56e3a045f9,
    generate_LR_Vimeo90K.m). At 1/2, 1/3, 1/4 and 1/8 equal, level for level, to Octave's imresize and to BasicSR's own
    matlab_functions.imresize.
    """
    return to_uint8(imresize(image.astype(np.float64), scale=scale))


def to_uint8(values: np.ndarray) -> np.ndarray:
    """Float levels on the 0..255 scale as uint8: clipped, halves rounded up as MATLAB does for positive values."""
    rounded: np.ndarray = np.floor(np.clip(values, 0.0, 255.0) + 0.5)
    return rounded.astype(np.uint8)


def _along(image: np.ndarray, axis: int, weights: csr_array, taken: np.ndarray) -> np.ndarray:
    moved = np.moveaxis(image, axis, 0)
    lines = moved[taken].reshape(len(taken), -1).astype(np.float64)
    result = np.asarray(weights @ lines).reshape(weights.shape[0], *moved.shape[1:])
    result = to_uint8(result) if image.dtype == np.uint8 else result.astype(image.dtype, copy=False)
    return np.asarray(np.moveaxis(result, 0, axis))


@lru_cache(maxsize=32)
def _weights(source: int, target: int, scale: float, antialias: bool) -> tuple[csr_array, np.ndarray]:
    """Weights (target, padded) and the source line of each padded line (padded,): the mirrored border is written out.

    With the border written out every row has one run of taps in order, so the order of summation is fixed.
    """
    from scipy.sparse import csr_array

    stretch = scale if antialias and scale < 1 else 1.0
    support = _SUPPORT / stretch
    centres = np.arange(1, target + 1) / scale + 0.5 * (1 - 1 / scale)
    first = np.floor(centres - support / 2).astype(np.int64)
    taps = first[:, None] + np.arange(math.ceil(support) + 2)
    values = stretch * _cubic(stretch * (centres[:, None] - taps))
    values /= values.sum(axis=1, keepdims=True)
    lowest = int(taps.min())
    period = np.concatenate([np.arange(source), np.arange(source)[::-1]])
    taken = period[np.arange(lowest - 1, int(taps.max())) % len(period)]
    pointers = np.arange(target + 1) * taps.shape[1]
    weights = csr_array((values.ravel(), (taps - lowest).ravel(), pointers), shape=(target, len(taken)))
    return weights, np.asarray(taken)


def _cubic(x: np.ndarray) -> np.ndarray:
    x = np.abs(x)
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return np.where(x <= 1, near, np.where(x <= 2, far, 0.0))
