"""Clips stored as NumPy arrays: .npy, and .npz with one array of frames."""

from __future__ import annotations

import zipfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from vbench_py.types import BadMedia
from vbench_py.video.info import VideoInfo

_NAMES = ("video", "frames", "arr_0")
_MEND = "store (T, H, W, 3) frames as uint8, or as float in [0, 1]"


@dataclass(frozen=True)
class _Header:
    shape: tuple[int, ...]
    dtype: np.dtype

    @property
    def frame_bytes(self) -> int:
        return int(np.prod(self.shape[1:])) * self.dtype.itemsize


def probe_array(path: Path) -> VideoInfo:
    """Facts of an .npy or .npz clip from its header alone.

    An .npz must hold one array, or name one "video", "frames" or "arr_0". Pickles are never loaded. Raises BadMedia.
    """
    with _member(path) as (file, size):
        header = _read_header(path, file, size)
    frames, height, width, _ = header.shape
    return VideoInfo(
        path=path,
        frames=frames,
        width=width,
        height=height,
        fps=None,
        duration=None,
        codec="rawvideo",
        pixel_format="rgb24" if header.dtype == np.uint8 else str(header.dtype),
        bit_depth=header.dtype.itemsize * 8,
        rotation=0,
        has_audio=False,
        has_alpha=False,
        variable_frame_rate=False,
        lossless=True,
        encoding=path.suffix[1:].lower(),
        reader="npz",
    )


def array_frames(info: VideoInfo, start: int, stop: int) -> Generator[np.ndarray, None, None]:
    """Frames start..stop, one (H, W, 3) uint8 array each, streamed also out of a compressed .npz.

    Floats become round(255 * x), ties to even; a value outside [0, 1] or NaN raises BadMedia.
    """
    with _member(info.path) as (file, size):
        header = _read_header(info.path, file, size)
        file.seek(start * header.frame_bytes, 1)
        for index in range(start, stop):
            try:
                data = file.read(header.frame_bytes)
            except (zipfile.BadZipFile, OSError, EOFError) as error:
                raise BadMedia(f"{info.path}: damaged at frame {index} ({error})", mend="write it again") from error
            frame = np.frombuffer(data, dtype=header.dtype).reshape(header.shape[1:])
            yield frame.copy() if header.dtype == np.uint8 else _to_uint8(info.path, frame, index)


def _to_uint8(path: Path, frame: np.ndarray, index: int) -> np.ndarray:
    low, high = float(frame.min()), float(frame.max())
    if not (low >= 0.0 and high <= 1.0):
        raise BadMedia(f"{path}: frame {index} spans {low:.4g} to {high:.4g}, outside [0, 1]", mend=_MEND)
    return np.rint(frame.astype(np.float64) * 255.0).astype(np.uint8)


@contextmanager
def _member(path: Path) -> Iterator[tuple[IO[bytes], int]]:
    """The stream of one .npy text and its length in bytes."""
    if path.suffix.lower() == ".npy":
        with path.open("rb") as file:
            yield file, path.stat().st_size
        return
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile:
        raise BadMedia(f"{path}: not an .npz archive, or cut off", mend="write it with numpy.savez") from None
    with archive:
        names = [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
        chosen = names[0] if len(names) == 1 else next((name for name in _NAMES if name in names), None)
        if chosen is None:
            raise BadMedia(
                f"{path}: holds arrays {', '.join(names) or '(none)'}; none is plainly the clip",
                mend=f"store the frames alone, or name them {_NAMES[0]!r}",
            )
        with archive.open(f"{chosen}.npy") as member:
            yield member, archive.getinfo(f"{chosen}.npy").file_size


def _read_header(path: Path, file: IO[bytes], size: int) -> _Header:
    try:
        version = np.lib.format.read_magic(file)
        reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = reader(file)
    except ValueError as error:
        raise BadMedia(f"{path}: not a NumPy array file ({error})", mend="write it with numpy.save") from error
    if dtype.hasobject:
        raise BadMedia(f"{path}: holds pickled objects, which are never loaded", mend=_MEND)
    if len(shape) != 4 or shape[3] != 3 or min(shape) < 1:
        raise BadMedia(f"{path}: shape {tuple(shape)} is no clip", mend=_MEND)
    if dtype != np.uint8 and dtype.kind != "f":
        raise BadMedia(f"{path}: dtype {dtype} is not supported", mend=_MEND)
    if fortran:
        raise BadMedia(f"{path}: stored in Fortran order", mend="store numpy.ascontiguousarray(frames)")
    header = _Header(tuple(shape), dtype)
    whole = (size - file.tell()) // header.frame_bytes
    if whole < shape[0]:
        raise BadMedia(f"{path}: truncated: {whole} of {shape[0]} frames are there", mend="write it again")
    return header
