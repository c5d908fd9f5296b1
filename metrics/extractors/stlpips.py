"""ST-LPIPS (Ghildyal and Liu 2022): LPIPS with an AlexNet that blurs before it subsamples, to forgive shifts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from vbench_py.metrics.extractors.lpips import LPIPS, Trunk
from vbench_py.metrics.extractors.state_dicts import read_state_dict
from vbench_py.types import UsageError

_TRUNK = Trunk("shift-tolerant AlexNet", (), smallest=21, floats_per_pixel=320)
_CONVOLUTIONS = {
    "net.slice1.0": (64, 3, 11),
    "net.slice2.5": (192, 64, 5),
    "net.slice3.9": (384, 192, 3),
    "net.slice4.11": (256, 384, 3),
    "net.slice5.13": (256, 256, 3),
}
_BLURS = {"net.slice1.1.filt": 64, "net.slice2.4.filt": 64, "net.slice3.8.filt": 192}


def official_shapes() -> dict[str, tuple[int, ...]]:
    """Keys and shapes of the official checkpoint `alex_shift_tolerant.pth`."""
    shapes: dict[str, tuple[int, ...]] = {f"scaling_layer.{name}": (1, 3, 1, 1) for name in ("shift", "scale")}
    for i, (key, (outputs, inputs, side)) in enumerate(_CONVOLUTIONS.items()):
        shapes |= {f"{key}.weight": (outputs, inputs, side, side), f"{key}.bias": (outputs,)}
        shapes[f"lin{i}.model.1.weight"] = (1, outputs, 1, 1)
    return shapes | {key: (channels, 1, 3, 3) for key, channels in _BLURS.items()}


class ShiftTolerantLPIPS(LPIPS):
    """ST-LPIPS (AlexNet) of each (video, target) frame at its own size; 0 for identical frames, larger is worse.

    Every halving is a maximum over 3x3 (none at the first), then a 3x3 binomial blur with stride 2 of the map padded
    by two mirrored pixels. Weights: `st-lpips-alex`. Gives `value` (B,) float64.
    Agrees with package stlpips-pytorch 0.0.2 on the same weights to 1e-5.
    `BadMedia` when sizes differ, `Unsupported` for sides below 21 px.
    """

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        self._network, self._trunk = "alex (shift-tolerant)", _TRUNK
        self._path = weights["st-lpips-alex"]
        self._device = torch.device("cpu")

    def load(self, device: str) -> None:
        self._device = torch.device(device)
        state = read_state_dict(self._path)
        wanted = official_shapes()
        unlike = sorted(
            key for key in wanted.keys() | state.keys() if state.get(key, torch.empty(0)).shape != wanted.get(key)
        )
        if unlike:
            raise UsageError(
                f"{self._path}: not the weights of ST-LPIPS (AlexNet), keys {', '.join(unlike[:4])}",
                mend="remove the file and fetch it again",
            )
        state = {key: value.float().to(self._device) for key, value in state.items()}
        self._convolutions = [(state[f"{key}.weight"], state[f"{key}.bias"]) for key in _CONVOLUTIONS]
        self._blurs = [state[key] for key in _BLURS]
        self.heads = [state[f"lin{i}.model.1.weight"].reshape(-1) for i in range(len(_CONVOLUTIONS))]
        self._shift, self._deviation = state["scaling_layer.shift"], state["scaling_layer.scale"]

    def features(self, levels: np.ndarray) -> Iterator[Tensor]:
        frames = torch.from_numpy(levels).to(self._device).permute(0, 3, 1, 2).float() / 127.5 - 1
        frames = (frames - self._shift) / self._deviation
        for i, (kernel, bias) in enumerate(self._convolutions):
            if i in (1, 2):
                frames = _halved(functional.max_pool2d(frames, 3, 1), self._blurs[i])
            frames = functional.conv2d(frames, kernel, bias, padding=2 if i < 2 else 1)
            if i == 0:
                frames = _halved(frames, self._blurs[i])
            frames = frames.relu_()
            yield frames


def _halved(frames: Tensor, blur: Tensor) -> Tensor:
    padded = functional.pad(frames, (2, 2, 2, 2), mode="reflect")
    return functional.conv2d(padded, blur, stride=2, groups=frames.shape[1])
