"""Small numbers about dense optical flow."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from vbench_py.metrics.extractors.arithmetic import Arithmetic, each, same_shape


def lengths(flow: np.ndarray) -> np.ndarray:
    """(..., 2) float32 vectors to their lengths (...) float32."""
    across, down = flow[..., 0], flow[..., 1]
    return np.asarray(np.sqrt(across * across + down * down))


def mean_of_largest(values: np.ndarray, share: float) -> float:
    """Mean of the int(share * n) largest of (n,) values, of at least one."""
    count = max(int(len(values) * share), 1)
    return float(np.mean(np.partition(values, len(values) - count)[-count:], dtype=np.float64))


class FlowStatistics(Arithmetic):
    """Lengths of the flow of each pair (B, H, W, 2), in pixels.

    Gives (B,) float64: `value`, their mean; `top5` and `top2`, the mean of the largest 5 % and 2 %; `short_side`, the
    smaller side of the flow. Source of the tops: Vchitect/VBench@45e79ec `vbench/dynamic_degree.py:get_score` and
    `static_filter.py`; equal to 1e-5 on equal flow.
    """

    scratch = 12.0

    def __call__(self, flow: np.ndarray) -> Mapping[str, np.ndarray]:
        flat = lengths(flow).reshape(len(flow), -1)
        return {
            "value": each(lambda values: float(np.mean(values, dtype=np.float64)), flat),
            "top5": each(lambda values: mean_of_largest(values, 0.05), flat),
            "top2": each(lambda values: mean_of_largest(values, 0.02), flat),
            "short_side": np.full(len(flow), min(flow.shape[1:3]), dtype=np.float64),
        }


class FlowDistance(Arithmetic):
    """End-point error between two flows (B, H, W, 2) of each pair: `value` (B,) float64, the mean length, in pixels.

    `BadMedia` when sizes differ.
    """

    scratch = 12.0

    def __call__(self, first: np.ndarray, second: np.ndarray) -> Mapping[str, np.ndarray]:
        same_shape(first, second)
        return {"value": each(lambda a, b: float(np.mean(lengths(a - b), dtype=np.float64)), first, second)}
