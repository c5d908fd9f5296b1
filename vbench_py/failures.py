"""Counts what went wrong in a command, and says when it is too much (--fail-on-error)."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vbench_py.types import UsageError, VbenchError

if TYPE_CHECKING:
    from vbench_py.store import RunFolder

log = logging.getLogger(__name__)
TOLD_AT_ONCE = 10


class TooManyFailures(VbenchError):
    """More samples failed than the user allows."""


def parse_limit(text: str) -> float | None:
    """ "3" -> after 3 failures; "0.1" or "10%" -> when more than that share failed; "" -> never."""
    if not text:
        return None
    try:
        value = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        value = -1.0
    whole = "." not in text and not text.endswith("%")
    if not 0 < value < float("inf") or (not whole and value > 1) or (whole and value < 1):
        raise UsageError(f"--fail-on-error {text}: expected a count (3), a share (0.1) or a percentage (10%)")
    return value if whole else min(value, 0.999999)


def out_of_memory(error: BaseException) -> bool:
    """Whether a smaller batch may succeed where this one did not fit."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    text = str(error)
    return isinstance(error, RuntimeError) and ("out of memory" in text or "can't allocate memory" in text)


@dataclass
class Failures:
    """Outputs that failed, each counted once whatever went wrong with it.

    `limit` of 1 or more is a count of outputs, below 1 a share of the `expected` ones. The first ten unlike reasons
    are logged at `level` as they come: a command tells them at its end, a caller from Python hears them at once.
    """

    limit: float | None = None
    expected: int = 0
    level: int = logging.DEBUG
    reasons: list[tuple[str, str, str]] = field(default_factory=list)
    _failed: set[str] = field(default_factory=set)
    _told: set[str] = field(default_factory=set)

    @staticmethod
    def name(run: RunFolder, sample: str, seed: int) -> str:
        """What an output is called in messages: method, sample and seed."""
        return f"{run.path.name.rpartition('@')[0] or run.path.name}: {sample} (seed {seed})"

    def add(self, status: str, output: str, reason: str, metric: str = "") -> None:
        """Notes a failure. Raises `TooManyFailures` when that is one too many; unsupported work never is."""
        new = reason not in self._told and len(self._told) < TOLD_AT_ONCE
        level = self.level if new else logging.DEBUG
        log.log(level, "%s: %s: %s", f"{output} {metric}".rstrip(), status, reason)
        self._told.add(reason)
        self.reasons.append((status, f"{output} {metric}".rstrip(), reason))
        if status == "unsupported" or output in self._failed:
            return
        self._failed.add(output)
        count = self.count
        if self.limit is None:
            return
        if (self.limit >= 1 and count >= self.limit) or (self.limit < 1 and count > self.limit * max(self.expected, 1)):
            raise TooManyFailures(
                f"{count} failed ({output}: {reason}), which --fail-on-error does not allow",
                mend="what is done is kept; mend the cause and run the same command again",
            )

    @property
    def count(self) -> int:
        """Outputs that failed, or of which a number failed."""
        return len(self._failed)
