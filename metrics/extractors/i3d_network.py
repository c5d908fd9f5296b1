"""Inception-I3D (Carreira and Zisserman 2017), RGB stream: the network behind FVD, for inference only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional


class Mixed(NamedTuple):
    """Channels of an inception block: the 1x1x1 branch, two branches of 1x1x1 then 3x3x3, and the pooled branch."""

    direct: int
    narrow: int
    wide: int
    narrow_small: int
    wide_small: int
    pooled: int

    @property
    def channels(self) -> int:
        return self.direct + self.wide + self.wide_small + self.pooled


STEM = (64, 64, 192)
BLOCKS = {
    "Mixed_3b": Mixed(64, 96, 128, 16, 32, 32),
    "Mixed_3c": Mixed(128, 128, 192, 32, 96, 64),
    "Mixed_4b": Mixed(192, 96, 208, 16, 48, 64),
    "Mixed_4c": Mixed(160, 112, 224, 24, 64, 64),
    "Mixed_4d": Mixed(128, 128, 256, 24, 64, 64),
    "Mixed_4e": Mixed(112, 144, 288, 32, 64, 64),
    "Mixed_4f": Mixed(256, 160, 320, 32, 128, 128),
    "Mixed_5b": Mixed(256, 160, 320, 32, 128, 128),
    "Mixed_5c": Mixed(384, 192, 384, 48, 128, 128),
}
POOLED_BEFORE = {"Mixed_3b": (1, 3), "Mixed_4b": (3, 3), "Mixed_5b": (2, 2)}
"""Blocks whose input is pooled with stride 2 over (frames, side); one frame wide: not over time."""
CLASSES = 400
SHORTEST = 9
"""Frames: with fewer, the last map is one step long and the final pool over two steps has nothing to read."""


class Unit(NamedTuple):
    """One convolution of the checkpoint: its name, kernel side, inputs and outputs."""

    name: str
    side: int
    inputs: int
    outputs: int


def units(width: float = 1.0) -> Iterator[Unit]:
    """Every convolution with batch normalisation, in the order of the network, channels scaled by `width`."""
    stem = [scaled(count, width) for count in STEM]
    yield Unit("Conv3d_1a_7x7", 7, 3, stem[0])
    yield Unit("Conv3d_2b_1x1", 1, stem[0], stem[1])
    yield Unit("Conv3d_2c_3x3", 3, stem[1], stem[2])
    inputs = stem[2]
    for name, full in BLOCKS.items():
        block = Mixed(*(scaled(count, width) for count in full))
        yield Unit(f"{name}/Branch_0/Conv3d_0a_1x1", 1, inputs, block.direct)
        yield Unit(f"{name}/Branch_1/Conv3d_0a_1x1", 1, inputs, block.narrow)
        yield Unit(f"{name}/Branch_1/Conv3d_0b_3x3", 3, block.narrow, block.wide)
        yield Unit(f"{name}/Branch_2/Conv3d_0a_1x1", 1, inputs, block.narrow_small)
        yield Unit(f"{name}/Branch_2/Conv3d_0b_3x3", 3, block.narrow_small, block.wide_small)
        yield Unit(f"{name}/Branch_3/Conv3d_0b_1x1", 1, inputs, block.pooled)
        inputs = block.channels


def scaled(channels: int, width: float) -> int:
    return max(1, round(channels * width))


class Pointwise(nn.Linear):
    """A 1x1x1 convolution: a matrix product over maps whose channels lie last in memory."""

    def forward(self, maps: Tensor) -> Tensor:
        return super().forward(maps.permute(0, 2, 3, 4, 1)).permute(0, 4, 1, 2, 3)


class Block(nn.Module):
    """Four branches side by side; the three 1x1x1 convolutions that read the input are one."""

    def __init__(self, inputs: int, block: Mixed) -> None:
        super().__init__()
        self.splits = (block.direct, block.narrow, block.narrow_small)
        self.entry = Pointwise(inputs, sum(self.splits))
        self.wide = nn.Conv3d(block.narrow, block.wide, 3, padding=1)
        self.wide_small = nn.Conv3d(block.narrow_small, block.wide_small, 3, padding=1)
        self.pooled = Pointwise(inputs, block.pooled)

    def forward(self, maps: Tensor) -> Tensor:
        direct, narrow, narrow_small = self.entry(maps).split(self.splits, 1)
        wide = self.wide(narrow.relu())
        wide_small = self.wide_small(narrow_small.relu())
        pooled = self.pooled(pool_same(maps, (3, 3), 1))
        return torch.cat([direct, wide, wide_small, pooled], 1).relu_()


class InceptionI3D(nn.Module):
    """(B, 3, T, 224, 224) float32 in [-1, 1], T >= 9, to logits (B, 400) and pool (B, 1024), means over time.

    Batch normalisation is part of the convolutions. `width` scales all channels but the classes.
    """

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        stem = [scaled(count, width) for count in STEM]
        self.first = nn.Conv3d(3, stem[0], 7, 2)
        self.second = Pointwise(stem[0], stem[1])
        self.third = nn.Conv3d(stem[1], stem[2], 3, padding=1)
        self.blocks = nn.ModuleDict()
        inputs = stem[2]
        for name, full in BLOCKS.items():
            block = Mixed(*(scaled(count, width) for count in full))
            self.blocks[name] = Block(inputs, block)
            inputs = block.channels
        self.head = nn.Linear(inputs, CLASSES)

    def forward(self, clips: Tensor) -> tuple[Tensor, Tensor]:
        maps = self.first(pad_same(clips, 7, 2)).relu_()
        maps = pool_same(maps, (1, 3), 2)
        maps = self.second(maps).relu_()
        maps = self.third(maps).relu_()
        for name, block in self.blocks.items():
            if name in POOLED_BEFORE:
                maps = pool_same(maps, POOLED_BEFORE[name], 2)
            maps = block(maps)
        pool = functional.avg_pool3d(maps, (2, 7, 7), 1).mean((2, 3, 4))
        return self.head(pool), pool


def pad_same(clips: Tensor, side: int, stride: int) -> Tensor:
    """Zeros as TensorFlow's SAME puts them: the odd one behind."""
    pads: list[int] = []
    for size in reversed(clips.shape[2:]):
        total = max((-(-size // stride) - 1) * stride + side - size, 0)
        pads += [total // 2, total - total // 2]
    return functional.pad(clips, pads)


def pool_same(maps: Tensor, kernel: tuple[int, int], stride: int) -> Tensor:
    """Maximum over (frames, side) with TensorFlow's SAME padding, of maps (B, C, T, H, W) that are not negative.

    Space first, frame by frame, then time: two passes that vectorise over channels, where 3-D pooling does not.
    """
    batch, _, frames, height, width = maps.shape
    frames_wide, side = kernel
    images = maps.transpose(1, 2).flatten(0, 1)
    padding = [(side - 1) // 2 if stride == 1 else int(side == 3 and size % 2 == 1) for size in (height, width)]
    pooled = functional.max_pool2d(images, side, stride, padding, ceil_mode=stride == 2)
    pooled = pooled.reshape(batch, frames, *pooled.shape[1:])
    if frames_wide > 1:
        before = (frames_wide - 1) // 2 if stride == 1 or frames % 2 else 0
        pooled = _slide(pooled, frames_wide, stride, before)
    return pooled.transpose(1, 2)


def _slide(maps: Tensor, wide: int, stride: int, before: int) -> Tensor:
    """Maximum over `wide` steps of axis 1, the first window starting `before` steps early, empty steps left out."""
    steps = maps.shape[1]
    count = -(-steps // stride)
    made = []
    for i in range(count):
        start = i * stride - before
        window = maps[:, max(start, 0) : start + wide]
        made.append(window.amax(1))
    return torch.stack(made, 1)
