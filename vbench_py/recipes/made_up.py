"""A made-up sample for a mode of a method, so that a recipe's values can be tried before anything runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from vbench_py import catalogue
from vbench_py.cards import MethodCard, ModeCard
from vbench_py.recipe_card import RecipeCard, RunCard
from vbench_py.recipes.values import fill

SCRATCH, CHECKOUT = "/scratch/sample", "/checkout"
TEXTS = ("prompt", "negative_prompt", "source_prompt", "class_label")
STEM = "a-red-car-s3"
ADAPTER = "command"


@dataclass(frozen=True)
class Use:
    """A mode of a method card that a recipe's run serves; `mode.defaults` are those of card and mode together."""

    card: MethodCard
    mode: ModeCard
    run: str

    @property
    def told(self) -> str:
        return f"{self.card.id}, {self.mode.name or self.mode.task}"


def uses(recipe: RecipeCard) -> Iterator[Use]:
    """Every mode of every method card that names the recipe; `run` is "" too where no run serves it."""
    for name, found in catalogue.entries("method").items():
        if found.data.get("adapter") != ADAPTER:
            continue
        card: MethodCard = catalogue.card("method", name)
        for mode in card.modes:
            defaults = {**card.defaults, **mode.defaults}
            if defaults.get("recipe") == recipe.id:
                key = mode.called
                filled = mode.model_copy(update={"defaults": defaults})
                yield Use(card, filled, key if key in recipe.runs else "")


def fields(recipe: RecipeCard, run: RunCard, use: Use) -> list[dict[str, Any]]:
    """What the placeholders stand for: one table for each size and frame count that the mode's card names."""
    mode = use.mode
    frames = mode.frames
    counts = list(
        dict.fromkeys([*([frames.native] if frames and frames.native else []), *(frames.fixed if frames else ())])
    )
    size = mode.size
    sizes = list(dict.fromkeys([*([size.native] if size and size.native else []), *(size.fixed if size else ())]))
    roles = [*mode.required, *mode.optional]
    plain: dict[str, Any] = {
        **{name: f"a {name.replace('_', ' ')} of two words" for name in (*mode.texts, *mode.optional_texts)},
        "seed": 3, "index": 0, "number": 1, "count": 1, "stem": STEM, "device": "cuda",
        "fps": _whole(mode.native_fps or 8.0),
        "out": f"{SCRATCH}/out", "scratch": SCRATCH, "checkout": CHECKOUT,
        "folder": f"{CHECKOUT}/{run.folder}".rstrip("/"),
        "schedule.prompts": ["a first prompt", "a second prompt"], "schedule.frames": [0, 16],
        **{f"option.{name}": value for name, value in mode.defaults.items() if name != "recipe"},
        **{f"weights.{name}": f"/weights/{name}/{_last(weight.path)}" for name, weight in recipe.weights.items()},
        **{f"media.{role}": f"/media/{role}.mp4" for role in roles},
    }  # fmt: skip
    inputs = {f"inputs.{key}": f"{SCRATCH}/{fill(given.path, plain.get)}" for key, given in run.inputs.items()}
    plain |= {text: mode.defaults.get(text, "") for text in TEXTS if text not in plain} | inputs
    tables = []
    for count in counts or [16]:
        for width, height in sizes or [(512, 512)]:
            measured = {"frames": count, "width": width, "height": height, "fps": plain["fps"]}
            of = {f"of.{role}.{name}": value for role in roles for name, value in measured.items()}
            tables.append({**plain, **measured, **of})
    return tables


def _whole(rate: float) -> float | int:
    return int(rate) if rate == int(rate) else rate


def _last(path: str) -> str:
    return path.rpartition("/")[2] or "file"
