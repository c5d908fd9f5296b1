"""Masks, edits and tracks."""

import numpy as np
import pytest

from tests.world.helpers import SMALL
from vbench_py.types import UsageError
from vbench_py.world import WorldParameters, centres, depth, edit_mask, everything, masks, rgb, tracks

EDITS = [
    {"edit": "recolour"},
    {"edit": "remove"},
    {"edit": "replace"},
    {"edit": "recolour", "edit_object": 1, "edit_to": "white"},
    {"edit": "remove", "edit_object": 2},
]


def edited(change: dict[str, object]) -> WorldParameters:
    return WorldParameters.model_validate(SMALL.model_dump() | change)


def test_masks_of_the_bodies_are_what_everything_says() -> None:
    every = [truth.bodies for truth in everything(SMALL)]
    for number in range(len(SMALL.bodies)):
        for mask, bodies in zip(masks(SMALL, object=number), every, strict=True):
            np.testing.assert_array_equal(mask, bodies == number)


def test_large_depth_steps_lie_on_the_edges_of_masks() -> None:
    for truth in everything(SMALL):
        step = np.abs(np.diff(truth.depth, axis=1)) > 0.5
        other = np.diff(truth.bodies, axis=1) != 0
        assert step.any()
        assert other[step].all()


@pytest.mark.parametrize("change", EDITS, ids=str)
def test_an_edit_changes_nothing_outside_its_mask(change: dict[str, object]) -> None:
    p = edited(change)
    for before, after, mask in zip(rgb(p.source()), rgb(p), edit_mask(p), strict=True):
        np.testing.assert_array_equal(before[~mask], after[~mask])
        assert 0.0 < mask.mean() < 0.5
        changed = np.not_equal(before[mask], after[mask])
        assert changed.any(axis=-1).mean() > 0.6


def test_the_mask_of_a_recolouring_holds_the_body_and_only_its_rim_besides() -> None:
    p = edited({"edit": "recolour"})
    for mask, body in zip(edit_mask(p), masks(p, object=0), strict=True):
        assert not (body & ~mask).any()
        grown = body.copy()
        for axis in (0, 1):
            for way in (-1, 1):
                grown |= np.roll(body, way, axis)
        grown |= np.roll(np.roll(body, 1, 0), 1, 1) | np.roll(np.roll(body, 1, 0), -1, 1)
        grown |= np.roll(np.roll(body, -1, 0), 1, 1) | np.roll(np.roll(body, -1, 0), -1, 1)
        assert not (mask & ~grown).any()


def test_a_removed_body_is_gone_and_the_others_keep_their_numbers() -> None:
    p = edited({"edit": "remove", "edit_object": 1})
    assert not any(mask.any() for mask in masks(p, object=1))
    hidden = [a & ~b for a, b in zip(masks(p.source(), object=2), masks(p, object=2), strict=True)]
    assert not any(mask.any() for mask in hidden)


def test_a_mask_of_an_unknown_body_and_of_no_edit_are_refused() -> None:
    with pytest.raises(UsageError, match="bodies 0 to"):
        next(masks(SMALL, object=9))
    with pytest.raises(UsageError, match="no edit"):
        next(edit_mask(SMALL))


def test_visible_tracks_lie_on_their_bodies() -> None:
    found = tracks(SMALL, spacing=6)
    assert found.tracks.shape == (4, found.bodies.size, 2) and found.visible[0].all()
    bodies = [truth.bodies for truth in everything(SMALL)]
    for frame in range(4):
        seen = found.visible[frame]
        x, y = np.floor(found.tracks[frame][seen]).astype(int).T
        # A point near an outline may share its pixel with what lies behind.
        assert (bodies[frame][y, x] == found.bodies[seen]).mean() > 0.93
        assert seen.mean() > 0.5


def test_tracks_follow_the_flow() -> None:
    found = tracks(SMALL, spacing=6, room=True)
    flow = next(everything(SMALL)).forward
    x, y = np.floor(found.tracks[0]).astype(int).T
    np.testing.assert_allclose(found.tracks[1] - found.tracks[0], flow[y, x], atol=1e-4)
    assert (found.bodies == -1).any()


def test_the_subjects_centre_lies_in_its_mask() -> None:
    found = centres(SMALL)
    assert found.tracks.shape == (4, len(SMALL.bodies), 2)
    for frame, mask in enumerate(masks(SMALL, object=0)):
        if found.visible[frame, 0]:
            x, y = np.floor(found.tracks[frame, 0]).astype(int)
            assert mask[y, x]
    assert found.visible[:, 0].any()


def test_depth_is_metres_within_the_room() -> None:
    for frame in depth(SMALL):
        assert frame.dtype == np.float32 and frame.min() > 0.5 and frame.max() < 10.0
