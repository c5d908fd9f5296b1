"""Natural scene statistics: how the contrast-normalised pixels of photographs are distributed (NIQE, BRISQUE)."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np
from scipy.special import gammaln

from vbench_py.metrics.extractors.colour import luma
from vbench_py.types import UsageError

_SIDE, _SIGMA = 7, 7 / 6
_NOTHING = 1e-6
"""Levels below which a pixel equals its surroundings: the sign of a rounding error must not count as a statistic."""
_SHAPES = np.arange(0.2, 10.001, 0.001)
"""Shape parameters among which the fits choose, as the authors' MATLAB code does."""


class Asymmetric(NamedTuple):
    """A fitted asymmetric generalised Gaussian: shape, and the root mean squares of its negative and positive side."""

    shape: np.ndarray
    left: np.ndarray
    right: np.ndarray


def rounded_luma(frame: np.ndarray, colour: str) -> np.ndarray:
    """BT.601 luma of (H, W, 3) uint8 RGB in whole levels: (H, W) float64; grey is full range, y is 16..235.

    Each half level is rounded as the references do, whose float32 arithmetic decides: one pixel in a thousand is one.
    """
    if colour == "y":
        return np.rint(luma(frame).astype(np.float64))
    if colour != "grey":
        raise UsageError(f"colour {colour!r} is not known here", mend="use grey or y")
    red, green, blue = np.moveaxis(frame.astype(np.float32) / np.float32(255), 2, 0)
    mixed = red * np.float32(0.299) + green * np.float32(0.587) + blue * np.float32(0.114)
    return np.asarray(np.rint((mixed * np.float32(255)).astype(np.float64)))


def contrast_normalised(levels: np.ndarray, border: int) -> np.ndarray:
    """(x - mean) / (deviation + 1) of (H, W) float64 levels in 0..255, over a 7x7 Gaussian window (sigma 7/6).

    `border` is OpenCV's: cv2.BORDER_REPLICATE, or cv2.BORDER_CONSTANT for zeros outside.
    """
    offsets = np.arange(_SIDE) - _SIDE // 2
    window = np.exp(-(offsets**2) / (2 * _SIGMA**2))
    window /= window.sum()
    mean = cv2.sepFilter2D(levels, cv2.CV_64F, window, window, borderType=border)
    square = cv2.sepFilter2D(levels * levels, cv2.CV_64F, window, window, borderType=border)
    difference = levels - mean
    difference[np.abs(difference) < _NOTHING] = 0
    return np.asarray(difference / (np.sqrt(np.abs(square - mean * mean)) + 1))


def fit_asymmetric(values: np.ndarray) -> Asymmetric:
    """The asymmetric fit over the last two axes of (..., h, w), by moments (Lasmar, Stitou and Berthoumieu 2009).

    A field without negative or without positive values gives NaN on that side, and the first shape.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        squares = values * values
        negative, positive = values < 0, values > 0
        left = np.sqrt((squares * negative).sum((-2, -1)) / negative.sum((-2, -1)))
        right = np.sqrt((squares * positive).sum((-2, -1)) / positive.sum((-2, -1)))
        balance = left / right
        ratio = np.abs(values).mean((-2, -1)) ** 2 / squares.mean((-2, -1))
        ratio = ratio * (balance**3 + 1) * (balance + 1) / (balance**2 + 1) ** 2
    return Asymmetric(_shape_of(ratio), left, right)


def fit_symmetric(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shape and variance of a generalised Gaussian over the last two axes of (..., h, w), by moments."""
    variance = (values * values).mean((-2, -1))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.abs(values).mean((-2, -1)) ** 2 / variance
    return _shape_of(ratio), variance


def log_gamma(values: np.ndarray) -> np.ndarray:
    """Logarithm of the gamma function, element by element."""
    return np.asarray(gammaln(values))


def _shape_of(ratio: np.ndarray) -> np.ndarray:
    """The shape on the grid whose (E|x|)^2 / E x^2 comes nearest to `ratio`; the first one for NaN."""
    table = _ratios()
    above = np.clip(np.searchsorted(table, ratio), 1, len(table) - 1)
    nearest = np.where(ratio - table[above - 1] <= table[above] - ratio, above - 1, above)
    return _SHAPES[np.where(np.isnan(ratio), 0, nearest)]


@lru_cache(maxsize=1)
def _ratios() -> np.ndarray:
    """(E|x|)^2 / E x^2 of a generalised Gaussian for each shape of the grid: rising."""
    inverse = 1 / _SHAPES
    return np.asarray(np.exp(2 * gammaln(2 * inverse) - gammaln(inverse) - gammaln(3 * inverse)))
