"""Codecs and autoencoders: whether what comes back flickers, how small the code is, and how fast it goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from vbench_py.metrics.cost import FactMetric, fact
from vbench_py.metrics.reduce import PairMean
from vbench_py.types import Curve, Facts, Score, Series, Unsupported


class FlickerRatio(PairMean):
    """Mean change from frame to frame of the reconstruction over that of its target: 1 is equal.

    Above 1 the reconstruction flickers, below 1 it is too calm. The curve is the change of the reconstruction less that
    of the target, by pair, in 8-bit levels. Details: `video` and `target`, the two means. `Unsupported` where the
    target stands still: no ratio to nothing.
    """

    def judge(self, ratio: float) -> float:
        """The value from the ratio."""
        return ratio

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        """The score of one output."""
        series = arrays["windows"]
        made, true = (np.asarray(series.values[name], dtype=np.float64) for name in ("video", "target"))
        if not len(made):
            raise Unsupported("frames", f"{self.card.id} needs at least {self.card.minimum_frames} frames")
        if not true.any():
            raise Unsupported("target", f"{self.card.id} compares changes, and the target does not change")
        ratio = float(made.mean() / true.mean())
        details = {"ratio": ratio, "video": float(made.mean()), "target": float(true.mean())}
        return Score(self.judge(ratio), details, Curve(series.index, made - true))


class FlickerError(FlickerRatio):
    """|1 - `FlickerRatio`|: too much change and too little count alike."""

    def judge(self, ratio: float) -> float:
        return abs(1 - ratio)


def _pixels(facts: Facts) -> float:
    """Pixels of the whole output."""
    sides = [int(fact(facts, name, f"the output has no {name}")) for name in ("width", "height", "frames")]
    return float(np.prod(np.array(sides, dtype=np.float64)))


def _code_bytes(facts: Facts) -> float:
    size = float(fact(facts, "code_bytes", "the method reported no size of its code (provenance code_bytes)"))
    if not size > 0:
        raise Unsupported("code_bytes", f"a code of {size:g} bytes")
    return size


class CompressionRatio(FactMetric):
    """Bytes of the raw 8-bit RGB video over the bytes of the code it came back from. Detail: `code_bytes`."""

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        size = _code_bytes(facts)
        return Score(3 * _pixels(facts) / size, {"code_bytes": size})


class BitsPerPixel(FactMetric):
    """Bits of the code for each pixel of each frame. Detail: `code_bytes`."""

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        size = _code_bytes(facts)
        return Score(8 * size / _pixels(facts), {"code_bytes": size})


class Throughput(FactMetric):
    """Frames a second of one phase of the method: the protocol's `phase` of the seconds that it recorded."""

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        seconds: Mapping[str, Any] = fact(facts, "seconds", "the method recorded no seconds by phase")
        frames = int(fact(facts, "frames", "the output has no frame count"))
        phase = str(self.protocol["phase"])
        spent = float(seconds.get(phase) or 0)
        if not spent > 0:
            raise Unsupported("seconds", f"no seconds of the phase {phase} among {sorted(seconds)}")
        return Score(frames / spent, {"seconds": spent})
