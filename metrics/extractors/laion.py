"""LAION's aesthetic predictor: one linear map of a unit-length CLIP feature to a mark of about 1 to 10."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from vbench_py.metrics.extractors.state_dicts import load_network, read_state_dict


class LAIONHead:
    """`value` (B,) of CLIP features (B, D), brought to unit length first. Option `width`: D."""

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        self._width = int(options["width"])
        self._path = next(iter(weights.values()))

    def load(self, device: str) -> None:
        # A dot product of 768 numbers: no device is faster than the CPU that holds the features.
        state = read_state_dict(self._path)
        self._head = load_network(lambda: nn.Linear(self._width, 1), state, self._path, torch.device("cpu"))

    def close(self) -> None:
        """Nothing worth releasing."""

    def bytes_per_window(self, shape: tuple[int, ...]) -> int:
        """Bytes that the feature of one frame takes."""
        return 16 * self._width

    @torch.inference_mode()
    def __call__(self, features: np.ndarray) -> Mapping[str, np.ndarray]:
        units = nn.functional.normalize(torch.from_numpy(np.array(features, dtype=np.float32)), dim=-1)
        return {"value": self._head(units)[:, 0].double().numpy()}
