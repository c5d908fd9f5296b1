"""CLIP-IQA (Wang, Chan and Loy 2023): whether CLIP finds a frame nearer to "good" than to "bad" in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from open_clip import CLIP, CLIPTextCfg, CLIPVisionCfg, tokenize
from torch import Tensor
from torch.nn import functional

from vbench_py.metrics.extractors.clip_weights import read_archive
from vbench_py.metrics.extractors.state_dicts import load_network
from vbench_py.types import Unsupported

_MEAN = (0.48145466, 0.4578275, 0.40821073)
_DEVIATION = (0.26862954, 0.26130258, 0.27577711)
_SMALLEST = 32
_CPU_BYTES = 1 << 30


class CLIPIQA:
    """Mean over pairs of words of the share of the good one, for each (B, 1, H, W, 3) frame, levels 0..255: 0..1.

    CLIP RN50 at the frame's own size: its attention pool gets no table of positions. Options: `pairs` ("good / bad;
    good / bad"), and the network's sizes `embedding`, `side`, `layers`, `width`, `text_width`, `text_layers`.
    Weights: OpenAI's TorchScript archive, read for its tensors only. Gives `value` (B,), `pairs` (B, pairs), float64.
    `Unsupported` for sides below 32 px.
    Source: pyiqa 0.1.8 `archs/clipiqa_arch.py:CLIPIQA`, to 1e-5 on the same weights.
    """

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        self._options = dict(options)
        self._pairs = str(options["pairs"]).split(";")
        self._path = weights["clip-rn50"]
        self._device = torch.device("cpu")

    def load(self, device: str) -> None:
        self._device = torch.device(device)
        sizes = self._options
        vision = CLIPVisionCfg(tuple(sizes["layers"]), width=int(sizes["width"]), image_size=int(sizes["side"]))
        text = CLIPTextCfg(
            width=int(sizes["text_width"]), heads=int(sizes["text_width"]) // 64, layers=int(sizes["text_layers"])
        )
        state = read_archive(self._path)
        network = load_network(
            lambda: _with_real_mask(CLIP(int(sizes["embedding"]), vision, text, quick_gelu=True)),
            state, self._path, self._device,
        )  # fmt: skip
        self._scale = network.logit_scale.exp()
        self._visual = network.visual
        words = tokenize([words.strip() for pair in self._pairs for words in pair.split("/")]).to(self._device)
        with torch.inference_mode():
            self._texts = network.encode_text(words, normalize=True)
        mean, deviation = (torch.tensor(row, device=self._device).view(1, 3, 1, 1) for row in (_MEAN, _DEVIATION))
        self._mean, self._deviation = mean, deviation

    def close(self) -> None:
        del self._visual

    def bytes_per_window(self, shape: tuple[int, ...]) -> int:
        """Bytes that one (frames, height, width, channels) window takes while it is worked on."""
        pixels = math.prod(shape[:3])
        return pixels * 4 * 96 + (pixels // 1024 + 1) ** 2 * 4 * 64

    @torch.inference_mode()
    def __call__(self, frames: np.ndarray) -> Mapping[str, np.ndarray]:
        height, width = frames.shape[2:4]
        if min(height, width) < _SMALLEST:
            raise Unsupported("size", f"CLIP-IQA needs sides of at least 32 px, not {width}x{height}")
        each = self.bytes_per_window(frames.shape[1:])
        step = max(_CPU_BYTES // each if self._device.type == "cpu" else len(frames), 1)
        parts = [self._shares(frames[i : i + step, 0]) for i in range(0, len(frames), step)]
        shares = np.concatenate(parts) if parts else np.zeros((0, len(self._pairs)))
        return {"value": shares.mean(axis=1), "pairs": shares}

    def _shares(self, frames: np.ndarray) -> np.ndarray:
        levels = torch.from_numpy(np.array(frames)).to(self._device).permute(0, 3, 1, 2).float() / 255
        maps = self._visual.stem((levels - self._mean) / self._deviation)
        for name in ("layer1", "layer2", "layer3", "layer4"):
            maps = getattr(self._visual, name)(maps)
        images = functional.normalize(self._pooled(maps), dim=-1)
        logits = (self._scale * images @ self._texts.T).double()
        return np.asarray(logits.unflatten(1, (-1, 2)).softmax(-1)[..., 0].cpu().numpy())

    def _pooled(self, maps: Tensor) -> Tensor:
        """CLIP's attention pool of (B, C, h, w) without its positions: (B, D)."""
        pool = self._visual.attnpool
        tokens = maps.flatten(2).permute(2, 0, 1)
        tokens = torch.cat([tokens.mean(0, keepdim=True), tokens])
        pooled, _ = functional.multi_head_attention_forward(
            tokens[:1], tokens, tokens, tokens.shape[-1], pool.num_heads, None,
            torch.cat([pool.q_proj.bias, pool.k_proj.bias, pool.v_proj.bias]), None, None, False, 0.0,
            pool.c_proj.weight, pool.c_proj.bias, training=False, need_weights=False, use_separate_proj_weight=True,
            q_proj_weight=pool.q_proj.weight, k_proj_weight=pool.k_proj.weight, v_proj_weight=pool.v_proj.weight,
        )  # fmt: skip
        return pooled[0]


def _with_real_mask(network: CLIP) -> CLIP:
    """`network` with its causal mask, which no checkpoint holds, made of numbers before the weights come."""
    network.attn_mask = torch.full((network.context_length,) * 2, -torch.inf, device="cpu").triu_(1)
    return network
