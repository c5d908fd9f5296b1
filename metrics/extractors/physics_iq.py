"""Physics-IQ's comparison of two clips: where motion happens, when, how much of it, and the pixels' error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vbench_py.types import BadMedia
from vbench_py.video import probe, read_chunks


class MotionMasks:
    """Foreground of each frame against a running mean of the frames before it and itself.

    Options: `threshold` (grey levels), `learning_rate` (weight of the newest frame in the mean), `blur` (side of the
    Gaussian) and `structure` (side of the square that opens and then closes the mask), in pixels. The first frame's
    mask is empty. physics-IQ-benchmark@e457754 `generate_mask`, but for its mp4v file between mask and comparison.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._threshold = float(options["threshold"])
        self._rate = float(options["learning_rate"])
        self._blur = (int(options["blur"]),) * 2
        self._structure = np.ones((int(options["structure"]),) * 2, dtype=np.uint8)
        self._mean: np.ndarray | None = None

    def __call__(self, frame: np.ndarray) -> np.ndarray:
        """The mask (H, W) uint8, 0 or 255, of the next (H, W, 3) uint8 RGB frame."""
        grey = cv2.GaussianBlur(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), self._blur, 0)
        if self._mean is None:
            self._mean = grey.astype(np.float64)
            return np.zeros_like(grey)
        cv2.accumulateWeighted(grey, self._mean, self._rate)
        moved = cv2.absdiff(grey, cv2.convertScaleAbs(self._mean))
        _, mask = cv2.threshold(moved, self._threshold, 255, cv2.THRESH_BINARY)
        opened = cv2.morphologyEx(mask, cv2.MORPH_OPEN, self._structure)
        return np.asarray(cv2.morphologyEx(opened, cv2.MORPH_CLOSE, self._structure))


class PhysicsIQ:
    """Counts of shared and joint motion of a clip and a real one, and their MSE, at 1/`shrink` of the real one's size.

    Both files stream; masks are made at each file's own size and then shrunk (bilinear, above 127), so that the clips
    may differ in size but not in frames (`BadMedia`). Further options: see `MotionMasks`. Gives `index` (F,) int64 and
    by frame, float64: `mse` (colours 0..1); `intersection` and `union`, pixels of the frame's masks;
    `spatial_intersection` and `spatial_union`, pixels that moved in any frame so far; `weighted_intersection` and
    `weighted_union`, sums over pixels of the smaller and the larger count of moved frames so far. The last frame's
    entries are those of the clip.
    """

    unequal = True

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        self.options = dict(options)

    def load(self, device: str) -> None:
        """Nothing to load."""

    def close(self) -> None:
        """Nothing to release."""

    def bytes_per_window(self, shape: tuple[int, ...]) -> int:
        """Bytes for files of (frames, height, width, channels) `shape`: two frames in hand with mask and mean each."""
        return 48 * int(np.prod(shape[1:3]))

    def __call__(self, video: Path, target: Path) -> Mapping[str, np.ndarray]:
        info = probe(target)
        shrink = int(self.options["shrink"])
        size = (info.width // shrink, info.height // shrink)
        if min(size) < 1:
            raise BadMedia(f"{target}: {info.width}x{info.height} leaves no pixel at 1/{shrink} of its size")
        sums = _Sums(size)
        mine, theirs = (_moving(path, MotionMasks(self.options), size) for path in (video, target))
        rows = [sums(*pair) for pair in _in_step(mine, theirs, names=(video, target))]
        table = np.array(rows, dtype=np.float64)
        found = dict(zip(_Sums.NAMES, table.T, strict=True))
        return {"index": np.arange(len(table), dtype=np.int64), **found}


class _Sums:
    """What has moved so far in each of two clips, over pixels of `size` (width, height)."""

    NAMES = (
        "mse", "intersection", "union", "spatial_intersection", "spatial_union", "weighted_intersection",
        "weighted_union",
    )  # fmt: skip

    def __init__(self, size: tuple[int, int]) -> None:
        self._counts = np.zeros((2, size[1], size[0]), dtype=np.int32)

    def __call__(self, mine: tuple[np.ndarray, np.ndarray], theirs: tuple[np.ndarray, np.ndarray]) -> list[float]:
        """The next frame's entries, in the order of `NAMES`, from (frame, mask) of each clip."""
        masks = np.stack([mine[1], theirs[1]])
        self._counts += masks
        ever = self._counts > 0
        error = np.mean((mine[0] - theirs[0]) ** 2)
        return [
            float(error),
            masks.all(axis=0).sum(), masks.any(axis=0).sum(),
            ever.all(axis=0).sum(), ever.any(axis=0).sum(),
            self._counts.min(axis=0).sum(), self._counts.max(axis=0).sum(),
        ]  # fmt: skip


def _moving(path: Path, masks: MotionMasks, size: tuple[int, int]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Each frame of a file at `size` (width, height): (H, W, 3) float32 in 0..1, and its mask (H, W) bool."""
    for chunk in read_chunks(path):
        for frame in chunk:
            shrunk = cv2.resize(frame, size) / np.float32(255)
            yield shrunk, cv2.resize(masks(frame), size) > 127


def _in_step(
    mine: Iterator[tuple[np.ndarray, np.ndarray]],
    theirs: Iterator[tuple[np.ndarray, np.ndarray]],
    names: tuple[Path, Path],
) -> Iterator[tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]]:
    """Pairs; `BadMedia` when one of the files, of these `names`, ends before the other."""
    count = 0
    while True:
        one, other = next(mine, None), next(theirs, None)
        if one is None and other is None:
            return
        if one is None or other is None:
            shorter = names[0] if one is None else names[1]
            raise BadMedia(
                f"{shorter}: ends after {count} frames, the other of the pair goes on",
                mend="bring both to the same frames a second and to the first 5 seconds",
            )
        count += 1
        yield one, other
