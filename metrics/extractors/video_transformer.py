"""Vision transformers over tubelets of a clip: the network of VideoMAE v2 and of V-JEPA, for inference only."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class Size:
    """Size of a transformer: its width, depth, heads, hidden units of the MLP, and the side of a patch in pixels."""

    width: int
    depth: int
    heads: int
    hidden: int
    patch: int


class PatchEmbed(nn.Module):
    """(B, 3, T, H, W) to tokens (B, T/2 x H/patch x W/patch, width), time slowest."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        sides = (2, size.patch, size.patch)
        self.proj = nn.Conv3d(3, size.width, sides, sides)

    def forward(self, clips: Tensor) -> Tensor:
        made: Tensor = self.proj(clips).flatten(2).transpose(1, 2)
        return made


class Attention(nn.Module):
    """Self-attention. With `key_bias` false the biases are those of BEiT: q_bias and v_bias, none for the keys."""

    def __init__(self, size: Size, *, key_bias: bool) -> None:
        super().__init__()
        self.heads = size.heads
        self.qkv = nn.Linear(size.width, 3 * size.width, bias=key_bias)
        if not key_bias:
            self.q_bias = nn.Parameter(torch.zeros(size.width))
            self.v_bias = nn.Parameter(torch.zeros(size.width))
        self.proj = nn.Linear(size.width, size.width)

    def forward(self, tokens: Tensor) -> Tensor:
        bias = self.qkv.bias
        if bias is None:
            bias = torch.cat([self.q_bias, torch.zeros_like(self.q_bias), self.v_bias])
        batch, count, _ = tokens.shape
        joint = functional.linear(tokens, self.qkv.weight, bias).reshape(batch, count, 3, self.heads, -1)
        query, key, value = joint.permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(query, key, value)
        made: Tensor = self.proj(mixed.transpose(1, 2).flatten(2))
        return made


class MLP(nn.Module):
    """Two layers with the exact GELU between."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.fc1 = nn.Linear(size.width, size.hidden)
        self.fc2 = nn.Linear(size.hidden, size.width)

    def forward(self, tokens: Tensor) -> Tensor:
        made: Tensor = self.fc2(functional.gelu(self.fc1(tokens)))
        return made


class Block(nn.Module):
    """Attention and MLP, each after a layer normalisation and added to its input."""

    def __init__(self, size: Size, *, key_bias: bool) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(size.width, eps=1e-6)
        self.attn = Attention(size, key_bias=key_bias)
        self.norm2 = nn.LayerNorm(size.width, eps=1e-6)
        self.mlp = MLP(size)

    def forward(self, tokens: Tensor) -> Tensor:
        tokens = tokens + self.attn(self.norm1(tokens))
        made: Tensor = tokens + self.mlp(self.norm2(tokens))
        return made


def blocks(size: Size, *, key_bias: bool) -> nn.Sequential:
    """`depth` blocks, tokens (B, N, width) to tokens."""
    return nn.Sequential(*(Block(size, key_bias=key_bias) for _ in range(size.depth)))


def transformer_bytes(size: Size, shape: tuple[int, ...]) -> int:
    """Bytes that one (frames, height, width, channels) clip takes while it is worked on."""
    tokens = shape[0] // 2 * (shape[1] // size.patch) * (shape[2] // size.patch)
    pixels = shape[0] * shape[1] * shape[2] * 3
    return 4 * (tokens * (6 * size.width + 2 * size.hidden) + 3 * pixels)
