"""Tiny Cosmos checkpoints: the official folders' format, seeded random weights, and nothing that checks for safety."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from diffusers import (
    AutoencoderKLCosmos,
    Cosmos2_5_PredictBasePipeline,
    Cosmos2VideoToWorldPipeline,
    CosmosTextToWorldPipeline,
    CosmosTransformer3DModel,
    CosmosVideoToWorldPipeline,
    DiffusionPipeline,
    EDMEulerScheduler,
    FlowMatchEulerDiscreteScheduler,
    UniPCMultistepScheduler,
)

from tests.adapters.tiny import wan
from tests.adapters.tiny.language import LAYERS, qwen25_vl, qwen_tokenizer
from tests.adapters.tiny.language import WIDTH as QWEN
from tests.adapters.tiny.t5 import WIDTH, seeded, t5_encoder, t5_tokenizer
from tests.adapters.tiny.unchecked import Unchecked

LATENT = 4
FILTER = "safety_checker"


def _vae() -> AutoencoderKLCosmos:
    """8 times smaller a side and in time, as the real one, with 4 latent channels for 16."""
    return seeded(
        AutoencoderKLCosmos,
        latent_channels=LATENT,
        encoder_block_out_channels=(8, 8, 8, 8),
        decode_block_out_channels=(8, 8, 8, 8),
        attention_resolutions=(8,),
        resolution=64,
        num_layers=1,
        patch_size=4,
        scaling_factor=1.0,
    )


def _transformer(latent: int, condition: int, text: int, **changes: Any) -> CosmosTransformer3DModel:
    sizes: dict[str, Any] = {
        "in_channels": latent + condition,
        "out_channels": latent,
        "num_attention_heads": 2,
        "attention_head_dim": 16,
        "num_layers": 1,
        "mlp_ratio": 2,
        "text_embed_dim": text,
        "adaln_lora_dim": 4,
        "max_size": (8, 32, 32),
        "patch_size": (1, 2, 2),
        "rope_scale": (2.0, 1.0, 1.0),
        "concat_padding_mask": True,
        "extra_pos_embed_type": "learnable",
    }
    return seeded(CosmosTransformer3DModel, **{**sizes, **changes})


def _save(pipeline: type[DiffusionPipeline], folder: Path, **parts: Any) -> None:
    pipeline(**parts, safety_checker=Unchecked()).save_pretrained(folder)
    index = folder / "model_index.json"
    listed = json.loads(index.read_text())
    # Diffusers writes only the first part of a module's name.
    listed[FILTER] = [Unchecked.__module__, Unchecked.__name__]
    index.write_text(json.dumps(listed, indent=2))


def _first(pipeline: type[DiffusionPipeline], condition: int, folder: Path) -> None:
    scheduler = EDMEulerScheduler(sigma_min=0.002, sigma_max=80, sigma_data=0.5, final_sigmas_type="sigma_min")
    _save(
        pipeline,
        folder,
        tokenizer=t5_tokenizer(512),
        text_encoder=t5_encoder(),
        transformer=_transformer(LATENT, condition, WIDTH),
        vae=_vae(),
        scheduler=scheduler,
    )


def _second(folder: Path) -> None:
    _save(
        Cosmos2VideoToWorldPipeline,
        folder,
        tokenizer=t5_tokenizer(512),
        text_encoder=t5_encoder(),
        transformer=_transformer(16, 1, WIDTH),
        vae=wan.vae(),
        scheduler=FlowMatchEulerDiscreteScheduler(use_karras_sigmas=True),
    )


def _later(folder: Path) -> None:
    """As Predict 2.5: what every layer of Qwen says, one after the other."""
    tokenizer = qwen_tokenizer()
    _save(
        Cosmos2_5_PredictBasePipeline,
        folder,
        tokenizer=tokenizer,
        text_encoder=qwen25_vl(tokenizer),
        transformer=_transformer(16, 1, LAYERS * QWEN, use_crossattn_projection=False),
        vae=wan.vae(),
        scheduler=UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=5.0),
    )


MAKERS: dict[str, Callable[[Path], None]] = {
    "CosmosTextToWorldPipeline": partial(_first, CosmosTextToWorldPipeline, 0),
    "CosmosVideoToWorldPipeline": partial(_first, CosmosVideoToWorldPipeline, 1),
    "Cosmos2VideoToWorldPipeline": _second,
    "Cosmos2_5_PredictBasePipeline": _later,
}

SMALL: dict[str, dict[str, Any]] = {
    # More than the frames they go on from, which would leave nothing to make.
    "CosmosVideoToWorldPipeline": {"call.num_frames": 17},
    "Cosmos2VideoToWorldPipeline": {"call.num_frames": 13},
    "Cosmos2_5_PredictBasePipeline": {"call.num_frames": 13},
}
