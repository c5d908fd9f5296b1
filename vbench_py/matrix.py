"""Which methods serve which suites, and why the others do not: from cards alone, nothing is built, opened or loaded.

A suite with lines is planned from its samples' roles and texts, each combination once; one with a layout from its card,
whether its data is here or not. A pair gives the answer of the method's own plan under the card's defaults: what only
an input's pixels tell (a clip too short) is not known here.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import orjson

from vbench_py import catalogue
from vbench_py.cards import MethodCard, ModeCard, SuiteCard
from vbench_py.types import LADDER, METRIC_ONLY_ROLES, Request, Sample, Unsupported, UsageError

State = Literal["runs", "given", "partly", "unsupported"]
GIVEN: Mapping[str, str] = {"precomputed": "videos", "callable": "a Python function", "server": "an endpoint"}
"""Adapters that make nothing by themselves, with what they have to be given."""
EVERYTHING = "all"
_GEOMETRY = ("frames", "fps", "width", "height")
_TEXTS = ("prompt", "negative_prompt", "source_prompt", "class_label")


@dataclass(frozen=True)
class Asked:
    """What a suite asks of a method: each kind of request once, with the number of samples that are of it.

    Media are the roles' names, not files. A layout's `count` is None where its card names none.
    """

    card: SuiteCard
    requests: tuple[tuple[Request, int], ...]
    count: int | None


@dataclass(frozen=True)
class Pair:
    """A suite and a method. `field` and `reason` say what stands in the way of the first request that is refused.

    `given`: as far as the card goes, with videos or a function that somebody has. `partly`: `served` of the `kinds` of
    requests, not all.
    """

    suite: str
    method: str
    state: State
    mode: str = ""
    field: str = ""
    reason: str = ""
    served: int = 0
    kinds: int = 0


@dataclass(frozen=True)
class Matrix:
    """Pairs by (suite id, method id), in the order of the suites and methods."""

    suites: Mapping[str, Asked]
    methods: Mapping[str, MethodCard]
    pairs: Mapping[tuple[str, str], Pair]

    def of_suite(self, suite: str) -> list[Pair]:
        return [self.pairs[suite, method] for method in self.methods]

    def of_method(self, method: str) -> list[Pair]:
        return [self.pairs[suite, method] for suite in self.suites]


def is_pattern(name: str) -> bool:
    """Whether a name stands for several: `all`, or with the wildcards * ? [...]."""
    return name == EVERYTHING or any(sign in name for sign in "*?[")


def chosen(kind: Literal["suite", "method"], names: Sequence[str]) -> list[str]:
    """Names, bundles of suites, patterns and `all` as ids or paths, each once. No name at all is `all`.

    Raises `UsageError` for a name that is not there, and a pattern that nothing matches.
    """
    known = sorted(catalogue.entries(kind))
    found: dict[str, None] = {}
    for name in names or (EVERYTHING,):
        if name == EVERYTHING:
            matches = known
        elif is_pattern(name):
            matches = fnmatch.filter(known, name)
            if not matches:
                raise UsageError(f"no {kind} matches {name!r}", mend=f"`vbench-py list {kind}s` shows all")
        elif kind == "suite":
            matches = catalogue.expand("suite", [name])
        else:
            catalogue.find("method", name)
            matches = [name]
        found.update(dict.fromkeys(matches))
    return list(found)


def matrix(suites: Sequence[str], methods: Sequence[str]) -> Matrix:
    """Every pair of these suites and methods, given by id or path."""
    asked = {found.card.id: found for found in map(asked_of, suites)}
    cards: dict[str, MethodCard] = {card.id: card for card in (catalogue.card("method", name) for name in methods)}
    pairs = {(suite, method): pair(asked[suite], cards[method]) for suite in asked for method in cards}
    return Matrix(asked, cards, pairs)


def pair(asked: Asked, method: MethodCard) -> Pair:
    """Whether the method serves what the suite asks, and if not, why not."""
    suite = asked.card
    if suite.task not in method.tasks:
        reason = f"{method.id} does not serve {suite.task}; it serves {', '.join(method.tasks)}"
        return Pair(suite.id, method.id, "unsupported", field="task", reason=reason, kinds=len(asked.requests))
    modes: list[str] = []
    refusal: Unsupported | None = None
    for request, _ in asked.requests:
        try:
            modes.append(_served(method, request))
        except Unsupported as found:
            refusal = refusal or found
    state: State = "given" if method.adapter in GIVEN else "runs"
    if refusal is not None:
        state = "partly" if modes else "unsupported"
    return Pair(
        suite.id, method.id, state, ", ".join(dict.fromkeys(modes)), refusal.field if refusal else "",
        refusal.reason if refusal else "", len(modes), len(asked.requests),
    )  # fmt: skip


def _served(method: MethodCard, request: Request) -> str:
    """The mode that serves the request. Raises `Unsupported`."""
    ladder = method.control in LADDER
    media = {role: path for role, path in request.media.items() if ladder or role not in METRIC_ONLY_ROLES}
    visible = Request(request.sample, request.seed, media=media, size_policy=request.size_policy,
                      **{name: getattr(request, name) for name in _GEOMETRY})  # fmt: skip
    mode: ModeCard = _tool("modes:choose_mode")(method, visible)
    if method.adapter not in GIVEN:
        _tool("rules:frames_of")(mode.frames, visible)
        _tool("rules:size_of")(mode.size, visible)
    return mode.called


def _tool(name: str) -> Any:
    """A function of the adapters, which core names no module of."""
    return catalogue.implementation(f"vbench_py.adapters.{name}", "the rules of modes")


def asked_of(name: str) -> Asked:
    """What a suite asks, from its card and the roles and texts of its samples; its data is not looked at.

    Raises `UsageError` where the file of samples cannot be read.
    """
    card: SuiteCard = catalogue.card("suite", name)
    if card.layout is not None:
        made = _layout(card)
        clips = card.layout.clips
        count = len(clips.names) or clips.count
        return Asked(card, ((made, count or 1),), count and count * max(1, len(clips.variants)))
    kinds: dict[str, tuple[Request, int]] = {}
    rows = _rows(card, catalogue.find("suite", name).file.resolve().parent / card.samples)
    for row in rows:
        request = _request(card, row, row.get("media", {}))
        sample = request.sample
        said = [bool(getattr(sample, text)) for text in _TEXTS]
        key = repr(
            (sorted(request.media), said, bool(sample.prompt_schedule), [getattr(request, n) for n in _GEOMETRY])
        )
        first, many = kinds.get(key, (request, 0))
        kinds[key] = first, many + 1
    return Asked(card, tuple(kinds.values()), len(rows))


def _layout(card: SuiteCard) -> Request:
    assert card.layout is not None
    texts = {str(name): text for name, text in card.layout.texts.items()}
    numbers = {name: value for name, value in card.layout.facts.items() if not isinstance(value, str)}
    return _request(card, {"id": card.layout.id, **texts, "facts": numbers}, card.layout.roles)


def _request(card: SuiteCard, row: Mapping[str, Any], roles: Mapping[str, Any]) -> Request:
    texts = {text: row.get(text, "") for text in _TEXTS}
    schedule = tuple((int(at), str(prompt)) for at, prompt in row.get("prompt_schedule", ()))
    sample = Sample(str(row["id"]), card.task, prompt_schedule=schedule, seeds=card.seeds, **texts)
    facts, output = row.get("facts", {}), card.output
    shape = {name: facts.get(name, getattr(output, name)) for name in _GEOMETRY}
    media = {role: Path(role) for role in roles}
    return Request(sample, card.seeds[0], media=media, size_policy=output.size_policy, **shape)


def _rows(card: SuiteCard, file: Path) -> list[dict[str, Any]]:
    try:
        lines = file.read_bytes().removeprefix(b"\xef\xbb\xbf").splitlines()
        rows = [orjson.loads(line) for line in lines if line.strip()]
    except OSError as error:
        raise UsageError(f"suite {card.id!r}: its samples file {file} cannot be read: {error.strerror}") from error
    except orjson.JSONDecodeError as error:
        raise UsageError(f"{file}: not valid JSON: {error}") from error
    if not all(isinstance(row, dict) and "id" in row for row in rows):
        raise UsageError(f"{file}: a line is no JSON object with an id")
    return rows
