"""Points followed through a video by pyramidal Lucas-Kanade: asked ones, and a grid of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vbench_py.metrics.extractors.flow import grey
from vbench_py.types import BadMedia
from vbench_py.video import read_chunks

_CENTRE = 0.5
"""Where the centre of the first pixel lies in tracks; OpenCV puts it at 0."""
Steps = Iterator[tuple[np.ndarray, np.ndarray]]


class Follower:
    """Points from frame to frame, by OpenCV's pyramidal Lucas-Kanade (Bouguet 2001) on 8-bit luma.

    Options: `window` (side in pixels), `levels` (of the pyramid, above the frame itself), `iterations` and `epsilon`
    (where a step ends, whichever comes first), `eigenvalue` (smallest of a window that can be followed), `back`: the
    distance in pixels within which a point must come home when it is followed backwards. A point that fails, or leaves
    the frame, is lost for good and stays where it was last seen.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        criteria = cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT
        self._back = float(options["back"])
        self._settings: dict[str, Any] = {
            "winSize": (int(options["window"]), int(options["window"])),
            "maxLevel": int(options["levels"]),
            "criteria": (criteria, int(options["iterations"]), float(options["epsilon"])),
            "minEigThreshold": float(options["eigenvalue"]),
        }

    def follow(self, frames: Iterable[np.ndarray], points: np.ndarray) -> Steps:
        """For each (H, W, 3) uint8 frame: positions (N, 2) float32 x, y, and which points are followed, (N,) bool.

        `points` are those of the first frame; a point outside of it is lost from the start.
        """
        before: np.ndarray | None = None
        at = np.ascontiguousarray(points, dtype=np.float32) - np.float32(_CENTRE)
        alive = np.ones(len(at), dtype=bool)
        for frame in frames:
            now = grey(frame)
            if before is None:
                alive &= self._inside(at, now.shape)
            elif alive.any():
                moved, good = self._step(before, now, at[alive])
                kept = np.flatnonzero(alive)
                at = at.copy()
                at[kept[good]] = moved[good]
                alive = alive.copy()
                alive[kept[~good]] = False
            before = now
            yield at + np.float32(_CENTRE), alive

    def _step(self, first: np.ndarray, second: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where points (N, 2) of the first frame are in the second, and which of them are to be trusted."""
        there, found = self._move(first, second, points)
        home, returned = self._move(second, first, there)
        good = found & returned & self._inside(there, first.shape)
        return there, good & (np.linalg.norm(home - points, axis=1) <= self._back)

    def _move(self, first: np.ndarray, second: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        there, found, _ = cv2.calcOpticalFlowPyrLK(first, second, points, None, **self._settings)  # type: ignore[call-overload]
        return there, found[:, 0] == 1

    @staticmethod
    def _inside(points: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        limits = np.array([shape[1] - 0.5, shape[0] - 0.5], dtype=np.float32)
        return np.asarray(np.all((points >= -0.5) & (points <= limits), axis=1))


def frames_of(path: Path) -> Iterator[np.ndarray]:
    """The frames of a medium, one by one."""
    return (frame for chunk in read_chunks(path) for frame in chunk)


class _Tracker:
    """What both extractors share: options of `Follower`, nothing to load."""

    finite = False

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        self.options = dict(options)
        self._follower = Follower(options)

    def load(self, device: str) -> None:
        """Nothing to load: OpenCV works on the CPU whatever the device."""

    def close(self) -> None:
        """Nothing to release."""

    def bytes_per_window(self, shape: tuple[int, ...]) -> int:
        """Bytes for files of (frames, height, width, channels) `shape`: two frames and their pyramids."""
        return 16 * int(np.prod(shape[1:]))


class AskedTracks(_Tracker):
    """How far a video's points are from where tracks want them; points start where the tracks put them in frame 0.

    Takes paths of a video and of tracks. Options: see `Follower`.
    Gives, one entry a frame: `index`; `distance` (T, N) float64 in pixels, NaN where the tracks say that the point is
    not to be seen, and everywhere for points that cannot start (not seen in frame 0, or outside of it); `lost` (T, N)
    float64, 1 where the point's last known place stands in, NaN as before; `position` (T, N, 2) float32, where the
    point is; `diagonal` (T,) of the frame in pixels.
    `BadMedia` when the numbers of frames differ.
    """

    def __call__(self, video: Path, tracks: Path) -> Mapping[str, np.ndarray]:
        return self.compare(frames_of(video), np.concatenate(list(read_chunks(tracks)))[..., 0])

    def compare(self, frames: Iterable[np.ndarray], asked: np.ndarray) -> Mapping[str, np.ndarray]:
        """The arrays for (H, W, 3) uint8 frames and tracks (T, N, 3) float32 x, y, visible."""
        distances, losses, places = [], [], []
        diagonals: list[float] = []
        seen = asked[..., 2] > 0.5
        # What is not seen at the start has no place to start from, whatever stands there.
        starts = np.where(seen[0][:, None], asked[0, :, :2], np.float32(-1e6))
        started: np.ndarray | None = None
        steps = self._follower.follow(_sized(frames, diagonals), starts)
        for number, (at, alive) in enumerate(steps):
            if number == len(asked):
                raise BadMedia(f"the video has more frames than the tracks, which have {len(asked)}")
            started = alive if started is None else started
            counts = started & seen[number]
            apart = np.linalg.norm(at.astype(np.float64) - asked[number, :, :2], axis=1)
            distances.append(np.where(counts, apart, np.nan))
            losses.append(np.where(counts, ~alive, np.nan))
            places.append(at)
        if len(distances) < len(asked):
            raise BadMedia(f"the video has {len(distances)} frames, the tracks {len(asked)}")
        return {
            "index": np.arange(len(asked), dtype=np.int64),
            "distance": np.stack(distances),
            "lost": np.stack(losses),
            "position": np.stack(places),
            "diagonal": np.array(diagonals, dtype=np.float64),
        }


class GridTracks(_Tracker):
    """A grid of points of frame 0 followed through a video.

    Takes a path. Options: `grid`, points a side, in the middles of `grid` x `grid` equal cells; see `AskedTracks`.
    Gives, one entry a frame: `index`, `position` (T, N, 2) float32 x, y in pixels, `followed` (T, N) bool.
    """

    def __call__(self, video: Path) -> Mapping[str, np.ndarray]:
        return self.track(frames_of(video))

    def track(self, frames: Iterable[np.ndarray]) -> Mapping[str, np.ndarray]:
        """The arrays for (H, W, 3) uint8 frames; `BadMedia` without any."""
        moving = iter(frames)
        first = next(moving, None)
        if first is None:
            raise BadMedia("the video has no frame to follow points through")
        side = int(self.options["grid"])
        middles = (np.arange(side) + 0.5) / side
        across, down = np.meshgrid(middles * first.shape[1], middles * first.shape[0])
        points = np.stack([across.ravel(), down.ravel()], axis=1)
        steps = list(self._follower.follow(chain([first], moving), points))
        return {
            "index": np.arange(len(steps), dtype=np.int64),
            "position": np.stack([at for at, _ in steps]),
            "followed": np.stack([alive for _, alive in steps]),
        }


def _sized(frames: Iterable[np.ndarray], diagonals: list[float]) -> Iterator[np.ndarray]:
    """The same frames; the diagonal of each is put into `diagonals`."""
    for frame in frames:
        diagonals.append(float(np.hypot(*frame.shape[:2])))
        yield frame
