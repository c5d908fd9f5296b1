"""One moment of a video: the camera, and where every body is."""

from dataclasses import dataclass
from functools import lru_cache

from vbench_py.world import cast as casting
from vbench_py.world.camera import Camera, camera_at
from vbench_py.world.cast import Body, Cast, Motion
from vbench_py.world.draw import Draw
from vbench_py.world.exact import IDENTITY, Matrix, Point, apply, cosine, sine, transposed, turned
from vbench_py.world.looks import Look
from vbench_py.world.parameters import WorldParameters
from vbench_py.world.solids import KINDS, Kind


@dataclass(frozen=True)
class Placed:
    """A body somewhere: x_world = rotation x_body + centre."""

    body: Body
    rotation: Matrix
    centre: Point

    def inside(self, point: Point) -> Point:
        """A point of the world in the body's coordinates."""
        return self.turned((point[0] - self.centre[0], point[1] - self.centre[1], point[2] - self.centre[2]))

    def turned(self, direction: Point) -> Point:
        """A direction of the world in the body's coordinates."""
        return apply(transposed(self.rotation), direction)


@dataclass(frozen=True)
class Moment:
    shot: int
    camera: Camera
    bodies: tuple[Placed, ...]
    look: Look


def shot_of(p: WorldParameters, frame: int) -> tuple[int, float]:
    """(shot, time in frames since its start) of a rendered frame."""
    start = 0
    for shot, length in enumerate(p.lengths):
        if frame < (start + length) * p.subframes:
            return shot, (frame - start * p.subframes) / p.subframes
        start += length
    raise IndexError(f"frame {frame} of {p.rendered}")


def moment(p: WorldParameters, frame: int) -> Moment:
    """The world as frame `frame` of the rendered video sees it."""
    shot, time = shot_of(p, frame)
    cast = players(p, shot)
    seconds = 0.0 if p.still else frame / p.subframes / p.fps
    return Moment(shot, camera_at(p, shot, time), tuple(_placed(body, seconds) for body in cast.bodies), cast.look)


def players(p: WorldParameters, shot: int = 0) -> Cast:
    """Bodies and room of a shot, after the edit."""
    return _edited(p.scene, shot, p.subject_only, p.edit, p.edit_object, p.edit_to)


@lru_cache(maxsize=256)
def _edited(scene: int, shot: int, alone: bool, edit: str, number: int, to: str | None) -> Cast:
    cast = casting.alone(scene) if alone else casting.cast_of(scene, shot)
    if edit == "none":
        return cast
    body = cast.bodies[number]
    after: tuple[Body, ...]
    if edit == "remove":
        after = ()
    elif edit == "recolour":
        after = (casting.recoloured(body, to or _new_colour(cast, body, scene)),)
    else:
        after = (casting.reshaped(body, _new_kind(body, to, scene)),)
    return Cast(cast.bodies[:number] + after + cast.bodies[number + 1 :], cast.look)


def _new_colour(cast: Cast, body: Body, scene: int) -> str:
    # Drawn from the first shot's colours, so that every shot gets the same.
    taken = {other.colour for other in casting.cast_of(scene).bodies} | {body.colour}
    return Draw(scene, 5, body.number).choice([name for name in casting.COLOURS if name not in taken])


def _new_kind(body: Body, to: str | None, scene: int) -> Kind:
    others = [kind for kind in KINDS if kind != body.kind]
    named = [kind for kind in others if kind == to]
    return named[0] if named else Draw(scene, 5, body.number).choice(others)


def _placed(body: Body, seconds: float) -> Placed:
    motion = body.motion
    swing = sine(motion.phase + seconds / motion.period)
    lift = motion.lift * (0.5 - 0.5 * cosine(seconds / motion.period))
    centre = (
        motion.place[0] + motion.along[0] * swing,
        -body.solid.half_height - lift,
        motion.place[1] + motion.along[1] * swing,
    )
    return Placed(body, _rotation(motion, seconds), centre)


def _rotation(motion: Motion, seconds: float) -> Matrix:
    turns = motion.phase + motion.spin * seconds
    return turned(motion.axis, turns) if turns else IDENTITY
