"""Cameras as they are: the matrices of each frame, for metrics that compare whole trajectories."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from vbench_py.metrics.extractors.arithmetic import Arithmetic


class Cameras(Arithmetic):
    """Matrices of the cameras (B, 1, 3, 7, 1) float64 [K | R t], OpenCV convention.

    Gives `intrinsics` (B, 3, 3) in pixels and `world_to_camera` (B, 3, 4), float64; a pose that is not known is NaN.
    """

    scratch = 8.0

    def __call__(self, cameras: np.ndarray) -> Mapping[str, np.ndarray]:
        matrices = np.asarray(cameras[:, 0, :, :, 0], dtype=np.float64)
        return {"intrinsics": matrices[..., :3].copy(), "world_to_camera": matrices[..., 3:].copy()}
