"""The cards of the 51 methods that the harness must carry: all there, complete, and honest about what was proven."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.adapters.helpers import ADAPTERS, method
from tests.checkout import vbench_py
from vbench_py import catalogue
from vbench_py.cards import ModeCard

LIST = Path(__file__).parents[2].parent / "shared" / "reference" / "methods.yaml"
KEYS = [
    "freelong", "divd", "svd", "fvdm", "animatelcm", "ouroboros", "zerosmooth", "mcm", "cmd", "star", "diffusion4d",
    "4diffusion", "mgld", "lovecon", "bivdiff", "trip", "videoldm", "gowiththeflow", "animate3d", "genlvideo",
    "bld_video", "freenoise", "streamlined", "vidgpt", "cil", "artv", "consecutive_bb", "storydiffusion", "lavie",
    "dynvideo_e", "apla", "divot", "seine", "dreamvideo_i2v", "videocontrolnet", "ca2vdm", "videodrafter",
    "rollingdepth", "framebridge", "i2v_adapter", "edg", "customcrafter", "contextdiff", "vidrd", "slight_corruption",
    "instructvideo", "motionmaster", "i2vgen_xl", "cv_vae", "videogen", "exvideo",
]  # fmt: skip
IDS = [key.replace("_", "-") for key in KEYS]
PRESENT = [name for name in IDS if (ADAPTERS / "methods" / f"{name}.toml").is_file()]
TASKS = {"4d": "novel_view_4d", "autoencoder_reconstruction": "reconstruction"}
"""Tasks of the list by other names here; acceleration and representation are no tasks."""
NO_TASKS = ("acceleration", "representation")
WORDS = {"watermark", "prompt-rewrite", "super-resolution", "histogram-match", "safety-filter"}


@pytest.fixture(scope="module")
def listed() -> dict[str, dict[str, Any]]:
    if not LIST.is_file():
        pytest.skip("the list of methods is not beside this checkout")
    return {row["key"].replace("_", "-"): row for row in yaml.safe_load(LIST.read_text(encoding="utf-8"))}


def test_every_method_of_the_list_has_a_card() -> None:
    assert len(IDS) == 51 and sorted(set(IDS) - set(PRESENT)) == []


@pytest.mark.parametrize("name", PRESENT)
def test_a_card_says_what_the_method_is_and_whose(name: str) -> None:
    card = method(name)
    empty = [
        field
        for field in ("title", "summary", "paper", "arxiv", "year", "licence_code", "licence_weights", "evidence")
        if not getattr(card, field)
    ]
    assert empty == []
    assert re.fullmatch(r"\d{4}\.\d{5}", card.arxiv)


@pytest.mark.parametrize("name", PRESENT)
def test_a_named_repository_is_pinned_by_a_whole_commit(name: str) -> None:
    card = method(name)
    assert bool(re.fullmatch("[0-9a-f]{40}", card.commit)) == bool(card.repository)


@pytest.mark.parametrize("name", PRESENT)
def test_nothing_is_called_verified_without_weights_here(name: str) -> None:
    assert method(name).status in ("runs", "untested", "no-code")


@pytest.mark.parametrize("name", PRESENT)
def test_methods_without_code_take_part_as_videos(name: str) -> None:
    card = method(name)
    assert card.status != "no-code" or card.adapter == "precomputed"


@pytest.mark.parametrize("name", PRESENT)
def test_weights_under_non_commercial_terms_ask_for_consent(name: str) -> None:
    card = method(name)
    binds = re.search("non-?commercial", f"{card.licence_code} {card.licence_weights}", re.IGNORECASE)
    assert card.needs_licence or not binds


@pytest.mark.parametrize("name", PRESENT)
def test_a_native_shape_keeps_its_own_rule(name: str) -> None:
    assert [problem for mode in method(name).modes for problem in problems(mode)] == []


def problems(mode: ModeCard) -> list[str]:
    found = [f"unknown side effect {word}" for word in mode.side_effects if word not in WORDS]
    frames, size = mode.frames, mode.size
    if frames is not None and (native := frames.native) is not None:
        if frames.fixed and native not in frames.fixed:
            found.append(f"{native} frames are none of {frames.fixed}")
        if not frames.fixed and (native - frames.plus) % frames.multiple:
            found.append(f"{native} frames are not {frames.multiple} k + {frames.plus}")
        if native < frames.least or (frames.most is not None and native > frames.most):
            found.append(f"{native} frames lie outside {frames.least} to {frames.most}")
    if size is not None and size.native is not None:
        width, height = size.native
        if size.fixed and size.native not in size.fixed:
            found.append(f"{size.native} is none of {size.fixed}")
        if width % size.multiple or height % size.multiple:
            found.append(f"{size.native} are no multiples of {size.multiple}")
        if size.most_pixels is not None and width * height > size.most_pixels:
            found.append(f"{size.native} has more than {size.most_pixels} pixels")
    return found


@pytest.mark.parametrize("name", PRESENT)
def test_a_baseline_is_another_card(name: str) -> None:
    card = method(name)
    named = [base for base in (card.baseline_of, *(mode.baseline_of for mode in card.modes)) if base]
    assert [base for base in named if base == name or base not in catalogue.entries("method")] == []


@pytest.mark.parametrize("name", PRESENT)
def test_a_card_agrees_with_the_list(name: str, listed: dict[str, dict[str, Any]]) -> None:
    card, row = method(name), listed[name]
    tasks = {TASKS.get(task, task) for task in row["tasks"]} - set(NO_TASKS)
    assert (card.arxiv, card.year, sorted(tasks - served(name))) == (str(row["arxiv"]), row["year"], [])
    repository, commit = row["code"]["repo"], row["code"]["commit"]
    if repository:
        assert (card.repository.rstrip("/").lower().endswith(repository.lower()), card.commit) == (True, commit)


def served(name: str) -> set[str]:
    """The tasks of a card and of those for the method's other checkpoints: animatelcm, animatelcm-i2v ..."""
    cards = [other for other in catalogue.entries("method") if other == name or other.startswith(f"{name}-")]
    return {task for other in cards for task in method(other).tasks}


def test_check_method_all_tries_every_method_card_and_no_other(tmp_path: Path) -> None:
    findings = json.loads(vbench_py("check", "method", "all", "--json", cwd=tmp_path).stdout)
    assert {finding["subject"] for finding in findings} == {f"method {name}" for name in catalogue.entries("method")}
    assert [finding for finding in findings if not finding["ok"]] == []


def test_the_image_study_says_that_it_is_one() -> None:
    card = method("slight-corruption")
    assert "image" in f"{card.summary} {card.evidence}".lower()
