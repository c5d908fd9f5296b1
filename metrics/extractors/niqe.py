"""NIQE (Mittal, Soundararajan and Bovik 2013): how far a frame's statistics lie from those of pristine photographs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vbench_py.derive.imresize import imresize
from vbench_py.metrics.extractors.arithmetic import Arithmetic, each
from vbench_py.metrics.extractors.natural_scene import contrast_normalised, fit_asymmetric, log_gamma, rounded_luma
from vbench_py.types import Unsupported, UsageError

_FEATURES = 36
_SHIFTS = ((0, 0), (0, 1), (1, 0), (1, 1), (1, -1))


class NIQE(Arithmetic):
    """NIQE of each (B, 1, H, W, 3) uint8 RGB frame at its own size; about 2 (pristine) to 20, lower is better.

    Options: `colour`, grey (full-range luma, rounded) or y (limited-range luma, rounded), and `block` (96).
    Weights: the authors' model of pristine photographs as BasicSR keeps it (npz: `mu_pris_param` (1, 36),
    `cov_pris_param` (36, 36)).
    Gives `value` (B,) float64, NaN for a frame with fewer than two blocks that are not flat.
    `Unsupported` for frames without two whole blocks.
    Sources: pyiqa 0.1.8 `niqe_arch.py:calculate_niqe` (grey), BasicSR 1.4.2 `metrics/niqe.py:niqe` in float64 (y);
    both to 1e-4 on textured frames, to 2e-2 where 7x7 pixels are equal: they count the sign of rounding errors there.
    """

    scratch = 96.0
    finite = False

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        super().__init__(options, weights)
        self._block = int(options["block"])
        self._path = weights["niqe-pristine"]

    def load(self, device: str) -> None:
        try:
            with np.load(self._path, allow_pickle=False) as model:
                self._mean, self._covariance = model["mu_pris_param"].reshape(-1), model["cov_pris_param"]
            shapes = (self._mean.shape, self._covariance.shape)
        except (ValueError, OSError, KeyError) as error:
            raise UsageError(f"{self._path}: not a NIQE model ({error})", mend="fetch it again") from error
        if shapes != ((_FEATURES,), (_FEATURES, _FEATURES)):
            raise UsageError(f"{self._path}: not a NIQE model (shapes {shapes})", mend="fetch it again")

    def __call__(self, frames: np.ndarray) -> Mapping[str, np.ndarray]:
        height, width = frames.shape[2:4]
        side = self._block
        if (height // side) * (width // side) < 2:
            raise Unsupported(
                "size", f"NIQE needs two whole blocks of {side}x{side} pixels, {width}x{height} has fewer"
            )
        return {"value": each(lambda window: self._distance(window[0]), frames)}

    def _distance(self, frame: np.ndarray) -> float:
        luma = rounded_luma(frame, self.options["colour"])
        rows, columns = (length // self._block for length in luma.shape)
        luma = luma[: rows * self._block, : columns * self._block]
        features = np.concatenate(
            [_block_features(luma, rows, columns), _block_features(imresize(luma, scale=0.5), rows, columns)], axis=1
        )
        whole = features[~np.isnan(features).any(axis=1)]
        if len(whole) < 2:
            return float("nan")
        difference = self._mean - np.nanmean(features, axis=0)
        inverse = np.linalg.pinv((self._covariance + np.cov(whole, rowvar=False)) / 2)
        return float(np.sqrt(difference @ inverse @ difference))


def _block_features(luma: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """18 statistics of each of rows x columns blocks of (H, W) luma: (blocks, 18) float64."""
    normal = contrast_normalised(luma, cv2.BORDER_REPLICATE)
    height, width = normal.shape[0] // rows, normal.shape[1] // columns
    blocks = normal.reshape(rows, height, columns, width).swapaxes(1, 2).reshape(-1, height, width)
    features = []
    for shift in _SHIFTS:
        shape, left, right = fit_asymmetric(blocks if shift == (0, 0) else blocks * np.roll(blocks, shift, (1, 2)))
        scale = np.exp((log_gamma(1 / shape) - log_gamma(3 / shape)) / 2)
        left, right = left * scale, right * scale
        if shift == (0, 0):
            features += [shape, (left + right) / 2]
        else:
            mean = (right - left) * np.exp(log_gamma(2 / shape) - log_gamma(1 / shape))
            features += [shape, mean, left, right]
    return np.stack(features, axis=1)
