"""Names to cards: outside folders are read, clashes and misspellings are told with the file and the mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from vbench_py import catalogue
from vbench_py.types import UsageError

METRIC = """
[[metric]]
id = "{id}"
version = "1"
title = "A metric"
family = "made up"
entry = "nowhere.at_all:Metric"
summary = "Stands in a card and nowhere else."
direction = "higher"
range = [0.0, 1.0]
unit = ""
evidence = "closed form"
"""


@pytest.fixture
def cards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An outside folder of cards, still empty."""
    folder = tmp_path / "cards"
    folder.mkdir()
    monkeypatch.setenv("VBENCH_PY_CARDS", str(folder))
    return folder


def test_cards_of_an_outside_folder_are_found(cards: Path) -> None:
    (cards / "acme.toml").write_text(METRIC.format(id="acme"))
    assert catalogue.entries("metric")["acme"].file == cards / "acme.toml"


def test_a_suite_folder_inside_an_outside_folder_is_found(cards: Path) -> None:
    (cards / "mine").mkdir()
    (cards / "mine" / "suite.toml").write_text('id = "mine"\n')
    assert catalogue.entries("suite")["mine"].id == "mine"


def test_a_clash_names_both_files(cards: Path) -> None:
    (cards / "one.toml").write_text(METRIC.format(id="acme"))
    (cards / "two.toml").write_text(METRIC.format(id="acme"))
    with pytest.raises(UsageError, match=r"'acme' is defined twice: in .*one\.toml and in .*two\.toml"):
        catalogue.entries("metric")


def test_a_clash_with_a_card_of_ours_names_our_file(cards: Path) -> None:
    (cards / "one.toml").write_text(METRIC.format(id="psnr-rgb"))
    with pytest.raises(UsageError, match=r"psnr\.toml and in .*one\.toml"):
        catalogue.entries("metric")


def test_a_misspelt_table_names_the_file_and_the_near_one(cards: Path) -> None:
    (cards / "one.toml").write_text(METRIC.format(id="acme").replace("[[metric]]", "[[metrics]]"))
    with pytest.raises(UsageError, match=r"one\.toml: unknown table 'metrics', did you mean \[\[metric\]\]"):
        catalogue.entries("metric")


def test_a_misspelt_key_names_the_file_the_key_and_the_near_one(cards: Path) -> None:
    (cards / "one.toml").write_text(METRIC.format(id="acme").replace("summary", "sumary"))
    with pytest.raises(UsageError, match=r"one\.toml: metric card 'acme': .*sumary: unknown key, did you mean 'summ"):
        catalogue.card("metric", "acme")


def test_broken_toml_names_the_file(cards: Path) -> None:
    (cards / "one.toml").write_text("[[metric")
    with pytest.raises(UsageError, match=r"one\.toml: not valid TOML"):
        catalogue.entries("metric")


def test_a_card_without_an_id_names_the_file(cards: Path) -> None:
    (cards / "one.toml").write_text("[[metric]]\ntitle = 'nameless'\n")
    with pytest.raises(UsageError, match=r"one\.toml: a metric card has no id"):
        catalogue.entries("metric")


def test_a_missing_outside_folder_is_wrong_usage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VBENCH_PY_CARDS", str(tmp_path / "gone"))
    with pytest.raises(UsageError, match="gone is not a folder"):
        catalogue.entries("metric")


@pytest.mark.parametrize(
    ("kind", "name", "meant"),
    [("metric", "pnsr-rgb", "psnr-rgb"), ("method", "bicubik", "bicubic"), ("suite", "demo-vsr", "demo-vsr-x4")],
)
def test_an_unknown_name_says_what_may_have_been_meant(kind: str, name: str, meant: str) -> None:
    with pytest.raises(UsageError, match=f"unknown {kind} '{name}'.*did you mean .*'{meant}'"):
        catalogue.card(kind, name)


def test_a_name_like_no_other_points_to_the_list() -> None:
    with pytest.raises(UsageError, match="`vbench-py list metrics` shows all"):
        catalogue.card("metric", "zzzzzzzz")


def test_bundles_expand_to_their_members_each_once() -> None:
    members = list(catalogue.card("bundle", "quick").members)
    assert catalogue.expand("metric", ["quick", members[0], "psnr-rgb"]) == [*members, "psnr-rgb"]


def test_a_bundle_of_suites_is_no_metric() -> None:
    with pytest.raises(UsageError, match="unknown metric 'demo'"):
        catalogue.expand("metric", ["demo"])


def test_an_entry_that_cannot_be_imported_names_its_card(cards: Path) -> None:
    (cards / "one.toml").write_text(METRIC.format(id="acme"))
    with pytest.raises(UsageError, match=r"metric 'acme': its entry 'nowhere.at_all:Metric' cannot be loaded"):
        catalogue.load("metric", "acme")


def test_overrides_change_the_protocol_of_a_loaded_metric() -> None:
    assert catalogue.load("metric", "psnr-rgb", cap_db=60.0).protocol["cap_db"] == 60.0
