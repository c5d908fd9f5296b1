"""Whether the user forbade the network (`--offline`, VBENCH_PY_OFFLINE)."""

from __future__ import annotations

import os


def is_offline() -> bool:
    return os.environ.get("VBENCH_PY_OFFLINE", "").strip().lower() in {"1", "true", "yes", "on"}
