"""What an operator of `derive` is: parameters that are checked before work starts, and frames that stream through."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import numpy as np
from pydantic import BaseModel, ConfigDict

Frames = Iterator[np.ndarray]
"""Chunks of (n, H, W, 3) uint8 RGB, n >= 1, in order."""


class Operator(BaseModel):
    """One named, versioned way of making a medium from another. Its fields are its parameters.

    The result depends on the frames, the parameters and, for operators that draw random numbers, the seed; never on how
    the frames are cut into chunks. `version` changes whenever the same input would give other pixels.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: ClassVar[str]
    version: ClassVar[str] = "1"
    single: ClassVar[bool] = False
    """Whether the result is a single image."""

    def apply(self, chunks: Frames, seed: int) -> Frames:
        """The derived frames, as a stream. Raises BadMedia when the source does not suit (too short, wrong size)."""
        raise NotImplementedError

    def rate(self, fps: float) -> float:
        """Frames a second of the result, for a source of `fps`."""
        return fps


class FrameOperator(Operator):
    """An operator that treats each frame by itself."""

    def apply(self, chunks: Frames, seed: int) -> Frames:
        index = 0
        for chunk in chunks:
            done = [self.frame(frame, index + offset, seed) for offset, frame in enumerate(chunk)]
            index += len(chunk)
            yield np.stack(done)

    def frame(self, frame: np.ndarray, index: int, seed: int) -> np.ndarray:
        """One (H, W, 3) uint8 RGB frame from another; `index` is its place in the clip."""
        raise NotImplementedError


class Maker(Operator):
    """An operator that reads a file or folder by itself, or nothing at all, and makes a medium of any kind.

    It stands first in a chain. What makes pictures (`pictures`) gives them as frames, which other operators may go on
    from; anything else is written whole, and ends the chain.
    """

    @property
    def pictures(self) -> bool:
        return False

    @property
    def suffix(self) -> str:
        """Of the file that `make` writes; "" for a folder."""
        return ".npz"

    def draw(self, source: Path, seed: int) -> Frames:
        """The pictures, as a stream."""
        raise NotImplementedError

    def make(self, source: Path, target: Path, seed: int) -> None:
        """Writes what are no pictures. Raises BadMedia when the source does not suit."""
        raise NotImplementedError

    @property
    def clock(self) -> float | None:
        """Frames a second of the pictures, where they have a clock."""
        return None
