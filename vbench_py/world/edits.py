"""Where an edit changes what is seen."""

from collections.abc import Iterator

import numpy as np

from vbench_py.types import UsageError
from vbench_py.world.exact import Array
from vbench_py.world.parameters import WorldParameters
from vbench_py.world.rays import BODIES, eye_in, first_hits
from vbench_py.world.render import one_view, sample_grid
from vbench_py.world.scene import Moment, moment
from vbench_py.world.shade import FLOOR, shadow


def edit_mask(p: WorldParameters) -> Iterator[Array]:
    """(H, W) bool for each frame: any sample of the pixel meets the edited body, before or after the edit.

    A body that goes or changes its shape takes its shadow along, so its shadow on the floor belongs to the mask then.
    Outside the mask the video before and after the edit are equal, bit for bit.
    """
    if p.edit == "none":
        raise UsageError("edit is 'none': there is no edit to mask; choose recolour, remove or replace")
    one_view(p)
    before = p.source()
    shade = p.edit != "recolour"
    for frame in range(p.rendered):
        here = [_touched(moment(side, frame), p.edit_object, p.supersample, shade) for side in (before, p)]
        yield here[0] | here[1]


def _touched(now: Moment, number: int, supersample: int, shade: bool) -> Array:
    height, width = now.camera.height, now.camera.width
    found = [(index, placed) for index, placed in enumerate(now.bodies) if placed.body.number == number]
    if not found:
        return np.zeros((height, width), bool)
    index, placed = found[0]
    x, y = sample_grid(now, supersample, 0, height)
    with np.errstate(divide="ignore", invalid="ignore"):
        depth, label = first_hits(now, x, y)
    touched = label == BODIES + index
    if shade:
        rows, columns = np.nonzero(label == FLOOR)
        eye = eye_in(now.camera, None)
        ray = eye.rays(x[0][columns], y[:, 0][rows])
        far = depth[rows, columns]
        lost = shadow(placed, now.look).lost(eye.origin[0] + far * ray[0], eye.origin[2] + far * ray[2])
        touched[rows, columns] |= lost > 0.0
    grouped: Array = touched.reshape(height, supersample, width, supersample).any(axis=(1, 3))
    return grouped
