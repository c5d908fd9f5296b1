"""PSNR, SSIM and LPIPS on 480p frames against the usual libraries: ratios of throughput, and the values compared.

python benchmarks/pixel_metrics.py [--repeats 7] [--frames 8] writes results/pixel_metrics.json and shows a table.
Every contender gets the same uint8 frames, two threads, `inference_mode`, and its own best batch. Timings of all
contenders are interleaved and their medians compared, so that a busy machine slows all alike. Peers that want float
tensors in [0, 1] or [-1, 1] are timed with the conversion, since frames come out of a decoder as uint8.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lpips
import numpy as np
import piq
import pytorch_msssim
import torch
import torchmetrics.functional.image as torchmetrics_image
from rich.console import Console
from rich.table import Table
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parents[1]))  # run by path: the clips of the tests lie beside this folder

from tests.metrics.clips import blurred, noisy, texture
from vbench_py.checkpoints import find, load_numpy_pickle
from vbench_py.metrics.extractors.error import FrameError
from vbench_py.metrics.extractors.lpips import LPIPS, TRUNKS
from vbench_py.metrics.extractors.ssim import SSIM
from vbench_py.types import UsageError

BATCHES = (1, 2, 4, 8)
THREADS = 2
GOALS = {"psnr": 3.0, "ssim": 2.0, "lpips-alex": 1.0}
EXACT = {"psnr": 1e-6, "ssim": 1e-4, "lpips-alex": 1e-4}
AGREES_WITH = {"psnr": "scikit-image", "ssim": "scikit-image", "lpips-alex": "lpips"}
OURS = "vbench_py"

Compare = Callable[[np.ndarray, np.ndarray], Any]


@dataclass(frozen=True)
class Contender:
    """A way of scoring (B, H, W, 3) uint8 pairs: values (B,), and the batches worth trying."""

    metric: str
    name: str
    values: Compare
    batches: Sequence[int] = BATCHES


def tensor(frames: np.ndarray) -> Tensor:
    """(B, H, W, 3) uint8 to (B, 3, H, W) float32 in 0..1."""
    return torch.from_numpy(frames).permute(0, 3, 1, 2).float().div_(255)


def inference(function: Callable[[Tensor, Tensor], Tensor]) -> Compare:
    def run(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return function(tensor(first), tensor(second)).reshape(-1).numpy()

    return run


def each(function: Callable[..., float], **options: Any) -> Compare:
    return lambda first, second: np.array([function(b, a, **options) for a, b in zip(first, second, strict=True)])


def ours(extractor: Any) -> Compare:
    extractor.load("cpu")
    return lambda first, second: extractor(first[:, None], second[:, None])["value"]


def psnr_contenders() -> list[Contender]:
    error = ours(FrameError({"norm": "l2", "colour": "rgb", "crop": 0}, {}))
    peer = torchmetrics_image.peak_signal_noise_ratio
    every = {"data_range": 1.0, "dim": (1, 2, 3), "reduction": "none"}
    return [
        Contender("psnr", OURS, lambda a, b: 10 * np.log10(255**2 / error(a, b))),
        Contender("psnr", "torchmetrics", inference(lambda a, b: peer(a, b, **every))),
        Contender("psnr", "scikit-image", each(peak_signal_noise_ratio), (1,)),
    ]


def ssim_contenders() -> list[Contender]:
    gaussian = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "channel_axis": 2}
    options = {"colour": "rgb", "crop": 0, "window": "gaussian11", "peak": 255.0}
    peer = torchmetrics_image.structural_similarity_index_measure
    return [
        Contender("ssim", OURS, ours(SSIM(options, {}))),
        Contender("ssim", "torchmetrics", inference(lambda a, b: peer(a, b, data_range=1.0, reduction="none"))),
        Contender(
            "ssim",
            "pytorch-msssim",
            inference(lambda a, b: pytorch_msssim.ssim(a, b, data_range=1.0, size_average=False)),
        ),
        Contender(
            "ssim", "piq", inference(lambda a, b: piq.ssim(a, b, data_range=1.0, downsample=False, reduction="none"))
        ),
        Contender("ssim", "scikit-image", each(structural_similarity, **gaussian), (1,)),
    ]


def lpips_contenders(checkpoint: Path) -> list[Contender]:
    tree = load_numpy_pickle(checkpoint)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = lpips.LPIPS(net="alex", pnet_rand=True, verbose=False)
    convolutions = [part for part in network.modules() if isinstance(part, torch.nn.Conv2d) and part.bias is not None]
    with torch.no_grad():
        for i, convolution in enumerate(convolutions):
            part = tree[TRUNKS["alex"].name][f"Conv_{i}"]
            convolution.weight.copy_(torch.from_numpy(np.ascontiguousarray(part["kernel"].transpose(3, 2, 0, 1))))
            convolution.bias.copy_(torch.from_numpy(part["bias"].copy()))
    return [
        Contender("lpips-alex", OURS, ours(LPIPS({"network": "alex"}, {"lpips-alex": checkpoint}))),
        Contender("lpips-alex", "lpips", inference(lambda a, b: network(a, b, normalize=True))),
    ]


def alexnet() -> Path:
    """The cached LPIPS weights; `UsageError` when they were never fetched."""
    from vbench_py import catalogue

    path = find(catalogue.card("extractor", "lpips-alex").checkpoints[0])
    if path is None:
        raise UsageError("the cache does not hold lpips-alex", mend="score one clip with lpips-alex first")
    return path


def measure(contenders: Sequence[Contender], clips: tuple[np.ndarray, np.ndarray], repeats: int) -> dict[str, Any]:
    """Frames a second by contender and batch (medians of interleaved repeats), and each contender's values."""
    frames = len(clips[0])
    runs: dict[tuple[str, int], list[float]] = {(c.name, b): [] for c in contenders for b in c.batches if b <= frames}
    values = {}
    for contender in contenders:
        values[contender.name] = [float(value) for value in contender.values(*clips)]
    for _ in range(repeats):
        for contender in contenders:
            for batch in (b for b in contender.batches if b <= frames):
                loops, seconds = 0, 0.0
                while seconds < 0.05 or not loops:
                    start = time.perf_counter()
                    for i in range(0, frames, batch):
                        contender.values(clips[0][i : i + batch], clips[1][i : i + batch])
                    seconds += time.perf_counter() - start
                    loops += 1
                runs[contender.name, batch].append(frames * loops / seconds)
    medians = {key: statistics.median(speeds) for key, speeds in runs.items()}
    best = {
        c.name: max((speed, batch) for (name, batch), speed in medians.items() if name == c.name) for c in contenders
    }
    return {
        "frames_per_second": {name: round(speed, 2) for name, (speed, _) in best.items()},
        "best_batch": {name: batch for name, (_, batch) in best.items()},
        "by_batch": {f"{name} x{batch}": round(speed, 2) for (name, batch), speed in medians.items()},
        "largest_difference": {
            name: float(np.max(np.abs(np.array(values[name]) - values[OURS]))) for name in values if name != OURS
        },
    }


def verdict(metric: str, result: Mapping[str, Any]) -> dict[str, Any]:
    """The ratio to the fastest peer against its goal, and whether the values agree where they must."""
    speeds = result["frames_per_second"]
    peer = max((name for name in speeds if name != OURS), key=lambda name: speeds[name])
    ratio = speeds[OURS] / speeds[peer]
    agrees = result["largest_difference"][AGREES_WITH[metric]] <= EXACT[metric]
    return {
        "fastest_peer": peer,
        "ratio": round(ratio, 2),
        "goal": GOALS[metric],
        "met": ratio >= GOALS[metric] and agrees,
    }


def show(results: Mapping[str, Any]) -> None:
    table = Table(
        "metric", "contender", "frames/s", "best batch", "largest difference", title="480p frames, two threads"
    )
    for metric, result in results.items():
        for name, speed in result["frames_per_second"].items():
            difference = "" if name == OURS else f"{result['largest_difference'][name]:.1e}"
            table.add_row(metric, name, f"{speed:.1f}", str(result["best_batch"][name]), difference)
        outcome = "met" if result["met"] else "MISSED"
        table.add_row(
            "", f"ratio to {result['fastest_peer']}", f"{result['ratio']}x", "", f"{result['goal']}x: {outcome}"
        )
        table.add_section()
    Console().print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--frames", type=int, default=8)
    arguments = parser.parse_args()
    torch.set_num_threads(THREADS)
    target = texture(arguments.frames, 480, 854)
    clips = (noisy(blurred(target, 1), 12), target)
    results = {}
    for group in (psnr_contenders(), ssim_contenders(), lpips_contenders(alexnet())):
        metric = group[0].metric
        result = measure(group, clips, arguments.repeats)
        results[metric] = {**result, **verdict(metric, result)}
    names = ("torch", "torchmetrics", "pytorch-msssim", "piq", "scikit-image", "lpips", "opencv-python-headless")
    record = {
        "frames": [*clips[0].shape],
        "threads": THREADS,
        "repeats": arguments.repeats,
        "versions": {name: importlib.metadata.version(name) for name in names},
        "results": results,
    }
    path = Path(__file__).parent / "results" / "pixel_metrics.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    show(results)


if __name__ == "__main__":
    main()
