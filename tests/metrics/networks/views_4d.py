"""Small networks of the metrics of grids and of returning paths: those that they are built on."""

from __future__ import annotations

from functools import partial

from tests.metrics.networks import Small
from tests.metrics.networks.clips import SMALL as CLIPS
from tests.metrics.networks.quality import make_lpips

SMALL: dict[str, Small] = {
    "i3d-run": CLIPS["i3d-k400"],
    "revisit-lpips-alex": Small(make=partial(make_lpips, "alex")),
}
