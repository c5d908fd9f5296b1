"""What a pipeline gave back, as files: frames of each sample, depth, sound."""

from __future__ import annotations

import math
import wave
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vbench_py.types import BadMedia


def frames_by_sample(result: Any, samples: int) -> list[np.ndarray]:
    """(T, H, W, 3) uint8 RGB for each sample, from arrays or tensors in 0..1, uint8 arrays, or lists of pictures.

    Raises `BadMedia` when it holds another number of videos, or values that are no colours.
    """
    if samples == 1 and _depth(result) == 1:
        result = [result]
    if len(result) != samples:
        raise BadMedia(f"the pipeline gave {len(result)} videos for {samples} samples")
    return [_frames(result[number]) for number in range(samples)]


def _depth(result: Any) -> int:
    """How many lists or axes stand above one picture: 2 for videos, 1 for the frames of one."""
    if hasattr(result, "ndim"):
        return int(result.ndim) - 3
    return 1 + _depth(result[0]) if isinstance(result, list | tuple) and result else 0


def _frames(video: Any) -> np.ndarray:
    if isinstance(video, list | tuple):
        video = np.stack([np.asarray(_array(frame)) for frame in video])
    frames = _array(video)
    if frames.ndim != 4 or frames.shape[-1] not in (1, 3):
        raise BadMedia(f"the pipeline gave an array {frames.shape}; a video is (frames, height, width, 3)")
    if frames.dtype != np.uint8:
        # Frame by frame: the whole in float would be made three times over.
        made = np.empty(frames.shape, dtype=np.uint8)
        for frame, levels in zip(frames, made, strict=True):
            levels[...] = _levels(np.ascontiguousarray(frame, dtype=np.float32))
        frames = made
    return np.repeat(frames, 3, axis=-1) if frames.shape[-1] == 1 else frames


def _levels(frame: np.ndarray) -> np.ndarray:
    """(H, W, C) float32, cut to 0..1, as 256 levels rounded half to even. `BadMedia` for NaN and infinity."""
    low, high = float(frame.min()), float(frame.max())
    if not math.isfinite(low + high):
        mend = "weights or precision do not suit: try --set dtype=float32"
        raise BadMedia("the pipeline gave values that are not finite", mend=mend)
    safe = frame if low >= 0 else np.maximum(frame, 0)  # OpenCV takes the absolute value, and cuts above 255
    return cv2.convertScaleAbs(safe, alpha=255.0).reshape(frame.shape)


def _array(value: Any) -> np.ndarray:
    if hasattr(value, "detach"):
        value = value.detach().float().cpu().numpy()
        if value.ndim in (3, 4) and value.shape[-3] in (1, 3) and value.shape[-1] not in (1, 3):
            value = np.moveaxis(value, -3, -1)
    elif hasattr(value, "convert"):
        value = np.asarray(value.convert("RGB"))
    return np.asarray(value)


def write_sound(path: Path, sound: Any, rate: int) -> None:
    """A waveform (samples,), (channels, samples) or (samples, channels <= 2), in -1..1, as 16-bit PCM."""
    wavy = np.atleast_2d(_array(sound).astype(np.float64).squeeze())
    channels = wavy if wavy.shape[0] <= wavy.shape[1] else wavy.T
    samples = np.rint(np.clip(channels.T, -1.0, 1.0) * 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())


def sound_rate(pipeline: Any, stated: str) -> int:
    """`stated` as a number, or found along its dots in the pipeline: `vocoder.config.output_sampling_rate`."""
    if stated.isdigit():
        return int(stated)
    value: Any = pipeline
    for step in stated.split("."):
        value = getattr(value, step)
    return int(value)


def differences(one: np.ndarray, other: np.ndarray) -> dict[str, float]:
    """Mean and greatest absolute difference of two uint8 videos of one shape, in grey levels."""
    apart = np.abs(one.astype(np.int16) - other.astype(np.int16))
    return {"mean": float(apart.mean()), "max": float(apart.max())}
