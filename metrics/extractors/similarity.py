"""Structural similarity of two images (Wang et al. 2004) by separable filters in float32.

Four maps are filtered: both images, the sum of their squares and their product, after 128 is taken away so that float32
keeps small variances (a variance does not change under a shift). Bands of rows keep them in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from vbench_py.types import Unsupported

_BAND = 48
_SHIFT = np.float32(128)

Mapper = Callable[[Callable[[slice], Any], Iterable[slice]], Iterator[Any]]


@dataclass(frozen=True)
class Window:
    """A smoothing filter: `taps` (n, 1) float32 along rows and columns; `covariance` scales the population covariance.

    `replicate` repeats border pixels so that the map has the image's size; without it only valid pixels count.
    `channels` (3, 3) mixes neighbouring channels, for filters that also run along the channel axis.
    """

    taps: np.ndarray
    covariance: float = 1.0
    replicate: bool = False
    channels: np.ndarray | None = None

    @property
    def radius(self) -> int:
        return len(self.taps) // 2


def _across_channels(taps: np.ndarray) -> np.ndarray:
    """What `taps` do along an axis of three channels whose ends are repeated: (3, 3) float32."""
    radius = len(taps) // 2
    matrix = np.zeros((3, 3), np.float32)
    for channel in range(3):
        for offset, weight in enumerate(taps[:, 0]):
            matrix[channel, np.clip(channel + offset - radius, 0, 2)] += weight
    return matrix


_GAUSSIAN = cv2.getGaussianKernel(11, 1.5, cv2.CV_32F)

WINDOWS = {
    "gaussian11": Window(_GAUSSIAN),
    "uniform7": Window(np.full((7, 1), 1 / 7, np.float32), covariance=49 / 48),
    "gaussian11-volume": Window(_GAUSSIAN, replicate=True, channels=_across_channels(_GAUSSIAN)),
}
"""gaussian11: sigma 1.5, population covariance. uniform7: a box of 7, sample covariance.
gaussian11-volume: the Gaussian along rows, columns and channels, borders repeated."""


def similarity(
    first: np.ndarray, second: np.ndarray, window: Window, peak: float = 255.0, run: Mapper = map
) -> tuple[np.ndarray, np.ndarray]:
    """Mean SSIM and mean contrast-structure term of two (H, W[, C <= 3]) images, (C,) float64 each.

    `peak` is the data range L in C1 = (0.01 L)^2 and C2 = (0.03 L)^2; `run` maps over bands (a pool's map runs them in
    parallel; the sums are added in order, so the result is the same).
    `Unsupported` when the image is smaller than the window.
    """
    channels = 1 if first.ndim == 2 else first.shape[2]
    height, width = first.shape[:2]
    if min(height, width) < len(window.taps):
        raise Unsupported("size", f"SSIM's window of {len(window.taps)} px does not fit in a {width}x{height} image")
    border = window.radius
    if window.replicate:
        sides = (border, border, border, border)
        first, second = (cv2.copyMakeBorder(image, *sides, cv2.BORDER_REPLICATE) for image in (first, second))
        height, width = first.shape[:2]
    starts = range(border, height - border, _BAND)
    bands = [slice(start - border, min(start + _BAND, height - border) + border) for start in starts]
    totals = np.zeros((2, channels))
    for sums in run(lambda rows: _sums(first[rows], second[rows], window, peak), bands):
        totals += np.array(sums)[:, :channels]
    ssim, contrast = totals / ((height - 2 * border) * (width - 2 * border))
    return ssim, contrast


def _sums(first: np.ndarray, second: np.ndarray, window: Window, peak: float) -> tuple[Any, Any]:
    """Sums per channel of the SSIM map and of its contrast-structure part over the inner pixels of a band."""
    border = window.radius

    def smooth(image: np.ndarray) -> np.ndarray:
        filtered = cv2.sepFilter2D(image, cv2.CV_32F, window.taps, window.taps)[border:-border, border:-border]
        return filtered if window.channels is None else cv2.transform(filtered, window.channels)

    x = np.subtract(first, _SHIFT, dtype=np.float32)
    y = np.subtract(second, _SHIFT, dtype=np.float32)
    mean_x, mean_y = smooth(x), smooth(y)
    product = smooth(x * y)
    np.multiply(x, x, out=x)
    np.multiply(y, y, out=y)
    squares = smooth(np.add(x, y, out=x))

    c1, c2 = np.float32((0.01 * peak) ** 2), np.float32((0.03 * peak) ** 2)
    scale = np.float32(window.covariance)
    product -= mean_x * mean_y
    product *= 2 * scale
    product += c2
    squares -= mean_x * mean_x
    squares -= mean_y * mean_y
    squares *= scale
    squares += c2
    contrast = np.divide(product, squares, out=product)
    mean_x += _SHIFT
    mean_y += _SHIFT
    above = mean_x * mean_y
    above *= 2
    above += c1
    np.multiply(mean_x, mean_x, out=mean_x)
    np.multiply(mean_y, mean_y, out=mean_y)
    mean_x += mean_y
    mean_x += c1
    above /= mean_x
    above *= contrast
    return cv2.sumElems(above), cv2.sumElems(contrast)
