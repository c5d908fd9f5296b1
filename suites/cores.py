"""Writes the samples of the `*-core` suites: `python -m vbench_py.suites.cores [FOLDER]`, the same bytes always.

Prompts are some of those of `t2v-prompts` and `long-prompts`, under the same ids; pictures and clips are rendered, and
as large as models for video take them. Clips have 17 frames: 4k+1 and 8k+1 both are, so that hardly a model cuts any.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vbench_py import world
from vbench_py.suites.grammar.make import Row, long, t2v, text
from vbench_py.suites.grammar.pictures import draw_picture

SIZE: Mapping[str, Any] = {"width": 512, "height": 320, "fps": 8}
FRAMES = 17
PER_FAMILY, EVERY = 8, 4
SCHEDULES = 8
FIRST_SCENE = 100
"""Past those of `i2v-prompts`."""
HAPPENINGS = (
    ("camera", "pan-right"), ("camera", "zoom-in"), ("camera", "orbit"), ("camera", "static"), ("action", "slide"),
    ("action", "jump"), ("action", "spin"), ("action", "rise"), ("action", "scatter"), ("condition", "dim"),
    ("condition", "warm"), ("condition", "fog"),
)  # fmt: skip
EDITS: tuple[tuple[str, int, str, Mapping[str, Any]], ...] = (
    ("recolour-red", 4, "orbit", {"edit": "recolour", "edit_to": "red"}),
    ("recolour-blue", 8, "still", {"edit": "recolour", "edit_object": 1, "edit_to": "blue"}),
    ("recolour-green", 13, "pan", {"edit": "recolour", "edit_to": "green"}),
    ("remove", 6, "orbit", {"edit": "remove", "edit_object": 1}),
    ("remove-still", 17, "still", {"edit": "remove", "edit_object": 1}),
    ("replace-box", 11, "orbit", {"edit": "replace", "edit_to": "box"}),
    ("replace-sphere", 21, "dolly", {"edit": "replace", "edit_to": "sphere"}),
    ("replace-cylinder", 24, "still", {"edit": "replace", "edit_to": "cylinder"}),
)


def prompts() -> Iterator[Row]:
    """Two of each family's eight prompts."""
    for number, row in enumerate(t2v()):
        if number % PER_FAMILY % EVERY == 0:
            yield row


def schedules() -> Iterator[Row]:
    """The first schedules of four prompts over 128 frames."""
    for number, row in enumerate(long(128, 4)):
        if number < SCHEDULES:
            yield row


def pictures() -> Iterator[Row]:
    """First pictures with what happens next in words."""
    for scene, (family, value) in enumerate(HAPPENINGS, FIRST_SCENE):
        prompt = draw_picture(family, value, scene)
        first = _medium({"scene": scene, "camera": "still", "frames": 1}) | {"steps": [{"operator": "first-frame"}]}
        name = f"{family}-{value}"
        told = {"family": family, family: value}
        tags = [f"{key}:{label}" for key, label in told.items()]
        yield {"id": name, "group": name, "prompt": prompt.text, "tags": tags, "facts": told, "media": {"first": first}}


def edits() -> Iterator[Row]:
    """A source, where the edit is, and its true result; three ways to say the edit."""
    for name, scene, camera, edit in EDITS:
        source: dict[str, Any] = {"scene": scene, "camera": camera, "frames": FRAMES}
        told = world.WorldParameters(**SIZE, **source, **edit)
        roles = {
            "source": _medium(source),
            "mask": _medium({**source, **edit}, what="edit-mask"),
            "target": _medium({**source, **edit}),
        }
        yield {
            "id": name, "group": name, "prompt": world.prompt(told), "source_prompt": world.source_prompt(told),
            "tags": [f"edit:{edit['edit']}"], "facts": {"instruction": world.edit_prompt(told)}, "media": roles,
        }  # fmt: skip


def _medium(scene: Mapping[str, Any], *, what: str = "rgb") -> dict[str, Any]:
    return {"world": {"what": what, **SIZE, **scene}}


def suites() -> dict[str, str]:
    """The samples file of every suite, by the suite's name."""
    made = {"t2v-core": prompts(), "i2v-core": pictures(), "long-core": schedules(), "edit-core": edits()}
    return {name: text(rows) for name, rows in made.items()}


def main(folder: Path) -> None:
    """Writes every suite's samples.jsonl below `folder`."""
    for name, lines in suites().items():
        place = folder / name / "samples.jsonl"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(lines.encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
