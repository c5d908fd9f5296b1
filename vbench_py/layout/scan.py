"""A dataset's folder becomes samples; what differs from its card is one message, before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vbench_py.cards import LayoutCard, RoleCard, SuiteCard
from vbench_py.faultlist import listed
from vbench_py.layout.files import Found, find_files, media_path
from vbench_py.layout.place import indented, missing, root
from vbench_py.layout.rows import clip_rows
from vbench_py.layout.text import Row, fill, fixed
from vbench_py.types import Media, Sample, Step, UsageError

DEPTH_OPERATOR = "depth-maps"
"""The operator of `derive` that turns integer images or .dpt files into depth in metres."""

_SHOWN = 20


@dataclass(frozen=True)
class Clip:
    """One sample's row, its id, and the files of each role that is not made from another."""

    id: str
    row: Row
    found: Mapping[str, Found]


@dataclass(frozen=True)
class Scan:
    """What a dataset's folder holds, and every difference from the card as a line for people, by kind of promise."""

    root: Path
    clips: tuple[Clip, ...]
    clip_faults: tuple[str, ...]
    frame_faults: tuple[str, ...]

    @property
    def faults(self) -> tuple[str, ...]:
        return self.clip_faults + self.frame_faults


def scan(card: SuiteCard) -> Scan:
    """Lists names; opens nothing but the list file. Without the data: `UsageError` with where to get it."""
    layout, folder = card.layout, root(card)
    assert layout is not None
    if text := missing(card):
        raise UsageError(text)
    assert folder is not None
    rows, clip_faults = clip_rows(layout, folder)
    lying, frame_faults = _lying(layout, folder, len(rows))
    clips = []
    for row in rows:
        name = fill(layout.id, row)
        found: dict[str, Found] = {}
        for role, how in lying.items():
            try:
                found[role] = find_files(how, row, folder, found)
            except UsageError as error:
                frame_faults.append(f"{name}: {role}: {error}")
        frame_faults += _counted(layout, name, row, found)
        clips.append(Clip(name, row, found))
    frame_faults += _totals(layout, clips)
    return Scan(folder, tuple(clips), tuple(clip_faults), tuple(frame_faults))


def samples(card: SuiteCard) -> tuple[Sample, ...]:
    """The samples of a suite with a layout. Raises one `UsageError` naming every difference from the card."""
    layout = card.layout
    assert layout is not None
    seen = scan(card)
    if seen.faults:
        raise UsageError(told(card, seen.root, seen.faults))
    return tuple(_sample(card, layout, clip) for clip in seen.clips)


def told(card: SuiteCard, folder: Path, faults: tuple[str, ...]) -> str:
    """The message that names the faults and shows how the data has to lie."""
    assert card.layout is not None
    places = "1 place" if len(faults) == 1 else f"{len(faults)} places"
    tree = indented(card.layout.tree)
    lines = listed(faults, _SHOWN)
    return f"suite {card.id}: {folder} differs from its card in {places}:\n{lines}\nit has to lie so:\n{tree}"


def _lying(layout: LayoutCard, folder: Path, clips: int) -> tuple[dict[str, RoleCard], list[str]]:
    """The roles whose files lie in the dataset; a folder that all clips share and that is not there is one fault."""
    lying, faults = {}, []
    for role, how in layout.roles.items():
        there = bool(how.path) and (folder / fixed(how.path)).exists()
        if there:
            lying[role] = how
        elif not how.origin:
            faults.append(f"{fixed(how.path)}: expected the {role} of {clips} clips, found nothing")
    return lying, faults


def by_clip(expected: Any, name: str, row: Row) -> Any:
    """A number or size that the card gives for all clips, or by clip."""
    return expected.get(row.get("clip", name)) if isinstance(expected, Mapping) else expected


def _counted(layout: LayoutCard, name: str, row: Row, found: Mapping[str, Found]) -> list[str]:
    faults = []
    for role, files in found.items():
        how, length = layout.roles[role], files.length
        wanted = by_clip(how.count, name, row)
        where = fill(how.path, row)
        if length is None:
            continue
        if wanted is not None and length != wanted:
            faults.append(f"{name}: {role}: {where}: expected {wanted} frames, found {length}")
        elif how.like in found and found[how.like].length not in (None, length):
            faults.append(
                f"{name}: {role}: {where}: expected {found[how.like].length} frames as in {how.like}, found {length}"
            )
    return faults


def _totals(layout: LayoutCard, clips: list[Clip]) -> list[str]:
    faults = []
    for role, how in layout.roles.items():
        total = sum(clip.found[role].length or 0 for clip in clips if role in clip.found)
        if how.total is not None and total != how.total:
            faults.append(f"{role}: {fixed(how.path)}: expected {how.total} frames in all, found {total}")
    return faults


def _sample(card: SuiteCard, layout: LayoutCard, clip: Clip) -> Sample:
    media: dict[str, Media] = {}
    for role, how in layout.roles.items():
        steps = role_steps(how)
        if role in clip.found:
            media[role] = Media(media_path(clip.found[role]), steps=() if how.origin else steps)
        else:
            base = media[how.origin]
            media[role] = Media(base.path, base.sha256, base.steps + steps, base.seed)
    texts = {name: fill(text, clip.row) for name, text in layout.texts.items()}
    facts = {name: fill(value, clip.row) if isinstance(value, str) else value for name, value in layout.facts.items()}
    return Sample(
        id=clip.id,
        task=card.task,
        prompt=texts.get("prompt", ""),
        negative_prompt=texts.get("negative_prompt", ""),
        source_prompt=texts.get("source_prompt", ""),
        class_label=texts.get("class_label", ""),
        media=media,
        seeds=card.seeds,
        group=fill(layout.group, clip.row) if layout.group else clip.id,
        facts=facts,
    )


def role_steps(how: RoleCard) -> tuple[Step, ...]:
    """A role's operators; files of depth that are no arrays are read by one of their own first."""
    steps = tuple(Step(step["operator"], {k: v for k, v in step.items() if k != "operator"}) for step in how.steps)
    if how.kind == "depth" and (how.factor or how.format):
        reading = {"factor": how.factor, "unit": how.unit or "metres"} if how.factor else {"format": how.format}
        return (Step(DEPTH_OPERATOR, reading), *steps)
    return steps
