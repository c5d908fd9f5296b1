"""What is to be seen, in words: prompts that are true of the video."""

from vbench_py.world.cast import Body
from vbench_py.world.parameters import CameraPath, WorldParameters
from vbench_py.world.scene import players

_CAMERA: dict[CameraPath, str] = {
    "still": "the camera stands still",
    "pan": "the camera pans from side to side",
    "dolly": "the camera moves in and out",
    "orbit": "the camera orbits",
    "return": "the camera circles round and comes back",
    "loop": "the camera swings in a closed loop",
}


def prompt(p: WorldParameters) -> str:
    """One sentence on what the video shows, after the edit if there is one; the first shot's, if there are several."""
    return shot_prompts(p)[0]


def source_prompt(p: WorldParameters) -> str:
    """The prompt of the video before the edit."""
    return prompt(p.source())


def shot_prompts(p: WorldParameters) -> tuple[str, ...]:
    """One sentence for each shot."""
    return tuple(_sentence(p, shot) for shot in range(p.shots))


def edit_prompt(p: WorldParameters) -> str:
    """The edit as an order, such as "make the red sphere blue"; empty without an edit."""
    if p.edit == "none":
        return ""
    before = p.bodies[p.edit_object]
    if p.edit == "remove":
        return f"remove the {_name(before)}"
    after = next(body for body in players(p).bodies if body.number == p.edit_object)
    if p.edit == "recolour":
        return f"make the {_name(before)} {after.colour}"
    return f"replace the {_name(before)} with {_article(_name(after))}"


def subject(p: WorldParameters) -> str:
    """The words for body 0 before any edit, such as "red sphere"."""
    return _name(p.bodies[0])


def body_names(p: WorldParameters) -> dict[int, str]:
    """The words for each body of the first shot, after the edit, by its number."""
    return {body.number: _name(body) for body in players(p).bodies}


def _sentence(p: WorldParameters, shot: int) -> str:
    cast = players(p, shot)
    names = [_article(_name(body)) for body in cast.bodies]
    who = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else (names[0] if names else "nothing")
    look = cast.look
    room = "a plain room" if p.subject_only else f"a room with a {look.floor} floor and {look.wall} walls"
    return f"{who} in {room}, {_CAMERA[p.camera]}"


def _name(body: Body) -> str:
    return f"{body.colour} {body.kind}"


def _article(words: str) -> str:
    return f"{'an' if words[0] in 'aeio' else 'a'} {words}"
