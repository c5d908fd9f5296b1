"""Small DOVER networks and torchvision's RAFT with seeded random weights in the official formats."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchvision.models.optical_flow import raft_large

from tests.metrics.networks import Small
from tests.metrics.networks.quality import random_state, shapes_of
from vbench_py.metrics.extractors.dover import DOVERNetwork

DOVER_SIZES: dict[str, Any] = {
    "width": 4, "depths": [2, 1, 1, 2], "heads": [1, 1, 2, 2], "widths": [4, 6, 8, 12], "blocks": [2, 1, 1, 1],
    "hidden": 8,
}  # fmt: skip
_INDEX = "relative_position_index"


def relative_places(window: tuple[int, int, int] = (8, 7, 7)) -> Tensor:
    """(N, N) int64, as the file holds it: a number for each difference of places of two tokens of a window."""
    at = np.array(list(product(*map(range, window))))
    apart = at[:, None] - at[None] + np.array(window) - 1
    sides = 2 * np.array(window) - 1
    return torch.from_numpy((apart[..., 0] * sides[1] + apart[..., 1]) * sides[2] + apart[..., 2])


def dover_shapes(sizes: Mapping[str, Any] = DOVER_SIZES) -> dict[str, tuple[int, ...]]:
    with torch.device("meta"):
        return shapes_of(DOVERNetwork(**sizes))


def dover_state(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Tensor]:
    """Seeded numbers for these keys, and the places where the official file has them."""
    state = random_state({key: shape for key, shape in shapes.items() if not key.endswith(_INDEX)})
    return state | {key: relative_places() for key in shapes if key.endswith(_INDEX)}


def write_dover(folder: Path) -> Mapping[str, Path]:
    path = folder / "DOVER.pth"
    torch.save(dover_state(dover_shapes()), path)
    return {path.name: path}


RAFT_SIDE = 128
"""The least that RAFT reads."""


def raft_state() -> dict[str, Tensor]:
    """Seeded numbers for torchvision's large RAFT; its last layer is weak, so that flow stays within the frame."""
    with torch.device("meta"):
        shapes = shapes_of(raft_large())
    counters = {key for key in shapes if key.endswith("num_batches_tracked")}
    state = random_state({key: shape for key, shape in shapes.items() if key not in counters})
    for key, value in state.items():
        if key.startswith("update_block.flow_head.conv2"):
            value *= 0.05
    return state | dict.fromkeys(counters, torch.tensor(0))


def write_raft(folder: Path) -> Mapping[str, Path]:
    path = folder / "raft_large_C_T_SKHT_V2-ff5fadd5.pth"
    torch.save(raft_state(), path)
    return {path.name: path}


SMALL: dict[str, Small] = {
    "dover": Small(DOVER_SIZES, write_dover),
    "raft-torchvision": Small({"side": RAFT_SIDE, "iterations": 1}, write_raft),
}
