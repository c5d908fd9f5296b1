"""What a name on the command line stands for: the environment and the checkouts of a recipe, method or environment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vbench_py import catalogue
from vbench_py.card import CheckpointCard
from vbench_py.cards import EnvironmentCard, MethodCard, RecipeCard
from vbench_py.isolate.checkouts import Checkout
from vbench_py.isolate.environments import Environment
from vbench_py.recipe_card import WeightCard
from vbench_py.types import UsageError


@dataclass(frozen=True)
class Named:
    """`recipe` is "" where the name is an environment's own."""

    recipe: str
    environment: Environment
    checkouts: tuple[Checkout, ...] = ()


def named(name: str, *, override: bool = False) -> Named:
    """What `name` (a recipe, a method with a recipe, or an environment) stands for. Raises `UsageError`."""
    recipe = name
    if name not in catalogue.entries("recipe"):
        if name in catalogue.entries("environment"):
            return Named("", Environment(catalogue.card("environment", name), override))
        if name not in catalogue.entries("method"):
            known = [*catalogue.entries("recipe"), *catalogue.entries("environment"), *catalogue.entries("method")]
            raise catalogue.unknown("recipe, method or environment", name, known)
        method: MethodCard = catalogue.card("method", name)
        recipe = str(method.defaults.get("recipe", ""))
        if method.adapter != "command" or not recipe:
            raise UsageError(
                f"method {name!r} runs through adapter {method.adapter!r}: it has no environment of its own"
            )
    card: RecipeCard = catalogue.card("recipe", recipe)
    environment: EnvironmentCard = catalogue.card("environment", card.environment)
    return Named(recipe, Environment(environment, override), checkouts(card))


def checkout_of(card: RecipeCard, mode: str) -> Checkout | None:
    """The code that a mode runs; None for programs of ours."""
    if not card.repository:
        return None
    return Checkout(card.repository, card.commit, card.patches_of(mode), card.submodules)


def checkouts(card: RecipeCard) -> tuple[Checkout, ...]:
    """Every state of the repository that a mode of the recipe runs in: they differ in patches."""
    found = {state.folder: state for mode in card.runs if (state := checkout_of(card, mode))}
    return tuple(found.values())


def of_environment(identifier: str) -> list[str]:
    """The recipes that name an environment."""
    return [name for name, found in catalogue.entries("recipe").items() if found.data.get("environment") == identifier]


def weight_file(recipe: RecipeCard, name: str, card: WeightCard) -> CheckpointCard:
    """Weights of a recipe that are one file, as a card that can be fetched."""
    source = card.sources[0]
    ending = Path(source.file or source.member or source.url or source.path).name
    return CheckpointCard(
        name=f"{recipe.id}--{name}--{ending}", sha256=card.sha256, licence=card.licence or "not stated",
        sources=card.sources,
    )  # fmt: skip


def weight_files(recipe: RecipeCard) -> list[CheckpointCard]:
    """Those of a recipe's weights that are files with a source."""
    single = {name: card for name, card in recipe.weights.items() if card.sources and "*" not in card.sources[0].file}
    return [weight_file(recipe, name, card) for name, card in single.items()]
