"""VMAF by the libvmaf filter of the ffmpeg binary that the package imageio-ffmpeg carries."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import imageio_ffmpeg
import numpy as np

from vbench_py.types import BadMedia, Unsupported, VbenchError
from vbench_py.video import read_chunks

_THREADS = 2
_SMALLEST = 17
"""libvmaf reads beyond smaller pictures and crashes (measured: 17x17 is scored, 16x64 and 64x16 are not)."""


class VMAF:
    """VMAF of each frame of a video against its target, 0..100; identical clips score near 100, not exactly 100.

    Both files are read as for every other metric and stream through one pipe, each frame stacked on its target: the
    pair never falls out of step and any readable format works. Options: `model`, `pixel_format` (of the comparison),
    `first` and `every` (score only frames first, first + every, ...; motion is still that between neighbours).
    Gives `index` (F,) int64 and `value` (F,) float64.
    `BadMedia` when sizes or frame counts differ, `Unsupported` when a side is below 17 px.
    """

    def __init__(self, options: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        self.options = dict(options)

    def load(self, device: str) -> None:
        """Nothing to load: the model is inside libvmaf."""

    def close(self) -> None:
        """Nothing to release: ffmpeg ends with each call."""

    def bytes_per_window(self, shape: tuple[int, ...]) -> int:
        """Bytes for files of (frames, height, width, channels) `shape`: the frames in hand and libvmaf's planes."""
        return 64 * int(np.prod(shape[1:]))

    def __call__(self, video: Path, target: Path) -> Mapping[str, np.ndarray]:
        pairs = _stacked(video, target)
        first = next(pairs)
        height, width = first.shape[0] // 2, first.shape[1]
        if min(height, width) < _SMALLEST:
            raise Unsupported("size", f"VMAF needs sides of at least {_SMALLEST} px, not {width}x{height}")
        with tempfile.TemporaryDirectory(prefix="vmaf-") as folder:
            self._run(first, pairs, Path(folder))
            report = json.loads((Path(folder) / "vmaf.json").read_text(encoding="utf-8"))
        first_scored, every = int(self.options["first"]), int(self.options["every"])
        frames = [frame for frame in report["frames"] if frame["frameNum"] % every == first_scored % every]
        frames = [frame for frame in frames if frame["frameNum"] >= first_scored]
        return {
            "index": np.array([frame["frameNum"] for frame in frames], dtype=np.int64),
            "value": np.array([frame["metrics"]["vmaf"] for frame in frames], dtype=np.float64),
        }

    def _command(self, height: int, width: int) -> list[str]:
        """ffmpeg's arguments for frames of which `height` rows are the video's and as many the target's."""
        pixels = f"format={self.options['pixel_format']}"
        every = int(self.options["every"])
        # libvmaf counts from frame 0; other frames are picked from the report.
        subsample = 1 if int(self.options["first"]) % every else every
        measure = (
            f"libvmaf=model=version={self.options['model']}:n_subsample={subsample}"
            f":n_threads={_THREADS}:log_fmt=json:log_path=vmaf.json"
        )
        graph = (
            f"[0:v]split[both][again];[both]crop={width}:{height}:0:0:exact=1,{pixels}[video];"
            f"[again]crop={width}:{height}:0:{height}:exact=1,{pixels}[target];[video][target]{measure}"
        )
        size = f"{width}x{2 * height}"
        source = ["-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", size, "-framerate", "25", "-i", "pipe:0"]
        return [
            *(imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error", "-nostdin"),
            *source,
            *("-filter_complex", graph, "-f", "null", "-"),
        ]

    def _run(self, first: np.ndarray, pairs: Iterator[np.ndarray], folder: Path) -> None:
        """Feeds `first` and then `pairs`, (2H, W, 3) uint8 each, to ffmpeg, which writes vmaf.json into `folder`."""
        command = self._command(first.shape[0] // 2, first.shape[1])
        with (folder / "stderr.txt").open("w+b") as errors:
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors, cwd=folder
            )
            assert process.stdin is not None
            try:
                broken = not _feed(process.stdin, first, pairs)
            except BaseException:
                process.kill()
                process.wait()
                raise
            code = process.wait()
            if code or broken:
                errors.seek(0)
                message = errors.read().decode("utf-8", "replace").strip()[-500:]
                raise VbenchError(f"ffmpeg's libvmaf ended with code {code}: {message or 'no message'}")


def _feed(pipe: IO[bytes], first: np.ndarray, pairs: Iterator[np.ndarray]) -> bool:
    """Writes all frames and closes the pipe; false when the reader went away."""
    try:
        with pipe:
            pipe.write(first.data)
            for pair in pairs:
                pipe.write(pair.data)
    except BrokenPipeError:
        return False
    return True


def _frames(path: Path) -> Iterator[np.ndarray]:
    for chunk in read_chunks(path):
        yield from chunk


def _stacked(video: Path, target: Path) -> Iterator[np.ndarray]:
    """Each frame of the video above that of the target, (2H, W, 3) uint8; `BadMedia` when sizes or counts differ."""
    mine, theirs = _frames(video), _frames(target)
    count = 0
    while True:
        frame, reference = next(mine, None), next(theirs, None)
        if frame is None or reference is None:
            if frame is not None or reference is not None:
                shorter = video if frame is None else target
                raise BadMedia(f"{shorter}: ends after {count} frames, the other of the pair goes on")
            return
        if frame.shape != reference.shape:
            raise BadMedia(
                f"{video}: frames of {frame.shape[1]}x{frame.shape[0]}, those of {target} are "
                f"{reference.shape[1]}x{reference.shape[0]}",
                mend="VMAF never rescales: score at the target's size",
            )
        count += 1
        yield np.concatenate([frame, reference])
