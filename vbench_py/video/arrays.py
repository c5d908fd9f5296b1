"""Clips stored as NumPy arrays: .npy, and .npz with one array of frames."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path

import numpy as np

from vbench_py.types import BadMedia
from vbench_py.video.info import VideoInfo, array_info
from vbench_py.video.npz import member_frames, member_names, read_header

CLIP_NAMES = ("video", "frames", "arr_0")
_MEND = "store (T, H, W, 3) frames as uint8, or as float in [0, 1]"
_PLANES = "depth goes into an .npz as `depth` (T, H, W) with a `unit`, a mask as `mask` (T, H, W)"


def probe_clip(path: Path) -> VideoInfo:
    """Facts of an .npy or .npz clip from its header alone.

    An .npz must hold one array, or name one "video", "frames" or "arr_0". Pickles are never loaded. Raises BadMedia.
    """
    header = read_header(path, _clip_name(path))
    if len(header.shape) == 3:
        raise BadMedia(f"{path}: shape {header.shape} is no clip; is it depth, or a mask?", mend=_PLANES)
    if len(header.shape) != 4 or header.shape[3] != 3 or min(header.shape) < 1:
        raise BadMedia(f"{path}: shape {header.shape} is no clip", mend=_MEND)
    if header.dtype != np.uint8 and header.dtype.kind != "f":
        raise BadMedia(f"{path}: dtype {header.dtype} is not supported", mend=_MEND)
    frames, height, width, _ = header.shape
    return array_info(path, "npz", header.dtype, frames, (height, width))


def clip_frames(info: VideoInfo, start: int, stop: int) -> Generator[np.ndarray, None, None]:
    """Frames start..stop, one (H, W, 3) uint8 array each, streamed also out of a compressed .npz.

    Floats become round(255 * x), ties to even; a value outside [0, 1] or NaN raises BadMedia.
    """
    for index, frame in enumerate(member_frames(info.path, _clip_name(info.path), start, stop), start):
        yield frame.copy() if frame.dtype == np.uint8 else _to_uint8(info.path, frame, index)


def _clip_name(path: Path) -> str:
    if path.suffix.lower() == ".npy":
        return "the array"
    names: Sequence[str] = member_names(path)
    chosen = names[0] if len(names) == 1 else next((name for name in CLIP_NAMES if name in names), None)
    if chosen is None:
        raise BadMedia(
            f"{path}: holds arrays {', '.join(names) or '(none)'}; none is plainly the clip",
            mend=f"store the frames alone, or name them {CLIP_NAMES[0]!r}",
        )
    return chosen


def _to_uint8(path: Path, frame: np.ndarray, index: int) -> np.ndarray:
    low, high = float(frame.min()), float(frame.max())
    if not (low >= 0.0 and high <= 1.0):
        raise BadMedia(f"{path}: frame {index} spans {low:.4g} to {high:.4g}, outside [0, 1]", mend=_MEND)
    return np.rint(frame.astype(np.float64) * 255.0).astype(np.uint8)
