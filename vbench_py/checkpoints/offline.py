"""Whether the user forbade the network (`--offline`, VBENCH_PY_OFFLINE)."""

from __future__ import annotations

import os


def is_offline(*also: str) -> bool:
    """`also` are variables of others that say the same."""
    said = (os.environ.get(name, "") for name in ("VBENCH_PY_OFFLINE", *also))
    return any(text.strip().lower() in {"1", "true", "yes", "on"} for text in said)
