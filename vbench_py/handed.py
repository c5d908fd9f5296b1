"""Videos handed over in Python: names, paths and arrays become files by sample id, which scoring can find again."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from vbench_py.types import UsageError

if TYPE_CHECKING:
    import numpy as np

    from vbench_py.video import Unit

Videos = Mapping[str, Any] | Sequence[Any] | str | Path
"""A folder, a file, or a sequence or mapping of paths and frames (see `vbench_py.frames`)."""


def files_of(videos: Videos, store: Path, fps: float, unit: str = "") -> tuple[dict[str, Path], str]:
    """Paths by sample id, and a name for the lot. Frames are written to `store` losslessly, named by their content.

    Arrays (T, H, W) are masks where they are bool, and depth in `unit` where one is given.

    Raises `UsageError` when there is none, `BadMedia` naming the sample for frames that cannot be read one way.
    """
    from vbench_py.adhoc import videos_in

    if isinstance(videos, str | Path):
        return videos_in(Path(videos))[0], Path(videos).resolve().stem
    if not isinstance(videos, Mapping | Sequence):
        raise UsageError(
            f"videos is a {type(videos).__name__}", mend="give a folder, or a list or dict of videos: [frames] for one"
        )
    items = list(videos.items()) if isinstance(videos, Mapping) else _named(videos)
    if not items:
        raise UsageError("no videos to score")
    return {str(name): _file(str(name), video, store, fps, unit) for name, video in items}, "videos"


def paired(videos: Videos, found: Mapping[str, Path], targets: Videos, aims: Mapping[str, Path]) -> dict[str, Path]:
    """The target of each video: one file serves all, two sequences go by position, everything else by sample id.

    Raises `UsageError` when a sequence is longer than the other. A video without a target is left out.
    """
    if isinstance(targets, str | Path) and Path(targets).is_file():
        return dict.fromkeys(found, Path(targets))
    if _by_position(videos) and _by_position(targets):
        if len(found) != len(aims):
            raise UsageError(f"{len(found)} videos and {len(aims)} targets", mend="give one target for each video")
        return dict(zip(found, aims.values(), strict=True))
    return {name: aims[name] for name in found if name in aims}


def _by_position(videos: Videos) -> bool:
    return isinstance(videos, Sequence) and not isinstance(videos, str)


def _named(videos: Sequence[Any]) -> list[tuple[str, Any]]:
    """Each under its stem; one that several share gets the position, as often as it takes to stand alone."""
    names = [Path(v).stem if isinstance(v, str | Path) else f"video-{i}" for i, v in enumerate(videos)]
    while len(counts := Counter(names)) < len(names):
        names = [f"{name}-{i}" if counts[name] > 1 else name for i, name in enumerate(names)]
    return list(zip(names, videos, strict=True))


def _file(name: str, video: Any, store: Path, fps: float, unit: str) -> Path:
    if isinstance(video, str | Path):
        return Path(video)
    from vbench_py.frames import as_frames, is_array, to_numpy

    if is_array(video) and video.ndim in (2, 3):
        planes = to_numpy(video)
        if planes.dtype == bool or unit:
            return _planes(planes if planes.ndim == 3 else planes[None], store, unit)
    from vbench_py.types import BadMedia
    from vbench_py.video import write_video

    try:
        frames = as_frames(video)
    except BadMedia as error:
        raise BadMedia(f"video {name!r}: {error}") from error
    digest = hashlib.sha256(f"{frames.shape} {float(fps)}".encode())
    digest.update(frames.data)
    path = store / f"{digest.hexdigest()[:32]}.mkv"
    if not path.is_file():
        write_video(path, frames, fps=fps)
    return path


def _planes(planes: np.ndarray, store: Path, unit: str) -> Path:
    """A mask, or depth in `unit`, as a file named by its content."""
    from vbench_py.video import write_depth, write_mask

    digest = hashlib.sha256(f"{planes.shape} {planes.dtype} {unit}".encode() + planes.tobytes()).hexdigest()[:32]
    path = store / f"{digest}.npz"
    if path.is_file():
        return path
    if planes.dtype == bool:
        write_mask(path, planes)
    else:
        write_depth(path, planes, unit=cast("Unit", unit))
    return path
