"""A video whose path returns the way it came: frames t and T - 1 - t show the same place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vbench_py.metrics.extractors.arithmetic import Arithmetic
from vbench_py.metrics.extractors.lpips import LPIPS
from vbench_py.types import Unsupported
from vbench_py.video import probe, read_chunks


def chosen(frames: int, pairs: int, apart: float, every: int = 1) -> np.ndarray:
    """First frames t of at most `pairs` pairs (t, frames - 1 - t), rising, evenly spread from the ends inwards.

    The two lie at least `apart` of the video from each other; t is a multiple of `every`. `Unsupported` for none.
    """
    last = (frames - 1 - max(int(np.ceil(apart * frames)), 1)) // 2
    if last < 0:
        raise Unsupported("frames", f"no two of {frames} frames lie {apart:g} of the video apart")
    candidates = np.arange(0, last + 1, every, dtype=np.int64)
    places = np.linspace(0, len(candidates) - 1, min(pairs, len(candidates)))
    return np.asarray(candidates[np.rint(places).astype(np.int64)])


def pairs_of(path: Path, first: np.ndarray) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """t and the two frames (H, W, 3) uint8 of each pair, the innermost first; the file is read once, from the front."""
    info = probe(path)
    wanted = {int(t) for t in first}
    kept: dict[int, np.ndarray] = {}
    number = 0
    for chunk in read_chunks(path, info=info):
        for frame in chunk:
            if number in wanted:
                kept[number] = frame.copy()
            if (t := info.frames - 1 - number) in kept and t < number:
                yield t, kept.pop(t), frame
            number += 1


def _series(found: Mapping[int, float], name: str) -> Mapping[str, np.ndarray]:
    index = np.array(sorted(found), dtype=np.int64)
    return {"index": index, name: np.array([found[int(t)] for t in index], dtype=np.float64)}


class RevisitError(Arithmetic):
    """Mean squared error between the frames of each pair, over pixels and channels, in squared 8-bit levels.

    Options: `pairs`, how many at most; `apart`, the least part of the video between the two; `every`, of which t is a
    multiple. Gives `index` (P,) int64, the first frame of each pair, and `value` (P,) float64. Keeps at most `pairs`
    frames in memory.
    """

    def __call__(self, video: Path) -> Mapping[str, np.ndarray]:
        first = _first(video, self.options)
        found = {t: cv2.norm(one, two, cv2.NORM_L2SQR) / one.size for t, one, two in pairs_of(video, first)}
        return _series(found, "value")


class RevisitLPIPS(LPIPS):
    """LPIPS between the frames of each pair, as `RevisitError` else. Also option `network`."""

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        super().__init__(options, weights)
        self.options = dict(options)

    def __call__(self, video: Path) -> Mapping[str, np.ndarray]:  # type: ignore[override]
        first = _first(video, self.options)
        found = {t: float(self.distances(one[None], two[None])[0]) for t, one, two in pairs_of(video, first)}
        return _series(found, "value")


def _first(video: Path, options: Mapping[str, Any]) -> np.ndarray:
    return chosen(probe(video).frames, int(options["pairs"]), float(options["apart"]), int(options["every"]))
