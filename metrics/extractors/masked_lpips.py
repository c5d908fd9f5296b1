"""LPIPS of a part of each frame."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torchvision.models import squeezenet1_1

from vbench_py.metrics.extractors.arithmetic import same_shape
from vbench_py.metrics.extractors.lpips import _DEVIATION, _MEAN, LPIPS, Trunk
from vbench_py.metrics.extractors.masked import region
from vbench_py.metrics.extractors.state_dicts import load_network, read_state_dict

_SLICES = (2, 5, 8, 10, 11, 12, 13)
"""Where SqueezeNet's features are read: after so many of torchvision's layers."""
_SQUEEZE = Trunk("", (), smallest=17, floats_per_pixel=48)


class MaskedLPIPS(LPIPS):
    """LPIPS of a part of each (video, other, mask) frame; 0 where equal, larger is worse.

    Options: `network` (alex or vgg), `part` (outside or inside the mask) and `rest`, what becomes of the other part.
    other: the video gets the other video's pixels there, and the distance is divided by the part's share of the frame,
    so that it is a mean over the part. zeroed: it is painted black in both, and the distance is that of whole frames.
    Gives `value` (B,) float64, NaN where the part is empty, and `share` (B,) float64. Errors as `MaskedError`.
    """

    finite = False

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        super().__init__(options, weights)
        self.options = dict(options)

    def __call__(self, video: np.ndarray, other: np.ndarray, mask: np.ndarray) -> Mapping[str, np.ndarray]:  # type: ignore[override]
        same_shape(video, other)
        kept = region(mask, video, self.options["part"])
        first, second, inside = video[:, 0], other[:, 0], kept[..., None]
        zeroed = self.options["rest"] == "zeroed"
        pair = (first * inside, second * inside) if zeroed else (np.where(inside, first, second), second)
        share = kept.mean(axis=(1, 2), dtype=np.float64)
        value = self.distances(*pair) / (1.0 if zeroed else np.where(share > 0, share, 1.0))
        return {"value": np.where(share > 0, value, np.nan), "share": share}


class MaskedSqueezeLPIPS(MaskedLPIPS):
    """`MaskedLPIPS` with SqueezeNet 1.1: torchvision's file of the trunk, package lpips' file of the seven heads."""

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        self.options = dict(options)
        self._network, self._trunk = "squeeze", _SQUEEZE
        self._paths = weights["squeezenet1_1-b8a52dc0.pth"], weights["lpips-squeeze-heads.pth"]
        self._device = torch.device("cpu")

    def load(self, device: str) -> None:
        self._device = torch.device(device)
        trunk, heads = self._paths
        network: Any = load_network(squeezenet1_1, read_state_dict(trunk), trunk, self._device)
        self._layers: nn.Module | None = network.features
        state = read_state_dict(heads)
        self.heads = [self._tensor(state[f"lin{i}.model.1.weight"].reshape(-1).numpy()) for i in range(len(_SLICES))]
        mean, deviation = np.array(_MEAN), np.array(_DEVIATION)
        self._scale = self._tensor(1 / (127.5 * deviation)).view(1, 3, 1, 1)
        self._offset = self._tensor((-1 - mean) / deviation).view(1, 3, 1, 1)

    def close(self) -> None:
        self._layers, self.heads = None, []

    def features(self, levels: np.ndarray) -> Iterator[Tensor]:
        frames = torch.from_numpy(levels).to(self._device).permute(0, 3, 1, 2)
        frames = frames.to(torch.float32).mul_(self._scale).add_(self._offset)
        assert isinstance(self._layers, nn.Sequential)
        for number, layer in enumerate(self._layers, 1):
            frames = layer(frames)
            if number in _SLICES:
                yield frames.clone()
