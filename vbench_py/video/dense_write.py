"""Writing depth, optical flow, masks and tracks as .npz, streamed, equal content giving equal bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from vbench_py.types import UsageError
from vbench_py.video.dense import UNITS, check_last_flow, check_mask
from vbench_py.video.info import Unit
from vbench_py.video.npz_write import Streamed, label, write_npz
from vbench_py.video.viewnames import checked_views

Frames = np.ndarray | Iterable[np.ndarray]


def write_depth(path: Path | str, depth: Frames, *, unit: Unit, frames: int | None = None) -> None:
    """Write depth (T, H, W), or an iterable of `frames` frames (H, W), float16, float32 or float64, as .npz.

    NaN is invalid. Raises UsageError for another unit, shape or dtype, or another number of frames; StorageError.
    """
    if unit not in UNITS:
        raise UsageError(f"depth in the unit {unit!r}", mend=f"convert it and say one of {', '.join(UNITS)}")
    whole = _streamed(Path(path), "depth", depth, frames, "f", 2)
    write_npz(Path(path), {"depth": whole, "unit": label(unit)})


def write_flow(path: Path | str, flow: Frames, *, frames: int | None = None) -> None:
    """Write flow (T, H, W, 2), or an iterable of `frames` frames (H, W, 2), in pixels from frame t to t + 1, as .npz.

    The last frame must be all NaN: there is no next one. Raises BadMedia where it is not, UsageError, StorageError.
    """
    whole = _streamed(Path(path), "flow", flow, frames, "f", 3)
    if whole.shape[-1] != 2:
        raise UsageError(f"{path}: flow frames of shape {whole.shape[1:]}", mend="write (H, W, 2)")

    def checked() -> Iterator[np.ndarray]:
        for index, frame in enumerate(whole.items):
            if index == whole.shape[0] - 1:
                check_last_flow(Path(path), frame)
            yield frame

    write_npz(Path(path), {"flow": Streamed(whole.shape, whole.dtype, checked())})


def write_mask(path: Path | str, mask: Frames, *, frames: int | None = None) -> None:
    """Write a mask (T, H, W), or an iterable of `frames` frames (H, W), bool or uint8 of 0 and 255, as bool .npz.

    Raises BadMedia for a soft mask, UsageError, StorageError.
    """
    whole = _streamed(Path(path), "mask", mask, frames, "bu", 2)
    if whole.dtype.itemsize != 1:
        raise UsageError(f"{path}: mask of dtype {whole.dtype}", mend="write bool, or uint8 of 0 and 255")

    def hard() -> Iterator[np.ndarray]:
        for index, frame in enumerate(whole.items):
            if frame.dtype == np.uint8:
                check_mask(path, frame, index)
            yield frame.astype(bool)

    write_npz(Path(path), {"mask": Streamed(whole.shape, np.dtype(bool), hard())})


def write_tracks(path: Path | str, tracks: np.ndarray, visible: np.ndarray, *, views: Sequence[str] = ()) -> None:
    """Write point tracks (T, N, 2) floats, x and y in pixels, and `visible` (T, N) bool, as float64 .npz.

    Both may have an axis of views first, which `views` names ("0", "1", ... without). Raises UsageError, StorageError.
    """
    shape = tracks.shape
    if len(shape) not in (3, 4) or shape[-1] != 2 or tracks.dtype.kind != "f" or min(shape) < 1:
        raise UsageError(f"{path}: tracks of shape {shape}, dtype {tracks.dtype}", mend="write (T, N, 2) floats")
    if visible.shape != shape[:-1] or visible.dtype != bool:
        raise UsageError(f"{path}: visible of shape {visible.shape}, {visible.dtype}", mend=f"write {shape[:-1]} bool")
    if not np.isfinite(tracks[visible]).all():
        raise UsageError(f"{path}: a visible point has no place", mend="mark it as not visible")
    members: dict[str, np.ndarray | Streamed] = {"tracks": tracks.astype(np.float64), "visible": visible}
    if len(shape) == 4:
        members["views"] = label(checked_views(Path(path), list(views) or [str(n) for n in range(shape[0])], shape[0]))
    write_npz(Path(path), members)


def _streamed(path: Path, name: str, source: Frames, count: int | None, kinds: str, axes: int) -> Streamed:
    """The frames with the shape and dtype of the first; `kinds` are NumPy's letters, `axes` those of one frame."""
    number = len(source) if isinstance(source, np.ndarray) and source.ndim else count
    if number is None:
        raise UsageError(f"{path}: an iterable does not say how many frames it gives", mend="pass frames")
    items = iter(source)
    first = next(items, None)
    if first is None:
        raise UsageError(f"{path}: no frame was written", mend="write one frame at least")
    if first.ndim != axes or min(first.shape) < 1 or first.dtype.kind not in kinds:
        wanted = "(H, W, 2)" if axes == 3 else "(H, W)"
        raise UsageError(
            f"{path}: {name} frames of shape {first.shape}, dtype {first.dtype}",
            mend=f"write {wanted} {'floats' if kinds == 'f' else 'bool, or uint8 of 0 and 255'}",
        )
    return Streamed((number, *first.shape), first.dtype, chain([first], items))
