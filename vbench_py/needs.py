"""The files that a suite, method, metric or bundle needs before it can work offline."""

from __future__ import annotations

from collections.abc import Sequence

from vbench_py import catalogue
from vbench_py.cards import CheckpointCard
from vbench_py.metricset import MetricSpec, metric_specs


def weights_of(specs: Sequence[MetricSpec]) -> list[CheckpointCard]:
    """Weights of the extractors that these metrics ask."""
    extractors = dict.fromkeys(ask.extractor for spec in specs for ask in spec.asks.values())
    return [checkpoint for name in extractors for checkpoint in catalogue.card("extractor", name).checkpoints]


def suite_needs(name: str) -> list[CheckpointCard]:
    """Data of a suite, weights of its metrics and of its own methods."""
    card = catalogue.card("suite", name)
    methods = [checkpoint for method in card.methods for checkpoint in catalogue.card("method", method).checkpoints]
    return [*card.data, *weights_of(metric_specs(card.metrics)), *methods]


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
            found += catalogue.card("method", name).checkpoints
    return found
