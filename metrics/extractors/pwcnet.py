"""PWC-Net (Sun et al. 2018) in the key names of sniklaus/pytorch-pwc, its correlation in plain torch."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

_NAMES = ("One", "Two", "Thr", "Fou", "Fiv", "Six")
_REACH = 4
_VOLUME = (2 * _REACH + 1) ** 2
_SLOPE = 0.1
_MULTIPLE = 64
_DILATIONS = (1, 2, 4, 8, 16, 1, 1)
_FLOW_SCALE = 20.0


def _layers(
    channels: Sequence[int], first_stride: int = 1, dilations: Sequence[int] = (), last: bool = True
) -> nn.Module:
    """3x3 convolutions from channels[0] to channels[-1], each (the last where `last`) followed by a leaky ReLU."""
    parts: list[nn.Module] = []
    for i, (before, after) in enumerate(pairwise(channels)):
        dilation = dilations[i] if dilations else 1
        parts.append(nn.Conv2d(before, after, 3, first_stride if i == 0 else 1, dilation, dilation))
        if last or i < len(channels) - 2:
            parts.append(nn.LeakyReLU(_SLOPE))
    return nn.Sequential(*parts)


class Decoder(nn.Module):
    """Flow of one level from the level above: correlation with the warped second map, then dense convolutions.

    `channels` are those of this level's maps, `above` those of the features that come from above (None: the top level).
    """

    def __init__(self, channels: int, above: int | None, dense: Sequence[int], step: float) -> None:
        super().__init__()
        self.step = step
        width = _VOLUME
        if above is not None:
            self.moduleUpflow = nn.ConvTranspose2d(2, 2, 4, 2, 1)
            self.moduleUpfeat = nn.ConvTranspose2d(above, 2, 4, 2, 1)
            width += channels + 4
        for name, outputs in zip(_NAMES, dense, strict=False):
            self.add_module(f"module{name}", _layers([width, outputs]))
            width += outputs
        self.moduleSix = _layers([width, 2], last=False)
        self.dense = [f"module{name}" for name, _ in zip(_NAMES, dense, strict=False)]
        self.features = width

    def forward(self, first: Tensor, second: Tensor, above: tuple[Tensor, Tensor] | None) -> tuple[Tensor, Tensor]:
        """Flow (B, 2, h, w), in twentieths of a pixel of the frame, and features (B, C, h, w)."""
        if above is None:
            features = functional.leaky_relu(correlation(first, second), _SLOPE)
        else:
            flow, upper = self.moduleUpflow(above[0]), self.moduleUpfeat(above[1])
            volume = functional.leaky_relu(correlation(first, warped(second, flow * self.step)), _SLOPE)
            features = torch.cat([volume, first, flow, upper], 1)
        for name in self.dense:
            features = torch.cat([self.get_submodule(name)(features), features], 1)
        return self.moduleSix(features), features


class PWCNet(nn.Module):
    """Flow from a first to a second frame: (B, 3, H, W) float32 twice, 0..1, to (B, 2, H, W) in pixels, x then y.

    Frames are stretched to multiples of 64 and the flow is brought back. `pyramid`, `dense` and `refiner` are the
    channels of the six levels, of a decoder and of the context network.
    """

    def __init__(self, pyramid: Sequence[int], dense: Sequence[int], refiner: Sequence[int]) -> None:
        super().__init__()
        levels = list(zip(_NAMES, [3, *pyramid[:-1]], pyramid, strict=True))
        self.moduleExtractor = nn.ModuleDict(
            {f"module{name}": _layers([before, after, after, after], first_stride=2) for name, before, after in levels}
        )
        above = None
        for level in range(6, 1, -1):
            decoder = Decoder(pyramid[level - 1], above, dense, _FLOW_SCALE / 2**level)
            above = decoder.features
            self.add_module(f"module{_NAMES[level - 1]}", decoder)
        context = _layers([decoder.features, *refiner, 2], dilations=_DILATIONS, last=False)
        self.moduleRefiner = nn.ModuleDict({"moduleMain": context})

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        height, width = first.shape[2:]
        size = tuple(-(-side // _MULTIPLE) * _MULTIPLE for side in (height, width))
        pyramids = [self._pyramid(functional.interpolate(frames, size, mode="bilinear")) for frames in (first, second)]
        made = None
        for level in range(6, 1, -1):
            decoder = self.get_submodule(f"module{_NAMES[level - 1]}")
            made = decoder(pyramids[0][level - 1], pyramids[1][level - 1], made)
        assert made is not None
        flow = made[0] + self.moduleRefiner["moduleMain"](made[1])
        flow = _FLOW_SCALE * functional.interpolate(flow, (height, width), mode="bilinear")
        return flow * torch.tensor([width / size[1], height / size[0]], device=flow.device).view(1, 2, 1, 1)

    def _pyramid(self, frames: Tensor) -> list[Tensor]:
        maps = []
        for level in self.moduleExtractor.values():
            frames = level(frames)
            maps.append(frames)
        return maps


def correlation(first: Tensor, second: Tensor) -> Tensor:
    """Mean over channels of the product with `second` moved by up to 4 pixels: (B, 81, h, w), rows of shifts first."""
    height, width = first.shape[2:]
    padded = functional.pad(second, (_REACH,) * 4)
    shifts = range(2 * _REACH + 1)
    return torch.stack(
        [(first * padded[:, :, y : y + height, x : x + width]).mean(1) for y in shifts for x in shifts], 1
    )


def warped(maps: Tensor, flow: Tensor) -> Tensor:
    """(B, C, h, w) read at each pixel plus `flow`, zero where a neighbour outside is needed.

    The reference divides the flow by (side - 1) / 2 where the grid's cells are side / 2 wide: kept, it was trained so.
    """
    height, width = maps.shape[2:]
    rows, columns = (torch.linspace(-1 + 1 / side, 1 - 1 / side, side, device=maps.device) for side in (height, width))
    down, across = torch.meshgrid(rows, columns, indexing="ij")
    grid = torch.stack([across + flow[:, 0] / ((width - 1) / 2), down + flow[:, 1] / ((height - 1) / 2)], 3)
    filled = torch.cat([maps, maps.new_ones(len(maps), 1, height, width)], 1)
    moved = functional.grid_sample(filled, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return moved[:, :-1] * (moved[:, -1:] > 0.999)
