"""SSIM of video frames, in the variants that papers report."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from vbench_py.metrics.extractors.arithmetic import Arithmetic, each, same_shape
from vbench_py.metrics.extractors.similarity import WINDOWS, Mapper, similarity
from vbench_py.types import Unsupported

_THREADS = 2


class Similarity(Arithmetic):
    """Base of the SSIM family: a value for each (video, target) frame, bands of rows shared by two threads."""

    scratch = 8.0

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        super().__init__(options, weights)
        self._pool: ThreadPoolExecutor | None = None

    def load(self, device: str) -> None:
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="ssim")

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None

    @property
    def run(self) -> Mapper:
        """Maps over bands: by the pool once loaded, one after the other before."""
        return self._pool.map if self._pool is not None else map

    def __call__(self, video: np.ndarray, target: np.ndarray) -> Mapping[str, np.ndarray]:
        same_shape(video, target)
        return {"value": each(lambda a, b: self.compare(self.prepare(a[0]), self.prepare(b[0])), video, target)}

    def compare(self, first: np.ndarray, second: np.ndarray) -> float:
        """The value of two prepared frames."""
        raise NotImplementedError


class SSIM(Similarity):
    """SSIM of each (video, target) frame: mean over pixels and channels, in -1..1, K1 = 0.01, K2 = 0.03.

    Options: `colour`, `crop`, `window` (see `similarity.WINDOWS`) and `peak`, the data range: a number, or "prediction"
    for the largest minus the smallest value of the video's frame (TecoGAN).
    Gives `value` (B,) float64. `Unsupported` when a frame is smaller than the window, `BadMedia` when sizes differ.
    """

    def compare(self, first: np.ndarray, second: np.ndarray) -> float:
        peak = self.options["peak"]
        if peak == "prediction":
            peak = float(first.max()) - float(first.min())
            if not peak:
                raise Unsupported(
                    "range", "the predicted frame is of one colour: a data range of 0 leaves SSIM undefined"
                )
        ssim, _ = similarity(first, second, WINDOWS[self.options["window"]], float(peak), self.run)
        return float(ssim.mean())
