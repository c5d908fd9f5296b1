"""DISTS (Ding et al. 2020): structure and texture similarity of VGG-16's maps and of the frame itself."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from vbench_py.checkpoints import load_numpy_pickle
from vbench_py.metrics.extractors.arithmetic import same_shape
from vbench_py.metrics.extractors.lpips import TRUNKS, convolutions
from vbench_py.metrics.extractors.state_dicts import read_state_dict
from vbench_py.types import Unsupported, UsageError

_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)
_STABLE = 1e-6
_WIDTHS = (1, 2, 4, 8, 8)
"""Channels of VGG-16's stages as multiples of the first."""
_SMALLEST = 16
_CPU_BYTES = 512 << 20


class DISTS:
    """DISTS of each (video, target) frame, (B, 1, H, W, 3) levels 0..255; 0 for identical frames, larger is worse.

    Option `width`: channels of VGG-16's first stage (64). Weights: `lpips-vgg` (torchvision's VGG-16 as NumPy arrays)
    and `dists` (`alpha`, `beta`, (1, 1475, 1, 1) each).
    Gives `value` (B,) float64. `BadMedia` when sizes differ, `Unsupported` for sides below 16 px.
    Source: dingkeyan93/DISTS@1267d8c `DISTS_pytorch/DISTS_pt.py`, equal to 2e-5.
    """

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        self._channels = [3, *(int(options["width"]) * times for times in _WIDTHS)]
        self._trunk_path, self._path = weights["lpips-vgg"], weights["dists"]
        self._device = torch.device("cpu")

    def load(self, device: str) -> None:
        self._device = torch.device(device)
        self._convolutions = convolutions(load_numpy_pickle(self._trunk_path), TRUNKS["vgg"], self._device)
        state = read_state_dict(self._path)
        if {key: tuple(value.shape) for key, value in state.items()} != dict.fromkeys(
            ("alpha", "beta"), (1, sum(self._channels), 1, 1)
        ):
            raise UsageError(
                f"{self._path}: not the alpha and beta of DISTS", mend="remove the file and fetch it again"
            )
        alpha, beta = (state[name].double().reshape(-1).to(self._device) for name in ("alpha", "beta"))
        total = alpha.sum() + beta.sum()
        self._alpha, self._beta = (torch.split(part / total, self._channels) for part in (alpha, beta))
        mean, deviation = (torch.tensor(row, device=self._device).view(1, 3, 1, 1) for row in (_MEAN, _DEVIATION))
        self._mean, self._deviation = mean, deviation
        window = torch.tensor([0.25, 0.5, 0.25], device=self._device)
        self._window = torch.outer(window, window)

    def close(self) -> None:
        self._convolutions = []

    def bytes_per_window(self, shape: tuple[int, ...]) -> int:
        """Bytes that one (frames, height, width, channels) window takes while it is worked on."""
        return math.prod(shape[:3]) * 4 * 400

    def __call__(self, video: np.ndarray, target: np.ndarray) -> Mapping[str, np.ndarray]:
        same_shape(video, target)
        if min(video.shape[2:4]) < _SMALLEST:
            raise Unsupported("size", f"DISTS needs sides of at least 16 px, not {video.shape[3]}x{video.shape[2]}")
        budget = _CPU_BYTES // self.bytes_per_window(video.shape[1:]) if self._device.type == "cpu" else len(video)
        step = max(budget, 1)
        starts = range(0, len(video), step)
        parts = [self._distance(video[i : i + step, 0], target[i : i + step, 0]) for i in starts]
        return {"value": np.concatenate(parts) if parts else np.zeros(0)}

    @torch.inference_mode()
    def _distance(self, video: np.ndarray, target: np.ndarray) -> np.ndarray:
        frames = torch.from_numpy(np.concatenate([video, target])).to(self._device).permute(0, 3, 1, 2)
        similarity = torch.zeros(len(video), dtype=torch.float64, device=self._device)
        for features, alpha, beta in zip(self._features(frames.float() / 255), self._alpha, self._beta, strict=True):
            texture, structure = _similarities(features)
            similarity += (texture * alpha + structure * beta).sum(1)
        return np.asarray((1 - similarity).cpu().numpy())

    def _features(self, frames: Tensor) -> Iterator[Tensor]:
        """The frames in 0..1, then the last map (B, C, h, w) of each of VGG-16's five stages."""
        yield frames
        frames = (frames - self._mean) / self._deviation
        for layer, (kernel, bias) in zip(TRUNKS["vgg"].layers, self._convolutions, strict=True):
            if layer.pool:
                frames = self._pool(frames)
            frames = functional.conv2d(frames, kernel, bias, padding=layer.padding).relu_()
            if layer.read:
                yield frames

    def _pool(self, frames: Tensor) -> Tensor:
        """Root of the Hann-weighted mean square over 3x3, every second row and column: instead of VGG's maximum."""
        channels = frames.shape[1]
        window = self._window.expand(channels, 1, 3, 3)
        return (functional.conv2d(frames * frames, window, stride=2, padding=1, groups=channels) + 1e-12).sqrt()


def _similarities(features: Tensor) -> tuple[Tensor, Tensor]:
    """Texture (of the means) and structure (of the covariance) of (2B, C, h, w) maps: (B, C) float64 each.

    The first half of the batch is held against the second.
    """
    first, second = features.chunk(2)
    means = [part.mean((2, 3), dtype=torch.float64) for part in (first, second)]
    centred = [part - mean[..., None, None].float() for part, mean in zip((first, second), means, strict=True)]
    variances = [(part * part).mean((2, 3), dtype=torch.float64) for part in centred]
    covariance = (centred[0] * centred[1]).mean((2, 3), dtype=torch.float64)
    texture = (2 * means[0] * means[1] + _STABLE) / (means[0] ** 2 + means[1] ** 2 + _STABLE)
    structure = (2 * covariance + _STABLE) / (variances[0] + variances[1] + _STABLE)
    return texture, structure
