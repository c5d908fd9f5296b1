"""Camera control: how far the poses of an output lie from those it was asked for, in the field's several protocols."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from vbench_py.cards import MetricCard
from vbench_py.metrics.trajectory import angles, camera_to_world, from_first, largest_norm, least_norm_scale
from vbench_py.types import FILE, FRAME, Ask, BadMedia, Curve, Facts, Score, Series, Unsupported

_EPSILON = 1e-9
"""What CamI2V adds to the length that it divides by."""


class CameraError:
    """Base: an error a frame of the output's poses against those of role `camera`, summed or averaged over frames.

    Poses are camera-to-world. Those of the output are its `poses`, or estimated by the card's second extractor from
    files of the card's roles. Protocol: `relative`, frame 0 (each trajectory as seen from its own first camera) or
    none; `scale` of the translations: none, own (each by its own largest norm), truth (both by the asked one's) or
    least-norm (the output's by the factor that makes the sum of distances smallest); `reduce`, sum or mean over frames;
    `unit`, of rotations radians or degrees; `allowed_failures`, the share of frames whose pose may be unknown: they are
    left out and counted.
    Details: `frames`, `failed_frames`, `mean` and `last` over frames, `scale` where one was fitted. The curve is the
    error of each frame. `BadMedia` where the numbers of frames differ, `Unsupported` where too many poses, or the
    first, are unknown.
    """

    def __init__(self, card: MetricCard, protocol: Mapping[str, Any]) -> None:
        self.card = card
        self.protocol = protocol
        given = card.roles[0] == "poses"
        made = Ask(card.extractors[0], ("poses",), FRAME) if given else Ask(card.extractors[1], card.roles, FILE)
        self.needs: Mapping[str, Ask] = {"made": made, "asked": Ask(card.extractors[0], ("camera",), FRAME)}

    def errors(self, made: np.ndarray, asked: np.ndarray) -> np.ndarray:
        """(T,) float64 from camera-to-world poses (T, 3, 4) of the output and as asked."""
        raise NotImplementedError

    def score(self, arrays: Mapping[str, Series], facts: Facts) -> Score:
        index = arrays["made"].index
        made, asked = (camera_to_world(arrays[name].values["world_to_camera"]) for name in ("made", "asked"))
        if len(made) != len(asked):
            raise BadMedia(f"{self.card.id}: {len(made)} poses of the output, {len(asked)} asked for")
        known = np.isfinite(made).all(axis=(1, 2))
        failed = int(np.sum(~known))
        if not known[0] or failed > float(self.protocol["allowed_failures"]) * len(made):
            first = "; the first is" if not known[0] else ""
            raise Unsupported("poses", f"{self.card.id}: {failed} of {len(made)} poses are unknown{first}")
        if self.protocol["relative"] == "frame 0":
            made, asked = from_first(made), from_first(asked)
        made, asked, scale = self.scaled(made[known], asked[known])
        found = self.errors(made, asked)
        value = found.sum() if self.protocol["reduce"] == "sum" else found.mean()
        details = {"frames": float(len(found)), "failed_frames": float(failed), **scale}
        details |= {"mean": float(found.mean()), "last": float(found[-1])}
        return Score(float(value), details, Curve(index[known], found))

    def scaled(self, made: np.ndarray, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray, dict[str, float]]:
        """Both trajectories with their translations at the protocol's scale, and the scale fitted, for the details."""
        kind = self.protocol["scale"]
        if kind == "none":
            return made, asked, {}
        if kind == "least-norm":
            factor = least_norm_scale(made[:, :, 3], asked[:, :, 3])
            return _times(made, factor), asked, {"scale": factor}
        asked_length = largest_norm(asked[:, :, 3]) + _EPSILON
        made_length = largest_norm(made[:, :, 3]) + _EPSILON if kind == "own" else asked_length
        return _times(made, 1 / made_length), _times(asked, 1 / asked_length), {"scale": asked_length / made_length}


def _times(poses: np.ndarray, factor: float) -> np.ndarray:
    return np.concatenate([poses[:, :, :3], poses[:, :, 3:] * factor], axis=2)


class RotationError(CameraError):
    """Of the angle of the rotation between the output's orientation and the asked one."""

    def errors(self, made: np.ndarray, asked: np.ndarray) -> np.ndarray:
        found = angles(made[:, :, :3], asked[:, :, :3])
        return np.degrees(found) if self.protocol["unit"] == "degrees" else found


class TranslationError(CameraError):
    """Of the distance between the output's place and the asked one."""

    def errors(self, made: np.ndarray, asked: np.ndarray) -> np.ndarray:
        return np.asarray(np.linalg.norm(made[:, :, 3] - asked[:, :, 3], axis=1))


class CameraMatrixError(CameraError):
    """Of the Euclidean distance of the twelve entries of [R | t]: rotation and translation in one number."""

    def errors(self, made: np.ndarray, asked: np.ndarray) -> np.ndarray:
        return np.asarray(np.linalg.norm((made - asked).reshape(len(made), 12), axis=1))
