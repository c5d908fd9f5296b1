"""BRISQUE (Mittal, Moorthy and Bovik 2012): natural scene statistics, and a regression on human judgements."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np

from vbench_py.derive.imresize import imresize
from vbench_py.metrics.extractors.arithmetic import Arithmetic, each
from vbench_py.metrics.extractors.natural_scene import (
    contrast_normalised,
    fit_asymmetric,
    fit_symmetric,
    log_gamma,
    rounded_luma,
)
from vbench_py.types import Unsupported, UsageError

_FEATURES = 36
_SMALLEST = 16
_SHIFTS = ((0, 1), (1, 0), (1, 1), (-1, 1))
_LOW = np.array(
    [0.338, 0.017204, 0.236, -0.123884, 0.000155, 0.001122, 0.244, -0.123586, 0.000152, 0.000975, 0.249, -0.135687,
     0.000174, 0.000913, 0.258, -0.143408, 0.000179, 0.000888, 0.471, 0.012809, 0.218, -0.094876, 1.5e-05, 0.001272,
     0.222, -0.115772, 1.6e-05, 0.001374, 0.227, -0.117188, 3e-05, 0.001122, 0.228, -0.12243, 2.8e-05, 0.001118]
)  # fmt: skip
_HIGH = np.array(
    [10.0, 0.806612, 1.642, 0.20293, 0.712298, 0.470257, 1.641, 0.179083, 0.710456, 0.470984, 1.555, 0.100858,
     0.684173, 0.534174, 1.561, 0.100486, 0.685696, 0.536508, 3.264, 0.703171, 1.046, 0.187459, 0.442057, 0.40803,
     1.042, 0.162604, 0.444362, 0.40243, 0.996, 0.098323, 0.531903, 0.369589, 0.99, 0.098658, 0.530092, 0.370399]
)  # fmt: skip
"""The ranges (`allrange` of the authors' release) that training brought to -1..1."""


class Regression(NamedTuple):
    """A support vector regression with a Gaussian kernel: coefficients (n,), vectors (n, 36), gamma, offset."""

    coefficients: np.ndarray
    vectors: np.ndarray
    gamma: float
    offset: float


class BRISQUE(Arithmetic):
    """BRISQUE of each (B, 1, H, W, 3) uint8 RGB frame at its own size; mostly 0..100, lower is better.

    Weights: the authors' regression as LIBSVM text (`allmodel`). Gives `value` (B,) float64, NaN for a flat frame.
    `Unsupported` for sides below 16 px. Source: pyiqa 0.1.8 `archs/brisque_arch.py:brisque` with the same regression,
    to 1e-2 on textured frames and to 1 where 7x7 pixels are equal (it counts the sign of rounding errors there).
    """

    scratch = 96.0
    finite = False

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        super().__init__(options, weights)
        self._path = weights["brisque-allmodel"]

    def load(self, device: str) -> None:
        self._regression = read_regression(self._path)

    def __call__(self, frames: np.ndarray) -> Mapping[str, np.ndarray]:
        if min(frames.shape[2:4]) < _SMALLEST:
            raise Unsupported("size", f"BRISQUE needs sides of at least 16 px, not {frames.shape[3]}x{frames.shape[2]}")
        return {"value": each(lambda window: self._quality(window[0]), frames)}

    def _quality(self, frame: np.ndarray) -> float:
        luma = rounded_luma(frame, "grey")
        features = np.concatenate([_statistics(luma), _statistics(imresize(luma, scale=0.5))])
        scaled = 2 * (features - _LOW) / (_HIGH - _LOW) - 1
        model = self._regression
        distances = ((model.vectors - scaled) ** 2).sum(axis=1)
        return float(model.coefficients @ np.exp(-model.gamma * distances) - model.offset)


def _statistics(luma: np.ndarray) -> np.ndarray:
    """18 statistics of (H, W) luma: (18,) float64."""
    normal = contrast_normalised(luma, cv2.BORDER_CONSTANT)
    features = list(fit_symmetric(normal))
    for shift in _SHIFTS:
        shape, left, right = fit_asymmetric(normal * np.roll(normal, shift, (0, 1)))
        inverse = 1 / shape
        mean = (right - left) * np.exp(log_gamma(2 * inverse) - (log_gamma(inverse) + log_gamma(3 * inverse)) / 2)
        features += [shape, mean, left**2, right**2]
    return np.array(features)


def read_regression(path: Path) -> Regression:
    """A LIBSVM epsilon-SVR with an RBF kernel from its text; `UsageError` when the file is none."""
    try:
        head, _, body = path.read_text(encoding="ascii").partition("SV\n")
        facts = dict(line.split(maxsplit=1) for line in head.splitlines())
        if (facts["svm_type"], facts["kernel_type"]) != ("epsilon_svr", "rbf"):
            raise ValueError(f"{facts['svm_type']} with kernel {facts['kernel_type']}")
        lines = [line.split() for line in body.splitlines() if line.strip()]
        vectors = np.zeros((len(lines), _FEATURES))
        for row, (_, *entries) in enumerate(lines):
            for number, value in (entry.split(":") for entry in entries):
                vectors[row, int(number) - 1] = float(value)
        coefficients = np.array([float(line[0]) for line in lines])
        if len(lines) != int(facts["total_sv"]):
            raise ValueError(f"{len(lines)} support vectors, not {facts['total_sv']}")
        return Regression(coefficients, vectors, float(facts["gamma"]), float(facts["rho"]))
    except (ValueError, KeyError, IndexError, OSError) as error:
        raise UsageError(f"{path}: not a LIBSVM regression ({error})", mend="fetch the file again") from error
