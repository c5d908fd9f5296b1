"""How much the perceptual change from frame to frame differs between a video and its target (tLP)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from vbench_py.metrics.extractors.arithmetic import same_shape
from vbench_py.metrics.extractors.crop import crop
from vbench_py.metrics.extractors.lpips import LPIPS


class TemporalLPIPS(LPIPS):
    """|LPIPS(target, next target) - LPIPS(video, next video)| of each (B, 2, H, W, 3) pair of frames.

    Options: `network` as in LPIPS, and `crop` (see `crop.crop`), which comes before the network.
    Gives `value` (B,) float64, 0 where both change alike. `BadMedia` when sizes differ.
    Source: thunil/TecoGAN@bc747a4 `metrics.py` (tLP), without its factor of 100, equal to 1e-5.
    """

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        super().__init__(options, weights)
        self._crop = options["crop"]

    def __call__(self, video: np.ndarray, target: np.ndarray) -> Mapping[str, np.ndarray]:
        same_shape(video, target)
        mine, theirs = (self._steps(windows) for windows in (video, target))
        return {"value": np.abs(theirs - mine)}

    def _steps(self, windows: np.ndarray) -> np.ndarray:
        first, second = (np.stack([crop(frame, self._crop) for frame in windows[:, i]]) for i in (0, 1))
        return self.distances(first, second)
