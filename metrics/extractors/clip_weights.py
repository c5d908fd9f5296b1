"""OpenAI's CLIP checkpoints: TorchScript archives, whose weights go into open_clip's network."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from open_clip.model import CLIP, CLIPTextCfg, CLIPVisionCfg
from torch import Tensor

from vbench_py.metrics.extractors.state_dicts import load_network
from vbench_py.types import UsageError

_HEAD_WIDTH = 64
_SIZES = ("input_resolution", "context_length", "vocab_size")
"""Numbers that lie beside the weights; the weights' shapes say the same."""


def read_archive(path: Path) -> dict[str, Tensor]:
    """The weights of a TorchScript archive by key; `UsageError` when `path` is none."""
    jit: Any = torch.jit  # its functions carry no types
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            archive = jit.load(str(path), map_location="cpu")
    except RuntimeError as error:
        raise UsageError(
            f"{path}: no TorchScript archive, as OpenAI's CLIP files are", mend="remove the file and fetch it again"
        ) from error
    return {key: value for key, value in archive.state_dict().items() if key not in _SIZES}


def load_clip(path: Path, device: torch.device) -> CLIP:
    """The ViT-CLIP of an archive in float32 on `device`; its architecture is read from the weights' shapes.

    Agrees with openai/CLIP (package openai-clip 1.0.1) to 1e-5 on image and text features.
    """
    state = read_archive(path)
    return load_network(lambda: _network(state, path), state, path, device)


def _network(state: Mapping[str, Tensor], path: Path) -> CLIP:
    try:
        patches, width = state["visual.positional_embedding"].shape
        patch = state["visual.conv1.weight"].shape[-1]
        context, text_width = state["positional_embedding"].shape
        vocabulary = len(state["token_embedding.weight"])
        embedding = state["text_projection"].shape[1]
    except KeyError as error:
        raise UsageError(f"{path}: no CLIP with a vision transformer, {error} is missing") from error
    network = CLIP(
        embedding,
        CLIPVisionCfg(
            layers=_blocks(state, "visual.transformer."),
            width=width,
            head_width=_HEAD_WIDTH,
            patch_size=patch,
            image_size=patch * round((patches - 1) ** 0.5),
        ),
        CLIPTextCfg(
            context_length=context,
            vocab_size=vocabulary,
            width=text_width,
            heads=text_width // _HEAD_WIDTH,
            layers=_blocks(state, "transformer."),
        ),
        quick_gelu=True,
    )
    # No checkpoint holds the causal mask: it must be real where the weights are still to come.
    network.attn_mask = torch.full((context, context), -torch.inf, device="cpu").triu(1)
    return network


def _blocks(state: Mapping[str, Tensor], prefix: str) -> int:
    return sum(key.startswith(prefix) and key.endswith(".attn.in_proj_weight") for key in state)
