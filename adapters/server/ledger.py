"""Jobs that a server has taken, kept beyond a crash, so that none is paid for twice."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


class Ledger:
    """One append-only file of JSON lines in `folder` (None: nothing is kept); a line torn by a crash is passed over.

    A key stands for one request of one sample. `accepted` is written when the server takes the job, `ended` when its
    outcome is recorded.
    """

    def __init__(self, folder: Path | None) -> None:
        self.path = None if folder is None else folder / "jobs.jsonl"
        self._open: dict[str, dict[str, str]] = {}
        self._rounds: dict[str, int] = {}
        for line in self._lines():
            self._note(line)

    def _lines(self) -> list[dict[str, Any]]:
        if self.path is None or not self.path.is_file():
            return []
        lines = []
        for text in self.path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                line = json.loads(text)
            except ValueError:
                continue
            if isinstance(line, dict) and isinstance(line.get("key"), str):
                lines.append(line)
        return lines

    def _note(self, line: dict[str, Any]) -> None:
        key = line["key"]
        if line.get("state") == "accepted":
            self._open[key] = {"id": str(line.get("id", "")), "status_url": str(line.get("status_url", ""))}
        else:
            self._open.pop(key, None)
            self._rounds[key] = self._rounds.get(key, 0) + 1

    def taken(self, key: str) -> dict[str, str] | None:
        """`id` and `status_url` of a job that was taken and has no outcome yet."""
        return self._open.get(key)

    def rounds(self, key: str) -> int:
        """How many jobs of this key have ended: a further one is another request."""
        return self._rounds.get(key, 0)

    def accepted(self, key: str, identifier: str, status_url: str) -> None:
        self._write({"key": key, "state": "accepted", "id": identifier, "status_url": status_url})

    def ended(self, key: str) -> None:
        """The outcome is recorded, or the server has forgotten the job."""
        if key in self._open:
            self._write({"key": key, "state": "ended"})

    def _write(self, line: dict[str, str]) -> None:
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.path, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o600)
            try:
                os.write(handle, (json.dumps(line) + "\n").encode())
            finally:
                os.close(handle)
        self._note(line)
