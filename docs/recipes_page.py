"""The page of all recipes, from their cards and stored facts: code, pins, GPUs, and what the code was asked."""

from __future__ import annotations

from collections.abc import Iterator

from metrics_page import cell

from vbench_py import catalogue
from vbench_py.cards import EnvironmentCard, RecipeCard
from vbench_py.recipes.evidence import stored

HEAD = """
How the methods run that have nothing but their authors' code: [research-code.md](research-code.md) says what a recipe
is. `vbench-py show METHOD` prints a method's card with it, `env show RECIPE` the pins and patches.

**Checked** is the day on which `vbench-py check recipe NAME --source CLONE --parse --record` held the recipe against
the repository at its commit, and how many promises it kept: files, flags with types, configuration keys, patches,
names of outputs, signatures. **Parser**: the program's own parser took our words, started with stand-ins for the
packages it imports. Nothing here ran with real weights, except the recipes without a repository, which are programs of
ours on packages that carry their weights. **sm**: the GPU architectures that the pins have kernels for (86 Ampere, 89
Ada, 90 Hopper); with *override* the newer pins that `--set pins=override` takes.
"""
COLUMNS = "| recipe | methods | code | Python | torch | sm | exec | patches | checked | parser |"


def recipes_page(made: str) -> str:
    names = sorted(catalogue.entries("recipe"))
    lines = ["# Recipes", "", made, HEAD.rstrip(), "", COLUMNS, "| --- " * 10 + "|", *(_row(name) for name in names)]
    return "\n".join([*lines, "", *_patches(names)]) + "\n"


def _row(name: str) -> str:
    card: RecipeCard = catalogue.card("recipe", name)
    place: EnvironmentCard = catalogue.card("environment", card.environment)
    methods = [found for found, entry in sorted(catalogue.entries("method").items())
               if entry.data.get("defaults", {}).get("recipe") == name]  # fmt: skip
    code = f"{'/'.join(card.repository.split('/')[-2:])}@{card.commit[:7]}" if card.repository else "ours"
    execs = ", ".join(dict.fromkeys(run.exec for run in card.runs.values()))
    cells = [f"`{name}`", ", ".join(f"`{method}`" for method in methods), code, place.python, _torch(place), _sm(place)]
    return "| " + " | ".join([*cells, execs, str(len(card.patches) or "–"), *_checked(name)]) + " |"


def _torch(place: EnvironmentCard) -> str:
    pins = [line for line in place.requirements if line.startswith("torch==")]
    return (pins[0].removeprefix("torch==") if pins else "–") + (
        f" {place.torch_backend}" if place.torch_backend else ""
    )


def _sm(place: EnvironmentCard) -> str:
    if not place.cuda:
        return "none needed"
    bounds = f"{place.lowest_sm or ''}–{place.highest_sm or ''}"
    return bounds + (f", override to {place.override.highest_sm or 'any'}" if place.override else "")


def _checked(name: str) -> tuple[str, str]:
    facts = stored(name)
    if facts is None:
        return "program of ours", "–"
    return f"{facts.date}, {len(facts.checked)}", f"{facts.parsed} of {len(facts.runs)}"


def _patches(names: list[str]) -> Iterator[str]:
    yield "## Patches"
    yield ""
    yield "What could not run as its authors shipped it, and was changed; every row of such a run says so."
    yield ""
    yield "| recipe | reason |"
    yield "| --- | --- |"
    for name in names:
        card: RecipeCard = catalogue.card("recipe", name)
        yield from (f"| `{name}` | {cell(patch.reason)} |" for patch in card.patches)
