"""The page of all suites, from their cards: what each asks, is ranked by, and needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from metrics_page import cell, setting

from vbench_py import catalogue
from vbench_py.cards import LayoutCard, SuiteCard
from vbench_py.types import TASKS

HEAD = """
Three sorts. The `world-*` suites are rendered where they run and know the whole truth. The prompt suites are a few
lines each. Suites **on a data set** read what you have: their card says which clips, frames and sizes there must be,
and every difference is named before anything runs. `vbench-py show ID` prints a card with the source of its protocol
and what it departs from; `vbench-py check ID --data FOLDER` holds your copy to it; `plan` and `run` without the data
say where to get it and how to lay it out. Of a bundle, the suites whose data is here are run.

No copy of a public data set was opened where this was built: the layouts were checked on small trees made from the
cards. Counts rest on what each card's `note` names.

**Ranked by** is the primary metric; a suite's `[protocol]` changes settings of its metrics.
[How to add one](add-a-suite.md)."""

COLUMNS = "| suite | title | samples | ranked by | settings | needs |"


def suite_cards() -> list[SuiteCard]:
    return [catalogue.card("suite", name) for name in sorted(catalogue.entries("suite"))]


def suites_page(made: str) -> str:
    """The page; `made` is the remark that it is made from cards."""
    cards = suite_cards()
    lines = ["# Suites", "", made, HEAD, "", "## Bundles", "", *bundles(), ""]
    for task, told in TASKS.items():
        of_task = [card for card in cards if card.task == task]
        if of_task:
            lines += [f"## `{task}`", "", f"{told[:1].upper()}{told[1:]}.", ""]
            lines += [
                "| suite | title | samples | ranked by | settings | needs |",
                "| --- | --- | --- | --- | --- | --- |",
            ]
            lines += [row(card) for card in of_task] + [""]
    lines += ["## Data sets", "", "| folder | suites | where to get it |", "| --- | --- | --- |", *places(cards)]
    return "\n".join(lines) + "\n"


def bundles() -> Iterator[str]:
    yield "| bundle | for | suites |"
    yield "| --- | --- | --- |"
    for found in sorted(catalogue.entries("bundle").values(), key=lambda found: found.id):
        if found.data["of"] == "suites":
            names = ", ".join(f"`{name}`" for name in catalogue.expand("suite", [found.id]))
            yield f"| `{found.id}` | {cell(found.data['title'])} | {names} |"


def tasks() -> Iterator[str]:
    """Which suites each task has: those that need no data, and the data sets that others read."""
    cards = suite_cards()
    yield "| task | runs as it is | on data that you have |"
    yield "| --- | --- | --- |"
    for task in TASKS:
        own = [f"`{card.id}`" for card in cards if card.task == task and not card.layout]
        roots = dict.fromkeys(card.layout.root for card in cards if card.task == task and card.layout)
        yield f"| {task} | {', '.join(own) or '–'} | {', '.join(sorted(roots, key=str.lower)) or '–'} |"


def row(card: SuiteCard) -> str:
    count, needs = from_layout(card.layout) if card.layout else from_lines(card)
    seeds = f" x {len(card.seeds)} seeds" if len(card.seeds) > 1 else ""
    settings = ", ".join(setting(*item) for item in card.protocol.items()) or "–"
    cells = [f"`{card.id}`", cell(card.title), count + seeds, f"`{card.primary}`", cell(settings), needs]
    return "| " + " | ".join(cells) + " |"


def from_layout(layout: LayoutCard) -> tuple[str, str]:
    """How many samples, and the data set they are in."""
    clips = layout.clips
    count = len(clips.names) or clips.count
    made = len(clips.variants)
    if count is None:
        return "as many as there are", f"`{layout.root}/`"
    return f"{count * made} ({count} clips, {made} edits each)" if made else f"{count}", f"`{layout.root}/`"


def from_lines(card: SuiteCard) -> tuple[str, str]:
    """How many lines its file of samples has, and the files that are fetched."""
    file = catalogue.find("suite", card.id).file.parent / card.samples
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    if card.data:
        return f"{len(lines)}", f"fetched: {sum(item.bytes or 0 for item in card.data) / 1e6:,.1f} MB"
    return f"{len(lines)}", "nothing: rendered" if any('"world"' in line for line in lines) else "nothing"


def places(cards: Sequence[SuiteCard]) -> Iterator[str]:
    """Each data set once, with the suites on it; suites that say other words of it stand apart."""
    found: dict[tuple[str, str], list[str]] = {}
    for card in cards:
        if card.layout:
            found.setdefault((card.layout.root, cell(card.layout.where)), []).append(f"`{card.id}`")
    for (root, where), names in sorted(found.items(), key=lambda item: item[0][0].lower()):
        yield f"| `{root}/` | {', '.join(names)} | {where} |"
