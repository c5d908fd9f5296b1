"""LPIPS (Zhang et al. 2018): a trunk trained on ImageNet, and linear heads calibrated on human judgements."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from vbench_py.checkpoints import load_numpy_pickle
from vbench_py.metrics.extractors.arithmetic import same_shape
from vbench_py.types import Unsupported

_MEAN = (-0.030, -0.088, -0.188)
_DEVIATION = (0.458, 0.448, 0.450)
_CPU_BYTES = 256 << 20
_ROWS = 1 << 24
"""Elements of a feature map that are compared at once: keeps the copies small beside the map itself."""


@dataclass(frozen=True)
class Layer:
    """One convolution of a trunk, its pooling before, and whether a head reads its output after the ReLU."""

    stride: int = 1
    padding: int = 1
    pool: int = 0
    read: bool = True


@dataclass(frozen=True)
class Trunk:
    """A trunk's name in the checkpoint, its layers, the smallest side it takes, and its peak floats a pixel."""

    name: str
    layers: tuple[Layer, ...]
    smallest: int
    floats_per_pixel: int


TRUNKS = {
    "alex": Trunk(
        "AlexNet_0",
        (Layer(stride=4, padding=2), Layer(padding=2, pool=3), Layer(pool=3), Layer(), Layer()),
        smallest=31,
        floats_per_pixel=32,
    ),
    "vgg": Trunk(
        "VGG16_0",
        tuple(Layer(pool=2 * (i in (2, 4, 7, 10)), read=i in (1, 3, 6, 9, 12)) for i in range(13)),
        smallest=16,
        floats_per_pixel=288,
    ),
}


class LPIPS:
    """LPIPS 0.1 of each (video, target) frame at its own size; 0 for identical frames, larger is worse.

    Option `network`: alex or vgg. Weights: one checkpoint, a pickle of NumPy arrays (convolution kernels as height,
    width, in, out) that holds trunk and heads. Gives `value` (B,) float64.
    Agrees with richzhang/PerceptualSimilarity (package lpips 0.1.4) on the same weights to 1e-5 in any batch.
    `BadMedia` when sizes differ, `Unsupported` when the trunk's last map would be empty.
    """

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        self._network = str(options["network"])
        self._trunk = TRUNKS[self._network]
        self._path = weights[f"lpips-{self._network}"]
        self._device = torch.device("cpu")

    def load(self, device: str) -> None:
        self._device = torch.device(device)
        tree = load_numpy_pickle(self._path)
        self._convolutions = convolutions(tree, self._trunk, self._device)
        self.heads = [self._tensor(tree[f"NetLinLayer_{i}"]["Conv_0"]["kernel"].reshape(-1)) for i in range(5)]
        # The trunk wants ((level / 127.5 - 1) - mean) / deviation: one multiplication and one addition a channel.
        mean, deviation = np.array(_MEAN), np.array(_DEVIATION)
        self._scale = self._tensor(1 / (127.5 * deviation)).view(1, 3, 1, 1)
        self._offset = self._tensor((-1 - mean) / deviation).view(1, 3, 1, 1)

    def close(self) -> None:
        self._convolutions, self.heads = [], []

    def bytes_per_window(self, shape: tuple[int, ...]) -> int:
        """Bytes that one (frames, height, width, channels) window takes while it is worked on."""
        return math.prod(shape[:3]) * 4 * self._trunk.floats_per_pixel

    def __call__(self, video: np.ndarray, target: np.ndarray) -> Mapping[str, np.ndarray]:
        same_shape(video, target)
        return {"value": self.distances(video[:, 0], target[:, 0])}

    def distances(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """LPIPS of each frame of (B, H, W, 3) to that of another such array, levels 0..255: (B,) float64."""
        self.refuse_small(*first.shape[1:3])
        # On a CPU a few pairs at once spare the reordering of weights; more only take memory and leave the caches.
        each = self.bytes_per_window((1, *first.shape[1:]))
        step = max(_CPU_BYTES // each if self._device.type == "cpu" else len(first), 1)
        parts = [self._distance(first[i : i + step], second[i : i + step]) for i in range(0, len(first), step)]
        return np.concatenate(parts) if parts else np.zeros(0)

    def refuse_small(self, height: int, width: int) -> None:
        """`Unsupported` when the trunk's last map of such frames would be empty."""
        if min(height, width) < self._trunk.smallest:
            raise Unsupported(
                "size",
                f"LPIPS-{self._network} needs sides of at least {self._trunk.smallest} px, not {width}x{height}",
            )

    def _tensor(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32)).to(self._device)

    @torch.inference_mode()
    def _distance(self, video: np.ndarray, target: np.ndarray) -> np.ndarray:
        """(B, H, W, 3) uint8 or float32 RGB twice to (B,) float64."""
        total = torch.zeros(len(video), dtype=torch.float64, device=self._device)
        for features, head in zip(self.features(np.concatenate([video, target])), self.heads, strict=True):
            total += weighted_difference(features, head)
        return np.asarray(total.cpu().numpy())

    def features(self, levels: np.ndarray) -> Iterator[Tensor]:
        """The maps (B, C, h, w) that heads read of (B, H, W, 3) frames, one after the other: only one is kept.

        float32 frames are overwritten.
        """
        frames = torch.from_numpy(levels).to(self._device).permute(0, 3, 1, 2)
        frames = frames.to(torch.float32, memory_format=torch.channels_last).mul_(self._scale).add_(self._offset)
        for layer, (kernel, bias) in zip(self._trunk.layers, self._convolutions, strict=True):
            if layer.pool:
                frames = functional.max_pool2d(frames, layer.pool, 2)
            frames = functional.conv2d(frames, kernel, bias, layer.stride, layer.padding).relu_()
            if layer.read:
                yield frames


def convolutions(tree: Mapping[str, Any], trunk: Trunk, device: torch.device) -> list[tuple[Tensor, Tensor]]:
    """Kernel (out, in, height, width) and bias (out,) of each convolution of `trunk`, float32."""
    made = []
    for i in range(len(trunk.layers)):
        part = tree[trunk.name][f"Conv_{i}"]
        kernel = torch.from_numpy(np.ascontiguousarray(part["kernel"].transpose(3, 2, 0, 1), dtype=np.float32))
        bias = torch.from_numpy(np.ascontiguousarray(part["bias"], dtype=np.float32))
        made.append((kernel.to(device).contiguous(memory_format=torch.channels_last), bias.to(device)))
    return made


def weighted_difference(features: Tensor, head: Tensor) -> Tensor:
    """Mean over pixels of head . (unit(first) - unit(second))^2, (B,) float64.

    `features` is (2B, C, H, W), the first half of the batch against the second; a unit vector is f / (|f| + 1e-10).
    """
    first, second = features.chunk(2)
    pairs, channels, height, width = first.shape
    total = torch.zeros(pairs, dtype=torch.float64, device=features.device)
    step = max(1, _ROWS // (pairs * channels * width))
    for top in range(0, height, step):
        units = [
            part / torch.linalg.vector_norm(part, dim=1, keepdim=True).add_(1e-10)
            for part in (first[:, :, top : top + step], second[:, :, top : top + step])
        ]
        squares = units[0].sub_(units[1]).square_().sum((2, 3))
        total += (squares * head).sum(1)
    return total / (height * width)
