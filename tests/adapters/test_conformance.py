"""What our own method cards hold to beyond the promises of every method, which tests/test_promises.py tries."""

from __future__ import annotations

import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.helpers import ADAPTERS, method, request, run, waves
from vbench_py.cards import MethodCard, validate
from vbench_py.types import Adapter, Generated, UsageError
from vbench_py.video import probe

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


def made_by(name: str, task: str, folder: Path) -> Generated:
    card = CARDS[name]
    mode = next(mode for mode in card.modes if mode.task == task)
    media = {role: waves(1 if role == "first" else 3) for role in mode.required}
    asked = request(task, media, folder / "in")
    (made,) = run(built(card), [asked], folder / "out")
    return made


@pytest.mark.parametrize("name", CARDS)
def test_a_card_is_called_after_its_file(name: str) -> None:
    assert CARDS[name].id == name


@pytest.mark.parametrize("name", RUNNABLE)
def test_an_unknown_option_is_refused_by_name(name: str) -> None:
    with pytest.raises(UsageError, match="unknown option 'no-such-option'"):
        built(CARDS[name], **{"no-such-option": 1})


@pytest.mark.parametrize(("name", "task"), RUNS)
def test_the_output_has_the_size_and_length_of_its_task(name: str, task: str, tmp_path: Path) -> None:
    made = made_by(name, task, tmp_path)
    assert (made.status, made.error) == ("ok", None)
    info = probe(made.outputs["video"])
    expected = (3, 24, 32) if name == "ground-truth" else SHAPES.get(task, (3, 24, 32))
    expected = SHAPES["t2v"] if task == "long_video" else expected
    assert (info.frames, info.height, info.width, info.lossless) == (*expected, True)
    assert made.seconds["generate"] >= 0 and made.timeline[-1].last == info.frames - 1
