"""The files a program is started on: written below its scratch folder, nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vbench_py.adapters.command.media import write_medium
from vbench_py.adapters.command.scope import Item
from vbench_py.adapters.command.writers import write_text
from vbench_py.recipe_card import InputCard, RunCard
from vbench_py.recipes.values import fill, placeholders, text
from vbench_py.types import UsageError

MEDIA = ("image", "video", "frames", "array", "mask")


def write_inputs(run: RunCard, items: Sequence[Item]) -> dict[str, str]:
    """Writes every input of `run` for a batch: media first, as texts may name them. Gives what was done to media.

    A sample's own inputs are in its `item.inputs`, the batch's in those of all. Raises `Unsupported` for values that
    the form cannot carry, `UsageError` for a path outside the scratch folder.
    """
    done: dict[str, str] = {}
    for name, card in run.inputs.items():
        if card.kind not in MEDIA:
            continue
        for item in items:
            if card.optional and card.role not in item.resolved.request.media:
                continue
            item.inputs[name] = inside(card, item)
            if changed := write_medium(card, item, item.inputs[name]):
                done[name] = changed
    for name, card in run.inputs.items():
        if card.kind in MEDIA:
            continue
        own = {"index", "stem", "number"} & placeholders(card.path)
        for group in [[item] for item in items] if own else [list(items)]:
            path = inside(card, group[0])
            write_text(card, group, path)
            for item in group:
                item.inputs[name] = path
    return done


def inside(card: InputCard, item: Item) -> Path:
    """The input's place in the scratch folder."""
    scratch = item.place.scratch
    given = text(fill(card.path, item))
    path = Path(given) if Path(given).is_absolute() else scratch / given
    if not path.resolve().is_relative_to(scratch.resolve()):
        raise UsageError(f"recipe: input {card.path} lies outside the scratch folder")
    return path
