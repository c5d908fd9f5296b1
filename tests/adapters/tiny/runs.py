"""A mode of a card, run end to end on its tiny checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tests.adapters.helpers import request, run, waves
from tests.adapters.tiny.cases import SIDE, Case
from vbench_py.adapters.diffusers import Diffusers
from vbench_py.promises.clips import write_inputs
from vbench_py.types import Generated
from vbench_py.video import read

CLIP = 6
Tiny = Callable[[str], Path]


def adapter(case: Case, tiny: Tiny, **changed: Any) -> Diffusers:
    """The card's adapter on its tiny checkpoint; `changed` are options on top, "__" for the dots in their names."""
    small = {name: value for name, value in case.options(tiny(case.checkpoint)).items() if value is not None}
    return Diffusers(case.card, {**small, **{name.replace("__", "."): value for name, value in changed.items()}})


def generated(
    case: Case,
    tiny: Tiny,
    folder: Path,
    *,
    seeds: Sequence[int] = (0,),
    other: str = "",
    prompt: str = "a red car",
    options: Mapping[str, Any] | None = None,
    **asked: Any,
) -> list[Generated]:
    """One output a seed, from made-up media of 6 frames of 32x32; the medium of the role `other` is another one."""
    folder.mkdir(parents=True)
    clip = waves(CLIP, SIDE, SIDE)
    roles = (*case.mode.required, *([other] if other else []))
    media = write_inputs(folder / "in", dict.fromkeys(roles), clip, case.mode.task)
    if other:
        changed = 255 - np.roll(clip, 7, axis=2)
        media |= write_inputs(folder / "other", [other], changed[:, ::-1], case.mode.task)
    requests = [
        replace(
            request(case.mode.task, {}, folder / "in", identifier=f"s{seed}", seed=seed, prompt=prompt, **asked),
            media=media,
        )
        for seed in seeds
    ]
    return run(adapter(case, tiny, **(options or {})), requests, folder / "out")


def pixels(case: Case, tiny: Tiny, folder: Path, **asked: Any) -> np.ndarray:
    """The frames of one output, (T, H, W, 3) uint8. Raises what the adapter gave as error."""
    (made,) = generated(case, tiny, folder, **asked)
    if made.error is not None:
        raise made.error
    return read(made.outputs["video"])
