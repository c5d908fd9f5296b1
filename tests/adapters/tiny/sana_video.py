"""Tiny SANA-Video checkpoints in the official folder format: Wan's VAE, a Gemma 2 encoder, a linear transformer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from tests.adapters.tiny.wan import letters, save, seeded, vae

TEXT_WIDTH = 8
SPECIALS = ("<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "▁", "\n")
SAMPLE_SIDE = 30
"""`sample_size` of the 480p checkpoint: it picks the table of aspect ratios."""


def components() -> dict[str, Any]:
    from diffusers import DPMSolverMultistepScheduler, SanaVideoTransformer3DModel
    from transformers import Gemma2Config, Gemma2Model, GemmaTokenizerFast

    solver: Any = DPMSolverMultistepScheduler
    pieces = {piece: number for number, piece in enumerate([*SPECIALS, *letters()])}
    tokenizer = GemmaTokenizerFast(vocab=pieces, merges=[])
    text = Gemma2Config(
        vocab_size=len(tokenizer),
        head_dim=8,
        hidden_size=TEXT_WIDTH,
        intermediate_size=16,
        num_attention_heads=2,
        num_hidden_layers=1,
        num_key_value_heads=2,
        attn_implementation="eager",
    )
    sizes = {
        "in_channels": 16,
        "out_channels": 16,
        "num_attention_heads": 2,
        "attention_head_dim": 12,
        "num_layers": 1,
        "num_cross_attention_heads": 2,
        "cross_attention_head_dim": 12,
        "cross_attention_dim": 24,
        "caption_channels": TEXT_WIDTH,
        "sample_size": SAMPLE_SIDE,
        "patch_size": (1, 2, 2),
        "qk_norm": "rms_norm_across_heads",
        "rope_max_seq_len": 32,
    }
    return {
        "tokenizer": tokenizer,
        "text_encoder": seeded(lambda: Gemma2Model(text)).eval(),
        "vae": vae(),
        "transformer": seeded(lambda: SanaVideoTransformer3DModel(**sizes)).eval(),
        "scheduler": solver(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=8.0),
    }


def pipeline(folder: Path, class_name: str) -> None:
    save(class_name, folder, components())


MAKERS: dict[str, Callable[[Path], None]] = {
    name: partial(pipeline, class_name=name) for name in ("SanaVideoPipeline", "SanaImageToVideoPipeline")
}

BINNING = {"call.use_resolution_binning": False}
"""Sizes are otherwise brought to those of the table, and back."""

SMALL: dict[str, dict[str, Any]] = dict.fromkeys(MAKERS, BINNING)
