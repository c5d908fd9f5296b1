"""Who decodes what: the frames of one medium that is no grid of several files."""

from __future__ import annotations

from collections.abc import Callable, Generator

import numpy as np

from vbench_py.video.arrays import clip_frames
from vbench_py.video.cameras import camera_frames
from vbench_py.video.decord_reader import decord_frames
from vbench_py.video.dense import depth_frames, flow_frames, mask_frames
from vbench_py.video.images import image_frames
from vbench_py.video.info import VideoInfo
from vbench_py.video.pyav_reader import pyav_frames
from vbench_py.video.tracks import track_frames

_READERS: dict[str, Callable[[VideoInfo, int, int], Generator[np.ndarray, None, None]]] = {
    "decord": decord_frames,
    "pyav": pyav_frames,
    "images": image_frames,
    "npz": clip_frames,
    "mask": mask_frames,
    "depth": depth_frames,
    "flow": flow_frames,
    "camera": camera_frames,
    "tracks": track_frames,
}


def frames_of(info: VideoInfo, start: int, stop: int) -> Generator[np.ndarray, None, None]:
    """Frames start..stop, one array of `frame_shape` each."""
    return _READERS[info.reader](info, start, stop)


def view_frames(info: VideoInfo, view: int, start: int) -> Generator[np.ndarray, None, None]:
    """The frames of one view of a grid from `start` on."""
    if info.members:
        return frames_of(info.members[view], start, info.frames)
    return frames_of(info, view * info.frames + start, (view + 1) * info.frames)
