"""Recipe against method cards and environment: everything that can be told without the repository."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from vbench_py import catalogue
from vbench_py.cards import ModeCard
from vbench_py.promises.finding import demand
from vbench_py.recipe_card import RecipeCard, RunCard
from vbench_py.recipes.made_up import TEXTS, Use, fields
from vbench_py.recipes.naming import texts
from vbench_py.recipes.values import placeholders

TAKEN = ("mode", "fps")
"""Names of options that would hide what the adapter itself plans."""


def together(recipe: RecipeCard, uses: list[Use]) -> str:
    """The method cards that name it say the same code, and modes and runs belong together."""
    demand(bool(uses), f'no method card names it: adapter = "command" and defaults.recipe = "{recipe.id}"')
    wrong = [
        f"method {card.id} says {card.repository}@{card.commit or '?'}"
        for card in {use.card.id: use.card for use in uses}.values()
        if recipe.repository and (card.repository, card.commit) != (recipe.repository, recipe.commit)
    ]
    wrong += [f"no run serves {use.told}" for use in uses if use.run not in recipe.runs]
    served = {use.run for use in uses}
    wrong += [f"run {name!r} serves no mode of a method card" for name in recipe.runs if name not in served]
    wrong += [f"{use.told}: option {name!r} has a name of the adapter's" for use in uses for name in _hidden(use)]
    demand(not wrong, "; ".join(wrong))
    return f"{len(uses)} modes of {', '.join(dict.fromkeys(use.card.id for use in uses))}"


def _hidden(use: Use) -> list[str]:
    return [name for name in TAKEN if name in use.mode.defaults]


def environment(recipe: RecipeCard) -> str:
    return str(catalogue.card("environment", recipe.environment).id)


def weights(recipe: RecipeCard) -> str:
    """Each is to be had from somewhere, and used, or lies where the code looks for it."""
    asked = {name for run in recipe.runs.values() for name in placeholders(_handed(run))}
    wrong = []
    for name, weight in recipe.weights.items():
        if not weight.sources and not weight.where:
            wrong.append(f"{name} has neither sources nor where")
        if not weight.path and f"weights.{name}" not in asked:
            wrong.append(f"{name} has no path, and no {{weights.{name}}} asks for it")
        wrong += [f"{name} is for a mode {mode!r} that is no run" for mode in weight.modes if mode not in recipe.runs]
    wrong += [
        f"a patch is for a mode {mode!r} that is no run"
        for patch in recipe.patches for mode in patch.modes if mode not in recipe.runs
    ]  # fmt: skip
    demand(not wrong, "; ".join(wrong))
    return ""


def asked_placeholders(recipe: RecipeCard, run: RunCard, use: Use) -> str:
    """Every placeholder stands for something that this mode has."""
    there = {name for table in fields(recipe, run, use) for name in table}
    asked = {name for name in placeholders(_everything(run)) if not name.startswith("fact.")}  # a sample's own
    unknown = sorted(asked - there)
    told = [_unknown(name, recipe, run, use.mode) for name in unknown]
    handed = placeholders(_handed(run)) | set(_roles(run))
    mode = use.mode
    told += [f"{{{name}}} is used, and the mode has no text {name}" for name in TEXTS if _unasked(name, handed, mode)]
    missing: list[str] = [text for text in mode.texts if text != "prompt_schedule" and text not in handed]
    if "prompt_schedule" in mode.texts and not {"schedule.prompts", "schedule.frames"} & handed:
        missing.append("prompt_schedule")
    told += [f"the mode requires {text}, and the run does not hand it over" for text in missing]
    demand(not told, "; ".join(told))
    return ""


def _unasked(name: str, handed: set[str], mode: ModeCard) -> bool:
    return name in handed and name not in (*mode.texts, *mode.optional_texts, *mode.defaults)


def _unknown(name: str, recipe: RecipeCard, run: RunCard, mode: ModeCard) -> str:
    head, _, rest = name.partition(".")
    if head == "option":
        return f"{{{name}}}: {rest} stands in the defaults of neither the method card nor its mode"
    if head == "weights":
        return f"{{{name}}}: the recipe has weights {', '.join(recipe.weights) or 'none'}"
    if head == "inputs":
        return f"{{{name}}}: the run has inputs {', '.join(run.inputs) or 'none'}"
    if head in ("media", "of"):
        return f"{{{name}}}: the mode has roles {', '.join((*mode.required, *mode.optional)) or 'none'}"
    return f"{{{name}}} is no placeholder"


def media_and_seed(run: RunCard, use: Use) -> str:
    """Roles, seed and batches as the mode's card says them."""
    mode, roles = use.mode, _roles(run)
    handed = placeholders(_handed(run))
    spare = {given.role for given in run.inputs.values() if given.optional}
    foreign = [role for role in roles if role not in (*mode.required, *mode.optional) and role not in spare]
    wrong = [f"role {role} is used, and the mode has none" for role in foreign]
    wrong += [f"the mode requires {role}, and the run does not use it" for role in mode.required if role not in roles]
    if mode.seed == "none" and "seed" in handed:
        wrong.append("{seed} is handed over, and the mode says seed none")
    if mode.seed != "none" and "seed" not in handed:
        wrong.append(f"the mode says seed {mode.seed}, and no {{seed}} is handed over")
    if run.exec == "batch" and mode.batching == "one" and run.batch != 1:
        wrong.append("exec = batch, and the mode takes one sample at a time")
    demand(not wrong, "; ".join(wrong))
    return ", ".join(roles)


def _roles(run: RunCard) -> list[str]:
    """Roles of written inputs, and of media handed over as they are."""
    named = [given.role for given in run.inputs.values() if given.role]
    for name in sorted(placeholders(_handed(run))):
        head, _, rest = name.partition(".")
        named += [rest] if head == "media" else []
    return list(dict.fromkeys(named))


def outputs(run: RunCard, use: Use) -> str:
    """Outputs are those of the mode, by their first word: view of view/030."""
    made = {output.output.partition("/")[0] for output in run.outputs.values()}
    sure = {output.output.partition("/")[0] for output in run.outputs.values() if not output.optional}
    wanted = {name.partition("/")[0] for name in use.mode.outputs}
    wrong = [f"{name} is found, and the mode has no such output" for name in sorted(made - wanted)]
    wrong += [f"the mode gives {name}, and the run does not say where it is" for name in sorted(wanted - made)]
    demand(bool(sure), "every output is optional")
    demand(not wrong, "; ".join(wrong))
    return ", ".join(sorted(made))


def inputs_used(run: RunCard) -> str:
    """Every file that is written is handed over by its name, or by that of its folder or of a file beside it."""
    if run.place == "links":  # written into the tree that the program runs in
        return ""
    handed = list(texts([_arguments(run), [given.model_dump() for given in run.inputs.values()]]))
    folders = {text.split("{", 2)[1].partition("}")[2].strip("/") for text in handed if text.startswith("{scratch}")}
    wrong: list[str] = []
    beside = {
        posixpath.dirname(given.path)
        for key, given in run.inputs.items()
        if "/" in given.path and any(f"{{inputs.{key}}}" in text for text in handed)
    }
    for key, given in run.inputs.items():
        named = posixpath.dirname(given.path) in beside or any(f"{{inputs.{key}}}" in text for text in handed)
        parents = {"", *_parents(given.path)}
        if not named and not folders & {given.path, *parents}:
            wrong.append(f"{key} is written to {given.path}, and nothing that is handed over leads there")
    demand(not wrong, "; ".join(wrong))
    return ""


def _parents(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _arguments(run: RunCard) -> list[Any]:
    return [run.words, run.flags, run.trailing, run.overrides, run.setup, run.call, run.variables, run.launcher]


def _handed(run: RunCard) -> list[Any]:
    return [*_arguments(run), [given.model_dump(exclude={"base"}) for given in run.inputs.values()]]


def _everything(run: RunCard) -> list[Any]:
    found = [output.model_dump(exclude={"output", "view"}) for output in run.outputs.values()]
    inputs = [given.model_dump(exclude={"base", "names"}) for given in run.inputs.values()]
    return [*_arguments(run), inputs, found]
