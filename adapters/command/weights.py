"""The weights a mode needs, as paths: brought by the user, or fetched from where the recipe says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vbench_py.card import SourceCard
from vbench_py.checkpoints import fetch, find, is_offline
from vbench_py.isolate.named import weight_file
from vbench_py.recipe_card import RecipeCard, WeightCard
from vbench_py.types import UsageError

WHOLE = "*"
"""The `file` of an hf source that stands for the whole repository; after a folder and a slash for that folder."""
OPTION = "weights."


def brought(options: Mapping[str, Any]) -> dict[str, Path]:
    """What the user set as weights.NAME=PATH."""
    return {
        name.removeprefix(OPTION): Path(str(value)).expanduser().absolute()
        for name, value in options.items()
        if name.startswith(OPTION)
    }


def missing(recipe: RecipeCard, mode: str, options: Mapping[str, Any]) -> str:
    """The names of weights that are neither brought nor on this machine, with how to get them; else ""."""
    own = brought(options)
    lacking = []
    for name, card in recipe.weights_of(mode).items():
        if name in own or card.optional:
            continue
        whole = any(_is_folder(source) for source in card.sources)
        if whole or not card.sources or find(weight_file(recipe, name, card)) is None:
            lacking.append(f"{name} ({card.where or _sources(card)})")
    return f"weights {', '.join(lacking)} are not here" if lacking else ""


def by_hand(recipe: RecipeCard, mode: str, options: Mapping[str, Any]) -> str:
    """What the user has to bring for a mode and has not, in words; "" where there is nothing."""
    own = brought(options)
    for name, card in recipe.weights_of(mode).items():
        if name not in own and not card.sources and not card.optional:
            where = card.where or "see the repository's page"
            return f"recipe {recipe.id}: weights {name!r} have to be brought: {where}; pass --set {OPTION}{name}=PATH"
    return ""


def paths(recipe: RecipeCard, mode: str, options: Mapping[str, Any]) -> dict[str, Path]:
    """Every weight of the mode as a path, fetched where it is not here. Raises `UsageError`."""
    own = brought(options)
    if absent := by_hand(recipe, mode, options):
        raise UsageError(absent)
    found: dict[str, Path] = {}
    for name, card in recipe.weights_of(mode).items():
        if name in own:
            if not own[name].exists():
                raise UsageError(f"--set {OPTION}{name}={own[name]}: nothing is there")
            found[name] = own[name]
        elif card.sources:
            found[name] = _fetched(recipe, name, card)
    return found


def _fetched(recipe: RecipeCard, name: str, card: WeightCard) -> Path:
    for source in card.sources:
        if _is_folder(source):
            return _snapshot(recipe, name, source)
    return fetch(weight_file(recipe, name, card))


def _is_folder(source: SourceCard) -> bool:
    return source.kind == "hf" and (source.file == WHOLE or source.file.endswith("/" + WHOLE))


def _snapshot(recipe: RecipeCard, name: str, source: SourceCard) -> Path:
    """A repository of the hub, or a folder in it, in the hub's own cache."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    repo, revision = source.repo, source.revision
    try:
        part = None if source.file == WHOLE else source.file
        there = snapshot_download(repo, revision=revision, allow_patterns=part, local_files_only=is_offline())
        return Path(there) / source.file.removesuffix(WHOLE)
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        first = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise UsageError(
            f"recipe {recipe.id}: weights {name!r} ({source.repo}@{source.revision}) cannot be had: {first}",
            mend=f"pass --set {OPTION}{name}=FOLDER, or run where the hub is in reach",
        ) from error


def _sources(card: WeightCard) -> str:
    return ", ".join(source.repo or source.url or source.package or source.path for source in card.sources)
