"""CLIP, DINO and LPIPS of one folder, against a plain loop over the reference packages on the same weights.

pip install openai-clip "setuptools<80"; python benchmarks/folder_metrics.py [--clips 4] [--frames 16] [--repeats 3]
writes results/folder_metrics.json. Three metrics: background consistency (CLIP ViT-B/32), subject consistency (DINO
ViT-B/16), LPIPS (AlexNet) against a target. The loop does what the papers' scripts do: metric by metric, each video
decoded (decord) for each metric, CLIP on all frames at once, DINO and LPIPS frame by frame, reference networks
(openai-clip, facebookresearch/dino's through timm, lpips). Networks are full size with seeded random weights in the
official formats, as the trained ones are not in package registries: the work is the same. Repeats are interleaved;
medians are compared. The networks are at the processor's limit, so the rest is what can be won.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import statistics
import sys
import tempfile
import time
import types
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torchvision.transforms import CenterCrop, InterpolationMode, Normalize, Resize

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.peers_clips import write_clips
from tests.metrics.networks.embeddings import clip_state, dino_shapes, seeded, write_archive
from vbench_py import score
from vbench_py.metrics.extractors.frame_encoder import CLIP_DEVIATION, CLIP_MEAN, IMAGENET_DEVIATION, IMAGENET_MEAN

GOAL = 1.15
METRICS = ("bench-background", "bench-subject", "lpips-alex")
CARD = """
[[extractor]]
id = "bench-clip"
version = "1"
title = "CLIP with random weights"
entry = "vbench_py.metrics.extractors.clip:CLIPImages"
[[extractor.checkpoints]]
name = "bench-clip.pt"
sha256 = ""
licence = "none"
sources = [{{ kind = "file", path = "{clip}" }}]

[[extractor]]
id = "bench-dino"
version = "1"
title = "DINO with random weights"
entry = "vbench_py.metrics.extractors.dino:DINO"
options = {dino_options}
[[extractor.checkpoints]]
name = "bench-dino.pth"
sha256 = ""
licence = "none"
sources = [{{ kind = "file", path = "{dino}" }}]
"""


def cards(folder: Path, clip: Path, dino: Path) -> Path:
    """Cards of the two metrics on our random weights, the rest as in the catalogue."""
    from vbench_py import catalogue

    options = dict(catalogue.card("extractor", "dino-vitb16").options)
    inline = "{ " + ", ".join(f"{name} = {json.dumps(value)}" for name, value in options.items()) + " }"
    text = CARD.format(clip=clip, dino=dino, dino_options=inline)
    for ours, theirs, extractor in (
        ("bench-background", "background-consistency", "bench-clip"),
        ("bench-subject", "subject-consistency", "bench-dino"),
    ):
        card = catalogue.find("metric", theirs).data
        view = card["protocol"]
        text += f'\n[[metric]]\nid = "{ours}"\nextractors = ["{extractor}"]\n'
        for name in ("version", "title", "family", "entry", "summary", "direction", "unit", "evidence", "cost"):
            text += f"{name} = {json.dumps(card[name])}\n"
        text += f"range = {card['range']}\nfacts = {json.dumps(card.get('facts', []))}\nprotocol = {_inline(view)}\n"
    made = folder / "cards"
    made.mkdir()
    (made / "bench.toml").write_text(text, encoding="utf-8")
    return made


def _inline(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {_inline(item)}" for name, item in value.items()) + " }"
    return json.dumps(value)


def frames_of(path: Path) -> Tensor:
    """(T, 3, H, W) uint8, as the scripts read them."""
    import decord

    reader = decord.VideoReader(str(path))
    return torch.from_numpy(reader.get_batch(range(len(reader))).asnumpy()).permute(0, 3, 1, 2)


def consistency(features: Tensor) -> float:
    """VBench: the mean of half the similarity to the frame before and half that to the first, negative ones as 0."""
    units = torch.nn.functional.normalize(features, dim=-1)
    before = (units[1:] * units[:-1]).sum(-1).clamp_min(0)
    first = (units[1:] * units[:1]).sum(-1).clamp_min(0)
    return float((before + first).mean() / 2)


def theirs(videos: Path, targets: Path, clip_file: Path, dino_file: Path) -> dict[str, float]:
    """The plain loop."""
    import lpips
    import timm

    clip = importlib.import_module("clip")
    network, _ = clip.load(str(clip_file), device="cpu", jit=False)
    dino = timm.create_model("vit_base_patch16_224.dino", pretrained=False, num_classes=0, dynamic_img_size=True)
    dino.load_state_dict(torch.load(dino_file, weights_only=True))
    dino.eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        perceptual = lpips.LPIPS(net="alex", pnet_rand=True, verbose=False).eval()
    bicubic, bilinear = InterpolationMode.BICUBIC, InterpolationMode.BILINEAR
    files = sorted(videos.glob("*.mp4"))
    found: dict[str, list[float]] = {name: [] for name in METRICS}
    with torch.no_grad():
        for file in files:
            frames = frames_of(file).float()
            frames = CenterCrop(224)(Resize(224, bicubic, antialias=False)(frames)) / 255
            features = network.encode_image(Normalize(CLIP_MEAN, CLIP_DEVIATION)(frames)).float()
            found["bench-background"].append(consistency(features))
        for file in files:
            frames = Resize(224, bilinear, antialias=False)(frames_of(file).float()) / 255
            frames = Normalize(IMAGENET_MEAN, IMAGENET_DEVIATION)(frames)
            found["bench-subject"].append(consistency(torch.cat([dino(frame[None]) for frame in frames])))
        for file in files:
            pair = frames_of(file).float() / 127.5 - 1, frames_of(targets / file.name).float() / 127.5 - 1
            values = [float(perceptual(a[None], b[None])) for a, b in zip(*pair, strict=True)]
            found["lpips-alex"].append(float(np.mean(values)))
    return {name: float(np.mean(values)) for name, values in found.items()}


def ours(videos: Path, targets: Path, results: Path) -> dict[str, float]:
    os.environ["VBENCH_PY_CACHE"] = str(results / "cache")
    (results / "cache").mkdir(parents=True)
    (results / "cache" / "checkpoints").symlink_to(CHECKPOINTS)
    return dict(score(videos, list(METRICS), targets=targets, results=results).means)


def timed(work: Callable[[], dict[str, float]]) -> tuple[float, dict[str, float]]:
    start = time.perf_counter()
    values = work()
    return time.perf_counter() - start, values


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=4)
    parser.add_argument("--frames", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    # openai-clip 1.0.1 imports a part of setuptools that is gone; it reads one version through it.
    stand_in = types.ModuleType("pkg_resources")
    stand_in.packaging = importlib.import_module("packaging")  # type: ignore[attr-defined]
    importlib.import_module("packaging.version")
    sys.modules.setdefault("pkg_resources", stand_in)
    torch.set_num_threads(os.cpu_count() or 1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = (480, 480)  # square: then no position code is interpolated, and the references agree
        videos = write_clips(folder / "made", options.clips, options.frames, size, noise=20)
        targets = write_clips(folder / "real", options.clips, options.frames, size)
        clip = write_archive(
            folder / "ViT-B-32.pt",
            clip_state(width=768, text_width=512, layers=12, patch=32, embedding=512),
        )
        dino = folder / "dino.pth"
        torch.save(seeded(dino_shapes(width=768, depth=12, patch=16, image=224, layer_scale=False)), dino)
        os.environ["VBENCH_PY_CARDS"] = str(cards(folder, clip, dino))
        runs: dict[str, list[tuple[float, dict[str, float]]]] = {"vbench_py": [], "plain loop": []}
        for repeat in range(options.repeats):
            runs["vbench_py"].append(timed(partial(ours, videos, targets, folder / str(repeat))))
            runs["plain loop"].append(timed(partial(theirs, videos, targets, clip, dino)))
    seconds = {who: round(statistics.median(second for second, _ in found), 2) for who, found in runs.items()}
    values = {who: found[0][1] for who, found in runs.items()}
    ratio = seconds["plain loop"] / seconds["vbench_py"]
    networks = ("bench-background", "bench-subject")
    apart = max(abs(values["vbench_py"][name] - values["plain loop"][name]) for name in networks)
    result = {
        "clips": options.clips, "frames": options.frames, "size": "480x480", "threads": torch.get_num_threads(),
        "seconds": seconds, "ratio": round(ratio, 2), "goal": GOAL,
        "largest_difference_of_the_encoders": apart, "met": ratio >= GOAL and apart < 1e-4,
        "note": "the loop's LPIPS has a random trunk: its value is compared in tests/metrics/test_lpips.py, not here",
    }  # fmt: skip
    text = json.dumps(result, indent=2)
    (Path(__file__).parent / "results" / "folder_metrics.json").write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")
    return 0 if result["met"] else 1


if __name__ == "__main__":
    from vbench_py import catalogue
    from vbench_py.checkpoints import cache_dir, fetch

    fetch(catalogue.card("extractor", "lpips-alex").checkpoints[0])
    CHECKPOINTS = cache_dir() / "checkpoints"
    sys.exit(main())
