"""What is wrong with a method's card as far as its recipe goes, in words: for `vbench-py check`."""

from __future__ import annotations

from collections.abc import Iterator

from vbench_py import catalogue
from vbench_py.adapters.command.scope import PLAIN, TABLES
from vbench_py.cards import MethodCard, RecipeCard
from vbench_py.recipe_card import RunCard
from vbench_py.recipes.values import placeholders


def faults(card: MethodCard) -> Iterator[str]:
    """Recipe and environment exist, every mode has a run, every placeholder has a value."""
    name = card.defaults.get("recipe")
    if not name:
        yield "its defaults name no recipe"
        return
    recipe: RecipeCard = catalogue.card("recipe", str(name))
    catalogue.card("environment", recipe.environment)
    if recipe.repository and (card.repository, card.commit) != (recipe.repository, recipe.commit):
        yield f"its repository or commit is not that of recipe {recipe.id}"
    for mode in card.modes:
        run = recipe.run_of(mode.called)
        if run is None:
            yield f"recipe {recipe.id} has no mode {mode.called!r}"
            continue
        yield from _unknown(run, recipe, {**card.defaults, **mode.defaults})


def _unknown(run: RunCard, recipe: RecipeCard, options: dict[str, object]) -> Iterator[str]:
    told = run.model_dump(exclude={"proofs"})
    known = {"option": set(options), "weights": set(recipe.weights), "inputs": set(run.inputs)}
    for name in sorted(placeholders(told)):
        table, _, key = name.partition(".")
        if key and table in known and key not in known[table]:
            yield f"recipe {recipe.id}: {{{name}}} names nothing; there are {', '.join(sorted(known[table])) or 'none'}"
        elif name not in PLAIN and not (key and table in TABLES) and name != "view":
            yield f"recipe {recipe.id}: unknown placeholder {{{name}}}"
