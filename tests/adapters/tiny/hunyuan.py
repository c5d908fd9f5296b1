"""Tiny HunyuanVideo (1.0, 1.5) and FramePack checkpoints: the official folders' format, seeded random weights."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from diffusers import (
    AutoencoderKLHunyuanVideo15,
    ClassifierFreeGuidance,
    DiffusionPipeline,
    FlowMatchEulerDiscreteScheduler,
    HunyuanSkyreelsImageToVideoPipeline,
    HunyuanVideo15ImageToVideoPipeline,
    HunyuanVideo15Pipeline,
    HunyuanVideo15Transformer3DModel,
    HunyuanVideoFramepackPipeline,
    HunyuanVideoFramepackTransformer3DModel,
    HunyuanVideoImageToVideoPipeline,
    HunyuanVideoPipeline,
    HunyuanVideoTransformer3DModel,
)
from diffusers.pipelines.hunyuan_video import pipeline_hunyuan_video, pipeline_hunyuan_video_image2video
from transformers import (
    ByT5Tokenizer,
    CLIPImageProcessor,
    CLIPVisionConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    SiglipImageProcessor,
    SiglipVisionConfig,
    SiglipVisionModel,
)

from tests.adapters.tiny import stable_diffusion
from tests.adapters.tiny.autoencoders import hunyuan as vae
from tests.adapters.tiny.language import WIDTH, llama, llama_config, llama_tokenizer, qwen_text, qwen_tokenizer
from tests.adapters.tiny.t5 import seeded, t5_encoder

LATENT = 4
BYTES = 32
"""Width of what reads single bytes, for letters to be painted."""
EYES = 8
"""Width of what looks at a first image."""
PATCHES = 27
"""A side of the grid of what looks at a first image, in patches: 729 tokens, which a pipeline counts on."""


def _texts(template: str) -> dict[str, Any]:
    """Llama and CLIP, as the first HunyuanVideo has them."""
    tokenizer = llama_tokenizer(template)
    return {
        "tokenizer": tokenizer,
        "text_encoder": llama(tokenizer),
        "tokenizer_2": stable_diffusion.clip_tokenizer(),
        "text_encoder_2": stable_diffusion.clip_text(),
    }


def _widths(**changes: Any) -> dict[str, Any]:
    """Of a transformer of one double and one single block."""
    sizes = {
        "in_channels": LATENT,
        "out_channels": LATENT,
        "num_attention_heads": 2,
        "attention_head_dim": 10,
        "num_layers": 1,
        "num_single_layers": 1,
        "num_refiner_layers": 1,
        "patch_size": 2,
        "text_embed_dim": WIDTH,
        "pooled_projection_dim": stable_diffusion.WIDTH,
        "rope_axes_dim": (2, 4, 4),
    }
    return {**sizes, **changes}


def _write(pipeline: type[DiffusionPipeline], folder: Path, **changes: Any) -> None:
    parts = _texts(pipeline_hunyuan_video.DEFAULT_PROMPT_TEMPLATE["template"])
    transformer = seeded(HunyuanVideoTransformer3DModel, **_widths(guidance_embeds=True, **changes))
    scheduler = FlowMatchEulerDiscreteScheduler(shift=7.0)
    pipeline(**parts, transformer=transformer, vae=vae(), scheduler=scheduler).save_pretrained(folder)


def _image_to_video(condition: str, folder: Path) -> None:
    """As HunyuanVideo I2V, whose language model sees the image: 576 tokens, which the pipeline counts on."""
    replaced = condition == "token_replace"
    parts = _texts(pipeline_hunyuan_video_image2video.DEFAULT_PROMPT_TEMPLATE["template"])
    eyes = CLIPVisionConfig(
        hidden_size=EYES,
        intermediate_size=EYES,
        projection_dim=EYES,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=336,
        patch_size=14,
    )
    tokenizer = parts["tokenizer"]
    config = LlavaConfig(
        vision_config=eyes,
        text_config=llama_config(tokenizer),
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        pad_token_id=tokenizer.pad_token_id,
    )
    HunyuanVideoImageToVideoPipeline(
        **{**parts, "text_encoder": seeded(lambda: LlavaForConditionalGeneration(config))},
        transformer=seeded(
            HunyuanVideoTransformer3DModel,
            **_widths(
                in_channels=LATENT if replaced else 2 * LATENT + 1,
                guidance_embeds=replaced,
                image_condition_type=condition,
            ),
        ),
        vae=vae(),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=7.0),
        image_processor=CLIPImageProcessor(crop_size={"height": 336, "width": 336}, size={"shortest_edge": 336}),
    ).save_pretrained(folder)


def _siglip(side: int) -> dict[str, Any]:
    """A vision encoder of one layer over `side` x `side` patches of 14 pixels, and its processor."""
    pixels = 14 * side
    config = SiglipVisionConfig(
        hidden_size=EYES,
        intermediate_size=EYES,
        num_hidden_layers=1,
        num_attention_heads=2,
        image_size=pixels,
        patch_size=14,
    )
    processor = SiglipImageProcessor(size={"height": pixels, "width": pixels})
    return {"image_encoder": seeded(lambda: SiglipVisionModel(config)), "feature_extractor": processor}


def _framepack(folder: Path) -> None:
    transformer = seeded(
        HunyuanVideoFramepackTransformer3DModel,
        **_widths(guidance_embeds=True),
        has_image_proj=True,
        image_proj_dim=EYES,
        has_clean_x_embedder=True,
    )
    HunyuanVideoFramepackPipeline(
        **_texts(pipeline_hunyuan_video.DEFAULT_PROMPT_TEMPLATE["template"]),
        transformer=transformer,
        vae=vae(),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=7.0),
        **_siglip(4),
    ).save_pretrained(folder)


def _later(pipeline: type[DiffusionPipeline], task: str, folder: Path) -> None:
    """As HunyuanVideo 1.5: Qwen and ByT5, a VAE 16 times smaller a side and 4 in time, guidance as a component."""
    tokenizer = qwen_tokenizer()
    autoencoder = seeded(
        AutoencoderKLHunyuanVideo15,
        latent_channels=LATENT,
        block_out_channels=(8,) * 5,
        layers_per_block=1,
        spatial_compression_ratio=16,
        temporal_compression_ratio=4,
        downsample_match_channel=False,
        upsample_match_channel=False,
    )
    transformer = seeded(
        HunyuanVideo15Transformer3DModel,
        in_channels=2 * LATENT + 1,
        out_channels=LATENT,
        num_attention_heads=2,
        attention_head_dim=8,
        num_layers=1,
        num_refiner_layers=1,
        mlp_ratio=2.0,
        patch_size=1,
        patch_size_t=1,
        text_embed_dim=WIDTH,
        text_embed_2_dim=BYTES,
        image_embed_dim=EYES,
        rope_axes_dim=(2, 2, 4),
        target_size=32,
        task_type=task,
    )
    pipeline(
        tokenizer=tokenizer,
        text_encoder=qwen_text(tokenizer),
        tokenizer_2=ByT5Tokenizer(),
        text_encoder_2=t5_encoder(BYTES, tokens=384),
        transformer=transformer,
        vae=autoencoder,
        scheduler=FlowMatchEulerDiscreteScheduler(shift=5.0),
        guider=ClassifierFreeGuidance(guidance_scale=6.0),
        **(_siglip(PATCHES) if task == "i2v" else {}),
    ).save_pretrained(folder)


MAKERS: dict[str, Callable[[Path], None]] = {
    "HunyuanVideoPipeline": partial(_write, HunyuanVideoPipeline),
    "HunyuanSkyreelsImageToVideoPipeline": partial(_write, HunyuanSkyreelsImageToVideoPipeline, in_channels=2 * LATENT),
    "HunyuanVideoImageToVideoPipeline": partial(_image_to_video, "token_replace"),
    "HunyuanVideoFramepackPipeline": _framepack,
    "HunyuanVideo15Pipeline": partial(_later, HunyuanVideo15Pipeline, "t2v"),
    "HunyuanVideo15ImageToVideoPipeline": partial(_later, HunyuanVideo15ImageToVideoPipeline, "i2v"),
}

FOR_CARDS: dict[str, Callable[[Path], None]] = {"hunyuanvideo-i2v-33ch": partial(_image_to_video, "latent_concat")}
