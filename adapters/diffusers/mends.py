"""What some pipelines of diffusers need beside their own code to run, and to run the same twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from inspect import signature
from typing import Any

import torch
import transformers


def mend(pipeline: Any) -> None:
    """Gives CLIP text encoders back their attribute `text_model`, which transformers 5 merged into the encoder.

    Pipelines still read it for `clip_skip` (I2VGenXLPipeline by default). For EasyAnimate see `_easy_animate`.
    """
    for part in pipeline.components.values():
        if isinstance(part, transformers.CLIPTextModel) and not hasattr(part, "text_model"):
            # Past torch's own setter, which would make the encoder a part of itself.
            object.__setattr__(part, "text_model", part)
    if type(pipeline).__name__.startswith("EasyAnimate"):
        _easy_animate(pipeline)


def _easy_animate(pipeline: Any) -> None:
    """What EasyAnimate's pipelines ask of their parts in vain, up to diffusers 0.42.1 at least.

    The control pipeline hands `text_encoder_index` to an `encode_prompt` that has no such parameter (diffusers issue
    13638), and calls a `decode_latents` that nobody has; its siblings divide by the scaling factor and decode. The
    inpainting one reads `cache_mag_vae` from the autoencoder's configuration; the authors' has it true.
    """
    if "text_encoder_index" not in signature(pipeline.encode_prompt).parameters:
        encode = pipeline.encode_prompt

        def without_index(*arguments: Any, text_encoder_index: int = 0, **named: Any) -> Any:
            return encode(*arguments, **named)

        pipeline.encode_prompt = without_index
    if not hasattr(pipeline, "decode_latents"):
        vae = pipeline.vae
        pipeline.decode_latents = lambda latents: vae.decode(latents / vae.config.scaling_factor, return_dict=False)[0]
    if "cache_mag_vae" not in pipeline.vae.config:
        pipeline.vae.register_to_config(cache_mag_vae=True)


STREAM = 0x5BD1E995
"""Apart from the seed of the generator itself, whose numbers would come a second time."""


@contextmanager
def seeded(arguments: Mapping[str, Any], device: str) -> Iterator[None]:
    """Torch's global generators start from the seed of the call's (first) generator, and are as before afterwards.

    Some pipelines draw from them beside the generator they are given: I2VGenXLPipeline for the image's latent, any
    whose sampler adds noise but is not handed the generator.
    """
    given = [one for value in arguments.values() for one in (value if isinstance(value, list) else [value])]
    seed = next((one.initial_seed() for one in given if isinstance(one, torch.Generator)), None)
    devices = list(range(torch.cuda.device_count())) if device.startswith("cuda") else []
    with torch.random.fork_rng(devices=devices):
        if seed is not None:
            torch.manual_seed((seed + STREAM) % 2**63)
        yield
