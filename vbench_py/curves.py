"""Per-window curves of one output, beside the rows: an .npz with `<column>/index` and `<column>/values` a metric."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from vbench_py.store import write_atomic
from vbench_py.types import Curve


def write_curves(path: Path, curves: Mapping[str, Curve]) -> None:
    arrays = {}
    for column, curve in curves.items():
        arrays[f"{column}/index"] = np.asarray(curve.index, dtype=np.int32)
        arrays[f"{column}/values"] = np.asarray(curve.values, dtype=np.float32)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    write_atomic(path, buffer.getvalue())


def read_curve(path: Path, column: str) -> Curve | None:
    """The curve of one metric, or None when the file has none for it."""
    with np.load(path) as arrays:
        if f"{column}/index" not in arrays:
            return None
        return Curve(arrays[f"{column}/index"], arrays[f"{column}/values"])
