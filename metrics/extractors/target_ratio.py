"""A statistic of the video against the same of its target, in octaves: how much sharper, how much less steady."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from vbench_py.metrics.extractors.arithmetic import Arithmetic, same_shape
from vbench_py.metrics.extractors.flow import grey

LAPLACIAN_OF_ROUNDING = 20 / 12
"""Variance that rounding to 8 bits gives the Laplacian (1, 1, -4, 1, 1), in squared levels."""

CHANGE_OF_ROUNDING = 1 / 3
"""Mean absolute difference of the roundings of two frames, in levels."""


class SharpnessRatio(Arithmetic):
    """Variance of the 4-neighbour Laplacian of the luma of each frame, of the video and of its target.

    Both (B, 1, H, W, 3) uint8; luma is 8-bit, full-range BT.601. Gives (B,) float64: `value`, the absolute and `signed`
    log2 of the ratio, each variance with that of 8-bit rounding added, so that flat frames compare as equal.
    `BadMedia` when sizes differ.
    """

    scratch = 16.0

    def __call__(self, video: np.ndarray, target: np.ndarray) -> Mapping[str, np.ndarray]:
        same_shape(video, target)
        found = np.array([[_sharpness(w[0]) for w in windows] for windows in (video, target)]).reshape(2, -1)
        return _octaves(found + LAPLACIAN_OF_ROUNDING)


class FlickerRatio(Arithmetic):
    """Mean absolute change from frame to frame over pixels and channels, of the video and of its target.

    Both (B, 2, H, W, 3) uint8 pairs. Gives (B,) float64: `change` and `target_change` in levels; `value`, the absolute
    and `signed` log2 of their ratio, each with the change that 8-bit rounding makes added, so that still videos compare
    as equal. `BadMedia` when sizes differ.
    """

    scratch = 8.0

    def __call__(self, video: np.ndarray, target: np.ndarray) -> Mapping[str, np.ndarray]:
        same_shape(video, target)
        found = np.array([[_change(*pair) for pair in windows] for windows in (video, target)]).reshape(2, -1)
        return {"change": found[0], "target_change": found[1], **_octaves(found + CHANGE_OF_ROUNDING)}


def _octaves(statistics: np.ndarray) -> dict[str, np.ndarray]:
    """(2, B) statistics of video and target, above 0, to their `value` and `signed`."""
    signed = np.log2(statistics[0] / statistics[1])
    return {"value": np.abs(signed), "signed": signed}


def _sharpness(frame: np.ndarray) -> float:
    return float(np.var(cv2.Laplacian(grey(frame), cv2.CV_64F)))


def _change(first: np.ndarray, second: np.ndarray) -> float:
    return float(cv2.norm(first, second, cv2.NORM_L1)) / first.size
