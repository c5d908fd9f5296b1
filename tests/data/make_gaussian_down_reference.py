"""Makes gaussian_down_reference.npz with the two published blur-and-subsample degradations.

    python tests/data/make_gaussian_down_reference.py BASICSR ICONVSR

BASICSR is a checkout of github.com/XPixelGroup/BasicSR at 8d56e3a045f9fb3e1d8872f92ee4a4f07f886b0a (Apache-2.0), whose
duf_downsample is called. ICONVSR is one of github.com/ckkelvinchan/BasicVSR-IconVSR at
15dda03d77127ca54f08c53e30aff42b61c0a0fb, whose BD_degradation.m is run by Octave (7.3, image 2.14). Both were run on
seeded noise; their outputs alone are stored, float64 on the 0..255 scale.
"""

from __future__ import annotations

import ast
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.io import loadmat, savemat

HERE = Path(__file__).parent


def duf_downsample(checkout: Path) -> Any:
    """The function, without the rest of its module, whose imports need the whole package."""
    source = (checkout / "basicsr" / "data" / "data_util.py").read_text()
    wanted = {"generate_gaussian_kernel", "duf_downsample"}
    body = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name in wanted]
    import scipy.ndimage

    # The reference imports a name that scipy has since moved.
    sys.modules.setdefault("scipy.ndimage.filters", scipy.ndimage)
    scipy.ndimage.filters = scipy.ndimage  # type: ignore[attr-defined]
    scope: dict[str, Any] = {"np": np, "torch": torch, "F": torch.nn.functional}
    exec(compile(ast.Module(body, []), "data_util.py", "exec"), scope)
    return scope["duf_downsample"]


def main(basicsr: Path, iconvsr: Path) -> None:
    image = np.random.default_rng(20240301).integers(0, 256, (48, 96, 3), dtype=np.uint8)
    stored: dict[str, Any] = {"image": image}
    downsample = duf_downsample(basicsr)
    frames = torch.from_numpy(image.astype(np.float64).transpose(2, 0, 1))[None]
    for scale in (2, 3, 4):
        stored[f"duf_{scale}"] = downsample(frames, scale=scale)[0].numpy().transpose(1, 2, 0)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        savemat(work / "in.mat", {"gt": image.astype(np.float64)})
        script = (iconvsr / "BD_degradation.m").resolve()
        (work / "reference_run.m").write_text(
            f"pkg load image; load in.mat; source('{script}'); save('-v6', 'out.mat', 'lq');"
        )
        subprocess.run(["octave", "-q", "--no-gui", "reference_run.m"], cwd=work, check=True)
        stored["basicvsr_4"] = loadmat(work / "out.mat")["lq"]
    np.savez_compressed(HERE / "gaussian_down_reference.npz", **stored)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
