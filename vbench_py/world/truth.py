"""What is true of every frame: depth, optical flow, occlusion, masks, cameras."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from vbench_py.types import UsageError
from vbench_py.world.camera import Camera
from vbench_py.world.exact import Array
from vbench_py.world.motion import seen_in, surface
from vbench_py.world.parameters import WorldParameters
from vbench_py.world.rays import BODIES, first_hits, plane_points
from vbench_py.world.render import one_view, picture
from vbench_py.world.scene import Moment, moment


@dataclass(frozen=True)
class Truth:
    """All of one frame. Everything but `rgb` is what the ray through the pixel's centre meets.

    rgb (H, W, 3) uint8; depth (H, W) float32, metres along the optical axis; bodies (H, W) int8, the number of the body
    or -1 for the room; forward and backward (H, W, 2) float32 pixels (x, y) to where the point is in the next and the
    last frame, NaN at the ends of a shot; occluded and occluded_backward (H, W) bool, the point is not seen in the next
    and the last frame, true at the ends of a shot; intrinsics (3, 3) and world_to_camera (4, 4) float64, OpenCV.
    """

    rgb: Array
    depth: Array
    bodies: Array
    forward: Array
    backward: Array
    occluded: Array
    occluded_backward: Array
    intrinsics: Array
    world_to_camera: Array


Flow = tuple[Array, Array, Array, Array]


def everything(p: WorldParameters) -> Iterator[Truth]:
    """Every truth of every frame in one go, on shared rays."""
    for now, hits, neighbours in _frames(p):
        forward, backward, occluded, occluded_backward = _flow(now, hits, neighbours)
        yield Truth(
            picture(now, p.supersample),
            hits[0].astype(np.float32),
            _numbers(now, hits[1]),
            forward,
            backward,
            occluded,
            occluded_backward,
            intrinsics(now.camera),
            world_to_camera(now.camera),
        )


def depth(p: WorldParameters) -> Iterator[Array]:
    """Depth of each frame along the optical axis, (H, W) float32 metres."""
    for _, hits, _ in _frames(p):
        yield hits[0].astype(np.float32)


def flow(p: WorldParameters) -> Iterator[Flow]:
    """(forward, backward, occluded, occluded_backward) of each frame; see `Truth`."""
    for now, hits, neighbours in _frames(p):
        yield _flow(now, hits, neighbours)


def masks(p: WorldParameters, object: int = 0) -> Iterator[Array]:
    """Where body `object` is seen, (H, W) bool for each frame; empty where an edit or a cut has taken it away."""
    if not 0 <= object < len(p.bodies):
        raise UsageError(f"object {object}: scene {p.scene} has bodies 0 to {len(p.bodies) - 1}")
    for now, hits, _ in _frames(p):
        yield _numbers(now, hits[1]) == object


def cameras(p: WorldParameters) -> tuple[Array, Array]:
    """(K (T, 3, 3), world_to_camera (T, 4, 4)) float64, OpenCV; a grid has the view in front: (V, T, ...)."""
    if p.azimuths:
        views = [cameras(view) for view in p.views().values()]
        return np.stack([view[0] for view in views]), np.stack([view[1] for view in views])
    seen = [moment(p, frame).camera for frame in range(p.rendered)]
    return np.stack([intrinsics(camera) for camera in seen]), np.stack([world_to_camera(camera) for camera in seen])


def intrinsics(camera: Camera) -> Array:
    """K (3, 3) float64, pixels; pixel centres at integer + 0.5."""
    x, y = camera.centre
    return np.array([[camera.focal, 0.0, x], [0.0, camera.focal, y], [0.0, 0.0, 1.0]])


def world_to_camera(camera: Camera) -> Array:
    """[R t; 0 1] (4, 4) float64, metres."""
    pose = np.eye(4)
    pose[:3, :3] = camera.axes
    pose[:3, 3] = camera.shift
    return pose


Hits = tuple[Array, Array]
Neighbours = tuple[Moment | None, Moment | None]


def _frames(p: WorldParameters) -> Iterator[tuple[Moment, Hits, Neighbours]]:
    # Each frame with what its centre rays meet, and the next and last frame of the same shot.
    one_view(p)
    last: Moment | None = None
    now: Moment | None = moment(p, 0)
    for frame in range(p.rendered):
        assert now is not None
        after = moment(p, frame + 1) if frame + 1 < p.rendered else None
        with np.errstate(divide="ignore", invalid="ignore"):
            hits = first_hits(now, *_centres(now.camera))
        yield now, hits, (_same_shot(now, after), _same_shot(now, last))
        last, now = now, after


def _same_shot(now: Moment, other: Moment | None) -> Moment | None:
    return other if other is not None and other.shot == now.shot else None


def _centres(camera: Camera) -> tuple[Array, Array]:
    return plane_points(camera, (np.arange(camera.width) + 0.5)[None, :], (np.arange(camera.height) + 0.5)[:, None])


def _numbers(now: Moment, label: Array) -> Array:
    numbers = np.array([-1] * BODIES + [placed.body.number for placed in now.bodies], np.int8)
    return numbers[label]


def _flow(now: Moment, hits: Hits, neighbours: Neighbours) -> Flow:
    points = surface(now, *_centres(now.camera), *hits)
    shape = now.camera.height, now.camera.width
    pixels = np.stack(
        np.broadcast_arrays((np.arange(shape[1]) + 0.5)[None, :], (np.arange(shape[0]) + 0.5)[:, None]), axis=-1
    )
    found = []
    for other in neighbours:
        if other is None:
            found.append((np.full((*shape, 2), np.nan, np.float32), np.ones(shape, bool)))
            continue
        x, y, _, visible = seen_in(other, points)
        moved = np.stack([x.reshape(shape), y.reshape(shape)], axis=-1) - pixels
        found.append((moved.astype(np.float32), ~visible.reshape(shape)))
    (forward, occluded), (backward, occluded_backward) = found
    return forward, backward, occluded, occluded_backward
