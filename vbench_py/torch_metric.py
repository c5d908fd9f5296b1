"""Any metric on windows of frames as a `torchmetrics.Metric`: update, compute, reset, and over processes."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torchmetrics import Metric as TorchMetric

from vbench_py.features.asks import sources_of
from vbench_py.features.extraction import extract
from vbench_py.frames import as_frames
from vbench_py.metricset import ScoreOptions, metric_specs
from vbench_py.pool import ExtractorPool
from vbench_py.types import Unsupported, UsageError

ALIASES = {"psnr": "psnr-rgb", "ssim": "ssim-rgb", "ms-ssim": "ms-ssim-rgb", "lpips": "lpips-alex"}


class VideoMetric(TorchMetric):
    """`update(video)` or `update(video, target)` with (T, C, H, W) or (B, T, C, H, W) frames, uint8 or float in [0, 1].

    Floats are rounded to the nearest of 256 levels, as a written video would be; (T, H, W, C) is taken too.
    `compute()` is the mean over the videos seen since `reset()`, a scalar float64 tensor: each video counts once, as on
    the leaderboard without groups. Facts that a metric reads (fps) are keywords of `update`. Raises `BadMedia` for
    frames that cannot be read one way, `ValueError` for unequal shapes or a missing target, `Unsupported` for a video
    that is too short, `UsageError` for a metric that reads files, facts alone, or roles other than these two.
    """

    full_state_update = False
    is_differentiable = False

    def __init__(
        self, name: str, options: ScoreOptions | None = None, *, device_name: str = "auto", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        specs = metric_specs([ALIASES.get(name, name)], options)
        if len(specs) != 1:
            listed = ", ".join(f"torchmetric({spec.column!r})" for spec in specs)
            raise UsageError(f"{name!r} is a bundle of {len(specs)} metrics", mend=f"use MetricCollection([{listed}])")
        self.spec = specs[0]
        if self.spec.of_sets or any(ask.view.unit != "window" for ask in self.spec.asks.values()) or not self.spec.asks:
            reads = "many videos" if self.spec.of_sets else "files, texts or facts"
            raise UsageError(f"metric {name!r} reads {reads}, not frames", mend="score it with vbench_py.score")
        if others := [role for role in self.spec.roles if role not in ("video", "target")]:
            mend = "leave the role out: the target takes its place"
            raise UsageError(f"metric {name!r} compares with the {others[0]}", mend=mend)
        self._pool = ExtractorPool(device_name)
        # MetricCollection merges metrics whose states have equal names and, once, equal values: these never may.
        self._total, self._count = (f"{state}_{self.spec.protocol_hash}" for state in ("total", "count"))
        self.add_state(self._total, torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state(self._count, torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")

    def __repr__(self) -> str:
        return f"torchmetric({self.spec.column!r})"

    @property
    def higher_is_better(self) -> bool | None:  # type: ignore[override]
        """None for a metric that only describes."""
        return {"higher": True, "lower": False}.get(self.spec.card.direction)

    def update(self, video: Any, target: Any = None, **facts: Any) -> None:
        batch = getattr(video, "ndim", 4) == 5
        videos = list(video) if batch else [video]
        targets = (list(target) if batch else [target]) if target is not None else [None] * len(videos)
        if len(videos) != len(targets):
            raise ValueError(f"{len(videos)} videos, {len(targets)} targets")
        values = [
            self._score(as_frames(one), None if other is None else as_frames(other), facts)
            for one, other in zip(videos, targets, strict=True)
        ]
        setattr(self, self._total, getattr(self, self._total) + sum(values))
        setattr(self, self._count, getattr(self, self._count) + len(values))

    def compute(self) -> torch.Tensor:
        mean: torch.Tensor = getattr(self, self._total) / getattr(self, self._count)
        return mean

    def _score(self, video: np.ndarray, target: np.ndarray | None, facts: dict[str, Any]) -> float:
        frames = {"video": video} if target is None else {"video": video, "target": target}
        if target is None and "target" in self.spec.roles:
            raise ValueError(f"{self.spec.column} compares with the target: call update(video, target)")
        if target is not None and video.shape != target.shape:
            shapes = f"video {video.shape} and target {target.shape}"
            raise ValueError(f"{shapes} differ in shape (frames, height, width, channels)")
        shortest = self.spec.card.minimum_frames
        if len(video) < shortest:
            raise Unsupported("frames", f"{self.spec.column} needs {shortest} frames, the video has {len(video)}")
        known = {"frames": len(video), "height": video.shape[1], "width": video.shape[2], **facts}
        asks = {ask: self._pool.get(ask) for ask in self.spec.asks.values()}
        sources = {source: self._pool.get(source) for ask in asks for source in sources_of(ask)}
        series = extract(
            asks, lambda role: iter([frames[role]]), sources=sources, frames=len(video), fps=known.get("fps")
        )
        return self.spec.reduce(series, known).value


def torchmetric(name: str, **options: Any) -> VideoMetric:
    """A metric by its id, or by one of the short names psnr, ssim, ms-ssim, lpips. `options` go to `VideoMetric`."""
    return VideoMetric(name, **options)
