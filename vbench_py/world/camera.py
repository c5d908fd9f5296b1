"""Where the camera stands, in OpenCV's convention: x right, y down, z forward; pixel centres at integer + 0.5.

The world's y is down as well, so the floor is y = 0 and the ceiling lies at negative y. Azimuth 0 looks along +z; the
camera moves to its right as the azimuth grows, round the centre of the room.
"""

from dataclasses import dataclass

from vbench_py.world.draw import Draw
from vbench_py.world.exact import Matrix, Point, apply, cosine, cross, dot, sine, unit
from vbench_py.world.parameters import WorldParameters

RING = 3.3  # metres from the centre
_NEAR_RING = 1.9  # for the subject alone
_ORBIT = 15.0  # degrees a second


@dataclass(frozen=True)
class Camera:
    """Rows of `axes` are the camera's right, down and forward in the world: the rotation of world to camera."""

    at: Point
    axes: Matrix
    focal: float  # pixels
    width: int
    height: int

    @property
    def centre(self) -> tuple[float, float]:
        """The principal point, pixels."""
        return 0.5 * self.width, 0.5 * self.height

    @property
    def shift(self) -> Point:
        """The translation t of world to camera: x_camera = R x_world + t."""
        x, y, z = apply(self.axes, self.at)
        return (-x, -y, -z)


def looking(at: Point, target: Point, width: int, height: int) -> Camera:
    """A camera at a point that looks at another, level with the floor."""
    forward = unit((target[0] - at[0], target[1] - at[1], target[2] - at[2]))
    right = unit(cross((0.0, 1.0, 0.0), forward))
    return Camera(at, (right, cross(forward, right), forward), 0.9 * max(width, height), width, height)


def camera_at(p: WorldParameters, shot: int, time: float) -> Camera:
    """The camera `time` frames (of `fps`, fractions between) into a shot."""
    draw = Draw(p.scene, 4, shot)
    drawn = 360.0 * draw.uniform()
    start = drawn if p.azimuth is None else p.azimuth
    height, ring = (1.25, _NEAR_RING) if p.subject_only else (1.6 + 0.4 * draw.uniform(), RING)
    side = draw.choice((-1.0, 1.0))
    last = p.lengths[shot] - 1
    seconds = time / p.fps
    azimuth, target = start, (0.0, -0.38, 0.0)
    if p.camera == "orbit":
        azimuth = start + side * _ORBIT * seconds
    elif p.camera == "dolly":
        ring -= 0.7 * (0.5 - 0.5 * cosine(seconds / 10.0))
    elif p.camera == "return":
        # Folded before any rounding, so that both ways give the same bits.
        out = min(time, last - time) / p.fps
        azimuth = start + side * 1.3 * _ORBIT * out
        ring -= 0.25 * (0.5 - 0.5 * cosine(out / 5.0))
    elif p.camera == "loop":
        round_trip = time / last if last else 0.0
        swing = min(30.0, 4.0 * last / p.fps)
        azimuth = start + side * swing * sine(round_trip)
        height -= 0.02 * swing * (0.5 - 0.5 * cosine(round_trip))
    turns = azimuth / 360.0
    at = (ring * sine(turns), -height, -ring * cosine(turns))
    if p.camera == "pan":
        swing = 0.9 * side * sine(seconds / 8.0)
        target = (swing * cosine(turns), -0.38, swing * sine(turns))
    return looking(at, target, p.width, p.height)


def project(camera: Camera, point: Point) -> tuple[float, float, float]:
    """Pixel x, pixel y and depth (metres along the optical axis) of a point of the world."""
    away = (point[0] - camera.at[0], point[1] - camera.at[1], point[2] - camera.at[2])
    x, y, z = (dot(axis, away) for axis in camera.axes)
    centre = camera.centre
    return centre[0] + camera.focal * x / z, centre[1] + camera.focal * y / z, z
