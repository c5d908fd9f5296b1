"""Grids of views x time: a folder with one medium a view, or one file with an axis of views; their cells in order."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from vbench_py.types import BadMedia, UsageError
from vbench_py.video.find import is_hidden, natural_key
from vbench_py.video.info import ARRAY_SUFFIXES, VIDEO_SUFFIXES, VideoInfo
from vbench_py.video.readers import view_frames

Order = Literal["", "time", "view", "diagonal", "raster"]


def view_media(folder: Path) -> list[Path]:
    """What may be the views of a grid: videos, arrays and folders directly in a folder, in natural order."""
    media = VIDEO_SUFFIXES | ARRAY_SUFFIXES
    found = [path for path in folder.iterdir() if path.is_dir() or path.suffix.lower() in media]
    return sorted((path for path in found if not is_hidden(path)), key=lambda path: natural_key(path.name))


def probe_grid(folder: Path, files: list[Path], probe: Callable[[Path], VideoInfo]) -> VideoInfo:
    """Facts of a folder of views, named by the views' file names without suffix.

    Raises BadMedia for views of unequal kind, unit, length or size, and for what cannot be the view of a grid.
    """
    members = tuple(probe(path) for path in files)
    first = members[0]
    for member in members:
        if member.views:
            raise BadMedia(f"{member.path}: is a grid inside a grid", mend="keep one folder with one medium a view")
        if not member.width:
            raise BadMedia(
                f"{folder}: {member.path.name} is {member.kind}, which is no view",
                mend=f"keep {member.kind} of all views in one file, with an axis of views first, beside the folder",
            )
        for what in ("kind", "unit", "frames", "height", "width"):
            if getattr(member, what) != getattr(first, what):
                raise BadMedia(
                    f"{folder}: views of unequal {'length' if what == 'frames' else what}: {first.path.name} has "
                    f"{getattr(first, what) or 'none'}, {member.path.name} {getattr(member, what) or 'none'}",
                    mend="give every view the same frames, size and kind",
                )
    names = tuple(path.name if path.is_dir() else path.stem for path in files)
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise BadMedia(f"{folder}: the view {twice} is there twice", mend="keep one medium a view")
    return replace(first, path=folder, reader="grid", views=names, members=members, has_audio=False)


def cell_count(info: VideoInfo, order: Order = "") -> int:
    """Cells that go past in this order: all of them; on the diagonal the larger of views and frames."""
    return max(len(info.views), info.frames) if order == "diagonal" else info.cells


def run_length(info: VideoInfo, order: Order = "") -> int:
    """Cells of one run: a view's time line, a moment's orbit ("view"), the diagonal, the whole raster."""
    if order in ("", "time"):
        return info.frames
    return max(1, len(info.views)) if order == "view" else cell_count(info, order)


def grid_cells(views: int, frames: int, order: Order = "") -> np.ndarray:
    """(n, 2) int64: view and frame of each cell.

    time: view after view. view: moment after moment, over the views. raster: so too, every second moment backwards
    over the views. diagonal: cell k is view k mod V at frame k mod T, for k below max(V, T).
    """
    if order not in get_args(Order):
        raise UsageError(f"order {order!r} is unknown", mend="use time, view, diagonal or raster")
    if order == "diagonal":
        step = np.arange(max(views, frames))
        return np.stack([step % views, step % frames], axis=1)
    moment, view = np.divmod(np.arange(views * frames), views)
    if order == "view":
        return np.stack([view, moment], axis=1)
    if order == "raster":
        return np.stack([np.where(moment % 2, views - 1 - view, view), moment], axis=1)
    view, moment = np.divmod(np.arange(views * frames), frames)
    return np.stack([view, moment], axis=1)


def grid_frames(info: VideoInfo, order: Order, start: int, stop: int) -> Generator[np.ndarray, None, None]:
    """Cells start..stop in this order, one array of `frame_shape` each.

    Each view is decoded forwards by a reader of its own, open from its first cell to its last; it starts anew only
    where a diagonal comes back to an earlier frame. Raises BadMedia.
    """
    cells = grid_cells(len(info.views), info.frames, order)[start:stop]
    last = {int(view): index for index, (view, _) in enumerate(cells)}
    with ExitStack() as stack:
        readers: dict[int, ViewReader] = {}
        for index, cell in enumerate(cells):
            view, frame = int(cell[0]), int(cell[1])
            if view not in readers:
                readers[view] = stack.enter_context(closing(ViewReader(info, view)))
            yield readers[view].frame(frame)
            if last[view] == index:
                readers.pop(view).close()


class ViewReader:
    """Frames of one view by number, cheap where numbers rise."""

    def __init__(self, info: VideoInfo, view: int) -> None:
        self._info, self._view = info, view
        self._next = 0
        self._frames: Iterator[np.ndarray] | None = None

    def frame(self, number: int) -> np.ndarray:
        """One array of `frame_shape`. Raises BadMedia."""
        if self._frames is None or number < self._next:
            self.close()
            self._frames, self._next = view_frames(self._info, self._view, number), number
        found: np.ndarray | None = None
        while self._next <= number:
            found = next(self._frames, None)
            if found is None:
                where = f"{self._info.path}: view {self._info.views[self._view]}"
                raise BadMedia(
                    f"{where}: truncated: {self._next} of {self._info.frames} frames decode",
                    mend="make or download it again",
                )
            self._next += 1
        assert found is not None
        return found

    def close(self) -> None:
        """Frees the decoder."""
        if isinstance(self._frames, Generator):
            self._frames.close()
        self._frames = None
