"""What is asked for, in numbers and in words."""

from typing import Any

import pytest
from pydantic import ValidationError

from tests.world.helpers import SMALL
from vbench_py.types import UsageError
from vbench_py.world import (
    WorldParameters,
    edit_prompt,
    prompt,
    shot_prompts,
    source_prompt,
    subject,
    tracks,
)
from vbench_py.world.cast import cast_of


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"scene": -1}, "scene"),
        ({"frames": 0}, "frames"),
        ({"width": 8}, "width"),
        ({"fps": float("nan")}, "fps"),
        ({"camera": "shake"}, "'still', 'pan', 'dolly', 'orbit', 'return' or 'loop'"),
        ({"colour": "red"}, "colour"),
        ({"shots": 2, "shot_lengths": (4,)}, "holds 1 lengths, shots is 2"),
        ({"frames": 4, "shots": 2, "shot_lengths": (4, 4)}, "sum to frames = 4"),
        ({"frames": 2, "shots": 3}, "at least 1"),
        ({"shots": 2, "subject_only": True}, "one plain room"),
        ({"azimuth": 3.0, "azimuths": (1.0, 2.0)}, "both given"),
        ({"azimuths": (10.0, 370.0)}, "same view name"),
        ({"edit_to": "red"}, "without an edit"),
        ({"edit": "remove", "edit_object": 9}, "has bodies 0 to"),
        ({"edit": "remove", "edit_to": "red"}, "no meaning"),
        ({"edit": "recolour", "edit_to": "mauve"}, "takes one of red"),
        ({"edit": "replace", "edit_to": "cone"}, "sphere, box, cylinder"),
        ({"edit": "remove", "edit_object": 1, "shots": 2}, "only the subject"),
    ],
    ids=str,
)
def test_a_bad_parameter_is_named(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        WorldParameters.model_validate({"scene": 7} | given)


def test_an_edit_to_what_is_there_already_is_refused() -> None:
    body = SMALL.bodies[0]
    for edit, to in (("recolour", body.colour), ("replace", body.kind)):
        with pytest.raises(ValidationError, match="is that already"):
            WorldParameters.model_validate({"scene": SMALL.scene, "edit": edit, "edit_to": to})


def test_tracks_of_several_shots_are_refused() -> None:
    with pytest.raises(UsageError, match="cut"):
        tracks(WorldParameters(scene=1, frames=4, shots=2))


def test_a_prompt_says_who_is_there_where_and_how_the_camera_moves() -> None:
    words = prompt(SMALL)
    for body in SMALL.bodies:
        assert f"{body.colour} {body.kind}" in words
    assert " floor and " in words and words.endswith("the camera orbits")


@pytest.mark.parametrize("edit", ["recolour", "remove", "replace"])
def test_an_edit_changes_the_prompt_and_the_order_names_the_body(edit: str) -> None:
    p = WorldParameters.model_validate({"scene": 7, "edit": edit})
    assert prompt(p) != source_prompt(p) == prompt(SMALL.model_copy(update={"camera": "still"}))
    assert subject(p) in edit_prompt(p)
    assert edit_prompt(p.source()) == ""


def test_every_shot_of_a_subject_has_its_own_prompt() -> None:
    p = WorldParameters(scene=11, frames=9, shots=3)
    assert p.lengths == (3, 3, 3)
    prompts = shot_prompts(p)
    assert len(set(prompts)) == 3 and all(subject(p) in words for words in prompts)


@pytest.mark.parametrize("shot", [0, 3])
def test_no_two_bodies_ever_touch(shot: int) -> None:
    for seed in range(200):
        bodies = cast_of(seed, shot).bodies
        assert 3 <= len(bodies) <= 5 and len({body.colour for body in bodies}) == len(bodies)
        for i, one in enumerate(bodies):
            for other in bodies[:i]:
                (x, z), (u, w) = one.motion.place, other.motion.place
                between = ((x - u) ** 2 + (z - w) ** 2) ** 0.5
                along = sum((a * a + b * b) ** 0.5 for a, b in (one.motion.along, other.motion.along))
                # Companions slide along the ring, square to the way to the subject.
                slide = along if one.number and other.number else 0.0
                assert between - slide > one.solid.half_width + other.solid.half_width, (seed, one.number, other.number)
