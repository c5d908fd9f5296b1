"""Backward warping by optical flow, as the frame interpolation networks do it."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def backward_warp(image: Tensor, flow: Tensor) -> Tensor:
    """`image` (B, C, H, W) read at pixel + `flow` (B, 2, H, W; x then y, in pixels): bilinear, edges repeated."""
    height, width = image.shape[2:]
    rows = torch.linspace(-1.0, 1.0, height, device=image.device)
    columns = torch.linspace(-1.0, 1.0, width, device=image.device)
    across = columns[None, None, :] + flow[:, 0] / ((width - 1.0) / 2.0)
    down = rows[None, :, None] + flow[:, 1] / ((height - 1.0) / 2.0)
    grid = torch.stack([across, down], dim=-1)
    return functional.grid_sample(image, grid, mode="bilinear", padding_mode="border", align_corners=True)
