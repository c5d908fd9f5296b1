"""What a card's modes promise, checked against a request before any file is opened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vbench_py.cards import MethodCard, ModeCard
from vbench_py.types import Capability, Request, Resolved, Unsupported, UsageError


def capabilities(card: MethodCard) -> list[Capability]:
    """One `Capability` per mode of the card; a mode without a name is called after its task."""
    return [
        Capability(
            mode=mode.called,
            task=mode.task,
            required=mode.required,
            optional=mode.optional,
            outputs=mode.outputs,
            deterministic=mode.deterministic,
        )
        for mode in card.modes
    ]


def choose_mode(card: MethodCard, request: Request) -> ModeCard:
    """The first mode that serves the sample's task with the media and texts at hand.

    Raises `Unsupported("task", ...)` when no mode serves the task, `Unsupported(role, ...)` when an input is missing,
    a text among them.
    """
    task = request.sample.task
    modes = [mode for mode in card.modes if mode.task == task]
    if not modes:
        served = ", ".join(card.tasks)
        raise Unsupported("task", f"{card.id} does not serve {task}; it serves {served}")
    for mode in modes:
        if _lacking(mode, request) is None:
            return mode
    missing = _lacking(modes[0], request)
    raise Unsupported(str(missing), f"{card.id} needs it as input for {task}; sample {request.sample.id!r} has none")


def _lacking(mode: ModeCard, request: Request) -> str | None:
    """The first role or text that the mode must have and the request has not."""
    for role in mode.required:
        if role not in request.media:
            return role
    return next((text for text in mode.texts if not getattr(request.sample, text)), None)


def changes(card: MethodCard, options: Mapping[str, Any]) -> dict[str, Any]:
    """What the user changed: of the card's defaults with the user's options on top, those that are not the card's."""
    return {name: value for name, value in options.items() if name not in card.defaults or card.defaults[name] != value}


def layered(*tables: Mapping[str, Any]) -> dict[str, Any]:
    """One nested table from several, later ones on top: tables within are merged, all else is replaced.

    A key with dots names a place within: `call.guidance_scale`. None takes away what lies below it, so that the
    adapter's own default holds. Raises `UsageError` where that place lies in no table.
    """
    whole: dict[str, Any] = {}
    for table in tables:
        for name, value in table.items():
            *path, last = name.split(".")
            place = whole
            for step in path:
                place = place.setdefault(step, {})
                if not isinstance(place, dict):
                    raise UsageError(f"option {name!r}: {step!r} holds {place!r}, and no table")
            if value is None:
                place.pop(last, None)
            elif isinstance(value, Mapping):
                under = place.get(last)
                place[last] = layered(under if isinstance(under, Mapping) else {}, value)
            else:
                place[last] = value
    return whole


def checked_options(card: MethodCard, options: Mapping[str, Any], *, also: tuple[str, ...] = ()) -> dict[str, Any]:
    """`options` over the card's defaults, each of the default's type; whole numbers pass where a float is wanted.

    `also` names options that the adapter knows beyond the card's defaults; their values are taken as they come.
    Raises `UsageError` for an unknown name or a value of another type.
    """
    known = [*card.defaults, *(name for name in also if name not in card.defaults)]
    merged = dict(card.defaults)
    for name, value in options.items():
        if name not in known:
            listed = ", ".join(sorted(known)) or "none"
            raise UsageError(f"method {card.id}: unknown option {name!r}; known options: {listed}")
        merged[name] = _like(card, name, value) if name in card.defaults else value
    return merged


def _like(card: MethodCard, name: str, value: Any) -> Any:
    default = card.defaults[name]
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not type(default):
        raise UsageError(
            f"method {card.id}: option {name} is {value!r} ({type(value).__name__}); "
            f"it must be of type {type(default).__name__}, as its default {default!r}"
        )
    return value


def resolve(card: MethodCard, request: Request, parameters: Mapping[str, Any], *, seed_applied: bool) -> Resolved:
    """A `Resolved` for a method without rules of its own: the request as it is, and the merged parameters."""
    return Resolved(
        request=request,
        parameters=dict(parameters),
        seed_applied=seed_applied,
        prompt_used=request.sample.prompt,
        prompt_policy=card.prompt_policy,
    )
