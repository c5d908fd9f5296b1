"""Frames at the size a network takes, with the pixels of the library that the reference used."""

from __future__ import annotations

import numpy as np

from vbench_py.types import Geometry, Unsupported


def resized_size(geometry: Geometry, height: int, width: int) -> tuple[int, int]:
    """(height, width) after the resize and before the crop; the free side is rounded down unless `ceil`."""
    size = geometry.size
    if geometry.fit == "exact":
        return size[0], size[1]
    if geometry.fit == "floor":
        return max(height // size[0], 1) * size[0], max(width // size[-1], 1) * size[-1]
    side = min(height, width) if geometry.fit == "short" else max(height, width)
    if side == size[0] or (geometry.only_shrink and side < size[0]):
        return height, width
    other = max(height, width) if geometry.fit == "short" else min(height, width)
    scaled = -int(-size[0] * other // side) if geometry.ceil else int(size[0] * other / side)
    short_is_height = (height <= width) == (geometry.fit == "short")
    return (size[0], scaled) if short_is_height else (scaled, size[0])


def apply(geometry: Geometry | None, frames: np.ndarray) -> np.ndarray:
    """(n, H, W, 3) uint8 to (n, h, w, 3), uint8 or float32 in 0..255 by `Geometry.library`; each frame by itself."""
    if geometry is None:
        return frames
    height, width = frames.shape[1:3]
    target = resized_size(geometry, height, width)
    resized = frames if target == (height, width) else _RESIZE[geometry.library](frames, target, geometry)
    if geometry.library in ("torch", "tf1", "pil-float") and resized.dtype == np.uint8:
        resized = resized.astype(np.float32)
    if geometry.clip:
        resized = resized.clip(0, 255)
    return resized if geometry.crop is None else _centre(resized, geometry.crop, down=geometry.ceil)


def _centre(frames: np.ndarray, crop: tuple[int, int], down: bool) -> np.ndarray:
    height, width = frames.shape[1:3]
    if height < crop[0] or width < crop[1]:
        raise Unsupported("size", f"a crop of {crop[1]}x{crop[0]} does not fit in {width}x{height} pixels")
    spare = (height - crop[0], width - crop[1])
    top, left = (part // 2 if down else round(part / 2.0) for part in spare)
    return frames[:, top : top + crop[0], left : left + crop[1]]


def _torch(frames: np.ndarray, target: tuple[int, int], geometry: Geometry) -> np.ndarray:
    import torch
    from torch.nn.functional import interpolate

    made = np.empty((len(frames), *target, frames.shape[3]), np.float32)
    aligned = None if geometry.kernel == "area" else False
    for i, frame in enumerate(frames):
        pixels = torch.from_numpy(np.ascontiguousarray(frame)).permute(2, 0, 1)[None].float()
        resized = interpolate(pixels, target, mode=geometry.kernel, align_corners=aligned, antialias=geometry.antialias)
        made[i] = resized[0].permute(1, 2, 0).numpy()
    return made


def _tf1(frames: np.ndarray, target: tuple[int, int], geometry: Geometry) -> np.ndarray:
    """TensorFlow 1's `resize_bilinear`: pixel i reads at i * source / target, no half-pixel shift."""
    made = frames.astype(np.float32)
    for axis, size in ((1, target[0]), (2, target[1])):
        source = made.shape[axis]
        at = np.arange(size, dtype=np.float32) * np.float32(source / size)
        low = np.minimum(at.astype(np.int64), source - 1)
        high = np.minimum(low + 1, source - 1)
        shape = [1] * 4
        shape[axis] = size
        weight = (at - low).astype(np.float32).reshape(shape)
        below, above = made.take(low, axis), made.take(high, axis)
        made = below + (above - below) * weight
    return made


def _pil_kernel(geometry: Geometry) -> int:
    from PIL import Image

    names = {"bilinear": "BILINEAR", "bicubic": "BICUBIC", "lanczos": "LANCZOS", "area": "BOX"}
    return int(getattr(Image.Resampling, names[geometry.kernel]))


def _pil(frames: np.ndarray, target: tuple[int, int], geometry: Geometry) -> np.ndarray:
    from PIL import Image

    kernel = Image.Resampling(_pil_kernel(geometry))
    size = (target[1], target[0])
    return np.stack([np.asarray(Image.fromarray(np.ascontiguousarray(f)).resize(size, kernel)) for f in frames])


def _pil_float(frames: np.ndarray, target: tuple[int, int], geometry: Geometry) -> np.ndarray:
    from PIL import Image

    kernel = Image.Resampling(_pil_kernel(geometry))
    size = (target[1], target[0])
    made = np.empty((len(frames), *target, frames.shape[3]), np.float32)
    for i, frame in enumerate(frames):
        for channel in range(frames.shape[3]):
            plane = Image.fromarray(frame[..., channel].astype(np.float32))
            made[i, ..., channel] = np.asarray(plane.resize(size, kernel))
    return made


def _cv2(frames: np.ndarray, target: tuple[int, int], geometry: Geometry) -> np.ndarray:
    import cv2

    kernels = {
        "bilinear": cv2.INTER_LINEAR, "bicubic": cv2.INTER_CUBIC, "lanczos": cv2.INTER_LANCZOS4, "area": cv2.INTER_AREA,
    }  # fmt: skip
    size = (target[1], target[0])
    return np.stack([cv2.resize(frame, size, interpolation=kernels[geometry.kernel]) for frame in frames])


_RESIZE = {"torch": _torch, "tf1": _tf1, "pil": _pil, "pil-float": _pil_float, "cv2": _cv2}
