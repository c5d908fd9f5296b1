"""Small CLIP, DINO, PickScore and LAION files in the official formats, with seeded random weights."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageSequence
from safetensors.torch import save_file
from torch import Tensor, nn

from tests.metrics.clips import texture
from tests.metrics.networks import Small

Shapes = Mapping[str, tuple[int, ...]]
VOCABULARY, CONTEXT = 49408, 77
CLIP_SIZES = {"width": 64, "text_width": 64, "layers": 2, "patch": 32, "embedding": 32}
DINO_SMALL = {"width": 48, "depth": 2, "heads": 3}
PICK_SMALL = {"width": 32, "depth": 2, "heads": 2, "projection": 16}
TEXTS = ["a panda taking a selfie, 2k", "A jungle river at sunset!", "one of the very many words that were cut " * 12]
STYLE = "Van Gogh style"
REAL = Path(__file__).parents[3].parent / "shared" / "data" / "generated" / "lavie"
REAL_CLIP = REAL / "lavie_jungle_river_at_sunset,_ultra_quality.gif"


def frames_of(which: str, count: int = 5) -> np.ndarray:
    """(count, H, W, 3) uint8 wider than high: a made `texture`, or a real clip made by `lavie`."""
    if which == "texture":
        return texture(count, 96, 168)
    with Image.open(REAL_CLIP) as film:
        return np.stack([np.asarray(frame.convert("RGB")) for frame in islice(ImageSequence.Iterator(film), count)])


def seeded(shapes: Shapes, seed: int = 0) -> dict[str, Tensor]:
    """Random weights by sorted key: the same numbers on every machine. Norm weights lie near 1, the rest near 0."""
    stream = np.random.RandomState(seed)
    made = {}
    for key in sorted(shapes):
        values = stream.standard_normal(shapes[key])
        fan = np.prod(shapes[key][1:]) if len(shapes[key]) > 1 else 25.0
        is_norm = len(shapes[key]) == 1 and key.endswith("weight")
        values = 1 + 0.1 * values if is_norm else values / np.sqrt(fan)
        made[key] = torch.from_numpy(np.asarray(values, dtype=np.float32))
    return made


def _residual(prefix: str, width: int) -> Shapes:
    return {
        f"{prefix}.ln_1.weight": (width,), f"{prefix}.ln_1.bias": (width,),
        f"{prefix}.ln_2.weight": (width,), f"{prefix}.ln_2.bias": (width,),
        f"{prefix}.attn.in_proj_weight": (3 * width, width), f"{prefix}.attn.in_proj_bias": (3 * width,),
        f"{prefix}.attn.out_proj.weight": (width, width), f"{prefix}.attn.out_proj.bias": (width,),
        f"{prefix}.mlp.c_fc.weight": (4 * width, width), f"{prefix}.mlp.c_fc.bias": (4 * width,),
        f"{prefix}.mlp.c_proj.weight": (width, 4 * width), f"{prefix}.mlp.c_proj.bias": (width,),
    }  # fmt: skip


def clip_shapes(
    width: int, text_width: int, layers: int, patch: int, embedding: int, text_layers: int = 0, pixels: int = 224
) -> dict[str, tuple[int, ...]]:
    """Keys and shapes of openai/CLIP's ViT checkpoints."""
    shapes: dict[str, tuple[int, ...]] = {
        "logit_scale": (), "positional_embedding": (CONTEXT, text_width),
        "text_projection": (text_width, embedding), "token_embedding.weight": (VOCABULARY, text_width),
        "ln_final.weight": (text_width,), "ln_final.bias": (text_width,),
        "visual.class_embedding": (width,), "visual.conv1.weight": (width, 3, patch, patch),
        "visual.positional_embedding": ((pixels // patch) ** 2 + 1, width), "visual.proj": (width, embedding),
        "visual.ln_pre.weight": (width,), "visual.ln_pre.bias": (width,),
        "visual.ln_post.weight": (width,), "visual.ln_post.bias": (width,),
    }  # fmt: skip
    for i in range(layers):
        shapes |= _residual(f"visual.transformer.resblocks.{i}", width)
    for i in range(text_layers or layers):
        shapes |= _residual(f"transformer.resblocks.{i}", text_width)
    return shapes


HALVED = ("conv1.weight", "in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias", "c_fc.weight")
HALVED += ("c_fc.bias", "c_proj.weight", "c_proj.bias", "visual.proj", "text_projection")
"""Endings of the keys that OpenAI stores in float16."""


def clip_state(**sizes: int) -> dict[str, Tensor]:
    """A random state dict as in OpenAI's archives: float16 where they have it, and the three numbers beside it."""
    state = seeded(clip_shapes(**{**CLIP_SIZES, **sizes}))
    state = {key: value.half() if key.endswith(HALVED) else value for key, value in state.items()}
    return state | {name: torch.tensor(n) for name, n in (
        ("input_resolution", 224), ("context_length", CONTEXT), ("vocab_size", VOCABULARY),
    )}  # fmt: skip


class _Holder(nn.Module):
    """A node of a tree of weights, as TorchScript keeps them."""

    def forward(self, value: Tensor) -> Tensor:
        return value


def write_archive(path: Path, state: Mapping[str, Tensor]) -> Path:
    """Writes `state` as a TorchScript archive."""
    root = _Holder()
    for key, value in state.items():
        *parents, name = key.split(".")
        node: nn.Module = root
        for parent in parents:
            if parent not in node._modules:
                node.add_module(parent, _Holder())
            node = node.get_submodule(parent)
        if value.is_floating_point():
            node.register_parameter(name, nn.Parameter(value, requires_grad=False))
        else:
            node.register_buffer(name, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.script(root), str(path))
    return path


def dino_shapes(
    width: int, depth: int, patch: int, image: int, layer_scale: bool, **unused: Any
) -> dict[str, tuple[int, ...]]:
    """Keys and shapes of facebookresearch/dino's and dinov2's ViT checkpoints."""
    shapes: dict[str, tuple[int, ...]] = {
        "cls_token": (1, 1, width), "pos_embed": (1, (image // patch) ** 2 + 1, width),
        "patch_embed.proj.weight": (width, 3, patch, patch), "patch_embed.proj.bias": (width,),
        "norm.weight": (width,), "norm.bias": (width,),
    }  # fmt: skip
    if layer_scale:
        shapes["mask_token"] = (1, width)
    for i in range(depth):
        shapes |= {
            f"blocks.{i}.norm1.weight": (width,), f"blocks.{i}.norm1.bias": (width,),
            f"blocks.{i}.attn.qkv.weight": (3 * width, width), f"blocks.{i}.attn.qkv.bias": (3 * width,),
            f"blocks.{i}.attn.proj.weight": (width, width), f"blocks.{i}.attn.proj.bias": (width,),
            f"blocks.{i}.norm2.weight": (width,), f"blocks.{i}.norm2.bias": (width,),
            f"blocks.{i}.mlp.fc1.weight": (4 * width, width), f"blocks.{i}.mlp.fc1.bias": (4 * width,),
            f"blocks.{i}.mlp.fc2.weight": (width, 4 * width), f"blocks.{i}.mlp.fc2.bias": (width,),
        }  # fmt: skip
        if layer_scale:
            shapes |= {f"blocks.{i}.ls1.gamma": (width,), f"blocks.{i}.ls2.gamma": (width,)}
    return shapes


def _tower(prefix: str, width: int, depth: int) -> Shapes:
    shapes: dict[str, tuple[int, ...]] = {}
    for i in range(depth):
        layer = f"{prefix}.encoder.layers.{i}"
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            shapes |= {f"{layer}.self_attn.{name}.weight": (width, width), f"{layer}.self_attn.{name}.bias": (width,)}
        for name in ("layer_norm1", "layer_norm2"):
            shapes |= {f"{layer}.{name}.weight": (width,), f"{layer}.{name}.bias": (width,)}
        shapes |= {f"{layer}.mlp.fc1.weight": (4 * width, width), f"{layer}.mlp.fc1.bias": (4 * width,)}
        shapes |= {f"{layer}.mlp.fc2.weight": (width, 4 * width), f"{layer}.mlp.fc2.bias": (width,)}
    return shapes


def pickscore_shapes(
    width: int, depth: int, projection: int, text_width: int = 0, text_depth: int = 0, patch: int = 14
) -> dict[str, tuple[int, ...]]:
    """Keys and shapes of PickScore_v1's file, which is transformers' CLIPModel."""
    text_width = text_width or width
    vision, text = "vision_model", "text_model"
    return {
        "logit_scale": (),
        **_tower(vision, width, depth), **_tower(text, text_width, text_depth or depth),
        f"{vision}.embeddings.class_embedding": (width,),
        f"{vision}.embeddings.patch_embedding.weight": (width, 3, patch, patch),
        f"{vision}.embeddings.position_embedding.weight": ((224 // patch) ** 2 + 1, width),
        f"{vision}.pre_layrnorm.weight": (width,), f"{vision}.pre_layrnorm.bias": (width,),
        f"{vision}.post_layernorm.weight": (width,), f"{vision}.post_layernorm.bias": (width,),
        f"{text}.embeddings.token_embedding.weight": (VOCABULARY, text_width),
        f"{text}.embeddings.position_embedding.weight": (CONTEXT, text_width),
        f"{text}.final_layer_norm.weight": (text_width,), f"{text}.final_layer_norm.bias": (text_width,),
        "visual_projection.weight": (projection, width), "text_projection.weight": (projection, text_width),
    }  # fmt: skip


Make = Callable[[Path], Mapping[str, Path]]


def _clip(name: str, patch: int) -> Make:
    return lambda folder: {name: write_archive(folder / name, clip_state(patch=patch))}


def _dino(name: str, **options: Any) -> Small:
    sizes = {**DINO_SMALL, **options}

    def make(folder: Path) -> Mapping[str, Path]:
        torch.save(seeded(dino_shapes(**sizes)), folder / name)
        return {name: folder / name}

    return Small(sizes, make)


def write_pickscore(path: Path) -> Path:
    """Writes a small random PickScore file."""
    sizes = {name: PICK_SMALL[name] for name in ("width", "depth", "projection")}
    save_file(seeded(pickscore_shapes(**sizes)), path)
    return path


def _pickscore(folder: Path) -> Mapping[str, Path]:
    path = write_pickscore(folder / "pickscore_v1.safetensors")
    return {path.name: path}


def _laion(folder: Path) -> Mapping[str, Path]:
    path = folder / "sa_0_4_vit_l_14_linear.pth"
    torch.save(seeded({"weight": (1, CLIP_SIZES["embedding"]), "bias": (1,)}), path)
    return {path.name: path}


SMALL: dict[str, Small] = {
    "clip-vit-b32": Small(make=_clip("ViT-B-32.pt", 32)),
    "clip-vit-b32-text": Small(make=_clip("ViT-B-32.pt", 32)),
    "clip-vit-l14": Small(make=_clip("ViT-L-14.pt", 28)),
    "clip-vit-l14-text": Small(make=_clip("ViT-L-14.pt", 28)),
    "laion-head-l14": Small({"width": CLIP_SIZES["embedding"]}, _laion),
    "dino-vitb16": _dino("dino_vitbase16_pretrain.pth", patch=16, image=224, layer_scale=False),
    "dinov2-vitb14": _dino("dinov2_vitb14_pretrain.pth", patch=14, image=70, layer_scale=True),
    "dino-vitb8": _dino("dino_vitbase8_pretrain.pth", patch=8, image=224, layer_scale=False),
    "dino-vitb8-structure": _dino("dino_vitbase8_pretrain.pth", patch=8, image=224, layer_scale=False),
    "pickscore-images": Small(PICK_SMALL, _pickscore),
    "pickscore-text": Small(PICK_SMALL, _pickscore),
}
