"""What our own method cards hold to beyond the promises of every method, which tests/test_promises.py tries."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.helpers import ADAPTERS, method, request, run, waves
from vbench_py.cards import MethodCard, validate
from vbench_py.checkpoints import find
from vbench_py.promises.clips import write_inputs
from vbench_py.types import LADDER, Adapter, Generated, UsageError
from vbench_py.video import probe

OWN = ("classical", "control")
CARDS = {path.stem: method(path.stem) for path in sorted((ADAPTERS / "methods").glob("*.toml"))}
RUNNABLE = [name for name, card in CARDS.items() if card.adapter in OWN]
RUNS = [(name, mode.task) for name in RUNNABLE for mode in CARDS[name].modes]
NATIVE = (3, 24, 32)
SHAPES = {
    "vsr": (3, 96, 128),
    "frame_interpolation": (5, 24, 32),
    "i2v": (16, 24, 32),
    "motion_control": (16, 24, 32),
    "customization": (16, 24, 32),
    "storytelling": (16, 24, 32),
    "long_video": (12, 24, 32),
}
FREE = (16, 256, 256)
"""What is made of nothing."""


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
    media = write_inputs(folder / "in", mode.required, waves(3), task)
    asked = replace(request(task, {}, folder / "in"), media=media)
    (made,) = run(built(card), [asked], folder / "out")
    return made


def expected(name: str, task: str) -> tuple[int, int, int]:
    card = CARDS[name]
    if card.control in LADDER or name == "pan-by-tracks":  # as long as the target, or the tracks
        return NATIVE
    required = next(mode for mode in card.modes if mode.task == task).required
    return SHAPES.get(task, NATIVE) if required else FREE


@pytest.mark.parametrize("name", CARDS)
def test_a_card_is_called_after_its_file(name: str) -> None:
    assert CARDS[name].id == name


@pytest.mark.parametrize("name", RUNNABLE)
def test_an_unknown_option_is_refused_by_name(name: str) -> None:
    with pytest.raises(UsageError, match="unknown option 'no-such-option'"):
        built(CARDS[name], **{"no-such-option": 1})


@pytest.mark.parametrize(("name", "task"), RUNS)
def test_the_output_has_the_size_and_length_of_its_task(name: str, task: str, tmp_path: Path) -> None:
    if lacking := [checkpoint.name for checkpoint in CARDS[name].checkpoints if find(checkpoint) is None]:
        pytest.skip(f"{', '.join(lacking)} not in the cache")
    made = made_by(name, task, tmp_path)
    assert (made.status, made.error) == ("ok", None)
    info = probe(next(iter(made.outputs.values())))
    assert (info.frames, info.height, info.width, info.lossless) == (*expected(name, task), True)
    assert all(value >= 0 for value in made.seconds.values())
    assert not made.timeline or made.timeline[-1].last == info.frames - 1
