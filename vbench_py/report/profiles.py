"""Temporal profiles: the middle row of pixels over time. A straight edge is steady, a ragged one flickers."""

from __future__ import annotations

from contextlib import closing
from math import ceil
from pathlib import Path

import numpy as np

from vbench_py.report.drawing import WIDTH
from vbench_py.report.unlike import Unlike

TASKS = frozenset({"vsr", "deblurring", "frame_interpolation", "reconstruction"})
LONGEST = 480


def write(sources: tuple[Path, ...], destination: Path, fps: float | None) -> None:
    """A PNG, x across, time down, a line a frame (of long videos every n-th). Raises `Unlike` for stills, BadMedia."""
    import cv2
    from PIL import Image

    from vbench_py.video.preview import preview_frames, preview_info

    info = preview_info(sources[0])
    if info.kind != "video" or info.views or info.frames < 2:
        raise Unlike("no profile: this is no video")
    step = ceil(info.frames / LONGEST)
    with closing(preview_frames(info)) as frames:
        lines = [frame[info.height // 2].copy() for index, frame in enumerate(frames) if index % step == 0]
    picture = np.stack(lines)
    if info.width > WIDTH:
        picture = cv2.resize(picture, (WIDTH, len(lines)), interpolation=cv2.INTER_AREA)
    Image.fromarray(picture).save(destination, "PNG")
