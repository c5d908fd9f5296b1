"""Tiny LTX-Video checkpoints: the official folders' format, seeded random weights."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from diffusers import (
    AutoencoderKLLTXVideo,
    DiffusionPipeline,
    FlowMatchEulerDiscreteScheduler,
    LTXConditionPipeline,
    LTXImageToVideoPipeline,
    LTXPipeline,
    LTXVideoTransformer3DModel,
)

from tests.adapters.tiny.t5 import WIDTH, seeded, t5_encoder, t5_tokenizer

LATENT = 8
SHIFTED = {
    "use_dynamic_shifting": True,
    "base_shift": 0.95,
    "max_shift": 2.05,
    "base_image_seq_len": 1024,
    "max_image_seq_len": 4096,
    "shift_terminal": 0.1,
}


def vae(*, timestep_conditioning: bool = False) -> AutoencoderKLLTXVideo:
    """32 times smaller a side and 8 in time, as the real one, with 8 latent channels for 128."""
    return seeded(
        AutoencoderKLLTXVideo,
        latent_channels=LATENT,
        block_out_channels=(8, 8, 8, 8),
        decoder_block_out_channels=(8, 8, 8),
        layers_per_block=(1, 1, 1, 1, 1),
        decoder_layers_per_block=(1, 1, 1, 1),
        spatio_temporal_scaling=(True, True, True, False),
        decoder_spatio_temporal_scaling=(True, True, True),
        decoder_inject_noise=(False, False, False, False),
        upsample_residual=(False, False, False),
        upsample_factor=(1, 1, 1),
        timestep_conditioning=timestep_conditioning,
        patch_size=4,
        patch_size_t=1,
        encoder_causal=True,
        decoder_causal=False,
    )


def _write(pipeline: type[DiffusionPipeline], timestep_conditioning: bool, folder: Path) -> None:
    pipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(**({} if timestep_conditioning else SHIFTED)),
        vae=vae(timestep_conditioning=timestep_conditioning),
        text_encoder=t5_encoder(),
        tokenizer=t5_tokenizer(128),
        transformer=seeded(
            LTXVideoTransformer3DModel,
            in_channels=LATENT,
            out_channels=LATENT,
            num_attention_heads=2,
            attention_head_dim=16,
            cross_attention_dim=32,
            num_layers=1,
            caption_channels=WIDTH,
        ),
    ).save_pretrained(folder)


MAKERS: dict[str, Callable[[Path], None]] = {
    "LTXPipeline": partial(_write, LTXPipeline, False),
    "LTXImageToVideoPipeline": partial(_write, LTXImageToVideoPipeline, False),
    "LTXConditionPipeline": partial(_write, LTXConditionPipeline, True),
}
