"""The display matrix: how a player turns and mirrors the stored pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Orientation:
    """First transpose rows and columns, then flip rows (upside down), then flip columns (mirror)."""

    transpose: bool = False
    flip_rows: bool = False
    flip_columns: bool = False

    @property
    def rotation(self) -> int:
        """The clockwise turn in degrees; a mirrored picture counts as turned by 0 or 90."""
        if self.transpose:
            return 270 if self.flip_rows and not self.flip_columns else 90
        return 180 if self.flip_rows and self.flip_columns else 0

    def apply(self, picture: np.ndarray) -> np.ndarray:
        """(H, W, C) -> (H, W, C), or (W, H, C) when transposed."""
        turned = picture.swapaxes(0, 1) if self.transpose else picture
        turned = turned[::-1] if self.flip_rows else turned
        return np.ascontiguousarray(turned[:, ::-1] if self.flip_columns else turned)


def orientation_of(frame: Any) -> Orientation:
    """Read a decoded frame's display matrix (ISO/IEC 14496-12, 8.3.2.3); turns other than quarters are ignored."""
    from av.sidedata.sidedata import Type

    data = next((item for item in frame.side_data if item.type == Type.DISPLAYMATRIX), None)
    if data is None:
        return Orientation()
    # column x of the output grows by a * x + c * y, its row by b * x + d * y
    a, b, _, c, d = (int(value) for value in np.frombuffer(bytes(data), dtype="<i4")[:5])
    if a == d == 0 and b and c:
        return Orientation(True, b < 0, c < 0)
    if b == c == 0 and a and d:
        return Orientation(False, d < 0, a < 0)
    return Orientation()
