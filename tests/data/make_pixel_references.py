"""Makes pixel_references.json: values of BasicSR, TecoGAN, RIFE and VBench, by running their own code.

python -m tests.data.make_pixel_references CHECKOUTS, where CHECKOUTS holds the work trees named in `COMMITS`. Stand-ins
replace only what the measured functions do not use (registries, flags, the LPIPS network of TecoGAN's script).
"""

from __future__ import annotations

import importlib
import json
import runpy
import sys
import tempfile
import types
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import skimage
import torch
from skimage.metrics import structural_similarity

from tests.metrics.clips import pair
from vbench_py.video import write_video

COMMITS = {
    "BasicSR": "8d56e3a045f9fb3e1d8872f92ee4a4f07f886b0a",
    "TecoGAN": "bc747a4651c1e08bd0a73bed08c4cb9fac99b4d5",
    "ECCV2022-RIFE": "9a195b79f83a2e634f91369dfc9cb59cdd91fa84",
    "VBench": "45e79ec14e69a2187202c675d2dbce1a71843d53",
}


def module(name: str, path: Path | None = None, **members: Any) -> types.ModuleType:
    """A bare module in `sys.modules`; with `path`, a package whose real submodules import as usual."""
    made = types.ModuleType(name)
    made.__dict__.update(members)
    if path is not None:
        made.__path__ = [str(path)]
    sys.modules[name] = made
    return made


def basicsr(root: Path, video: np.ndarray, target: np.ndarray) -> dict[str, list[float]]:
    module("basicsr", root / "basicsr")
    module("basicsr.metrics", root / "basicsr/metrics")
    utils = module("basicsr.utils", root / "basicsr/utils")
    utils.bgr2ycbcr = importlib.import_module("basicsr.utils.color_util").bgr2ycbcr
    functions = importlib.import_module("basicsr.metrics.psnr_ssim")
    cases = {
        "psnr-rgb": (functions.calculate_psnr, 0, False),
        "psnr-y": (functions.calculate_psnr, 0, True),
        "psnr-y-crop8": (functions.calculate_psnr, 8, True),
        "ssim-rgb": (functions.calculate_ssim, 0, False),
        "ssim-y": (functions.calculate_ssim, 0, True),
        "ssim-y-crop8": (functions.calculate_ssim, 8, True),
    }
    return {
        name: [
            float(function(a[..., ::-1], b[..., ::-1], crop_border=border, test_y_channel=luma))
            for a, b in zip(video, target, strict=True)
        ]
        for name, (function, border, luma) in cases.items()
    }


def tecogan(root: Path, video: np.ndarray, target: np.ndarray) -> dict[str, list[float]]:
    class Flags:
        def __init__(self, folder: Path) -> None:
            self.output, self.results, self.targets = (str(folder / name) for name in ("out", "video", "target"))

        def __call__(self, argv: list[str]) -> None: ...

        def flag_values_dict(self) -> dict[str, str]:
            return {}

    class Network:
        def initialize(self, **options: Any) -> None: ...

        def forward(self, first: Any, second: Any) -> np.ndarray:
            return np.zeros(1)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for role, frames in (("video", video), ("target", target)):
            (folder / role).mkdir()
            for index, frame in enumerate(frames):
                cv2.imwrite(str(folder / role / f"{index:03d}.png"), frame[..., ::-1])
        flags = types.SimpleNamespace(DEFINE_string=lambda *_: None, FLAGS=Flags(folder))
        module("absl", flags=flags)
        module("LPIPSmodels", util=types.SimpleNamespace(im2tensor=lambda image: image))
        module("LPIPSmodels.dist_model", DistModel=Network)
        sys.modules["LPIPSmodels"].dist_model = sys.modules["LPIPSmodels.dist_model"]
        module("skimage.measure", compare_ssim=structural_similarity)
        stdout = sys.stdout
        try:
            runpy.run_path(str(root / "metrics.py"))
        finally:
            sys.stdout = stdout
        table = pd.read_csv(folder / "out/metrics.csv", nrows=len(video) - 4)
    return {
        "psnr-y-tecogan": [float(value) for value in table["PSNR_00"].dropna()],
        "ssim-y-tecogan-as-published": [float(value) for value in table["SSIM_00"].dropna()],
        "tof": [float(value) for value in table["tOF_00"].dropna()],
    }


def rife(root: Path, video: np.ndarray, target: np.ndarray) -> dict[str, list[float]]:
    module("rife", root / "model")
    ssim_matlab = importlib.import_module("rife.pytorch_msssim").ssim_matlab

    def tensor(frame: np.ndarray) -> torch.Tensor:
        return torch.tensor(np.ascontiguousarray(frame[..., ::-1].transpose(2, 0, 1)) / 255.0).unsqueeze(0).float()

    values = [float(ssim_matlab(tensor(b), tensor(a))) for a, b in zip(video, target, strict=True)]
    return {"ssim-matlab-3d": values}


def vbench(root: Path, video: np.ndarray) -> dict[str, list[float]]:
    module("vbench", root / "vbench")
    module("vbench.utils", load_dimension_info=None)
    names = ("get_world_size", "get_rank", "all_gather", "barrier", "distribute_list_to_rank", "gather_list_of_dict")
    module("vbench.distributed", **dict.fromkeys(names))
    flickering = importlib.import_module("vbench.temporal_flickering")
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "clip.mkv"
        write_video(path, video, fps=8)
        frames = flickering.get_frames(str(path))
        if not np.array_equal(np.stack(frames)[..., ::-1], video):
            raise SystemExit("OpenCV did not read back the frames that were written")
        return {"temporal-flickering": [float(flickering.cal_score(str(path)))]}


def main(checkouts: Path) -> None:
    video, target = pair()
    values = {
        **basicsr(checkouts / "BasicSR", video, target),
        **rife(checkouts / "ECCV2022-RIFE", video, target),
        **vbench(checkouts / "VBench", video),
        **tecogan(checkouts / "TecoGAN", video, target),
    }
    versions = {"numpy": np.__version__, "opencv": cv2.__version__, "scikit-image": skimage.__version__}
    record = {"input": "tests.metrics.clips.pair()", "commits": COMMITS, "versions": versions, "values": values}
    path = Path(__file__).with_name("pixel_references.json")
    path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
