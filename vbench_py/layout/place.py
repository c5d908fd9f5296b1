"""Where a dataset lies on this machine, and what to tell people who do not have it."""

from __future__ import annotations

import os
from pathlib import Path

from vbench_py.cards import SuiteCard

DATA = "VBENCH_PY_DATA"


def variable(card: SuiteCard) -> str:
    """The environment variable that names this suite's dataset folder outright: vid4-bi -> VBENCH_PY_VID4_BI."""
    return "VBENCH_PY_" + "".join(letter if letter.isalnum() else "_" for letter in card.id).upper()


def root(card: SuiteCard) -> Path | None:
    """The dataset's folder as the environment gives it, there or not; None where the environment says nothing."""
    assert card.layout is not None
    own, data = os.environ.get(variable(card)), os.environ.get(DATA)
    if own:
        return Path(own).expanduser()
    return Path(data).expanduser() / card.layout.root if data else None


def missing(card: SuiteCard) -> str:
    """Where to get the data of a suite with a layout and how to lay it out; "" when its folder is here."""
    assert card.layout is not None
    folder = root(card)
    if folder is not None and folder.is_dir():
        return ""
    looked = f"{folder} is no folder" if folder else f"neither {DATA} nor {variable(card)} is set"
    return (
        f"suite {card.id}: its data is not here ({looked})\n"
        f"get it: {card.layout.where.strip()}\n"
        f"lay it out so, and give the folder above it with --data (or {DATA}; {variable(card)} names "
        f"{card.layout.root} itself):\n{indented(card.layout.tree)}"
    )


def indented(tree: str) -> str:
    return "\n".join(f"  {line}" for line in tree.strip().splitlines())
