"""Talking to a worker: load once, call often, restart when it died."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vbench_py.isolate.errors import ForeignAnswer, ForeignException
from vbench_py.isolate.process import UNLIMITED, Limits, Watched, worker_words

_LONGEST = 64 << 20


@dataclass(frozen=True)
class Answer:
    """What a call gave: `value`, its own seconds, the most memory held."""

    value: Any
    seconds: float
    peak_memory_bytes: int | None


@dataclass
class Worker:
    """One object of foreign code, kept loaded in a process of its own.

    `interpreter` are the words that start the environment's Python; `target` is "file.py:Name" or "module:Name", with
    `paths` on its sys.path, in `folder`. A call that times out, breaks a limit or answers garbage kills the process;
    the next call starts and loads anew.
    """

    interpreter: Sequence[str]
    target: str
    setup: Mapping[str, Any] = field(default_factory=dict)
    setup_method: str = ""
    paths: Sequence[str] = ()
    folder: Path | None = None
    environment_bin: Path | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = UNLIMITED
    load_seconds: float = 3600.0
    _watched: Watched | None = None
    _place: Path | None = None
    _count: int = 0
    _busy: bool = False
    starts: int = 0

    @property
    def running(self) -> bool:
        return self._watched is not None and self._watched.process.poll() is None

    def start(self) -> Answer:
        """Starts the process and loads the object. Raises `ForeignError` kinds."""
        self.close()
        self._place = Path(tempfile.mkdtemp(prefix="vbench-py-worker-"))
        self._watched = Watched(
            worker_words(self.interpreter, "serve", self.limits), folder=self.folder or self._place,
            scratch=self._place, home=self._place / "home", log=self._place / "stderr.txt",
            environment_bin=self.environment_bin, variables=self.variables, limits=self.limits, channel=True,
        )  # fmt: skip
        self.starts, self._busy = self.starts + 1, False
        request = {"op": "load", "target": self.target, "paths": list(self.paths), "setup": dict(self.setup)}
        try:
            return self._ask({**request, "setup_method": self.setup_method}, self.load_seconds)
        except ForeignException:
            self.close()
            raise

    def call(
        self,
        arguments: Mapping[str, Any],
        *,
        method: str = "__call__",
        seconds: float | None = None,
        scratch: Path | None = None,
        arrays: Path | None = None,
    ) -> Answer:
        """Calls the object, loading it first where it does not run. `scratch` is bounded by `limits.scratch_bytes`."""
        if not self.running:
            self.start()
        assert self._watched is not None and self._place is not None
        self._watched.scratch = scratch or self._place
        request = {"op": "call", "method": method, "arguments": dict(arguments)}
        return self._ask(request | ({"arrays": str(arrays)} if arrays else {}), seconds)

    def said(self) -> str:
        """The end of what it wrote to standard error."""
        return self._watched.said() if self._watched else ""

    def close(self) -> None:
        """Asks it to end, and ends it where it does not within a few seconds."""
        watched, self._watched = self._watched, None
        if watched is not None:
            if watched.process.poll() is None and not self._busy:
                watched.allow(5.0)
                try:
                    watched.stdin.write(b'{"id": 0, "op": "close"}\n')
                    watched.stdin.close()
                    watched.process.wait(5.0)
                except Exception:
                    watched.allow(None)  # it is killed below
            watched.kill()
        if self._place is not None:
            shutil.rmtree(self._place, ignore_errors=True)
            self._place = None

    def _ask(self, request: Mapping[str, Any], seconds: float | None) -> Answer:
        assert self._watched is not None
        watched = self._watched
        self._count += 1
        watched.allow(seconds)
        self._busy = True
        try:
            watched.stdin.write(json.dumps({"id": self._count, **request}).encode() + b"\n")
            watched.stdin.flush()
            line = watched.stdout.readline(_LONGEST)
        except (OSError, ValueError):
            line = b""
        self._busy = False
        watched.allow(None)
        if not line:
            self._end(watched)
            raise watched.death()
        try:
            answer = json.loads(line)
            if answer["id"] != self._count:
                raise ValueError(f"answer {answer['id']} to request {self._count}")
            ok = answer["ok"]
        except (ValueError, KeyError, TypeError) as error:
            said = watched.said()
            self._end(watched)
            shown = line[:200].decode("utf-8", "replace").strip()
            raise ForeignAnswer(f"its channel holds garbage: {shown!r}", said=said) from error
        if not ok:
            told = answer["error"]
            raise ForeignException(told["type"], told["message"], told["traceback"])
        return Answer(answer["value"], float(answer["seconds"]), answer.get("peak_memory_bytes"))

    def _end(self, watched: Watched) -> None:
        """It is not to be trusted any more; its log stays until the next start."""
        try:
            watched.process.wait(0.5)
        except Exception:
            watched.allow(None)
        watched.kill()
