"""Depth up to scale and shift, brought to metres: the named alignments, fitted to a sequence in streamed passes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from vbench_py.metrics.extractors.arithmetic import Arithmetic
from vbench_py.metrics.extractors.depth_frames import brought_together, counted, strips
from vbench_py.metrics.extractors.depth_solvers import LeastDeviations, LeastSquares, Medians, Solver
from vbench_py.types import Unsupported, UsageError

FLOOR = np.float32(1e-3)
"""The least aligned disparity, as Tencent/DepthCrafter@e518612 `benchmark/eval/eval.py:eval_single` has it."""
METRES, DISPARITY, RELATIVE = "metres", "disparity", "relative"


@dataclass(frozen=True)
class Alignment:
    """`space`: where scale and shift live; own is disparity for a prediction in disparity, else depth.

    `floor` is the least disparity of a prediction before the fit, `offset` what is added to true depth before it is
    inverted.
    """

    space: Literal["disparity", "depth", "own"]
    units: tuple[str, ...]
    solver: Literal["least-squares", "medians", "least-deviations", ""]
    over: Literal["sequence", "frame"] = "sequence"
    floor: float | None = None
    offset: float = 0.0


ALIGNMENTS: Mapping[str, Alignment] = {
    "ls-disparity-sequence": Alignment("disparity", (DISPARITY, METRES), "least-squares"),
    "depthcrafter@1": Alignment("disparity", (DISPARITY, METRES), "least-squares", floor=1e-3, offset=1e-8),
    "ls-depth-sequence": Alignment("depth", (METRES, RELATIVE), "least-squares"),
    "median": Alignment("depth", (METRES, RELATIVE), "medians"),
    "lad2": Alignment("depth", (METRES, RELATIVE), "least-deviations"),
    "per-frame": Alignment("own", (DISPARITY, METRES, RELATIVE), "least-squares", over="frame"),
    "metric": Alignment("depth", (METRES,), ""),
    "none": Alignment("own", (DISPARITY, METRES), ""),
}
WANTS = {
    DISPARITY: "aligns disparity, which relative depth (known up to scale and shift) cannot be turned into; choose "
    "alignment=ls-depth-sequence, lad2 or per-frame",
    "depth": "aligns depth, and disparity up to scale and shift cannot be turned into depth; choose "
    "alignment=ls-disparity-sequence, depthcrafter@1 or per-frame",
    "metric": "takes depth in metres as it is; choose an alignment that fits the prediction's unit",
}


def alignment_of(name: str, offered: tuple[str, ...]) -> Alignment:
    if name not in offered:
        raise UsageError(f"alignment {name!r} is not offered here", mend=f"use {', '.join(offered)}")
    return ALIGNMENTS[name]


def check_units(name: str, prediction: str, truth: str) -> None:
    """`Unsupported` when the ground truth is not in metres, or the alignment cannot take the prediction's unit."""
    if truth != METRES:
        raise Unsupported("unit", f"the ground truth is in {truth or 'no declared unit'}; it must be in metres")
    alignment = ALIGNMENTS[name]
    if prediction in alignment.units:
        return
    told = f"the prediction is in {prediction or 'no declared unit'}, and alignment={name} "
    if prediction not in (METRES, DISPARITY, RELATIVE):
        raise Unsupported("unit", f"{told}takes {' or '.join(alignment.units)}; write the unit beside the depth")
    reason = WANTS["metric" if not alignment.solver else alignment.space]
    raise Unsupported("unit", told + reason)


class AlignedDepth(Arithmetic):
    """Base of what judges predicted depth in metres: its fit over the sequence, and the aligned frames.

    Takes depth (B, n, h, w, 1) and true depth (B, n, H, W, 1) float32, NaN where unknown, the units of both (B,), then
    whatever else (`further` roles), and what was fitted, (B, 2) scale and shift.
    Options: `alignment` (see `ALIGNMENTS`), those of `depth_frames`, `constant_prediction` (refuse; level: as the
    constant that fits best), `clip_prediction` (range: aligned depth to minimum_depth..maximum_depth; minimum: only
    from below).
    Errors: `Unsupported` for units that do not go together, `BadMedia` where nothing can be fitted.
    """

    scratch = 40.0
    unequal = True
    further = 0
    offered: tuple[str, ...] = tuple(name for name in ALIGNMENTS if name != "none")

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        super().__init__(options, weights)
        self.name = str(self.options["alignment"])
        self.alignment = alignment_of(self.name, self.offered)
        policy = str(self.options["constant_prediction"])
        solvers: dict[str, Solver] = {
            "least-squares": LeastSquares(policy), "medians": Medians(), "least-deviations": LeastDeviations(policy),
        }  # fmt: skip
        self.solver = solvers.get(self.alignment.solver)
        self.rounds = self.solver.rounds if self.solver and self.alignment.over == "sequence" else 0

    def bytes_per_window(self, shape: tuple[int, ...]) -> int:
        """Bytes of one window's floats and what is made of them; the medians' counts too."""
        return super().bytes_per_window(shape) + (1 << 20 if isinstance(self.solver, Medians) else 0)

    def fit(
        self, depth: np.ndarray, target: np.ndarray, unit: Any, true_unit: Any, *rest: Any
    ) -> dict[str, np.ndarray]:
        """What every window contributes to this round: arrays (B, ...) for sums, else (B, n, ...), a frame each."""
        assert self.solver is not None
        before = rest[self.further] if len(rest) > self.further else None
        windows = []
        for i in range(len(depth)):
            check_units(self.name, str(unit[i]), str(true_unit[i]))
            answer = None if before is None else before[i]
            pairs = (brought_together(*pair, self.options) for pair in zip(depth[i], target[i], strict=True))
            windows.append([self._told(*pair, str(unit[i]), answer) for pair in pairs])
        names = list(windows[0][0])
        found = {name: np.stack([np.stack([frame[name] for frame in frames]) for frames in windows]) for name in names}
        return {name: array[:, 0] if name.startswith("sum_") else array for name, array in found.items()}

    def fitted(self, arrays: Mapping[str, np.ndarray], before: np.ndarray | None) -> np.ndarray:
        """The round's answer; after the last, (scale, shift). Frames that windows share are counted once."""
        assert self.solver is not None
        frames = {
            name: array if name.startswith("sum_") else np.concatenate([array[:, 0], array[-1, 1:]])
            for name, array in arrays.items()
        }
        return self.solver.solve(frames, before)

    def _told(
        self, prediction: np.ndarray, truth: np.ndarray, unit: str, before: np.ndarray | None
    ) -> Mapping[str, np.ndarray]:
        """What the solver gathers from a frame (H, W)."""
        assert self.solver is not None
        pieces = list(strips(prediction, truth)) if self.solver.strips else [(prediction, truth)]
        found = [self.solver.gather(*self.fitting_points(own, true, unit), before) for own, true in pieces]
        return self.solver.merge(found)

    def in_disparity(self, unit: str) -> bool:
        return self.alignment.space == "disparity" or (self.alignment.space == "own" and unit == DISPARITY)

    def in_space(self, prediction: np.ndarray, unit: str) -> np.ndarray:
        """The prediction (H, W) in the space of the alignment; NaN stays."""
        x = np.float32(1) / prediction if self.in_disparity(unit) and unit != DISPARITY else prediction
        return x if self.alignment.floor is None else np.maximum(x, np.float32(self.alignment.floor))

    def fitting_points(
        self, prediction: np.ndarray, truth: np.ndarray, unit: str
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """x and y of the fit (H, W) float32, and where both are known."""
        x = self.in_space(prediction, unit)
        valid = counted(truth, self.options) & (x == x)
        with np.errstate(divide="ignore"):
            y = np.float32(1) / (truth + np.float32(self.alignment.offset)) if self.in_disparity(unit) else truth
        return x, y, valid

    def aligned(self, prediction: np.ndarray, unit: str, line: np.ndarray, dtype: Any = np.float32) -> np.ndarray:
        """Predicted depth (H, W) in metres after `line` = (scale, shift) and the clip; NaN stays."""
        depth = np.multiply(self.in_space(prediction, unit), dtype(line[0]), dtype=dtype)
        depth += dtype(line[1])
        if self.in_disparity(unit):
            np.maximum(depth, dtype(FLOOR) if self.alignment.solver else dtype(1e-6), out=depth)
            np.divide(dtype(1), depth, out=depth)
        np.maximum(depth, dtype(self.options["minimum_depth"]), out=depth)
        if self.options["clip_prediction"] == "range":
            np.minimum(depth, dtype(self.options["maximum_depth"]), out=depth)
        elif self.options["clip_prediction"] != "minimum":
            raise UsageError(f"clip_prediction {self.options['clip_prediction']!r} is not known", mend="range, minimum")
        return np.asarray(depth)

    def frames(
        self, depth: np.ndarray, target: np.ndarray, unit: Any, true_unit: Any, fitted: np.ndarray | None
    ) -> Iterator[list[tuple[np.ndarray, np.ndarray, str, np.ndarray]]]:
        """For each window its frames: prediction, truth (H, W), unit, and scale and shift (NaN where none is found)."""
        for i in range(len(depth)):
            check_units(self.name, str(unit[i]), str(true_unit[i]))
            window = []
            for pair in zip(depth[i], target[i], strict=True):
                prediction, truth = brought_together(*pair, self.options)
                line = np.array([1.0, 0.0]) if fitted is None else fitted[i]
                if self.alignment.over == "frame":
                    line = self._own_line(prediction, truth, str(unit[i]))
                window.append((prediction, truth, str(unit[i]), line))
            yield window

    def _own_line(self, prediction: np.ndarray, truth: np.ndarray, unit: str) -> np.ndarray:
        assert self.solver is not None
        found = self._told(prediction, truth, unit, None)
        if not found["moments"][0]:
            return np.full(2, np.nan)
        return self.solver.solve({name: array[None] for name, array in found.items()}, None)
