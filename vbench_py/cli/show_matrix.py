"""The matrix of methods and suites in words: a table by task, or who serves a suite and why others do not."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from vbench_py.cli.flags import Common
from vbench_py.types import TASKS

if TYPE_CHECKING:
    from vbench_py.matrix import Matrix, Pair

HEADS = {
    "t2v": "t2v", "i2v": "i2v", "long_video": "lng", "editing": "edt", "vsr": "vsr", "deblurring": "blr",
    "frame_interpolation": "int", "depth": "dep", "novel_view_4d": "4d", "reconstruction": "rec",
    "customization": "cus", "motion_control": "ctl", "storytelling": "sto",
}  # fmt: skip
"""Short heads of columns: thirteen tasks and the longest id fit into 80 columns."""
RULES = ("frames", "size")
"""Fields by which a rule of the card refuses; all others are inputs that are not there."""


def show_matrix(flags: Common, found: Matrix) -> int:
    """Prints it; 0, as planning fails only on wrong usage."""
    if flags.json:
        import json

        sys.stdout.write(json.dumps(document(found), indent=1, ensure_ascii=False) + "\n")
        return 0
    sys.stdout.write("\n".join(textwrap.wrap(_heading(found), _width())) + "\n\n")
    if flags.verbose or len(found.suites) == 1 or len(found.methods) == 1:
        sys.stdout.write("\n".join(_details(found)) + "\n")
        return 0
    _tables(found)
    sys.stdout.write("\n".join(_reasons(found)) + "\n")
    return 0


def document(found: Matrix) -> dict[str, Any]:
    """Everything: suites with what they ask, methods, and each pair with its mode, or the field and the reason."""
    suites = [
        {"id": name, "task": asked.card.task, "samples": asked.count, "seeds": len(asked.card.seeds),
         "data": asked.card.layout.root if asked.card.layout else "",
         "roles": sorted({role for request, _ in asked.requests for role in request.media})}
        for name, asked in found.suites.items()
    ]  # fmt: skip
    methods = [
        {"id": name, "tasks": list(card.tasks), "adapter": card.adapter, "status": card.status,
         "needs_licence": card.needs_licence, "control": card.control}
        for name, card in found.methods.items()
    ]  # fmt: skip
    counts = dict(Counter(pair.state for pair in found.pairs.values()))
    return {"suites": suites, "methods": methods, "counts": counts, "pairs": [asdict(p) for p in found.pairs.values()]}


def _heading(found: Matrix) -> str:
    counts = Counter(pair.state for pair in found.pairs.values())
    parts = [f"{counts['runs']} can run"]
    parts += [f"{counts['given']} on videos, a function or an endpoint that you give"] if counts["given"] else []
    parts += [f"{counts['partly']} in part"] if counts["partly"] else []
    size = f"{len(found.suites)} {_many('suite', found.suites)} x {len(found.methods)} {_many('method', found.methods)}"
    return f"{size} = {len(found.pairs)} {_many('pair', found.pairs)}: {', '.join(parts)}"


def _many(word: str, things: Any) -> str:
    return word if len(things) == 1 else f"{word}s"


def _tables(found: Matrix) -> None:
    """Methods x tasks, each cell the number of suites served: those with code first, then those on given videos."""
    from vbench_py.matrix import GIVEN

    coded = [name for name, card in found.methods.items() if card.adapter not in GIVEN]
    given = [name for name, card in found.methods.items() if card.adapter in GIVEN]
    shown = {asked.card.task for asked in found.suites.values()}
    legend = ", ".join(f"{HEADS[task]} {task}" for task in TASKS if task in shown and HEADS[task] != task)
    words = textwrap.wrap(f"Number of suites that a method serves, by task ({legend}).", _width())
    sys.stdout.write("\n".join(words) + "\n\n")
    for title, names in (("made here", coded), ("on what you give", given)):
        if names:
            _table(found, title, names)


def _table(found: Matrix, title: str, names: Sequence[str]) -> None:
    from rich.console import Console
    from rich.table import Table

    totals = Counter(asked.card.task for asked in found.suites.values())
    shown = [task for task in TASKS if totals[task]]
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(title, overflow="fold")
    for task in shown:
        table.add_column(HEADS[task], justify="right", no_wrap=True)
    table.add_row("(suites there are)", *(str(totals[task]) for task in shown), style="dim")
    for name in names:
        served = Counter(found.suites[p.suite].card.task for p in found.of_method(name) if p.state != "unsupported")
        tasks = found.methods[name].tasks
        table.add_row(name, *(str(served[task]) if task in tasks else "" for task in shown))
    console = Console(highlight=False)
    console.print(table)
    console.print()


def _reasons(found: Matrix) -> Iterator[str]:
    refused = [pair for pair in found.pairs.values() if pair.field]
    other = [pair for pair in refused if pair.field != "task"]
    fields = Counter(pair.field for pair in other).most_common()
    rest = [f"{count} {'by' if field in RULES else 'for want of'} {field}" for field, count in fields]
    yield from textwrap.wrap(f"Not served: {len(refused) - len(other)} of another task, {', '.join(rest)}.", _width())
    licences = sum(card.needs_licence for card in found.methods.values())
    if licences:
        yield f"{licences} methods also need --accept-licence."
    yield "Why: name one --suite or one --method, or --verbose; --json has every pair."


def _details(found: Matrix) -> Iterator[str]:
    """By suite, or of one method alone by that method: who or what is served, and the rest by reason."""
    if len(found.methods) == 1 and len(found.suites) > 1:
        (name,) = found.methods
        card = found.methods[name]
        licence = "; needs --accept-licence" if card.needs_licence else ""
        yield from textwrap.wrap(f"{name} ({', '.join(card.tasks)}; {card.status}{licence})", _width())
        yield from _block(found.of_method(name), "suite")
        return
    for name, asked in found.suites.items():
        count = "as many samples as there are" if asked.count is None else f"{asked.count} samples"
        seeds = f" x {len(asked.card.seeds)} seeds" if len(asked.card.seeds) > 1 else ""
        data = f"; data: {asked.card.layout.root}" if asked.card.layout else ""
        yield from textwrap.wrap(f"{name} ({asked.card.task}; {count}{seeds}{data})", _width())
        yield from _block(found.of_suite(name), "method")


def _block(pairs: Sequence[Pair], other: str) -> Iterator[str]:
    served = {"suite": "served", "method": "serve it"}[other]
    for state, words in (("runs", served), ("given", f"{served} on what you give"), ("partly", f"{served} in part")):
        names = [getattr(pair, other) for pair in pairs if pair.state == state]
        if names:
            yield from _wrapped(f"{words} ({len(names)}): ", names)
    by_reason: dict[str, list[str]] = {}
    for pair in pairs:
        if pair.field and pair.field != "task":
            why = f"{pair.field}: {pair.reason}" if pair.field in RULES else f"no {pair.field} is there"
            by_reason.setdefault(why, []).append(getattr(pair, other))
    for why, names in by_reason.items():
        yield from _wrapped(f"not, as {why} ({len(names)}): ", names)
    if elsewhere := sum(pair.field == "task" for pair in pairs):
        yield f"  of another task: {elsewhere}"
    yield ""


def _wrapped(head: str, names: Sequence[str]) -> list[str]:
    text = head + ", ".join(names)
    return textwrap.wrap(text, _width(), initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)


def _width() -> int:
    return shutil.get_terminal_size((80, 24)).columns
