"""The two towers of ViCLIP (Wang et al. 2024, InternVid): one vector for a clip of frames, one for a text.

Written from Vchitect/VBench@45e79ec (vbench/third_party/ViCLIP); state-dict keys are those of
`ViClip-InternVid-10M-FLT.pth`, without `vision_encoder.` or `text_encoder.`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class QuickGELU(nn.Module):
    """x * sigmoid(1.702 x)."""

    def forward(self, values: Tensor) -> Tensor:
        return values * torch.sigmoid(1.702 * values)


class Block(nn.Module):
    """Attention, then two linear layers, each after a layer norm and beside a shortcut: (B, N, width) to the same."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attn = nn.MultiheadAttention(width, heads, batch_first=True)
        self.ln_1 = nn.LayerNorm(width)
        self.mlp = nn.Sequential()
        self.mlp.add_module("c_fc", nn.Linear(width, 4 * width))
        self.mlp.add_module("gelu", QuickGELU())
        self.mlp.add_module("c_proj", nn.Linear(4 * width, width))
        self.ln_2 = nn.LayerNorm(width)

    def forward(self, tokens: Tensor, mask: Tensor | None = None) -> Tensor:
        normed = self.ln_1(tokens)
        tokens = tokens + self.attn(normed, normed, normed, need_weights=False, attn_mask=mask)[0]
        widened: Tensor = tokens + self.mlp(self.ln_2(tokens))
        return widened


class Transformer(nn.Module):
    def __init__(self, width: int, layers: int, heads: int) -> None:
        super().__init__()
        self.resblocks = nn.ModuleList([Block(width, heads) for _ in range(layers)])

    def forward(self, tokens: Tensor, mask: Tensor | None = None) -> Tensor:
        for block in self.resblocks:
            tokens = block(tokens, mask)
        return tokens


class VisionTower(nn.Module):
    """(B, T, 3, side, side) normalised float32 to (B, output): one class token attends to all patches of all frames."""

    def __init__(self, side: int, patch: int, frames: int, width: int, layers: int, heads: int, output: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv3d(3, width, (1, patch, patch), (1, patch, patch), bias=False)
        self.class_embedding = nn.Parameter(torch.empty(width))
        self.positional_embedding = nn.Parameter(torch.empty((side // patch) ** 2 + 1, width))
        self.temporal_positional_embedding = nn.Parameter(torch.empty(1, frames, width))
        self.ln_pre = nn.LayerNorm(width)
        self.transformer = Transformer(width, layers, heads)
        self.ln_post = nn.LayerNorm(width)
        self.proj = nn.Parameter(torch.empty(width, output))

    def forward(self, clips: Tensor) -> Tensor:
        patches = self.conv1(clips.transpose(1, 2)).flatten(3).permute(0, 3, 2, 1)
        patches = patches + self.positional_embedding[1:, None] + self.temporal_positional_embedding
        token = (self.class_embedding + self.positional_embedding[0]).expand(len(clips), 1, -1)
        tokens = self.transformer(self.ln_pre(torch.cat([token, patches.flatten(1, 2)], dim=1)))
        vectors: Tensor = self.ln_post(tokens[:, 0]) @ self.proj
        return vectors


class TextTower(nn.Module):
    """(B, context) token numbers to (B, output), read at the end-of-text token, which has the largest number."""

    def __init__(self, vocabulary: int, context: int, width: int, layers: int, heads: int, output: int) -> None:
        super().__init__()
        self.token_embedding = nn.Embedding(vocabulary, width)
        self.positional_embedding = nn.Parameter(torch.empty(context, width))
        self.transformer = Transformer(width, layers, heads)
        self.ln_final = nn.LayerNorm(width)
        self.text_projection = nn.Parameter(torch.empty(width, output))

    def forward(self, numbers: Tensor) -> Tensor:
        length = numbers.shape[1]
        later = torch.full((length, length), float("-inf"), device=numbers.device).triu(1)
        tokens = self.transformer(self.token_embedding(numbers) + self.positional_embedding, later)
        ends = tokens[torch.arange(len(numbers), device=numbers.device), numbers.argmax(dim=1)]
        vectors: Tensor = self.ln_final(ends) @ self.text_projection
        return vectors
