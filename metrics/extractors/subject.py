"""DINO of one subject: cut out of the frame by its mask."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from PIL import Image

from vbench_py.metrics.extractors.dino import DINO
from vbench_py.metrics.extractors.frame_encoder import IMAGENET_MEAN
from vbench_py.metrics.extractors.masked import region

_GREY = np.array([round(255 * part) for part in IMAGENET_MEAN], dtype=np.uint8)
"""What becomes of the background: about 0 once normalised."""


def cut_out(frame: np.ndarray, inside: np.ndarray, side: int) -> np.ndarray:
    """The pixels of (H, W, 3) uint8 marked in `inside` (H, W) bool, on grey, (side, side, 3) uint8.

    Cropped to their bounding box, which is made square by grey on both sides of the shorter way, then resized by
    Pillow's bicubic filter.
    """
    left, top, width, height = cv2.boundingRect(np.ascontiguousarray(inside).view(np.uint8))
    box = (slice(top, top + height), slice(left, left + width))
    longer = max(height, width)
    square = np.broadcast_to(_GREY, (longer, longer, 3)).copy()
    down, across = (longer - height) // 2, (longer - width) // 2
    square[down : down + height, across : across + width] = np.where(inside[box][..., None], frame[box], _GREY)
    return np.asarray(Image.fromarray(square).resize((side, side), Image.Resampling.BICUBIC))


class SubjectDINO(DINO):
    """`features` (B, width) of the subject alone: (video, mask) frames at source size, see `cut_out`.

    Options: those of `DINO`, and `side` of the square that the network gets. A frame whose mask is empty gives NaN.
    `BadMedia` for masks that are soft or of another size.
    """

    finite = False

    def __call__(self, *windows: np.ndarray) -> Mapping[str, np.ndarray]:
        video, mask = windows
        inside = region(mask, video, "inside")
        seen = inside.any(axis=(1, 2))
        features = np.full((len(video), self.width), np.nan, dtype=np.float32)
        if seen.any():
            side = int(self.options["side"])
            parts = [cut_out(video[i, 0], inside[i], side) for i in np.flatnonzero(seen)]
            features[seen] = self.arrays(np.stack(parts)[:, None])["features"]
        return {"features": features}
