"""How the field's benchmarks and repositories lay out their outputs: one small reader for each.

A reader gets `Claims` and what lies in the folder, and gives each medium to a pair, or leaves it with the reason. It
knows the whole suite: numbers may count its prompts. Nothing is guessed: what fits two samples is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vbench_py.adapters.layouts.chronomagic import chronomagic
from vbench_py.adapters.layouts.clips import davis, tgve
from vbench_py.adapters.layouts.depth import depth_arrays
from vbench_py.adapters.layouts.fastvideo import fastvideo
from vbench_py.adapters.layouts.numbered import evalcrafter, t2v_compbench
from vbench_py.adapters.layouts.vbench import vbench
from vbench_py.adapters.layouts.views import views
from vbench_py.adapters.matching import Claims, by_name

Reader = Callable[[Claims, Sequence[Path], int], None]


@dataclass(frozen=True)
class Layout:
    """`first` is the number that the first file carries, None where no number counts from a start.

    `ordered`: numbers count the suite's prompts, so that one sample alone cannot be matched.
    """

    read: Reader
    first: int | None = None
    ordered: bool = False


def _auto(claims: Claims, media: Sequence[Path], first: int) -> None:
    """By name; views and depth by what they are, where that is what the whole suite asks for."""
    tasks = {sample.task for sample in claims.samples}
    if tasks == {"novel_view_4d"}:
        views(claims, media, first)
    else:
        by_name(claims, media)


LAYOUTS: Mapping[str, Layout] = {
    "auto": Layout(_auto),
    "vbench": Layout(vbench, first=0),
    "evalcrafter": Layout(evalcrafter, first=0, ordered=True),
    "t2v-compbench": Layout(t2v_compbench, first=1, ordered=True),
    "chronomagic": Layout(chronomagic, first=1),
    "tgve": Layout(tgve),
    "davis": Layout(davis),
    "depth-npz": Layout(depth_arrays),
    "views-4d": Layout(views),
    "fastvideo": Layout(fastvideo, first=0),
}
