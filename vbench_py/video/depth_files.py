"""Depth as the field's data sets store it, turned into .npz: 16-bit PNG with a factor, Sintel's .dpt, .npy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from vbench_py.types import BadMedia, UsageError
from vbench_py.video.dense_write import write_depth
from vbench_py.video.find import is_hidden, natural_key
from vbench_py.video.info import Unit

_SUFFIXES = frozenset({".png", ".dpt", ".npy"})
_DPT_TAG = 202021.25


def convert_depth(
    source: Path | str | Sequence[Path], factor: float, destination: Path | str, *, unit: Unit = "metres"
) -> None:
    """Write the frames of `source`, a folder in natural order or files in order, divided by `factor`, as one .npz.

    16-bit grey PNG: KITTI 256, ScanNet and NYU 1000, Bonn 5000. Sintel's .dpt (metres, factor 1). .npy of (H, W), or
    one of (T, H, W) or (T, 1, H, W). Values that are 0 or less, or not finite, become NaN, which is invalid (of
    other units, only the latter). Raises BadMedia for files that are none of these, or of unequal size;
    UsageError, StorageError.
    """
    if not 0 < factor < float("inf"):
        raise UsageError(f"factor {factor} divides no depth", mend="give a number above 0, for example 256 for KITTI")
    files = _listed(Path(source)) if isinstance(source, str | Path) else [Path(file) for file in source]
    if not files:
        raise BadMedia(f"{source}: holds no depth files", mend="give a folder of 16-bit .png, .dpt or .npy files")
    volume = _volume(files[0]) if len(files) == 1 else None
    frames = iter(volume) if volume is not None else (_plane(file) for file in files)
    count = len(volume) if volume is not None else len(files)
    write_depth(destination, _scaled(files, frames, factor, unit), unit=unit, frames=count)


def _scaled(files: list[Path], frames: Iterator[np.ndarray], factor: float, unit: str) -> Iterator[np.ndarray]:
    size: tuple[int, ...] | None = None
    for index, stored in enumerate(frames):
        if stored.shape != (size or stored.shape):
            name = files[min(index, len(files) - 1)]
            raise BadMedia(f"{name}: {stored.shape[1]}x{stored.shape[0]}, {size} before", mend="keep one size a clip")
        size = stored.shape
        depth = (stored.astype(np.float64) / factor).astype(np.float32)
        bad = ~(np.isfinite(depth) & (depth > 0)) if unit == "metres" else ~np.isfinite(depth)
        depth[bad] = np.nan
        yield depth


def _listed(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = [file for file in path.iterdir() if file.suffix.lower() in _SUFFIXES and not is_hidden(file)]
    suffixes = sorted({file.suffix.lower() for file in found})
    if len(suffixes) > 1:
        raise BadMedia(f"{path}: holds {' and '.join(suffixes)} files", mend="keep the depth files alone in it")
    return sorted(found, key=lambda file: natural_key(file.name))


def _volume(path: Path) -> np.ndarray | None:
    """(T, H, W) of a lone .npy that holds several frames, mapped, not loaded."""
    if path.suffix.lower() != ".npy":
        return None
    array = _loaded(path)
    array = array[:, 0] if array.ndim == 4 and array.shape[1] == 1 else array
    return array if array.ndim == 3 else None


def _plane(path: Path) -> np.ndarray:
    """(H, W) as stored. Raises BadMedia."""
    suffix = path.suffix.lower()
    if suffix == ".dpt":
        return _dpt(path)
    if suffix == ".npy":
        array = _loaded(path)
        if array.ndim != 2:
            raise BadMedia(f"{path}: depth of shape {array.shape}", mend="store (H, W) a file, or (T, H, W) in one")
        return array
    if suffix != ".png":
        raise BadMedia(f"{path}: no depth file that is known", mend="give 16-bit .png, .dpt or .npy")
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            if not image.mode.startswith("I"):
                raise BadMedia(
                    f"{path}: mode {image.mode}, no 16-bit grey", mend="give the depth file, not a picture of it"
                )
            return np.asarray(image)
    except FileNotFoundError:
        raise BadMedia(f"{path}: does not exist", mend="check the path") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise BadMedia(f"{path}: the image does not decode ({error})", mend="download it again") from error


def _loaded(path: Path) -> np.ndarray:
    try:
        array: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise BadMedia(f"{path}: does not exist", mend="check the path") from None
    except (ValueError, OSError, EOFError) as error:
        raise BadMedia(f"{path}: not a NumPy array file ({error})", mend="write it with numpy.save") from error
    if array.dtype.kind not in "fiu":
        raise BadMedia(f"{path}: depth of dtype {array.dtype}", mend="store numbers")
    return array


def _dpt(path: Path) -> np.ndarray:
    """MPI Sintel's depth: a float32 tag, width and height as int32, then float32 rows, all little-endian."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadMedia(f"{path}: cannot be read ({error.strerror})", mend="check the path") from error
    if len(data) < 12 or np.frombuffer(data, "<f4", 1)[0] != _DPT_TAG:
        raise BadMedia(f"{path}: no .dpt file (its tag is another)", mend="download it again")
    width, height = (int(side) for side in np.frombuffer(data, "<i4", 2, 4))
    if width < 1 or height < 1 or len(data) != 12 + 4 * width * height:
        raise BadMedia(f"{path}: {len(data)} bytes do not hold {width}x{height} depths", mend="download it again")
    return np.frombuffer(data, "<f4", offset=12).reshape(height, width)
