"""Trees of depth arrays: one .npz or .npy a clip, or a folder of .npy, one a frame (see `vbench_py.adapters.depths`).

Names, by repository: `<clip>.npz` (Tencent/DepthCrafter@e5186120a71e; its benchmark's clips are called
`<clip>_rgb_left`), `<clip>_depths.npz` (DepthAnything/Video-Depth-Anything@4f5ae23172ba, run.py), `<clip>_pred.npy`
(prs-eth/RollingDepth@c233765fb7ad, run_video.py). Beside them all three write pictures of depth, which are no depth.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from vbench_py.adapters.layouts.tails import Tails
from vbench_py.adapters.matching import Claims
from vbench_py.types import BadMedia
from vbench_py.video.info import ARRAY_SUFFIXES
from vbench_py.video.npz import read_header

ENDINGS = ("_depths", "_depth", "_pred", "_disparity", "_rgb_left")
INNER = frozenset({"rgb", "color", "colour", "images", "depth", "data", "image_02"})
"""Folders of frames inside a clip's folder, in the data sets whose paths the networks' outputs repeat."""


def depth_arrays(claims: Claims, media: Sequence[Path], first: int) -> None:
    """Each array, or folder of arrays, to the sample whose id ends as its path does, without the known endings."""
    tails = Tails(claims.samples)
    for path in _gathered(claims, media):
        parts = list(claims.relative(path).parts) if path != claims.root else []
        while len(parts) > 1 and parts[-1] in INNER:
            parts.pop()
        name = parts[-1] if parts else ""
        sample = tails.find(parts) if parts else None
        for ending in ENDINGS:
            if sample is None and name.endswith(ending):
                name = name.removesuffix(ending)
                sample = tails.find([*parts[:-1], name])
        if sample is None:
            claims.leave(path, "no sample is called " + ("/".join([*parts[:-1], name]) or "so"))
        else:
            claims.take((sample.id, sample.seeds[0]), claims.row(path))


def _gathered(claims: Claims, media: Sequence[Path]) -> list[Path]:
    """The clips: arrays by themselves, single frames by their folder. Everything else is left."""
    folders: defaultdict[Path, list[Path]] = defaultdict(list)
    for path in media:
        if path.suffix.lower() not in ARRAY_SUFFIXES or path.is_dir():
            claims.leave(path, "a picture of depth or a video, not depth itself")
        elif path.stem.endswith("_snippets"):
            claims.leave(path, "RollingDepth's pieces, before they are aligned")
        else:
            folders[path.parent].append(path)
    clips: list[Path] = []
    for folder, files in folders.items():
        single = [path for path in files if path.suffix.lower() == ".npy"]
        if len(single) == len(files) and len(single) > 1 and _is_frame(single[0]):
            clips.append(folder)
        else:
            clips += files
    return clips


def _is_frame(path: Path) -> bool:
    """Whether an .npy holds one (H, W) frame; a broken one is told when it is read."""
    try:
        return len(read_header(path, "depth").shape) == 2
    except (BadMedia, OSError):
        return False
