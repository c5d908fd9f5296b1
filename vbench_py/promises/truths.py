"""A small scene of the synthetic world as everything a metric may read of it: arrays by role, damaged, and as files.

Arrays are what streams hand out, frame after frame (see `vbench_py.types.Extractor`); grids have an axis of views in
front.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cache
from pathlib import Path

import numpy as np

from vbench_py import world
from vbench_py.promises.clips import FPS, MASK_ROLES, STILL_ROLES, noisy, write
from vbench_py.promises.finding import Skipped

OUTPUTS = ("video", "depth", "views", "poses")
SCENE = {"scene": 3, "camera": "orbit", "still": True, "fps": FPS}
AZIMUTHS = (0.0, 15.0, 30.0)
VIEWS = tuple(world.view_name(azimuth) for azimuth in AZIMUTHS)
PLAIN = {"video", "target", "source", "baseline", "sibling", "take2", "prefix", "control", "views"}
"""Roles that show the scene itself, unless they are told to be of another kind."""
SPACING = 12
"""Pixels between the points that are followed."""


def output_of(roles: Collection[str]) -> str:
    """The role that a method made."""
    return next(role for role in OUTPUTS if role in roles)


def truths(
    roles: Collection[str], kinds: Mapping[str, str], frames: int, height: int, width: int, *, shots: int = 1
) -> dict[str, np.ndarray]:
    """What each role is of one scene, the output being the truth itself. Raises `Skipped` for a role not known here.

    With `views` among the roles, all but stills are grids.
    """
    told = {**SCENE, "frames": frames, "height": height, "width": width, "shots": shots}
    scene = world.WorldParameters.model_validate({**told, "azimuths": AZIMUTHS if "views" in roles else ()})
    return {role: _truth(role.partition("/")[0], kinds.get(role, "video"), scene) for role in roles}


def _truth(role: str, kind: str, scene: world.WorldParameters) -> np.ndarray:
    if role in STILL_ROLES:
        seen = scene.references(1)[0] if role == "reference" else next(iter(scene.views().values()))
        return (_rgb(seen)[-1:] if role == "last" else _rgb(seen)[:1]).copy()
    if kind == "camera":
        return np.concatenate(_cameras(scene), axis=-1)[..., None]
    if kind == "tracks":
        found = world.tracks(scene, SPACING, room=True)
        return np.concatenate([found.tracks, found.visible[..., None]], axis=-1).astype(np.float32)[..., None]
    if kind == "video" and role not in PLAIN and role not in MASK_ROLES:
        raise Skipped(f"no made-up medium for role {role!r}; try it on a suite with --limit 1")
    drawn: Callable[[world.WorldParameters], np.ndarray] = _mask if role in MASK_ROLES else _rgb
    if kind == "depth":
        drawn = _depth
    shown: list[np.ndarray] = [drawn(view) for view in scene.views().values()]
    return np.stack(shown) if scene.azimuths else shown[0]


def _cameras(scene: world.WorldParameters) -> tuple[np.ndarray, np.ndarray]:
    """K (..., 3, 3) and the first three rows of world-to-camera (..., 3, 4)."""
    inner, outer = world.cameras(scene)
    return inner, outer[..., :3, :]


@cache
def _rgb(scene: world.WorldParameters) -> np.ndarray:
    return np.stack(list(world.rgb(scene)))


@cache
def _depth(scene: world.WorldParameters) -> np.ndarray:
    return np.stack(list(world.depth(scene)))[..., None]


@cache
def _mask(scene: world.WorldParameters) -> np.ndarray:
    seen = np.stack(list(world.masks(scene)))
    return np.repeat(seen[..., None].astype(np.uint8) * 255, 3, axis=-1)


def spoilt(role: str, truth: np.ndarray, amplitude: int) -> np.ndarray:
    """The output `role` with noise: of up to `amplitude` levels for pixels, of so many 255ths for all else.

    Four times that is what the logarithm of depth is off by; a camera's pose that many radians and metres, but for the
    first pose.
    """
    if truth.dtype == np.uint8:
        return noisy(truth, amplitude)
    random, size = np.random.default_rng(1), amplitude / 255
    if role == "depth":
        return (truth * np.exp(4 * size * random.uniform(-1, 1, truth.shape))).astype(truth.dtype)
    pose = _square(truth)
    for index in range(1, len(pose)):
        axis, offset = random.standard_normal((2, 3))
        pose[index] = _motion(size * axis / np.linalg.norm(axis), size * offset / np.linalg.norm(offset)) @ pose[index]
    return np.concatenate([truth[..., :3, 0], pose[..., :3, :]], axis=-1)[..., None]


def _motion(turn: np.ndarray, shift: np.ndarray) -> np.ndarray:
    import cv2

    made = np.eye(4)
    made[:3, :3], made[:3, 3] = cv2.Rodrigues(turn)[0], shift
    return made


def _square(cameras: np.ndarray) -> np.ndarray:
    """World-to-camera (..., 4, 4) of cameras (..., 3, 7, 1)."""
    rows = cameras[..., 3:, 0]
    bottom = np.broadcast_to(np.array([0.0, 0.0, 0.0, 1.0]), (*rows.shape[:-2], 1, 4))
    return np.concatenate([rows, bottom], axis=-2)


def write_role(folder: Path, role: str, kind: str, array: np.ndarray, unit: str = "metres") -> Path:
    """The array of a role as a file, or a grid of videos or depth as a folder with one file a view."""
    from vbench_py.video import write_camera, write_depth, write_tracks

    folder.mkdir(parents=True, exist_ok=True)
    name = role.replace("/", "-")
    path = folder / f"{name}.npz"
    if kind == "camera":
        views = VIEWS[: len(array)] if array.ndim == 5 else ()
        write_camera(path, array[..., :3, 0], _square(array), views=views)
    elif kind == "tracks":
        write_tracks(path, array[..., :2, 0], array[..., 2, 0] > 0)
    elif array.ndim == 5:
        for view, clip in zip(VIEWS, array, strict=False):
            write_role(folder / name, view, kind, clip, unit)
        return folder / name
    elif kind == "depth":
        write_depth(path, array[..., 0], unit=unit)  # type: ignore[arg-type]
    elif role in STILL_ROLES:
        import cv2

        path = folder / f"{name}.png"
        path.write_bytes(cv2.imencode(".png", array[0][..., ::-1])[1].tobytes())
    else:
        path = write(folder / f"{name}.mkv", array)
    return path
