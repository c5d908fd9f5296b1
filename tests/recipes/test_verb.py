"""`vbench-py check recipe` as people call it."""

from __future__ import annotations

import json

from typer.testing import CliRunner, Result

from tests.recipes.repository import Repository
from vbench_py import catalogue
from vbench_py.cli.app import app


def invoke(*words: str) -> Result:
    catalogue._index.cache_clear()
    return CliRunner().invoke(app, ["check", *words])


def test_a_recipe_that_fits_ends_with_0(repository: Repository) -> None:
    repository.prove()
    assert invoke("recipe", "made-up", "--source", str(repository.folder)).exit_code == 0


def test_a_recipe_that_does_not_fit_ends_with_1(repository: Repository) -> None:
    repository.change('"--seed" =', '"--sed" =')
    repository.prove()
    assert invoke("recipe", "made-up", "--source", str(repository.folder)).exit_code == 1


def test_an_unknown_recipe_ends_with_2(repository: Repository) -> None:
    repository.prove()
    assert invoke("recipe", "made-upp").exit_code == 2


def test_a_source_for_another_kind_ends_with_2(repository: Repository) -> None:
    repository.prove()
    assert invoke("method", "made-up", "--source", str(repository.folder)).exit_code == 2


def test_record_says_which_file_it_wrote(repository: Repository) -> None:
    repository.prove()
    said = invoke("recipe", "made-up", "--source", str(repository.folder), "--record", "--json").stdout
    assert json.loads(said)[-1]["detail"] == "made-up.json"


def test_the_plain_name_of_a_method_brings_its_recipe_along(repository: Repository) -> None:
    repository.prove(record=True)
    said = json.loads(invoke("made-up", "--json").stdout)
    assert "recipe made-up" in {finding["subject"] for finding in said}


def test_the_facts_of_all_recipes_in_a_folder_are_recorded_at_once(repository: Repository) -> None:
    repository.prove()
    result = invoke("recipe", "all", "--sources", str(repository.folder.parent), "--record", "--json")
    mine = [finding for finding in json.loads(result.stdout) if finding["subject"] == "recipe made-up"]
    assert mine[-1]["promise"] == "the facts are recorded" and mine[-1]["ok"]
