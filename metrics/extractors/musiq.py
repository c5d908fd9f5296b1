"""MUSIQ (Ke et al. 2021): a learned judgement of a frame's technical quality."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from vbench_py.metrics.extractors.musiq_network import MUSIQ
from vbench_py.metrics.extractors.state_dicts import load_network, read_state_dict

_CPU_BYTES = 1 << 30


class Musiq:
    """MUSIQ of each (B, 1, H, W, 3) frame, levels 0..255; higher is better, about 0..100.

    Options: `checkpoint` (the name of the weights), `width`, `inner`, `heads`, `layers` and `sides` (longer sides of
    the smaller copies). Gives `value` (B,) float64.
    Source: pyiqa 0.1.8 `archs/musiq_arch.py:MUSIQ` on the same weights, to 1e-4.
    """

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        self._options = dict(options)
        self._path = weights[options["checkpoint"]]
        self._device = torch.device("cpu")

    def load(self, device: str) -> None:
        self._device = torch.device(device)
        width, inner, heads, layers = (int(self._options[name]) for name in ("width", "inner", "heads", "layers"))
        sides = [int(side) for side in self._options["sides"]]
        self._network = load_network(
            lambda: MUSIQ(width, inner, heads, layers, sides), read_state_dict(self._path), self._path, self._device
        )

    def close(self) -> None:
        del self._network

    def bytes_per_window(self, shape: tuple[int, ...]) -> int:
        """Bytes that one (frames, height, width, channels) window takes while it is worked on."""
        pixels = math.prod(shape[:3]) + sum(int(side) ** 2 for side in self._options["sides"])
        return pixels * 4 * 64

    @torch.inference_mode()
    def __call__(self, frames: np.ndarray) -> Mapping[str, np.ndarray]:
        each = self.bytes_per_window(frames.shape[1:])
        step = max(_CPU_BYTES // each if self._device.type == "cpu" else len(frames), 1)
        parts = []
        for i in range(0, len(frames), step):
            levels = torch.from_numpy(np.array(frames[i : i + step, 0])).to(self._device)
            scaled = (levels.permute(0, 3, 1, 2).float() / 255 - 0.5) * 2
            parts.append(self._network(scaled).double().cpu().numpy())
        return {"value": np.concatenate(parts) if parts else np.zeros(0)}
