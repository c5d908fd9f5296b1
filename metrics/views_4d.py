"""Metrics of grids of views x time: cells against their truth, runs through the grid, views against each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from vbench_py.cards import MetricCard
from vbench_py.metrics.embedding import EmbeddingMetric
from vbench_py.metrics.frechet import FrechetDistance
from vbench_py.metrics.pixel import PSNR
from vbench_py.metrics.reduce import FrameMean
from vbench_py.metrics.views import view_of
from vbench_py.types import Ask, BadMedia, Curve, Facts, Score, Series, Unsupported, View

CELL = View(path="time")
"""Each cell of the grid by itself, view after view."""


class CellMean(FrameMean):
    """`FrameMean` over all cells of a grid: every view and moment counts the same."""

    view = CELL


class CellPSNR(PSNR):
    """`PSNR` over all cells of a grid."""

    view = CELL


class CellCosine(EmbeddingMetric):
    """Mean over cells of the cosine between the features of the grid's cell and of that of the card's second role."""

    def _ask(self, role: str) -> Ask:
        ask = super()._ask(role)
        return replace(ask, view=replace(ask.view, path="time"))

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        role, other = self.card.roles
        features, truth = self.frames(arrays, role), self.frames(arrays, other)
        if len(features) != len(truth):
            raise BadMedia(f"{self.card.id}: {role} has {len(features)} cells, {other} {len(truth)}")
        curve = Curve(arrays[role].index, np.einsum("td,td->t", features, truth))
        return Score(float(np.mean(curve.values)), {"worst": float(curve.values.min())}, curve)


class RunFrechet(FrechetDistance):
    """Frechet distance of the vectors of whole runs through the grids, against those of the true grids.

    Protocol: `path`, how a run goes: time (one a view), view (one a moment), diagonal or raster (one a grid);
    `short_orbit`, what is done with runs below nine frames: repeat or refuse. Else as `FrechetDistance`.
    """

    def __init__(self, card: MetricCard, protocol: Mapping[str, Any]) -> None:
        super().__init__(card, protocol)
        ask = self.needs["windows"]
        view = replace(ask.view, unit="run", path=protocol["path"])
        options = (*ask.options, ("short_orbit", protocol["short_orbit"]))
        self.needs = {"windows": replace(ask, view=view, options=tuple(sorted(options)))}


class CrossViewConsistency:
    """Mean over moments of the PSNR between neighbouring views, each read in the other through known depth and cameras.

    The curve is by moment. Details: `mean_absolute` in 8-bit levels; `valid_share`, the share of pixels that the
    neighbour shows; `moments`, and `moments_left_out`, without a pixel that two views share. `Unsupported` where no
    moment has one. Protocol: `tolerance` of the depth, relative; `closed`, whether the last view neighbours the first.
    """

    def __init__(self, card: MetricCard, protocol: Mapping[str, Any]) -> None:
        self.card = card
        view = replace(view_of(protocol), unit="run", path="view")
        options = tuple((name, protocol[name]) for name in ("closed", "tolerance"))
        on = (*card.roles, f"unit:{card.roles[1]}")
        self.needs: Mapping[str, Ask] = {"runs": Ask(card.extractors[0], on, view, options)}

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        series = arrays["runs"]
        psnr = np.asarray(series.values["psnr"], dtype=np.float64)
        some = np.isfinite(psnr)
        if not some.any():
            raise Unsupported("views", f"{self.card.id}: no two neighbouring views show the same point")
        details = {
            "mean_absolute": float(np.mean(series.values["difference"][some])),
            "valid_share": float(np.mean(series.values["visible"])),
            "moments": float(len(psnr)),
            "moments_left_out": float(np.sum(~some)),
        }
        return Score(float(np.mean(psnr[some])), details, Curve(series.index[some], psnr[some]))
