"""A research repository as a method: planned from its card and recipe alone, run in its own environment."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from vbench_py import catalogue
from vbench_py.adapters.command import weights
from vbench_py.adapters.command.faults import faults
from vbench_py.adapters.command.place import sweep_places
from vbench_py.adapters.command.rehearsal import Rehearsal, rehearse
from vbench_py.adapters.command.running import PROGRAMS, Runner
from vbench_py.adapters.command.writers import check_line, check_separators
from vbench_py.adapters.modes import capabilities, changes, checked_options, choose_mode
from vbench_py.adapters.precomputed import fingerprint
from vbench_py.adapters.rules import frames_of, size_of
from vbench_py.cards import EnvironmentCard, MethodCard, ModeCard, RecipeCard
from vbench_py.isolate.build import build
from vbench_py.isolate.checkouts import Checkout
from vbench_py.isolate.environments import Environment, note_use
from vbench_py.isolate.gpus import check_gpu, visible_gpus
from vbench_py.isolate.named import checkout_of
from vbench_py.isolate.process import Limits
from vbench_py.keys import key
from vbench_py.recipe_card import RunCard
from vbench_py.recipes.values import placeholders
from vbench_py.types import Capability, Generated, Request, Resolved, Unsupported, UsageError, VbenchError

log = logging.getLogger(__name__)
Made = TypeVar("Made")
OWN = (
    "mode", "frames", "width", "height", "pins", "line_breaks", "seconds", "memory_gb", "scratch_gb", "keep_scratch",
    "batch", "source",
)  # fmt: skip
"""Options that every recipe has beside its card's."""


class Command:
    """Options: the card's own, and `mode` (one of several that serve a task), `frames`, `width`, `height`, `pins`
    (override: newer pins for newer GPUs), `line_breaks` (refuse | space, in prompts for code that reads one a line),
    `seconds`, `memory_gb` and `scratch_gb` (limits of a process), `batch` (samples of one process), `weights.NAME`
    (files one has), `source` (a clone one has), `keep_scratch`.

    Raises `UsageError` for an unknown option or recipe.
    """

    faults = staticmethod(faults)

    def __init__(self, card: MethodCard, options: Mapping[str, Any]) -> None:
        self.card = card
        plain = {name: value for name, value in options.items() if not name.startswith(weights.OPTION)}
        modes = {name: value for mode in card.modes for name, value in mode.defaults.items()}
        known = (*OWN, *(name for name in modes if name not in card.defaults))
        self.options = {**checked_options(card, plain, also=known), **_weights(options)}
        self.recipe: RecipeCard = catalogue.card("recipe", str(self.options["recipe"]))
        for name in _weights(options):
            if name.removeprefix(weights.OPTION) not in self.recipe.weights:
                known_weights = ", ".join(self.recipe.weights) or "none"
                raise UsageError(f"method {card.id}: unknown option {name!r}; its recipe has weights {known_weights}")
        if self.options.get("pins", "") not in ("", "override"):
            raise UsageError(f"method {card.id}: pins is {self.options['pins']!r}; choose override, or leave it out")
        if self.options.get("line_breaks", "refuse") not in ("refuse", "space"):
            raise UsageError(
                f"method {card.id}: line_breaks is {self.options['line_breaks']!r}; choose refuse or space"
            )
        batch = self.options.get("batch")
        if batch is not None and (not isinstance(batch, int) or batch < 1):
            raise UsageError(f"method {card.id}: batch is {batch!r}; give a whole number above 0")
        self._chosen = _of_mode(card, self.options.get("mode"))
        self._runners: dict[str, Runner] = {}
        self._failed: dict[str, VbenchError] = {}
        """What could not be built or fetched, by what it was for: it is not tried again for every sample."""
        self._device = "cpu"

    @cached_property
    def environment(self) -> Environment:
        card: EnvironmentCard = catalogue.card("environment", self.recipe.environment)
        return Environment(card, overridden=self.options.get("pins") == "override")

    def checkout(self, mode: str) -> Checkout | None:
        """The code that a mode runs; None for programs of ours."""
        return checkout_of(self.recipe, mode)

    @property
    def together(self) -> int:
        """Samples that one process takes where the code reads lists: its model is loaded once for all of them."""
        given = self.options.get("batch")
        if given is not None:
            return int(given)
        return max((run.batch or 8 if run.exec == "batch" else 1 for run in self.recipe.runs.values()), default=1)

    def identity(self) -> dict[str, Any]:
        """What the outputs depend on: the recipe's content, the pins, the options; folders by fingerprint."""
        recipe = self.recipe.model_dump(mode="json", exclude={"note", "licence"})
        for run in recipe["runs"].values():
            for name in ("proofs", "parsers", "seconds", "memory_gb", "scratch_gb"):
                run.pop(name)
        private = ("seconds", "memory_gb", "scratch_gb", "keep_scratch", "source")
        told = {name: value for name, value in self.options.items() if name not in private}
        for name, path in weights.brought(self.options).items():
            told[f"{weights.OPTION}{name}"] = fingerprint(path) if path.exists() else str(path.name)
        programs = {run.program: None for run in self.recipe.runs.values() if run.program}
        contents = {name: fingerprint(PROGRAMS / f"{name}.py") for name in programs}
        whole = key("recipe", {"recipe": recipe, "programs": contents})
        return {"recipe": whole, "environment": self.environment.hash, "options": told}

    def capabilities(self) -> list[Capability]:
        return capabilities(self.card)

    def missing(self) -> str:
        """What a run would have to build or fetch first, in words; else ""."""
        lacking = []
        if self.environment.ready() is None:
            lacking.append(f"{self.environment.told()} is not built (vbench-py env build {self.recipe.id})")
        for mode in self.card.modes:
            checkout = self.checkout(mode.called)
            if checkout is not None and not checkout.ready:
                lacking.append(f"{checkout.name} at {checkout.commit[:12]} is not checked out")
                break
        lacking += [
            text for mode in self.card.modes if (text := weights.missing(self.recipe, mode.called, self.options))
        ]
        return "; ".join(dict.fromkeys(lacking))

    def plan(self, request: Request) -> Resolved:
        """The mode's rules applied, the options that it uses; opens no file, starts nothing.

        Raises `Unsupported` for another task, a missing role or text, a shape outside the rules, and for a prompt that
        the code's way of reading cannot carry.
        """
        mode = choose_mode(self._chosen, request)
        run = self.run_of(mode)
        given = len(request.sample.prompt_schedule)
        if mode.schedule_prompts is not None and given not in (0, mode.schedule_prompts):
            reason = f"the code takes {mode.schedule_prompts} prompts in turn, the sample has {given}"
            raise Unsupported("prompt_schedule", reason)
        used = _used(run)
        options = {name: value for name, value in self._of(mode).items() if name not in OWN}
        chosen = {name: self.options.get(name) for name in ("frames", "width", "height")}
        size = size_of(mode.size, request, (chosen["width"], chosen["height"]))
        told = (name for name in options if name != "recipe" and not name.startswith(weights.OPTION))
        parameters: dict[str, Any] = {
            **{name: options[name] for name in told},
            "mode": mode.called,
            "frames": frames_of(mode.frames, request, chosen["frames"]),
            "width": size[0] if size else None,
            "height": size[1] if size else None,
            "fps": mode.native_fps if request.size_policy == "native" or request.fps is None else request.fps,
        }
        if self.options.get("pins"):
            parameters["pins"] = self.options["pins"]
        prompt = request.sample.prompt
        if self.options.get("line_breaks") == "space":
            prompt = " ".join(prompt.splitlines())
        for card in run.inputs.values():
            if card.kind == "lines" and "prompt" in placeholders(card.each):
                check_line(prompt)
                check_separators(card, prompt)
        seeded = "seed" in used and mode.seed != "none"
        shared = [mode.called, *(parameters[name] for name in ("frames", "width", "height", "fps"))]
        apart = [request.seed] if seeded and run.exec == "batch" and "seed" not in _per_sample(run) else []
        return Resolved(
            request=request,
            parameters=parameters,
            seed_applied=seeded,
            prompt_used=prompt if "prompt" in used else "",
            prompt_policy=self.card.prompt_policy,
            group="/".join(str(value) for value in [*shared, *apart]),
        )

    def _of(self, mode: ModeCard) -> dict[str, Any]:
        """Options for a mode: the card's defaults, the mode's on top, what the user changed on both."""
        return {**self.card.defaults, **mode.defaults, **changes(self.card, self.options)}

    def run_of(self, mode: ModeCard) -> RunCard:
        """How the recipe runs a mode. Raises `UsageError` where it has no such run."""
        run = self.recipe.run_of(mode.called)
        if run is None:
            known = ", ".join(self.recipe.runs)
            raise UsageError(
                f"method {self.card.id}: recipe {self.recipe.id} has no mode {mode.called!r}; it has {known}"
            )
        return run

    def rehearse(self, request: Request, checkout: Path, scratch: Path) -> Rehearsal:
        """What would be started for a request, with its inputs written; for `check recipe --parse`."""
        resolved = self.plan(request)
        mode = choose_mode(self._chosen, request)
        return rehearse(self.recipe, self.run_of(mode), resolved, self._of(mode), checkout, scratch)

    def load(self, device: str) -> None:
        """Builds the environment where it is not there. Raises `Unsupported` for a GPU that its pins cannot run on,
        `EnvironmentUnavailable`.
        """
        check_gpu(self.environment, device)
        self._device = device
        lacking = [weights.by_hand(self.recipe, mode.called, self.options) for mode in self._chosen.modes]
        if all(lacking):
            raise UsageError(lacking[0])
        sweep_places()
        self._once("environment", lambda: build(self.environment, say=log.warning))
        note_use(self.environment.folder)

    def generate(self, batch: Sequence[Resolved], out: Sequence[Path]) -> Iterator[Generated]:
        """Batches are of one mode: what `plan` put into one group."""
        name = str(batch[0].parameters["mode"])
        if name not in self._runners:
            self._runners[name] = self._once(name, lambda: self._runner(name))
        return self._runners[name].generate(batch, out)

    def close(self) -> None:
        for runner in self._runners.values():
            runner.close()
        self._runners.clear()

    def _once(self, what: str, make: Callable[[], Made]) -> Made:
        """What `make` gives; its error again, where it has failed before."""
        if what in self._failed:
            raise self._failed[what]
        try:
            return make()
        except VbenchError as error:
            self._failed[what] = error
            raise

    def _runner(self, name: str) -> Runner:
        mode = next(mode for mode in self.card.modes if mode.called == name)
        run, checkout = self.run_of(mode), self.checkout(name)
        given = self.options.get("source")
        sources = [Path(str(given)).expanduser()] if given else []
        tree = checkout.build(say=log.warning, sources=sources) if checkout else self.environment.folder
        return Runner(
            self.recipe, self._limited(run), self.environment, tree,
            weights.paths(self.recipe, name, self.options), self._of(mode),
            "cuda" if self._device.startswith("cuda") else self._device,
            self._limits(run), self.options.get("seconds"), self._provenance(checkout, run),
            visible_gpus(self._device, mode.resources.gpus if mode.resources else 1),
        )  # fmt: skip

    def _limited(self, run: RunCard) -> RunCard:
        given = self.options.get("batch")
        return run.model_copy(update={"batch": int(given)}) if given is not None else run

    def _limits(self, run: RunCard) -> Limits:
        memory = self.options.get("memory_gb") or run.memory_gb or 0
        scratch = self.options.get("scratch_gb") or run.scratch_gb or 200
        return Limits(int(memory * 1e9), int(scratch * 1e9), int(scratch * 1e9))

    def _provenance(self, checkout: Checkout | None, run: RunCard) -> dict[str, Any]:
        told: dict[str, Any] = {"recipe": self.recipe.id, "environment": self.environment.hash, "exec": run.exec}
        if checkout is not None:
            told |= {"repository": checkout.name, "commit": checkout.commit}
            if checkout.patches:
                told |= {"patches": [patch.reason for patch in checkout.patches], "patch_hash": checkout.patch_hash}
        if self.options.get("pins"):
            told["pins"] = "override"
        return told


def _weights(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name.startswith(weights.OPTION)}


def _used(run: RunCard) -> set[str]:
    """The placeholders that a run uses anywhere."""
    whole = run.model_dump()
    return placeholders([whole[name] for name in whole if name not in ("proofs", "outputs")])


def _per_sample(run: RunCard) -> set[str]:
    """The placeholders in inputs, which are filled for each sample of a batch."""
    return placeholders([card.model_dump() for card in run.inputs.values()])


def _of_mode(card: MethodCard, name: Any) -> MethodCard:
    """The card with the mode of that name alone; None: as it is. Raises `UsageError` for an unknown one."""
    if name is None:
        return card
    modes = tuple(mode for mode in card.modes if mode.called == name)
    if not modes:
        known = ", ".join(mode.called for mode in card.modes)
        raise UsageError(f"method {card.id}: unknown mode {name!r}; it has {known}")
    return card.model_copy(update={"modes": modes})
