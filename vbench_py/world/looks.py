"""What the room of a shot looks like: floor, walls and lamp, drawn from the seed."""

from dataclasses import dataclass

from vbench_py.world.draw import Draw
from vbench_py.world.exact import Point
from vbench_py.world.solids import Room
from vbench_py.world.texture import Pattern, Texture, mixed, waves

ROOM = Room((4.6, 1.7, 4.6))
ROOM_CENTRE: Point = (0.0, -ROOM.half[1], 0.0)
_FLOORS: tuple[tuple[Pattern, float], ...] = (("checkered", 1.2), ("striped", 0.5), ("tiled", 0.6), ("marbled", 1.0))
_FLOOR_TONES: tuple[tuple[Point, Point], ...] = (
    ((0.42, 0.36, 0.31), (0.83, 0.76, 0.66)),
    ((0.30, 0.33, 0.38), (0.76, 0.78, 0.80)),
    ((0.47, 0.31, 0.22), (0.72, 0.53, 0.37)),
    ((0.27, 0.37, 0.34), (0.72, 0.78, 0.70)),
)
_WALLS: dict[str, Point] = {
    "beige": (0.84, 0.77, 0.65),
    "grey": (0.68, 0.70, 0.73),
    "sage": (0.66, 0.74, 0.63),
    "rose": (0.83, 0.68, 0.66),
    "sky-blue": (0.63, 0.74, 0.85),
}
_LAMP_HEIGHT = -3.1


@dataclass(frozen=True)
class Look:
    """The room: six textures in the order of its faces, the words for them, and the lamp."""

    floor: str
    wall: str
    faces: tuple[Texture, ...]
    lamp: Point


def drawn_look(draw: Draw, seed: tuple[int, ...]) -> Look:
    """The room of a shot; `seed` names its textures."""
    (floor, period), tones = draw.choice(_FLOORS), draw.choice(_FLOOR_TONES)
    wall = draw.choice(tuple(_WALLS))
    paper: Pattern = draw.choice(("striped", "tiled", "marbled"))
    lamp = (_aside(draw), _LAMP_HEIGHT, _aside(draw))
    faces = tuple(_face(face, floor, period, tones, paper, _WALLS[wall], (*seed, face)) for face in range(6))
    return Look(floor, wall, faces, lamp)


def plain_look() -> Look:
    """A bright room without any texture."""
    plain = Texture("plain", (0.80, 0.80, 0.80), (0.80, 0.80, 0.80), 1.0, (), (), 0.0)
    return Look("plain", "plain", (plain,) * 6, (1.2, _LAMP_HEIGHT, -1.2))


def _aside(draw: Draw) -> float:
    return draw.choice((-1.0, 1.0)) * draw.uniform(0.8, 1.6)


def _face(
    face: int,
    floor: Pattern,
    period: float,
    tones: tuple[Point, Point],
    paper: Pattern,
    tone: Point,
    seed: tuple[int, ...],
) -> Texture:
    detail = waves(Draw(*seed), 1.3, 5)
    if face == 3:
        dark, light = tones
        if floor == "marbled":
            dark = light = mixed(dark, light, 0.6)
        return Texture(floor, dark, light, period, (0,) if floor == "striped" else (0, 2), detail, 0.13)
    if face == 2:
        return Texture("tiled", (0.70, 0.70, 0.68), (0.88, 0.88, 0.86), 1.2, (0, 2), detail, 0.05)
    along = 2 if face < 2 else 0
    axes = (along, 1) if paper == "tiled" else (along,)
    return Texture(paper, mixed(tone, (0.25, 0.2, 0.2), 0.22), tone, 0.75, axes, detail, 0.11)
