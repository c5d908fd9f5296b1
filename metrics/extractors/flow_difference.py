"""How much the motion of a video differs from that of its target (tOF)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from vbench_py.metrics.extractors.arithmetic import Arithmetic, each, same_shape
from vbench_py.metrics.extractors.crop import crop
from vbench_py.metrics.extractors.flow import flow_function, grey


class FlowDifference(Arithmetic):
    """Mean length of the difference of the video's and the target's optical flow over each pair of frames, in pixels.

    Flow runs on full frames, the crop comes after. Options: `flow` (see `flow.flow_function`), `crop`.
    Gives `value` (B,) float64. `BadMedia` when sizes differ, `Unsupported` when the crop leaves nothing.
    Source: thunil/TecoGAN@bc747a4 `metrics.py` (tOF), equal to 1e-6.
    """

    scratch = 24.0

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        super().__init__(options, weights)
        self._flow = flow_function(self.options["flow"])

    def __call__(self, video: np.ndarray, target: np.ndarray) -> Mapping[str, np.ndarray]:
        same_shape(video, target)
        return {"value": each(self._difference, video, target)}

    def _difference(self, video: np.ndarray, target: np.ndarray) -> float:
        mine, theirs = (
            crop(self._flow(grey(pair[0]), grey(pair[1])), self.options["crop"]) for pair in (video, target)
        )
        across, down = np.moveaxis(mine - theirs, 2, 0)
        # Not cv2.magnitude: its last bit depends on where the array lies in memory.
        return float(np.mean(np.sqrt(across * across + down * down), dtype=np.float64))
