"""One assertion for every comparison with a reference: it holds the tolerance and keeps what was measured.

`python docs/make_parity.py` runs the tests with VBENCH_PY_PARITY naming a file: a line of JSON a comparison goes there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from tests.metrics.running import EXTRACTORS, METRICS
from vbench_py.cards import MetricCard
from vbench_py.types import Geometry

Stage = Literal["decode", "resize", "network", "algebra", "whole"]
"""Frames from a file; pixels of a view; a network on equal pixels; a formula on equal arrays; frames to the number."""
Weights = Literal["none", "real", "random official"]
# Read here, because the tests' own environment hides every VBENCH_PY_ variable.
_KEPT = os.environ.get("VBENCH_PY_PARITY", "")


def reference_of(card: MetricCard) -> str:
    """A package with its version, else a repository at its commit; empty where the card names neither."""
    it = card.reference
    return it.package or (f"{it.repository}@{it.commit[:7]}" if it.commit else it.repository)


def resize_of(geometry: Geometry) -> str:
    """The name under which the pixels of a view are compared: library and kernel."""
    kept = f"{geometry.library} {geometry.kernel}"
    return f"{kept} antialias" if geometry.antialias and geometry.library == "torch" else kept


def agree(
    ours: Any,
    theirs: Any,
    *,
    of: str | Iterable[str],
    stage: Stage,
    against: str = "",
    weights: Weights = "none",
    atol: float = 0.0,
    rtol: float = 0.0,
) -> None:
    """Asserts as `np.testing.assert_allclose` does, and keeps the largest difference.

    `of`: ids of the metrics or extractors whose numbers `ours` are (decode: a reader; resize: see `resize_of`).
    `against`: the reference, with its version or commit; without it, the one on the card of the metrics `of`.
    """
    names = [of] if isinstance(of, str) else list(of)
    known = stage in ("decode", "resize") or all(name in METRICS or name in EXTRACTORS for name in names)
    assert known and stage in get_args(Stage) and weights in get_args(Weights), f"{names}, {stage}, {weights}"
    reference = against or reference_of(METRICS[names[0]])
    assert reference, f"{names}: name the reference, the card has none"
    one, other = (np.asarray(values, dtype=np.float64) for values in (ours, theirs))
    np.testing.assert_allclose(one, other, rtol=rtol, atol=atol)
    if _KEPT:
        one, other = np.broadcast_arrays(one, other)
        # What is not finite is equal, or the assertion would have failed.
        finite = np.isfinite(other)
        largest = float(np.max(np.abs(one[finite] - other[finite]), initial=0.0))
        scale = float(np.max(np.abs(other[finite]), initial=0.0))
        record = {
            "of": names, "against": reference, "stage": stage, "weights": weights, "absolute": largest,
            "relative": largest / scale if scale else largest, "values": int(one.size), "atol": atol, "rtol": rtol,
            "test": os.environ["PYTEST_CURRENT_TEST"].partition("::")[0],
        }  # fmt: skip
        with Path(_KEPT).open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
