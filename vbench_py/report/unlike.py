"""Media that are fine by themselves but cannot be laid over each other."""

from __future__ import annotations

from vbench_py.types import VbenchError


class Unlike(VbenchError):
    """Two media do not fit together: there is no picture of the two, and nobody is to be warned."""
