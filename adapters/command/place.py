"""The folders of a process: a scratch folder of its own, and the checkout, or a tree of links to it."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from vbench_py.adapters.command.scope import Place
from vbench_py.checkpoints import cache_dir
from vbench_py.recipe_card import RecipeCard, RunCard
from vbench_py.store import process_lives


def make_place(run: RunCard, tree: Path, weights: Mapping[str, Path], recipe: RecipeCard) -> Place:
    """A fresh scratch folder. Its path holds no name of a sample and no word of ours: some code edits paths as texts.

    With `place = "links"`, or where weights have to lie in the checkout, the code runs in a tree of links: what it
    writes below its working folder stays in the scratch folder, and the shared checkout as it was.
    """
    scratch = cache_dir() / "work" / f"{os.getpid():x}-{uuid.uuid4().hex[:10]}"
    (scratch / "out").mkdir(parents=True)
    linked = {weights[name]: card.path for name, card in recipe.weights.items() if card.path and name in weights}
    checkout = tree
    if run.place == "links" or linked:
        checkout = scratch / "code"
        _link_tree(tree, checkout, {*run.own, *linked.values()})
        for own in run.own:
            if own not in linked.values():
                (checkout / own).mkdir(parents=True, exist_ok=True)
        for target, place in linked.items():
            (checkout / place).parent.mkdir(parents=True, exist_ok=True)
            (checkout / place).symlink_to(target)
    return Place(scratch, checkout, checkout / run.folder)


def sweep_places() -> None:
    """Removes scratch folders of processes of this machine that are no more."""
    root = cache_dir() / "work"
    for folder in root.iterdir() if root.is_dir() else ():
        with suppress(ValueError):
            if not process_lives(int(folder.name.partition("-")[0], 16)):
                shutil.rmtree(folder, ignore_errors=True)


def _link_tree(tree: Path, copy: Path, own: set[str]) -> None:
    """Folders are made, files linked, so that new files land in the copy; `own` places are left out."""
    for folder, names, files in os.walk(tree):
        place = Path(folder)
        relative = place.relative_to(tree)
        names[:] = [name for name in names if name != ".git" and (relative / name).as_posix() not in own]
        (copy / relative).mkdir(parents=True, exist_ok=True)
        for name in files:
            if (relative / name).as_posix() not in own:
                (copy / relative / name).symlink_to(place / name)
