"""Run folders: append-only rows, outputs that appear whole or not at all, and reading them back.

    <results>/runs/<suite>@<version>/<name>@<key8>/
        run.json  generated.<writer>.jsonl  scores.<writer>.jsonl  arrays/  videos/<slug>__s<seed>/

Each process writes row files of its own, so shards share a folder without locks. A row is one `write` of one line; a line
without its newline was torn by a crash and is ignored. Of several rows for the same work, ok beats failed, then the
highest attempt, then the writer's id.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import shutil
import socket
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from vbench_py.keys import slug
from vbench_py.types import StorageError, UsageError

log = logging.getLogger(__name__)
ROW_SCHEMA = 1
STORAGE_ERRNO = {errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EACCES, errno.EPERM}
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
        raise StorageError(f"{path}: {reason}", mend="free space or choose another folder with --results") from error


def default_results() -> Path:
    return Path(os.environ.get("VBENCH_PY_RESULTS", "results"))


def write_atomic(path: Path, data: bytes) -> None:
    """The file appears whole under its name, or not at all."""
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    with storage(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(data)
            partial.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
            raise


def to_json(value: Any, *, indent: bool = False) -> bytes:
    options = orjson.OPT_SORT_KEYS | orjson.OPT_SERIALIZE_NUMPY | (orjson.OPT_INDENT_2 if indent else 0)
    return orjson.dumps(value, default=str, option=options)


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
            written = os.write(self._file, line)
            if written != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def close(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):
                os.fsync(self._file)
            os.close(self._file)
            self._file = None


def read_rows(folder: Path, kind: str) -> Iterator[Row]:
    """Every whole row of a kind, from all writers."""
    for file in sorted(folder.glob(f"{kind}.*.jsonl")):
        lines = file.read_bytes().split(b"\n")
        lines.pop()  # what follows the last newline: nothing, or a torn row
        for number, line in enumerate(lines, 1):
            try:
                row = orjson.loads(line)
            except orjson.JSONDecodeError:
                log.warning("%s:%d: not a row, ignored", file, number)
                continue
            if row.get("schema", 0) > ROW_SCHEMA:
                raise UsageError(f"{file}: rows of schema {row['schema']}", mend="update vbench_py to read them")
            yield row


def better(new: Row, old: Row | None) -> bool:
    """Whether `new` wins over `old` for the same key."""
    return old is None or _rank(new) > _rank(old)


def _rank(row: Row) -> tuple[bool, int, str]:
    return (row["status"] == "ok", row.get("attempt", 0), row.get("writer", ""))


class RunFolder:
    """One method on one suite, on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.writer_id = f"{int(time.time() * 1000):x}-{slug(socket.gethostname(), 20)}-{os.getpid()}"

    @classmethod
    def place(cls, results: Path, suite: str, version: str, name: str, run_key: str) -> RunFolder:
        return cls(results / "runs" / f"{suite}@{version}" / f"{slug(name)}@{run_key[:8]}")

    def create(self) -> None:
        """Makes the folder and proves that it can be written, before any work is spent."""
        with storage(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            probe = self.path / f".probe-{self.writer_id}"
            probe.write_bytes(b"vbench-py")
            probe.unlink()

    def read_info(self) -> dict[str, Any]:
        """The run.json; empty when there is none yet."""
        try:
            return orjson.loads((self.path / "run.json").read_bytes())  # type: ignore[no-any-return]
        except FileNotFoundError:
            return {}
        except orjson.JSONDecodeError as error:
            raise UsageError(f"{self.path / 'run.json'}: not valid JSON ({error})", mend="delete it and run again") from error

    def write_info(self, info: Mapping[str, Any]) -> None:
        write_atomic(self.path / "run.json", to_json(info, indent=True) + b"\n")

    def rows(self, kind: str) -> Iterator[Row]:
        return read_rows(self.path, kind)

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
            with contextlib.suppress(FileNotFoundError):
                final.rename(old)
            part.rename(final)
            shutil.rmtree(old, ignore_errors=True)
        return final

    def sweep(self) -> None:
        """Removes what processes of this machine that no longer live left half-written."""
        for part in [*self.path.glob("videos/*.part"), *self.path.glob("videos/*.old")]:
            host, pid = part.name.rsplit(".", 2)[1].split("-", 1)[1].rsplit("-", 1)
            if host == slug(socket.gethostname(), 20) and pid.isdigit() and not _alive(int(pid)):
                shutil.rmtree(part, ignore_errors=True)


def _sync(file: Path) -> None:
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _alive(pid: int) -> bool:
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
