"""Multi-scale SSIM (Wang et al. 2003) of video frames."""

from __future__ import annotations

import cv2
import numpy as np

from vbench_py.metrics.extractors.similarity import WINDOWS, similarity
from vbench_py.metrics.extractors.ssim import Similarity
from vbench_py.types import Unsupported

_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
_SMALLEST = (11 - 1) * 2 ** (len(_WEIGHTS) - 1) + 1


def halve(image: np.ndarray) -> np.ndarray:
    """Means of 2x2 blocks of (H, W, C) as float32; an odd dimension gets a zero row or column before its first.

    The zeros are those of VainF/pytorch-msssim, whose average pooling pads odd sizes and counts the padding.
    """
    height, width = image.shape[:2]
    padded = cv2.copyMakeBorder(image, height % 2, 0, width % 2, 0, cv2.BORDER_CONSTANT, value=0).astype(np.float32)
    return cv2.resize(padded, (padded.shape[1] // 2, padded.shape[0] // 2), interpolation=cv2.INTER_AREA)


class MultiScaleSSIM(Similarity):
    """MS-SSIM of each (video, target) frame: product over five scales, mean over channels, in 0..1.

    Gaussian window of 11, sigma 1.5, valid pixels only; contrast terms below zero count as zero.
    Options: `colour`, `crop`. Gives `value` (B,) float64; agrees with pytorch-msssim 1.0.0 to 1e-5.
    `Unsupported` when a side is below 161 px.
    """

    scratch = 12.0

    def compare(self, first: np.ndarray, second: np.ndarray) -> float:
        height, width = first.shape[:2]
        if min(height, width) < _SMALLEST:
            raise Unsupported(
                "size",
                f"MS-SSIM halves frames four times and needs sides of at least {_SMALLEST} px, not {width}x{height}",
            )
        terms = []
        for _ in _WEIGHTS[1:]:
            terms.append(similarity(first, second, WINDOWS["gaussian11"], run=self.run)[1])
            first, second = halve(first), halve(second)
        terms.append(similarity(first, second, WINDOWS["gaussian11"], run=self.run)[0])
        powers = np.array(_WEIGHTS)[:, None]
        return float(np.prod(np.maximum(terms, 0) ** powers, axis=0).mean())
