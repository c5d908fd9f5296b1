"""`vbench-py check recipe`: which recipes, from which sources, and what of it is kept."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

from vbench_py import catalogue
from vbench_py.promises.finding import Finding, tried
from vbench_py.recipe_card import RecipeCard
from vbench_py.recipes.check import check_recipe
from vbench_py.recipes.evidence import store, stored
from vbench_py.recipes.facts import Facts
from vbench_py.recipes.gather import gather
from vbench_py.types import UsageError, VbenchError


def prove(
    name: str, *, source: Path | None = None, sources: Path | None = None, record: bool = False, parse: bool = False
) -> Iterator[Finding]:
    """Findings of one recipe, or of `all`: against `source`, or what lies in `sources` under its repository's name, or
    the stored facts.

    With `record`, facts against which nothing speaks are stored; with `parse` the program itself is started up to its
    parser. Raises `UsageError` for an unknown name, and for a source that cannot be used.
    """
    names = list(catalogue.entries("recipe")) if name == "all" else [name]
    if name != "all":
        catalogue.find("recipe", name)
    if source is not None and len(names) != 1:
        raise UsageError("--source is the checkout of one recipe", mend="--sources takes a folder of checkouts")
    if (record or parse) and source is None and sources is None:
        raise UsageError("--record and --parse look into a checkout", mend="add --source or --sources")
    for one in names:
        yield from _one(one, source, sources, record, parse)


def _one(name: str, source: Path | None, sources: Path | None, record: bool, parse: bool) -> Iterator[Finding]:
    first = tried(f"recipe {name}", "its card validates", lambda: catalogue.card("recipe", name) and None)
    yield first
    if not first.ok:
        return
    recipe: RecipeCard = catalogue.card("recipe", name)
    subject = f"recipe {recipe.id}"
    try:
        at = source if source is not None else found_in(sources, recipe) if sources is not None else None
        facts = _facts(recipe, name, at, parse)
    except (VbenchError, subprocess.TimeoutExpired) as error:
        yield Finding(subject, "its source can be read", False, str(error))
        return
    findings = []
    for finding in check_recipe(recipe, facts):
        findings.append(finding)
        yield finding
    if record and recipe.repository and facts is not None:
        yield tried(subject, "the facts are recorded", lambda: _recorded(name, facts, findings))


def _recorded(name: str, facts: Facts, findings: list[Finding]) -> str:
    broken = sum(not finding.ok for finding in findings)
    if broken:
        raise UsageError(f"nothing was recorded, as {broken} promises are broken")
    return str(store(name, facts, [finding.promise for finding in findings if not finding.skipped]).name)


def _facts(recipe: RecipeCard, name: str, at: Path | None, parse: bool) -> Facts | None:
    if at is None:
        return stored(name) if recipe.repository else gather(recipe, None)[0]
    facts, trees = gather(recipe, at)
    before = stored(name)
    if parse:
        from vbench_py.recipes.parse import with_parsed

        return with_parsed(recipe, facts, trees)
    return facts if before is None else _keeping(facts, before, recipe)


def _keeping(facts: Facts, before: Facts, recipe: RecipeCard) -> Facts:
    """Facts with what the programs' own parsers said earlier, as long as it was said to the same words."""
    from vbench_py.recipes.handed import handed_digest

    if (before.commit, before.patches) != (facts.commit, facts.patches):
        return facts
    runs = {}
    for mode, run in facts.runs.items():
        earlier = before.runs[mode].parsed if mode in before.runs else None
        same = earlier is not None and earlier.words == handed_digest(recipe, mode)
        runs[mode] = run.model_copy(update={"parsed": earlier}) if same else run
    return facts.model_copy(update={"runs": runs})


def found_in(sources: Path, recipe: RecipeCard) -> Path | None:
    """The checkout or mirror of the recipe's repository in a folder of them: OWNER+NAME, OWNER__NAME or NAME."""
    if not recipe.repository:
        return None
    owner, name = recipe.repository.removesuffix(".git").rstrip("/").split("/")[-2:]
    tries = [sources / folder for folder in (f"{owner}+{name}", f"{owner}__{name}", f"{owner}/{name}", name)]
    for folder in tries:
        if folder.is_dir():
            return folder
    raise UsageError(f"{sources} holds no checkout of {recipe.repository}", mend=f"put it at {tries[0].name}")
