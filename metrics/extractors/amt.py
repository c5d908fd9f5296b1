"""Midpoint error with AMT-S."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from vbench_py.metrics.extractors.amt_network import AMTS
from vbench_py.metrics.extractors.midpoint import MidpointError
from vbench_py.metrics.extractors.state_dicts import load_network, read_state_dict


class AMT(MidpointError):
    """AMT-S at the frames' own size, as VBench runs it on a CPU or by its command line: no scaling by free memory.

    Options, as in cfgs/AMT-S.yaml: `corr_radius`, `corr_levels`, `flows`. Weights: `amt-s.pth`, `state_dict`
    in it. The network's frames agree with MCG-NKU/AMT@70f988f on the same weights to 1e-5 of the range.
    `Unsupported` for sides below 49 px; the reference itself divides by zero below 128 px.
    """

    floats_per_pixel = 200

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        super().__init__()
        self._sizes = int(options["corr_radius"]), int(options["corr_levels"]), int(options["flows"])
        self._path = weights["amt-s.pth"]

    def load(self, device: str) -> None:
        self.device = torch.device(device)
        state = read_state_dict(self._path, inside="state_dict")
        self.network = load_network(lambda: AMTS(*self._sizes), state, self._path, self.device)

    def bytes_per_window(self, shape: tuple[int, ...]) -> int:
        """Beside the activations, correlations of all positions at 1/8 of the size, both ways and at four levels."""
        positions = (-(-shape[1] // 16) * 2) * (-(-shape[2] // 16) * 2)
        return super().bytes_per_window(shape) + 4 * 3 * positions**2
