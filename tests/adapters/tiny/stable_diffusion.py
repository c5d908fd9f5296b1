"""Tiny checkpoints of pipelines that grew out of Stable Diffusion: seeded random weights in the official folder format.

Sizes follow what the classes' own tests use (diffusers, tests/pipelines, commit 58eb52c and, for the deprecated
classes, the commit before bc55b63): two resolution levels of 8 to 64 channels, one layer a level.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import diffusers
from transformers import (
    CLIPImageProcessor,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTokenizer,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
)

from tests.adapters.tiny.t5 import LETTERS, seeded, t5_encoder, t5_tokenizer

CHANNELS = (8, 16)
GROUPS = 2
WIDTH = 8
"""Of every text and image embedding."""
START, END = "<|startoftext|>", "<|endoftext|>"
BETAS = {"beta_start": 0.00085, "beta_end": 0.012}


def clip_tokenizer() -> CLIPTokenizer:
    """A CLIP tokenizer whose tokens are single letters, within a word and at its end; 77 tokens at most."""
    tokens = [*LETTERS, *(letter + "</w>" for letter in LETTERS), START, END]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    return CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=77)


def clip_text() -> CLIPTextModel:
    """A text encoder for `clip_tokenizer`, hidden states (B, 77, 8)."""
    tokens = len(clip_tokenizer())
    config = CLIPTextConfig(
        vocab_size=tokens,
        hidden_size=WIDTH,
        intermediate_size=2 * WIDTH,
        projection_dim=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=77,
        bos_token_id=tokens - 2,
        eos_token_id=tokens - 1,
        pad_token_id=tokens - 1,
    )
    return seeded(lambda: CLIPTextModel(config))


def clip_image() -> dict[str, Any]:
    """An image encoder of 224 x 224 pixels, which the pipelines resize to by themselves, and its processor."""
    config = CLIPVisionConfig(
        hidden_size=WIDTH,
        projection_dim=WIDTH,
        intermediate_size=2 * WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=224,
        patch_size=56,
    )
    processor = CLIPImageProcessor(crop_size={"height": 224, "width": 224}, size={"shortest_edge": 224})
    return {"image_encoder": seeded(lambda: CLIPVisionModelWithProjection(config)), "feature_extractor": processor}


def image_vae() -> diffusers.AutoencoderKL:
    """Stable Diffusion's autoencoder: 4 channels, two levels, so that a latent pixel is 2 x 2 pixels."""
    return seeded(
        diffusers.AutoencoderKL,
        block_out_channels=CHANNELS,
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        latent_channels=4,
        norm_num_groups=GROUPS,
        sample_size=32,
    )


def image_unet(channels: int = 4) -> diffusers.UNet2DConditionModel:
    """Stable Diffusion's network for latents of `channels` channels."""
    return seeded(
        diffusers.UNet2DConditionModel,
        block_out_channels=CHANNELS,
        layers_per_block=1,
        sample_size=8,
        in_channels=channels,
        out_channels=4,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=WIDTH,
        attention_head_dim=4,
        norm_num_groups=GROUPS,
    )


def text() -> dict[str, Any]:
    """CLIP's tokenizer and text encoder."""
    return {"text_encoder": clip_text(), "tokenizer": clip_tokenizer()}


def ddim(**options: Any) -> diffusers.DDIMScheduler:
    """DDIM with Stable Diffusion's noise."""
    return diffusers.DDIMScheduler(**{**BETAS, "beta_schedule": "scaled_linear", "clip_sample": False, **options})


def motion_adapter() -> diffusers.MotionAdapter:
    """Motion modules for `image_unet`, 32 frames at most, as the official ones."""
    return seeded(
        diffusers.MotionAdapter,
        block_out_channels=CHANNELS,
        motion_layers_per_block=1,
        motion_norm_num_groups=GROUPS,
        motion_num_attention_heads=2,
        motion_max_seq_length=32,
    )


def animatediff(folder: Path) -> None:
    """A Stable Diffusion 1.5 folder, 2D network included, and beside it `motion_adapter`, which model_index.json names.

    So it can be loaded whole, or as people do: Stable Diffusion from one place, the motion adapter from another.
    """
    parts = {"unet": image_unet(), "vae": image_vae(), **text(), "scheduler": ddim()}
    pipeline = diffusers.StableDiffusionPipeline(
        **parts, safety_checker=None, feature_extractor=None, requires_safety_checker=False
    )
    pipeline.save_pretrained(folder)
    motion_adapter().save_pretrained(folder / "motion_adapter")
    path = folder / "model_index.json"
    index = json.loads(path.read_text())
    for name in ("safety_checker", "requires_safety_checker"):
        index.pop(name)
    index.update(_class_name="AnimateDiffPipeline", motion_adapter=["diffusers", "MotionAdapter"])
    path.write_text(json.dumps(index, indent=2))


def animatediff_video(folder: Path) -> None:
    """The same for editing."""
    animatediff(folder)
    path = folder / "model_index.json"
    index = json.loads(path.read_text())
    path.write_text(json.dumps({**index, "_class_name": "AnimateDiffVideoToVideoPipeline"}, indent=2))


def stable_video(folder: Path) -> None:
    """Stable Video Diffusion: no text; 3 frames by its configuration, where the official ones say 14 or 25."""
    unet = seeded(
        diffusers.UNetSpatioTemporalConditionModel,
        block_out_channels=(32, 64),
        layers_per_block=1,
        sample_size=8,
        down_block_types=("CrossAttnDownBlockSpatioTemporal", "DownBlockSpatioTemporal"),
        up_block_types=("UpBlockSpatioTemporal", "CrossAttnUpBlockSpatioTemporal"),
        cross_attention_dim=WIDTH,
        num_attention_heads=(2, 4),
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=24,
        num_frames=3,
    )
    vae = seeded(
        diffusers.AutoencoderKLTemporalDecoder,
        block_out_channels=(32, 32),
        down_block_types=("DownEncoderBlock2D",) * 2,
        latent_channels=4,
    )
    scheduler = diffusers.EulerDiscreteScheduler(
        **BETAS,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        sigma_min=0.002,
        sigma_max=700.0,
        steps_offset=1,
        timestep_spacing="leading",
        timestep_type="continuous",
        use_karras_sigmas=True,
    )
    diffusers.StableVideoDiffusionPipeline(unet=unet, vae=vae, scheduler=scheduler, **clip_image()).save_pretrained(
        folder
    )


def _unet_3d(kind: type) -> Any:
    return seeded(
        kind,
        block_out_channels=CHANNELS,
        layers_per_block=1,
        sample_size=8,
        down_block_types=("CrossAttnDownBlock3D", "DownBlock3D"),
        up_block_types=("UpBlock3D", "CrossAttnUpBlock3D"),
        cross_attention_dim=WIDTH,
        attention_head_dim=4,
        norm_num_groups=GROUPS,
    )


def i2vgen(folder: Path) -> None:
    """I2VGen-XL: an image encoder and a text encoder."""
    unet = _unet_3d(diffusers.I2VGenXLUNet)
    parts = {"unet": unet, "vae": image_vae(), "scheduler": ddim(set_alpha_to_one=False), **text(), **clip_image()}
    diffusers.I2VGenXLPipeline(**parts).save_pretrained(folder)


def text_to_video(folder: Path) -> None:
    """ModelScope's text-to-video, which ZeroScope is too."""
    unet = _unet_3d(diffusers.UNet3DConditionModel)
    parts = {"unet": unet, "vae": image_vae(), "scheduler": ddim(set_alpha_to_one=False), **text()}
    diffusers.TextToVideoSDPipeline(**parts).save_pretrained(folder)


def latte(folder: Path) -> None:
    """Latte: T5 and a transformer over 16 frames, which its temporal position embedding is made for."""
    transformer = seeded(
        diffusers.LatteTransformer3DModel,
        sample_size=8,
        num_layers=1,
        patch_size=2,
        attention_head_dim=8,
        num_attention_heads=2,
        caption_channels=WIDTH,
        cross_attention_dim=16,
        in_channels=4,
        out_channels=8,
        attention_bias=True,
        activation_fn="gelu-approximate",
        num_embeds_ada_norm=1000,
        norm_type="ada_norm_single",
        norm_elementwise_affine=False,
        norm_eps=1e-6,
        video_length=16,
    )
    parts = {"transformer": transformer, "vae": image_vae(), "scheduler": diffusers.DDIMScheduler()}
    pipeline = diffusers.LattePipeline(**parts, text_encoder=t5_encoder(WIDTH), tokenizer=t5_tokenizer(120))
    pipeline.save_pretrained(folder)


def marigold_depth(folder: Path) -> None:
    """Marigold: affine-invariant depth of one image, with the steps and the resolution it names by itself."""
    scheduler = ddim(prediction_type="v_prediction", set_alpha_to_one=False, steps_offset=1)
    parts = {"unet": image_unet(channels=8), "vae": image_vae(), "scheduler": scheduler, **text()}
    diffusers.MarigoldDepthPipeline(
        **parts,
        prediction_type="depth",
        scale_invariant=True,
        shift_invariant=True,
        default_denoising_steps=2,
        default_processing_resolution=32,
    ).save_pretrained(folder)


MAKERS: dict[str, Callable[[Path], None]] = {
    "AnimateDiffPipeline": animatediff,
    "AnimateDiffVideoToVideoPipeline": animatediff_video,
    "I2VGenXLPipeline": i2vgen,
    "LattePipeline": latte,
    "MarigoldDepthPipeline": marigold_depth,
    "StableVideoDiffusionPipeline": stable_video,
    "TextToVideoSDPipeline": text_to_video,
}

SMALL: dict[str, dict[str, Any]] = {"StableVideoDiffusionPipeline": {"call.num_frames": 3}}
"""The cards fix 14 or 25 frames of at least 64x64."""
