"""Makes depth_references.json: what published code says of the cases of tests/metrics/depth_cases.py.

python -m tests.data.make_depth_references CHECKOUTS, where CHECKOUTS holds the work trees named in `COMMITS`. Stand-ins
replace only what the measured functions do not use (plots, data loaders); the device is the CPU.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import tempfile
import types
from argparse import Namespace
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import cv2
import numpy as np
import torch

from tests.metrics.depth_cases import NYU, cameras, disparity, truth

COMMITS = {
    "DepthCrafter": "e5186120a71ecb56b69f9e89654198b4eadfaf60",
    "Video-Depth-Anything": "4f5ae23172ba60fd7bc11ef671cca678842c7072",
    "monst3r": "574cc77ad278bad582f470e5382624e01f8769a7",
    "ml-depth-pro": "9efe5c1def37a26c5367a71df664b18e1306c708",
}
NAMES = {
    "abs-rel": "abs_relative_difference", "sq-rel": "squared_relative_difference", "rmse-depth": "rmse_linear",
    "rmse-log": "rmse_log", "silog": "silog_rmse", "delta1": "delta1_acc", "delta2": "delta2_acc",
    "delta3": "delta3_acc",
}  # fmt: skip
CROP = (3, 2, 4, 5)


def load(path: Path, name: str, **stand_ins: Any) -> types.ModuleType:
    """The module at `path`, its folder first among the imports."""
    sys.modules.update(stand_ins)
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    sys.path.pop(0)
    sys.modules.pop("metric", None)
    return made


def depthcrafter(root: Path, folder: Path) -> dict[str, dict[str, float]]:
    made = load(root / "benchmark/eval/eval.py", "depthcrafter_eval")
    made.device, made.eval_metrics = "cpu", list(NAMES.values())

    def values(predicted: np.ndarray, depth: np.ndarray, farthest: float) -> dict[str, float]:
        np.savez(folder / "p.npz", depth=predicted)
        np.savez(folder / "g.npz", disparity=depth[:, None])
        found = made.eval_single(
            str(folder / "p.npz"), str(folder / "g.npz"), seq_len=len(depth), dataset_max_depth=farthest
        )
        return dict(zip(NAMES, map(float, found), strict=True))

    depth = truth()
    predicted = disparity(depth)
    half = np.stack([cv2.resize(frame, (32, 24), interpolation=cv2.INTER_AREA) for frame in predicted])
    cases = {
        "equal sizes": values(predicted, depth, 80),
        "maximum 10": values(disparity(depth, noise=0.15), depth, 10),
        "half size": values(half, depth, 80),
    }
    if NYU.is_dir():
        pred, gt = np.load(NYU / "nyu_pred.npy")[0], np.load(NYU / "nyu_depth.npy")[None]
        cases["nyu"] = values(1 / pred, gt, 10)
    return cases


def video_depth_anything(root: Path, folder: Path) -> dict[str, Any]:
    plots = {"matplotlib": MagicMock(), "matplotlib.pyplot": MagicMock()}
    made = load(root / "benchmark/eval/eval.py", "vda_eval", **plots)
    made.device, made.eval_metrics = "cpu", list(NAMES.values())
    tae = load(root / "benchmark/eval/eval_tae.py", "vda_tae", **plots)
    depth = truth()
    top, bottom, left, right = CROP
    inside = {"a": top, "b": -bottom, "c": left, "d": -right}
    own = disparity(depth)[:, top:-bottom, left:-right]
    places: dict[str, list[str]] = {"p": [], "g": []}
    for t in range(len(depth)):
        for key, array in (("p", own), ("g", depth)):
            places[key].append(str(folder / f"{key}{t}.npy"))
            np.save(places[key][-1], array[t])
    told = Namespace(max_eval_len=len(depth), max_depth_eval=80.0, mask=False, hard_crop=False, **inside)
    factors = [1.0] * len(depth)
    found = made.eval_depthcrafter(places["p"], places["g"], factors, told)
    intrinsics, poses = cameras(len(depth))
    steady = tae.eval_TAE(places["p"], places["g"], factors, [], list(intrinsics), list(poses), told)
    return {"cropped": dict(zip(NAMES, map(float, found), strict=True)), "tae cropped": float(steady)}


def monst3r(root: Path) -> dict[str, Any]:
    parts = ("image_pairs", "inference", "utils", "utils.image", "eval_metadata")
    stand_ins = {f"dust3r.{part}": MagicMock() for part in parts}
    made = load(root / "dust3r/depth_eval.py", "monst3r_eval", dust3r=MagicMock(), **stand_ins)
    depth = truth()
    relative = np.where(depth > 0, 0.3 * depth + 0.5, 1).astype(np.float32) + disparity(depth)
    own = torch.from_numpy(relative)
    seen = torch.from_numpy(depth)
    found: dict[str, Any] = {}
    for name, options in {"median": {}, "ls-depth-sequence": {"align_with_lstsq": True}}.items():
        _, _, mapped, _ = made.depth_evaluation(own.clone(), seen.clone(), max_depth=80, **options)
        x, y = relative.reshape(-1).astype(np.float64), mapped.numpy().reshape(-1).astype(np.float64)
        found[name] = [float(value) for value in np.polyfit(x, y, 1)]
    known = depth > 0
    start = float(np.median(depth[known]) / np.median(relative[known]))
    scale, shift = made.absolute_value_scaling(own[seen > 0].double(), seen[seen > 0].double(), s=start)
    found["lad2"] = [float(scale), float(shift)]
    if NYU.is_dir():
        pred, gt = (torch.from_numpy(np.load(NYU / f"nyu_{name}.npy").reshape(224, 224)) for name in ("pred", "depth"))
        results, *_ = made.depth_evaluation(pred.clone(), gt.clone(), max_depth=10, post_clip_max=10)
        order = ("Abs Rel", "Sq Rel", "RMSE", "Log RMSE", "δ < 1.25", "δ < 1.25^2", "δ < 1.25^3")
        found["nyu median"] = {
            key: float(results[label])
            for key, label in zip(
                ("abs-rel", "sq-rel", "rmse-depth", "rmse-log", "delta1", "delta2", "delta3"), order, strict=True
            )
        }
    return found


def depth_pro(root: Path) -> dict[str, Any]:
    made = load(root / "src/depth_pro/eval/boundary_metrics.py", "boundary_metrics")
    depth = truth()[:-1, :-5]
    own = (1 / np.maximum(disparity(depth) + np.float32(0.15), np.float32(0.05))).astype(np.float32)
    found: dict[str, Any] = {"frames": [float(made.SI_boundary_F1(a, b)) for a, b in zip(own, depth, strict=True)]}
    if NYU.is_dir():
        pred, gt = np.load(NYU / "nyu_pred.npy")[0, 0], np.load(NYU / "nyu_depth.npy")
        found["nyu"] = float(made.SI_boundary_F1(pred, gt))
    return found


def main() -> None:
    root = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as name:
        values = {
            "DepthCrafter": depthcrafter(root / "DepthCrafter", Path(name)),
            "Video-Depth-Anything": video_depth_anything(root / "Video-Depth-Anything", Path(name)),
            "monst3r": monst3r(root / "monst3r"),
            "ml-depth-pro": depth_pro(root / "ml-depth-pro"),
        }
    record = {"commits": COMMITS, "values": values}
    path = Path(__file__).with_name("depth_references.json")
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
