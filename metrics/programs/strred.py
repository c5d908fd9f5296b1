"""ST-RRED by scikit-video 1.1.11, whose arithmetic no NumPy from 1.24 on runs.

Runs in the environment `skvideo`, not in the harness.
"""

from __future__ import annotations

import importlib
import warnings
from pathlib import Path
from typing import Any

import numpy as np

NAMES = ("spatial", "temporal", "spatial_reduced", "temporal_reduced")


class Program:
    """Differences of the entropies of two clips; there is nothing to set."""

    def __init__(self) -> None:
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        self.strred = importlib.import_module("skvideo.measure").strred

    def __call__(self, video: Path, target: Path) -> dict[str, np.ndarray]:
        """Two clips (n, H, W) uint8 luma (.npy) to arrays of n // 2 values, one for frames 0 and 1, 2 and 3, ...

        `index` is the first frame of each pair; `spatial` and `temporal` are mean absolute differences over blocks,
        the `_reduced` ones differences of means. Two pairs are in memory: the reference takes no others either.
        Raises `ValueError` for clips of unlike shapes or fewer than two frames.
        """
        mine, theirs = (np.load(path, mmap_mode="r", allow_pickle=False) for path in (video, target))
        if mine.shape != theirs.shape or mine.ndim != 3 or len(mine) < 2:
            raise ValueError(f"{mine.shape} and {theirs.shape}; two equal (frames, height, width) are wanted")
        index = np.arange(0, len(mine) - 1, 2)
        rows = [self._pair(theirs[start : start + 2], mine[start : start + 2]) for start in index]
        return {"index": index, **dict(zip(NAMES, np.array(rows, dtype=np.float64).T, strict=True))}

    def _pair(self, target: np.ndarray, video: np.ndarray) -> Any:
        rows, _, _ = self.strred(np.array(target)[..., None], np.array(video)[..., None])
        return rows[0]
