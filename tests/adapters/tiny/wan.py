"""Tiny Wan checkpoints in the official folder format: seeded random weights, a tokenizer of single characters."""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

MEAN, DEVIATION = 0.1, 1.5
"""Of the latents, so that forgetting to normalise them shows."""
TEXT_WIDTH = 16
MOTION_SIDE = 16


def seeded(make: Callable[[], Any], seed: int = 0) -> Any:
    """What `make` builds, its random weights those of `seed`; the caller's random state is left as it was."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make()


def letters() -> list[str]:
    """The pieces of a tokenizer that knows printable ASCII, a character each."""
    return [character for character in string.printable if not character.isspace()]


def text_components() -> dict[str, Any]:
    """A UMT5 encoder of one layer and its tokenizer."""
    from transformers import T5TokenizerFast, UMT5Config, UMT5EncoderModel

    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", -10.0), ("▁", -2.0)]
    tokenizer = T5TokenizerFast(vocab=pieces + [(letter, -3.0) for letter in letters()], extra_ids=0)
    config = UMT5Config(
        vocab_size=len(tokenizer), d_model=TEXT_WIDTH, d_kv=8, d_ff=32, num_layers=1, num_heads=2, dropout_rate=0.0
    )
    return {"tokenizer": tokenizer, "text_encoder": seeded(lambda: UMT5EncoderModel(config)).eval()}


def vae(**changes: Any) -> Any:
    """An `AutoencoderKLWan` of 16 latent channels, 4 times smaller in time and 8 times in space."""
    from diffusers import AutoencoderKLWan

    channels = changes.get("z_dim", 16)
    sizes = {
        "base_dim": 3,
        "z_dim": channels,
        "dim_mult": [1, 1, 1, 1],
        "num_res_blocks": 1,
        "temperal_downsample": [False, True, True],
        "latents_mean": [MEAN] * channels,
        "latents_std": [DEVIATION] * channels,
    }
    return seeded(lambda: AutoencoderKLWan(**{**sizes, **changes})).eval()


def widths(**changes: Any) -> dict[str, Any]:
    """Sizes of a transformer of one layer, as its constructor takes them."""
    return {
        "patch_size": (1, 2, 2),
        "num_attention_heads": 2,
        "attention_head_dim": 12,
        "in_channels": 16,
        "out_channels": 16,
        "text_dim": TEXT_WIDTH,
        "freq_dim": 16,
        "ffn_dim": 16,
        "num_layers": 1,
        "cross_attn_norm": True,
        "qk_norm": "rms_norm_across_heads",
        "rope_max_seq_len": 32,
        **changes,
    }


def transformer(seed: int = 0, **changes: Any) -> Any:
    from diffusers import WanTransformer3DModel

    return seeded(lambda: WanTransformer3DModel(**widths(**changes)), seed).eval()


def scheduler(shift: float = 3.0) -> Any:
    """UniPC over flow sigmas, as the official checkpoints have it."""
    from diffusers import UniPCMultistepScheduler

    return UniPCMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=shift, num_train_timesteps=1000
    )


def image_components(side: int = 8) -> dict[str, Any]:
    """A CLIP vision encoder of two layers (the pipelines read the last but one) and its processor."""
    from transformers import CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModel

    config = CLIPVisionConfig(
        hidden_size=4,
        projection_dim=4,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=side,
        intermediate_size=8,
        patch_size=side // 2,
    )
    processor = CLIPImageProcessor(crop_size={"height": side, "width": side}, size={"shortest_edge": side})
    return {"image_encoder": seeded(lambda: CLIPVisionModel(config)).eval(), "image_processor": processor}


def base(**others: Any) -> dict[str, Any]:
    """The components that every Wan pipeline has, and `others`."""
    return {**text_components(), "vae": vae(), "scheduler": scheduler(), **others}


def save(class_name: str, folder: Path, components: Mapping[str, Any]) -> None:
    """Writes the pipeline as the hub has it: model_index.json and a folder a component, weights as safetensors."""
    import diffusers

    getattr(diffusers, class_name)(**components).save_pretrained(folder, safe_serialization=True)


def text_to_video(folder: Path) -> None:
    save("WanPipeline", folder, base(transformer=transformer()))


def two_stages(folder: Path) -> None:
    """As Wan 2.2 A14B: one transformer for the noisy steps, another for the rest."""
    components = base(transformer=transformer(), transformer_2=transformer(1), boundary_ratio=0.875)
    save("WanPipeline", folder, components)


def high_compression(folder: Path, class_name: str = "WanPipeline") -> None:
    """As Wan 2.2 TI2V 5B: a VAE 16 times smaller in space, and a time step for every token."""
    small = vae(
        z_dim=48,
        in_channels=12,
        out_channels=12,
        is_residual=True,
        patch_size=2,
        scale_factor_spatial=16,
        scale_factor_temporal=4,
    )
    wide = transformer(in_channels=48, out_channels=48)
    save(class_name, folder, base(vae=small, transformer=wide, expand_timesteps=True))


def image_to_video(folder: Path) -> None:
    made = transformer(in_channels=36, image_dim=4)
    save("WanImageToVideoPipeline", folder, base(transformer=made, **image_components()))


def first_and_last(folder: Path) -> None:
    """As Wan 2.1 FLF2V: the transformer has positions for the tokens of two images."""
    tokens = 2 * (2 * 2 + 1)
    two = transformer(in_channels=36, image_dim=4, pos_embed_seq_len=tokens)
    save("WanImageToVideoPipeline", folder, base(transformer=two, **image_components()))


def two_stages_from_image(folder: Path) -> None:
    """As Wan 2.2 I2V A14B: two transformers, and no image encoder."""
    stages = {"transformer": transformer(in_channels=36), "transformer_2": transformer(1, in_channels=36)}
    save("WanImageToVideoPipeline", folder, base(**stages, boundary_ratio=0.9))


def video_to_video(folder: Path) -> None:
    save("WanVideoToVideoPipeline", folder, base(transformer=transformer()))


def any_to_video(folder: Path) -> None:
    from diffusers import WanVACETransformer3DModel

    sizes = widths(num_layers=2, vace_layers=[0, 1], vace_in_channels=96)
    save("WanVACEPipeline", folder, base(transformer=seeded(lambda: WanVACETransformer3DModel(**sizes)).eval()))


def animate(folder: Path) -> None:
    from diffusers import WanAnimateTransformer3DModel

    sizes = widths(
        in_channels=36,
        latent_channels=16,
        image_dim=4,
        motion_encoder_channel_sizes={str(side): 8 for side in (4, 8, MOTION_SIDE)},
        motion_encoder_size=MOTION_SIDE,
        motion_style_dim=8,
        motion_dim=4,
        motion_encoder_dim=16,
        face_encoder_hidden_dim=16,
        face_encoder_num_heads=2,
        inject_face_latents_blocks=1,
    )
    made = seeded(lambda: WanAnimateTransformer3DModel(**sizes)).eval()
    save("WanAnimatePipeline", folder, base(transformer=made, **image_components()))


MAKERS: dict[str, Callable[[Path], None]] = {
    "WanPipeline": text_to_video,
    "WanImageToVideoPipeline": image_to_video,
    "WanVideoToVideoPipeline": video_to_video,
    "WanVACEPipeline": any_to_video,
    "WanAnimatePipeline": animate,
}

FOR_CARDS: dict[str, Callable[[Path], None]] = {
    "wan-2.1-flf2v-14b-720p": first_and_last,
    "wan-2.2-t2v-a14b": two_stages,
    "wan-2.2-i2v-a14b": two_stages_from_image,
    "wan-2.2-ti2v-5b": high_compression,
}

SMALL: dict[str, dict[str, Any]] = {"WanAnimatePipeline": {"call.segment_frame_length": 5}}
