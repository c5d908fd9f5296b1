"""AMT-S (Li et al. 2023): all-pairs correlation between two frames guides three flow fields to the frame between them.

Written from MCG-NKU/AMT@70f988f (networks/AMT-S.py and networks/blocks); state-dict keys are those of `amt-s.pth`.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from vbench_py.metrics.extractors.amt_correlation import Correlation, pixel_grid
from vbench_py.metrics.extractors.amt_parts import (
    Decoder,
    FeatureEncoder,
    PyramidEncoder,
    Update,
    resized,
)
from vbench_py.metrics.extractors.backward_warp import backward_warp
from vbench_py.types import Unsupported

CHANNELS = (20, 32, 44, 56)
MULTIPLE = 16
SMALLEST = 64
"""Padded sides below this leave no pixel at the coarsest of the four levels of correlation."""


class AMTS(nn.Module):
    """Midpoint of two frames, (B, 3, H, W) float32 RGB in [0, 1] each, result clamped to [0, 1].

    `skip` channels of each decoder's block are convolved on their own; `flows` is the number of flow fields to each
    frame. Edges are repeated to multiples of 16, half on either side. `Unsupported` when a side is below 49 px.
    """

    def __init__(self, radius: int = 3, levels: int = 4, flows: int = 3, skip: int = 20) -> None:
        super().__init__()
        self.radius, self.levels, self.flows = radius, levels, flows
        finest, fine, coarse, coarsest = CHANNELS
        self.feat_encoder = FeatureEncoder(84)
        self.encoder = PyramidEncoder(CHANNELS)
        self.decoder4 = Decoder(2 * coarsest, 1, coarse + 4, skip)
        self.decoder3 = Decoder(3 * coarse, 4, fine + 4, skip)
        self.decoder2 = Decoder(3 * fine, 4, finest + 4, skip)
        self.decoder1 = Decoder(3 * finest, 4, 8 * flows, skip)
        looked_up = 2 * levels * (2 * radius + 1) ** 2
        self.update4 = Update(coarse, looked_up, 1)
        self.update3 = Update(fine, looked_up, 2)
        self.update2 = Update(finest, looked_up, 4)
        self.comb_block = nn.Sequential(
            nn.Conv2d(3 * flows, 6 * flows, 3, 1, 1), nn.PReLU(6 * flows), nn.Conv2d(6 * flows, 3, 3, 1, 1)
        )

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        height, width = first.shape[2:]
        tall, wide = -height % MULTIPLE, -width % MULTIPLE
        if min(height + tall, width + wide) < SMALLEST:
            raise Unsupported("size", f"AMT needs sides of at least 49 px, not {width}x{height}")
        padding = (wide // 2, wide - wide // 2, tall // 2, tall - tall // 2)
        first, second = (functional.pad(frame, padding, mode="replicate") for frame in (first, second))
        made = self._midpoint(first, second).clamp(0, 1)
        return made[:, :, tall // 2 : tall // 2 + height, wide // 2 : wide // 2 + width]

    def _midpoint(self, first: Tensor, second: Tensor) -> Tensor:
        mean = torch.cat([first, second], dim=2).mean(dim=(1, 2, 3), keepdim=True)
        first, second = first - mean, second - mean
        both = torch.cat([first, second])
        correlation = Correlation(self.feat_encoder(both), self.levels, self.radius)
        pyramid = [level.chunk(2) for level in self.encoder(both)]

        batch, _, height, width = pyramid[3][0].shape
        halfway = first.new_full((batch, 1, height, width), 0.5)
        made = self.decoder4(torch.cat([*pyramid[3], halfway], dim=1))
        flow, features = made[:, :4], made[:, 4:]
        flow, features = self._correct(self.update4, correlation, flow, features)
        for decoder, update, level in (
            (self.decoder3, self.update3, pyramid[2]),
            (self.decoder2, self.update2, pyramid[1]),
        ):
            made = decoder(_warped(features, level, flow))
            flow, features = made[:, :4] + 2.0 * resized(flow, 2.0), made[:, 4:]
            flow, features = self._correct(update, correlation, flow, features)
        return self._combine(self.decoder1(_warped(features, pyramid[0], flow)), flow, first, second, mean)

    @staticmethod
    def _correct(update: Update, correlation: Correlation, flow: Tensor, features: Tensor) -> tuple[Tensor, Tensor]:
        """Flow (B, 4, H, W; to the first frame, then to the second) and features after a look at the correlation.

        Motion is taken as linear: the flow between the frames is twice that from the midpoint to either.
        """
        seen = flow if update.scale == 1 else resized(flow, 1 / update.scale) / update.scale
        here = pixel_grid(seen)
        found = correlation.look_up(here + 2.0 * seen[:, 2:], here + 2.0 * seen[:, :2])
        more_features, more_flow = update(features, seen, found)
        return flow + more_flow, features + more_features

    def _combine(self, decoded: Tensor, flow: Tensor, first: Tensor, second: Tensor, mean: Tensor) -> Tensor:
        """Mean of the blends along each pair of flow fields, and what the last convolutions add to it."""
        batch, _, height, width = first.shape
        count = self.flows
        pieces = torch.tensor_split(decoded, (2 * count, 4 * count, 5 * count), dim=1)
        finer = 2.0 * resized(flow, 2.0)
        warped = [
            backward_warp(
                frame.repeat_interleave(count, dim=0), (more + coarse.repeat(1, count, 1, 1)).view(-1, 2, height, width)
            )
            for frame, more, coarse in zip((first, second), pieces[:2], finer.chunk(2, dim=1), strict=True)
        ]
        share = torch.sigmoid(pieces[2]).view(-1, 1, height, width)
        blends = share * warped[0] + (1 - share) * warped[1]
        blends = blends.view(batch, count, 3, height, width) + mean[:, None]
        blends = blends + pieces[3].view(batch, count, 3, height, width)
        made: Tensor = blends.mean(1) + self.comb_block(blends.flatten(1, 2))
        return made


def _warped(features: Tensor, level: Sequence[Tensor], flow: Tensor) -> Tensor:
    """What a decoder reads: features, both frames' maps warped to the midpoint, and the flow that did it."""
    maps = [backward_warp(frame, part) for frame, part in zip(level, flow.chunk(2, dim=1), strict=True)]
    return torch.cat([features, *maps, flow], dim=1)
