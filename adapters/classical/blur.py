"""How wide the blur of a frame is, told from its own edges."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

REBLUR_SIGMA = 1.0
STRONGEST_EDGES = 0.1
SHARPEST_EDGES = 0.25
SHARPEST_STEP = 0.85
"""Pixels: the step from one pixel to the next measures up to this much, so a narrower edge tells of no blur."""
SIGMA_OF_SHARP = 0.5
"""Pixels: what the edges of sharp video have of their own, taken out of the width of blurred ones."""


def blur_sigma(frames: Sequence[np.ndarray]) -> float:
    """The sigma in pixels of the Gaussian blur that all of each frame has, the median of (H, W, 3) uint8 frames.

    At an edge of width sigma, one more blur of sigma_0 lowers the gradient by sqrt(1 + (sigma_0 / sigma)^2): Zhuo and
    Sim, Defocus map estimation from a single image, Pattern Recognition 2011, equation 4. Read off the lower quartile
    of the strongest edges, since what only moves, or lies out of focus, is softer than the rest. 0 for sharp frames
    and for those without edges.
    """
    measured = [sigma for sigma in map(_edge_width, frames) if sigma is not None]
    width = float(np.median(measured)) if measured else 0.0
    return 0.0 if width < SHARPEST_STEP else float(np.sqrt(width**2 - SIGMA_OF_SHARP**2))


def _edge_width(frame: np.ndarray) -> float | None:
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32)
    sharp = _gradient(grey)
    edges = (sharp == cv2.dilate(sharp, np.ones((3, 3)))) & (sharp > 0)
    if not edges.any():
        return None
    edges &= sharp >= np.quantile(sharp[edges], 1 - STRONGEST_EDGES)
    soft = _gradient(cv2.GaussianBlur(grey, (0, 0), REBLUR_SIGMA))
    ratio = sharp[edges] / np.maximum(soft[edges], 1e-6)
    widths = REBLUR_SIGMA / np.sqrt(np.maximum(ratio**2 - 1, 1e-4))
    return float(np.quantile(widths, SHARPEST_EDGES))


def _gradient(grey: np.ndarray) -> np.ndarray:
    """Length of the gradient, (H, W) float32."""
    return np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
