"""Tiny EasyAnimate checkpoints: the official folders' format, seeded random weights."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from diffusers import (
    AutoencoderKLMagvit,
    DiffusionPipeline,
    EasyAnimateControlPipeline,
    EasyAnimateInpaintPipeline,
    EasyAnimatePipeline,
    EasyAnimateTransformer3DModel,
    FlowMatchEulerDiscreteScheduler,
)

from tests.adapters.tiny.language import WIDTH, qwen2_vl, qwen_tokenizer
from tests.adapters.tiny.t5 import seeded

LATENT = 4


def _vae() -> AutoencoderKLMagvit:
    """8 times smaller a side and 4 in time, as the real one, with 4 latent channels for 16."""
    return seeded(
        AutoencoderKLMagvit,
        down_block_types=("SpatialDownBlock3D", *("SpatialTemporalDownBlock3D",) * 2, "SpatialTemporalDownBlock3D"),
        up_block_types=("SpatialUpBlock3D", *("SpatialTemporalUpBlock3D",) * 2, "SpatialTemporalUpBlock3D"),
        block_out_channels=(8, 8, 8, 8),
        latent_channels=LATENT,
        layers_per_block=1,
        norm_num_groups=2,
        spatial_group_norm=False,
    )


def _write(pipeline: type[DiffusionPipeline], channels: int, folder: Path) -> None:
    tokenizer = qwen_tokenizer()
    transformer = seeded(
        EasyAnimateTransformer3DModel,
        num_attention_heads=2,
        attention_head_dim=16,
        in_channels=channels,
        out_channels=LATENT,
        time_embed_dim=8,
        text_embed_dim=WIDTH,
        num_layers=1,
        sample_width=4,
        sample_height=4,
        patch_size=2,
    )
    pipeline(
        vae=_vae(),
        text_encoder=qwen2_vl(tokenizer),
        tokenizer=tokenizer,
        transformer=transformer,
        scheduler=FlowMatchEulerDiscreteScheduler(),
    ).save_pretrained(folder)


MAKERS: dict[str, Callable[[Path], None]] = {
    "EasyAnimatePipeline": partial(_write, EasyAnimatePipeline, LATENT),
    "EasyAnimateControlPipeline": partial(_write, EasyAnimateControlPipeline, 3 * LATENT),
    "EasyAnimateInpaintPipeline": partial(_write, EasyAnimateInpaintPipeline, 2 * LATENT + 1),
}
