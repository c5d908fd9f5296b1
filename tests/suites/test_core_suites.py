"""The core suites: made again byte for byte, small, and such that every method of their task can be asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import vbench_py.suites
from vbench_py import catalogue
from vbench_py.cards import SuiteCard
from vbench_py.matrix import chosen, matrix
from vbench_py.metricset import metric_specs
from vbench_py.suites.cores import FRAMES, suites

FOLDER = Path(str(vbench_py.suites.__file__)).parent
FILES = suites()


def rows(name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (FOLDER / name / "samples.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("name", FILES)
def test_the_samples_file_is_made_again_byte_for_byte(name: str) -> None:
    assert (FOLDER / name / "samples.jsonl").read_bytes() == FILES[name].encode()


@pytest.mark.parametrize("name", FILES)
def test_a_core_suite_is_small(name: str) -> None:
    assert 8 <= len(rows(name)) <= 16


@pytest.mark.parametrize(("core", "whole"), [("t2v-core", "t2v-prompts"), ("long-core", "long-prompts")])
def test_prompts_are_those_of_the_whole_suite_under_the_same_ids(core: str, whole: str) -> None:
    known = {row["id"]: row for row in rows(whole)}
    assert all(known[row["id"]] == row for row in rows(core))


def test_every_family_of_prompts_is_there_twice() -> None:
    families = [str(row["id"]).rpartition("-")[0] for row in rows("t2v-core")]
    assert len(set(families)) == 8 and all(families.count(family) == 2 for family in families)


def test_pictures_are_other_scenes_than_those_of_the_whole_suite() -> None:
    scenes = {row["media"]["first"]["world"]["scene"] for row in rows("i2v-core")}  # type: ignore[index]
    whole = {row["media"]["first"]["world"]["scene"] for row in rows("i2v-prompts")}  # type: ignore[index]
    assert len(scenes) == 12 and not scenes & whole


def test_clips_to_edit_have_a_length_that_models_take() -> None:
    assert FRAMES % 4 == FRAMES % 8 == 1
    for row in rows("edit-core"):
        assert row["prompt"] != row["source_prompt"] and row["facts"]["instruction"]  # type: ignore[index]


@pytest.mark.parametrize("name", FILES)
def test_what_needs_no_weights_comes_first_and_a_control_is_there(name: str) -> None:
    card: SuiteCard = catalogue.card("suite", name)
    specs = metric_specs(card.metrics, scored=card.output.scored, settings=card.protocol)
    assert all(not spec.card.extractors or spec.card.cost == "arithmetic" for spec in specs[:4])
    assert "noise" in card.methods


@pytest.mark.parametrize("name", FILES)
def test_no_method_is_refused_for_want_of_words_or_by_its_own_shapes(name: str) -> None:
    """Those refused want an input that no prompt or picture is: a mask, a control signal, a last frame, a target."""
    given = {*rows(name)[0].get("media", {}), "prompt", "frames", "size"}  # type: ignore[dict-item]
    found = matrix([name], chosen("method", ["all"]))
    refused = {pair.method: pair.field for pair in found.pairs.values() if pair.field not in ("", "task")}
    assert not [method for method, field in refused.items() if field in given]
    assert not [pair for pair in found.pairs.values() if pair.state == "partly"]
    assert sum(pair.state == "runs" for pair in found.pairs.values()) >= 5
