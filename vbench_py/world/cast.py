"""Who is in a scene: bodies with their colours, motions and textures, drawn from the seed."""

from dataclasses import dataclass, replace
from functools import lru_cache

from vbench_py.world.draw import Draw
from vbench_py.world.exact import Point, cosine, sine, unit
from vbench_py.world.looks import Look, drawn_look, plain_look
from vbench_py.world.solids import KINDS, Kind, Solid, solid
from vbench_py.world.texture import Pattern, Texture, mixed, waves

COLOURS: dict[str, Point] = {
    "red": (0.85, 0.16, 0.13),
    "orange": (0.96, 0.52, 0.10),
    "yellow": (0.96, 0.83, 0.18),
    "green": (0.18, 0.62, 0.24),
    "cyan": (0.16, 0.71, 0.78),
    "blue": (0.15, 0.33, 0.85),
    "purple": (0.52, 0.24, 0.70),
    "pink": (0.96, 0.53, 0.70),
    "white": (0.93, 0.93, 0.91),
}
_COATS: tuple[Pattern, ...] = ("checkered", "striped", "marbled")
_RING = 1.3  # metres from the subject to the others


@dataclass(frozen=True)
class Motion:
    """Where a body stands and how it moves; periods in seconds, lengths in metres, spin in turns a second."""

    place: tuple[float, float]  # x and z on the floor
    along: tuple[float, float]  # x and z reached to either side
    lift: float
    period: float
    phase: float
    axis: Point
    spin: float


@dataclass(frozen=True)
class Body:
    """One solid; `number` stays its own through every edit."""

    number: int
    kind: Kind
    colour: str
    size: float
    motion: Motion
    pattern: Pattern
    seed: tuple[int, ...]

    @property
    def solid(self) -> Solid:
        return _solid(self.kind, self.size)

    @property
    def texture(self) -> Texture:
        return _body_texture(self.colour, self.pattern, self.size, self.seed)


@dataclass(frozen=True)
class Cast:
    bodies: tuple[Body, ...]
    look: Look


@lru_cache(maxsize=256)
def cast_of(seed: int, shot: int = 0) -> Cast:
    """The bodies and the room of one shot; body 0, the subject, is the same in every shot of a seed."""
    first = _subject(Draw(seed, 0), (seed, 0))
    draw = Draw(seed, 1, shot)
    others = 2 + draw.below(3)
    colours = draw.shuffled([name for name in COLOURS if name != first.colour])
    slots = draw.uniform()
    bodies = [first]
    for number in range(1, others + 1):
        turns = slots + (number - 1 + draw.uniform(-0.08, 0.08)) / others
        bodies.append(_companion(draw, number, colours[number - 1], turns, (seed, 1, shot, number)))
    return Cast(tuple(bodies), drawn_look(Draw(seed, 2, shot), (seed, 3, shot)))


def alone(seed: int) -> Cast:
    """The subject by itself in a plain, bright room."""
    return Cast((_subject(Draw(seed, 0), (seed, 0)),), plain_look())


def _subject(draw: Draw, seed: tuple[int, ...]) -> Body:
    spin = draw.choice((-1.0, 1.0)) * draw.uniform(0.07, 0.12)
    motion = Motion(
        (0.0, 0.0), (0.0, 0.0), draw.uniform(0.10, 0.22), draw.uniform(2.5, 4.0), 0.0, (0.0, 1.0, 0.0), spin
    )
    kind, colour = draw.choice(KINDS), draw.choice(tuple(COLOURS))
    return Body(0, kind, colour, draw.uniform(0.50, 0.56), motion, draw.choice(_COATS), seed)


def _companion(draw: Draw, number: int, colour: str, turns: float, seed: tuple[int, ...]) -> Body:
    kind, size = draw.choice(KINDS), draw.uniform(0.30, 0.40)
    away = _RING * draw.uniform(1.0, 1.12)
    x, z = away * sine(turns), -away * cosine(turns)
    slide = draw.choice((0.0, 0.2, 0.28))
    # Along the ring, so that nobody runs into the subject.
    along = (slide * cosine(turns), slide * sine(turns))
    tilt = (draw.uniform(-0.6, 0.6), 1.0, draw.uniform(-0.6, 0.6)) if kind == "sphere" else (0.0, 1.0, 0.0)
    motion = Motion(
        place=(x, z),
        along=along,
        lift=0.0 if slide else draw.uniform(0.15, 0.35),
        period=draw.uniform(2.5, 4.5),
        phase=draw.uniform(),
        axis=unit(tilt),
        spin=draw.choice((-1.0, 1.0)) * draw.uniform(0.04, 0.14),
    )
    return Body(number, kind, colour, size, motion, draw.choice(_COATS), seed)


@lru_cache(maxsize=512)
def _solid(kind: Kind, size: float) -> Solid:
    return solid(kind, size)


@lru_cache(maxsize=512)
def _body_texture(colour: str, pattern: Pattern, size: float, seed: tuple[int, ...]) -> Texture:
    base, detail = COLOURS[colour], waves(Draw(*seed, 9), 0.6, 4)
    if pattern == "marbled":
        return Texture(pattern, base, base, 1.0, (), detail, 0.22)
    dark, light = mixed(base, (0.05, 0.04, 0.08), 0.34), mixed(base, (1.0, 1.0, 1.0), 0.22)
    return Texture(pattern, dark, light, 0.74 * size, (1,) if pattern == "striped" else (0, 1, 2), detail, 0.14)


def recoloured(body: Body, colour: str) -> Body:
    """The same body in another colour."""
    return replace(body, colour=colour)


def reshaped(body: Body, kind: Kind) -> Body:
    """Another kind of body in the same place, colour and motion, upright if the kind has an upright."""
    motion = body.motion if kind == "sphere" else replace(body.motion, axis=(0.0, 1.0, 0.0))
    return replace(body, kind=kind, motion=motion)
