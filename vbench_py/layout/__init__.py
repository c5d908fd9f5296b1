"""Datasets that users have: where they lie, which samples they hold, and every difference from what their card says."""

from vbench_py.layout.headers import header_faults, header_size
from vbench_py.layout.place import missing, root, variable
from vbench_py.layout.scan import Scan, samples, scan, told
from vbench_py.layout.tiny import make as make_tiny

__all__ = [
    "Scan",
    "header_faults",
    "header_size",
    "make_tiny",
    "missing",
    "root",
    "samples",
    "scan",
    "told",
    "variable",
]
