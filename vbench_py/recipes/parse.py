"""The real entry of a recipe, started up to its own parser with stubs for all that is not installed.

Executes foreign code, so it is done only when asked for (`--parse`); under `isolate`, without a network, for a minute
at most. The words are those that the adapter itself makes for a made-up sample.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from vbench_py import catalogue
from vbench_py.cards import AdapterCard, ModeCard
from vbench_py.isolate.build import build
from vbench_py.isolate.builders import interpreter
from vbench_py.isolate.command import run_program
from vbench_py.isolate.environments import Environment, EnvironmentUnavailable
from vbench_py.isolate.process import Limits
from vbench_py.promises.clips import texture, write_inputs
from vbench_py.promises.finding import Skipped
from vbench_py.recipe_card import RecipeCard, RunCard
from vbench_py.recipes.arguments import interface_of
from vbench_py.recipes.facts import Facts, Parsed, RunFacts
from vbench_py.recipes.gather import roots_of
from vbench_py.recipes.handed import handed_digest
from vbench_py.recipes.made_up import Use, uses
from vbench_py.recipes.tree import Tree, scratch_folder
from vbench_py.types import Request, Sample, VbenchError

log = logging.getLogger(__name__)
PROBE = Path(__file__).with_name("parse_probe.py")
PARSERS = "parsers"
KEPT = (
    "absl", "addict", "antlr4", "click", "colorama", "configargparse", "docstring_parser", "easydict", "fire", "hydra",
    "jsonargparse", "mmengine", "omegaconf", "packaging", "platformdirs", "pydevd", "rich", "shtab", "simple_parsing",
    "six", "termcolor", "typing_extensions", "tyro", "yaml", "yapf",
)  # fmt: skip
SECONDS = 60
_FRAMES, _SIDES = 5, (64, 64)
_SETTINGS = ("yaml", "json")


class Rehearsed(Protocol):
    """What the adapter says it would start."""

    words: list[str]
    folder: Path
    variables: Mapping[str, str]
    written: list[Path]


def with_parsed(recipe: RecipeCard, facts: Facts, trees: Mapping[str, Tree]) -> Facts:
    """The facts with what each run's own parser said."""
    served, runs = list(uses(recipe)), {}
    for mode, run in facts.runs.items():
        use = next((use for use in served if use.run == mode), None)
        if recipe.runs[mode].exec == "worker" or use is None:
            runs[mode] = run
            continue
        words = handed_digest(recipe, mode, served)
        rest = _takes_rest(recipe.runs[mode], run, trees[mode])
        try:
            parsed = _parsed(recipe, recipe.runs[mode], use, trees[mode], words, rest)
        except VbenchError as error:
            parsed = Parsed(words=words, ok=False, detail=str(error))
        runs[mode] = run.model_copy(update={"parsed": parsed})
    return facts.model_copy(update={"runs": runs})


def _takes_rest(run: RunCard, facts: RunFacts, tree: Tree) -> bool:
    """Whether words that one parser leaves over go on to another."""
    started = tree.read(run.entry) if run.entry else None
    declared = facts.interface is not None and facts.interface.rest
    return declared or (started is not None and interface_of(started).rest)


def _parsed(recipe: RecipeCard, run: RunCard, use: Use, tree: Tree, words: str, rest: bool) -> Parsed:
    with scratch_folder() as scratch:
        checkout = scratch / "code"
        checkout.mkdir()
        tree.unfold(checkout)
        rehearsed = _rehearse(recipe, run, use, checkout, scratch)
        settings = [path for path in rehearsed.written if path.suffix in (".yaml", ".yml", ".json")]
        spec = {
            "words": rehearsed.words, "keep": list(KEPT), "tree": str(checkout), "seconds": SECONDS,
            "roots": [str(checkout / root) for root in roots_of(run)], "configs": [str(path) for path in settings],
            "result": str(scratch / "result.json"), "keys": run.flags_are_keys,
            "parsers": [str(checkout / path) for path in run.parsers],
        }  # fmt: skip
        (scratch / "spec.json").write_text(json.dumps(spec), encoding="utf-8")
        run_program(
            _python(), [str(PROBE), str(scratch / "spec.json")], folder=rehearsed.folder, scratch=scratch,
            log=scratch / "log.txt", variables=rehearsed.variables, limits=Limits(4 << 30, 1 << 30, 1 << 30, 64),
            seconds=SECONDS + 30,
        )  # fmt: skip
        said = json.loads((scratch / "result.json").read_text(encoding="utf-8"))
        return _told(said, words, scratch, rest)


def _told(said: Mapping[str, Any], words: str, scratch: Path, rest: bool) -> Parsed:
    detail = str(said["detail"]).replace(str(scratch), "{scratch}")
    left = tuple(word.replace(str(scratch), "{scratch}") for word in said["left"])
    if left and not said["ok"]:
        detail = f"it left over {' '.join(left[:6])}" + (f"; {detail}" if detail else "")
    reached = tuple(sorted(Path(path).name for path in said["reached"]))
    ok = bool(said["ok"])
    if ok:
        end = f"; it ended before all its settings were read: {detail}" if detail and not left else ""
        read = f", read {', '.join(reached)}" if reached else ""
        detail = f"{len(said['taken']) + len(left) // 2} names by {', '.join(dict.fromkeys(said['by']))}{read}{end}"
    return Parsed(
        words=words,
        ok=ok,
        refused=not ok and bool(said["refused"] or (left and not rest)),
        by=", ".join(dict.fromkeys(said["by"])),
        taken=tuple(said["taken"]),
        left=left,
        reached=reached,
        stubs=len(said["stubs"]),
        detail=detail,
    )


def _rehearse(recipe: RecipeCard, run: RunCard, use: Use, checkout: Path, scratch: Path) -> Rehearsed:
    """The adapter's own words for a made-up sample; its card is cut to the one mode, so that no other is chosen."""
    card = use.card.model_copy(update={"modes": (use.mode,)})
    entry: AdapterCard = catalogue.card("adapter", card.adapter)
    adapter = catalogue.implementation(entry.entry, f"adapter {entry.id!r}")(card, dict(use.mode.defaults))
    mode = use.mode
    texts: dict[str, Any] = {
        name: f"a {name.replace('_', ' ')} of two words" for name in (*mode.texts, *mode.optional_texts)
    }
    if texts.pop("prompt_schedule", None):
        texts["prompt_schedule"] = ((0, "a first prompt"), (8, "a second prompt"))
    media = _media(scratch / "media", mode)
    request = Request(sample=Sample("made-up", mode.task, **texts), seed=3, media=media)
    rehearsed: Rehearsed = adapter.rehearse(request, checkout, scratch)
    return rehearsed


def _media(folder: Path, mode: ModeCard) -> dict[str, Path]:
    """A file for every role, of the mode's own length and size; a still picture where nothing else is known."""
    frames = (mode.frames.native or _FRAMES) if mode.frames is not None else _FRAMES
    width, height = (mode.size.native or _SIDES) if mode.size is not None else _SIDES
    clip, roles, task = texture(frames, height, width), mode.required, mode.task
    media: dict[str, Path] = {}
    for role in roles:
        try:
            media |= write_inputs(folder, [role], clip, task)
        except Skipped:
            like = "source" if role.partition("/")[0] in ("motion", "style") else "first"
            media[role] = write_inputs(folder / role, [like], clip, task)[like]
    return media


def _python() -> list[str]:
    """The Python of the environment with all parsers, else ours, in which fewer are kept."""
    try:
        environment = Environment(catalogue.card("environment", PARSERS))
        build(environment, say=log.warning)
        return interpreter(environment)
    except EnvironmentUnavailable as error:
        log.warning("%s; parsers that are not installed here become stubs", error)
        return [sys.executable]
