"""A foreign process under watch: time, memory, disk and number of processes; ended with all its children."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from vbench_py.isolate.builders import WORKER
from vbench_py.isolate.errors import ForeignDied, ForeignError, ForeignLimit, ForeignTimeout
from vbench_py.isolate.variables import MARK, foreign_variables

_OFTEN, _SELDOM = 0.2, 1.0
_EARLY = 3.0
_GRACE = 2.0
_TAIL = 16_000


@dataclass(frozen=True)
class Limits:
    """What a process and its children may use; 0 is no limit. `file_bytes` bounds each file, `scratch_bytes` all."""

    memory_bytes: int = 0
    scratch_bytes: int = 0
    file_bytes: int = 0
    processes: int = 1024


UNLIMITED = Limits()


class Watched:
    """A started process. `interpreter` is the environment's Python, `words` what follows it.

    `folder` is its working folder, `scratch` the one whose size is bounded, `home` its HOME; `log` takes standard error
    (and standard output, unless `channel`: then both ends are pipes). Ends with the harness, however that ends.
    """

    def __init__(
        self,
        words: Sequence[str],
        *,
        folder: Path,
        scratch: Path,
        home: Path,
        log: Path,
        environment_bin: Path | None = None,
        variables: Mapping[str, str] | None = None,
        limits: Limits = UNLIMITED,
        channel: bool = False,
    ) -> None:
        self.limits, self.scratch, self.log = limits, scratch, log
        self.mark = uuid.uuid4().hex
        self.deadline: float | None = None
        self.allowed = 0.0
        self.reason: ForeignError | None = None
        self._ended = threading.Event()
        given = foreign_variables(environment_bin, home, variables, mark=self.mark)
        with log.open("ab") as sink:
            try:
                self.process = subprocess.Popen(
                    list(words),
                    cwd=folder,
                    env=given,
                    stdin=subprocess.PIPE if channel else subprocess.DEVNULL,
                    stdout=subprocess.PIPE if channel else sink,
                    stderr=sink,
                    start_new_session=True,
                )
            except OSError as error:
                raise ForeignDied(f"{words[0]} cannot be started in {folder}: {error.strerror}") from error
        self._watch = threading.Thread(target=self._watching, daemon=True)
        self._watch.start()

    @property
    def stdin(self) -> IO[bytes]:
        assert self.process.stdin is not None
        return self.process.stdin

    @property
    def stdout(self) -> IO[bytes]:
        assert self.process.stdout is not None
        return self.process.stdout

    def allow(self, seconds: float | None) -> None:
        """Gives it so many seconds from now; None: no limit."""
        self.allowed = seconds or 0.0
        self.deadline = time.monotonic() + seconds if seconds else None

    def wait(self) -> int:
        """Its exit code, when it has ended. Raises what it was killed for."""
        code = self.process.wait()
        self.kill()
        if self.reason is not None:
            raise self.reason
        return code

    def said(self) -> str:
        """The end of what it wrote to standard error."""
        with suppress(OSError), self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - _TAIL))
            return file.read().decode("utf-8", "replace")
        return ""

    def death(self) -> ForeignError:
        """Why it has ended, as an error."""
        if self.reason is not None:
            return self.reason
        code = self.process.poll()
        return ForeignDied(f"it {told_exit(code)}", said=self.said())

    def kill(self) -> None:
        """Ends it and everything that it started, also what left its process group."""
        self._ended.set()
        for number, patience in ((signal.SIGTERM, _GRACE), (signal.SIGKILL, _GRACE)):
            if self.process.poll() is None:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(self.process.pid, number)
                with suppress(subprocess.TimeoutExpired):
                    self.process.wait(patience)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        until = time.monotonic() + _GRACE
        while (left := _marked(self.mark)) and time.monotonic() < until:
            for child in left:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(child, signal.SIGKILL)
            time.sleep(0.01)
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()

    def _watching(self) -> None:
        begun = time.monotonic()
        while not self._ended.wait(self._pause(begun)) and self.process.poll() is None:
            found = self._over()
            if found is not None:
                self.reason = found
                self._stop()
                return

    def _pause(self, begun: float) -> float:
        """Seconds to the next look: counting processes and files costs something, and most harm shows early."""
        now = time.monotonic()
        pause = _OFTEN if now - begun < _EARLY else _SELDOM
        return pause if self.deadline is None else min(pause, max(0.01, self.deadline - now))

    def _stop(self) -> None:
        # Only the group: the thread that waits for it cleans up the rest. A container's client hands on SIGTERM alone.
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(_GRACE)
                return

    def _over(self) -> ForeignError | None:
        if self.deadline is not None and time.monotonic() > self.deadline:
            return ForeignTimeout(f"it took longer than {self.allowed:g} s", said=self.said())
        memory, count = _usage(self.process.pid) if self.limits.memory_bytes or self.limits.processes else (0, 0)
        if self.limits.memory_bytes and memory > self.limits.memory_bytes:
            text = f"it used {memory / 1e9:.2f} GB of memory, {self.limits.memory_bytes / 1e9:.2f} GB are allowed"
            return ForeignLimit(text, said=self.said())
        if self.limits.processes and count > self.limits.processes:
            text = f"it runs {count} processes, {self.limits.processes} are allowed"
            return ForeignLimit(text, said=self.said())
        if self.limits.scratch_bytes:
            used = _size(self.scratch)
            if used > self.limits.scratch_bytes:
                text = f"it wrote {used / 1e9:.2f} GB, {self.limits.scratch_bytes / 1e9:.2f} GB are allowed"
                return ForeignLimit(text, said=self.said())
        return None


def told_exit(code: int | None) -> str:
    """An exit code in words."""
    if code is None:
        return "closed its channel and runs on"
    if code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        hints = {"SIGSEGV": " (segmentation fault)", "SIGKILL": " (killed: often out of memory)"}
        hints["SIGXFSZ"] = " (a file grew over its limit)"
        return f"ended by {name}{hints.get(name, '')}"
    return f"ended with exit code {code}"


def worker_words(interpreter: Sequence[str], mode: str, limits: Limits, words: Sequence[str] = ()) -> list[str]:
    """The command line of `worker.py` under an environment's Python."""
    # In a container, whose client stands between, nobody of ours is the parent.
    watch = ["--parent", str(os.getpid())] if len(interpreter) == 1 else []
    given = [*interpreter, "-X", "faulthandler", str(WORKER), *watch]
    given += ["--file-bytes", str(limits.file_bytes)] if limits.file_bytes else []
    return [*given, mode, "--", *words] if words else [*given, mode]


def _usage(pid: int) -> tuple[int, int]:
    """(bytes held, number of processes) of a process and its descendants."""
    import psutil

    try:
        root = psutil.Process(pid)
        every = [root, *root.children(recursive=True)]
    except psutil.Error:
        return 0, 0
    memory = 0
    for process in every:
        with suppress(psutil.Error):
            told = process.memory_info()
            memory += told.rss - getattr(told, "shared", 0)  # files that are mapped can be dropped
    return memory, len(every)


def _marked(mark: str) -> list[int]:
    """Processes that carry the mark in their environment: also those that left the group."""
    if not sys.platform.startswith("linux"):
        return []
    wanted = f"{MARK}={mark}".encode()
    found = []
    for place in Path("/proc").iterdir():
        if place.name.isdigit() and int(place.name) != os.getpid():
            with suppress(OSError):
                if wanted in (place / "environ").read_bytes():
                    found.append(int(place.name))
    return found


def _size(folder: Path) -> int:
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(place, name)).st_size  # noqa: PTH118 - a hot loop
    return total
