"""Makes imresize_reference.npz with two outside implementations of MATLAB's imresize.

    python tests/data/make_imresize_reference.py CHECKOUT

CHECKOUT is a checkout of github.com/fatheral/matlab_imresize at d7cc04f26f87e6001d0c3068378073015ab3b19d (MIT). Octave
with its image package must be installed (7.3 and 2.14 were used). Both were run on seeded noise; their outputs alone
are stored: `octave_*` from Octave, float64 in [0, 1]; `python_*` from the checkout.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
import tempfile
from fractions import Fraction
from pathlib import Path

import numpy as np
from scipy.io import loadmat, savemat

HERE = Path(__file__).parent
SCALES = {"half": "1/2", "third": "1/3", "quarter": "1/4", "eighth": "1/8", "double": "2"}


def main(checkout: str) -> None:
    sys.path.insert(0, checkout)
    theirs = importlib.import_module("imresize").imresize
    image = np.random.default_rng(20240229).integers(0, 256, (24, 48, 3), dtype=np.uint8)
    stored = {"image": image}
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        savemat(work / "in.mat", {"image": image})
        calls = "".join(f"{name} = imresize(x, {scale}, 'bicubic');" for name, scale in SCALES.items())
        names = ", ".join(f"'{name}'" for name in SCALES)
        (work / "reference_run.m").write_text(
            f"pkg load image; load in.mat; x = double(image) / 255; {calls} save('-v6', 'out.mat', {names});"
        )
        subprocess.run(["octave", "-q", "--no-gui", "reference_run.m"], cwd=work, check=True)
        made = loadmat(work / "out.mat")
    stored |= {f"octave_{name}": made[name] for name in SCALES}
    stored |= {f"python_{name}_uint8": theirs(image, float(Fraction(scale))) for name, scale in SCALES.items()}
    stored["python_size_float"] = theirs(image / 255, output_shape=(7, 31))
    stored["python_size_uint8"] = theirs(image, output_shape=(7, 31))
    np.savez_compressed(HERE / "imresize_reference.npz", **stored)


if __name__ == "__main__":
    main(sys.argv[1])
