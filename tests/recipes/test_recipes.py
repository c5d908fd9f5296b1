"""Every recipe of the catalogue against the facts that were recorded of its repository."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest

from tests.checkout import ROOT
from vbench_py import catalogue
from vbench_py.checkpoints import cache_dir
from vbench_py.recipes.evidence import stored
from vbench_py.recipes.proving import prove

RECIPES = sorted(catalogue.entries("recipe"))
FOREIGN = [name for name in RECIPES if catalogue.entries("recipe")[name].data.get("repository")]


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_agrees_with_the_recorded_facts(name: str) -> None:
    broken = [f"{finding.promise}: {finding.detail}" for finding in prove(name) if not finding.ok]
    assert broken == []


@pytest.mark.parametrize("name", FOREIGN)
def test_recorded_facts_say_commit_and_day(name: str) -> None:
    facts = stored(name)
    assert facts is not None and (facts.head, facts.changed) == (facts.commit, ()) and facts.date


def test_facts_are_recorded_for_recipes_only() -> None:
    some = catalogue.entries("recipe")[RECIPES[0]].file.parent / "facts"
    assert {file.stem for file in some.glob("*.json")} <= set(RECIPES)


def test_facts_hold_no_path_of_this_machine() -> None:
    some = catalogue.entries("recipe")[RECIPES[0]].file.parent / "facts"
    texts = {file.name: json.dumps(json.loads(file.read_text())) for file in some.glob("*.json")}
    places = [tempfile.gettempdir(), str(Path.home()), str(ROOT), str(cache_dir())]
    assert [name for name, text in texts.items() for place in places if f"{place}/" in text] == []
