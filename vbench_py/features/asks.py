"""What an ask reads: roles of a sample, its texts, and the outputs of other extractors; and what changes its arrays."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from vbench_py import catalogue
from vbench_py.cards import CheckpointCard, ExtractorCard
from vbench_py.checkpoints import content_sha256
from vbench_py.keys import key
from vbench_py.types import Ask

BACKWARDS = "back"
"""Before the name of an output ("backflow"): the source runs on its windows with their frames in reverse."""
UNIT = "unit:"
"""Before the name of a role: the unit of its values."""


@dataclass(frozen=True)
class Chained:
    """An entry of `Ask.on` that is another extractor's output: `source` on the same view, its output by name."""

    source: Ask
    output: str
    backwards: bool = False


def chained(ask: Ask, entry: str) -> Chained | None:
    """The parsed "flow:raft-things@source", or None where the entry is a role or a text."""
    output, colon, rest = entry.partition(":")
    if not colon or entry.startswith(UNIT):
        return None
    extractor, _, role = rest.partition("@")
    backwards = output.startswith(BACKWARDS) and output != BACKWARDS
    source = Ask(extractor, (role or "video",), ask.view)
    return Chained(source, output.removeprefix(BACKWARDS) if backwards else output, backwards)


def sources_of(ask: Ask) -> tuple[Ask, ...]:
    """The asks whose outputs this one reads."""
    found = (chained(ask, entry) for entry in ask.on)
    return tuple(dict.fromkeys(link.source for link in found if link))


def roles_of(ask: Ask) -> tuple[str, ...]:
    """The roles (or texts) that enter its arrays, in order of first mention."""
    links = (chained(ask, entry) for entry in ask.on)
    roles = (link.source.on[0] if link else entry.removeprefix(UNIT) for link, entry in zip(links, ask.on, strict=True))
    return tuple(dict.fromkeys(roles))


def aimed(ask: Ask, role: str, other: str) -> Ask:
    """The ask with one role taken for another, chained outputs too."""

    def swap(entry: str) -> str:
        link = chained(ask, entry)
        if link is None:
            told = UNIT if entry.startswith(UNIT) else ""
            return told + other if entry == told + role else entry
        return f"{entry.partition('@')[0]}@{other}" if link.source.on[0] == role else entry

    return replace(ask, on=tuple(swap(entry) for entry in ask.on))


def extractors_of(ask: Ask) -> tuple[str, ...]:
    """Every extractor that has to run for it."""
    return tuple(dict.fromkeys([*(source.extractor for source in sources_of(ask)), ask.extractor]))


def weights_of(ask: Ask) -> list[CheckpointCard]:
    """The files that have to be here before it can be answered."""
    return [item for name in extractors_of(ask) for item in catalogue.card("extractor", name).checkpoints]


def told(ask: Ask) -> dict[str, Any]:
    """What changes its arrays, beside the frames: a number computed from them changes with it."""
    card: ExtractorCard = catalogue.card("extractor", ask.extractor)
    weights = sorted(content_sha256(checkpoint) for checkpoint in card.checkpoints)
    about = {"version": card.version, "weights": weights, "options": {**card.options, **dict(ask.options)}}
    sources = {source.extractor: told(source) for source in sources_of(ask)}
    return {**about, **({"sources": sources} if sources else {})}


def ask_key(ask: Ask, **settings: Any) -> str:
    """Key of the question: what is asked, how it is shown, with which weights; the roles' names do not matter."""
    plain = ask
    for number, role in enumerate(roles_of(ask)):
        plain = aimed(plain, role, f"#{number}")
    view = {name: value for name, value in vars(ask.view).items() if name != "geometry" and (value or name != "path")}
    geometry = vars(ask.view.geometry) if ask.view.geometry else None
    return key("ask", [ask.extractor, list(plain.on), view, geometry, told(ask), settings])


def array_key(question: str, ask: Ask, identities: Mapping[str, str]) -> str:
    """Key of the answer to a question (`ask_key`) for media of these identities by role: content, not place."""
    text = "|".join([question, *(identities.get(role, "") for role in roles_of(ask))])
    return hashlib.sha256(text.encode()).hexdigest()[:32]
