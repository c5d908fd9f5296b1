"""One class for all pipelines: what a card says is planned without diffusers, loaded once, and called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vbench_py.adapters.diffusers import planning
from vbench_py.adapters.diffusers.arguments import check, faults, mapping
from vbench_py.adapters.diffusers.arguments import chosen as picked
from vbench_py.adapters.diffusers.settings import Settings, settings
from vbench_py.adapters.modes import capabilities, changes, choose_mode, layered
from vbench_py.cards import MethodCard, ModeCard
from vbench_py.keys import canonical, key
from vbench_py.types import Capability, Generated, Request, Resolved, UsageError

if TYPE_CHECKING:
    from vbench_py.adapters.diffusers.running import Runner


class Diffusers:
    """Options are those of `Settings`: the card's defaults, a mode's on top, the user's on both, nested ones by dots.

    Raises `UsageError` for an unknown option or pipeline, and for parameters that its call does not have.
    """

    def __init__(self, card: MethodCard, options: Mapping[str, Any]) -> None:
        self.card = card
        where = f"method {card.id}"
        changed = changes(card, options)
        self.modes: dict[str, tuple[ModeCard, Settings]] = {}
        for mode in card.modes:
            chosen = settings(where, layered(card.defaults, mode.defaults, changed))
            check(where, chosen, mode)
            self.modes[mode.called] = (mode, chosen)
        self.device = "cpu"
        self.runner: Runner | None = None

    def identity(self) -> dict[str, Any]:
        """Settings by mode without paths, and a fingerprint of every local folder of weights."""
        told = {name: {**planning.told(chosen), "call": chosen.call} for name, (_, chosen) in self.modes.items()}
        return {"settings": told, "folders": self._fingerprints}

    @cached_property
    def _fingerprints(self) -> dict[str, str]:
        from vbench_py.adapters.precomputed import fingerprint

        folders = {Path(text) for _, chosen in self.modes.values() for text in planning.folders(chosen)}
        return {folder.name: fingerprint(folder) for folder in sorted(folders) if folder.is_dir()}

    def capabilities(self) -> list[Capability]:
        return capabilities(self.card)

    @staticmethod
    def faults(card: MethodCard) -> Iterator[str]:
        """What is wrong with a card for this adapter, for `vbench-py check`: options, parameters, roles, checkpoint."""
        for mode in card.modes:
            name = mode.called
            try:
                chosen = settings(f"mode {name}", layered(card.defaults, mode.defaults))
                yield from (f"mode {name}: {fault}" for fault in faults(chosen, mode))
            except UsageError as error:
                yield str(error)
                continue
            if not (chosen.repo or chosen.folder):
                yield f"mode {name}: it names neither repository nor folder"
            for field in ("frames", "width", "height"):
                if picked(chosen, mapping(chosen, mode), field) is not None:
                    yield f"mode {name}: call holds {field}, which its rules decide: make it their native value"

    def missing(self) -> str:
        """What of its weights is not on this machine, in words; "" when all modes can be loaded without a network."""
        return planning.missing(chosen for _, chosen in self.modes.values())

    def plan(self, request: Request) -> Resolved:
        """The rules of the mode applied: frames, size, rate, parameters. Pure, without diffusers or torch.

        Raises `Unsupported` for a task, role or text the card does not serve, and where a rule forbids what is asked.
        """
        mode, chosen = self._mode(request)
        parameters = planning.parameters(chosen, mode, request)
        own = request.sample.id if planning.follows_input(mode, request) else ""
        return Resolved(
            request=request,
            parameters=parameters,
            seed_applied=mode.seed != "none",
            prompt_used=request.sample.prompt,
            prompt_policy=self.card.prompt_policy,
            group=key("batch", [parameters, own]),
        )

    def load(self, device: str) -> None:
        """Loads the pipeline, where all modes share one; else each when its first sample comes."""
        self.device = device
        if len({canonical(chosen.loading()) for _, chosen in self.modes.values()}) == 1:
            self._runner(next(iter(self.modes.values()))[1])

    def generate(self, batch: Sequence[Resolved], out: Sequence[Path]) -> Iterator[Generated]:
        """One call for samples of one shape where the mode takes batches, else one by one."""
        paired = list(zip(batch, out, strict=True))
        for _, items in groupby(paired, key=lambda pair: pair[0].group):
            group = list(items)
            mode, chosen = self._mode(group[0][0].request)
            yield from self._runner(chosen).run(mode, chosen, group)

    def close(self) -> None:
        """Lets the pipeline go."""
        if self.runner is not None:
            self.runner.close()
        self.runner = None

    def _mode(self, request: Request) -> tuple[ModeCard, Settings]:
        mode = choose_mode(self.card, request)
        return self.modes[mode.called]

    def _runner(self, chosen: Settings) -> Runner:
        if self.runner is not None and self.runner.serves(chosen):
            return self.runner
        try:
            from vbench_py.adapters.diffusers.running import Runner
        except ImportError as error:
            mend = "pip install 'vbench-py[diffusers]'"
            raise UsageError(f"method {self.card.id} runs through diffusers: {error}", mend=mend) from error
        self.close()
        self.runner = Runner(self.card, chosen, self.device)
        return self.runner
