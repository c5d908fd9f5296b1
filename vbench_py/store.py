"""Run folders: append-only rows, outputs that appear whole or not at all, and reading them back.

    <results>/runs/<suite>@<version>/<name>@<key8>/
        run.json  generated.<writer>.jsonl  scores.<writer>.jsonl  arrays/  videos/<slug>__s<seed>/

Each process writes row files of its own, so shards share a folder without locks. A row is one `write` of one line; a
line without its newline was torn by a crash and is ignored. Of several rows for the same work, ok beats failed, then
the highest attempt, then the writer's id.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import re
import shutil
import socket
import time
import uuid
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from vbench_py.keys import slug
from vbench_py.types import StorageError, UsageError

log = logging.getLogger(__name__)
ROW_SCHEMA = 1
INFO_SCHEMA = 1
FULL_ERRNO = {errno.ENOSPC, errno.EROFS, errno.EDQUOT}
"""What no file can be at fault for: the disk is, wherever the error came up."""
STORAGE_ERRNO = FULL_ERRNO | {errno.EACCES, errno.EPERM, errno.EIO, errno.ENOTDIR, errno.EEXIST, errno.ENAMETOOLONG}
ROOM_MEND = "free space or choose another folder with --results, --cache or --out"
_NEEDED = frozenset({"key", "sample", "seed", "status"})
_RENAMES = 5
_STARTED = int(time.time() * 1000)
Row = dict[str, Any]


@contextlib.contextmanager
def storage(path: Path) -> Iterator[None]:
    """Turns a full disk or a read-only folder into a `StorageError` that names the path."""
    try:
        yield
    except OSError as error:
        if error.errno not in STORAGE_ERRNO:
            raise
        reason = os.strerror(error.errno or 0)
        raise StorageError(f"{path}: {reason}", mend=ROOM_MEND) from error


def raise_if_full(error: BaseException) -> None:
    """Raises `StorageError` when an error comes from a full or read-only disk, which is no sample's own fault."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, StorageError):
            raise cause
        if isinstance(cause, OSError) and cause.errno in FULL_ERRNO:
            place = cause.filename or "the disk"
            raise StorageError(f"{place}: {os.strerror(cause.errno or 0)}", mend=ROOM_MEND) from error
        cause = cause.__cause__


def default_results() -> Path:
    return Path(os.environ.get("VBENCH_PY_RESULTS", "results"))


def write_atomic(path: Path, data: bytes) -> None:
    """The file appears whole under its name, or not at all."""
    partial = path.with_name(f".{path.name}.{writer_id()}.part")
    with storage(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(data)
            partial.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
            raise


def writer_id() -> str:
    """A new id of something this process writes: when, on which machine, by which process. Later ones sort later."""
    return f"{int(time.time() * 1000):x}_{uuid.uuid4().hex[:6]}-{_host()}-{os.getpid()}"


def _host() -> str:
    return slug(socket.gethostname(), 20).replace(".", "-")


def to_json(value: Any, *, indent: bool = False, sort: bool = True) -> bytes:
    options = orjson.OPT_SERIALIZE_NUMPY
    options |= (orjson.OPT_SORT_KEYS if sort else 0) | (orjson.OPT_INDENT_2 if indent else 0)
    try:
        return orjson.dumps(value, default=str, option=options)
    except orjson.JSONEncodeError:  # half a character of a file name, keys that are no text, endless integers
        return orjson.dumps(_writable(value), option=options)


def _writable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_writable(str(name)): _writable(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_writable(item) for item in value]
    if value is None or isinstance(value, bool | float) or (isinstance(value, int) and abs(value) < 1 << 63):
        return value
    return str(value).encode("utf-8", "backslashreplace").decode()


class RowWriter:
    """Appends rows to one file of this process; every row is on its way to disk when `append` returns."""

    def __init__(self, folder: Path, kind: str, writer: str) -> None:
        self.path = folder / f"{kind}.{writer}.jsonl"
        self.writer = writer
        self._file: int | None = None

    def append(self, row: Row) -> None:
        line = to_json({"schema": ROW_SCHEMA, "writer": self.writer, **row}) + b"\n"
        with storage(self.path):
            if self._file is None:
                self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            start = os.fstat(self._file).st_size
            written = os.write(self._file, line)
            if written != len(line):
                os.ftruncate(self._file, start)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def close(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):
                os.fsync(self._file)
            os.close(self._file)
            self._file = None


def read_rows(folder: Path, kind: str) -> Iterator[Row]:
    """Every whole row of a kind, from all writers."""
    for path in sorted(folder.glob(f"{kind}.*.jsonl")):
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    break  # torn by a crash, or being written at this moment
                try:
                    row = orjson.loads(line)
                except orjson.JSONDecodeError:
                    row = None
                if not isinstance(row, dict) or not row.keys() >= _NEEDED:
                    log.warning("%s:%d: not a row, ignored", path, number)
                    continue
                if row.get("schema", 0) > ROW_SCHEMA:
                    raise UsageError(f"{path}: rows of schema {row['schema']}", mend="update vbench_py to read them")
                yield row


def better(new: Row, old: Row | None) -> bool:
    """Whether `new` wins over `old` for the same key."""
    return old is None or _rank(new) > _rank(old)


def _rank(row: Row) -> tuple[bool, int, str]:
    return (row["status"] == "ok", row.get("attempt", 0), row.get("writer", ""))


def standing(rows: Iterable[Row], place: Callable[[Row], Hashable]) -> dict[Any, Row]:
    """The row that stands at each place (an output, a number): of the newest key there, the best row.

    A newer key wins even when it failed: what was made under the older one answers another question.
    """
    newest: dict[Hashable, Row] = {}
    best: dict[tuple[Hashable, str], Row] = {}
    for row in rows:
        where = place(row)
        held = newest.get(where)
        if held is None or age(row) > age(held):
            newest[where] = row
        if better(row, best.get((where, row["key"]))):
            best[(where, row["key"])] = row
    return {where: best[(where, row["key"])] for where, row in newest.items()}


def age(row: Row) -> tuple[int, str]:
    """What tells a newer row of a place from an older one."""
    return (row.get("attempt", 0), row.get("writer", ""))


class RunFolder:
    """One method on one suite, on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.writer_id = writer_id()

    @classmethod
    def place(cls, results: Path, suite: str, version: str, name: str, run_key: str) -> RunFolder:
        return cls(results / "runs" / f"{suite}@{slug(version)}" / f"{slug(name)}@{run_key[:8]}")

    def create(self) -> None:
        """Makes the folder and proves that it can be written, before any work is spent."""
        with storage(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            probe = self.path / f".probe-{self.writer_id}"
            probe.write_bytes(b"vbench-py")
            probe.unlink()

    def read_info(self) -> dict[str, Any]:
        """The run.json; empty when there is none yet."""
        file = self.path / "run.json"
        try:
            info: dict[str, Any] = orjson.loads(file.read_bytes())
        except FileNotFoundError:
            return {}
        except orjson.JSONDecodeError as error:
            raise UsageError(f"{file}: not valid JSON ({error})", mend="delete it and run again") from error
        if info.get("schema", 0) > INFO_SCHEMA:
            raise UsageError(f"{file}: of schema {info['schema']}", mend="update vbench_py to read it")
        return info

    def write_info(self, info: Mapping[str, Any]) -> None:
        # Unsorted: columns stand in the order in which the suite names its metrics.
        write_atomic(self.path / "run.json", to_json({"schema": INFO_SCHEMA, **info}, indent=True, sort=False) + b"\n")

    def rows(self, kind: str) -> Iterator[Row]:
        return read_rows(self.path, kind)

    def sizes(self) -> dict[str, int]:
        """Bytes of every row file: equal sizes mean equal rows, as files only grow."""
        return {file.name: file.stat().st_size for file in self.path.glob("*.jsonl")}

    def writer(self, kind: str) -> RowWriter:
        return RowWriter(self.path, kind, self.writer_id)

    def output_folder(self, sample: str, seed: int) -> Path:
        return self.path / "videos" / f"{slug(sample)}__s{seed}"

    def part_folder(self, sample: str, seed: int) -> Path:
        """An empty folder to generate into; takes its final name only when `publish` is called."""
        final = self.output_folder(sample, seed)
        part = final.with_name(f"{final.name}.{self.writer_id}.part")
        with storage(part):
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(parents=True)
        return part

    def publish(self, part: Path, sample: str, seed: int) -> Path:
        """Gives a finished folder its final name; an older output of the same name makes way."""
        final = self.output_folder(sample, seed)
        old = final.with_name(f"{final.name}.{self.writer_id}.old")
        with storage(final):
            for file in part.rglob("*"):
                if file.is_file():
                    _sync(file)
            for _ in range(_RENAMES):
                with contextlib.suppress(FileNotFoundError):
                    final.rename(old)
                try:
                    part.rename(final)
                    break
                except OSError as error:
                    if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                        raise
                finally:  # another process may have put its own there in between: ours comes last then
                    shutil.rmtree(old, ignore_errors=True)
            else:
                raise StorageError(f"{final}: another process keeps writing it", mend="give each its --shard")
            _sync(final.parent)
        return final

    def sweep(self) -> None:
        """Removes what processes of this machine that no longer live left half-written."""
        patterns = ("videos/*.part", "videos/*.old", ".*.part", "arrays/.*.part", ".probe-*")
        for left in (left for pattern in patterns for left in self.path.glob(pattern)):
            if _abandoned(left.name):
                log.info("%s: left half-written by a process that ended, removed", left)
                if left.is_dir():
                    shutil.rmtree(left, ignore_errors=True)
                else:
                    left.unlink(missing_ok=True)


def sweep_parts(folder: Path) -> None:
    """Removes half-written files anywhere below `folder` that processes of this machine left when they ended."""
    for left in folder.rglob("*.part"):
        if left.is_file() and _abandoned(left.name):
            left.unlink(missing_ok=True)


def _abandoned(name: str) -> bool:
    """Whether a half-written thing belongs to a process of this machine that is no more."""
    found = re.search(rf"[.-]([0-9a-f]+)_[0-9a-f]+-{re.escape(_host())}-([0-9]+)(?:\.part|\.old|)$", name)
    if found is None:
        return False
    if int(found[2]) == os.getpid():  # a restarted container often has the process id of the one that was killed
        return int(found[1], 16) < _STARTED
    return not process_lives(int(found[2]))


def _sync(place: Path) -> None:
    """Waits until a file, or a folder's list of names, is on the disk."""
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def process_lives(pid: int) -> bool:
    """Whether a process of that number is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def run_folders(root: Path) -> list[RunFolder]:
    """Every run under a folder: the folder itself, a suite's folder, or a results folder."""
    if (root / "run.json").is_file():
        return [RunFolder(root)]
    base = root / "runs" if (root / "runs").is_dir() else root
    return [RunFolder(file.parent) for file in sorted([*base.glob("*/run.json"), *base.glob("*/*/run.json")])]
