"""Names of the views of a grid that lies in one file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vbench_py.types import BadMedia
from vbench_py.video.find import natural_key
from vbench_py.video.npz import small_member


def stored_views(path: Path, names: Sequence[str], count: int) -> tuple[str, ...]:
    """The strings of the member `views` (V,), or "0", "1", ... without it. Raises BadMedia."""
    if "views" not in names:
        return tuple(str(index) for index in range(count))
    found = small_member(path, "views")
    return checked_views(path, [str(name) for name in found.reshape(-1)] if found.dtype.kind == "U" else [], count)


def checked_views(path: Path, views: Sequence[str], count: int) -> tuple[str, ...]:
    """`views`, if they are `count` names that differ, in natural order. Raises BadMedia."""
    if len(views) != count or len(set(views)) != count or list(views) != sorted(views, key=natural_key):
        raise BadMedia(
            f"{path}: views {', '.join(views) or '(no names)'} for an axis of {count}",
            mend="name each view once, in natural order, as the folder of the grid does",
        )
    return tuple(views)
