"""Makes vbench_long_references.json: scores within and between clips as VBench-Long's own function fuses them.

python -m tests.data.make_vbench_long_references VBENCH, where VBENCH is a checkout of Vchitect/VBench@45e79ec; needs
PyYAML.
"""

from __future__ import annotations

import json
import os
import sys
from bisect import bisect_left
from pathlib import Path

import numpy as np

from tests.data.make_camera_references import functions

FOLDER = Path(__file__).parent


def main(checkout: Path) -> None:
    import yaml

    folder = checkout / "vbench2_beta_long"
    names = ("fuse_inclip_clip2clip", "linear_interpolate")
    known = {"os": os, "yaml": yaml, "bisect_left": bisect_left}
    theirs = functions([(folder / "utils.py").read_text()], names, known)
    stream = np.random.RandomState(0)
    within = [*stream.uniform(0.3, 1, 20), 0.9, 0.8]
    between = [*stream.uniform(0, 1, 20), 0.001, 1.0]
    settings = {
        "dev_flag": True,
        "slow_fast_eval_config": folder / "configs" / "slow_fast_params.yaml",
        "sb_mapping_file_path": folder / "configs" / "subject_mapping_table.yaml",
    }
    fused = []
    for inside, across in zip(within, between, strict=True):
        rows = [[{"video_path": "a.mp4", "video_results": float(value)}] for value in (inside, across)]
        value, _ = theirs["fuse_inclip_clip2clip"](inside, across, *rows, "subject_consistency", **settings)
        fused.append(value)
    found = {"within": [float(x) for x in within], "between": [float(x) for x in between], "fused": fused}
    (FOLDER / "vbench_long_references.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
