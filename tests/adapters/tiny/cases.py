"""What to try a tiny checkpoint with: the modes of our cards that use its class, made small by options alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.adapters.helpers import ADAPTERS, method
from tests.adapters.tiny import makers, small
from vbench_py.adapters.diffusers.arguments import mapping
from vbench_py.adapters.diffusers.settings import Settings, settings
from vbench_py.adapters.diffusers.signatures import parameters
from vbench_py.adapters.modes import layered
from vbench_py.adapters.rules import nearest_frames
from vbench_py.cards import MethodCard, ModeCard
from vbench_py.method_card import FramesCard

FRAMES, FEW, SIDE = 5, 16, 32
STEPS = ("num_inference_steps",)


@dataclass(frozen=True)
class Case:
    """One mode of one card."""

    card: MethodCard
    mode: ModeCard

    @property
    def name(self) -> str:
        return f"{self.card.id}:{self.mode.name or self.mode.task}"

    @property
    def settings(self) -> Settings:
        return settings(self.card.id, layered(self.card.defaults, self.mode.defaults))

    @property
    def pipeline(self) -> str:
        return str(layered(self.card.defaults, self.mode.defaults)["pipeline"])

    @property
    def checkpoint(self) -> str:
        """What to ask the fixture `tiny` for: the card's own checkpoint, where it has one, else that of the class."""
        return self.card.id if self.card.id in makers() else self.pipeline

    def options(self, folder: Path) -> dict[str, Any]:
        """The card's defaults with what makes it small on top: a tiny checkpoint, few frames, few steps."""
        names = mapping(self.settings, self.mode)
        known = parameters(self.pipeline)
        call = dict.fromkeys((name for name in STEPS if name in known), 2)
        chosen = {f"call.{name}": value for name, value in call.items()}
        if "frames" in names:
            chosen[f"call.{names['frames']}"] = small_frames(self.mode.frames)
        if "width" in names and "height" in names:
            step = self.mode.size.multiple if self.mode.size is not None else 1
            side = -(-SIDE // step) * step
            chosen |= {f"call.{names['width']}": side, f"call.{names['height']}": side}
        gone = dict.fromkeys(("components", "motion_adapter", "states", "loras", "variant", "revision", "attention"))
        return {
            **self.card.defaults,
            **gone,
            "folder": str(folder),
            "dtype": "float32",
            "offload": "none",
            **chosen,
            **small().get(self.pipeline, {}),
            **small().get(self.card.id, {}),
        }


def small_frames(rule: FramesCard | None) -> int:
    """A few frames that the rule allows, or that a user may choose where it names some."""
    if rule is not None and rule.fixed:
        return min(rule.fixed) if min(rule.fixed) <= FEW else FRAMES
    return FRAMES if rule is None else nearest_frames(rule, FRAMES)


@cache
def cases() -> dict[str, Case]:
    """Every mode of every card of ours whose pipeline has a tiny checkpoint, by name."""
    cards = [method(path.stem) for path in sorted((ADAPTERS / "methods").glob("*.toml"))]
    every = [Case(card, mode) for card in cards if card.adapter == "diffusers" for mode in card.modes]
    return {case.name: case for case in every if case.pipeline in makers()}


@cache
def one_a_class() -> dict[str, Case]:
    """The first case of each class, by its name."""
    first: dict[str, Case] = {}
    for case in cases().values():
        first.setdefault(case.pipeline, case)
    return first
