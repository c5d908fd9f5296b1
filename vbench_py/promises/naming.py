"""From what a user names (an id, or the file of a card, in the catalogue or not) to the promises to try."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from vbench_py import catalogue, layout
from vbench_py.cards import SuiteCard
from vbench_py.promises.cards import card_promises
from vbench_py.promises.finding import Finding, Skipped, tried
from vbench_py.types import UsageError

KINDS = tuple(kind for kind in catalogue.KINDS if kind not in ("recipe", "family"))
"""Recipes have a check of their own, against their code; families are parts of them."""


def check_all(kinds: Sequence[str] = KINDS) -> Iterator[Finding]:
    """What every card of these kinds promises; generates and scores nothing."""
    for kind in kinds:
        for name in catalogue.entries(kind):
            yield from card_promises(kind, name)


def check_name(name: str, options: Mapping[str, Any] | None = None, device: str = "cpu") -> Iterator[Finding]:
    """Everything that goes by this name, or stands in this file, tried in earnest: metrics score, methods generate.

    `options` are the method's, as --set gives them. Raises `UsageError` for an unknown name.
    """
    with _named(name) as cards:
        for kind, card in cards:
            first_broken = False
            for finding in card_promises(kind, card):
                first_broken = first_broken or not finding.ok
                yield finding
            if not first_broken:
                yield from _in_earnest(kind, card, options, device)


def _in_earnest(kind: str, name: str, options: Mapping[str, Any] | None, device: str) -> Iterator[Finding]:
    if kind == "metric":
        from vbench_py.promises.metrics import metric_promises

        yield from metric_promises(name, device)
    elif kind == "method":
        from vbench_py.promises.methods import method_promises

        yield from method_promises(name, options, device)
    elif kind == "suite":
        yield tried(f"suite {name}", "its media can be made", lambda: _media(name))


def _media(name: str) -> str:
    from vbench_py import derive
    from vbench_py.checkpoints.cache import find
    from vbench_py.samples import load_suite
    from vbench_py.video import probe

    card: SuiteCard = catalogue.card("suite", name)
    if card.layout is not None and layout.missing(card):
        raise Skipped("the data is not here")
    suite = load_suite(name)
    lacking = [card.name for card in suite.card.data if find(card) is None]
    if lacking:
        raise Skipped(f"{', '.join(lacking)} not in the cache; run `vbench-py fetch {name}` first")
    count = 0
    # A dataset may hold thousands of clips, all made alike.
    for sample in suite.samples[:1] if card.layout is not None else suite.samples:
        for media in sample.media.values():
            probe(derive.materialise(media))
            count += 1
    return f"{count} media"


@contextlib.contextmanager
def _named(name: str) -> Iterator[list[tuple[str, str]]]:
    """(kind, id or path) of what is meant; the folder of a third party's file is part of the catalogue meanwhile."""
    kinds = [kind for kind in KINDS if name in catalogue.entries(kind)]
    if kinds:
        yield [(kind, name) for kind in kinds]
        return
    if not (name.endswith(".toml") or "/" in name or os.sep in name):
        known = [known for kind in KINDS for known in catalogue.entries(kind)]
        raise catalogue.unknown("name", name, known)
    file = Path(name) / "suite.toml" if Path(name).is_dir() else Path(name)
    if not file.is_file():
        raise UsageError(f"{file} does not exist")
    if file.name == "suite.toml":
        yield [("suite", name)]
        return
    try:
        found = [(card.kind, card.id) for card in catalogue.read_file(file) if card.kind != "family"]
    except UsageError:
        # A file in which one card stands by itself is a method's, as in adapters/methods.
        next(catalogue.read_file(file, "method"))
        yield [("method", name)]
        return
    with _catalogued(file.parent) if any(i not in catalogue.entries(k) for k, i in found) else contextlib.nullcontext():
        yield found


@contextlib.contextmanager
def _catalogued(folder: Path) -> Iterator[None]:
    before = os.environ.get("VBENCH_PY_CARDS")
    os.environ["VBENCH_PY_CARDS"] = os.pathsep.join(filter(None, [before, str(folder)]))
    try:
        yield
    finally:
        if before is None:
            del os.environ["VBENCH_PY_CARDS"]
        else:
            os.environ["VBENCH_PY_CARDS"] = before
