"""How much a video moves, from dense optical flow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from vbench_py.cards import MetricCard
from vbench_py.metrics.reduce import PairMean
from vbench_py.metrics.views import view_of
from vbench_py.types import PAIR, Ask, Curve, Facts, Score, Series, Unsupported


class FlowMean(PairMean):
    """`PairMean` of an extractor that reads other extractors' dense output: the protocol's `on` says which."""

    def __init__(self, card: MetricCard, protocol: Mapping[str, Any]) -> None:
        super().__init__(card, protocol)
        self.needs = {"windows": replace(self.needs["windows"], on=tuple(protocol["on"]))}


class FlowScore(FlowMean):
    """Mean length of the flow over pixels and pairs. Details: `top5`, the mean over pairs of the largest 5 %."""

    def details(self, series: Series, kept: np.ndarray) -> Mapping[str, float]:
        return {"top5": float(np.mean(series.values["top5"][kept]))}


class DynamicDegree:
    """1 when enough pairs of frames move enough, else 0; the flow of a pair is the mean of its largest 5 %.

    Enough pairs: round(`pairs_of_16` * frames / 16), half to even; enough flow: more than `threshold_at_256` px times
    the shorter side / 256. With 2 frames no pair is asked for, and the video counts as moving. Details: `pairs_over`,
    `pairs_needed`, `threshold` and, where a pair is needed, `margin`: the flow that decides (that of the pair that is
    needed last) minus the threshold, in pixels: how far the number is from turning. The curve is the flow.
    """

    def __init__(self, card: MetricCard, protocol: Mapping[str, Any]) -> None:
        self.card = card
        self.protocol = protocol
        ask = Ask(card.extractors[0], tuple(protocol["on"]), view_of(protocol, PAIR))
        self.needs: Mapping[str, Ask] = {"pairs": ask}

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        """The score of one output; `Unsupported` without two sampled frames."""
        series = arrays["pairs"]
        flow = np.asarray(series.values.get("top5", []), dtype=np.float64)
        if not len(flow):
            raise Unsupported("frames", f"{self.card.id} needs two frames at {self.protocol['sampling']}")
        needed = round(float(self.protocol["pairs_of_16"]) * (len(flow) + 1) / 16)
        threshold = float(self.protocol["threshold_at_256"]) * float(series.values["short_side"][0]) / 256
        over = int(np.sum(flow > threshold))
        details = {"pairs_over": float(over), "pairs_needed": float(needed), "threshold": threshold}
        if needed:
            details["margin"] = float(np.sort(flow)[::-1][needed - 1]) - threshold
        return Score(float(over >= needed), details, Curve(series.index, flow))


class StaticFilter:
    """1 when the camera and the scene stand still, else 0; the flow of a pair is the mean of its largest 2 %.

    Still: no more than round(`pairs_of_16` * frames / 16) neighbouring pairs exceed the threshold (`threshold_at_256`
    px times the shorter side / 256), and neither the flow from the first frame to the last nor its reverse exceeds the
    threshold times twice that count. Details: `pairs_over`, `pairs_allowed`, `threshold`, `end_to_end`, the larger of
    the two. The curve is the flow of neighbours.
    """

    def __init__(self, card: MetricCard, protocol: Mapping[str, Any]) -> None:
        self.card = card
        self.protocol = protocol
        flow, extractor = str(protocol["flow"]), card.extractors[0]
        ends = replace(PAIR, sampling="uniform:2")
        self.needs: Mapping[str, Ask] = {
            "pairs": Ask(extractor, (f"flow:{flow}",), PAIR),
            "first_to_last": Ask(extractor, (f"flow:{flow}",), ends),
            "last_to_first": Ask(extractor, (f"backflow:{flow}",), ends),
        }

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        """The score of one output; `Unsupported` without two frames."""
        series = arrays["pairs"]
        flow = np.asarray(series.values.get("top2", []), dtype=np.float64)
        if not len(flow):
            raise Unsupported("frames", f"{self.card.id} needs two frames")
        allowed = round(float(self.protocol["pairs_of_16"]) * (len(flow) + 1) / 16)
        threshold = float(self.protocol["threshold_at_256"]) * float(series.values["short_side"][0]) / 256
        over = int(np.sum(flow > threshold))
        ends = max(float(arrays[name].values["top2"][0]) for name in ("first_to_last", "last_to_first"))
        still = over <= allowed and ends <= threshold * allowed * 2
        details = {"pairs_over": over, "pairs_allowed": allowed, "threshold": threshold, "end_to_end": ends}
        return Score(float(still), {name: float(value) for name, value in details.items()}, Curve(series.index, flow))
