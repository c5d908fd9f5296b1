"""Poses of a video's cameras from its frames, where the first frame's depth is known: matched points and PnP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import cv2
import numpy as np

from vbench_py.metrics.extractors.arithmetic import Arithmetic
from vbench_py.metrics.extractors.reprojection import bilinear
from vbench_py.types import BadMedia, Unsupported
from vbench_py.video import probe, read_chunks

_FLAT = 1.05
"""Largest ratio of depths round a point: beyond it, the point lies on an edge and its depth is that of neither side."""


@dataclass(frozen=True)
class Landmarks:
    """Points of the first frame: `places` (N, 3) metres in its camera, `descriptors` (N, 128) float32."""

    places: np.ndarray
    descriptors: np.ndarray


class PosesPnP(Arithmetic):
    """World-to-camera poses of each frame of a video, the first camera being the world.

    Paths of the video, of depth in metres, whose first frame is read, and of the asked cameras, whose intrinsics are
    taken. SIFT points of the first frame are matched to those of each frame, both ways and with Lowe's ratio, and
    their pose is found by PnP within RANSAC (whose draws OpenCV makes the same every time), refined on the inliers.
    Options: `features`, the most points of a frame; `ratio`; `error`, the largest distance of an inlier in pixels;
    `least`, the fewest inliers of a pose.
    Gives `index` (T,), `world_to_camera` (T, 3, 4) float64, NaN where there is no pose, and `inliers` (T,).
    `Unsupported` when the first frame has too few points, `BadMedia` when sizes or counts differ, or the depth is not
    in metres.
    """

    def __call__(self, video: Path, depth: Path, camera: Path) -> Mapping[str, np.ndarray]:
        unit = probe(depth).unit
        if unit != "metres":
            raise BadMedia(f"{depth}: depth in {unit}, and points lie in space only by metres")
        cameras = np.concatenate(list(read_chunks(camera)))[..., 0]
        frames = chain.from_iterable(read_chunks(video))
        first = next(frames)
        landmarks = self._landmarks(first, next(iter(read_chunks(depth, stop=1)))[0, ..., 0], cameras[0, :, :3])
        poses, inliers = [np.eye(3, 4)], [len(landmarks.places)]
        for number, frame in enumerate(frames, start=1):
            if number >= len(cameras):
                raise BadMedia(f"{video}: more than the {len(cameras)} frames that cameras were asked for")
            pose, count = self._pose(frame, landmarks, cameras[number, :, :3])
            poses.append(pose)
            inliers.append(count)
        return {
            "index": np.arange(len(poses), dtype=np.int64),
            "world_to_camera": np.stack(poses),
            "inliers": np.array(inliers, dtype=np.int64),
        }

    def _landmarks(self, frame: np.ndarray, depth: np.ndarray, intrinsics: np.ndarray) -> Landmarks:
        if frame.shape[:2] != depth.shape:
            raise BadMedia(f"frames of {frame.shape[1]}x{frame.shape[0]}, depth of {depth.shape[1]}x{depth.shape[0]}")
        places, descriptors = _points(frame, int(self.options["features"]))
        height, width = depth.shape
        left = np.clip(places[:, 0].astype(np.intp), 0, width - 2)
        top = np.clip(places[:, 1].astype(np.intp), 0, height - 2)
        around = np.stack([depth[top + down, left + across] for down in (0, 1) for across in (0, 1)])
        # NaN compares as false: beside unknown depth there is no landmark.
        sure = around.max(axis=0) <= _FLAT * around.min(axis=0)
        least = int(self.options["least"])
        if sure.sum() < least:
            raise Unsupported("video", f"{int(sure.sum())} points of known depth in the first frame, {least} needed")
        places, descriptors = places[sure], descriptors[sure]
        far = 1 / bilinear(1 / depth[..., None].astype(np.float64), places[:, 0], places[:, 1])
        rays = np.concatenate([places + 0.5, np.ones((len(places), 1))], axis=1) @ np.linalg.inv(intrinsics).T
        return Landmarks(rays * far, descriptors)

    def _pose(self, frame: np.ndarray, landmarks: Landmarks, intrinsics: np.ndarray) -> tuple[np.ndarray, int]:
        """World-to-camera (3, 4) and the number of inliers; NaN where there are too few."""
        nothing, least = np.full((3, 4), np.nan), int(self.options["least"])
        places, descriptors = _points(frame, int(self.options["features"]))
        if len(places) < least:
            return nothing, 0
        one, two = _matches(landmarks.descriptors, descriptors, float(self.options["ratio"]))
        if len(one) < least:
            return nothing, 0
        known, shown = landmarks.places[one], places[two] + 0.5
        found, turn, shift, inliers = cv2.solvePnPRansac(
            known, shown, intrinsics, None,
            iterationsCount=1000, reprojectionError=float(self.options["error"]), confidence=0.999,
        )  # fmt: skip
        if not found or inliers is None or len(inliers) < least:
            return nothing, 0
        kept = inliers[:, 0]
        turn, shift = cv2.solvePnPRefineLM(known[kept], shown[kept], intrinsics, None, turn, shift)
        return np.concatenate([cv2.Rodrigues(turn)[0], shift], axis=1), len(kept)


def _points(frame: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """The strongest SIFT points of (H, W, 3) uint8, about `most`: places (N, 2) from the first pixel's centre, inside,
    and descriptors (N, 128).
    """
    found, descriptors = cv2.SIFT.create(most).detectAndCompute(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), None)
    if descriptors is None:
        return np.zeros((0, 2)), np.zeros((0, 128), np.float32)
    places = np.array([point.pt for point in found], dtype=np.float64)
    inside = (places >= 0).all(axis=1) & (places[:, 0] < frame.shape[1] - 1) & (places[:, 1] < frame.shape[0] - 1)
    return places[inside], descriptors[inside]


def _matches(first: np.ndarray, second: np.ndarray, ratio: float) -> tuple[np.ndarray, np.ndarray]:
    """Positions of descriptors that are each other's nearest, and nearer than `ratio` times the next nearest."""
    apart = np.square(first).sum(1)[:, None] + np.square(second).sum(1) - 2 * first @ second.T
    nearest = np.partition(np.maximum(apart, 0), 1, axis=1)[:, :2]
    to, back = apart.argmin(axis=1), apart.argmin(axis=0)
    mutual = back[to] == np.arange(len(first))
    kept = np.flatnonzero(mutual & (nearest[:, 0] < ratio**2 * nearest[:, 1]))
    return kept, to[kept]
