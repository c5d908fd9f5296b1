"""The page of all methods, from their cards: what each serves and needs, how far it is proven, under which licence."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from metrics_page import cell

from vbench_py import catalogue
from vbench_py.adapters.diffusers.signatures import pipelines, version
from vbench_py.adapters.modes import layered
from vbench_py.cards import MethodCard, ModeCard
from vbench_py.cli.listing import STATUS
from vbench_py.cli.show_method import frames, rate, size
from vbench_py.types import TASKS

ROOT = Path(__file__).resolve().parent.parent
TINY = ROOT / "tests" / "adapters" / "tiny"
CONFORMANCE = "tests/adapters/test_diffusers_conformance.py"
HEAD = """
`vbench-py list methods --task i2v` lists them, `show ID` prints a card, `plan --suite all --method all` says which
suites each serves, and why not the others. [How to add one](add-a-method.md).

**Status** is one of four words. `verified`: proven with the real weights, or there are none (classical methods,
controls, codecs). `runs`: runs end to end from a tiny checkpoint with random weights in the official folder format;
nobody has seen it with its real weights here, so its quality and the last details of its settings are unproven.
`untested`: the card is complete, nothing was run. `no-code`: nothing that could be run was published. Whatever its
status, a method whose adapter is `precomputed` is not run by the harness: it takes part as videos that somebody made
(`--set videos=FOLDER`), and as published numbers.

**Needs**: what must be there, then in brackets what may be. Frames, size and rate are the rules of the mode; native is
what the authors used, and what is asked for unless a suite or `--set` asks otherwise."""
WORDS = {"as asked": "–"}


def method_cards() -> list[MethodCard]:
    return [catalogue.card("method", name) for name in sorted(catalogue.entries("method"))]


def methods_page(made: str) -> str:
    """The page; `made` is the remark that it is made from cards."""
    cards = method_cards()
    lines = ["# Methods", "", made, HEAD, "", *counts(cards), ""]
    for task, told in TASKS.items():
        of_task = [(card, mode) for card in cards for mode in card.modes if mode.task == task]
        lines += [f"## `{task}`", "", f"{told[:1].upper()}{told[1:]}.", ""]
        lines += ["| method | title | adapter | status | needs | frames | size | rate |", "| --- " * 8 + "|"]
        lines += [row(card, mode) for card, mode in of_task] + [""]
    lines += ["## Evidence and licences", ""]
    lines += ["| method | status | evidence | licence of code | licence of weights |", "| --- " * 5 + "|"]
    lines += [proof(card) for card in cards] + [""]
    lines += [*conformance(cards)]
    return "\n".join(lines) + "\n"


def counts(cards: list[MethodCard]) -> Iterator[str]:
    """Methods by task and status; those of several tasks count in each, once in the sum."""
    yield f"| task | {' | '.join(f'`{status}`' for status in STATUS)} |"
    yield "| --- |" + " ---: |" * len(STATUS)
    for task in TASKS:
        yield line(f"`{task}`", Counter(card.status for card in cards if task in card.tasks))
    yield line("all methods", Counter(card.status for card in cards))


def methods() -> list[str]:
    """README's table."""
    return list(counts(method_cards()))


def line(head: str, found: Mapping[str, int]) -> str:
    return f"| {head} | {' | '.join(str(found.get(status) or '–') for status in STATUS)} |"


def row(card: MethodCard, mode: ModeCard) -> str:
    title = cell(card.title) + (f" ({mode.name})" if mode.name and mode.name != mode.task else "")
    needs = ", ".join((*mode.required, *mode.texts)) or "nothing"
    may = ", ".join((*mode.optional, *mode.optional_texts))
    rules = [WORDS.get(text, text) for text in (frames(mode), size(mode), rate(mode))]
    cells = [f"`{card.id}`", title, card.adapter, card.status, cell(needs + (f" ({may})" if may else "")), *rules]
    return "| " + " | ".join(cells) + " |"


def proof(card: MethodCard) -> str:
    weights = card.licence_weights + (" – `--accept-licence`" if card.needs_licence else "")
    cells = [f"`{card.id}`", card.status, cell(card.evidence), cell(card.licence_code), cell(weights)]
    return "| " + " | ".join(text or "–" for text in cells) + " |"


def conformance(cards: list[MethodCard]) -> Iterator[str]:
    """Every pipeline class that a card names, whether it has a tiny checkpoint, and what runs it."""
    users: dict[str, list[str]] = {}
    for card in cards:
        if card.adapter == "diffusers":
            for mode in card.modes:
                name = str(layered(card.defaults, mode.defaults)["pipeline"])
                users.setdefault(name, []).append(f"`{card.id}`")
    tiny = checkpoints()
    yield "## Conformance of pipeline classes"
    yield ""
    yield (
        f"Each class with a tiny checkpoint goes through `{CONFORMANCE}`: `from_pretrained`, the planned shape, the "
        "same pixels from the same seed, others from another, equal noise alone and in a batch. Signatures are those "
        f"of diffusers {version()}."
    )
    yield ""
    yield "| class | cards | tiny checkpoint |"
    yield "| --- | --- | --- |"
    for name in sorted(users):
        maker = f"`tests/adapters/tiny/{tiny[name]}`" if name in tiny else "none: untested"
        yield f"| `{name}` | {', '.join(dict.fromkeys(users[name]))} | {maker} |"
    yield ""
    idle = [f"`{name}`" for name in pipelines() if name not in users]
    yield f"Video pipelines of diffusers without a card of ours ({len(idle)}): {', '.join(idle)}."


@cache
def checkpoints() -> dict[str, str]:
    """Pipeline class -> the file in tests/adapters/tiny that writes its checkpoint, read as text: nothing is imported.

    A class counts where a module that has `MAKERS` names it in a string.
    """
    known, found = set(pipelines()), {}
    for file in sorted(TINY.glob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        if any(isinstance(node, ast.AnnAssign | ast.Assign) and "MAKERS" in _targets(node) for node in tree.body):
            words = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
            found.update(dict.fromkeys(known & {word for word in words if isinstance(word, str)}, file.name))
    return found


def _targets(node: ast.AnnAssign | ast.Assign) -> list[str]:
    targets = [node.target] if isinstance(node, ast.AnnAssign) else node.targets
    return [target.id for target in targets if isinstance(target, ast.Name)]
