"""Promises that every method card on disk keeps, run through its adapter."""

from __future__ import annotations

import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.helpers import ADAPTERS, method, request, run, waves
from vbench_py.cards import MethodCard, validate
from vbench_py.types import METRIC_ONLY_ROLES, Adapter, Generated, Request, Unsupported, UsageError
from vbench_py.video import file_sha256, probe

OWN = ("classical", "control")
CARDS = {path.stem: method(path.stem) for path in sorted((ADAPTERS / "methods").glob("*.toml"))}
RUNNABLE = [name for name, card in CARDS.items() if card.adapter in OWN]
RUNS = [(name, mode.task) for name in RUNNABLE for mode in CARDS[name].modes]
SHAPES = {"vsr": (3, 96, 128), "frame_interpolation": (5, 24, 32), "i2v": (16, 24, 32), "t2v": (16, 256, 256)}


def adapter_cards() -> dict[str, Any]:
    found = {}
    for path in sorted(ADAPTERS.glob("*.toml")):
        for data in tomllib.loads(path.read_text(encoding="utf-8"))["adapter"]:
            card = validate("adapter", data, path)
            found[card.id] = card
    return found


def built(card: MethodCard, **options: Any) -> Adapter:
    module, _, name = adapter_cards()[card.adapter].entry.partition(":")
    adapter: Adapter = getattr(import_module(module), name)(card, {**card.defaults, **options})
    return adapter


def made_by(name: str, task: str, folder: Path) -> tuple[Request, Generated]:
    card = CARDS[name]
    mode = next(mode for mode in card.modes if mode.task == task)
    media = {role: waves(1 if role == "first" else 3) for role in mode.required}
    asked = request(task, media, folder / "in")
    (made,) = run(built(card), [asked], folder / "out")
    return asked, made


@pytest.mark.parametrize("name", CARDS)
def test_a_card_is_called_after_its_file(name: str) -> None:
    assert CARDS[name].id == name


@pytest.mark.parametrize("name", RUNNABLE)
def test_an_adapter_promises_the_modes_of_its_card(name: str) -> None:
    card = CARDS[name]
    promised = [(mode.task, mode.required, mode.outputs) for mode in built(card).capabilities()]
    assert promised == [(mode.task, mode.required, mode.outputs) for mode in card.modes]


@pytest.mark.parametrize("name", RUNNABLE)
def test_only_a_ceiling_may_see_what_metrics_see(name: str) -> None:
    roles = {role for mode in CARDS[name].modes for role in (*mode.required, *mode.optional)}
    assert not roles & METRIC_ONLY_ROLES or CARDS[name].control == "ceiling"


@pytest.mark.parametrize("name", RUNNABLE)
def test_an_unknown_option_is_refused_by_name(name: str) -> None:
    with pytest.raises(UsageError, match="unknown option 'no-such-option'"):
        built(CARDS[name], **{"no-such-option": 1})


@pytest.mark.parametrize(("name", "task"), RUNS)
def test_a_missing_input_is_unsupported_by_role(name: str, task: str, tmp_path: Path) -> None:
    required = next(mode.required for mode in CARDS[name].modes if mode.task == task)
    if not required:
        pytest.skip("this mode needs no input")
    with pytest.raises(Unsupported) as caught:
        built(CARDS[name]).plan(request(task, {}, tmp_path))
    assert caught.value.field == required[0]


@pytest.mark.parametrize("name", RUNNABLE)
def test_another_task_is_unsupported(name: str, tmp_path: Path) -> None:
    with pytest.raises(Unsupported) as caught:
        built(CARDS[name]).plan(request("storytelling", {}, tmp_path))
    assert caught.value.field == "task"


@pytest.mark.parametrize(("name", "task"), RUNS)
def test_the_output_is_well_formed_and_the_same_bytes_twice(name: str, task: str, tmp_path: Path) -> None:
    _, made = made_by(name, task, tmp_path / "a")
    assert (made.status, made.error) == ("ok", None)
    info = probe(made.outputs["video"])
    expected = (3, 24, 32) if name == "ground-truth" else SHAPES.get(task, (3, 24, 32))
    expected = SHAPES["t2v"] if task == "long_video" else expected
    assert (info.frames, info.height, info.width, info.lossless) == (*expected, True)
    assert made.seconds["generate"] >= 0 and made.timeline[-1].last == info.frames - 1
    _, again = made_by(name, task, tmp_path / "b")
    assert file_sha256(made.outputs["video"]) == file_sha256(again.outputs["video"])


@pytest.mark.parametrize("name", RUNNABLE)
def test_a_broken_input_is_a_failed_row_and_the_next_is_served(name: str, tmp_path: Path) -> None:
    card = CARDS[name]
    mode = next((mode for mode in card.modes if mode.required), card.modes[0])
    clip = waves(3)
    asked = [request(mode.task, {mode.required[0]: clip}, tmp_path / side) for side in ("a", "b")]
    asked[0].media[mode.required[0]].write_bytes(b"no video at all")
    made = run(built(card), asked, tmp_path / "out")
    assert [item.status for item in made] == ["failed", "ok"]
