"""Which kind of medium an array file is, told by the names of its arrays."""

from __future__ import annotations

from pathlib import Path

from vbench_py.types import BadMedia
from vbench_py.video.arrays import CLIP_NAMES, probe_clip
from vbench_py.video.cameras import probe_camera
from vbench_py.video.dense import probe_depth, probe_flow, probe_mask
from vbench_py.video.info import VideoInfo
from vbench_py.video.npz import member_names, read_header
from vbench_py.video.tracks import probe_tracks

_KINDS = {
    "depth": probe_depth,
    "flow": probe_flow,
    "mask": probe_mask,
    "tracks": probe_tracks,
    "intrinsics": probe_camera,
    "world_to_camera": probe_camera,
    "camera_to_world": probe_camera,
}


def probe_array(path: Path) -> VideoInfo:
    """Facts of an .npy or .npz from its headers; cameras and labels, which are small, are read and checked.

    `depth`, `flow`, `mask`, `tracks`, or `intrinsics` with `world_to_camera` say what an .npz is; else it is a clip.
    An .npy is always a clip. Pickles are never loaded. Raises BadMedia, also where the names say more than one kind.
    """
    if path.suffix.lower() == ".npy":
        if path.stem == "depth" and len(read_header(path, "depth").shape) == 3:
            raise BadMedia(f"{path}: depth without a unit", mend='store numpy.savez(path, depth=depth, unit="metres")')
        return probe_clip(path)
    names = member_names(path)
    kinds = {_KINDS[name]: name for name in names if name in _KINDS}
    if not kinds:
        return probe_clip(path)
    said = [*kinds.values(), *(name for name in CLIP_NAMES if name in names)]
    if len(said) > 1:
        raise BadMedia(f"{path}: holds {' and '.join(said)}, which are different media", mend="store each in its file")
    return next(iter(kinds))(path)
