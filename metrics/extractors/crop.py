"""Border crops that papers apply before they measure."""

from __future__ import annotations

import numpy as np

from vbench_py.types import Unsupported


def crop(image: np.ndarray, rule: int | str) -> np.ndarray:
    """The middle of (H, W, ...) by `rule`, contiguous; the image itself when nothing is cut.

    An integer cuts that many pixels from each side. "tecogan" keeps, about the centre, the largest multiples of 32 that
    leave away at least 16 px of each dimension (thunil/TecoGAN@bc747a4 `metrics.py:crop_8x8`).
    `Unsupported` when nothing is left.
    """
    height, width = image.shape[:2]
    if rule == 0:
        return image
    if rule == "tecogan":
        kept_height, kept_width = (height - 16) // 32 * 32, (width - 16) // 32 * 32
    else:
        kept_height, kept_width = height - 2 * int(rule), width - 2 * int(rule)
    if kept_height < 1 or kept_width < 1:
        raise Unsupported("size", f"the crop {rule!r} leaves nothing of a {width}x{height} frame")
    top, left = (height - kept_height) // 2, (width - kept_width) // 2
    return np.ascontiguousarray(image[top : top + kept_height, left : left + kept_width])
