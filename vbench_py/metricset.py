"""The metrics of a run, each with its whole protocol: everything that changes the number, hashed.

A name may carry a role, which aims a full-reference metric at it instead of the ground truth: `psnr-rgb:baseline`
compares with another run's output (--reference-run), `ssim-y:source` with the input. It may carry settings, which take
the place of values in the card's protocol: `abs-rel@alignment=median+maximum_depth=10`. A suite may do the same for
all its metrics.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from vbench_py import catalogue
from vbench_py.cards import MetricCard
from vbench_py.features.asks import aimed, array_key, ask_key, roles_of, told
from vbench_py.keys import canonical, key
from vbench_py.records import MetricFacts
from vbench_py.reference import open_reference
from vbench_py.types import Ask, Facts, Metric, Score, Series, SetMetric, SetRow, UsageError

ALIGNMENTS = ("trim", "resize", "encoding")


@dataclass(frozen=True)
class ScoreOptions:
    """What a user may change about scoring; every field is part of the protocol of the numbers it touches.

    `every` scores windows that start at every K-th frame; `align` brings an output to its reference's length (trim) or
    size (resize), or allows a reference set that differs in them or in its encoding, "+" between several; `encode_as`
    scores a re-encoded copy, as if the method had been published in that encoding; `reference_set` names the set that
    metrics of sets compare with (a folder, a card, a file of saved features), "" for the samples' ground truth.
    """

    every: int = 1
    align: str = "none"
    encode_as: str = ""
    reference_set: str = ""

    def __post_init__(self) -> None:
        if self.every < 1:
            raise UsageError(f"--every {self.every}: must be 1 or more")
        parts = self.align.split("+")
        if self.align != "none" and (set(parts) - set(ALIGNMENTS) or len(set(parts)) < len(parts)):
            raise UsageError(f"--align {self.align}: must be none, or some of {', '.join(ALIGNMENTS)} joined by +")
        if self.encode_as:
            from vbench_py.video.encoders import check_encoding

            check_encoding(self.encode_as)
            if self.encode_as == "png":
                raise UsageError(
                    "--encode-as png: a folder of images keeps no frame rate", mend="use ffv1 or h264-crfN"
                )


@dataclass(frozen=True)
class MetricSpec:
    """One column of the leaderboard: a metric under one protocol."""

    column: str
    card: MetricCard
    protocol: Mapping[str, Any]
    metric: Metric | SetMetric
    asks: Mapping[str, Ask]
    options: ScoreOptions = ScoreOptions()

    @cached_property
    def roles(self) -> tuple[str, ...]:
        """The roles and texts that enter the number."""
        return tuple(dict.fromkeys(role for ask in self.asks.values() for role in roles_of(ask)))

    @property
    def of_sets(self) -> bool:
        """Whether one number stands for many outputs."""
        return self.card.over != "output"

    @cached_property
    def target_asks(self) -> Mapping[str, Ask]:
        """What a metric of sets asks of the ground truth, where that is its reference set."""
        if not self.card.reference_set or self.options.reference_set:
            return {}
        return {need: aimed(aimed(ask, "video", "target"), "views", "target") for need, ask in self.asks.items()}

    def array_key(self, ask: Ask, identities: Mapping[str, str]) -> str:
        """Where the bank keeps the arrays of `ask` for media of these identities."""
        if ask not in self._questions:
            roles, settings = roles_of(ask), {}
            if self.options.encode_as and "video" in roles:
                settings["encode_as"] = self.options.encode_as
            if self.options.align != "none" and len(roles) > 1:
                settings["align"] = self.options.align
            self._questions[ask] = ask_key(ask, **settings)
        return array_key(self._questions[ask], ask, identities)

    @cached_property
    def _questions(self) -> dict[Ask, str]:
        """The keys of the questions that were asked so far: each takes reading cards."""
        return {}

    @property
    def protocol_hash(self) -> str:
        return key("protocol", {"metric": self.card.id, "version": self.card.version, "protocol": self.protocol})[:16]

    def told(self, facts: Mapping[str, Any]) -> str:
        """The facts that the metric reads, as they enter its key; equal for metrics that read the same."""
        return canonical({name: facts.get(name) for name in self.card.facts}) if self.card.facts else ""

    def score_key(self, prefix: str, identities: Mapping[str, str], told: str) -> str:
        """Key of one number: what it was computed from and how, not who made it. `prefix` is `protocol_hash`."""
        text = "|".join([prefix, *(identities.get(role, "") for role in self.roles)]) + told
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def reduce(self, series: Mapping[Ask, Series | Exception], facts: Mapping[str, Any]) -> Score:
        """The score from what the extractors gave; raises what stood in the way of one that the metric needs."""
        arrays = {}
        for need, ask in self.asks.items():
            found = series[ask]
            if isinstance(found, Exception):
                raise found
            arrays[need] = found
        metric: Metric = self.metric  # type: ignore[assignment]
        return metric.score(arrays, Facts({name: facts.get(name) for name in self.card.facts}))

    def compute(self, rows: Sequence[SetRow], reference: Sequence[SetRow]) -> Score:
        """The score of a set."""
        metric: SetMetric = self.metric  # type: ignore[assignment]
        return metric.compute(rows, reference)

    def facts(self) -> MetricFacts:
        card = self.card
        return MetricFacts(
            title=card.title,
            version=card.version,
            direction=card.direction,
            unit=card.unit,
            range=card.range,
            decimals=card.decimals,
            protocol=self.protocol_hash,
            family=card.family,
            over=card.over,
        )


def metric_specs(
    names: Sequence[str],
    options: ScoreOptions | None = None,
    *,
    scored: str = "0::1",
    settings: Mapping[str, Any] | None = None,
) -> list[MetricSpec]:
    """The metrics of these names and bundles, ready to score.

    `scored` picks the frames of comparisons: "1::2". `settings` are a suite's: they reach every metric that takes them
    (see `check_settings`).
    """
    options, settings = options or ScoreOptions(), settings or {}
    specs = [_spec(name, options, scored, settings) for name in catalogue.expand("metric", names)]
    return list({spec.column: spec for spec in specs}.values())


def check_settings(names: Sequence[str], settings: Mapping[str, Any]) -> None:
    """Raises `UsageError` for a setting that none of these metrics takes, or whose value is of another kind."""
    cards = [catalogue.card("metric", catalogue.bare(name)) for name in catalogue.expand("metric", names)]
    for setting, value in settings.items():
        takers = [card for card in cards if setting in card.settings]
        if not takers:
            known = sorted({name for card in cards for name in card.settings})
            raise _unknown("its metrics take", setting, known)
        default = takers[0].protocol[setting]
        fits = isinstance(value, type(default)) or (isinstance(default, float) and type(value) is int)
        if not fits or isinstance(value, bool) != isinstance(default, bool):
            raise UsageError(f"protocol {setting} = {value!r}: give a {type(default).__name__}, like {default!r}")


def _unknown(who: str, setting: str, known: Sequence[str]) -> UsageError:
    near = difflib.get_close_matches(setting, known, n=1)
    mend = f"did you mean {near[0]!r}?" if near else f"{who} {', '.join(known) or 'none'}"
    return UsageError(f"unknown setting {setting!r}", mend=mend)


def settings_of(card: MetricCard, told: str) -> dict[str, Any]:
    """The settings of a name, "alignment=median+maximum_depth=10", each of its kind in the card's protocol.

    Raises `UsageError` for one that the card does not let be set, or a value of another kind.
    """
    given = {}
    for part in filter(None, told.split("+")):
        setting, equals, text = part.partition("=")
        if setting not in card.settings or not equals:
            raise _unknown(f"{card.id} takes", setting, card.settings)
        given[setting] = _like(card, setting, text)
    return given


def _like(card: MetricCard, setting: str, text: str) -> Any:
    known = card.protocol[setting]
    kinds: dict[type, Callable[[str], Any]] = {
        bool: lambda word: {"true": True, "false": False}[word], int: int, float: float, str: str, list: json.loads,
    }  # fmt: skip
    try:
        made = kinds[type(known)](text)
        if isinstance(made, type(known)):
            return made
    except (ValueError, KeyError):
        pass
    raise UsageError(f"metric {card.id}: {setting}={text}: give a {type(known).__name__}, like {known!r}")


def _spec(name: str, options: ScoreOptions, scored: str, settings: Mapping[str, Any]) -> MetricSpec:
    front, _, own = name.partition("@")
    base, _, against = front.partition(":")
    card: MetricCard = catalogue.card("metric", base)
    ours = {setting: value for setting, value in settings.items() if setting in card.settings}
    protocol: dict[str, Any] = {**card.protocol, **ours, **settings_of(card, own)}
    metric: Metric | SetMetric = catalogue.implementation(card.entry, f"metric {base!r}")(card, dict(protocol))
    offset, stop, step = (int(part or 0) for part in scored.split(":"))
    asks, marks = {}, [name]
    read = {role for ask in metric.needs.values() for role in roles_of(ask)}
    compared = next((role for role in ("target", "source") if role in read), "")
    if against and not compared:
        raise UsageError(f"metric {name!r}: {base} compares with nothing, so it cannot be aimed at a role")
    for need, ask in metric.needs.items():
        chosen = "target" in ask.on and scored != "0::1" and (ask.view.unit == "file" or ask.view.length == 1)
        if against:
            ask = aimed(ask, compared, against)
            protocol["against"] = against
        if chosen:
            protocol["frames"] = scored
        if options.every > 1:
            protocol["every"] = options.every
        ask = _sparse(ask, offset if chosen else 0, (step if chosen else 1) * options.every, stop if chosen else 0)
        asks[need] = ask
    if asks:
        if options.every > 1:
            marks.append(f"every={options.every}")
        if card.reference_set and options.reference_set:
            protocol["reference"] = open_reference(options.reference_set).identity
        if options.align != "none" and (card.reference_set or any(len(roles_of(ask)) > 1 for ask in asks.values())):
            protocol["align"] = options.align
            marks.append(f"align={options.align}")
        if options.encode_as:
            protocol["encode_as"] = options.encode_as
        protocol["extractors"] = {ask.extractor: told(ask) for ask in asks.values()}
    column = marks[0] + (f"[{','.join(marks[1:])}]" if marks[1:] else "")
    return MetricSpec(column, card, protocol, metric, asks, options)


def _sparse(ask: Ask, first: int, every: int, stop: int) -> Ask:
    """The ask on frames first, first + every, ... below `stop` (0: all), by its view, or by options where it reads the
    files itself.
    """
    if ask.view.unit == "text":
        return ask
    if ask.view.unit == "file":
        chosen = {"first": first} if first else {}
        chosen |= {"every": every} if every > 1 else {}
        if stop:
            raise UsageError(f"{ask.extractor} reads whole files", mend="leave its metrics out of this suite")
        return replace(ask, options=tuple(sorted({**dict(ask.options), **chosen}.items())))
    view = replace(ask.view, offset=ask.view.offset + first, stride=ask.view.stride * every)
    return replace(ask, view=replace(view, sampling=f"first:{stop}") if stop else view)
