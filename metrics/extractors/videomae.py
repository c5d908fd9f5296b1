"""Clip features of VideoMAE v2 (Wang et al. 2023), ViT-g fine-tuned on Something-Something v2, as CD-FVD reads them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from vbench_py.metrics.extractors.state_dicts import load_network, read_state_dict
from vbench_py.metrics.extractors.video_transformer import PatchEmbed, Size, blocks, transformer_bytes
from vbench_py.types import Unsupported

FRAMES, SIDE, CLASSES = 16, 224, 174


class VideoMAENetwork(nn.Module):
    """(B, 3, 16, 224, 224) float32 in [0, 1] to (B, width): mean over all tokens, then a layer normalisation.

    The classifier `head` belongs to the checkpoint and is not used.
    """

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.patch_embed = PatchEmbed(size)
        self.blocks = blocks(size, key_bias=False)
        self.fc_norm = nn.LayerNorm(size.width, eps=1e-6)
        self.head = nn.Linear(size.width, CLASSES)

    def forward(self, clips: Tensor) -> Tensor:
        tokens = self.patch_embed(clips)
        tokens = tokens + positions(tokens.shape[1], tokens.shape[2]).to(tokens.device)
        made: Tensor = self.fc_norm(self.blocks(tokens).mean(1))
        return made


def positions(tokens: int, width: int) -> Tensor:
    """Fixed code of a token's number, (tokens, width) float32: sines at even places, cosines at odd ones."""
    places = np.arange(width)
    angles = np.arange(tokens)[:, None] / np.power(10000, 2 * (places // 2) / width)
    return torch.from_numpy(np.where(places % 2, np.cos(angles), np.sin(angles)).astype(np.float32))


class VideoMAE:
    """VideoMAE v2 of (B, 16, 224, 224, 3) clips, float32 or uint8 in 0..255; levels as x / 255, no mean or deviation.

    Options: `width`, `depth`, `heads`, `hidden`, `patch` (the official ViT-g/14: 1408, 40, 16, 6144, 14). Weights:
    checkpoint `vit_g_hybrid_pt_1200e_ssv2_ft.pth`, whose entry `module` is the state dict. Gives `features`
    (B, 1408) float32, before the classifier.
    Agrees with songweige/content-debiased-fvd@a1e037a `VisionTransformer.forward_features` to 1e-4 on random weights.
    `Unsupported` for other lengths and sizes.
    """

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        self._size = Size(*(int(options[name]) for name in ("width", "depth", "heads", "hidden", "patch")))
        self._path = weights["vit_g_hybrid_pt_1200e_ssv2_ft.pth"]

    def load(self, device: str) -> None:
        self._device = torch.device(device)
        state = read_state_dict(self._path, inside="module")
        self._network = load_network(lambda: VideoMAENetwork(self._size), state, self._path, self._device)
        self.batch_windows = 1 if self._device.type == "cpu" else 8

    def close(self) -> None:
        del self._network

    def bytes_per_window(self, shape: tuple[int, ...]) -> int:
        return transformer_bytes(self._size, shape)

    @torch.inference_mode()
    def __call__(self, clips: np.ndarray) -> Mapping[str, np.ndarray]:
        frames, height, width = clips.shape[1:4]
        if frames != FRAMES:
            raise Unsupported("frames", f"VideoMAE v2 reads clips of {FRAMES} frames, not {frames}")
        if (height, width) != (SIDE, SIDE):
            raise Unsupported("size", f"VideoMAE v2 reads {SIDE}x{SIDE} pixels, not {width}x{height}")
        inputs = torch.tensor(clips, device=self._device).float().permute(0, 4, 1, 2, 3)
        return {"features": self._network(inputs.div_(255)).cpu().numpy()}
