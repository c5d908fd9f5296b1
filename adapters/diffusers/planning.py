"""What a request becomes under a mode's rules: pure, without diffusers, before anything loads."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from vbench_py.adapters.diffusers.arguments import FIELDS, chosen, mapping
from vbench_py.adapters.diffusers.settings import Settings
from vbench_py.adapters.geometry import FALLBACK_FPS
from vbench_py.adapters.hub_cache import lacking
from vbench_py.adapters.rules import frames_of, keeps_frames, keeps_size, size_of
from vbench_py.method_card import ModeCard
from vbench_py.types import Request

FOLDERS = ("folder", "transformer", "unet")
"""Settings that name a place on this machine."""


def parameters(settings: Settings, mode: ModeCard, request: Request) -> dict[str, Any]:
    """Everything that decides about the output, without paths: shape, rate, checkpoint, parameters of the call.

    `frames`, `width`, `height` and `fps` are None where the input or the pipeline's own default decides.
    `outside_rules` names what the user chose beyond what the card says of the model. Raises `Unsupported`.
    """
    names = mapping(settings, mode)
    frames = frames_of(mode.frames, request, chosen(settings, names, "frames"))
    size = size_of(mode.size, request, (chosen(settings, names, "width"), chosen(settings, names, "height")))
    width, height = size or (None, None)
    given = {names[name] for name in FIELDS if name in names}
    outside = [] if keeps_frames(mode.frames, frames) else ["frames"]
    outside += [] if keeps_size(mode.size, size) else ["size"]
    return {
        "mode": mode.called,
        "frames": frames,
        "width": width,
        "height": height,
        "fps": rate(settings, mode, request),
        "call": {name: value for name, value in settings.call.items() if name not in given},
        **told(settings),
        **({"outside_rules": outside} if outside else {}),
    }


def rate(settings: Settings, mode: ModeCard, request: Request) -> float | None:
    """Frames a second; None where it is the input's. The native rate is the model's own notion of time and wins."""
    if mode.fps == "as-input":
        return None
    picked = chosen(settings, mapping(settings, mode), "fps")
    if picked is not None:
        return float(picked)
    native, asked = mode.native_fps, request.fps
    first, second = (native, asked) if request.size_policy == "native" else (asked, native)
    return float(first or second or FALLBACK_FPS)


def missing(modes: Iterable[Settings]) -> str:
    """The repositories that the hub's cache does not hold, of settings that name no folder; "" for none."""
    found = (lacking(it.repo, it.revision, "model_index.json") for it in modes if it.repo and not it.folder)
    names = list(dict.fromkeys(filter(None, found)))
    return f"{' and '.join(names)} not in the hub's cache" if names else ""


def told(settings: Settings) -> dict[str, Any]:
    """The settings that change pixels, folders by their own names; how memory is kept small is not among them."""
    dumped = settings.model_dump(by_alias=True, exclude_defaults=True)
    for name in ("call", "arguments", "offload", "vae_slicing", "device_map", "batch_check"):
        dumped.pop(name, None)
    if settings.folder:
        dumped.pop("repo", None)
        dumped.pop("revision", None)
    plain: dict[str, Any] = _named(dumped)
    return plain


def _named(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _named(item, key) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_named(item) for item in value]
    return Path(value).name if name in FOLDERS and value else value


def folders(settings: Settings) -> list[str]:
    """Every local folder of weights that the settings name."""
    parts = [*settings.components.values(), *settings.loras, *settings.states.values()]
    parts += [settings.motion_adapter] if settings.motion_adapter is not None else []
    named = [settings.folder, settings.transformer, settings.unet, *(part.folder for part in parts)]
    return [name for name in named if name]


def follows_input(mode: ModeCard, request: Request) -> bool:
    """Whether the shape is known only when an input is opened, so that no two samples may share a call."""
    rules = [rule.follows for rule in (mode.frames, mode.size) if rule is not None]
    return mode.fps == "as-input" or any(role in request.media for role in rules if role)
