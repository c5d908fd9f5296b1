"""Which parameter of a pipeline a role, a text or a field of the request goes to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from vbench_py.adapters.diffusers.settings import Settings
from vbench_py.adapters.diffusers.signatures import has_free_noise, parameters
from vbench_py.method_card import ModeCard, Text
from vbench_py.types import UsageError

USUAL: Mapping[str, tuple[str, ...]] = {
    "prompt": ("prompt",),
    "negative_prompt": ("negative_prompt",),
    "first": ("image",),
    "last": ("last_image",),
    "source": ("video",),
    "prefix": ("video",),
    "mask": ("mask", "mask_video"),
    "control": ("control_video", "pose_video"),
    "reference": ("reference_images", "ref_image"),
    "prompt_schedule": ("prompt_segments",),
    "frames": ("num_frames", "frames", "video_length"),
    "width": ("width",),
    "height": ("height",),
    "seed": ("generator", "seed"),
    "fps": ("fps", "frame_rate", "target_fps"),
}
"""Names that most pipelines use, in order of preference; a card's `arguments` come on top."""

TEXTS: tuple[str, ...] = get_args(Text)
FIELDS = ("frames", "width", "height", "seed", "fps")
STILLS = frozenset({"image", "last_image", "ref_image", "cond_image", "ip_adapter_image"})
"""Parameters that take one picture; others of media take a list of them."""
OWN = frozenset({"output_type", "return_dict", "latents", "callback_on_step_end", "num_videos_per_prompt"})
"""Parameters that the adapter sets, or that would break one output a sample."""


def mapping(settings: Settings, mode: ModeCard) -> dict[str, str]:
    """Role, text or field -> parameter, of those that the mode takes and the pipeline has.

    Raises `UsageError` for an unknown class of pipeline.
    """
    known = parameters(settings.pipeline)
    names: dict[str, str] = {}
    roles = (*mode.required, *mode.optional)
    fields = [name for name in FIELDS if name != "fps" or mode.fps == "model-input"]
    for name in (*TEXTS, *fields, *roles):
        if name in settings.arguments:
            place = settings.arguments[name]
        elif name == "prompt_schedule" and settings.free_noise is not None:
            place = "prompt"
        else:
            place = next((one for one in USUAL.get(name, ()) if one in known), "")
        if place:
            names[name] = place
    return names


def faults(settings: Settings, mode: ModeCard) -> Iterator[str]:
    """What the card's `call` and `arguments` name that the pipeline's call has not, and what has no way in."""
    known = parameters(settings.pipeline)
    for name in settings.call:
        if name not in known:
            yield f"call.{name} is no parameter of {settings.pipeline}"
        elif name in OWN:
            yield f"call.{name} is the adapter's own"
    for name, place in settings.arguments.items():
        if place and place not in known:
            yield f"arguments.{name} = {place!r} is no parameter of {settings.pipeline}"
    names = mapping(settings, mode)
    for name in (*mode.required, *mode.optional, *mode.texts, *mode.optional_texts):
        if name not in names:
            yield f"{name} goes to no parameter of {settings.pipeline}"
    if settings.free_noise is not None and not has_free_noise(settings.pipeline):
        yield f"free_noise: {settings.pipeline} has none"


def check(where: str, settings: Settings, mode: ModeCard) -> None:
    """Raises `UsageError` with the first fault, and the names there are."""
    for fault in faults(settings, mode):
        raise UsageError(
            f"{where}, mode {mode.called}: {fault}",
            mend=f"it has {', '.join(parameters(settings.pipeline))}",
        )


def chosen(settings: Settings, names: Mapping[str, str], field: str) -> Any:
    """What `call` says about a field that a rule would decide; None where it says nothing."""
    return settings.call.get(names[field]) if field in names else None
