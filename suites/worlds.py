"""Writes the samples of the `world-*` suites: `python -m vbench_py.suites.worlds [FOLDER]`.

Every medium is a recipe of `vbench_py.world`, so a suite is a few lines of parameters and its ground truth is exact.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from vbench_py import world

SIZE: dict[str, Any] = {"width": 192, "height": 128}
FPS = 8
Sample = dict[str, Any]
Recipe = dict[str, Any]


def media(what: str = "rgb", steps: tuple[dict[str, Any], ...] = (), **parameters: Any) -> dict[str, Any]:
    """One medium of the world, by recipe."""
    recipe: dict[str, Any] = {"world": {"what": what, **SIZE, "fps": FPS, **parameters}}
    return recipe | ({"steps": list(steps)} if steps else {})


def parameters(**given: Any) -> world.WorldParameters:
    return world.WorldParameters(**SIZE, fps=FPS, **given)


def line(name: str, scene: Mapping[str, Any], roles: Mapping[str, Any], **more: Any) -> Sample:
    """A sample; its prompt says what is to be seen."""
    told = parameters(**scene)
    return {"id": name, "group": name, "prompt": world.prompt(told), "media": dict(roles), **more}


def depth() -> Iterator[Sample]:
    for name, number, camera in (("orbit", 5, "orbit"), ("dolly", 11, "dolly"), ("loop", 8, "loop")):
        scene: Recipe = {"scene": number, "camera": camera, "frames": 16, "still": True}
        roles = {"source": media(**scene), "camera": media("camera", **scene), "target": media("depth", **scene)}
        yield line(name, scene, roles)


def views() -> Iterator[Sample]:
    azimuths = [20, 60, 100, 140, 180, 220, 260, 300, 340]
    for name, number in (("three-balls", 3), ("five-things", 5), ("three-things", 8)):
        scene: Recipe = {"scene": number, "camera": "still", "frames": 9}
        given, grid = {**scene, "azimuth": 0}, {**scene, "azimuths": azimuths}
        roles = {
            "source": media(**given),
            "source_depth": media("depth", **given),
            "source_camera": media("camera", **given),
            "camera": media("camera", **grid),
            "target": media(**grid),
            "depth_target": media("depth", **grid),
        }
        yield line(name, given, roles, facts={"azimuths": azimuths})


def editing() -> Iterator[Sample]:
    edits: tuple[tuple[str, int, dict[str, Any]], ...] = (
        ("recolour", 3, {"edit": "recolour", "edit_to": "red"}),
        ("remove", 5, {"edit": "remove", "edit_object": 1}),
        ("replace", 11, {"edit": "replace", "edit_to": "box"}),
        ("recolour-second", 8, {"edit": "recolour", "edit_object": 1, "edit_to": "blue"}),
    )
    for name, number, edit in edits:
        scene: Recipe = {"scene": number, "camera": "orbit", "frames": 16}
        changed: Recipe = {**scene, **edit}
        roles = {
            "source": media(**scene),
            "mask": media("edit-mask", **changed),
            "target": media(**changed),
        }
        told = parameters(**changed)
        facts = {"instruction": world.edit_prompt(told)}
        yield line(name, changed, roles, source_prompt=world.source_prompt(told), facts=facts)


def interpolation() -> Iterator[Sample]:
    for name, number, camera in (("orbit", 3, "orbit"), ("dolly", 5, "dolly"), ("still", 8, "still")):
        scene: Recipe = {"scene": number, "camera": camera, "frames": 17}
        source = {"from": "target", "steps": [{"operator": "drop-frames", "keep_every": 2}]}
        yield line(name, scene, {"target": media(**scene), "source": source})


def upscaling() -> Iterator[Sample]:
    for name, number, camera in (("orbit", 5, "orbit"), ("pan", 11, "pan"), ("still", 8, "still")):
        scene: Recipe = {"scene": number, "camera": camera, "frames": 12}
        source = {"from": "target", "steps": [{"operator": "bicubic-down", "scale": 4}]}
        yield line(name, scene, {"target": media(**scene), "source": source})


def deblurring() -> Iterator[Sample]:
    blur = {"window": 7, "stride": 7}
    for name, number, camera in (("pan", 3, "pan"), ("orbit", 5, "orbit"), ("still", 8, "still")):
        scene: Recipe = {"scene": number, "camera": camera, "frames": 10}
        seen: Recipe = {**scene, "subframes": 7, "fps": 4}
        roles = {
            "target": media(steps=({"operator": "centre-frames", **blur},), **seen),
            "source": media(steps=({"operator": "motion-blur", "gamma": 2.2, **blur},), **seen),
        }
        yield line(name, scene, roles)


def long_video() -> Iterator[Sample]:
    for name, number in (("three-balls", 3), ("five-things", 5)):
        scene: Recipe = {"scene": number, "camera": "return", "frames": 96, "still": True}
        prefix = media(steps=({"operator": "trim", "frames": 24},), **scene)
        yield line(name, scene, {"prefix": prefix, "target": media(**scene)}, facts={"palindrome": True})


def motion_control() -> Iterator[Sample]:
    large: Recipe = {"width": 320, "height": 208}
    for name, number, camera in (("orbit", 3, "orbit"), ("pan", 8, "pan"), ("dolly", 5, "dolly")):
        scene: Recipe = {"scene": number, "camera": camera, "frames": 16}
        seen: Recipe = {**scene, **large}
        roles = {
            "first": media(steps=({"operator": "first-frame"},), **seen),
            "camera": media("camera", **seen),
            "tracks": media("tracks", spacing=24, room=True, **seen),
            "depth_target": media("depth", **seen),
            "target": media(**seen),
        }
        yield line(name, scene, roles)


def reconstruction() -> Iterator[Sample]:
    for name, number, camera in (("orbit", 3, "orbit"), ("dolly", 5, "dolly"), ("still", 8, "still")):
        scene: Recipe = {"scene": number, "camera": camera, "frames": 17}
        yield line(name, scene, {"source": media(**scene), "target": media(**scene)})


def image_to_video() -> Iterator[Sample]:
    for name, number, camera in (("orbit", 3, "orbit"), ("still", 5, "still"), ("pan", 8, "pan")):
        scene: Recipe = {"scene": number, "camera": camera, "frames": 16}
        first = media(steps=({"operator": "first-frame"},), **scene)
        yield line(name, scene, {"first": first, "target": media(**scene)})


def customization() -> Iterator[Sample]:
    for name, number in (("ball", 3), ("cylinder", 11), ("white-ball", 8)):
        scene: Recipe = {"scene": number, "camera": "orbit", "frames": 16}
        alone = parameters(**scene).references(1)[0]
        plain = {k: v for k, v in alone.model_dump(exclude_defaults=True).items() if k not in (*SIZE, "fps")}
        still = ({"operator": "first-frame"},)
        roles = {
            "reference": media(steps=still, **plain),
            "reference_mask": media("mask", steps=still, **plain),
            "subject_mask": media("mask", **scene),
            "target": media(**scene),
        }
        yield line(name, scene, roles, facts={"subject": world.subject(parameters(**scene))})


def storytelling() -> Iterator[Sample]:
    for name, number in (("four-rooms", 1), ("four-places", 4), ("four-looks", 6)):
        scene: Recipe = {"scene": number, "camera": "still", "frames": 64, "shots": 4}
        told = parameters(**scene)
        alone = told.references(1)[0]
        plain = {k: v for k, v in alone.model_dump(exclude_defaults=True).items() if k not in (*SIZE, "fps")}
        shots = world.shot_prompts(told)
        starts = [sum(told.lengths[:k]) for k in range(told.shots)]
        roles = {"reference": media(steps=({"operator": "first-frame"},), **plain), "target": media(**scene)}
        facts = {"shots": 4, "shot_prompts": "\n".join(shots), "subject": world.subject(told)}
        made = line(
            name, scene, roles, facts=facts, prompt_schedule=[list(it) for it in zip(starts, shots, strict=True)]
        )
        yield made | {"prompt": ". Then ".join(shots)}


SUITES: Mapping[str, Callable[[], Iterator[Sample]]] = {
    "world-depth": depth,
    "world-4d": views,
    "world-editing": editing,
    "world-interpolation": interpolation,
    "world-vsr": upscaling,
    "world-deblur": deblurring,
    "world-long": long_video,
    "world-motion-control": motion_control,
    "world-reconstruction": reconstruction,
    "world-i2v": image_to_video,
    "world-customization": customization,
    "world-story": storytelling,
}


def main(folder: Path) -> None:
    """Writes every suite's samples.jsonl below `folder`."""
    for name, made in SUITES.items():
        place = folder / name / "samples.jsonl"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("".join(json.dumps(sample, ensure_ascii=False) + "\n" for sample in made()), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
