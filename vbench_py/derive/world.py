"""Media of the synthetic world: no source, only parameters; see `vbench_py.world`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from vbench_py import world
from vbench_py.derive.operator import Frames, Maker
from vbench_py.video import VideoWriter, write_camera, write_depth, write_flow, write_tracks

SOURCE = "world"
"""Stands for path and sha256 of media that are made from nothing."""


class World(Maker, world.WorldParameters):
    """A rendered video of the synthetic world, or what is true of it.

    `what` rgb, mask (of body `body`), edit-mask: pictures. depth (metres), flow (pixels to the next frame, NaN where
    the point is not seen there), camera, tracks (points of the bodies, and with `room` of the room, at every
    `spacing`-th pixel of the first frame), centres (of the bodies): .npz.
    With `azimuths`, pictures and depth are folders with a medium a view, camera has an axis of views, and what else
    there is is refused.
    """

    id: ClassVar[str] = "world"
    version: ClassVar[str] = "1"
    what: Literal["rgb", "depth", "flow", "camera", "mask", "edit-mask", "tracks", "centres"] = "rgb"
    body: int = Field(default=0, ge=0)
    spacing: int = Field(default=12, ge=1)
    room: bool = False

    @model_validator(mode="after")
    def _grids_that_can_be_written(self) -> World:
        if self.azimuths and self.what in ("flow", "tracks", "centres"):
            raise ValueError(f"{self.what} is of one view: give azimuth for each view in turn, not azimuths")
        return self

    @property
    def scenery(self) -> world.WorldParameters:
        """The video's parameters alone."""
        return world.WorldParameters(**{name: getattr(self, name) for name in world.WorldParameters.model_fields})

    @property
    def pictures(self) -> bool:
        return self.what in ("rgb", "mask", "edit-mask") and not self.azimuths

    @property
    def suffix(self) -> str:
        return "" if self.azimuths and self.what != "camera" else ".npz"

    @property
    def clock(self) -> float:
        return self.fps * self.subframes

    def draw(self, source: Path, seed: int) -> Frames:
        for frame in _drawn(self.what, self.scenery, self.body):
            yield frame[None]

    def make(self, source: Path, target: Path, seed: int) -> None:
        scenery = self.scenery
        if self.azimuths and self.what == "camera":
            inner, outer = world.cameras(scenery)
            write_camera(target, inner, outer, views=tuple(scenery.views()))
        elif self.azimuths:
            target.mkdir()
            for name, view in scenery.views().items():
                self._view(target / name, view)
        else:
            _write(self.what, scenery, target, self.spacing, self.room)

    def _view(self, place: Path, view: world.WorldParameters) -> None:
        if self.what == "depth":
            _write("depth", view, place.with_suffix(".npz"))
            return
        with VideoWriter(place.with_suffix(".mkv"), fps=self.clock) as writer:
            for frame in _drawn(self.what, view, self.body):
                writer.write(frame[None])


def _drawn(what: str, scenery: world.WorldParameters, body: int) -> Iterator[np.ndarray]:
    """(H, W, 3) uint8 frames; masks in black and white."""
    if what == "rgb":
        yield from world.rgb(scenery)
        return
    for seen in world.edit_mask(scenery) if what == "edit-mask" else world.masks(scenery, body):
        yield np.repeat(seen[..., None].astype(np.uint8) * 255, 3, axis=2)


def _write(what: str, scenery: world.WorldParameters, target: Path, spacing: int = 1, room: bool = False) -> None:
    count = scenery.rendered
    if what == "depth":
        write_depth(target, world.depth(scenery), unit="metres", frames=count)
    elif what == "flow":
        write_flow(target, (_seen(*found) for found in world.flow(scenery)), frames=count)
    elif what == "camera":
        write_camera(target, *world.cameras(scenery))
    else:
        found = world.centres(scenery) if what == "centres" else world.tracks(scenery, spacing, room)
        write_tracks(target, found.tracks, found.visible)


def _seen(forward: np.ndarray, backward: np.ndarray, occluded: np.ndarray, behind: np.ndarray) -> np.ndarray:
    return np.where(occluded[..., None], np.float32(np.nan), forward)
