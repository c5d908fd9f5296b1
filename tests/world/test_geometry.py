"""Depth, poses and flow agree with each other, by arithmetic that shares nothing with the renderer."""

import itertools

import numpy as np
import pytest

from tests.world.helpers import bilinear, centres, project, unproject, well_inside
from vbench_py.world import Truth, WorldParameters, cameras, everything
from vbench_py.world.solids import Room


@pytest.fixture(scope="module")
def still() -> list[Truth]:
    p = WorldParameters(scene=4, frames=3, width=160, height=112, camera="orbit", still=True)
    return list(everything(p))


@pytest.fixture(scope="module")
def moving() -> list[Truth]:
    p = WorldParameters(scene=4, frames=3, width=160, height=112, camera="orbit")
    return list(everything(p))


def test_depth_carried_through_the_poses_meets_the_other_views_depth() -> None:
    grid = WorldParameters(scene=4, frames=1, width=160, height=112, azimuths=(0.0, 25.0))
    one, other = (next(everything(view)) for view in grid.views().values())
    points = unproject(one.depth.astype(float), one.intrinsics, one.world_to_camera)
    at, depth = project(points, other.intrinsics, other.world_to_camera)
    inside = (at > 1).all(-1) & (at[..., 0] < 159) & (at[..., 1] < 111)
    found = bilinear(1 / other.depth.astype(float), at)
    # The inverse depth of a plane is linear in the picture; points behind something lie deeper than what is seen.
    agree = np.abs(found * depth - 1) < 0.005
    hidden = found * depth > 1.005
    smooth = bilinear(well_inside(other.bodies).astype(float), at) > 0.999
    judged = inside & smooth
    assert judged.mean() > 0.4
    assert (agree | hidden)[judged].mean() > 0.99
    assert agree[judged].mean() > 0.85


def test_forward_flow_of_a_still_scene_is_the_reprojected_point(still: list[Truth]) -> None:
    for now, then in itertools.pairwise(still):
        points = unproject(now.depth.astype(float), now.intrinsics, now.world_to_camera)
        at, _ = project(points, then.intrinsics, then.world_to_camera)
        np.testing.assert_allclose(now.forward, at - centres(112, 160), atol=2e-4)


def test_backward_flow_undoes_forward_flow(moving: list[Truth]) -> None:
    now, then = moving[0], moving[1]
    seen = ~now.occluded & well_inside(now.bodies)
    at = centres(112, 160) + now.forward
    back = bilinear(then.backward, at)
    seen &= bilinear(well_inside(then.bodies).astype(float), at) > 0.999
    assert np.abs(back + now.forward)[seen].max() < 0.15


@pytest.mark.parametrize("which", ["still", "moving"])
def test_warping_the_next_frame_gives_this_one_back(which: str, request: pytest.FixtureRequest) -> None:
    truths: list[Truth] = request.getfixturevalue(which)
    for now, then in itertools.pairwise(truths):
        at = centres(112, 160) + now.forward
        seen = ~now.occluded & well_inside(now.bodies) & (bilinear(well_inside(then.bodies).astype(float), at) > 0.999)
        error = np.abs(bilinear(then.rgb.astype(float), at) - now.rgb)[seen]
        assert seen.mean() > 0.6
        # Grey values: what bilinear interpolation costs, and the moving shadows.
        assert error.mean() < 3.0
        unmoved = np.abs(then.rgb.astype(float) - now.rgb)[seen].mean()
        assert error.mean() < 0.35 * unmoved


def test_a_point_is_occluded_where_the_next_frame_shows_something_nearer(still: list[Truth]) -> None:
    now, then = still[0], still[1]
    points = unproject(now.depth.astype(float), now.intrinsics, now.world_to_camera)
    at, depth = project(points, then.intrinsics, then.world_to_camera)
    inside = (at > 1).all(-1) & (at[..., 0] < 159) & (at[..., 1] < 111)
    behind = 1 / bilinear(1 / then.depth.astype(float), at) < depth * 0.95
    smooth = inside & (bilinear(well_inside(then.bodies, 1).astype(float), at) > 0.999)
    assert (now.occluded == behind)[smooth].all()
    assert now.occluded[~inside].mean() > 0.3


def test_the_ends_of_a_video_have_no_flow(moving: list[Truth]) -> None:
    assert np.isnan(moving[-1].forward).all() and moving[-1].occluded.all()
    assert np.isnan(moving[0].backward).all() and moving[0].occluded_backward.all()


def test_poses_are_rotations_and_stack_over_views() -> None:
    grid = WorldParameters(scene=2, frames=2, width=64, height=48, azimuths=(0.0, 90.0, 180.0))
    intrinsics, poses = cameras(grid)
    assert intrinsics.shape == (3, 2, 3, 3) and poses.shape == (3, 2, 4, 4)
    rotations = poses[..., :3, :3]
    squares = rotations @ np.swapaxes(rotations, -1, -2)
    np.testing.assert_allclose(squares, np.broadcast_to(np.eye(3), squares.shape), atol=1e-14)
    assert np.linalg.det(rotations) == pytest.approx(1.0)
    # Azimuth 0 stands on the near side and looks along +z; azimuth 90 has gone to the right.
    places = -np.einsum("vji,vj->vi", rotations[:, 0], poses[:, 0, :3, 3])
    assert [places[0][2], places[1][0], places[2][2]] == pytest.approx([-3.3, 3.3, 3.3])


def test_a_ray_along_a_wall_still_meets_another() -> None:
    zero, one = np.zeros(1), np.ones(1)
    room = Room((3.0, 2.0, 4.0))
    for direction in ((zero, zero, one), (-zero, zero, one), (zero, -zero, -one)):
        with np.errstate(divide="ignore"):
            t, face = room.leave((1.0, 0.5, 0.0), direction)
        assert t.tolist() == [4.0] and face.tolist() == [5 if direction[2] > 0 else 4]
