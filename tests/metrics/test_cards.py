"""The cards of the metrics' catalogue hold together."""

from __future__ import annotations

from tests.metrics.running import EXTRACTORS, METRICS, entry, tables
from vbench_py.cards import validate


def test_every_metric_names_extractors_that_exist() -> None:
    assert {name for card in METRICS.values() for name in card.extractors} <= set(EXTRACTORS)


def test_every_entry_can_be_imported() -> None:
    assert all(callable(entry(card.entry)) for card in [*METRICS.values(), *EXTRACTORS.values()])


def test_ids_are_unique() -> None:
    names = [table["id"] for kind in ("metric", "extractor") for table, _ in tables(kind) if kind == "metric"]
    assert len(names) == len(set(names))


def test_bundles_name_metrics_that_exist() -> None:
    bundles = [validate("bundle", table, path) for table, path in tables("bundle")]
    assert {member for bundle in bundles for member in bundle.members} <= set(METRICS)


def test_asks_use_only_declared_extractors_and_roles() -> None:
    for card in METRICS.values():
        for ask in entry(card.entry)(card, card.protocol).needs.values():
            assert ask.extractor in card.extractors, card.id
            assert set(ask.on) <= set(card.roles), card.id


def test_protocol_options_are_options_of_the_extractor() -> None:
    for card in METRICS.values():
        for name in card.extractors:
            assert set(card.protocol.get("options", {})) <= set(EXTRACTORS[name].options), card.id


def test_asks_can_be_hashed() -> None:
    for card in METRICS.values():
        assert len(set(entry(card.entry)(card, card.protocol).needs.values())) == len(card.extractors)
