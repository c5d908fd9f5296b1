"""Points fixed to surfaces, followed exactly through a shot."""

from typing import NamedTuple

import numpy as np

from vbench_py.types import UsageError
from vbench_py.world.camera import project
from vbench_py.world.exact import Array
from vbench_py.world.motion import Surface, seen_in, surface
from vbench_py.world.parameters import WorldParameters
from vbench_py.world.rays import BODIES, first_hits, plane_points
from vbench_py.world.render import one_view
from vbench_py.world.scene import Moment, moment


class Tracks(NamedTuple):
    """Followed points: (T, N, 2) float64 pixels (x, y), (T, N) bool, (N,) number of the point's body, -1 the room.

    A point behind the camera has NaN for its place.
    """

    tracks: Array
    visible: Array
    bodies: Array


def tracks(p: WorldParameters, spacing: int = 16, room: bool = False) -> Tracks:
    """Points of bodies (and, if asked, of the room) at every `spacing`-th pixel centre of frame 0."""
    _one_shot(p)
    if spacing < 1:
        raise UsageError(f"spacing {spacing}: give whole pixels, 1 or more")
    first = moment(p, 0)
    camera = first.camera
    x, y = np.arange(spacing // 2, camera.width, spacing) + 0.5, np.arange(spacing // 2, camera.height, spacing) + 0.5
    x, y = plane_points(camera, x[None, :], y[:, None])
    with np.errstate(divide="ignore", invalid="ignore"):
        depth, label = first_hits(first, x, y)
    points = surface(first, x, y, depth, label)
    if not room:
        kept = points.label >= BODIES
        points = Surface(points.label[kept], (points.at[0][kept], points.at[1][kept], points.at[2][kept]))
    found = [_seen(moment(p, frame), points) for frame in range(p.rendered)]
    numbers = np.array([-1] * BODIES + [placed.body.number for placed in first.bodies])
    return Tracks(np.stack([at for at, _ in found]), np.stack([seen for _, seen in found]), numbers[points.label])


def centres(p: WorldParameters) -> Tracks:
    """The centre of each body; visible where it is inside the picture and no other body stands before it."""
    _one_shot(p)
    moments = [moment(p, frame) for frame in range(p.rendered)]
    count = len(moments[0].bodies)
    places, visible = np.full((len(moments), count, 2), np.nan), np.zeros((len(moments), count), bool)
    for frame, now in enumerate(moments):
        for index, placed in enumerate(now.bodies):
            x, y, z = project(now.camera, placed.centre)
            if z > 0:
                places[frame, index] = x, y
                inside = 0 <= x < now.camera.width and 0 <= y < now.camera.height
                visible[frame, index] = inside and _in_view(now, index)
    return Tracks(places, visible, np.array([placed.body.number for placed in moments[0].bodies]))


def _in_view(now: Moment, index: int) -> bool:
    eye, centre = now.camera.at, now.bodies[index].centre
    away = (centre[0] - eye[0], centre[1] - eye[1], centre[2] - eye[2])
    for other, placed in enumerate(now.bodies):
        if other != index:
            x, y, z = placed.turned(away)
            with np.errstate(divide="ignore", invalid="ignore"):
                hit = placed.body.solid.hit(placed.inside(eye), (np.array([x]), np.array([y]), np.array([z])))
            if hit[0] < 1.0:
                return False
    return True


def _seen(now: Moment, points: Surface) -> tuple[Array, Array]:
    x, y, depth, visible = seen_in(now, points)
    at = np.stack([x, y], axis=-1)
    at[depth <= 1e-6] = np.nan
    return at, visible


def _one_shot(p: WorldParameters) -> None:
    one_view(p)
    if p.shots > 1:
        raise UsageError(f"shots = {p.shots}: a cut ends every track; ask for one shot")
