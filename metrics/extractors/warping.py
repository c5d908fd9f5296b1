"""How badly a video's frames follow a motion: the error after warping the next frame back."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from vbench_py.metrics.extractors.arithmetic import Arithmetic
from vbench_py.metrics.extractors.flow import halved, padded, resample, warp
from vbench_py.types import BadMedia


def consistent(forward: np.ndarray, backward: np.ndarray) -> np.ndarray:
    """(H, W) bool: pixels whose forward flow (H, W, 2) stays inside the frame and is undone by the backward flow.

    |f + b(x + f)|^2 <= 0.01 (|f|^2 + |b(x + f)|^2) + 0.5 (Sundaram et al. 2010), lengths in pixels.
    """
    height, width = forward.shape[:2]
    returned = warp(backward, forward)
    mismatch = np.square(forward + returned).sum(axis=2)
    lengths = np.square(forward).sum(axis=2) + np.square(returned).sum(axis=2)
    column = np.arange(width, dtype=np.float32)[None, :] + forward[..., 0]
    row = np.arange(height, dtype=np.float32)[:, None] + forward[..., 1]
    inside = (column >= 0) & (column <= width - 1) & (row >= 0) & (row <= height - 1)
    return np.asarray(inside & (mismatch <= 0.01 * lengths + 0.5))


def not_occluded(forward: np.ndarray, backward: np.ndarray) -> np.ndarray:
    """(H, W) bool: pixels that the published code counts: consistent, wherever they lead, and off motion boundaries.

    A boundary is where |df/dx|^2 + |df/dy|^2 > 0.01 |f|^2 + 0.002, differences to the next pixel.
    Source: phoenix104104/fast_blind_video_consistency@bce0c7e `utils.py:detect_occlusion`.
    """
    returned = resample(backward, forward)
    mismatch = np.square(forward + returned).sum(axis=2)
    length = np.square(forward).sum(axis=2)
    across = np.square(np.diff(forward, axis=1, append=forward[:, -1:])).sum(axis=2)
    down = np.square(np.diff(forward, axis=0, append=forward[-1:])).sum(axis=2)
    boundary = across + down > 0.01 * length + 0.002
    return np.asarray(~boundary & (mismatch <= 0.01 * (length + np.square(returned).sum(axis=2)) + 0.5))


class WarpingError(Arithmetic):
    """Mean squared difference of the first frame of each pair and the second warped onto it, on [0, 1] RGB.

    Takes pairs (B, 2, H, W, 3) and the flows between their frames, forward and backward (B, H, W, 2), of this video or
    of another of its size. The mean runs over valid pixels (`consistent`) and the three channels.
    Gives `value` (B,) float64, NaN where no pixel is valid, and `valid` (B,) float64, the share of valid pixels.
    `BadMedia` when a flow is of another size.
    Source of the idea: phoenix104104/fast_blind_video_consistency `evaluate_WarpError.py`; see the metric's card.
    """

    scratch = 40.0

    def __call__(self, video: np.ndarray, forward: np.ndarray, backward: np.ndarray) -> Mapping[str, np.ndarray]:
        pairs = [self.error(pair, there, back) for pair, there, back in zip(video, forward, backward, strict=True)]
        table = np.array(pairs, dtype=np.float64).reshape(-1, 2)
        return {"value": table[:, 0], "valid": table[:, 1]}

    def error(self, pair: np.ndarray, forward: np.ndarray, backward: np.ndarray) -> tuple[float, float]:
        """The error of one pair (2, H, W, 3) and its share of valid pixels."""
        first, second = pair
        same_size(first, forward)
        valid = consistent(forward, backward)
        if not valid.any():
            return np.nan, 0.0
        difference = (warp(second.astype(np.float32), forward) - first)[valid] / np.float32(255)
        return float(np.mean(np.square(difference), dtype=np.float64)), float(valid.mean())


class PublishedWarpingError(WarpingError):
    """The warping error as two repositories compute it, over `not_occluded` pixels; a pair without any gives 0.

    Option `variant`. lai: the mean over pixels and channels. evalcrafter: frames at half size, their border repeated
    to multiples of 8 (at least 128), and the sum over channels by the number of pixels, so 3 times a mean; takes flows
    of that size (`RAFT` with `evalcrafter`).
    Sources: phoenix104104/fast_blind_video_consistency@bce0c7e `evaluate_WarpError.py`; evalcrafter/EvalCrafter@1275bda
    `metrics/RAFT/optical_flow_scores.py:compute_video_warping_error`. Agrees to 1e-5 of the value on equal flows.
    """

    def error(self, pair: np.ndarray, forward: np.ndarray, backward: np.ndarray) -> tuple[float, float]:
        """The error of one pair (2, H, W, 3) and its share of valid pixels."""
        evalcrafter = self.options["variant"] == "evalcrafter"
        frames = padded(halved(pair), multiple=8, least=128)[0] if evalcrafter else pair
        first, second = frames.astype(np.float32) / np.float32(255)
        same_size(first, forward)
        valid = not_occluded(forward, backward)
        if not valid.any():
            return 0.0, 0.0
        squares = np.square(resample(second, forward) - first)[valid]
        return float(np.sum(squares, dtype=np.float64) / valid.sum() / (1 if evalcrafter else 3)), float(valid.mean())


def same_size(frame: np.ndarray, flow: np.ndarray) -> None:
    """Refuses a flow of another size than the frame it is to warp."""
    if frame.shape[:2] != flow.shape[:2]:
        (height, width), (rows, columns) = frame.shape[:2], flow.shape[:2]
        raise BadMedia(
            f"frames of {width}x{height} pixels cannot be warped by a flow of {columns}x{rows}",
            mend="score at the size of the video that the flow is taken from",
        )
