"""Motion-aware warp error (Henschel et al. 2024, StreamingT2V): how badly frames follow the flow, for its length."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torchvision.models.optical_flow import raft_large

from vbench_py.features.geometry import apply
from vbench_py.metrics.extractors.arithmetic import Arithmetic
from vbench_py.metrics.extractors.flow_stats import lengths
from vbench_py.metrics.extractors.raft import RAFT
from vbench_py.metrics.extractors.state_dicts import load_network, read_state_dict
from vbench_py.types import Geometry


def stretched(frames: np.ndarray, height: int, width: int) -> np.ndarray:
    """(..., H, W, 3) uint8 to (..., height, width, 3) uint8: bilinear without antialias, rounded, as torchvision."""
    flat = frames.reshape(-1, *frames.shape[-3:])
    sized = np.rint(apply(Geometry((height, width)), flat)).astype(np.uint8)
    return np.asarray(sized.reshape(*frames.shape[:-3], height, width, 3))


class TorchvisionRAFT(RAFT):
    """RAFT of torchvision: pairs (B, 2, H, W, 3) stretched to `side` x `side` 8-bit pixels, `flow` (B, side, side, 2).

    Options: `side` and `iterations`. Weights: torchvision's `Raft_Large_Weights.C_T_SKHT_V2`.
    Agrees with torchvision 0.2x `raft_large` (`num_flow_updates` = `iterations`) on equal weights to 1e-3 px.
    """

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        super().__init__({"network": "large", "iterations": options["iterations"], "evalcrafter": False}, weights)
        self._side = int(options["side"])

    def load(self, device: str) -> None:
        self._device = torch.device(device)
        self._network = load_network(raft_large, read_state_dict(self._path), self._path, self._device)

    def bytes_per_window(self, shape: tuple[int, ...]) -> int:
        return super().bytes_per_window((2, self._side, self._side, 3))

    def __call__(self, video: np.ndarray) -> Mapping[str, np.ndarray]:
        return super().__call__(stretched(video, self._side, self._side))


class MotionAwareWarpError(Arithmetic):
    """Warp error of pairs (B, 2, H, W, 3) uint8 at the size of their flow (B, h, w, 2), and the flow's mean length.

    Each pixel of the first frame is put where the flow takes it, to the nearest pixel, the last one where several meet;
    the error is the mean squared difference from the second frame, in 8-bit levels, over the pixels that were reached.
    Gives (B,) float64: `error`, 0 where none was; `motion`, px; `value`, error / (`coefficient` motion), 0 where both
    are 0 and NaN where only motion is.
    Picsart-AI-Research/StreamingT2V@d39e286 `mawe.py:get_mawe`, to 1e-5 of the value on equal flow.
    """

    scratch = 24.0

    def __call__(self, video: np.ndarray, flow: np.ndarray) -> Mapping[str, np.ndarray]:
        frames = stretched(video, *flow.shape[1:3])
        pairs = zip(frames[:, 0], frames[:, 1], flow, strict=True)
        error = np.array([warp_error(first, second, there) for first, second, there in pairs], np.float64)
        motion = lengths(flow).mean(axis=(1, 2), dtype=np.float64)
        still = motion == 0
        value = error / (float(self.options["coefficient"]) * np.where(still, 1.0, motion))
        return {"value": np.where(still & (error > 0), np.nan, value), "error": error, "motion": motion}


def warp_error(first: np.ndarray, second: np.ndarray, flow: np.ndarray) -> float:
    """The error of one pair of (H, W, 3) uint8 frames; see `MotionAwareWarpError`."""
    height, width = flow.shape[:2]
    column = np.rint(np.arange(width, dtype=np.float32)[None, :] + flow[..., 0]).astype(np.int64)
    row = np.rint(np.arange(height, dtype=np.float32)[:, None] + flow[..., 1]).astype(np.int64)
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    came = np.full(height * width, -1, dtype=np.int64)
    np.maximum.at(came, (row * width + column)[inside], np.flatnonzero(inside))
    reached = came >= 0
    if not reached.any():
        return 0.0
    put = first.reshape(-1, 3)[came[reached]].astype(np.float64)
    return float(np.mean(np.square(second.reshape(-1, 3)[reached] - put)))
