"""Arrays kept by content: what an extractor said of a piece of media is asked once, whoever asks.

    cache/features/<extractor>/<writer>.arrays   the arrays' bytes, one record after another
    cache/features/<extractor>/<writer>.jsonl    a line a record: key, offset, bytes, crc, and each array's layout

Each process appends to files of its own. A line is written after its bytes, and a record that a crash tore fails its
checksum: it is as if it had never been kept. Anything here can be deleted; it is made again.
"""

from __future__ import annotations

import logging
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import orjson

from vbench_py.checkpoints import cache_dir
from vbench_py.store import storage, writer_id
from vbench_py.types import Series

log = logging.getLogger(__name__)
INDEX = "index"


@dataclass(frozen=True)
class Place:
    """Where a record lies and how its bytes become arrays."""

    file: Path
    offset: int
    size: int
    crc: int
    layout: tuple[tuple[str, str, tuple[int, ...]], ...]


class FeatureBank:
    """Series by key (see `features.asks.array_key`), in one shelf an extractor."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or cache_dir() / "features"
        self._writer = writer_id()
        self._shelves: dict[str, dict[str, list[Place]]] = {}
        self._open: dict[str, tuple[BinaryIO, BinaryIO]] = {}

    def __contains__(self, place: tuple[str, str]) -> bool:
        """Whether (extractor, key) is kept."""
        extractor, key = place
        return key in self._shelf(extractor)

    def get(self, extractor: str, key: str) -> Series | None:
        """The kept series, or None when there is none or its bytes are not what was written."""
        for place in self._shelf(extractor).get(key, ()):
            try:
                with place.file.open("rb") as file:
                    file.seek(place.offset)
                    data = file.read(place.size)
            except OSError:
                data = b""
            if len(data) == place.size and zlib.crc32(data) == place.crc:
                return _series(data, place)
            log.warning("%s: a record of it is damaged and will be made again", place.file)
        self._shelves[extractor].pop(key, None)
        return None

    def put(self, extractor: str, key: str, series: Series) -> None:
        """Keeps a series. Raises `StorageError` when the cache cannot be written."""
        if key in self._shelf(extractor):
            return
        arrays = {INDEX: np.asarray(series.index), **{n: np.ascontiguousarray(a) for n, a in series.values.items()}}
        data = b"".join(array.tobytes() for array in arrays.values())
        layout = tuple((name, array.dtype.str, array.shape) for name, array in arrays.items())
        with storage(self.folder):
            records, lines = self._files(extractor)
            place = Place(Path(records.name), records.tell(), len(data), zlib.crc32(data), layout)
            records.write(data)
            records.flush()
            told = {"key": key, "at": place.offset, "bytes": place.size, "crc": place.crc, "layout": layout}
            lines.write(orjson.dumps(told) + b"\n")
            lines.flush()
        self._shelves[extractor][key] = [place]

    def refresh(self) -> None:
        """Looks again for what other processes have added."""
        self._shelves.clear()

    def compact(self) -> tuple[int, int, int]:
        """Brings each shelf into one pair of files without torn or double records: (records, bytes before, after).

        A process that is writing meanwhile loses what it wrote since, which is then made again.
        """
        self.close()
        self.refresh()
        self._writer = writer_id()
        kept, before = 0, self.size()
        for shelf in sorted(path for path in self.folder.glob("*") if path.is_dir()):
            old = [path for suffix in ("*.jsonl", "*.arrays") for path in shelf.glob(suffix)]
            records = {key: self.get(shelf.name, key) for key in list(self._shelf(shelf.name))}
            self._shelves[shelf.name] = {}
            for key, series in records.items():
                if series is not None:
                    self.put(shelf.name, key, series)
                    kept += 1
            with storage(shelf):
                for path in old:
                    path.unlink(missing_ok=True)
        self.close()
        return kept, before, self.size()

    def size(self) -> int:
        """Bytes of all that is kept."""
        return sum(path.stat().st_size for path in self.folder.glob("*/*") if path.is_file())

    def close(self) -> None:
        for pair in self._open.values():
            for file in pair:
                file.close()
        self._open.clear()

    def _files(self, extractor: str) -> tuple[BinaryIO, BinaryIO]:
        if extractor not in self._open:
            shelf = self.folder / extractor
            shelf.mkdir(parents=True, exist_ok=True)
            self._open[extractor] = (
                (shelf / f"{self._writer}.arrays").open("ab"),
                (shelf / f"{self._writer}.jsonl").open("ab"),
            )
        return self._open[extractor]

    def _shelf(self, extractor: str) -> dict[str, list[Place]]:
        if extractor not in self._shelves:
            shelf: dict[str, list[Place]] = {}
            for file in sorted((self.folder / extractor).glob("*.jsonl")):
                records = file.with_suffix(".arrays")
                there = records.stat().st_size if records.is_file() else 0
                for line in file.read_bytes().split(b"\n")[:-1]:  # what follows the last newline was torn
                    record = _record(line)
                    if record is not None and record["at"] + record["bytes"] <= there:
                        layout = tuple((name, kind, tuple(shape)) for name, kind, shape in record["layout"])
                        place = Place(records, record["at"], record["bytes"], record["crc"], layout)
                        shelf.setdefault(record["key"], []).append(place)
            self._shelves[extractor] = shelf
        return self._shelves[extractor]


def _series(data: bytes, place: Place) -> Series:
    arrays, start = {}, 0
    for name, kind, shape in place.layout:
        dtype = np.dtype(kind)
        count = int(np.prod(shape, dtype=np.int64))
        arrays[name] = np.frombuffer(data, dtype, count, start).reshape(shape)
        start += count * dtype.itemsize
    return Series(arrays.pop(INDEX), arrays)


def _record(line: bytes) -> dict[str, Any] | None:
    try:
        record: dict[str, Any] = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return record if isinstance(record, dict) and {"key", "at", "bytes", "crc", "layout"} <= record.keys() else None
