"""A method's card for people: what it is, its modes as a table, rules in words, licences, evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from vbench_py import catalogue
from vbench_py.cli.show import print_values

if TYPE_CHECKING:
    from rich.console import Console

    from vbench_py.cards import MethodCard, ModeCard

ABOUT = (
    "title", "adapter", "status", "evidence", "summary", "paper", "arxiv", "year", "reimplementation", "repository",
    "commit", "licence_code", "licence_weights", "baseline_of", "control",
)  # fmt: skip
AFTER = ("defaults", "checkpoints", "published", "file")


def show_method(console: Console, card: MethodCard, values: Mapping[str, Any]) -> None:
    """Prints it; `values` are the card's own, and what else is told of it."""
    about = {name: values[name] for name in ABOUT}
    if card.needs_licence:
        about["licence_weights"] += " (needs --accept-licence)"
    if card.prompt_policy != "verbatim":
        about["prompt_policy"] = card.prompt_policy
    print_values(console, about, 2)
    console.print("  modes:", highlight=False)
    console.print(_modes(card), highlight=False)
    print_values(console, {mode.called: list(_more(mode)) for mode in card.modes}, 4)
    print_values(console, {key: values[key] for key in AFTER}, 2)
    if card.adapter == "command":
        print_values(console, {"recipe": list(_recipe(str(card.defaults.get("recipe", ""))))}, 2)


def _recipe(recipe: str) -> Iterator[str]:
    """Where the code runs, what was changed in it, and how far the recipe was held against it."""
    from vbench_py.isolate.named import named
    from vbench_py.recipes.evidence import stored
    from vbench_py.recipes.facts import PARSED

    found = named(recipe)
    yield f"{recipe}, in environment {found.environment.card.id} (Python {found.environment.python})"
    lowest, highest = found.environment.sm_bounds
    if found.environment.card.cuda:
        yield f"GPUs from sm_{lowest or '?'} to sm_{highest or '?'}"
    yield from {f"patched: {patch.reason}": None for checkout in found.checkouts for patch in checkout.patches}
    facts = stored(recipe)
    if facts is not None:
        words = f"; {PARSED} in {facts.parsed} of its {len(facts.runs)} runs" if facts.parsed else ""
        told = f"held against {facts.repository} at {facts.commit[:12]} on {facts.date}"
        yield f"{told}: {len(facts.checked)} promises kept{words}; no weights were used"


def _modes(card: MethodCard) -> Any:
    from rich.padding import Padding
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    plain = all(mode.outputs == ("video",) for mode in card.modes)
    for head in ("mode", "must have", "may have", *([] if plain else ["gives"]), "frames", "size", "rate"):
        table.add_column(head, overflow="fold")
    for mode in card.modes:
        called = mode.called if mode.called == mode.task else f"{mode.called}, {mode.task}"
        needs, may = (*mode.required, *mode.texts), (*mode.optional, *mode.optional_texts)
        gives = [] if plain else [", ".join(mode.outputs)]
        cells = [called, ", ".join(needs) or "nothing", ", ".join(may) or "-", *gives]
        # Names break where a narrow terminal needs it: at their underscores.
        cells = [cell.replace("_", " ") for cell in cells]
        table.add_row(*cells, frames(mode), size(mode), rate(mode))
    return Padding(table, (0, 0, 0, 4))


def frames(mode: ModeCard) -> str:
    """The rule of frames in words: "4k+1 from 5 to 81; native 81"."""
    if mode.frames is None:
        return "as asked"
    told = catalogue.implementation("vbench_py.adapters.rules:told_frames", "the rules of modes")(mode.frames)
    times = f"; of n frames {mode.frames.times}(n-1)+1" if mode.frames.times > 1 else ""
    fixed = mode.frames.native is None or mode.frames.fixed == (mode.frames.native,)
    return f"{told}{times}" + ("" if fixed else f"; native {mode.frames.native}")


def size(mode: ModeCard) -> str:
    """The rule of sizes in words: "multiples of 16 up to 921600 pixels; native 832x480"."""
    if mode.size is None:
        return "as asked"
    told = catalogue.implementation("vbench_py.adapters.rules:told_size", "the rules of modes")(mode.size)
    fixed = mode.size.native is None or mode.size.fixed == (mode.size.native,)
    return str(told) if fixed else f"{told}; native {'x'.join(map(str, mode.size.native or ()))}"


def rate(mode: ModeCard) -> str:
    """What frames a second mean to the model."""
    if mode.fps == "as-input":
        return "the input's"
    native = "" if mode.native_fps is None else f"{mode.native_fps:g} fps"
    if mode.fps == "model-input":
        return f"input of the model{', ' + native if native else ''}"
    return native or "as asked"


def _more(mode: ModeCard) -> Iterator[str]:
    """What else is to be known of a mode."""
    yield {"per-sample": "a seed a sample", "per-run": "one seed a run", "none": "takes no seed"}[mode.seed]
    yield {"one": "one sample at a time", "batch": "several samples a call", "list": "all samples in one call"}[
        mode.batching
    ]
    if mode.deterministic:
        yield "deterministic"
    if "fit" in mode.phases:
        yield "is fitted to each sample first"
    if mode.side_effects:
        yield f"side effects: {' and '.join(mode.side_effects)}"
    if mode.baseline_of:
        yield f"baseline: {mode.baseline_of}"
    if mode.resources is not None:
        needs = [f"{value:g} GB of {what}" for value, what in
                 ((mode.resources.vram_gb, "GPU memory"), (mode.resources.disk_gb, "disk")) if value]  # fmt: skip
        needs += [f"{mode.resources.gpus} GPUs"] if mode.resources.gpus > 1 else []
        needs += [f"compute capability {mode.resources.compute_capability}"] * bool(mode.resources.compute_capability)
        yield f"takes {' and '.join(needs) or 'what its source says'} ({mode.resources.source})"
    if mode.defaults:
        yield f"on top of the defaults: {mode.defaults}"
