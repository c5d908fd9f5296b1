"""Prompts for a first picture of the synthetic world: coloured solids in a lit room, and what happens next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vbench_py.suites.grammar import words
from vbench_py.suites.grammar.prompt import Chooser

HAPPENINGS: Mapping[str, tuple[str, ...]] = {
    "slide": ("the objects slide across the floor", "every solid glides over the ground"),
    "roll": ("the objects begin to roll", "the solids start rolling to one side"),
    "jump": ("the objects jump up and land again", "the solids hop off the floor and fall back"),
    "spin": ("the objects spin where they stand", "every solid turns about its upright axis"),
    "gather": ("the objects move together into the middle", "the solids draw close to each other"),
    "scatter": ("the objects move apart", "the solids drift away from each other"),
    "rise": ("the objects rise slowly into the air", "every solid lifts off the ground and floats"),
    "grow": ("the objects grow larger", "the solids swell to twice their size"),
}
LIGHTS: Mapping[str, tuple[str, ...]] = {
    "dim": ("the light dims", "the room slowly darkens"),
    "brighten": ("the light grows brighter", "the room slowly lights up"),
    "warm": ("the light turns warm and orange", "an orange glow fills the room"),
    "cold": ("the light turns cold and blue", "a blue glow fills the room"),
    "flicker": ("the light flickers", "the lamp blinks on and off"),
    "sweep": ("the light moves from left to right", "the shadows swing across the floor"),
    "fog": ("fog fills the room", "a thin mist spreads over the floor"),
    "rain": ("rain falls into the room", "drops of water come down on everything"),
}
TABLES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "camera": words.CAMERAS, "action": HAPPENINGS, "condition": LIGHTS,
}  # fmt: skip
_SCENES = (
    "Coloured solids stand in a room",
    "A room with several coloured solids",
    "Some solids in a room",
)


@dataclass(frozen=True)
class PicturePrompt:
    """A sentence about the picture of world scene `scene`; `family` and `value` say what happens next."""

    text: str
    family: str
    value: str
    scene: int
    words: tuple[str, ...] = field(default=(), repr=False)


def draw_picture(family: str, value: str, scene: int) -> PicturePrompt:
    """The prompt for a world scene."""
    return _write(family, value, scene, Chooser(f"{family}|{value}|{scene}"))


def twin_picture(prompt: PicturePrompt, seed: int) -> PicturePrompt:
    """Other words for the same change, in another scene."""
    scene = prompt.scene + 1000 * (seed + 1)
    return _write(prompt.family, prompt.value, scene, Chooser(f"twin|{prompt.text}|{seed}", prompt.words))


def _write(family: str, value: str, scene: int, choose: Chooser) -> PicturePrompt:
    text = f"{choose('scene', _SCENES)}, {choose(family, TABLES[family][value])}"
    if family != "camera":
        text += f", {choose('camera', words.CAMERAS['static'])}"
    return PicturePrompt(text, family, value, scene, tuple(choose.used))
