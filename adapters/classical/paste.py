"""A subject cut out of its reference image and pasted into another: what customization must surpass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import cv2
import numpy as np

from vbench_py.adapters.classical.job import Job, Stream
from vbench_py.adapters.frames import cover
from vbench_py.types import BadMedia, UsageError
from vbench_py.video import check_mask

OPERATIONS = ("paste-reference",)
CUTTING_SIDE = 256
"""Longer side at which the subject is looked for: GrabCut's time grows with the pixels."""
MARGIN = 0.08
ROUNDS = 5
SMALLEST_SHARE = 0.01
BACKGROUND_SIGMA = 0.08
"""Blur of the background made of the reference itself, as a share of its longer side."""


def cut_out(image: np.ndarray) -> np.ndarray:
    """(H, W) bool: the subject of `image` (H, W, 3) uint8, told from what touches the border by colour.

    GrabCut (Rother et al., SIGGRAPH 2004; OpenCV's), begun with a margin of 8 % as background. Where it finds next to
    nothing, the ellipse inside the margin.
    """
    height, width = image.shape[:2]
    scale = min(1.0, CUTTING_SIDE / max(height, width))
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else image
    rows, columns = small.shape[:2]
    edge = (max(1, round(columns * MARGIN)), max(1, round(rows * MARGIN)))
    box = (edge[0], edge[1], columns - 2 * edge[0], rows - 2 * edge[1])
    found = np.zeros((rows, columns), np.uint8)
    if min(box[2:]) > 2:
        # OpenCV draws the first clusters from its global generator.
        cv2.setRNGSeed(0)
        labels = np.zeros((rows, columns), np.uint8)
        models = (np.zeros((1, 65)), np.zeros((1, 65)))
        cv2.grabCut(np.ascontiguousarray(small[..., ::-1]), labels, box, *models, ROUNDS, cv2.GC_INIT_WITH_RECT)
        found = ((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)).astype(np.uint8)
    if found.mean() < SMALLEST_SHARE:
        centre, axes = (columns // 2, rows // 2), (max(1, columns // 2 - edge[0]), max(1, rows // 2 - edge[1]))
        found = np.asarray(cv2.ellipse(found, centre, axes, 0, 0, 360, 1, -1))
    return cv2.resize(found, (width, height), interpolation=cv2.INTER_LINEAR) > 0


def without(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """`image` (H, W, 3) uint8 without what `mask` covers: a wide blur of the rest, (H, W, 3) uint8."""
    rest = (~mask).astype(np.float32)
    if not rest.any():
        return np.full_like(image, 128)
    sigma = max(1.0, BACKGROUND_SIGMA * max(mask.shape))
    weight = cv2.GaussianBlur(rest, (0, 0), sigma)[..., None]
    colour = cv2.GaussianBlur(image * rest[..., None], (0, 0), sigma)
    mean = image[~mask].mean(axis=0)
    # Far from any background pixel the mean of them all takes over.
    blurred = (colour + 1e-3 * mean) / (weight + 1e-3)
    return np.asarray(np.clip(np.rint(blurred), 0, 255), np.uint8)


def pasted(background: np.ndarray, subject: np.ndarray, alpha: np.ndarray, place: tuple[float, float]) -> np.ndarray:
    """`subject` (h, w, 3) uint8 over `background` (H, W, 3) uint8, its upper left corner at `place` (x, y), sub-pixel.

    `alpha` (h, w) float32 in [0, 1] is premultiplied before it is moved, so that no colour from beside the subject
    bleeds in.
    """
    height, width = background.shape[:2]
    matrix = np.array([[1, 0, place[0]], [0, 1, place[1]]], np.float64)
    layers = np.dstack([subject * alpha[..., None], alpha]).astype(np.float32)
    over = cv2.warpAffine(layers, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    mixed = background * (1 - over[..., 3:]) + over[..., :3]
    return np.asarray(np.clip(np.rint(mixed), 0, 255), np.uint8)


def check(parameters: Mapping[str, Any]) -> None:
    """Raises `UsageError` for a size or a drift outside (0, 1]."""
    for name in ("size", "drift"):
        if not 0 < parameters[name] <= 1:
            raise UsageError(f"{name} is {parameters[name]}; give a share of the frame above 0, at most 1")


def stream(operation: str, job: Job, parameters: Mapping[str, Any]) -> Stream:
    """The subject of `reference` drifting from left to right by `drift` of the free width, `size` of the frame large.

    Cut out by `reference_mask` where there is one. Background: the image in `first`, else the reference without its
    subject, blurred. Length and size are the request's (else 16 frames of the size of `first`, or of the reference).
    """
    media = job.request.media
    geometry = job.geometry("first" if "first" in media else "reference")

    def frames() -> Iterator[np.ndarray]:
        reference = job.image("reference")
        mask = _mask(job, reference) if "reference_mask" in media else cut_out(reference)
        behind = cover(job.image("first") if "first" in media else without(reference, mask), *_size(geometry))
        left, top, columns, rows = cv2.boundingRect(mask.astype(np.uint8))
        box = (slice(top, top + rows), slice(left, left + columns))
        scale = parameters["size"] * min(geometry.width / columns, geometry.height / rows)
        size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
        kernel = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        subject = cv2.resize(reference[box], size, interpolation=kernel)
        alpha = cv2.resize(
            mask[box].astype(np.float32), size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        )
        free = (geometry.width - size[0], geometry.height - size[1])
        for index in range(geometry.frames):
            along = 0.5 + parameters["drift"] * (index / max(1, geometry.frames - 1) - 0.5)
            yield pasted(behind, subject, alpha, (free[0] * along, free[1] / 2))

    return Stream(frames(), geometry.fps)


def _size(geometry: Any) -> tuple[int, int]:
    return geometry.width, geometry.height


def _mask(job: Job, reference: np.ndarray) -> np.ndarray:
    path, frame = job.request.media["reference_mask"], job.image("reference_mask")[..., 0]
    check_mask(path, frame)
    if frame.shape != reference.shape[:2]:
        raise BadMedia(f"{path}: a mask of {frame.shape[::-1]} for a reference of {reference.shape[1::-1]} pixels")
    if not frame.any():
        raise BadMedia(f"{path}: an empty mask, and so no subject", mend="mark the subject white")
    return frame > 0
