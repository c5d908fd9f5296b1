"""Tiny LTX-2 checkpoints, sound included: the official folders' format, seeded random weights."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from diffusers import (
    AutoencoderKLLTX2Audio,
    AutoencoderKLLTX2Video,
    DiffusionPipeline,
    FlowMatchEulerDiscreteScheduler,
    LTX2ImageToVideoPipeline,
    LTX2Pipeline,
    LTX2VideoTransformer3DModel,
)
from diffusers.pipelines.ltx2 import LTX2TextConnectors, LTX2Vocoder
from transformers import Gemma3Config, Gemma3ForConditionalGeneration, GemmaTokenizer

from tests.adapters.tiny.t5 import LETTERS, seeded

TOKENS = 1024
WIDTH = 16
LAYERS = 2
LATENT = 4


def _tokenizer() -> GemmaTokenizer:
    pieces = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "\u2581", *LETTERS]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    return GemmaTokenizer(vocab=vocabulary, merges=[], model_max_length=TOKENS)


def _text_encoder() -> Gemma3ForConditionalGeneration:
    text = {
        "vocab_size": len(LETTERS) + 6,
        "hidden_size": WIDTH,
        "intermediate_size": WIDTH,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 8,
    }
    vision = {
        "hidden_size": 8,
        "intermediate_size": 8,
        "num_hidden_layers": 1,
        "num_attention_heads": 1,
        "image_size": 28,
        "patch_size": 14,
    }
    config = Gemma3Config(text_config=text, vision_config=vision, mm_tokens_per_image=4)
    return seeded(lambda: Gemma3ForConditionalGeneration(config))


def _vae() -> AutoencoderKLLTX2Video:
    """32 times smaller a side and 8 in time, as the real one, with 4 latent channels for 128."""
    return seeded(
        AutoencoderKLLTX2Video,
        latent_channels=LATENT,
        block_out_channels=(8, 8, 8, 8),
        decoder_block_out_channels=(8, 8, 8),
        layers_per_block=(1, 1, 1, 1, 1),
        decoder_layers_per_block=(1, 1, 1, 1),
        spatio_temporal_scaling=(True, True, True, True),
        decoder_spatio_temporal_scaling=(True, True, True),
        decoder_inject_noise=(False, False, False, False),
        downsample_type=("spatial", "temporal", "spatiotemporal", "spatiotemporal"),
        upsample_residual=(False, False, False),
        upsample_factor=(1, 1, 1),
        patch_size=4,
        patch_size_t=1,
        spatial_compression_ratio=32,
        temporal_compression_ratio=8,
    )


def _audio_vae() -> AutoencoderKLLTX2Audio:
    return seeded(
        AutoencoderKLLTX2Audio,
        base_channels=4,
        ch_mult=(1, 1, 1),
        num_res_blocks=1,
        attn_resolutions=None,
        resolution=32,
        latent_channels=2,
        norm_type="pixel",
        causality_axis="height",
        mid_block_add_attention=False,
        sample_rate=16000,
        mel_hop_length=160,
        mel_bins=8,
    )


def _write(pipeline: type[DiffusionPipeline], folder: Path) -> None:
    audio_vae = _audio_vae()
    pipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=_vae(),
        audio_vae=audio_vae,
        text_encoder=_text_encoder(),
        tokenizer=_tokenizer(),
        connectors=seeded(
            LTX2TextConnectors,
            caption_channels=WIDTH,
            text_proj_in_factor=LAYERS + 1,
            video_connector_num_attention_heads=2,
            video_connector_attention_head_dim=8,
            video_connector_num_layers=1,
            video_connector_num_learnable_registers=None,
            audio_connector_num_attention_heads=2,
            audio_connector_attention_head_dim=8,
            audio_connector_num_layers=1,
            audio_connector_num_learnable_registers=None,
            connector_rope_base_seq_len=32,
            rope_double_precision=False,
            rope_type="split",
        ),
        transformer=seeded(
            LTX2VideoTransformer3DModel,
            in_channels=LATENT,
            out_channels=LATENT,
            num_attention_heads=2,
            attention_head_dim=8,
            cross_attention_dim=16,
            audio_in_channels=4,
            audio_out_channels=4,
            audio_num_attention_heads=2,
            audio_attention_head_dim=4,
            audio_cross_attention_dim=8,
            num_layers=2,
            caption_channels=WIDTH,
            rope_double_precision=False,
            rope_type="split",
        ),
        vocoder=seeded(
            LTX2Vocoder,
            in_channels=2 * audio_vae.config.mel_bins,
            hidden_channels=32,
            out_channels=2,
            upsample_kernel_sizes=[4, 4],
            upsample_factors=[2, 2],
            resnet_kernel_sizes=[3],
            resnet_dilations=[[1, 3, 5]],
            leaky_relu_negative_slope=0.1,
            output_sampling_rate=16000,
        ),
    ).save_pretrained(folder)


MAKERS: dict[str, Callable[[Path], None]] = {
    "LTX2Pipeline": partial(_write, LTX2Pipeline),
    "LTX2ImageToVideoPipeline": partial(_write, LTX2ImageToVideoPipeline),
}
_ROOM = {"call.width": 64, "call.height": 64, "call.spatio_temporal_guidance_blocks": [1]}
SMALL: dict[str, dict[str, Any]] = {"LTX2Pipeline": _ROOM, "LTX2ImageToVideoPipeline": _ROOM}
"""Its decoder reflects at the borders, for which two latents a side are needed; there are two layers, not 48."""
