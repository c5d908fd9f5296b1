"""Base of networks that turn one frame into one vector: normalised pixels in, features out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_DEVIATION = (0.26862954, 0.26130258, 0.27577711)
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)
_FLOATS_PER_TOKEN = 16
"""Peak floats a transformer keeps of a token, as a multiple of its width."""


class FrameEncoder:
    """(B, 1, H, W, 3) levels 0..255 to named arrays (B, ...) float32.

    Levels are divided by 255, then `mean` is taken off and the rest divided by `deviation`, channel by channel.
    """

    mean: ClassVar[tuple[float, float, float]] = CLIP_MEAN
    deviation: ClassVar[tuple[float, float, float]] = CLIP_DEVIATION

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        self.options = dict(options)
        self.path = next(iter(weights.values()))
        self.batch_windows = 8
        self.network: nn.Module | None = None
        self.patch, self.width = 16, 768

    def build(self, device: torch.device) -> nn.Module:
        """The network with its weights on `device`; sets `patch` (pixels) and `width`."""
        raise NotImplementedError

    def encode(self, images: Tensor) -> Mapping[str, Tensor]:
        """Normalised images (B, 3, H, W) to arrays (B, ...)."""
        raise NotImplementedError

    def load(self, device: str) -> None:
        self._device = torch.device(device)
        self.batch_windows = 8 if self._device.type == "cpu" else 64
        self.network = self.build(self._device)
        self._mean = torch.tensor(self.mean, device=self._device).view(1, 3, 1, 1)
        self._deviation = torch.tensor(self.deviation, device=self._device).view(1, 3, 1, 1)

    def close(self) -> None:
        self.network = None

    def bytes_per_window(self, shape: tuple[int, ...]) -> int:
        """Bytes that one (1, height, width, 3) window takes while it is worked on."""
        tokens = shape[1] * shape[2] // self.patch**2 + 1
        return 4 * (2 * math.prod(shape) + tokens * self.width * _FLOATS_PER_TOKEN)

    def __call__(self, *windows: np.ndarray) -> Mapping[str, np.ndarray]:
        return self.arrays(windows[0])

    @torch.inference_mode()
    def arrays(self, frames: np.ndarray) -> Mapping[str, np.ndarray]:
        """What `encode` makes of (B, 1, H, W, 3)."""
        images = torch.from_numpy(np.ascontiguousarray(frames[:, 0])).to(self._device)
        images = images.permute(0, 3, 1, 2).float().div(255.0).sub(self._mean).div(self._deviation)
        return {name: array.float().cpu().numpy() for name, array in self.encode(images).items()}
