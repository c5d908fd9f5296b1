"""Operators along time: cuts, dropped frames, motion blur and the sharp frames that go with it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from pydantic import Field, field_validator

from vbench_py.derive.operator import Frames, Operator
from vbench_py.types import BadMedia


class Trim(Operator):
    """Frames start .. start + frames - 1; the source must have them all."""

    id: ClassVar[str] = "trim"
    start: int = Field(default=0, ge=0)
    frames: int = Field(ge=1)

    def apply(self, chunks: Frames, seed: int) -> Frames:
        stop, seen = self.start + self.frames, 0
        for chunk in chunks:
            part = chunk[max(self.start - seen, 0) : stop - seen]
            seen += len(chunk)
            if len(part):
                yield part
            if seen >= stop:
                return
        raise BadMedia(f"trim wants frames {self.start} to {stop - 1}, the source has {seen} frames", mend="trim less")


class FirstFrame(Operator):
    """The first frame alone, as an image."""

    id: ClassVar[str] = "first-frame"
    single: ClassVar[bool] = True

    def apply(self, chunks: Frames, seed: int) -> Frames:
        for chunk in chunks:
            yield chunk[:1]
            return


class DropFrames(Operator):
    """Keeps frames 0, k, 2 k, ... of k = keep_every, for frame interpolation; the target is the whole source.

    The last frame must be among those kept, as nothing bounds the frames after it: 1 + a multiple of k frames.
    """

    id: ClassVar[str] = "drop-frames"
    keep_every: int = Field(ge=2)

    def apply(self, chunks: Frames, seed: int) -> Frames:
        seen = 0
        for chunk in chunks:
            kept = chunk[-seen % self.keep_every :: self.keep_every]
            seen += len(chunk)
            if len(kept):
                yield kept
        rest = (seen - 1) % self.keep_every
        if rest:
            raise BadMedia(
                f"of {seen} frames the last {rest} would follow the last one kept, and could only be guessed",
                mend=f"put the step trim with frames = {seen - rest} before it, for the target too",
            )

    def rate(self, fps: float) -> float:
        return fps / self.keep_every


class _Windows(Operator):
    window: int = Field(ge=1)
    stride: int | None = Field(default=None, ge=1)

    @field_validator("window")
    @classmethod
    def _odd(cls, window: int) -> int:
        if window % 2 == 0:
            raise ValueError("must be odd, so that the sharp target is its centre frame")
        return window

    def rate(self, fps: float) -> float:
        return fps / self._step

    @property
    def _step(self) -> int:
        return self.stride or self.window

    def _windows(self, chunks: Frames) -> Iterator[list[np.ndarray]]:
        held: deque[np.ndarray] = deque(maxlen=self.window)
        seen = 0
        for chunk in chunks:
            for frame in chunk:
                held.append(frame)
                seen += 1
                if seen >= self.window and (seen - self.window) % self._step == 0:
                    yield list(held)
        if seen < self.window:
            raise BadMedia(f"a window of {self.window} frames needs more than the {seen} there are", mend="use fewer")


class MotionBlur(_Windows):
    """The mean of `window` consecutive frames (odd), a window every `stride` frames (default: `window`, no overlap).

    With `gamma` the mean is taken of linear light, levels ** gamma, and encoded again, as GoPro does with 2.2
    (Nah et al. 2017, doi:10.1109/CVPR.2017.35, eq. 2); without it, of the levels themselves. The sharp target of each
    frame is the centre of its window: `centre-frames` with the same window and stride. Clips lose the frames after the
    last whole window.
    """

    id: ClassVar[str] = "motion-blur"
    gamma: float | None = Field(default=None, gt=0)

    def apply(self, chunks: Frames, seed: int) -> Frames:
        power = self.gamma or 1.0
        linear = (np.arange(256) / 255.0) ** power
        for window in self._windows(chunks):
            total = np.zeros(window[0].shape)
            for frame in window:
                total += linear[frame]
            mean = (total / len(window)) ** (1.0 / power)
            yield np.floor(mean * 255.0 + 0.5).astype(np.uint8)[None]


class CentreFrames(_Windows):
    """The centre frame of each window: the sharp target of `motion-blur` with the same window and stride."""

    id: ClassVar[str] = "centre-frames"

    def apply(self, chunks: Frames, seed: int) -> Frames:
        for window in self._windows(chunks):
            yield window[self.window // 2][None]
