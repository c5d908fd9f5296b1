"""What a metric is shown when its laws are tried: every role of one clip or scene, the output clean or damaged."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np

from tests.metrics.clips import texture
from tests.metrics.running import METRICS, score
from vbench_py.adapters import damage
from vbench_py.promises.clips import STILL_ROLES
from vbench_py.promises.truths import output_of, truths
from vbench_py.types import LADDER, Score

Roles = Mapping[str, np.ndarray]
LONG = {"shot-count", "cut-rate", "consistent4d-asis", "drift-dino", "clipsim-meanfeat", "viclip-text"}
"""Windows or distances of many frames: these get a longer clip."""
LARGE = {"ms-ssim-rgb": (164, 176), "niqe": (96, 192), "niqe-basicsr": (96, 192)}
"""Those that refuse smaller frames."""
SHOTS = {"shot-count-match", "shot-count-match-content", "cross-shot-consistency", "text-alignment-per-shot"}
"""Those that want a clip of several shots."""
FACTS: Mapping[str, Any] = {
    "fps": 3.0, "prompt": "a red car on a road", "appearance_style": "Van Gogh style", "palindrome": True, "shots": 3,
    "timeline": [{"first": 0, "last": 3, "emitted_at": 1.0}, {"first": 4, "last": 99, "emitted_at": 2.0}],
}  # fmt: skip
TEXTS = {
    "prompt": "a red car", "source_prompt": "a blue car", "appearance_style": "Van Gogh style",
    "shot_prompts": "a red car\na road\na field",
}  # fmt: skip
FLAT = {"video", "target", "source", "baseline", "sibling", *STILL_ROLES}
"""Roles that any clip can take; all others want a scene whose geometry is known."""


def output(name: str) -> str:
    """The role that is judged."""
    return output_of(METRICS[name].roles)


@functools.cache
def truth(name: str, frames: int = 0) -> Roles:
    """Every role, the output being what it should be: a sliding texture where that will do, else a rendered scene."""
    roles = [role for role in METRICS[name].roles if role not in TEXTS]
    kinds = METRICS[name].kinds
    if name in SHOTS:
        return truths(roles, kinds, 48, 72, 96, shots=3)
    if set(roles) <= FLAT:
        clip = texture(frames or (32 if name in LONG else 7), *LARGE.get(name, (96, 128)))
        return {role: clip[:1] if role in STILL_ROLES else clip for role in roles}
    return truths(roles, kinds, frames or 8, 72, 96)


def clean(name: str) -> np.ndarray:
    """The output as it should be."""
    return truth(name)[output(name)]


@functools.cache
def damaged(name: str, rung: str) -> np.ndarray:
    """The output after a rung of `adapters.damage`; the ceiling is the truth."""
    return _damaged(output(name), clean(name), rung)


def _damaged(role: str, whole: np.ndarray, rung: str) -> np.ndarray:
    if rung == LADDER[0]:
        return whole
    if role == "views":
        return np.stack([_damaged("video", view, rung) for view in whole])
    how, random = damage.RUNGS[rung], np.random.Generator(np.random.PCG64(0))
    if role == "depth":
        return np.stack(list(damage.depth(iter(whole[..., 0]), how, random)))[..., None].astype(np.float32)
    if role == "poses":
        bottom = np.broadcast_to(np.array([0.0, 0.0, 0.0, 1.0]), (len(whole), 1, 4))
        posed = damage.poses(np.concatenate([whole[..., 3:, 0], bottom], axis=1), how, random)
        return np.concatenate([whole[..., :3, 0], posed[:, :3]], axis=-1)[..., None]
    return np.stack(list(damage.frames(iter(whole), len(whole), how, random)))


def of(name: str, shown: np.ndarray, batch: int = 0, beside: Roles | None = None) -> Score:
    """The score of the output `shown`, all other roles as they should be, or as they are in `beside`."""
    roles = {**(truth(name) if beside is None else beside), output(name): shown}
    return score(name, roles, facts=FACTS, batch=batch, texts=TEXTS)


def time_axis(shown: np.ndarray) -> int:
    return shown.ndim - 4


def still(shown: np.ndarray) -> np.ndarray:
    """Every frame the first."""
    axis = time_axis(shown)
    return np.repeat(shown.take([0], axis), shown.shape[axis], axis)
