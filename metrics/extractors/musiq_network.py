"""The network of MUSIQ (Ke et al. 2021): patches of three sizes of a frame in one transformer, in pyiqa's key names."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

PATCH = 32
_GRID = 10
_STEM = 64


class StandardisedConv(nn.Conv2d):
    """A convolution whose kernels have mean 0 and deviation 1, with zeros around as TensorFlow's SAME."""

    def forward(self, maps: Tensor) -> Tensor:
        weight = self.weight - self.weight.mean((1, 2, 3), keepdim=True)
        weight = weight / (weight.std((1, 2, 3), keepdim=True) + 1e-5)
        return functional.conv2d(same_padded(maps, self.kernel_size[0], self.stride[0]), weight, stride=self.stride)


class Bottleneck(nn.Module):
    """A residual block of three convolutions with group norms, and a projection on the way around."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        outer = (inputs, outputs, 1)
        sizes = {"1": (inputs, inputs, 1), "2": (inputs, inputs, 3), "3": outer, "_proj": outer}
        for name, (before, after, side) in sizes.items():
            self.add_module(f"conv{name}", StandardisedConv(before, after, side, bias=False))
            self.add_module(f"gn{name}", nn.GroupNorm(32, after, eps=1e-4))

    def _step(self, name: str, maps: Tensor) -> Tensor:
        made: Tensor = self.get_submodule(f"gn{name}")(self.get_submodule(f"conv{name}")(maps))
        return made

    def forward(self, maps: Tensor) -> Tensor:
        inner = self._step("3", self._step("2", self._step("1", maps).relu()).relu())
        return (inner + self._step("_proj", maps)).relu()


class Attention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))

    def forward(self, tokens: Tensor) -> Tensor:
        query, key, value = (
            layer(tokens).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for layer in (self.query, self.key, self.value)
        )
        mixed = functional.scaled_dot_product_attention(query, key, value)
        made: Tensor = self.out(mixed.transpose(1, 2).flatten(2))
        return made


class Block(nn.Module):
    def __init__(self, width: int, inner: int, heads: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = (nn.LayerNorm(width, eps=1e-6) for _ in range(2))
        self.attention = Attention(width, heads)
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(width, inner), "fc2": nn.Linear(inner, width)})

    def forward(self, tokens: Tensor) -> Tensor:
        tokens = tokens + self.attention(self.norm1(tokens))
        hidden = functional.gelu(self.mlp["fc1"](self.norm2(tokens)))
        made: Tensor = tokens + self.mlp["fc2"](hidden)
        return made


class Embedding(nn.Module):
    """One learned table, under the name that the checkpoint gives it."""

    def __init__(self, name: str, *shape: int) -> None:
        super().__init__()
        self.register_parameter(name, nn.Parameter(torch.empty(shape)))


class Encoder(nn.Module):
    def __init__(self, width: int, inner: int, heads: int, layers: int, scales: int) -> None:
        super().__init__()
        self.posembed_input = Embedding("position_emb", 1, _GRID * _GRID, width)
        self.scaleembed_input = Embedding("scale_emb", scales, width)
        self.cls = nn.Parameter(torch.empty(1, 1, width))
        self.encoder_norm = nn.LayerNorm(width, eps=1e-6)
        blocks = {f"encoderblock_{i}": Block(width, inner, heads) for i in range(layers)}
        self.transformer = nn.ModuleDict(blocks)

    def forward(self, tokens: Tensor, places: Tensor, scales: Tensor) -> Tensor:
        """(B, n, width) tokens with their places and scales (n,) to the class token's (B, width)."""
        position = self.posembed_input.get_parameter("position_emb")[0, places]
        tokens = tokens + position + self.scaleembed_input.get_parameter("scale_emb")[scales]
        tokens = torch.cat([self.cls.expand(len(tokens), -1, -1), tokens], 1)
        for block in self.transformer.values():
            tokens = block(tokens)
        made: Tensor = self.encoder_norm(tokens[:, 0])
        return made


class MUSIQ(nn.Module):
    """(B, 3, H, W) float32 frames in -1..1 to a quality (B,).

    The frame comes at longer sides `sides` (bicubic, not antialiased, not clipped) and at its own size, each cut into
    patches of 32x32 with zeros around. A patch's place is hashed to a 10x10 table by the nearest neighbour.
    """

    def __init__(self, width: int, inner: int, heads: int, layers: int, sides: Sequence[int]) -> None:
        super().__init__()
        self.sides = sorted(sides)
        self.conv_root = StandardisedConv(3, _STEM, 7, 2, bias=False)
        self.gn_root = nn.GroupNorm(32, _STEM, eps=1e-6)
        self.block1 = Bottleneck(_STEM, 4 * _STEM)
        self.embedding = nn.Linear(4 * _STEM * (PATCH // 4) ** 2, width)
        self.transformer_encoder = Encoder(width, inner, heads, layers, len(self.sides) + 1)
        self.head = nn.Linear(width, 1)

    def forward(self, frames: Tensor) -> Tensor:
        longest = max(frames.shape[2:])
        tokens, places, scales = [], [], []
        for scale, side in enumerate([*self.sides, 0]):
            size = tuple(round(length * (side / longest)) for length in frames.shape[2:]) if side else frames.shape[2:]
            resized = functional.interpolate(frames, size, mode="bicubic") if side else frames
            rows, columns = (-(-length // PATCH) for length in size)
            tokens.append(self._embedded(same_padded(resized, PATCH, PATCH)))
            places.append(hashed_places(rows, columns).to(frames.device))
            scales.append(torch.full((rows * columns,), scale, device=frames.device))
        quality: Tensor = self.head(
            self.transformer_encoder(torch.cat(tokens, 1), torch.cat(places), torch.cat(scales))
        )
        return quality[:, 0]

    def _embedded(self, frames: Tensor) -> Tensor:
        """(B, 3, 32 r, 32 c) frames to (B, r c, width), row by row."""
        patches = frames.unfold(2, PATCH, PATCH).unfold(3, PATCH, PATCH).permute(0, 2, 3, 1, 4, 5)
        maps = self.gn_root(self.conv_root(patches.reshape(-1, 3, PATCH, PATCH))).relu()
        maps = self.block1(functional.max_pool2d(same_padded(maps, 3, 2), 3, 2))
        made: Tensor = self.embedding(maps.permute(0, 2, 3, 1).reshape(len(frames), -1, self.embedding.in_features))
        return made


def hashed_places(rows: int, columns: int) -> Tensor:
    """The entry of the 10x10 table for each of rows x columns patches: (rows * columns,) int64."""
    grid = torch.arange(_GRID, dtype=torch.float32).view(1, 1, -1)
    down, across = (functional.interpolate(grid, count, mode="nearest")[0, 0].long() for count in (rows, columns))
    return (down[:, None] * _GRID + across).reshape(-1)


def same_padded(maps: Tensor, side: int, stride: int) -> Tensor:
    """(B, C, H, W) with zeros around, the odd one after, so that windows start ceil(length / stride) times."""
    height, width = ((-(-length // stride) - 1) * stride + side - length for length in maps.shape[2:])
    return functional.pad(maps, (width // 2, width - width // 2, height // 2, height - height // 2))
