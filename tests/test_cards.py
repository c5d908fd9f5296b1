"""Cards refuse what they do not know, and every card of ours holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vbench_py import catalogue
from vbench_py.cards import validate
from vbench_py.types import UsageError

WHERE = Path("card.toml")
SHA256 = "0" * 64
METHOD: dict[str, Any] = {
    "id": "mine", "title": "Mine", "adapter": "callable", "status": "runs", "modes": [{"task": "vsr"}],
}  # fmt: skip
SUITE: dict[str, Any] = {
    "id": "mine", "version": "1", "title": "Mine", "task": "vsr", "summary": "", "licence": "", "metrics": ["psnr-rgb"],
    "primary": "psnr-rgb",
}  # fmt: skip
WHOLE = [kind for kind in catalogue.KINDS if kind != "family"]  # a family is a part of recipes, checked with them
EVERY_CARD = [(kind, name) for kind in WHOLE for name in catalogue.entries(kind)]


@pytest.mark.parametrize(("kind", "name"), EVERY_CARD)
def test_every_card_of_ours_holds(kind: str, name: str) -> None:
    assert catalogue.card(kind, name).id == name


@pytest.mark.parametrize("name", catalogue.entries("method"))
def test_the_evidence_of_a_method_names_tests_that_exist(name: str) -> None:
    from tests.checkout import ROOT

    words = catalogue.card("method", name).evidence.split()
    assert all(
        (ROOT / word.rstrip(",;.:)").partition("::")[0]).is_file() for word in words if word.startswith("tests/")
    )


@pytest.mark.parametrize("name", catalogue.entries("method"))
def test_a_verified_method_gives_its_evidence(name: str) -> None:
    card = catalogue.card("method", name)
    assert card.status != "verified" or card.evidence


def test_an_unknown_key_is_refused_with_the_near_one() -> None:
    with pytest.raises(UsageError, match=r"card.toml: method card 'mine': titel: unknown key, did you mean 'title'"):
        validate("method", {**METHOD, "titel": "Mine"}, WHERE)


def test_an_unknown_key_of_a_table_inside_is_refused_with_the_near_one() -> None:
    with pytest.raises(UsageError, match=r"output\.framez: unknown key, did you mean 'frames'"):
        validate("suite", {**SUITE, "output": {"framez": 8}}, WHERE)


def test_an_unknown_key_of_a_list_of_tables_is_refused_with_the_near_one() -> None:
    with pytest.raises(UsageError, match=r"modes\.0\.requird: unknown key, did you mean 'required'"):
        validate("method", {**METHOD, "modes": [{"task": "vsr", "requird": ["source"]}]}, WHERE)


def test_a_missing_key_is_named() -> None:
    with pytest.raises(UsageError, match="adapter: Field required"):
        validate("method", {name: value for name, value in METHOD.items() if name != "adapter"}, WHERE)


def test_an_unknown_task_is_refused() -> None:
    with pytest.raises(UsageError, match="task: "):
        validate("suite", {**SUITE, "task": "vfi"}, WHERE)


def test_a_checkpoint_needs_a_full_sha256() -> None:
    data = {"name": "a", "sha256": "2a29695a", "licence": "MIT", "sources": [{"kind": "file", "path": "a"}]}
    with pytest.raises(UsageError, match=r"data\.0\.sha256"):
        validate("suite", {**SUITE, "data": [data]}, WHERE)


def test_a_source_says_what_its_kind_needs() -> None:
    data = {"name": "a", "sha256": SHA256, "licence": "MIT", "sources": [{"kind": "pypi", "package": "a"}]}
    with pytest.raises(UsageError, match="a pypi source also needs version, member"):
        validate("suite", {**SUITE, "data": [data]}, WHERE)


@pytest.mark.parametrize("name", ["Mine", "my metric", "../mine", ""])
def test_an_id_is_kebab_case(name: str) -> None:
    with pytest.raises(UsageError, match="id: "):
        validate("method", {**METHOD, "id": name}, WHERE)
