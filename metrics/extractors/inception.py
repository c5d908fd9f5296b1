"""Features of Inception-v3 as FID, KID and the Inception Score read them."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from vbench_py.metrics.extractors.inception_network import InceptionV3
from vbench_py.metrics.extractors.state_dicts import load_network, read_state_dict
from vbench_py.types import Unsupported, UsageError

_EPSILON = 1e-3
_FLOATS_PER_PIXEL = 36
"""Peak floats for each input pixel, measured (31)."""
_SCRIPTED = "inception-2015-12-05.pt"


class Inception:
    """Inception-v3 of (B, 1, 299, 299, 3) frames, uint8 or float32 in 0..255, levels as (x - 128) / 128.

    The view resizes: as torch-fidelity (`library = "tf1"`, exact 299x299) or as clean-fid (`pil-float`, bicubic).
    Options: `width` scales the channels (1.0: the official network); `logits` false for a checkpoint without the last
    layer. Weights: one checkpoint, a state dict with the keys of pytorch-fid, or where the card's name ends in
    `inception-2015-12-05.pt` a TorchScript archive that lists weight, beta, mean and var of the same 94 convolutions in
    the same order. Gives `pool` (B, 2048) float32 and, with `logits`, `logits` (B, 1008) float32 with the bias and
    `logits_unbiased` (B, 1008) float32 without, as torch-fidelity's Inception Score reads them.
    Agrees with torch-fidelity 0.4.0 `FeatureExtractorInceptionV3` on the same weights to 1e-4 in any batch.
    `Unsupported` when frames are not 299x299.
    """

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        self._width = float(options["width"])
        self._logits = bool(options["logits"])
        self._name, self._path = next(iter(weights.items()))

    def load(self, device: str) -> None:
        self._device = torch.device(device)
        with torch.device("meta"):
            shape = InceptionV3(self._width, logits=self._logits)
        raw = _scripted(self._path, shape) if self._name.endswith(_SCRIPTED) else read_state_dict(self._path)
        state = folded(raw, shape, self._path)
        network = load_network(lambda: InceptionV3(self._width, logits=self._logits), state, self._path, self._device)
        self._network = network.to(memory_format=torch.channels_last)
        self.batch_windows = 8 if self._device.type == "cpu" else 64

    def close(self) -> None:
        del self._network

    def bytes_per_window(self, shape: tuple[int, ...]) -> int:
        """Bytes that one (frames, height, width, channels) window takes while it is worked on."""
        return math.prod(shape[:3]) * 4 * _FLOATS_PER_PIXEL

    @torch.inference_mode()
    def __call__(self, frames: np.ndarray) -> Mapping[str, np.ndarray]:
        height, width = frames.shape[2:4]
        if (height, width) != (299, 299):
            raise Unsupported("size", f"Inception reads 299x299 pixels, not {width}x{height}; the view must resize")
        images = torch.tensor(frames[:, 0], device=self._device).float().permute(0, 3, 1, 2)
        pool = self._network(images.sub_(128).div_(128))
        made = {"pool": pool}
        if self._logits:
            made["logits_unbiased"] = pool @ self._network.fc.weight.T
            made["logits"] = made["logits_unbiased"] + self._network.fc.bias
        return {name: value.cpu().numpy() for name, value in made.items()}


def folded(raw: Mapping[str, Tensor], shape: nn.Module, where: Path) -> dict[str, Tensor]:
    """State of our network from `<unit>.conv.weight` and `<unit>.bn.*`: normalisation folded into the convolutions.

    Raises `UsageError` that names the file and the first keys that lack, are too many or have another shape.
    """
    state, wanted = {}, {}
    for name, module in shape.named_modules():
        if isinstance(module, nn.Conv2d):
            wanted[f"{name}.conv.weight"] = tuple(module.weight.shape)
            wanted |= {
                f"{name}.bn.{part}": (module.out_channels,)
                for part in ("weight", "bias", "running_mean", "running_var")
            }
        elif isinstance(module, nn.Linear):
            wanted |= {f"{name}.weight": tuple(module.weight.shape), f"{name}.bias": tuple(module.bias.shape)}
    found = {key: tuple(value.shape) for key, value in raw.items() if not key.endswith("num_batches_tracked")}
    wrong = [key for key in sorted(wanted.keys() | found.keys()) if wanted.get(key) != found.get(key)]
    if wrong:
        told = ", ".join(f"{key} (expected {wanted.get(key)}, found {found.get(key)})" for key in wrong[:3])
        raise UsageError(
            f"{where}: {len(wrong)} keys are not those of Inception-v3 with these options: {told}",
            mend="use the file that the extractor's card names, and the options that belong to it",
        )
    for name, module in shape.named_modules():
        if isinstance(module, nn.Conv2d):
            weight, offset, mean, variance = (
                raw[f"{name}.bn.{part}"].double() for part in ("weight", "bias", "running_mean", "running_var")
            )
            scale = weight / (variance + _EPSILON).sqrt()
            state[f"{name}.weight"] = (raw[f"{name}.conv.weight"].double() * scale[:, None, None, None]).float()
            state[f"{name}.bias"] = (offset - mean * scale).float()
        elif isinstance(module, nn.Linear):
            state |= {f"{name}.{part}": raw[f"{name}.{part}"] for part in ("weight", "bias")}
    return state


def _scripted(path: Path, shape: nn.Module) -> dict[str, Tensor]:
    """The tensors of a TorchScript archive under the keys of pytorch-fid; its code is not run."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            found = torch.jit.load(str(path), map_location="cpu").state_dict()
    except RuntimeError as error:
        raise UsageError(f"{path}: no TorchScript archive ({error})", mend="remove it and fetch it again") from error
    theirs = [key.removesuffix(".beta") for key in found if key.endswith(".beta")]
    ours = [name for name, module in shape.named_modules() if isinstance(module, nn.Conv2d)]
    if len(theirs) != len(ours):
        raise UsageError(f"{path}: has {len(theirs)} convolutions, not {len(ours)}", mend="use the card's file")
    renamed: dict[str, Tensor] = {}
    for old, new in zip(theirs, ours, strict=True):
        parts = {"conv.weight": "weight", "bn.bias": "beta", "bn.running_mean": "mean", "bn.running_var": "var"}
        renamed |= {f"{new}.{part}": found[f"{old}.{name}"] for part, name in parts.items()}
        renamed[f"{new}.bn.weight"] = torch.ones_like(found[f"{old}.var"])
    return renamed
