"""Counts what went wrong in a command, and says when it is too much (--fail-on-error)."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from vbench_py.types import UsageError, VbenchError

log = logging.getLogger(__name__)


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
    if value <= 0 or (not whole and value > 1):
        raise UsageError(f"--fail-on-error {text}: expected a count (3), a share (0.1) or a percentage (10%)")
    return value if whole else min(value, 0.999999)


@dataclass
class Failures:
    """`limit` of 1 or more is a count, below 1 a share of `expected`."""

    limit: float | None = None
    expected: int = 0
    reasons: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, status: str, what: str, reason: str) -> None:
        log.debug("%s: %s: %s", what, status, reason)
        self.reasons.append((status, what, reason))
        if self.limit is None or status == "unsupported":
            return
        failed = self.count
        if (self.limit >= 1 and failed >= self.limit) or (self.limit < 1 and failed > self.limit * max(self.expected, 1)):
            raise TooManyFailures(
                f"{failed} failed ({what}: {reason}), which --fail-on-error does not allow",
                mend="what is done is kept; mend the cause and run the same command again",
            )

    @property
    def count(self) -> int:
        return sum(status != "unsupported" for status, _, _ in self.reasons)
