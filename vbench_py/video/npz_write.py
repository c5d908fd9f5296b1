"""Writing .npz archives frame by frame, equal content giving equal bytes."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np

from vbench_py.types import UsageError
from vbench_py.video.storage import writing

_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Streamed:
    """An array that comes as items along its first axis, `shape[0]` of them."""

    shape: tuple[int, ...]
    dtype: np.dtype
    items: Iterable[np.ndarray]


def label(value: str | Sequence[str]) -> np.ndarray:
    """Strings as an array that needs no pickle."""
    return np.asarray(value, dtype=np.str_)


def write_npz(path: Path, members: Mapping[str, np.ndarray | Streamed]) -> None:
    """Write arrays, little-endian, not compressed (compressed bytes depend on the library), without dates.

    An older file stays until the new one is whole. Raises UsageError for another suffix or items of another number,
    shape or dtype than said; StorageError.
    """
    if path.suffix.lower() != ".npz":
        raise UsageError(f"{path}: arrays are written as .npz", mend=f"name it {path.stem}.npz")
    with writing(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
        for name, member in members.items():
            dtype = member.dtype.newbyteorder("<")
            header = _header(member.shape, dtype)
            entry = zipfile.ZipInfo(f"{name}.npy", _EPOCH)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            entry.file_size = len(header) + prod(member.shape) * dtype.itemsize
            with archive.open(entry, "w") as file:
                file.write(header)
                for item in [member] if isinstance(member, np.ndarray) else _items(path, name, member):
                    file.write(np.ascontiguousarray(item, dtype=dtype).tobytes())


def _items(path: Path, name: str, member: Streamed) -> Iterator[np.ndarray]:
    count = 0
    for item in member.items:
        if item.shape != member.shape[1:] or item.dtype != member.dtype:
            raise UsageError(
                f"{path}: frame {count} of {name} has shape {item.shape}, dtype {item.dtype}; "
                f"{member.shape[1:]}, {member.dtype} before",
                mend="write frames of one shape and dtype",
            )
        count += 1
        if count <= member.shape[0]:
            yield item
    if count != member.shape[0]:
        raise UsageError(f"{path}: {count} frames of {name} came, {member.shape[0]} were said", mend="say their number")


def _header(shape: tuple[int, ...], dtype: np.dtype) -> bytes:
    """NPY format 1.0, written here because NumPy's padding has changed between versions."""
    text = f"{{'descr': '{dtype.str}', 'fortran_order': False, 'shape': {tuple(int(size) for size in shape)}, }}"
    text += " " * (-(len(text) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode("latin-1")
