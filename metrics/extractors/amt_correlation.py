"""All-pairs correlation of two feature maps, read around given positions at several levels, in both directions."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional


def pixel_grid(like: Tensor) -> Tensor:
    """(1, 2, H, W) float32: x and y of each pixel of `like` (B, C, H, W)."""
    height, width = like.shape[2:]
    rows, columns = torch.arange(height, device=like.device), torch.arange(width, device=like.device)
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    return torch.stack([x, y]).float()[None]


class Correlation:
    """Inner products of all positions in the first B maps of `both` (2B, C, H, W) and all in the rest, over sqrt(C)."""

    def __init__(self, both: Tensor, levels: int, radius: int) -> None:
        first, second = both.chunk(2)
        channels, height, width = first.shape[1:]
        products = torch.matmul(first.flatten(2).transpose(1, 2), second.flatten(2)) / math.sqrt(channels)
        self._of_first = self._pyramid(products.reshape(-1, 1, height, width), levels)
        self._of_second = self._pyramid(products.transpose(1, 2).reshape(-1, 1, height, width), levels)
        steps = torch.arange(-radius, radius + 1, device=first.device).float()
        # The first axis of the window moves x, the second y: the checkpoint's channels come in this order.
        self._offsets = torch.stack(torch.meshgrid(steps, steps, indexing="ij"), dim=-1)[None]

    @staticmethod
    def _pyramid(maps: Tensor, levels: int) -> list[Tensor]:
        made = [maps]
        for _ in range(levels - 1):
            made.append(functional.avg_pool2d(made[-1], 2))
        return made

    def look_up(self, in_second: Tensor, in_first: Tensor) -> Tensor:
        """Correlation around positions (B, 2, H, W; x then y, in pixels) in either map.

        (B, 2 * levels * (2 * radius + 1)^2, H, W): first those of the first map's pixels with the second map around
        `in_second`, then those of the second map's pixels with the first map around `in_first`.
        """
        batch, _, height, width = in_second.shape
        found = []
        for pyramid, positions in ((self._of_first, in_second), (self._of_second, in_first)):
            centres = positions.permute(0, 2, 3, 1).reshape(-1, 1, 1, 2)
            for level, maps in enumerate(pyramid):
                window = _read(maps, centres / 2**level + self._offsets)
                found.append(window.view(batch, height, width, -1).permute(0, 3, 1, 2))
        return torch.cat(found, dim=1)


def _read(maps: Tensor, positions: Tensor) -> Tensor:
    """Bilinear values of `maps` (N, 1, H, W) at `positions` (N, k, k, 2), in pixels; zero outside.

    In half-pixel coordinates: the reference divides by side - 1, hence by zero at levels of one row or column.
    """
    size = positions.new_tensor([maps.shape[3], maps.shape[2]])
    return functional.grid_sample(maps, (2 * positions + 1) / size - 1, align_corners=False)
