"""What a program would be started with for a sample, without starting it: its words, its folder, what is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vbench_py.adapters.command.inputs import write_inputs
from vbench_py.adapters.command.scope import Item, Place
from vbench_py.adapters.command.words import command_words, variables
from vbench_py.recipe_card import RecipeCard, RunCard
from vbench_py.types import Resolved


@dataclass(frozen=True)
class Rehearsal:
    """`words` follow the interpreter, without the launcher; `written` are the texts and settings made for them."""

    words: list[str]
    folder: Path
    variables: dict[str, str]
    written: list[Path]


def rehearse(
    recipe: RecipeCard, run: RunCard, resolved: Resolved, options: Mapping[str, Any], checkout: Path, scratch: Path
) -> Rehearsal:
    """Writes the inputs of a sample below `scratch`; weights are named as if they lay there."""
    place = Place(scratch, checkout, checkout / run.folder)
    place.out.mkdir(parents=True, exist_ok=True)
    weights = {name: scratch / "weights" / name for name in recipe.weights}
    item = Item(resolved, 0, 1, place, "cuda", options, weights)
    write_inputs(run, [item])
    texts = [name for name, card in run.inputs.items() if not card.role]
    return Rehearsal(
        command_words(run.model_copy(update={"launcher": ()}), item),
        place.folder,
        variables(run, item),
        [item.inputs[name] for name in texts if name in item.inputs],
    )
