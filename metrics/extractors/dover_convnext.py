"""ConvNeXt over time (Liu et al. 2022, inflated): the network that judges resized frames in DOVER.

Written from VQAssessment/DOVER@f1ddc96 (`dover/models/conv_backbone.py`); state-dict keys are those of `DOVER.pth`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

_EPSILON = 1e-6
_SPANS = (1, 3, 1)
"""Frames that the blocks of a stage see, in turn."""


class ChannelNorm(nn.LayerNorm):
    """Layer norm over the channels of (B, C, T, H, W)."""

    def forward(self, values: Tensor) -> Tensor:
        return super().forward(values.permute(0, 2, 3, 4, 1)).permute(0, 4, 1, 2, 3)


class Block(nn.Module):
    """A convolution of each channel alone, then two linear layers, scaled, beside a shortcut: (B, C, T, H, W)."""

    def __init__(self, width: int, span: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.empty(width))
        self.dwconv = nn.Conv3d(width, width, (span, 7, 7), padding=(span // 2, 3, 3), groups=width)
        self.norm = nn.LayerNorm(width, _EPSILON)
        self.pwconv1 = nn.Linear(width, 4 * width)
        self.act = nn.GELU()
        self.pwconv2 = nn.Linear(4 * width, width)

    def forward(self, values: Tensor) -> Tensor:
        last = self.norm(self.dwconv(values).permute(0, 2, 3, 4, 1))
        scaled = self.gamma * self.pwconv2(self.act(self.pwconv1(last)))
        widened: Tensor = values + scaled.permute(0, 4, 1, 2, 3)
        return widened


class ConvNeXt3D(nn.Module):
    """(B, 3, T, H, W) normalised float32 to (B, widths[-1], T / 2, H / 32, W / 32)."""

    def __init__(self, widths: Sequence[int], depths: Sequence[int]) -> None:
        super().__init__()
        stem = nn.Sequential(nn.Conv3d(3, widths[0], (2, 4, 4), (2, 4, 4)), ChannelNorm(widths[0], _EPSILON))
        self.downsample_layers = nn.ModuleList([stem])
        for before, after in pairwise(widths):
            self.downsample_layers.append(
                nn.Sequential(ChannelNorm(before, _EPSILON), nn.Conv3d(before, after, (1, 2, 2), (1, 2, 2)))
            )
        self.stages = nn.ModuleList(
            [
                nn.Sequential(*[Block(width, _SPANS[i % len(_SPANS)]) for i in range(depth)])
                for width, depth in zip(widths, depths, strict=True)
            ]
        )
        self.norm = nn.LayerNorm(widths[-1], _EPSILON)

    def forward(self, clips: Tensor) -> Tensor:
        values = clips
        for shrink, stage in zip(self.downsample_layers, self.stages, strict=True):
            values = stage(shrink(values))
        features: Tensor = self.norm(values.permute(0, 2, 3, 4, 1)).permute(0, 4, 1, 2, 3)
        return features
