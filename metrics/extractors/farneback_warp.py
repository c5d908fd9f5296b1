"""How well an edit follows its source's motion (EditBoard's ff-alpha and ff-beta)."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from vbench_py.metrics.extractors.arithmetic import Arithmetic, same_shape
from vbench_py.metrics.extractors.flow import grey
from vbench_py.metrics.extractors.flow_stats import lengths
from vbench_py.metrics.extractors.warping import same_size

_TINY = 1e-7


class FlowFidelity(Arithmetic):
    """Error of the edit's second frame against its first warped along the source's motion, in 8-bit levels (0..255).

    Takes pairs of the edit and of the source (B, 2, H, W, 3) uint8 and the source's flow (B, H, W, 2): from the first
    frame to the second where the option `flow` is forward (EditBoard: taken off at the pixels of the second frame,
    which it does not belong to), from the second to the first where it is backward. A pixel counts where the grey of
    the source's own error is at most the option `threshold`; with a backward flow it must also lead into the frame.
    Gives (B,) float64: `value`, the mean over those pixels of the largest channel's error, NaN without any; `valid`,
    their share. `BadMedia` for unlike sizes.
    Source: Samchen2003/EditBoard@089075a `editboard/ff_alpha.py:calculate_ff_alpha`; forward equal to 1e-9.
    """

    scratch = 30.0

    def __call__(self, video: np.ndarray, source: np.ndarray, flow: np.ndarray) -> Mapping[str, np.ndarray]:
        same_shape(video, source)
        pairs = [self._error(*parts) for parts in zip(video, source, flow, strict=True)]
        table = np.array(pairs, dtype=np.float64).reshape(-1, 2)
        return {"value": table[:, 0], "valid": table[:, 1]}

    def _error(self, edit: np.ndarray, source: np.ndarray, flow: np.ndarray) -> tuple[float, float]:
        same_size(edit[0], flow)
        forward = self.options["flow"] == "forward"
        height, width = flow.shape[:2]
        grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).astype(np.float32)
        places = grid - flow if forward else grid + flow

        border = cv2.BORDER_CONSTANT if forward else cv2.BORDER_REPLICATE

        def difference(pair: np.ndarray) -> np.ndarray:
            warped = cv2.remap(pair[0], places[..., 0], places[..., 1], cv2.INTER_LINEAR, borderMode=border)
            return np.asarray(cv2.absdiff(pair[1], warped))

        valid = grey(difference(source)) <= float(self.options["threshold"])
        if not forward:
            valid &= np.all((places >= -0.5) & (places <= np.array([width, height]) - 0.5), axis=2)
        if not valid.any():
            return np.nan, 0.0
        return float(np.mean(difference(edit).max(axis=2)[valid], dtype=np.float64)), float(valid.mean())


class FlowAngle(Arithmetic):
    """Mean of 1 - cosine of the angle between two flows (B, H, W, 2) over the pixels that move, 0..2.

    Option `moving`: a pixel counts where the second flow, the source's, is longer than this, in pixels. 0 counts every
    pixel as EditBoard does, where a flow of length 0 has a cosine of 0.
    Gives (B,) float64: `value`, NaN where nothing moves; `valid`, the share of pixels that count. `BadMedia` for unlike
    sizes. Source: Samchen2003/EditBoard@089075a `editboard/ff_beta.py:ff_beta_for_one`; `moving` 0 equal to 1e-6.
    """

    scratch = 24.0

    def __call__(self, flow: np.ndarray, source: np.ndarray) -> Mapping[str, np.ndarray]:
        same_shape(flow, source)
        pairs = [self._angle(*parts) for parts in zip(flow, source, strict=True)]
        table = np.array(pairs, dtype=np.float64).reshape(-1, 2)
        return {"value": table[:, 0], "valid": table[:, 1]}

    def _angle(self, flow: np.ndarray, source: np.ndarray) -> tuple[float, float]:
        moving = float(self.options["moving"])
        valid = lengths(source) > moving if moving else np.ones(source.shape[:2], dtype=bool)
        if not valid.any():
            return np.nan, 0.0
        one, other = (part[valid].astype(np.float64) for part in (flow, source))
        norms = (np.sqrt(np.sum(part * part, axis=-1)) + _TINY for part in (one, other))
        cosine = np.sum(one * other, axis=-1) / np.multiply(*norms)
        return float(np.mean(1 - cosine)), float(valid.mean())
