"""I3D on whole runs through a grid of views x time, which may be shorter than the network's shortest clip."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from vbench_py.metrics.extractors.i3d import I3D
from vbench_py.metrics.extractors.i3d_network import SHORTEST
from vbench_py.types import Unsupported


class I3DRun(I3D):
    """I3D of runs (B, n, 224, 224, 3): as `I3D` from 9 frames on.

    Option `short_orbit`: repeat goes round a shorter run again, from its first frame, until there are 9; refuse raises
    `Unsupported`.
    """

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        super().__init__(options, weights)
        self._repeats = options["short_orbit"] == "repeat"

    def bytes_per_window(self, shape: tuple[int, ...]) -> int:
        """Bytes that one (frames, height, width, channels) run takes while it is worked on."""
        return super().bytes_per_window((max(shape[0], SHORTEST), *shape[1:]))

    def __call__(self, runs: np.ndarray) -> Mapping[str, np.ndarray]:
        frames = runs.shape[1]
        if frames >= SHORTEST:
            return super().__call__(runs)
        if not self._repeats:
            raise Unsupported("frames", f"I3D needs runs of at least {SHORTEST} frames, not {frames}")
        return super().__call__(runs[:, np.arange(SHORTEST) % frames])
