"""Makes raft_references.json: what published code says on seeded random weights and `tests.metrics.motion_cases`.

python -m tests.data.make_raft_references RAFT VBENCH EVALCRAFTER LAI, four folders: princeton-vl/RAFT@2888e15,
Vchitect/VBench@45e79ec, evalcrafter/EvalCrafter@1275bda, phoenix104104/fast_blind_video_consistency@bce0c7e.

Their CUDA resampling layer is replaced by SciPy's linear interpolation with clamped coordinates, their video reader by
frames in memory; all else runs as it is, on the CPU.
"""

from __future__ import annotations

import importlib
import json
import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import torch
from scipy.ndimage import map_coordinates

from tests.metrics.motion_cases import GENTLE, LAVIE, MOTIONS, made_clip, made_flows, moving_clips, real_clip
from tests.metrics.networks.motion import random_state

STEP = 8


class Resample2d:
    """Stands in for the CUDA layer: (1, C, H, W) read at each pixel plus the flow, coordinates clamped."""

    def cuda(self) -> Resample2d:
        return self

    def __call__(self, image: torch.Tensor, flow: torch.Tensor) -> torch.Tensor:
        rows, columns = np.mgrid[: image.shape[2], : image.shape[3]]
        places = [rows + flow[0, 1].numpy(), columns + flow[0, 0].numpy()]
        planes = [map_coordinates(plane.numpy(), places, order=1, mode="nearest") for plane in image[0]]
        return torch.from_numpy(np.stack(planes)[None])


class Capture:
    """Stands in for `cv2.VideoCapture`: the frames in hand."""

    frames: np.ndarray
    fps: float

    def __init__(self, path: str) -> None:
        self._left = list(self.frames[..., ::-1])

    def get(self, field: int) -> float:
        return self.fps

    def isOpened(self) -> bool:
        return True

    def read(self) -> tuple[bool, np.ndarray | None]:
        return (True, np.ascontiguousarray(self._left.pop(0))) if self._left else (False, None)

    def release(self) -> None:
        pass


def stub(name: str, **members: Any) -> None:
    """Puts a module of these members in the place of one that cannot be had."""
    module = ModuleType(name)
    vars(module).update(members)
    sys.modules[name] = module


@contextmanager
def imports_from(*folders: Path) -> Iterator[None]:
    sys.path[:0] = [str(folder) for folder in folders]
    try:
        yield
    finally:
        del sys.path[: len(folders)]


def official(folder: Path, network: str, motion: float = 0.05) -> Any:
    with imports_from(folder / "core"):
        module = importlib.import_module("raft")
    arguments = Namespace(small=network == "small", mixed_precision=False, alternate_corr=False)
    made = module.RAFT(arguments).eval()
    made.load_state_dict(random_state({name: list(t.shape) for name, t in made.state_dict().items()}, motion))
    return made


def flows(folder: Path, model: Any, clip: np.ndarray, iterations: int) -> list[Any]:
    """The flow of the clip's pairs at every eighth pixel, as `demo.py` makes it."""
    with imports_from(folder / "core"):
        padder_class = importlib.import_module("utils.utils").InputPadder
    frames = torch.from_numpy(clip).permute(0, 3, 1, 2).float()
    padder = padder_class(frames.shape)
    with torch.no_grad():
        _, flow = model(*padder.pad(frames[:-1], frames[1:]), iters=iterations, test_mode=True)
    kept: np.ndarray = padder.unpad(flow).permute(0, 2, 3, 1)[:, ::STEP, ::STEP].numpy()
    values: list[Any] = np.round(kept.astype(np.float64), 5).tolist()
    return values


def vbench(folder: Path, weights: Path) -> dict[str, Any]:
    package = ModuleType("vbench")
    package.__path__ = [str(folder / "vbench")]
    sys.modules["vbench"] = package
    stub("easydict", EasyDict=lambda table: Namespace(**table))
    stub("vbench.utils", load_dimension_info=None, CACHE_DIR="", get_prompt_from_filename=None, load_json=None)
    names = ("get_world_size", "get_rank", "all_gather", "barrier", "distribute_list_to_rank", "gather_list_of_dict")
    stub("vbench.distributed", **dict.fromkeys(names))
    with imports_from(folder):
        modules: list[Any] = [importlib.import_module(name) for name in ("vbench.dynamic_degree", "static_filter")]
    degree, static = modules
    static.DEVICE = "cpu"
    arguments = Namespace(model=str(weights), small=False, mixed_precision=False, alternate_corr=False)
    found = {}
    for name, (clip, fps) in moving_clips().items():
        Capture.frames, Capture.fps = clip, fps
        found[name] = {
            "dynamic-degree": _told(degree.DynamicDegree(arguments, "cpu")),
            "static-filter": _told(static.StaticFilter(arguments, "cpu")),
        }
    return found


def _told(judge: Any) -> dict[str, Any]:
    """The verdict with the scores of the pairs and the thresholds behind it."""
    scores: list[float] = []
    get_score = judge.get_score

    def kept(image: Any, flow: Any) -> Any:
        scores.append(float(get_score(image, flow)))
        return scores[-1]

    judge.get_score = kept
    verdict = judge.infer("clip.mp4")
    return {"value": int(verdict), "scores": scores, **judge.params}


def evalcrafter(folder: Path, model: Any, padder: Any) -> dict[str, float]:
    for name in ("ipdb", "raft", "utils", "utils.utils", "utils.flow_viz"):
        stub(name, RAFT=None, flow_viz=None, InputPadder=None)
    stub("networks")
    stub("networks.resample2d_package")
    stub("networks.resample2d_package.resample2d", Resample2d=Resample2d)
    with imports_from(folder / "metrics" / "RAFT"):
        module: Any = importlib.import_module("optical_flow_scores")
    module.device, module.InputPadder, module.warp_utils = "cpu", padder, importlib.import_module("warp_utils")
    found = {}
    Capture.frames, Capture.fps = made_clip(3, 136, 144), 8.0
    found["flow-score"] = float(module.calculate_flow_score("clip.mp4", model))
    Capture.frames = made_clip(3, 272, 291)
    found["warping-error-evalcrafter-asis"] = float(module.compute_video_warping_error("clip.mp4", model))
    return found


def lai(folder: Path) -> float:
    """One pair's error: the mask by `utils.detect_occlusion`, the sum as in `evaluate_WarpError.py`."""
    stub("networks.resample2d_package.modules")
    stub("networks.resample2d_package.modules.resample2d", Resample2d=Resample2d)
    sys.modules.pop("utils")
    with imports_from(folder):
        utils = importlib.import_module("utils")
    forward, backward = made_flows()
    first, second = made_clip(2).astype(np.float32) / np.float32(255)
    counted = 1 - np.repeat(utils.detect_occlusion(backward, forward)[..., None], 3, axis=2)
    warped = utils.tensor2img(Resample2d()(utils.img2tensor(second), utils.img2tensor(forward)))
    return float(np.sum(np.square((warped - first) * counted)) / np.sum(counted))


def main() -> None:
    raft, vbench_folder, evalcrafter_folder, lai_folder = (Path(argument) for argument in sys.argv[1:5])
    torch.Tensor.cuda = lambda self, *arguments: self  # type: ignore[method-assign]
    torch.cuda.empty_cache = lambda: None
    models = {network: official(raft, network) for network in ("large", "small")}
    gentle = official(raft, "large", GENTLE)
    record: dict[str, Any] = {
        "versions": {"torch": torch.__version__, "numpy": np.__version__, "opencv": cv2.__version__},
        "shapes": {n: {k: list(t.shape) for k, t in sorted(m.state_dict().items())} for n, m in models.items()},
        "flow": {
            f"{clip} {network}": flows(raft, model, made_clip() if clip == "made" else real_clip(), 20)
            for network, model in models.items()
            for clip in (("made", "real") if LAVIE.exists() else ("made",))
        },
    }
    padder = importlib.import_module("utils.utils").InputPadder
    cv2.VideoCapture = Capture  # type: ignore[assignment, misc]
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "raft-things.pth"
        record["vbench"] = {}
        for motion in MOTIONS:
            state = random_state(record["shapes"]["large"], motion)
            torch.save({f"module.{name}": tensor for name, tensor in state.items()}, weights)
            record["vbench"][str(motion)] = vbench(vbench_folder, weights)
    record["evalcrafter"] = evalcrafter(evalcrafter_folder, gentle, padder)
    record["lai"] = lai(lai_folder)
    Path(__file__).with_name("raft_references.json").write_text(json.dumps(record) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
