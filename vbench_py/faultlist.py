"""Many faults as lines of one message."""

from __future__ import annotations

from collections.abc import Sequence


def listed(faults: Sequence[str], most: int) -> str:
    """The first `most` faults, one a line, and how many more there are."""
    more = [f"and {len(faults) - most} more"] if len(faults) > most else []
    return "\n".join(f"  {fault}" for fault in [*faults[:most], *more])
