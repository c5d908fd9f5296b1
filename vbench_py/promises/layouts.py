"""What a suite with a layout promises: of its card always, of the user's dataset where it is here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from vbench_py import derive, layout
from vbench_py.cards import LayoutCard, RoleCard, SuiteCard
from vbench_py.layout.scan import role_steps
from vbench_py.layout.text import fields
from vbench_py.promises.finding import Skipped, demand
from vbench_py.types import Media, Sample, Step

Check = tuple[str, Callable[[], str | None]]


def layout_promises(card: SuiteCard) -> Iterator[Check]:
    """The card's own consistency, then clips, frames, and sizes of the dataset."""
    assert card.layout is not None
    how = card.layout

    def here() -> layout.Scan:
        if text := layout.missing(card):
            raise Skipped(text)
        return layout.scan(card)

    def present() -> str:
        return str(here().root)

    def clips() -> str:
        seen = here()
        demand(not seen.clip_faults, layout.told(card, seen.root, seen.clip_faults))
        return f"{len(seen.clips)} clips"

    def frames() -> str:
        seen = here()
        demand(not seen.frame_faults, layout.told(card, seen.root, seen.frame_faults))
        counted = sum(found.length or 0 for clip in seen.clips for found in clip.found.values())
        return f"{counted} frames"

    def headers() -> str:
        seen = here()
        faults = tuple(layout.header_faults(card, seen))
        demand(not faults, layout.told(card, seen.root, faults))
        return f"{sum(len(clip.found) for clip in seen.clips)} headers read"

    yield "its layout is consistent", lambda: _consistent(how)
    yield "its data is here", present
    yield "its data has the clips of the card", clips
    yield "its data has every role of every clip, with the frames of the card", frames
    yield "its data is readable, in the sizes of the card", headers


def stand_ins(card: SuiteCard) -> tuple[Sample, ...]:
    """One sample with the roles, recipes and texts that every sample of the layout will have; no dataset is read."""
    assert card.layout is not None
    recipes: dict[str, tuple[Step, ...]] = {}
    for role, how in card.layout.roles.items():
        recipes[role] = recipes.get(how.origin, ()) + role_steps(how)
    media = {role: Media(Path(role), steps=steps) for role, steps in recipes.items()}
    texts = dict(card.layout.texts)
    return (
        Sample(
            "any clip",
            card.task,
            prompt=texts.get("prompt", ""),
            negative_prompt=texts.get("negative_prompt", ""),
            source_prompt=texts.get("source_prompt", ""),
            class_label=texts.get("class_label", ""),
            media=media,
        ),
    )


def _consistent(how: LayoutCard) -> None:
    known = _fields(how)
    seen: set[str] = set()
    for name, role in how.roles.items():
        demand(not role.origin or role.origin in seen, f"role {name!r} is made from {role.origin!r}, not before it")
        for other in (role.like, role.stems):
            demand(not other or other in seen, f"role {name!r} is like {other!r}, which is not before it")
        derive.check([step for step in role_steps(role) if step.operator in derive.operators()])
        for text in (role.path, *role.pick, *role.views.values()):
            _demand_fields(text, known, f"role {name!r}")
        _demand_clips(how, name, role)
        seen.add(name)
    for text in (how.id, how.group, *how.texts.values()):
        _demand_fields(text, known, "a text")


def _fields(how: LayoutCard) -> set[str] | None:
    """The fields of a clip; None where only the list file knows them."""
    clips = how.clips
    if clips.file and not clips.columns:
        return None
    own = {"clip"} if clips.names else set(fields(clips.match) if clips.match else clips.columns)
    made = {name for texts in clips.variants.values() for name in texts}
    return own | made | ({"variant"} if clips.variants else set())


def _demand_fields(text: str, known: set[str] | None, where: str) -> None:
    unknown = [name for name in fields(text) if known is not None and name not in known]
    demand(not unknown, f"{where}: {text!r}: no clip has a field {unknown and unknown[0]!r}")


def _demand_clips(how: LayoutCard, name: str, role: RoleCard) -> None:
    for expected in (role.count, role.size):
        if isinstance(expected, dict):
            wrong = sorted(set(how.clips.names) ^ set(expected)) if how.clips.names else []
            demand(not wrong, f"role {name!r}: counts or sizes by clip do not fit the names: {', '.join(wrong)}")
