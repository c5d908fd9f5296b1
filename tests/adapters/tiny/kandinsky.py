"""Tiny Kandinsky 5 checkpoints: the official folders' format, seeded random weights."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from inspect import getsource
from pathlib import Path

from diffusers import (
    DiffusionPipeline,
    FlowMatchEulerDiscreteScheduler,
    Kandinsky5I2VPipeline,
    Kandinsky5T2VPipeline,
    Kandinsky5Transformer3DModel,
)
from transformers import Qwen2VLImageProcessor, Qwen2VLProcessor, Qwen2VLVideoProcessor

from tests.adapters.tiny import stable_diffusion
from tests.adapters.tiny.autoencoders import hunyuan as vae
from tests.adapters.tiny.language import CHAT, WIDTH, qwen25_vl, qwen_tokenizer
from tests.adapters.tiny.t5 import seeded

LATENT = 4
TEMPLATE = getsource(Kandinsky5T2VPipeline.__init__)
"""Where the pipelines' template is written: with a token a word it leaves room for the prompt."""


def _write(pipeline: type[DiffusionPipeline], conditioned: bool, folder: Path) -> None:
    language = qwen_tokenizer(TEMPLATE)
    processor = Qwen2VLProcessor(Qwen2VLImageProcessor(), language, Qwen2VLVideoProcessor(), chat_template=CHAT)
    transformer = seeded(
        Kandinsky5Transformer3DModel,
        in_visual_dim=LATENT,
        out_visual_dim=LATENT,
        in_text_dim=WIDTH,
        in_text_dim2=stable_diffusion.WIDTH,
        time_dim=8,
        patch_size=(1, 2, 2),
        model_dim=16,
        ff_dim=16,
        num_text_blocks=1,
        num_visual_blocks=1,
        axes_dims=(2, 2, 4),
        visual_cond=conditioned,
        attention_type="regular",
    )
    pipeline(
        tokenizer=processor,
        text_encoder=qwen25_vl(language),
        tokenizer_2=stable_diffusion.clip_tokenizer(),
        text_encoder_2=stable_diffusion.clip_text(),
        transformer=transformer,
        vae=vae(),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=5.0),
    ).save_pretrained(folder)


MAKERS: dict[str, Callable[[Path], None]] = {
    "Kandinsky5T2VPipeline": partial(_write, Kandinsky5T2VPipeline, True),
    "Kandinsky5I2VPipeline": partial(_write, Kandinsky5I2VPipeline, True),
}
