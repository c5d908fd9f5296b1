"""The files that a suite, method, metric or bundle needs before it can work offline."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from vbench_py import catalogue
from vbench_py.cards import CheckpointCard, MethodCard, SuiteCard
from vbench_py.checkpoints import CheckpointUnavailable, fetch, location
from vbench_py.checkpoints.fetching import describe
from vbench_py.features import asks
from vbench_py.isolate.environments import Environment
from vbench_py.isolate.named import Named, named, weight_files
from vbench_py.metricset import MetricSpec, metric_specs
from vbench_py.samples import Suite

log = logging.getLogger(__name__)
TRY_AGAIN = 600.0
"""Seconds before a file that could not be had is asked for again."""
_tried: dict[str, float] = {}


def weights_of(specs: Sequence[MetricSpec]) -> list[CheckpointCard]:
    """Weights of the extractors that these metrics ask, each once."""
    cards = [card for spec in specs for ask in spec.asks.values() for card in asks.weights_of(ask)]
    return list({card.name: card for card in cards}.values())


def missing_of(specs: Sequence[MetricSpec], suite: Suite | None = None) -> dict[str, str]:
    """Why metrics cannot be computed here, by column: weights that no source gave, or no reference set.

    Fetches what is missing; each file is tried once, however many metrics, and runs of this process, need it.
    """
    failed: dict[str, str] = {}
    for card in weights_of(specs):
        place = str(location(card))  # of one name there may be files of other content, or another cache
        if time.monotonic() - _tried.get(place, -TRY_AGAIN) < TRY_AGAIN and not location(card).exists():
            failed[card.name] = wanted(card)
            continue
        try:
            fetch(card)
        except CheckpointUnavailable as error:
            log.debug("%s", error)
            failed[card.name] = wanted(card)
            _tried[place] = time.monotonic()
    missing = {}
    for spec in specs:
        lacking = [failed[card.name] for card in weights_of([spec]) if card.name in failed]
        lacking += not_built(spec)
        if lacking:
            missing[spec.column] = "needs " + " and ".join(dict.fromkeys(lacking))
        elif spec.target_asks and suite is not None and not any("target" in s.media for s in suite.samples):
            missing[spec.column] = "needs a reference set, and these samples have no ground truth: --reference-set"
    return missing


def not_built(spec: MetricSpec) -> list[str]:
    """The environments that a metric's foreign code wants and that are not here, with what to do."""
    found = [Environment(catalogue.card("environment", name)) for name in environments(spec)]
    return [f"{it.told()}: `vbench-py env build {it.card.id}`" for it in found if it.ready() is None]


def environments(spec: MetricSpec) -> list[str]:
    """The names of the environments that a metric's extractors run in."""
    extractors = {name: None for ask in spec.asks.values() for name in asks.extractors_of(ask)}
    return [
        place for place in dict.fromkeys(catalogue.card("extractor", name).environment for name in extractors) if place
    ]


def size_of(card: CheckpointCard) -> str:
    """ ", 354 MB" or ", about 109 MB" or ", 3 kB"; nothing where the size is not known."""
    size = card.bytes or card.about_bytes
    if not size:
        return ""
    text = f"{size / 1e6:,.0f} MB" if size >= 1e6 else f"{size / 1e3:,.0f} kB"
    return f", {'' if card.bytes else 'about '}{text}"


def wanted(card: CheckpointCard) -> str:
    """A file that is missing, for people: what, how big, where it is to be had and where it may be placed."""
    what = f"{card.name} ({card.licence}{size_of(card)})"
    return f"{what} from {describe(card.sources[0])}, or placed at {location(card)}"


def suite_needs(name: str) -> list[CheckpointCard]:
    """Data of a suite, weights of its metrics and of its own methods."""
    card = catalogue.card("suite", name)
    methods = [checkpoint for method in card.methods for checkpoint in method_needs(method)]
    return [*card.data, *weights_of(metric_specs(card.metrics)), *methods]


def method_needs(name: str) -> list[CheckpointCard]:
    """Weights of a method, those of its recipe among them."""
    card: MethodCard = catalogue.card("method", name)
    recipe = card.defaults.get("recipe") if card.adapter == "command" else None
    return [*card.checkpoints, *(weight_files(catalogue.card("recipe", recipe)) if recipe else [])]


def environments_of(name: str) -> list[Named]:
    """The environments and checkouts that go by this name: of a method, a suite's own methods, a metric."""
    if name in catalogue.entries("bundle") and catalogue.entries("bundle")[name].data["of"] == "suites":
        return [one for member in catalogue.expand("suite", [name]) for one in environments_of(member)]
    found = []
    if name in catalogue.entries("suite"):
        suite: SuiteCard = catalogue.card("suite", name)
        found += [one for method in suite.methods for one in environments_of(method)]
        found += [named(place) for spec in metric_specs(suite.metrics) for place in environments(spec)]
    if name in catalogue.entries("method") and catalogue.card("method", name).adapter == "command":
        found.append(named(name))
    if catalogue.bare(name) in catalogue.entries("metric"):
        found += [named(place) for spec in metric_specs([name]) for place in environments(spec)]
    return found


def needs_of(name: str) -> list[CheckpointCard]:
    """Everything that goes by this name; a bundle needs what its members need."""
    bundle = catalogue.entries("bundle").get(name)
    if bundle is not None:
        of = "suite" if bundle.data["of"] == "suites" else "metric"
        if of == "metric":
            return weights_of(metric_specs([name]))
        return [checkpoint for member in catalogue.expand(of, [name]) for checkpoint in suite_needs(member)]
    found: list[CheckpointCard] = []
    kinds = [kind for kind in ("suite", "method", "metric") if name in catalogue.entries(kind)]
    if not kinds:
        known = [known for kind in ("suite", "method", "metric", "bundle") for known in catalogue.entries(kind)]
        raise catalogue.unknown("name", name, known)
    for kind in kinds:
        if kind == "suite":
            found += suite_needs(name)
        elif kind == "metric":
            found += weights_of(metric_specs([name]))
        else:
            found += method_needs(name)
    return found
