"""SeedVR2: one clip a call by the functions of the authors' own script, its networks loaded once.

Runs in the environment `seedvr2` with the checkout as its working folder, not in the harness. The script itself takes a
folder in whatever order the disk lists it, with one seed for all; here each clip has its own seed. Its files are H.264
at quantiser 20 or 28, by size; here they are lossless.
"""

from __future__ import annotations

import os
import socket
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

SIZES = ("3b", "7b")
LOSSLESS = {"codec": "ffv1", "encoded_format": "bgr0", "ffmpeg_args": ("-an",)}
"""For mediapy, which adds a quantiser of its own unless it is given words for ffmpeg."""


class Program:
    """SeedVR2 of `size` 3b or 7b on the first GPU. Raises `ValueError` for another size."""

    def __init__(self, size: str) -> None:
        if size not in SIZES:
            raise ValueError(f"size is {size!r}; choose among {', '.join(SIZES)}")
        _be_alone()
        self.script = _script(size)
        mediapy = self.script.mediapy
        self.script.mediapy = SimpleNamespace(
            write_video=partial(mediapy.write_video, **LOSSLESS), write_image=mediapy.write_image
        )
        self.runner = self.script.configure_runner(1)

    def __call__(
        self, source: Path, target: Path, width: int, height: int, times: float, seed: int, steps: int, guidance: float
    ) -> None:
        """The clip `source`, alone in its folder, of `width` x `height`, becomes a file of its name in folder `target`.

        Sides are `times` as long, cut in the middle to multiples of 16. Raises `ValueError` for company in the folder.
        """
        there = sorted(path.name for path in source.parent.iterdir())
        if there != [source.name]:
            raise ValueError(f"{source.parent} holds {', '.join(there)}; {source.name} has to be alone")
        self.script.generation_loop(
            self.runner,
            video_path=str(source.parent),
            output_dir=str(target),
            cfg_scale=guidance,
            sample_steps=steps,
            seed=seed,
            res_h=round(height * times),
            res_w=round(width * times),
        )


def _script(size: str) -> Any:
    if size == "3b":
        from projects import inference_seedvr2_3b  # type: ignore[import-not-found]

        return inference_seedvr2_3b
    from projects import inference_seedvr2_7b

    return inference_seedvr2_7b


def _be_alone() -> None:
    """A process group of one, which the script wants of torchrun, at a port that is free now."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port = asked.getsockname()[1]
    os.environ |= {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1"}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
