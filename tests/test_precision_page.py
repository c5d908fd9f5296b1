"""The page of measured agreement: every metric with a reference stands in it, within the tolerance on its card."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.checkout import ROOT, python
from tests.metrics import parity


def of_the_page(expression: str) -> str:
    code = "import sys; sys.path.insert(0, 'docs'); import precision_page as page; measured = page.load()[1]\n"
    done = python("-c", f"{code}print({expression})", cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_every_metric_with_a_reference_and_a_tolerance_was_compared() -> None:
    told = "call tests.metrics.parity.agree in its test and run `python docs/make_parity.py`"
    assert of_the_page("page.unmeasured(measured)") == "[]", told


def test_no_metric_is_further_from_its_reference_than_its_card_says() -> None:
    assert of_the_page("page.beyond(measured)") == "[]"


def test_metrics_spared_a_comparison_exist_and_have_none() -> None:
    spared = "[card.id for card in page.metric_cards() if card.id in page.SPARED and not page.own(card, measured)]"
    assert of_the_page(f"sorted({spared}) == sorted(page.SPARED)") == "True"


def test_a_difference_is_kept_and_one_beyond_the_limit_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "kept.jsonl"
    monkeypatch.setattr(parity, "_KEPT", str(kept))
    inf = float("inf")
    parity.agree([1.0, 2.5, inf], [1.0, 2.0, inf], of="psnr-rgb", stage="whole", atol=0.5)
    with pytest.raises(AssertionError):
        parity.agree(1.0, 2.0, of="psnr-rgb", stage="whole", atol=0.5)
    with pytest.raises(AssertionError, match="psnr-rbg"):
        parity.agree(1.0, 1.0, of="psnr-rbg", stage="whole")
    with pytest.raises(AssertionError, match="name the reference"):
        parity.agree(1.0, 1.0, of="tof-dis", stage="whole")
    (record,) = [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()]
    assert (record["absolute"], record["relative"], record["values"]) == (0.5, 0.25, 3)
    assert record["against"] == "XPixelGroup/BasicSR@8d56e3a"
