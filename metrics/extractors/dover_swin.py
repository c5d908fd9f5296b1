"""The 3-D Swin transformer that judges fragments of frames in DOVER and FAST-VQA (Wu et al. 2022, 2023).

Written from VQAssessment/DOVER@f1ddc96 (`dover/models/swin_backbone.py`); state-dict keys are those of `DOVER.pth`.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

Extent = tuple[int, int, int]
_WINDOW: Extent = (8, 7, 7)
_PATCH: Extent = (2, 4, 4)
_FRAGMENTS = 7
_FORBIDDEN = -100.0
"""What the reference adds to the attention between tokens that the shift made neighbours."""


def partition(tokens: Tensor, window: Extent) -> Tensor:
    """(B, D, H, W, C) to (B * windows, tokens of a window, C), windows in the order depth, row, column."""
    batch, *sides, channels = tokens.shape
    (d, h, w), (depth, rows, columns) = window, (side // part for side, part in zip(sides, window, strict=True))
    cut = tokens.view(batch, depth, d, rows, h, columns, w, channels).permute(0, 1, 3, 5, 2, 4, 6, 7)
    return cut.reshape(-1, d * h * w, channels)


def joined(windows: Tensor, window: Extent, size: Extent) -> Tensor:
    """`partition` undone: to (B, D, H, W, C) of D, H, W = `size`."""
    (d, h, w), (depth, rows, columns) = window, (side // part for side, part in zip(size, window, strict=True))
    cut = windows.view(-1, depth, rows, columns, d, h, w, windows.shape[-1]).permute(0, 1, 4, 2, 5, 3, 6, 7)
    return cut.reshape(-1, *size, windows.shape[-1])


def shift_mask(size: Extent, window: Extent, shift: Extent, device: torch.device) -> Tensor:
    """(windows, 1, N, N): 0 between tokens of one region of the unshifted volume, else `_FORBIDDEN`."""
    labels = torch.zeros(size, dtype=torch.long, device=device)
    for axis, (side, part, step) in enumerate(zip(size, window, shift, strict=True)):
        if step:
            at = torch.arange(side, device=device)
            region = (at >= side - part).long() + (at >= side - step).long()
            labels = labels * 3 + region.view([-1 if i == axis else 1 for i in range(3)])
    regions = partition(labels[None, ..., None], window)[..., 0]
    return (regions[:, None] != regions[..., None]).float()[:, None] * _FORBIDDEN


def fragment_distance(size: Extent, window: Extent, shift: Extent, device: torch.device) -> Tensor:
    """(windows of a frame, 1, N, N): how many fragments apart the tokens of each window lie, in rows plus columns."""
    places = [torch.arange(side, device=device) * _FRAGMENTS // side for side in size[1:]]
    grid = torch.stack(torch.meshgrid(*places, indexing="ij"), dim=-1)[None, None]
    flat = partition(torch.roll(grid, (-shift[1], -shift[2]), (2, 3)), (1, window[1], window[2]))
    apart = (flat[:, None] - flat[:, :, None]).abs().sum(-1).float()
    deep = apart[:, None, :, None].expand(-1, window[0], -1, window[0], -1)
    return deep.reshape(len(flat), 1, window[0] * flat.shape[1], -1)


class Attention(nn.Module):
    """Attention within windows; biases by place for tokens of one fragment, blended with others by distance."""

    relative_position_index: Tensor

    def __init__(self, width: int, heads: int, fragments: bool) -> None:
        super().__init__()
        d, h, w = _WINDOW
        places = (2 * d - 1) * (2 * h - 1) * (2 * w - 1)
        self.heads = heads
        self.relative_position_bias_table = nn.Parameter(torch.empty(places, heads))
        self.fragment_position_bias_table = nn.Parameter(torch.empty(places, heads)) if fragments else None
        self.register_buffer("relative_position_index", torch.empty(d * h * w, d * h * w, dtype=torch.long))
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def bias(self, tokens: int, distance: Tensor) -> Tensor:
        """(1 or windows of a frame, heads, N, N) from `distance` (windows of a frame, 1, N, N)."""
        places = self.relative_position_index[:tokens, :tokens]
        apart = self.relative_position_bias_table[places].permute(2, 0, 1)[None]
        if self.fragment_position_bias_table is None:
            return apart
        together = self.fragment_position_bias_table[places].permute(2, 0, 1)[None]
        return apart * distance + together * (1 - distance)

    def forward(self, windows: Tensor, distance: Tensor, mask: Tensor | None) -> Tensor:
        count, tokens, width = windows.shape
        split = self.qkv(windows).view(-1, len(distance), tokens, 3, self.heads, width // self.heads)
        query, key, value = split.permute(3, 0, 1, 4, 2, 5)
        bias = self.bias(tokens, distance)[None]
        if mask is not None:
            deep = bias + mask.view(-1, len(distance), 1, tokens, tokens)
            bias = deep.repeat(len(query) // len(deep), 1, 1, 1, 1)
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        projected: Tensor = self.proj(mixed.transpose(2, 3).reshape(count, tokens, width))
        return projected


class Block(nn.Module):
    """Attention in (shifted) windows, then two linear layers, each after a norm and beside a shortcut."""

    def __init__(self, width: int, heads: int, shifted: bool, fragments: bool) -> None:
        super().__init__()
        self.shifted = shifted
        self.norm1 = nn.LayerNorm(width)
        self.attn = Attention(width, heads, fragments)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential()
        self.mlp.add_module("fc1", nn.Linear(width, 4 * width))
        self.mlp.add_module("act", nn.GELU())
        self.mlp.add_module("fc2", nn.Linear(4 * width, width))

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, D, H, W, C) to the same; D, H, W are multiples of the window, or not larger."""
        depth, rows, columns = size = (tokens.shape[1], tokens.shape[2], tokens.shape[3])
        d, h, w = (min(side, part) for side, part in zip(size, _WINDOW, strict=True))
        window = (d, h, w)
        d, h, w = (part // 2 if side > part and self.shifted else 0 for side, part in zip(size, _WINDOW, strict=True))
        shift = (d, h, w)
        moved = torch.roll(self.norm1(tokens), (-d, -h, -w), (1, 2, 3))
        mask = shift_mask(size, window, shift, tokens.device) if any(shift) else None
        distance = fragment_distance(size, window, shift, tokens.device)
        mixed = self.attn(partition(moved, window), distance, mask)
        tokens = tokens + torch.roll(joined(mixed, window, (depth, rows, columns)), shift, (1, 2, 3))
        widened: Tensor = tokens + self.mlp(self.norm2(tokens))
        return widened


class Merge(nn.Module):
    """Each 2 x 2 tokens of a frame become one of twice the width: (B, D, H, W, C) to (B, D, H / 2, W / 2, 2 C)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.reduction = nn.Linear(4 * width, 2 * width, bias=False)
        self.norm = nn.LayerNorm(4 * width)

    def forward(self, tokens: Tensor) -> Tensor:
        corners = [tokens[:, :, row::2, column::2] for column in (0, 1) for row in (0, 1)]
        merged: Tensor = self.reduction(self.norm(torch.cat(corners, dim=-1)))
        return merged


class Stage(nn.Module):
    def __init__(self, width: int, depth: int, heads: int, fragments: bool, last: bool) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([Block(width, heads, i % 2 == 1, fragments) for i in range(depth)])
        self.downsample = None if last else Merge(width)

    def forward(self, tokens: Tensor) -> Tensor:
        for block in self.blocks:
            tokens = block(tokens)
        return tokens if self.downsample is None else self.downsample(tokens)


class Patches(nn.Module):
    """(B, 3, T, H, W) to (B, T / 2, H / 4, W / 4, width)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.proj = nn.Conv3d(3, width, _PATCH, _PATCH)
        self.norm = nn.LayerNorm(width)

    def forward(self, clips: Tensor) -> Tensor:
        tokens: Tensor = self.norm(self.proj(clips).permute(0, 2, 3, 4, 1))
        return tokens


class SwinTransformer3D(nn.Module):
    """(B, 3, T, 224, 224) normalised float32 to (B, C, T / 2, 7, 7), C = 8 `width`; T a multiple of 16, or at most 16.

    Stages of `depths` blocks with `heads`; all but the last know the fragments apart.
    """

    def __init__(self, width: int, depths: Sequence[int], heads: Sequence[int]) -> None:
        super().__init__()
        self.patch_embed = Patches(width)
        last = len(depths) - 1
        self.layers = nn.ModuleList(
            [Stage(width << i, depth, heads[i], i < last, i == last) for i, depth in enumerate(depths)]
        )
        self.norm = nn.LayerNorm(width << last)

    def forward(self, clips: Tensor) -> Tensor:
        tokens = self.patch_embed(clips)
        for layer in self.layers:
            tokens = layer(tokens)
        features: Tensor = self.norm(tokens).permute(0, 4, 1, 2, 3)
        return features
