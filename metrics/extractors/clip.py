"""CLIP (Radford et al. 2021): frames and texts in one space."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from open_clip.model import CLIP
from open_clip.tokenizer import SimpleTokenizer
from torch import Tensor, nn

from vbench_py.metrics.extractors.clip_weights import load_clip
from vbench_py.metrics.extractors.frame_encoder import FrameEncoder
from vbench_py.types import Unsupported


class CLIPImages(FrameEncoder):
    """`features` (B, D) in the joint space and `pooled` (B, width) before the projection, neither of unit length.

    Frames come at the network's size (224x224). `Unsupported` when they do not.
    """

    def build(self, device: torch.device) -> nn.Module:
        visual: Any = load_clip(self.path, device).visual
        self._projection, visual.proj = visual.proj, None
        self._size = visual.image_size
        self.patch, self.width = visual.conv1.kernel_size[0], visual.conv1.out_channels
        return cast(nn.Module, visual)

    def encode(self, images: Tensor) -> Mapping[str, Tensor]:
        assert self.network is not None
        if tuple(images.shape[2:]) != tuple(self._size):
            wanted, found = (f"{size[1]}x{size[0]}" for size in (self._size, images.shape[2:]))
            raise Unsupported("size", f"CLIP takes {wanted} pixels, the view gives {found}")
        pooled = self.network(images)
        return {"features": pooled @ self._projection, "pooled": pooled}


class Tokens:
    """CLIP's byte-pair tokens of texts, cut to `context`."""

    def __init__(self, context: int) -> None:
        self.context = context
        self._tokenizer = SimpleTokenizer(context_length=context)

    def __call__(self, texts: Sequence[str]) -> tuple[Tensor, np.ndarray]:
        """(B, context) int64 padded with 0, and how many tokens of each text were cut (B,) int64."""
        room = self.context - 2  # the marks of start and end
        cut = [max(0, len(self._tokenizer.encode(text)) - room) for text in texts]
        return self._tokenizer(list(texts)), np.array(cut, dtype=np.int64)


class CLIPText:
    """`features` (B, D) float32 of texts, not of unit length, and `truncated` (B,), the tokens that were cut."""

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        self._path = next(iter(weights.values()))
        self._network: CLIP | None = None

    def load(self, device: str) -> None:
        self._device = torch.device(device)
        self._network = load_clip(self._path, self._device)
        self._network.visual = None
        self._tokens = Tokens(self._network.context_length)

    def close(self) -> None:
        self._network = None

    def bytes_per_window(self, shape: tuple[int, ...]) -> int:
        """Bytes that the text of one sample takes, counted generously."""
        return math.prod(shape) * 4 + (16 << 20)

    @torch.inference_mode()
    def __call__(self, texts: Sequence[str]) -> Mapping[str, np.ndarray]:
        assert self._network is not None
        tokens, cut = self._tokens(texts)
        features = self._network.encode_text(tokens.to(self._device))
        return {"features": features.float().cpu().numpy(), "truncated": cut}
