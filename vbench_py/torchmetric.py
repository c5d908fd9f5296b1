"""Any metric on windows of frames as a `torchmetrics.Metric`: update, compute, reset, and synchronisation over processes."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torchmetrics import Metric as TorchMetric

from vbench_py import catalogue
from vbench_py.features import extract
from vbench_py.frames import as_frames
from vbench_py.metricset import ScoreOptions, metric_specs
from vbench_py.types import Facts, UsageError

ALIASES = {"psnr": "psnr-rgb", "ssim": "ssim-rgb", "ms-ssim": "ms-ssim-rgb", "lpips": "lpips-alex"}


class VideoMetric(TorchMetric):
    """`update(video)` or `update(video, target)` with (T, C, H, W) or (B, T, C, H, W) frames, uint8 or float in [0, 1].

    `compute()` is the mean over the videos seen since `reset()`, as a scalar float64 tensor: each video counts once, as on
    the leaderboard without groups. Facts a metric reads (fps) are given as keywords to `update`.
    """

    full_state_update = False

    def __init__(self, name: str, options: ScoreOptions | None = None, *, device_name: str = "cpu", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        (self.spec,) = metric_specs([ALIASES.get(name, name)], options)
        if not self.spec.asks or any(ask.view.unit == "file" for ask in self.spec.asks.values()):
            raise UsageError(f"metric {name!r} reads files or facts, not frames", mend="score it with vbench_py.score")
        self.higher_is_better = {"higher": True, "lower": False}.get(self.spec.card.direction)
        self.is_differentiable = False
        self._device_name = device_name
        self._extractors: dict[Any, Any] = {}
        self.add_state("total", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("count", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, video: Any, target: Any = None, **facts: Any) -> None:
        batch = video.ndim == 5
        videos = list(video) if batch else [video]
        targets = (list(target) if batch else [target]) if target is not None else [None] * len(videos)
        if len(videos) != len(targets):
            raise ValueError(f"{len(videos)} videos, {len(targets)} targets")
        for one, other in zip(videos, targets, strict=True):
            self.total += self._score(as_frames(one), None if other is None else as_frames(other), facts)
            self.count += 1

    def compute(self) -> torch.Tensor:
        return self.total / self.count

    def _score(self, video: np.ndarray, target: np.ndarray | None, facts: dict[str, Any]) -> float:
        frames = {"video": video} if target is None else {"video": video, "target": target}
        missing = [role for role in self.spec.roles if role not in frames]
        if missing:
            raise ValueError(f"{self.spec.column} compares with the {missing[0]}: call update(video, {missing[0]})")
        if target is not None and video.shape != target.shape:
            raise ValueError(f"video {video.shape} and target {target.shape} differ in shape (frames, height, width, channels)")
        known = {"frames": len(video), "height": video.shape[1], "width": video.shape[2], **facts}
        asks = {ask: self._extractor(ask) for ask in self.spec.asks.values()}
        series = extract(asks, lambda role: iter([frames[role]]))
        arrays = {}
        for need, ask in self.spec.asks.items():
            found = series[ask]
            if isinstance(found, Exception):
                raise found
            arrays[need] = found
        facts_read = Facts({name: known.get(name) for name in self.spec.card.facts})
        return self.spec.metric.score(arrays, facts_read).value

    def _extractor(self, ask: Any) -> Any:
        place = (ask.extractor, ask.options)
        if place not in self._extractors:
            made = catalogue.load("extractor", ask.extractor, **dict(ask.options))
            made.load(self._device_name)
            self._extractors[place] = made
        return self._extractors[place]


def torchmetric(name: str, **options: Any) -> VideoMetric:
    """A metric by its id, or by one of the short names psnr, ssim, ms-ssim, lpips."""
    return VideoMetric(name, **options)
