"""Which frames of a video a view looks at, as rising frame numbers; repeats are allowed (padding)."""

from __future__ import annotations

import numpy as np

from vbench_py.types import Unsupported, UsageError

FALLBACK_FPS = 24.0


def sampled_frames(sampling: str, frames: int, fps: float | None = None) -> np.ndarray:
    """Source frames (n,) int64, rising, of a video of `frames` frames.

    all: every frame. first:N: the first N. middle:N: the middles of N equal parts, the last frame repeated where there
    are fewer (VBench `get_frame_indices`). uniform:N: N frames from the first to the last, rounded down.
    fps:R: every max(1, round(fps / R))-th frame, rounded half to even as Python does. odd / even: frames 1, 3, ... and
    0, 2, .... every:S: frames 0, S, 2S, ...; every:S:N: the first N of these. padded:A:B:M: all, the first repeated A
    times before and the last B times after, then until the length is B + A plus a multiple of M. Raises `Unsupported`
    where N frames are not there.
    """
    name, *numbers = sampling.split(":")
    everything = np.arange(frames, dtype=np.int64)
    if name == "all":
        return everything
    if name in ("odd", "even"):
        return everything[1 if name == "odd" else 0 :: 2]
    if name == "every":
        apart, *most = (int(number) for number in numbers)
        steps = everything[::apart]
        if most and len(steps) < most[0]:
            needed = (most[0] - 1) * apart + 1
            raise Unsupported("frames", f"sampling {sampling} wants {needed} frames, the video has {frames}")
        return steps[: most[0]] if most else steps
    if name == "fps":
        return everything[:: max(1, round((fps or FALLBACK_FPS) / float(numbers[0])))]
    if name == "padded":
        before, after, multiple = (int(number) for number in numbers)
        filled = -(-frames // multiple) * multiple - frames
        parts = [np.zeros(before, np.int64), everything, np.full(after + filled, frames - 1, np.int64)]
        return np.concatenate(parts)
    if name in ("first", "uniform", "middle") and len(numbers) == 1:
        count = int(numbers[0])
        if name == "middle":
            if frames < count:
                return np.concatenate([everything, np.full(count - frames, frames - 1, np.int64)])
            edges = np.linspace(0, frames, count + 1).astype(np.int64)
            return np.asarray((edges[:-1] + edges[1:] - 1) // 2)
        if frames < count:
            raise Unsupported("frames", f"sampling {sampling} wants {count} frames, the video has {frames}")
        return everything[:count] if name == "first" else np.linspace(0, frames - 1, count).astype(np.int64)
    raise UsageError(f"sampling {sampling!r} is not known", mend="see vbench_py.features.sampling for the names")
