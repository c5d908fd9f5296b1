"""Encoders, decoders and update blocks of AMT-S. Module names are those of the official checkpoint."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

HIDDEN = 76
FLOW_FEATURES = 20
CORRELATION_FEATURES = 64
FUSED_FEATURES = 68


def resized(maps: Tensor, factor: float) -> Tensor:
    return functional.interpolate(maps, scale_factor=factor, mode="bilinear", align_corners=False)


def _convolution(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1), nn.PReLU(outputs))


class Bottleneck(nn.Module):
    """Residual block of three convolutions with instance norm; `stride` is taken by the middle one."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        inner = outputs // 4
        self.conv1 = nn.Conv2d(inputs, inner, 1)
        self.conv2 = nn.Conv2d(inner, inner, 3, stride, 1)
        self.conv3 = nn.Conv2d(inner, outputs, 1)
        self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride)) if stride > 1 else None

    def forward(self, maps: Tensor) -> Tensor:
        made = maps
        for convolution in (self.conv1, self.conv2, self.conv3):
            made = functional.relu(functional.instance_norm(convolution(made)))
        if self.downsample is not None:
            maps = functional.instance_norm(self.downsample(maps))
        return functional.relu(maps + made)


class FeatureEncoder(nn.Module):
    """(B, 3, H, W) to (B, `outputs`, H/8, W/8): what is correlated."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 7, 2, 3)
        self.layer1 = nn.Sequential(Bottleneck(32, 32, 1), Bottleneck(32, 32, 1))
        self.layer2 = nn.Sequential(Bottleneck(32, 64, 2), Bottleneck(64, 64, 1))
        self.layer3 = nn.Sequential(Bottleneck(64, 96, 2), Bottleneck(96, 96, 1))
        self.conv2 = nn.Conv2d(96, outputs, 1)

    def forward(self, frames: Tensor) -> Tensor:
        maps = functional.relu(functional.instance_norm(self.conv1(frames)))
        encoded: Tensor = self.conv2(self.layer3(self.layer2(self.layer1(maps))))
        return encoded


class PyramidEncoder(nn.Module):
    """(B, 3, H, W) to maps at 1/2, 1/4, 1/8 and 1/16 of the size, with `channels` each: what is warped."""

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        for i, (inputs, outputs) in enumerate(zip((3, *channels), channels, strict=False), start=1):
            level = nn.Sequential(_convolution(inputs, outputs, 2), _convolution(outputs, outputs))
            self.add_module(f"pyramid{i}", level)

    def forward(self, frames: Tensor) -> list[Tensor]:
        made = []
        for level in self.children():
            frames = level(frames)
            made.append(frames)
        return made


class SideBlock(nn.Module):
    """Residual block in which the last `side` channels get convolutions of their own in between."""

    def __init__(self, channels: int, side: int) -> None:
        super().__init__()
        self.side = side
        self.conv1, self.conv3 = _convolution(channels, channels), _convolution(channels, channels)
        self.conv2, self.conv4 = _convolution(side, side), _convolution(side, side)
        self.conv5 = nn.Conv2d(channels, channels, 3, 1, 1)
        self.prelu = nn.PReLU(channels)

    def forward(self, maps: Tensor) -> Tensor:
        made = self._at_side(self.conv2, self.conv1(maps))
        made = self._at_side(self.conv4, self.conv3(made))
        refined: Tensor = self.prelu(maps + self.conv5(made))
        return refined

    def _at_side(self, convolution: nn.Module, maps: Tensor) -> Tensor:
        return torch.cat([maps[:, : -self.side], convolution(maps[:, -self.side :])], dim=1)


class Decoder(nn.Module):
    """(B, `width` + `extra`, H, W) to (B, `outputs`, 2H, 2W); `extra` are the channels of time or flow."""

    def __init__(self, width: int, extra: int, outputs: int, side: int) -> None:
        super().__init__()
        self.convblock = nn.Sequential(
            _convolution(width + extra, width), SideBlock(width, side), nn.ConvTranspose2d(width, outputs, 4, 2, 1)
        )

    def forward(self, maps: Tensor) -> Tensor:
        decoded: Tensor = self.convblock(maps)
        return decoded


def _head(outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(HIDDEN, HIDDEN, 3, 1, 1), nn.LeakyReLU(0.1), nn.Conv2d(HIDDEN, outputs, 3, 1, 1))


class Update(nn.Module):
    """Corrections of features (B, `channels`, H, W) and flow (B, 4, H, W), worked out at 1/`scale` of their size."""

    def __init__(self, channels: int, looked_up: int, scale: int) -> None:
        super().__init__()
        self.scale = scale
        self.convc1 = nn.Conv2d(looked_up, CORRELATION_FEATURES, 1)
        self.convf1 = nn.Conv2d(4, 2 * FLOW_FEATURES, 7, 1, 3)
        self.convf2 = nn.Conv2d(2 * FLOW_FEATURES, FLOW_FEATURES, 3, 1, 1)
        self.conv = nn.Conv2d(CORRELATION_FEATURES + FLOW_FEATURES, FUSED_FEATURES, 3, 1, 1)
        self.gru = nn.Sequential(
            nn.Conv2d(FUSED_FEATURES + 4 + channels, HIDDEN, 3, 1, 1),
            nn.LeakyReLU(0.1),
            nn.Conv2d(HIDDEN, HIDDEN, 3, 1, 1),
        )
        self.feat_head, self.flow_head = _head(channels), _head(4)

    def forward(self, features: Tensor, flow: Tensor, correlation: Tensor) -> tuple[Tensor, Tensor]:
        """`flow` and `correlation` come at 1/`scale` of the features' size; the corrections go at their full size."""
        seen = functional.leaky_relu(self.convc1(correlation), 0.1)
        moved = functional.leaky_relu(self.convf1(flow), 0.1)
        moved = functional.leaky_relu(self.convf2(moved), 0.1)
        fused = functional.leaky_relu(self.conv(torch.cat([seen, moved], dim=1)), 0.1)
        small = features if self.scale == 1 else resized(features, 1 / self.scale)
        state = self.gru(torch.cat([fused, flow, small], dim=1))
        more_features, more_flow = self.feat_head(state), self.flow_head(state)
        if self.scale == 1:
            return more_features, more_flow
        return resized(more_features, self.scale), self.scale * resized(more_flow, self.scale)
