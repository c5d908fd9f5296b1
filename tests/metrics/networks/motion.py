"""RAFT files in princeton-vl's format with seeded random weights; the laws run on RAFT-small, refined twice."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torchvision.models.optical_flow import raft_large, raft_small

from tests.metrics.networks import Small
from vbench_py.metrics.extractors.raft import official_names

BUILD = {"large": raft_large, "small": raft_small}


def official_shapes(network: str) -> dict[str, list[int]]:
    """Names and shapes of `raft-things.pth` (large) and `raft-small.pth`, without "module."; sorted."""
    with torch.device("meta"):
        made = BUILD[network](weights=None)
    names = official_names(made)
    shapes = {names[name]: list(tensor.shape) for name, tensor in made.state_dict().items()}
    twins = {name.replace("downsample.1", "norm3"): shape for name, shape in shapes.items() if "downsample.1" in name}
    return dict(sorted({**shapes, **twins}.items()))


def random_state(shapes: Mapping[str, list[int]], motion: float = 0.05) -> dict[str, Tensor]:
    """Seeded weights by official name, equal on every machine; the flow grows with `motion`, to some pixels at 0.05."""
    stream = np.random.RandomState(0)
    state: dict[str, Tensor] = {}
    for name, shape in sorted(shapes.items()):
        if name.endswith("num_batches_tracked"):
            state[name] = torch.tensor(1)
            continue
        if name.endswith("running_var"):
            values = stream.uniform(0.5, 1.5, shape)
        elif len(shape) == 1:
            norm = name.endswith("weight")
            values = stream.uniform(-0.1, 0.1, shape) + norm
        else:
            values = stream.standard_normal(shape) * np.sqrt(2 / np.prod(shape[1:]))
        scale = motion if "flow_head.conv2" in name else 1.0
        state[name] = torch.from_numpy((values * scale).astype(np.float32))
    for name in state:
        if "downsample.1" in name:
            state[name] = state[name.replace("downsample.1", "norm3")]
    return state


def write_raft(network: str, path: Path, motion: float = 0.05) -> Path:
    """A checkpoint as `torch.nn.DataParallel` saves it."""
    state = random_state(official_shapes(network), motion)
    torch.save({f"module.{name}": tensor for name, tensor in state.items()}, path)
    return path


def _small(name: str) -> Small:
    return Small(
        {"network": "small", "iterations": 2}, lambda folder: {f"{name}.pth": write_raft("small", folder / "raft.pth")}
    )


SMALL = {
    "raft-things": _small("raft-things"),
    "raft-things-evalcrafter": _small("raft-things"),
    "raft-small": _small("raft-small"),
}
