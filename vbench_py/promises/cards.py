"""What cards promise, tried without generating or scoring anything: names resolve, entries load, parts fit together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from vbench_py import catalogue, derive, layout
from vbench_py.cards import (
    AdapterCard,
    BundleCard,
    CheckpointCard,
    EnvironmentCard,
    ExtractorCard,
    MethodCard,
    MetricCard,
    SuiteCard,
)
from vbench_py.features.asks import extractors_of, roles_of
from vbench_py.features.sampling import sampled_frames
from vbench_py.plan.numbers import VIEWS, texts_of
from vbench_py.promises.finding import Broken, Finding, Skipped, demand, tried
from vbench_py.types import LADDER, METRIC_ONLY_ROLES, Sample

ROLES = frozenset(
    {
        "first", "last", "keyframe", "reference", "reference_mask", "source", "source_depth", "source_camera", "prefix",
        "control", "motion", "mask", "view", "camera", "tracks", "actions", "asset",
    }
) | METRIC_ONLY_ROLES  # fmt: skip
OUTPUTS = frozenset({"video", "depth", "view", "scene", "poses", "audio", "latents"})
MADE = frozenset({"video", "depth", VIEWS, "poses", "baseline", "sibling"})
"""Roles of metrics that no sample brings: outputs, and those of other outputs."""
PROMPT_POLICY = re.compile(r"verbatim|list:[0-9a-f]{64}|model-internal|api-unknown")
SEAMS = {
    "adapter": ("capabilities", "plan", "load", "generate", "close"),
    "extractor": ("load", "bytes_per_window", "__call__", "close"),
    "metric": ("score",),
    "set metric": ("compute",),
}
Check = tuple[str, Callable[[], str | None]]


def card_promises(kind: str, name: str) -> Iterator[Finding]:
    """Every promise of one card. A card that does not validate is one broken promise, and nothing more is tried."""
    subject = f"{kind} {name}"
    first = tried(subject, "its card validates", lambda: catalogue.card(kind, name) and None)
    yield first
    if not first.ok:
        return
    card = catalogue.card(kind, name)
    for promise, check in _CHECKS[kind](card, name):
        yield tried(subject, promise, check)


def _implements(kind: str, card: Any) -> str | None:
    made = catalogue.implementation(card.entry, f"{kind} {card.id!r}")
    seam = "set metric" if kind == "metric" and card.over != "output" else kind
    missing = [method for method in SEAMS[seam] if not callable(getattr(made, method, None))]
    demand(not missing, f"{card.entry} has no {', '.join(missing)}; see the {kind.title()} protocol in vbench_py.types")
    return None


def _exist(kind: str, names: tuple[str, ...]) -> str | None:
    for name in names:
        catalogue.card(kind, catalogue.bare(name))  # a metric may be aimed at a role: psnr-rgb:baseline
    return None


def _files(checkpoints: tuple[CheckpointCard, ...]) -> str | None:
    from vbench_py.checkpoints import location

    names = [checkpoint.name for checkpoint in checkpoints]
    demand(len(set(names)) == len(names), "two of its files have one name")
    for checkpoint in checkpoints:
        location(checkpoint)
        demand(bool(checkpoint.licence.strip()), f"file {checkpoint.name!r} names no licence")
    return None


def _extractor(card: ExtractorCard, name: str) -> Iterator[Check]:
    yield "its entry loads and has the extractor's methods", lambda: _implements("extractor", card)
    yield "its files have plain names and licences", lambda: _files(card.checkpoints)


def _metric(card: MetricCard, name: str) -> Iterator[Check]:
    def built() -> Any:
        return catalogue.load("metric", name)

    def asks() -> str | None:
        for need, ask in built().needs.items():
            for runs in extractors_of(ask):
                demand(runs in card.extractors, f"need {need!r} runs {runs!r}, none of the card's extractors")
            extractor: ExtractorCard = catalogue.card("extractor", ask.extractor)
            unknown = [option for option, _ in ask.options if option not in extractor.options]
            demand(not unknown, f"need {need!r} sets {unknown}, which are no options of {ask.extractor!r}")
            hash(ask)
        return None

    def roles() -> str | None:
        needs = built().needs.values()
        found = {role for ask in needs for role in roles_of(ask)}
        if not needs:
            raise Skipped("it reads facts alone")
        demand(found == set(card.roles), f"it asks for {sorted(found)}, its card says {sorted(card.roles)}")
        return None

    def shortest() -> str | None:
        for need, ask in built().needs.items():
            if ask.view.unit == "window":
                wanted = ask.view.offset + ask.view.length
                there = len(sampled_frames(ask.view.sampling, card.minimum_frames, fps=8.0))
                text = f"need {need!r} sees windows up to frame {wanted}, minimum_frames is {card.minimum_frames}"
                demand(wanted <= there, text)
        return None

    def settings() -> str | None:
        unknown = [setting for setting in card.settings if setting not in card.protocol]
        demand(not unknown, f"settings {unknown} stand nowhere in its protocol")
        return None

    def range_() -> str | None:
        demand(card.range[0] < card.range[1], f"range {card.range}: the first bound must be below the second")
        return None

    yield "its entry loads and has the metric's methods", lambda: _implements("metric", card)
    yield "its extractors exist", lambda: _exist("extractor", card.extractors)
    yield "it asks what its card says", asks
    yield "it compares the roles that its card says", roles
    yield "its shortest video has a window", shortest
    yield "its range is in order", range_
    yield "what may be set stands in its protocol", settings


def _adapter(card: AdapterCard, name: str) -> Iterator[Check]:
    yield "its entry loads and has the adapter's methods", lambda: _implements("adapter", card)


def _method(card: MethodCard, name: str) -> Iterator[Check]:
    def roles() -> str | None:
        for mode in card.modes:
            unknown = [r for r in (*mode.required, *mode.optional) if r.partition("/")[0] not in ROLES]
            demand(not unknown, f"mode {mode.task}: unknown roles {unknown}; known: {', '.join(sorted(ROLES))}")
            names = [output for output in mode.outputs if output.partition("/")[0] not in OUTPUTS]
            demand(not names, f"mode {mode.task}: unknown outputs {names}; known: {', '.join(sorted(OUTPUTS))}")
        return None

    def blind() -> str | None:
        seen = {role for mode in card.modes for role in (*mode.required, *mode.optional)} & METRIC_ONLY_ROLES
        demand(not seen or card.control in LADDER, f"it would see {sorted(seen)}, which only metrics may")
        return None

    def policy() -> str | None:
        text = f"prompt_policy {card.prompt_policy!r}; use verbatim, list:<sha256>, model-internal or api-unknown"
        demand(bool(PROMPT_POLICY.fullmatch(card.prompt_policy)), text)
        return None

    def status() -> str | None:
        claims = card.status in ("verified", "runs")
        demand(bool(card.evidence) or not claims, f"status {card.status!r} names no evidence")
        return None

    baselines = tuple(base for base in (card.baseline_of, *(mode.baseline_of for mode in card.modes)) if base)
    yield "its adapter exists", lambda: _exist("adapter", (card.adapter,))
    yield "its roles and outputs are known", roles
    yield "it sees no ground truth", blind
    yield "its files have plain names and licences", lambda: _files(card.checkpoints)
    yield "its baselines exist", lambda: _exist("method", baselines)
    yield "its prompt policy is known", policy
    yield "its status has evidence", status
    yield "it is what its adapter asks of cards", lambda: _fits_adapter(card)


def _fits_adapter(card: MethodCard) -> None:
    """An adapter may have `faults(card)`, which says in words what is wrong with a card."""
    adapter: AdapterCard = catalogue.card("adapter", card.adapter)
    faults = getattr(catalogue.implementation(adapter.entry, f"adapter {adapter.id!r}"), "faults", None)
    found = list(faults(card)) if faults else []
    demand(not found, "; ".join(found))


def _suite(card: SuiteCard, name: str) -> Iterator[Check]:
    from vbench_py.metricset import check_settings, metric_specs
    from vbench_py.promises.layouts import layout_promises, stand_ins
    from vbench_py.samples import load_suite

    if card.layout is not None:
        yield from layout_promises(card)

    def known() -> tuple[Sample, ...]:
        # The user's dataset may be elsewhere, or broken, which other promises tell: roles are the card's.
        return stand_ins(card) if card.layout is not None else load_suite(name).samples

    def samples() -> str | None:
        if card.layout is not None and (text := layout.missing(card)):
            raise Skipped(text)
        suite = load_suite(name)
        demand(bool(suite.pairs), "it has no sample, or no seed")
        return f"{len(suite.samples)} samples, {len(suite.pairs)} outputs"

    def recipes() -> str | None:
        for sample in known():
            for media in sample.media.values():
                derive.check(media.steps)
        return None

    def roles() -> str | None:
        check_settings(card.metrics, card.protocol)
        for spec in metric_specs(card.metrics, scored=card.output.scored, settings=card.protocol):
            wanted = set(spec.roles) - MADE
            for sample in known():
                lacking = sorted(wanted - set(sample.media) - set(texts_of(sample, {})))
                demand(not lacking, f"{spec.column} needs {lacking}, which sample {sample.id!r} lacks")
        return None

    def methods() -> str | None:
        for other in card.methods:
            method: MethodCard = catalogue.card("method", other)
            modes = [mode for mode in method.modes if mode.task == card.task]
            demand(bool(modes), f"method {other!r} does not serve {card.task}")
            for sample in known():
                served = any(set(mode.required) <= set(sample.media) for mode in modes)
                demand(served, f"sample {sample.id!r} lacks what {other!r} requires: {list(modes[0].required)}")
        return None

    def primary() -> str | None:
        known = catalogue.expand("metric", card.metrics)
        demand(card.primary in known, f"primary {card.primary!r} is none of its metrics {', '.join(known)}")
        return None

    yield "its samples parse", samples
    yield "its recipes are valid", recipes
    yield "its metrics exist and find their roles in every sample", roles
    yield "its methods exist and find their roles in every sample", methods
    yield "its primary metric is one of its metrics", primary
    yield "its files have plain names and licences", lambda: _files(card.data)


def _bundle(card: BundleCard, name: str) -> Iterator[Check]:
    kind = "suite" if card.of == "suites" else "metric"
    yield "its members exist", lambda: _exist(kind, tuple(catalogue.expand(kind, [name])))


def _environment(card: EnvironmentCard, name: str) -> Iterator[Check]:
    """Recipes are held against their code by `vbench_py.recipes`; what they run in is told from the card alone."""

    def requirements() -> str:
        from packaging.requirements import InvalidRequirement, Requirement

        override = card.override.requirements if card.override is not None else ()
        lines = (*card.requirements, *card.without_dependencies, *card.build_in_place, *override)
        for line in lines:
            try:
                Requirement(line)
            except InvalidRequirement as error:
                raise Broken(f"{line!r} is no requirement: {error}") from error
        return f"{len(lines)}"

    yield "its requirements can be read", requirements


_CHECKS: dict[str, Callable[[Any, str], Iterator[Check]]] = {
    "extractor": _extractor,
    "metric": _metric,
    "adapter": _adapter,
    "method": _method,
    "suite": _suite,
    "bundle": _bundle,
    "environment": _environment,
    "recipe": lambda card, name: iter(()),
}
