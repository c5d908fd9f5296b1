"""Clip features of V-JEPA (Bardes et al. 2024), ViT-H/16 with the attentive probe of SSv2, as JEDi reads them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from vbench_py.metrics.extractors.state_dicts import load_network, read_state_dict
from vbench_py.metrics.extractors.video_transformer import MLP, PatchEmbed, Size, blocks, transformer_bytes
from vbench_py.types import Unsupported

FRAMES, SIDE, CLASSES = 16, 224, 174
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Encoder(nn.Module):
    """(B, 3, T, H, W) float32, normalised, to tokens (B, T/2 x H/16 x W/16, width); positions are in the checkpoint."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.grid = (FRAMES // 2, SIDE // size.patch, SIDE // size.patch)
        self.pos_embed = nn.Parameter(torch.zeros(1, self.grid[0] * self.grid[1] * self.grid[2], size.width))
        self.patch_embed = PatchEmbed(size)
        self.blocks = blocks(size, key_bias=True)
        self.norm = nn.LayerNorm(size.width, eps=1e-6)
        self.patch = size.patch

    def forward(self, clips: Tensor) -> Tensor:
        frames, height, width = clips.shape[2:]
        tokens = self.patch_embed(clips) + self._positions((frames // 2, height // self.patch, width // self.patch))
        made: Tensor = self.norm(self.blocks(tokens))
        return made

    def _positions(self, grid: tuple[int, int, int]) -> Tensor:
        if grid == self.grid:
            return self.pos_embed
        volume = self.pos_embed.reshape(1, *self.grid, -1).permute(0, 4, 1, 2, 3)
        scale = [wanted / own for wanted, own in zip(grid, self.grid, strict=True)]
        resized = functional.interpolate(volume, scale_factor=scale, mode="trilinear")
        return resized.flatten(2).transpose(1, 2)


class CrossAttention(nn.Module):
    """One query attends to all tokens.

    The projection at the end is that of package vjepa 0.1.2, on which JEDi runs; facebookresearch/jepa has its weights
    and leaves it out.
    """

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.heads = size.heads
        self.q = nn.Linear(size.width, size.width)
        self.kv = nn.Linear(size.width, 2 * size.width)
        self.proj = nn.Linear(size.width, size.width)

    def forward(self, query: Tensor, tokens: Tensor) -> Tensor:
        batch, count, _ = tokens.shape
        asked = self.q(query).reshape(batch, -1, self.heads, tokens.shape[2] // self.heads).transpose(1, 2)
        key, value = self.kv(tokens).reshape(batch, count, 2, self.heads, -1).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(asked, key, value)
        made: Tensor = self.proj(mixed.transpose(1, 2).flatten(2))
        return made


class CrossAttentionBlock(nn.Module):
    """Cross-attention and MLP, each added to the query; the tokens are normalised before, the query is not."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(size.width)
        self.xattn = CrossAttention(size)
        self.norm2 = nn.LayerNorm(size.width)
        self.mlp = MLP(size)

    def forward(self, query: Tensor, tokens: Tensor) -> Tensor:
        query = query + self.xattn(query, self.norm1(tokens))
        made: Tensor = query + self.mlp(self.norm2(query))
        return made


class Pooler(nn.Module):
    """The probe without its classifier: tokens (B, N, width) to (B, width) by one learnt query."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.query_tokens = nn.Parameter(torch.zeros(1, 1, size.width))
        self.cross_attention_block = CrossAttentionBlock(size)

    def forward(self, tokens: Tensor) -> Tensor:
        query = self.query_tokens.expand(len(tokens), -1, -1)
        made: Tensor = self.cross_attention_block(query, tokens)[:, 0]
        return made


class Probe(nn.Module):
    """The probe as the checkpoint holds it; the classifier `linear` is not used."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.pooler = Pooler(size)
        self.linear = nn.Linear(size.width, CLASSES)


class VJEPA:
    """V-JEPA of (B, T, H, W, 3) clips, float32 or uint8 in 0..255; ImageNet mean and deviation on x / 255.

    16 frames of 224x224 are what it was trained on; other sizes interpolate the positions, as JEDi does.
    Options: `width`, `depth`, `heads`, `hidden`, `patch` (the official ViT-H/16: 1280, 32, 16, 5120, 16). Weights:
    checkpoints `vith16.pth.tar` (entry `target_encoder`) and `ssv2-probe.pth.tar` (entry `classifier`). Gives
    `features` (B, 1280) float32: the pooled token of the probe, before its classifier.
    Agrees with package videojedi 1.1.0 `VJEPA.get_feats` (vjepa 0.1.2) to 1e-4 on random weights.
    `Unsupported` when a clip is shorter than 2 frames or smaller than a patch.
    """

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        self._size = Size(*(int(options[name]) for name in ("width", "depth", "heads", "hidden", "patch")))
        self._encoder_path = weights["vith16.pth.tar"]
        self._probe_path = weights["ssv2-probe.pth.tar"]

    def load(self, device: str) -> None:
        self._device = torch.device(device)
        state = read_state_dict(self._encoder_path, inside="target_encoder", prefix="module.backbone.")
        self._encoder = load_network(lambda: Encoder(self._size), state, self._encoder_path, self._device)
        state = read_state_dict(self._probe_path, inside="classifier", prefix="module.")
        self._pooler = load_network(lambda: Probe(self._size), state, self._probe_path, self._device).pooler
        self._mean, self._deviation = (
            torch.tensor(part, device=self._device).view(1, 3, 1, 1, 1) for part in (_MEAN, _DEVIATION)
        )
        self.batch_windows = 1 if self._device.type == "cpu" else 8

    def close(self) -> None:
        del self._encoder, self._pooler

    def bytes_per_window(self, shape: tuple[int, ...]) -> int:
        return transformer_bytes(self._size, shape)

    @torch.inference_mode()
    def __call__(self, clips: np.ndarray) -> Mapping[str, np.ndarray]:
        frames, height, width = clips.shape[1:4]
        if frames < 2 or min(height, width) < self._size.patch:
            raise Unsupported("size", f"V-JEPA needs 2 frames and sides of {self._size.patch} px, not {clips.shape}")
        inputs = torch.tensor(clips, device=self._device).float().permute(0, 4, 1, 2, 3)
        inputs.div_(255).sub_(self._mean).div_(self._deviation)
        return {"features": self._pooler(self._encoder(inputs)).cpu().numpy()}
