"""ST-RRED of scikit-video, which no current NumPy runs: a metric worker."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap

from vbench_py.metrics.extractors.colour import convert
from vbench_py.metrics.extractors.isolated import Isolated
from vbench_py.types import BadMedia, Unsupported
from vbench_py.video import probe, read_chunks

SMALLEST = 64
"""Below, the band that is compared holds too few blocks of 3x3 for their covariance."""


class STRRED(Isolated):
    """Entropic differences of frames 0 and 1, 2 and 3, ... of a video and its target, on their grey levels.

    Gives `index` (P,) int64, each pair's first frame, and (P,) float64 `spatial`, `temporal` (mean absolute
    differences over blocks), `spatial_reduced`, `temporal_reduced` (differences of means): what
    `skvideo.measure.strred` of scikit-video 1.1.11 gives for the same levels, exactly.
    `BadMedia` when sizes or frame counts differ, `Unsupported` for sides below 64 px or one frame.
    """

    environment = "skvideo"
    program = "strred.py"

    def bytes_per_window(self, shape: tuple[int, ...]) -> int:
        """Bytes for files of (frames, height, width, channels) `shape`: two pairs with their pyramids."""
        return 4 * 64 * int(np.prod(shape[1:3]))

    def __call__(self, video: Path, target: Path) -> Mapping[str, np.ndarray]:
        mine, theirs = probe(video), probe(target)
        sizes = [(info.frames, info.width, info.height) for info in (mine, theirs)]
        if sizes[0] != sizes[1]:
            told = ["{} frames of {}x{}".format(*size) for size in sizes]
            raise BadMedia(f"{video}: {told[0]}, {target} has {told[1]}", mend="score at the target's size and length")
        if min(mine.width, mine.height) < SMALLEST:
            raise Unsupported("size", f"ST-RRED needs sides of {SMALLEST} px, not {mine.width}x{mine.height}")
        if mine.frames < 2:
            raise Unsupported("frames", "ST-RRED compares pairs of frames, and this is one frame")
        with tempfile.TemporaryDirectory(prefix="vbench-py-strred-") as folder:
            levels = [_grey(path, Path(folder, name), mine.frames) for path, name in ((video, "a"), (target, "b"))]
            return self.call(video=levels[0], target=levels[1])


def _grey(path: Path, place: Path, count: int) -> Path:
    """Writes the frames of `path` as (n, H, W) uint8 full-range luma, a few at a time; gives the file."""
    info, file = probe(path), place.with_suffix(".npy")
    levels = open_memmap(file, mode="w+", dtype=np.uint8, shape=(count, info.height, info.width))
    done = 0
    for chunk in read_chunks(path):
        for frame in chunk:
            if done < count:
                levels[done] = convert(frame, "grey")
            done += 1
    if done != count:
        raise BadMedia(f"{path}: {done} frames, its header promises {count}")
    return file
