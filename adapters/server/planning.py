"""What a request becomes under the rules of a mode and of the endpoint: pure arithmetic, nothing is asked or opened."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vbench_py.adapters.rules import frames_of, size_of
from vbench_py.adapters.server import body
from vbench_py.adapters.server.settings import PATIENCE, WHERE, Settings
from vbench_py.method_card import ModeCard
from vbench_py.types import Request, Unsupported


def shape(settings: Settings, mode: ModeCard, request: Request) -> dict[str, Any]:
    """`frames`, `fps`, `seconds`, `width`, `height` to ask for, None where the server's own default holds, as it does
    where the body has no field for it.

    A length in seconds is frames over rate, and one of `settings.lengths` where there are any. Raises `Unsupported`,
    also for an exact request that the body has no field for.
    """
    sent = {name for name, _ in body.names(settings.body)}
    frames = frames_of(mode.frames, request, settings.frames)
    size = size_of(mode.size, request, (settings.width, settings.height))
    fps = _rate(settings, mode, request)
    length = _seconds(settings, request, frames, fps) if "seconds" in sent else None
    width, height = size or (None, None)
    if request.size_policy == "exact":
        if request.frames is not None and not sent & {"frames", "seconds"}:
            raise Unsupported("frames", f"{request.frames} asked for exactly; the endpoint takes no length")
        if (request.width or request.height) and "width" not in sent:
            raise Unsupported("size", "asked for exactly; the endpoint takes no size")
    found = {"frames": frames, "fps": fps, "seconds": length, "width": width, "height": height}
    return {name: value if name in sent else None for name, value in found.items()}


def _rate(settings: Settings, mode: ModeCard, request: Request) -> float | None:
    if settings.fps is not None:
        return settings.fps
    if request.size_policy == "native":
        return mode.native_fps
    return request.fps or mode.native_fps


def _seconds(settings: Settings, request: Request, frames: int | None, fps: float | None) -> float | None:
    """The clip's length: the user's, or the one that holds `frames`."""
    if settings.seconds is not None:
        if settings.lengths and settings.seconds not in settings.lengths:
            raise Unsupported("seconds", f"{settings.seconds:g} chosen; the endpoint gives {_told(settings)}")
        return settings.seconds
    if frames is None:
        return None
    rate = fps or request.fps
    if rate is None:
        if request.size_policy == "exact":
            raise Unsupported("frames", f"{frames} asked for exactly; without a rate they have no length in seconds")
        return None
    wanted = frames / rate
    if not settings.lengths:
        return round(wanted, 3)
    nearest = min(sorted(settings.lengths), key=lambda length: abs(length - wanted))
    if request.size_policy == "exact" and abs(nearest - wanted) > 1e-6:
        raise Unsupported("frames", f"{frames} at {rate:g} a second asked for; the endpoint gives {_told(settings)}")
    return nearest


def _told(settings: Settings) -> str:
    return " or ".join(f"{length:g}" for length in settings.lengths) + " seconds"


def told(settings: Settings) -> dict[str, Any]:
    """The settings that decide what is made: neither the address, nor the key's place, nor how patient we are."""
    return settings.model_dump(mode="json", exclude=set(WHERE | PATIENCE), exclude_defaults=True)


def seeded(settings: Settings, mode: ModeCard) -> bool:
    """Whether the sample's seed reaches the server."""
    return mode.seed != "none" and any(name == "seed" for name, _ in body.names(settings.body))


def roles_of(*modes: ModeCard) -> frozenset[str]:
    """Every input that the modes take."""
    return frozenset(role for mode in modes for role in (*mode.required, *mode.optional))


def faults(settings: Settings, mode: ModeCard, roles: frozenset[str]) -> Iterator[str]:
    """What is wrong with a recipe, in words: placeholders that nothing fills, status words that mean two things.

    `roles` are those of all modes of the card, which may share a body.
    """
    known = {*body.TEXTS, *body.NUMBERS}
    for name, form in body.names(settings.body):
        if name not in known | roles:
            listed = ", ".join(sorted(known | roles))
            yield f"body holds {{{name}}}, which is no field and no input of its modes; known: {listed}"
        elif form and (name in known or form not in body.FORMS):
            yield f"body holds {{{name}.{form}}}; only media have forms: data_url, base64"
    sent = {name for name, _ in body.names(settings.body)}
    yield from (f"it requires {role}, and body does not send it" for role in mode.required if role not in sent)
    yield from (f"it requires {text}, and body does not send it" for text in mode.texts if text not in sent)
    for name in ("frames", "fps", "seconds", "width", "height"):
        through = {name, "seconds"} if name in ("frames", "fps") else {name}
        if getattr(settings, name) is not None and not through & sent:
            yield f"option {name} is set, and body has no {{{name}}} that would tell the server"
    seen: dict[str, str] = {}
    for meaning, words in settings.words.model_dump().items():
        for word in words:
            if (other := seen.setdefault(word.lower(), meaning)) != meaning:
                yield f"status word {word!r} means both {other} and {meaning}"
    if not settings.answers.id or not (settings.answers.status or settings.answers.url):
        yield "answers name no place of the job's id and of its status"
    if "{id}" not in settings.status and not settings.answers.status_url:
        yield "status holds no {id}, and answers name no status_url"
    if "{id}" not in settings.content and not settings.answers.url:
        yield "content holds no {id}, and answers name no url"
