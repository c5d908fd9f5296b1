"""Views of one moment read through each other's cameras: what another view shows at the same point of the scene."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from vbench_py.metrics.extractors.arithmetic import Arithmetic
from vbench_py.types import BadMedia, Unsupported

_HIGHEST = 100.0
"""PSNR of a pair in dB at most, as for the other fidelity metrics."""


class Reprojection(Arithmetic):
    """How well neighbouring views of a moment agree, given where every pixel lies in space.

    Runs of views (B, V, H, W, 3) uint8, their depth (B, V, H, W, 1), NaN where unknown, their cameras (B, V, 3, 7, 1)
    [K | R t], and the units of the depth (B,), which must be metres. Each view i is compared with view i + 1, read
    bilinearly where i's points project to. A point counts where it lies in front of the other camera and inside its
    frame, and where the depth seen there (its inverse read bilinearly, which is exact for planes) is the point's own
    within the option `tolerance`, relative. Option `closed`: the last view and the first are neighbours too.
    Gives (B,) float64: `psnr` in dB, at most 100, and `difference`, mean absolute, in 8-bit levels, means over the
    pairs with a visible pixel, NaN where there is none; `visible`, the share of pixels that count, over all pairs;
    `pairs_without_pixels`. `Unsupported` for fewer than two views, `BadMedia` for unequal sizes or another unit.
    """

    scratch = 40.0

    def __call__(
        self, views: np.ndarray, depth: np.ndarray, cameras: np.ndarray, units: np.ndarray
    ) -> Mapping[str, np.ndarray]:
        if (units != "metres").any():
            raise BadMedia(f"depth in {', '.join(sorted(set(units.tolist())))}: points lie in space only by metres")
        if views.shape[1] < 2:
            raise Unsupported("views", f"views are compared with their neighbours, and there is {views.shape[1]}")
        if views.shape[:4] != depth.shape[:4] or views.shape[:2] != cameras.shape[:2]:
            raise BadMedia(
                f"views of shape {views.shape}, depth of {depth.shape} and cameras of {cameras.shape} (batch, views, "
                "...) do not belong together"
            )
        rows = [self._run(*run) for run in zip(views, depth[..., 0], cameras[..., 0], strict=True)]
        table = np.array(rows, dtype=np.float64).reshape(-1, 4)
        return dict(zip(("psnr", "difference", "visible", "pairs_without_pixels"), table.T, strict=True))

    def _run(self, views: np.ndarray, depth: np.ndarray, cameras: np.ndarray) -> tuple[float, float, float, float]:
        count = len(views)
        pairs = [(i, (i + 1) % count) for i in range(count if self.options["closed"] and count > 2 else count - 1)]
        found = []
        for one, other in pairs:
            x, y, z = project(depth[one], cameras[one], cameras[other])
            visible = seen(x, y, z, depth[other], float(self.options["tolerance"]))
            read = bilinear(views[other].astype(np.float64), x[visible], y[visible])
            apart = read - views[one][visible]
            empty = not visible.any()
            square = np.nan if empty else max(float(np.mean(apart * apart)), 255.0**2 / 10 ** (_HIGHEST / 10))
            far = np.nan if empty else float(np.mean(np.abs(apart)))
            found.append((10 * np.log10(255.0**2 / square), far, float(np.mean(visible)), float(empty)))
        psnr, far_, share, without = np.array(found).T
        some = without == 0
        middle = (float(psnr[some].mean()), float(far_[some].mean())) if some.any() else (np.nan, np.nan)
        return (*middle, float(share.mean()), float(without.sum()))


def project(depth: np.ndarray, camera: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where pixels of a view lie in another: columns x and rows y from the first pixel's centre, and depth z, (H, W).

    `depth` (H, W) metres along the axis; cameras (3, 7) [K | R t], whose pixel centres lie at integer + 0.5.
    """
    height, width = depth.shape
    columns, rows = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    rays = np.stack([columns, rows, np.ones_like(columns)], axis=-1) @ np.linalg.inv(camera[:, :3]).T
    points = (rays * depth[..., None].astype(np.float64) - camera[:, 6]) @ camera[:, 3:6]
    moved = points @ other[:, 3:6].T + other[:, 6]
    flat = moved @ other[:, :3].T
    with np.errstate(divide="ignore", invalid="ignore"):
        return flat[..., 0] / flat[..., 2] - 0.5, flat[..., 1] / flat[..., 2] - 0.5, moved[..., 2]


def seen(x: np.ndarray, y: np.ndarray, z: np.ndarray, depth: np.ndarray, tolerance: float) -> np.ndarray:
    """(H, W) bool: which points at (x, y), `z` metres away, a view with this `depth` (H, W) shows."""
    height, width = depth.shape
    with np.errstate(invalid="ignore"):
        inside = (z > 0) & (x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1)
    nearness = bilinear(1 / depth[..., None].astype(np.float64), x[inside], y[inside])[:, 0]
    with np.errstate(invalid="ignore"):
        inside[inside] = np.abs(nearness * z[inside] - 1) <= tolerance
    return np.asarray(inside)


def bilinear(image: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(N, C) values of an image (H, W, C) at places (N,) inside it; NaN beside NaN."""
    height, width = image.shape[:2]
    left, top = np.minimum(x.astype(np.intp), width - 2), np.minimum(y.astype(np.intp), height - 2)
    across, down = (x - left)[:, None], (y - top)[:, None]
    upper = image[top, left] * (1 - across) + image[top, left + 1] * across
    lower = image[top + 1, left] * (1 - across) + image[top + 1, left + 1] * across
    return np.asarray(upper * (1 - down) + lower * down)
