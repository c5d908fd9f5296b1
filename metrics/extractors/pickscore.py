"""PickScore v1 (Kirstain et al. 2023): CLIP-H trained on which of two images people picked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from vbench_py.metrics.extractors.clip import Tokens
from vbench_py.metrics.extractors.frame_encoder import FrameEncoder
from vbench_py.metrics.extractors.state_dicts import load_network
from vbench_py.types import Unsupported, UsageError

Network = TypeVar("Network", bound=nn.Module)
_CONTEXT, _VOCABULARY, _START, _END = 77, 49408, 49406, 49407
_PIXELS = 224


def _read(path: Path, *prefixes: str) -> dict[str, Tensor]:
    """The tensors of a safetensors file whose keys start with one of `prefixes`, without the tables of positions."""
    try:
        with safe_open(path, framework="pt") as file:
            keys = [key for key in file.keys() if key.startswith(prefixes) and not key.endswith("position_ids")]  # noqa: SIM118
            return {key: file.get_tensor(key) for key in keys}
    except SafetensorError as error:
        raise UsageError(f"{path}: no safetensors file ({error})", mend="remove the file and fetch it again") from error


def _with_positions(network: Network, embeddings: Any) -> Network:
    """`network` with its table 0, 1, ... of positions, which no checkpoint holds, made real."""
    count = embeddings.position_embedding.num_embeddings
    embeddings.position_ids = torch.arange(count, device="cpu")[None]
    return network


class PickScoreImages(FrameEncoder):
    """`features` (B, D) of 224x224 frames, not of unit length. Options: sizes of the tower, CLIP-H by default."""

    def build(self, device: torch.device) -> nn.Module:
        self.patch, self.width = int(self.options["patch"]), int(self.options["width"])
        state = _read(self.path, "vision_model.", "visual_projection.")
        return load_network(self._network, state, self.path, device)

    def _network(self) -> nn.Module:
        from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

        config = CLIPVisionConfig(
            hidden_size=self.width,
            intermediate_size=4 * self.width,
            num_hidden_layers=int(self.options["depth"]),
            num_attention_heads=int(self.options["heads"]),
            image_size=_PIXELS,
            patch_size=self.patch,
            hidden_act="gelu",
            projection_dim=int(self.options["projection"]),
        )
        network = CLIPVisionModelWithProjection(config)
        return _with_positions(network, network.vision_model.embeddings)

    def encode(self, images: Tensor) -> Mapping[str, Tensor]:
        assert self.network is not None
        if tuple(images.shape[2:]) != (_PIXELS, _PIXELS):
            found = f"{images.shape[3]}x{images.shape[2]}"
            raise Unsupported("size", f"PickScore takes {_PIXELS}x{_PIXELS} pixels, the view gives {found}")
        return {"features": self.network(pixel_values=images).image_embeds}


class PickScoreText:
    """`features` (B, D), `scale` (B,), the learnt exp(logit_scale), and `truncated` (B,), the tokens that were cut."""

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        self._options = dict(options)
        self._path = next(iter(weights.values()))
        self._model: nn.Module | None = None

    def load(self, device: str) -> None:
        self._device = torch.device(device)
        state = _read(self._path, "text_model.", "text_projection.", "logit_scale")
        scale = state.pop("logit_scale", None)
        if scale is None:
            raise UsageError(f"{self._path}: holds no logit_scale", mend="use the file that the extractor's card names")
        self._scale = math.exp(float(scale))
        self._model = load_network(self._network, state, self._path, self._device)
        self._tokens = Tokens(_CONTEXT)

    def _network(self) -> nn.Module:
        from transformers import CLIPTextConfig, CLIPTextModelWithProjection

        width = int(self._options["width"])
        config = CLIPTextConfig(
            vocab_size=_VOCABULARY,
            hidden_size=width,
            intermediate_size=4 * width,
            num_hidden_layers=int(self._options["depth"]),
            num_attention_heads=int(self._options["heads"]),
            max_position_embeddings=_CONTEXT,
            hidden_act="gelu",
            projection_dim=int(self._options["projection"]),
            bos_token_id=_START,
            eos_token_id=_END,
        )
        network = CLIPTextModelWithProjection(config)
        return _with_positions(network, network.text_model.embeddings)

    def close(self) -> None:
        self._model = None

    def bytes_per_window(self, shape: tuple[int, ...]) -> int:
        """Bytes that the text of one sample takes, counted generously."""
        return math.prod(shape) * 4 + (32 << 20)

    @torch.inference_mode()
    def __call__(self, texts: Sequence[str]) -> Mapping[str, np.ndarray]:
        assert self._model is not None
        tokens, cut = self._tokens(texts)
        features = self._model(input_ids=tokens.to(self._device)).text_embeds
        scale = np.full(len(texts), self._scale)
        return {"features": features.float().cpu().numpy(), "scale": scale, "truncated": cut}
