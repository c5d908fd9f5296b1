"""Tiny Mochi and Allegro checkpoints: the official folders' format, seeded random weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from diffusers import (
    AllegroPipeline,
    AllegroTransformer3DModel,
    AutoencoderKLAllegro,
    AutoencoderKLMochi,
    EulerAncestralDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    MochiPipeline,
    MochiTransformer3DModel,
)

from tests.adapters.tiny.t5 import WIDTH, seeded, t5_encoder, t5_tokenizer


def mochi(folder: Path) -> None:
    """8 times smaller a side and 6 in time, as the real one."""
    MochiPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(invert_sigmas=True),
        vae=seeded(
            AutoencoderKLMochi,
            latent_channels=12,
            encoder_block_out_channels=(32, 32, 32, 32),
            decoder_block_out_channels=(32, 32, 32, 32),
            layers_per_block=(1, 1, 1, 1, 1),
        ),
        text_encoder=t5_encoder(),
        tokenizer=t5_tokenizer(256),
        transformer=seeded(
            MochiTransformer3DModel,
            num_attention_heads=2,
            attention_head_dim=8,
            num_layers=1,
            pooled_projection_dim=16,
            text_embed_dim=WIDTH,
            time_embed_dim=4,
            max_sequence_length=256,
        ),
    ).save_pretrained(folder)


def allegro(folder: Path) -> None:
    """8 times smaller a side and 4 in time, as the real one."""
    AllegroPipeline(
        tokenizer=t5_tokenizer(512),
        text_encoder=t5_encoder(),
        vae=seeded(
            AutoencoderKLAllegro,
            down_block_types=("AllegroDownBlock3D",) * 4,
            up_block_types=("AllegroUpBlock3D",) * 4,
            block_out_channels=(4, 4, 4, 4),
            temporal_downsample_blocks=(True, True, False, False),
            temporal_upsample_blocks=(False, True, True, False),
            latent_channels=4,
            layers_per_block=1,
            norm_num_groups=2,
            temporal_compression_ratio=4,
            sample_size=128,
        ),
        transformer=seeded(
            AllegroTransformer3DModel,
            num_attention_heads=2,
            attention_head_dim=12,
            num_layers=1,
            cross_attention_dim=24,
            sample_width=8,
            sample_height=8,
            sample_frames=2,
            caption_channels=WIDTH,
        ),
        scheduler=EulerAncestralDiscreteScheduler(
            beta_schedule="linear", beta_start=1e-4, beta_end=0.02, timestep_spacing="linspace"
        ),
    ).save_pretrained(folder)


MAKERS: dict[str, Callable[[Path], None]] = {"MochiPipeline": mochi, "AllegroPipeline": allegro}
SMALL: dict[str, dict[str, Any]] = {
    "AllegroPipeline": {"call.num_frames": 24, "call.width": 128, "call.height": 128, "call.max_sequence_length": 32}
}
"""One tile of its decoder: less gives black."""
