"""ViCLIP vectors of clips and of texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from vbench_py.metrics.extractors.state_dicts import load_network, read_state_dict
from vbench_py.metrics.extractors.viclip_network import TextTower, VisionTower

CHECKPOINT = "ViClip-InternVid-10M-FLT.pth"
_MEAN = (0.48145466, 0.4578275, 0.40821073)
_DEVIATION = (0.26862954, 0.26130258, 0.27577711)
_VISION = ("side", "patch", "frames", "width", "layers", "heads", "output")
_TEXT = ("vocabulary", "context", "width", "layers", "heads", "output")


class ViCLIPVideo:
    """Clips (B, 8, 224, 224, 3) in 0..255, uint8 or float32, to `features` (B, output) float32, not of unit length.

    Floats are clipped and rounded to 8-bit levels first, as torchvision's resize leaves 8-bit frames; then / 255 and
    CLIP's mean and deviation. Options are the sizes of `VisionTower`. Weights: the official checkpoint, `model` in it.
    Agrees with Vchitect/VBench@45e79ec vbench/third_party/ViCLIP (`encode_vision(..., test=True)`) to 1e-4.
    """

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        self._sizes = {name: int(options[name]) for name in _VISION}
        self._path = weights[CHECKPOINT]
        self._network: nn.Module = nn.Identity()
        self._device = torch.device("cpu")
        self.batch_windows = 1

    def load(self, device: str) -> None:
        self._device = torch.device(device)
        self.batch_windows = 1 if self._device.type == "cpu" else 8
        state = read_state_dict(self._path, inside="model", prefix="vision_encoder.")
        self._network = load_network(lambda: VisionTower(**self._sizes), state, self._path, self._device)
        shape = (1, 1, 3, 1, 1)
        self._scale = (1 / (255 * torch.tensor(_DEVIATION))).view(shape).to(self._device)
        self._offset = (-torch.tensor(_MEAN) / torch.tensor(_DEVIATION)).view(shape).to(self._device)

    def close(self) -> None:
        self._network = nn.Identity()

    def bytes_per_window(self, shape: tuple[int, ...]) -> int:
        """Tokens, their queries, keys and values, and the widened layer, about 12 floats a token and channel."""
        tokens = shape[0] * (self._sizes["side"] // self._sizes["patch"]) ** 2 + 1
        return 4 * 12 * tokens * self._sizes["width"]

    @torch.inference_mode()
    def __call__(self, windows: np.ndarray) -> Mapping[str, np.ndarray]:
        step = self.batch_windows
        parts = [self._features(windows[i : i + step]) for i in range(0, len(windows), step)]
        empty = np.zeros((0, self._sizes["output"]), np.float32)
        return {"features": np.concatenate(parts) if parts else empty}

    def _features(self, windows: np.ndarray) -> np.ndarray:
        clips = torch.from_numpy(np.array(windows)).to(self._device).permute(0, 1, 4, 2, 3)
        if clips.is_floating_point():
            clips = clips.clamp(0, 255).round()
        return np.asarray(self._network(clips.float() * self._scale + self._offset).cpu().numpy())


class ViCLIPText:
    """Texts to `features` (B, output) float32, not of unit length, and `truncated` (B,) int64, tokens that were cut.

    At most 32 tokens are read, start and end among them. Options are the sizes of `TextTower`. Weights: as for clips.
    Agrees with Vchitect/VBench@45e79ec vbench/third_party/ViCLIP (`encode_text`) to 1e-4; the tokenizer is CLIP's.
    """

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        self._sizes = {name: int(options[name]) for name in _TEXT}
        self._path = weights[CHECKPOINT]
        self._network: nn.Module = nn.Identity()
        self._device = torch.device("cpu")

    def load(self, device: str) -> None:
        from open_clip.tokenizer import SimpleTokenizer

        self._device = torch.device(device)
        self._tokenizer = SimpleTokenizer(context_length=self._sizes["context"])
        state = read_state_dict(self._path, inside="model", prefix="text_encoder.")
        self._network = load_network(lambda: TextTower(**self._sizes), state, self._path, self._device)

    def close(self) -> None:
        self._network = nn.Identity()

    def bytes_per_window(self, shape: tuple[int, ...]) -> int:
        return 4 * 12 * self._sizes["context"] * self._sizes["width"]

    @torch.inference_mode()
    def __call__(self, texts: Sequence[str]) -> Mapping[str, np.ndarray]:
        context = self._sizes["context"]
        needed = np.array([len(self._tokenizer.encode(text)) + 2 for text in texts], dtype=np.int64)
        numbers = self._tokenizer(list(texts), context_length=context).to(self._device)
        features = self._network(numbers).cpu().numpy()
        return {"features": features, "truncated": np.maximum(needed - context, 0)}
