"""Every suite with a layout: a correct tiny tree keeps all promises, and each way of breaking it is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.layout.trees import BREAKAGES, SUITES, faults, few, tree
from vbench_py import catalogue, layout
from vbench_py.promises import check_name


@pytest.fixture(autouse=True)
def _places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VBENCH_PY_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("VBENCH_PY_CACHE", str(tmp_path / "cache"))


@pytest.mark.parametrize("name", SUITES)
def test_a_correct_tree_has_no_faults_and_gives_samples(name: str, tmp_path: Path) -> None:
    card = few(catalogue.card("suite", name))
    tree(card, tmp_path / "data")
    assert faults(card) == ""
    samples = layout.samples(card)
    assert samples
    assert len({sample.id for sample in samples}) == len(samples)


@pytest.mark.parametrize("name", SUITES)
def test_five_kinds_of_fault_are_named(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = few(catalogue.card("suite", name))
    named = 0
    for kind, breakage in BREAKAGES.items():
        monkeypatch.setenv("VBENCH_PY_DATA", str(tmp_path / kind))
        expected = breakage(card, tree(card, tmp_path / kind))
        if expected:
            assert expected in faults(card), kind
            named += 1
    assert named >= 5


@pytest.mark.parametrize("name", SUITES)
def test_without_data_one_message_says_where_to_get_it_and_how_to_lay_it_out(name: str) -> None:
    card = catalogue.card("suite", name)
    text = layout.missing(card)
    assert card.layout.where.strip() in text
    assert all(line in text for line in card.layout.tree.strip().splitlines())
    assert "--data" in text


@pytest.mark.parametrize("name", ["vid4-bi", "snu-film-hard", "sintel-depth", "consistent4d", "gopro-deblur"])
def test_check_keeps_every_promise_on_a_whole_tiny_tree(name: str, tmp_path: Path) -> None:
    tree(catalogue.card("suite", name), tmp_path / "data")
    findings = list(check_name(name))
    assert [(f.promise, f.detail) for f in findings if not f.ok] == []
    assert not any(finding.skipped for finding in findings)


def test_check_fails_naming_the_fault(tmp_path: Path) -> None:
    root = tree(catalogue.card("suite", "vid4-bi"), tmp_path / "data")
    next((root / "GT" / "walk").iterdir()).unlink()
    broken = {finding.promise: finding.detail for finding in check_name("vid4-bi") if not finding.ok}
    assert "GT/walk: expected 47 frames, found 46" in broken[
        "its data has every role of every clip, with the frames of the card"
    ]  # fmt: skip
