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
            mode=mode.name or mode.task,
            task=mode.task,
            required=mode.required,
            optional=mode.optional,
            outputs=mode.outputs,
            deterministic=mode.deterministic,
        )
        for mode in card.modes
    ]


def choose_mode(card: MethodCard, request: Request) -> ModeCard:
    """The first mode that serves the sample's task with the media at hand.

    Raises `Unsupported("task", ...)` when no mode serves the task, `Unsupported(role, ...)` when an input is missing.
    """
    task = request.sample.task
    modes = [mode for mode in card.modes if mode.task == task]
    if not modes:
        served = ", ".join(card.tasks)
        raise Unsupported("task", f"{card.id} does not serve {task}; it serves {served}")
    for mode in modes:
        if all(role in request.media for role in mode.required):
            return mode
    missing = next(role for role in modes[0].required if role not in request.media)
    raise Unsupported(missing, f"{card.id} needs it as input for {task}; sample {request.sample.id!r} has none")


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
