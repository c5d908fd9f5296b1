"""Whether the depth of neighbouring frames is one scene: each frame's points seen from the other's camera."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from vbench_py.metrics.extractors.depth_alignment import AlignedDepth
from vbench_py.types import BadMedia, UsageError


class ReprojectionError(AlignedDepth):
    """Mean |d2 - z| / d2 x 100 over the pixels of a frame's depth d2 onto which the other frame's points z fall.

    Takes pairs (B, 2, h, w, 1) of depth and true depth, their units, and cameras (B, 2, 3, 7, 1) [K | world-to-camera]
    of the true depth's pixels; then what was fitted. Depth is aligned first.
    Options beside those of `AlignedDepth`: `splat`, which of several points on a pixel counts: last (in the order of
    the rows, as published) or nearest; `intrinsics` first (of the pair's first frame for both) or own; `crop_camera`,
    whether the principal point moves with the crop; `empty`, what a direction without overlap is: zero (perfect, as
    published) or left-out.
    Gives `value` (B,), the mean of both directions, NaN where both are left out; `empty` (B,), the share of directions
    without overlap; `overlap` (B,), the share of pixels compared; `scale` and `shift` of the first frame.
    A camera's pixel centres lie at integer + 0.5, the published code's at integers: the principal point is moved.
    Source: DepthAnything/Video-Depth-Anything@4f5ae23 `benchmark/eval/eval_tae.py:tae_torch`; agrees to 1e-6.
    """

    scratch = 160.0
    further = 1
    # Counts of whole histograms cannot be told apart for the frame that two pairs share.
    offered = tuple(name for name in AlignedDepth.offered if name != "median")

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        super().__init__(options, weights)
        known = {"splat": ("last", "nearest"), "intrinsics": ("first", "own"), "empty": ("zero", "left-out")}
        for name, values in known.items():
            if self.options[name] not in values:
                raise UsageError(f"{name} {self.options[name]!r} is not known", mend=f"use {' or '.join(values)}")

    def __call__(
        self,
        depth: np.ndarray,
        target: np.ndarray,
        unit: Any,
        true_unit: Any,
        camera: np.ndarray,
        fitted: np.ndarray | None = None,
    ) -> Mapping[str, np.ndarray]:
        rows = []
        for window, cameras in zip(self.frames(depth, target, unit, true_unit, fitted), camera, strict=True):
            aligned = [self.aligned(own, told, line, np.float64) for own, _, told, line in window]
            rows.append([*self._pair(aligned, np.asarray(cameras[..., 0], np.float64)), *window[0][3]])
        table = np.array(rows, dtype=np.float64).reshape(-1, 5)
        return {name: table[:, column] for column, name in enumerate(("value", "empty", "overlap", "scale", "shift"))}

    def _pair(self, depths: list[np.ndarray], cameras: np.ndarray) -> tuple[float, float, float]:
        if cameras.shape[1:] != (3, 7):
            raise BadMedia(f"cameras have shape {cameras.shape[1:]}, not (3, 7), [K | R t]")
        intrinsics, poses = self._intrinsics(cameras), np.tile(np.eye(4), (2, 1, 1))
        poses[:, :3] = cameras[:, :, 3:]
        found = []
        for here, there in ((0, 1), (1, 0)):
            motion = poses[there] @ np.linalg.inv(poses[here])
            seen = splatted(depths[here], motion, intrinsics[here], intrinsics[there], self.options["splat"])
            known = (seen > 0) & (depths[there] > 0)
            if known.any():
                found.append((float(np.mean(np.abs(depths[there] - seen)[known] / depths[there][known])), known.mean()))
        empty = 2 - len(found)
        overlap = sum(share for _, share in found) / 2
        counting = 2 if self.options["empty"] == "zero" else len(found)
        value = 100 * sum(error for error, _ in found) / counting if counting else math.nan
        return value, empty / 2, float(overlap)

    def _intrinsics(self, cameras: np.ndarray) -> np.ndarray:
        """(2, 3, 3) in pixels whose centres lie at integers, of the cropped frame."""
        made = cameras[:, :, :3].copy()
        made[:, :2, 2] -= 0.5
        if self.options["crop_camera"] and self.options["crop"]:
            top, _, left, _ = self.options["crop"]
            made[:, :2, 2] -= (left, top)
        return made[[0, 0]] if self.options["intrinsics"] == "first" else made


def splatted(
    depth: np.ndarray, motion: np.ndarray, source: np.ndarray, destination: np.ndarray, rule: str
) -> np.ndarray:
    """(H, W) float64: for each pixel the depth of a point of `depth` (H, W) that falls on it; 0 where none does.

    `motion` (4, 4) takes points from the first camera to the second; `source` and `destination` (3, 3) are their
    intrinsics, pixel centres at integers. Points go to the nearest pixel; of several, `rule` picks the last in the
    order of rows, or the nearest one in front of the camera.
    """
    height, width = depth.shape
    across = (np.arange(width) - source[0, 2]) / source[0, 0]
    down = (np.arange(height) - source[1, 2]) / source[1, 1]
    points = np.stack([across[None, :] * depth, down[:, None] * depth, depth]).reshape(3, -1)
    x, y, z = motion[:3, :3] @ points + motion[:3, 3:]
    with np.errstate(divide="ignore", invalid="ignore"):
        column = np.rint(x * destination[0, 0] / z + destination[0, 2])
        row = np.rint(y * destination[1, 1] / z + destination[1, 2])
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    if rule == "nearest":
        inside &= z > 0
    places = row[inside].astype(np.intp) * width + column[inside].astype(np.intp)
    if rule == "last":
        seen = np.zeros(height * width)
        seen[places] = z[inside]
    else:
        seen = np.full(height * width, np.inf)
        np.minimum.at(seen, places, z[inside])
        seen[np.isinf(seen)] = 0.0
    return seen.reshape(height, width)
