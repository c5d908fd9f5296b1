"""Tiny CogVideoX and ConsisID checkpoints: the official folders' format, seeded random weights."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from diffusers import (
    AutoencoderKLCogVideoX,
    CogVideoXDDIMScheduler,
    CogVideoXDPMScheduler,
    CogVideoXFunControlPipeline,
    CogVideoXImageToVideoPipeline,
    CogVideoXPipeline,
    CogVideoXTransformer3DModel,
    CogVideoXVideoToVideoPipeline,
    ConsisIDPipeline,
    ConsisIDTransformer3DModel,
    DiffusionPipeline,
)

from tests.adapters.tiny.t5 import WIDTH, seeded, t5_encoder, t5_tokenizer

LATENT = 4
TOKENS = 226
SCHEDULE = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "prediction_type": "v_prediction",
    "rescale_betas_zero_snr": True,
    "timestep_spacing": "trailing",
}
TRANSFORMER = {
    "out_channels": LATENT,
    "time_embed_dim": 2,
    "text_embed_dim": WIDTH,
    "num_layers": 1,
    "sample_width": 4,
    "sample_height": 4,
    "sample_frames": 9,
    "patch_size": 2,
    "temporal_compression_ratio": 4,
    "max_text_seq_length": TOKENS,
}


def vae() -> AutoencoderKLCogVideoX:
    """8 times smaller a side and 4 in time, as the real one, with 4 latent channels for 16."""
    return seeded(
        AutoencoderKLCogVideoX,
        down_block_types=("CogVideoXDownBlock3D",) * 4,
        up_block_types=("CogVideoXUpBlock3D",) * 4,
        block_out_channels=(8, 8, 8, 8),
        latent_channels=LATENT,
        layers_per_block=1,
        norm_num_groups=2,
        temporal_compression_ratio=4,
        sample_height=32,
        sample_width=32,
    )


def _write(pipeline: type[DiffusionPipeline], transformer: Callable[[], Any], scheduler: type, folder: Path) -> None:
    pipeline(
        tokenizer=t5_tokenizer(TOKENS),
        text_encoder=t5_encoder(),
        vae=vae(),
        transformer=transformer(),
        scheduler=scheduler(**SCHEDULE),
    ).save_pretrained(folder)


def _transformer(**changed: Any) -> Callable[[], CogVideoXTransformer3DModel]:
    shape = {"num_attention_heads": 2, "attention_head_dim": 16, "in_channels": LATENT}
    return partial(seeded, CogVideoXTransformer3DModel, **(TRANSFORMER | shape | changed))


def _consisid(faces: bool) -> ConsisIDTransformer3DModel:
    return seeded(
        ConsisIDTransformer3DModel,
        **TRANSFORMER,
        num_attention_heads=2,
        attention_head_dim=16,
        in_channels=2 * LATENT,
        use_rotary_positional_embeddings=True,
        use_learned_positional_embeddings=True,
        is_train_face=faces,
        is_kps=False,
        cross_attn_interval=1,
        cross_attn_dim_head=8,
        cross_attn_num_heads=2,
        LFE_id_dim=2,
        LFE_vit_dim=2,
        LFE_depth=5,
        LFE_dim_head=8,
        LFE_num_heads=2,
        LFE_num_id_token=1,
        LFE_num_querie=1,
        LFE_output_dim=21,
        LFE_ff_mult=1,
        LFE_num_scale=1,
    )


ROTARY = {"use_rotary_positional_embeddings": True}
PLACED = {**ROTARY, "in_channels": 2 * LATENT, "use_learned_positional_embeddings": True}
MAKERS: dict[str, Callable[[Path], None]] = {
    "CogVideoXPipeline": partial(_write, CogVideoXPipeline, _transformer(), CogVideoXDDIMScheduler),
    "CogVideoXImageToVideoPipeline": partial(
        _write, CogVideoXImageToVideoPipeline, _transformer(**PLACED), CogVideoXDPMScheduler
    ),
    "CogVideoXVideoToVideoPipeline": partial(
        _write, CogVideoXVideoToVideoPipeline, _transformer(**ROTARY), CogVideoXDPMScheduler
    ),
    "CogVideoXFunControlPipeline": partial(
        _write, CogVideoXFunControlPipeline, _transformer(**ROTARY, in_channels=2 * LATENT), CogVideoXDDIMScheduler
    ),
    "ConsisIDPipeline": partial(_write, ConsisIDPipeline, partial(_consisid, True), CogVideoXDPMScheduler),
}

SECOND = {**ROTARY, "patch_size_t": 2, "patch_bias": False}
"""CogVideoX 1.5: patches of two latent frames."""
FOR_CARDS: dict[str, Callable[[Path], None]] = {
    "cogvideox1.5-5b": partial(_write, CogVideoXPipeline, _transformer(**SECOND), CogVideoXDPMScheduler),
    "cogvideox1.5-5b-i2v": partial(
        _write,
        CogVideoXImageToVideoPipeline,
        _transformer(**SECOND, in_channels=2 * LATENT, ofs_embed_dim=2),
        CogVideoXDPMScheduler,
    ),
    "cogvideox1.5-5b-v2v": partial(
        _write, CogVideoXVideoToVideoPipeline, _transformer(**SECOND), CogVideoXDPMScheduler
    ),
    "consisid": partial(_write, ConsisIDPipeline, partial(_consisid, False), CogVideoXDPMScheduler),
}
SMALL: dict[str, dict[str, Any]] = {"ConsisIDPipeline": {"faces": "", "call.num_frames": 9}}
"""The card's checkpoint has no blocks for faces here, as the networks that find them are not installed."""
