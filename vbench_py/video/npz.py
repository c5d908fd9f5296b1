"""NumPy files read without loading them: headers, small members, and frames streamed out of .npy and .npz."""

from __future__ import annotations

import zipfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import IO

import numpy as np

from vbench_py.types import BadMedia

_SMALL = 1 << 20


@dataclass(frozen=True)
class Header:
    """Shape and dtype of one stored array."""

    shape: tuple[int, ...]
    dtype: np.dtype


def member_names(path: Path) -> list[str]:
    """Names of the arrays of an .npz. Raises BadMedia."""
    with _archive(path) as archive:
        return [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]


def read_header(path: Path, name: str) -> Header:
    """Header of a member of an .npz, or of an .npy, whose `name` is for messages only.

    Raises BadMedia for what is no array, pickled, stored in Fortran order, or cut off.
    """
    with _member(path, name) as (file, size):
        return _header(path, name, file, size)


def small_member(path: Path, name: str) -> np.ndarray:
    """A whole member of at most 1 MiB: labels and the like. Raises BadMedia."""
    header = read_header(path, name)
    if prod(header.shape) * header.dtype.itemsize > _SMALL:
        raise BadMedia(f"{path}: {name} of shape {header.shape} is too large for what it says", mend="write it again")
    return whole_member(path, name)


def whole_member(path: Path, name: str) -> np.ndarray:
    """A whole member, as stored. Raises BadMedia."""
    with _member(path, name) as (file, size):
        header = _header(path, name, file, size)
        data = _read(path, file, prod(header.shape) * header.dtype.itemsize, 0)
    return np.frombuffer(data, dtype=header.dtype).reshape(header.shape)


def member_label(path: Path, name: str) -> str | None:
    """A member that holds one string; None where it holds something else. Raises BadMedia."""
    array = small_member(path, name)
    if array.size != 1 or array.dtype.kind not in "US":
        return None
    found = array.reshape(-1)[0]
    return found.decode("utf-8", "replace") if isinstance(found, bytes) else str(found)


def member_frames(
    path: Path, name: str, start: int, stop: int, *, leading: int = 1
) -> Generator[np.ndarray, None, None]:
    """Items start..stop of a member, counted over its first `leading` axes, streamed also out of a compressed .npz.

    Arrays are read-only and as stored. Raises BadMedia.
    """
    with _member(path, name) as (file, size):
        header = _header(path, name, file, size)
        shape = header.shape[leading:]
        count = prod(shape) * header.dtype.itemsize
        file.seek(start * count, 1)
        for index in range(start, stop):
            yield np.frombuffer(_read(path, file, count, index), dtype=header.dtype).reshape(shape)


def _read(path: Path, file: IO[bytes], count: int, index: int) -> bytes:
    try:
        data = file.read(count)
    except (zipfile.BadZipFile, OSError, EOFError, ValueError) as error:
        raise BadMedia(f"{path}: damaged at frame {index} ({error})", mend="write it again") from error
    if len(data) < count:
        raise BadMedia(f"{path}: truncated at frame {index}", mend="write it again")
    return data


@contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile:
        raise BadMedia(f"{path}: not an .npz archive, or cut off", mend="write it with numpy.savez") from None
    with archive:
        yield archive


@contextmanager
def _member(path: Path, name: str) -> Iterator[tuple[IO[bytes], int]]:
    """The stream of one .npy text and its length in bytes."""
    if path.suffix.lower() == ".npy":
        with path.open("rb") as file:
            yield file, path.stat().st_size
        return
    with _archive(path) as archive:
        try:
            member = archive.open(f"{name}.npy")
        except (zipfile.BadZipFile, RuntimeError, OSError) as error:  # also: encrypted, or of an unknown compression
            raise BadMedia(f"{path}: {name} cannot be read ({error})", mend="write it with numpy.savez") from error
        with member:
            yield member, archive.getinfo(f"{name}.npy").file_size


def _header(path: Path, name: str, file: IO[bytes], size: int) -> Header:
    try:
        version = np.lib.format.read_magic(file)
        reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = reader(file)
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        raise BadMedia(f"{path}: damaged in {name} ({error})", mend="write it again") from error
    except ValueError as error:
        raise BadMedia(f"{path}: not a NumPy array file ({error})", mend="write it with numpy.save") from error
    if dtype.hasobject:
        raise BadMedia(f"{path}: holds pickled objects, which are never loaded", mend="store plain numbers")
    if fortran and len(shape) > 1:
        raise BadMedia(f"{path}: {name} is stored in Fortran order", mend=f"store numpy.ascontiguousarray({name})")
    header = Header(tuple(shape), dtype)
    item = prod(header.shape[1:]) * dtype.itemsize
    if shape and item:
        whole = (size - file.tell()) // item
        if whole < shape[0]:
            raise BadMedia(f"{path}: truncated: {whole} of {shape[0]} frames are there", mend="write it again")
    return header
